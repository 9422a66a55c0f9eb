//! What a program can reach, and what its answers depend on.

use std::collections::{HashMap, HashSet};

use super::program::{
    Candidates, Capture, Cell, Constant, Expression, Frozen, Operator, Place,
    Program, Rule, Statement,
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
        let mut reach = Reach::default();
        reach.functions.push(entry);
        let mut walk =
            Walk { reach: &mut reach, globals, cells, statics, entry: false };
        walk.captures(entry, captures);
        walk.properties(entry);
        reach.follow(program, globals, (cells, statics));
        reach
    }

    /// All that a call of a function can come to, where the code outside of
    /// functions runs before it.
    pub(crate) fn anew(
        program: &Program,
        globals: &[Constant],
        entry: u32,
    ) -> Reach {
        let mut reach = Reach::default();
        reach.functions.push(entry);
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
            Statement::Evaluate(one) => self.expression(one),
            Statement::Return(value) => {
                value.iter().for_each(|one| self.expression(one));
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    self.expression(test);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            Statement::Loop(this) => {
                let parts = this.test.iter().chain(&this.update);
                parts.for_each(|one| self.expression(one));
                self.statements(&this.body);
            }
            Statement::Each(this) => {
                self.write(this.place);
                self.expression(&this.object);
                self.statements(&this.body);
            }
            Statement::Switch(subject, cases) => {
                self.expression(subject);
                for (test, body) in cases {
                    test.iter().for_each(|one| self.expression(one));
                    self.statements(body);
                }
            }
            Statement::Block(body) | Statement::Labeled(_, body) => {
                self.statements(body);
            }
            Statement::Try(body, other) | Statement::Finally(body, other) => {
                self.statements(body);
                self.statements(other);
            }
            Statement::Break
            | Statement::Continue
            | Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Fresh(_)
            | Statement::Skip(_) => {}
            Statement::Scan(this) => self.statement(&this.plain),
            Statement::Dispatch(this) => {
                self.candidates(&this.candidates);
                for rule in &this.rules {
                    match rule {
                        Rule::Return(value) => self.constant(value),
                        Rule::Branch(branch) => {
                            let condition = branch.condition.iter();
                            condition.for_each(|one| self.expression(one));
                            self.statements(&branch.body);
                        }
                    }
                }
            }
        }
    }

    fn candidates(&mut self, this: &Candidates) {
        let subjects = this.columns.iter().map(|column| &column.subject);
        subjects.for_each(|one| self.expression(one));
    }

    fn write(&mut self, place: Place) {
        if let Place::Global(slot) = place {
            self.reach.written.insert(slot);
        }
    }

    fn all(&mut self, all: &[Expression]) {
        all.iter().for_each(|one| self.expression(one));
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Constant(constant) => self.constant(constant),
            _ if self.entry && is_scheme(expression) => {
                self.reach.scheme = true;
            }
            Expression::Read(Place::Captured(_))
            | Expression::Callee
            | Expression::This => {}
            Expression::Closure(index, captures) => {
                self.function(*index);
                for capture in captures {
                    if let Capture::Slot(slot) = capture {
                        self.reach.url |= self.entry && *slot == 0;
                        self.reach.host |= self.entry && *slot == 1;
                    }
                }
            }
            Expression::Read(Place::Local(slot) | Place::Boxed(slot)) => {
                self.reach.url |= self.entry && *slot == 0;
                self.reach.host |= self.entry && *slot == 1;
            }
            Expression::Retry(_) => {}
            Expression::Read(Place::Global(slot)) => {
                let new = self.reach.read.insert(*slot);
                let globals = self.globals;
                if new && let Some(value) = globals.get(*slot as usize) {
                    self.constant(value);
                }
            }
            Expression::Set(place, value) => {
                self.write(*place);
                self.expression(value);
            }
            Expression::Update { place, .. } => {
                self.write(*place);
                self.expression(&Expression::Read(*place));
            }
            Expression::SetElement(parts)
            | Expression::ChangeElement(parts, ..) => {
                self.reach.changes = true;
                self.all(&parts[..]);
            }
            Expression::Delete(parts) => {
                self.reach.changes = true;
                self.all(&parts[..]);
            }
            Expression::Unary(_, operand)
            | Expression::Spread(operand)
            | Expression::Elements(operand)
            | Expression::Chain(operand)
            | Expression::Optional(operand) => self.expression(operand),
            Expression::Binary(first, rest) => {
                self.expression(first);
                rest.iter().for_each(|(_, one)| self.expression(one));
            }
            Expression::All(all)
            | Expression::Any(all)
            | Expression::Sequence(all)
            | Expression::Coalesce(all)
            | Expression::Native(_, all)
            | Expression::Array(all)
            | Expression::Regex(all) => self.all(all),
            Expression::Choose(arms, last) => {
                for (test, value) in arms {
                    self.expression(test);
                    self.expression(value);
                }
                self.expression(last);
            }
            Expression::Call(function, arguments)
            | Expression::New(function, arguments) => {
                self.expression(function);
                self.all(arguments);
            }
            Expression::Builtin(builtin, arguments) => {
                self.reach.builtins.push(builtin);
                self.all(arguments);
            }
            Expression::Method(method, object, arguments) => {
                self.reach.changes |= method.changes();
                self.expression(object);
                self.all(arguments);
            }
            Expression::Member(object, _) => self.expression(object),
            Expression::Index(parts) => {
                self.expression(&parts.0);
                self.expression(&parts.1);
            }
            Expression::Object(entries) => {
                entries.iter().for_each(|(_, one)| self.expression(one));
            }
            Expression::ObjectOf(entries) => {
                for (key, value) in entries {
                    self.expression(key);
                    self.expression(value);
                }
            }
            Expression::Match(this) => {
                self.candidates(&this.candidates);
                this.members.iter().for_each(|(_, one)| self.expression(one));
            }
        }
    }

    fn function(&mut self, index: u32) {
        if !self.reach.functions.contains(&index) {
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
