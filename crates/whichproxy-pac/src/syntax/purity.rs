//! What a program can reach, and what its answers depend on.

use std::collections::HashSet;

use super::program::{
    Constant, Expression, Frozen, Place, Program, Statement,
};
use crate::builtins::{Builtin, Effect};

/// What an evaluation can come to.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Functions, in the order in which they were found.
    pub(crate) functions: Vec<u32>,
    /// Variables of the script that are read.
    pub(crate) read: HashSet<u32>,
    /// Variables of the script that are written.
    pub(crate) written: HashSet<u32>,
    /// Functions of ours.
    pub(crate) builtins: Vec<&'static Builtin>,
    /// Whether something is written into arrays or objects.
    pub(crate) changes: bool,
}

impl Reach {
    /// All that a call of a function can come to, where the script's
    /// variables have these values.
    pub(crate) fn of(
        program: &Program,
        globals: &[Constant],
        entry: u32,
    ) -> Reach {
        let mut reach = Reach::default();
        reach.functions.push(entry);
        reach.follow(program, globals);
        reach
    }

    /// All that statements can come to.
    pub(crate) fn of_statements(
        program: &Program,
        globals: &[Constant],
        body: &[Statement],
    ) -> Reach {
        let mut reach = Reach::default();
        Walk { reach: &mut reach, globals }.statements(body);
        reach.follow(program, globals);
        reach
    }

    fn follow(&mut self, program: &Program, globals: &[Constant]) {
        let reach = self;
        let mut next = 0;
        while let Some(index) = reach.functions.get(next).copied() {
            next += 1;
            if let Some(function) = program.functions.get(index as usize) {
                let mut walk = Walk { reach, globals };
                walk.statements(&function.body);
            }
        }
    }

    /// Whether any of our functions that it uses has this effect.
    pub(crate) fn has(&self, effect: Effect) -> bool {
        self.builtins.iter().any(|builtin| builtin.effect == effect)
    }
}

struct Walk<'w> {
    reach: &'w mut Reach,
    globals: &'w [Constant],
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
            Statement::Block(body) => self.statements(body),
            Statement::Try(body, handler) => {
                self.statements(body);
                self.statements(handler);
            }
            Statement::Break | Statement::Continue => {}
            Statement::Dispatch(this) => {
                let tables = this.tables.iter().map(|(one, _)| one);
                let nets = this.networks.iter().map(|(one, _)| one);
                tables.chain(nets).for_each(|one| self.expression(one));
                self.statements(&this.plain);
            }
        }
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
            Expression::Read(Place::Local(_)) | Expression::Retry(_) => {}
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
            Expression::SetElement(parts) => {
                self.reach.changes = true;
                self.all(&parts[..]);
            }
            Expression::Unary(_, operand) => self.expression(operand),
            Expression::Binary(first, rest) => {
                self.expression(first);
                rest.iter().for_each(|(_, one)| self.expression(one));
            }
            Expression::All(all)
            | Expression::Any(all)
            | Expression::Sequence(all)
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
            Expression::Call(function, arguments) => {
                self.expression(function);
                self.all(arguments);
            }
            Expression::Builtin(builtin, arguments) => {
                self.reach.builtins.push(builtin);
                self.all(arguments);
            }
            Expression::Method(method, object, arguments) => {
                use super::program::Method::{Other, Pop, Push, Shift};
                // Sorting and the like change an array, too.
                self.reach.changes |=
                    matches!(method, Other(_) | Pop | Push | Shift);
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
            Expression::Match(this) => {
                this.tables.iter().for_each(|(one, _)| self.expression(one));
            }
        }
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Function(index) => {
                if !self.reach.functions.contains(index) {
                    self.reach.functions.push(*index);
                }
            }
            Constant::Builtin(builtin) => self.reach.builtins.push(builtin),
            Constant::Frozen(frozen) => match &**frozen {
                Frozen::Array(all) => {
                    all.iter().for_each(|one| self.constant(one));
                }
                Frozen::Map(all) => {
                    all.values().for_each(|one| self.constant(one));
                }
            },
            _ => {}
        }
    }
}
