//! What a program can reach, and what its answers depend on.

use std::collections::{HashMap, HashSet};

use super::parts::Part;
use super::program::{
    Capture, Cell, Constant, Expression, Frozen, Operator, Place, Program,
    Rule, Statement,
};
use crate::Dependencies;
use crate::builtins::{Builtin, Effect};

/// The properties of functions, each as a frozen object.
pub(crate) type Statics = HashMap<u32, Constant>;

/// What an evaluation can come to.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Functions, in the order in which they were found.
    pub(crate) functions: Vec<u32>,
    /// The same functions.
    found: HashSet<u32>,
    /// Variables of the script that are read.
    pub(crate) read: HashSet<u32>,
    /// Variables of the script that are written.
    pub(crate) written: HashSet<u32>,
    /// Variables that functions took along while the script was loaded.
    cells: HashSet<u32>,
    /// Functions of ours.
    pub(crate) builtins: Vec<&'static Builtin>,
    /// Functions that took variables along while the script was loaded.
    pub(crate) fixed: Vec<u32>,
    /// Whether something is written into arrays or objects.
    pub(crate) changes: bool,
    /// Whether the entry function reads its first argument for more than
    /// the scheme.
    url: bool,
    /// Whether it reads the scheme.
    scheme: bool,
    /// Whether it reads its second argument.
    host: bool,
}

impl Reach {
    /// All that a call of a function can come to, where the script's
    /// variables have these values.
    pub(crate) fn of(
        program: &Program,
        globals: &[Constant],
        (cells, statics): (&[Constant], &Statics),
        entry: u32,
        captures: &[Cell],
    ) -> Reach {
        let mut reach = Reach::of_call(entry);
        let mut walk =
            Walk { reach: &mut reach, globals, cells, statics, entry: false };
        walk.captures(entry, captures);
        walk.properties(entry);
        reach.follow(program, globals, (cells, statics));
        reach
    }

    fn of_call(entry: u32) -> Reach {
        Reach {
            functions: vec![entry],
            found: HashSet::from([entry]),
            ..Reach::default()
        }
    }

    /// All that a call of a function can come to, where the code outside of
    /// functions runs before it.
    pub(crate) fn anew(
        program: &Program,
        globals: &[Constant],
        entry: u32,
    ) -> Reach {
        let mut reach = Reach::of_call(entry);
        let none = Statics::new();
        let (cells, statics) = (&[], &none);
        let mut walk =
            Walk { reach: &mut reach, globals, cells, statics, entry: false };
        walk.statements(&program.top.body);
        reach.follow(program, globals, (cells, statics));
        reach
    }

    /// All that statements can come to.
    pub(crate) fn of_statements(
        program: &Program,
        globals: &[Constant],
        (cells, statics): (&[Constant], &Statics),
        body: &[Statement],
    ) -> Reach {
        let mut reach = Reach::default();
        Walk { reach: &mut reach, globals, cells, statics, entry: false }
            .statements(body);
        reach.follow(program, globals, (cells, statics));
        reach
    }

    fn follow(
        &mut self,
        program: &Program,
        globals: &[Constant],
        (cells, statics): (&[Constant], &Statics),
    ) {
        let reach = self;
        let mut next = 0;
        while let Some(index) = reach.functions.get(next).copied() {
            next += 1;
            if let Some(function) = program.functions.get(index as usize) {
                let entry = next == 1;
                if entry
                    && (function.arguments.is_some()
                        || function.rest.is_some())
                {
                    reach.url = true;
                    reach.host = true;
                }
                let mut walk = Walk { reach, globals, cells, statics, entry };
                walk.statements(&function.body);
            }
        }
    }

    /// What answers may depend on.
    pub(crate) fn dependencies(&self) -> Dependencies {
        let has = |test: fn(&Builtin) -> bool| {
            self.builtins.iter().any(|builtin| test(builtin))
        };
        let own = |b: &Builtin| b.name.starts_with("myIpAddress");
        Dependencies {
            scheme: self.url || self.scheme,
            host: self.url || self.host,
            port: self.url,
            path: self.url,
            dns: self.builtins.iter().any(|builtin| {
                builtin.effect == Effect::Lookup && !own(builtin)
            }),
            own_addresses: has(own),
            clock: has(|builtin| builtin.effect == Effect::Time),
        }
    }
}

struct Walk<'w> {
    reach: &'w mut Reach,
    globals: &'w [Constant],
    cells: &'w [Constant],
    statics: &'w Statics,
    /// Whether this is the entry function.
    entry: bool,
}

impl Walk<'_> {
    fn statements(&mut self, body: &[Statement]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Each(this) => self.write(this.place),
            Statement::Dispatch(this) => {
                for rule in &this.rules {
                    if let Rule::Return(value) = rule {
                        self.constant(value);
                    }
                }
            }
            Statement::Rules(this) => self.reach.builtins.push(this.builtin),
            _ => {}
        }
        statement.parts(|part| match part {
            Part::Expression(one) => self.expression(one),
            Part::Body(body) => self.statements(body),
        });
    }

    fn write(&mut self, place: Place) {
        if let Place::Global(slot) = place {
            self.reach.written.insert(slot);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            _ if self.entry && is_scheme(expression) => {
                self.reach.scheme = true;
                return;
            }
            Expression::Constant(constant) => self.constant(constant),
            Expression::Closure(index, captures) => {
                self.function(*index);
                for capture in captures {
                    if let Capture::Slot(slot) = capture {
                        self.argument(*slot);
                    }
                }
            }
            Expression::Read(place) => self.read(*place),
            Expression::Set(place, _) => self.write(*place),
            Expression::Update { place, .. } => {
                self.write(*place);
                self.read(*place);
            }
            Expression::SetElement(_)
            | Expression::ChangeElement(..)
            | Expression::Delete(_) => self.reach.changes = true,
            Expression::Builtin(builtin, _) => {
                self.reach.builtins.push(builtin);
            }
            Expression::Method(method, ..) => {
                self.reach.changes |= method.changes();
            }
            _ => {}
        }
        expression.parts(|one| self.expression(one));
    }

    fn read(&mut self, place: Place) {
        match place {
            Place::Captured(_) => {}
            Place::Local(slot) | Place::Boxed(slot) => self.argument(slot),
            Place::Global(slot) => {
                let new = self.reach.read.insert(slot);
                let globals = self.globals;
                if new && let Some(value) = globals.get(slot as usize) {
                    self.constant(value);
                }
            }
        }
    }

    /// A slot is read that may be an argument of the entry function.
    fn argument(&mut self, slot: u32) {
        self.reach.url |= self.entry && slot == 0;
        self.reach.host |= self.entry && slot == 1;
    }

    fn function(&mut self, index: u32) {
        if self.reach.found.insert(index) {
            self.reach.functions.push(index);
            self.properties(index);
        }
    }

    /// The properties of a function.
    fn properties(&mut self, function: u32) {
        if let Some(all) = self.statics.get(&function) {
            self.constant(all);
        }
    }

    /// What a function took along while the script was loaded.
    fn captures(&mut self, function: u32, captures: &[Cell]) {
        self.reach.fixed.push(function);
        for cell in captures {
            if let Cell::Fixed(index) = cell
                && self.reach.cells.insert(*index)
                && let Some(value) = self.cells.get(*index as usize)
            {
                self.constant(value);
            }
        }
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Function(index) => self.function(*index),
            Constant::Closure(index, captures) => {
                self.function(*index);
                self.captures(*index, captures);
            }
            Constant::Builtin(builtin) => self.reach.builtins.push(builtin),
            Constant::Frozen(frozen) => match &**frozen {
                Frozen::Array(all) => {
                    all.iter().for_each(|one| self.constant(one));
                }
                Frozen::Map(all) => {
                    all.iter().for_each(|(_, one)| self.constant(one));
                }
            },
            _ => {}
        }
    }
}

/// Whether an expression tells no more of a URL than its scheme: the URL
/// begins with a text that cannot go beyond it.
fn is_scheme(expression: &Expression) -> bool {
    use super::program::Method::{Slice, Substr, Substring};
    let url =
        |one: &Expression| matches!(one, Expression::Read(Place::Local(0)));
    let start = |text: &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_lowercase());
        rest.len() < text.len() && matches!(rest, "" | ":" | ":/" | "://")
    };
    match expression {
        Expression::Builtin(builtin, arguments) => {
            let [first, Expression::Constant(Constant::Text(text))] =
                arguments.as_slice()
            else {
                return false;
            };
            builtin.name == "shExpMatch"
                && url(first)
                && text.strip_suffix('*').is_some_and(start)
        }
        Expression::Binary(left, rest) => {
            let (
                Expression::Method(Slice | Substr | Substring, object, cut),
                [(operator, Expression::Constant(Constant::Text(text)))],
            ) = (&**left, rest.as_slice())
            else {
                return false;
            };
            let [
                Expression::Constant(Constant::Number(0.0)),
                Expression::Constant(Constant::Number(length)),
            ] = cut.as_slice()
            else {
                return false;
            };
            let equal = matches!(
                operator,
                Operator::Equal
                    | Operator::NotEqual
                    | Operator::StrictEqual
                    | Operator::StrictNotEqual
            );
            equal && url(object) && *length == text.len() as f64 && start(text)
        }
        _ => false,
    }
}

/// Whether statements write a variable of the script before they read it,
/// whatever way they take; calls are not looked into.
pub(crate) fn writes_first(body: &[Statement], slot: u32) -> bool {
    let mut written = false;
    walk_first(body, slot, &mut written).is_some()
}

/// `None` where the variable may be read before it is written. `written` is
/// true, too, once there is no way on.
fn walk_first(
    body: &[Statement],
    slot: u32,
    written: &mut bool,
) -> Option<()> {
    let place = Place::Global(slot);
    for statement in body {
        if *written {
            return Some(());
        }
        match statement {
            Statement::Evaluate(Expression::Set(other, value))
                if *other == place =>
            {
                reads_not(value, slot)?;
                *written = true;
            }
            Statement::Evaluate(one) => reads_not(one, slot)?,
            Statement::Return(value) => {
                value.iter().try_for_each(|one| reads_not(one, slot))?;
                *written = true;
            }
            Statement::If(arms, otherwise) => {
                let mut all = true;
                for (test, body) in arms {
                    reads_not(test, slot)?;
                    let mut inside = false;
                    walk_first(body, slot, &mut inside)?;
                    all &= inside;
                }
                let mut inside = false;
                walk_first(otherwise, slot, &mut inside)?;
                *written = all && inside;
            }
            Statement::Block(body) => walk_first(body, slot, written)?,
            Statement::Fresh(_) | Statement::Skip(_) => {}
            Statement::Loop(this) => {
                if !this.test_last {
                    this.test.iter().try_for_each(|t| reads_not(t, slot))?;
                }
                let mut inside = false;
                walk_first(&this.body, slot, &mut inside)?;
                // What `continue` skips, may not be written.
                let rest = this.test.iter().filter(|_| this.test_last);
                let mut rest = rest.chain(&this.update);
                rest.try_for_each(|one| reads_not(one, slot))?;
            }
            Statement::Each(this) => {
                reads_not(&this.object, slot)?;
                let mut inside = this.place == place;
                walk_first(&this.body, slot, &mut inside)?;
            }
            Statement::Break | Statement::Continue => return Some(()),
            // One case may lead into the next, and an exception anywhere.
            Statement::Switch(..)
            | Statement::Try(..)
            | Statement::Finally(..)
            | Statement::Labeled(..)
            | Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Dispatch(_)
            | Statement::Rules(_)
            | Statement::Scan(_) => {
                let mut reach = Reach::default();
                let mut walk = Walk {
                    reach: &mut reach,
                    globals: &[],
                    cells: &[],
                    statics: &Statics::new(),
                    entry: false,
                };
                walk.statement(statement);
                if reach.read.contains(&slot) {
                    return None;
                }
            }
        }
    }
    Some(())
}

fn reads_not(expression: &Expression, slot: u32) -> Option<()> {
    let mut reach = Reach::default();
    Walk {
        reach: &mut reach,
        globals: &[],
        cells: &[],
        statics: &Statics::new(),
        entry: false,
    }
    .expression(expression);
    (!reach.read.contains(&slot)).then_some(())
}
