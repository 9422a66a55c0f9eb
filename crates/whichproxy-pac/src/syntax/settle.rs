//! Puts what the script's variables hold in place of their names.

use std::collections::HashSet;

use super::program::{Constant, Expression, Place, Program, Statement};
use super::suffixes::Suffixes;

/// The longest text that is written out wherever its name stands.
const TEXT_MOST: usize = 64;

/// Puts data in place of the names of variables that no function writes.
pub(crate) fn settle(
    program: &mut Program,
    globals: &[Constant],
    written: &HashSet<u32>,
) {
    let known: Vec<Option<&Constant>> = (0..)
        .zip(globals)
        .map(|(slot, constant)| {
            let settled = is_datum(constant) && !written.contains(&slot);
            settled.then_some(constant)
        })
        .collect();
    let settle = Settle { known };
    for function in &mut program.functions {
        settle.statements(&mut function.body);
    }
}

fn is_datum(constant: &Constant) -> bool {
    match constant {
        Constant::Text(text) => text.len() <= TEXT_MOST,
        Constant::Null
        | Constant::HasOwn
        | Constant::Bool(_)
        | Constant::Number(_)
        | Constant::Frozen(_) => true,
        _ => false,
    }
}

struct Settle<'g> {
    /// By the variable's slot.
    known: Vec<Option<&'g Constant>>,
}

impl Settle<'_> {
    fn statements(&self, body: &mut [Statement]) {
        body.iter_mut().for_each(|statement| self.statement(statement));
    }

    fn statement(&self, statement: &mut Statement) {
        match statement {
            Statement::Evaluate(one) | Statement::Return(Some(one)) => {
                self.expression(one);
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    self.expression(test);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            Statement::Loop(this) => {
                let parts = this.test.iter_mut().chain(&mut this.update);
                parts.for_each(|one| self.expression(one));
                self.statements(&mut this.body);
                if let Some(suffixes) = Suffixes::of(this) {
                    let skip = Statement::Skip(Box::new(suffixes));
                    this.body.insert(0, skip);
                }
            }
            Statement::Each(this) => {
                self.expression(&mut this.object);
                self.statements(&mut this.body);
            }
            Statement::Switch(subject, cases) => {
                self.expression(subject);
                for (test, body) in cases {
                    test.iter_mut().for_each(|test| self.expression(test));
                    self.statements(body);
                }
            }
            Statement::Block(body) | Statement::Labeled(_, body) => {
                self.statements(body);
            }
            Statement::Try(body, handler)
            | Statement::Finally(body, handler) => {
                self.statements(body);
                self.statements(handler);
            }
            Statement::Return(None)
            | Statement::Break
            | Statement::Continue
            | Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Fresh(_)
            | Statement::Dispatch(_)
            | Statement::Skip(_) => {}
        }
    }

    fn all(&self, all: &mut [Expression]) {
        all.iter_mut().for_each(|one| self.expression(one));
    }

    fn expression(&self, expression: &mut Expression) {
        match expression {
            Expression::Read(Place::Global(slot)) => {
                let known = self.known.get(*slot as usize);
                if let Some(constant) = known.copied().flatten() {
                    *expression = Expression::Constant(constant.clone());
                }
            }
            Expression::Set(_, one)
            | Expression::Unary(_, one)
            | Expression::Spread(one)
            | Expression::Elements(one)
            | Expression::Chain(one)
            | Expression::Optional(one)
            | Expression::Member(one, _) => self.expression(one),
            Expression::SetElement(parts)
            | Expression::ChangeElement(parts, ..) => self.all(&mut **parts),
            Expression::Delete(parts) => self.all(&mut **parts),
            Expression::Binary(first, rest) => {
                self.expression(first);
                rest.iter_mut().for_each(|(_, one)| self.expression(one));
            }
            Expression::All(all)
            | Expression::Any(all)
            | Expression::Coalesce(all)
            | Expression::Sequence(all)
            | Expression::Builtin(_, all)
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
            Expression::Call(one, all)
            | Expression::New(one, all)
            | Expression::Method(_, one, all) => {
                self.expression(one);
                self.all(all);
            }
            Expression::Index(parts) => {
                self.expression(&mut parts.0);
                self.expression(&mut parts.1);
            }
            Expression::Object(entries) => {
                entries.iter_mut().for_each(|(_, one)| self.expression(one));
            }
            Expression::ObjectOf(entries) => {
                for (name, one) in entries {
                    self.expression(name);
                    self.expression(one);
                }
            }
            Expression::Constant(_)
            | Expression::Closure(..)
            | Expression::Callee
            | Expression::This
            | Expression::Read(_)
            | Expression::Update { .. }
            | Expression::Match(_)
            | Expression::Retry(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stands_in_place_of_names() {
        let long = "x".repeat(TEXT_MOST + 1);
        let globals = [
            Constant::Number(1.0),
            Constant::Text("a".into()),
            Constant::Text(long.into()),
            Constant::Unset,
            Constant::Function(0),
            Constant::Null,
        ];
        let mut program = Program::default();
        let read = |slot| Expression::Read(Place::Global(slot));
        let body = (0..7).map(|slot| Statement::Return(Some(read(slot))));
        let body = vec![Statement::Block(body.collect())];
        let function = super::super::program::Function {
            body,
            ..super::super::program::Function::default()
        };
        program.functions.push(function);
        settle(&mut program, &globals, &HashSet::from([5]));
        let Statement::Block(body) = &program.functions[0].body[0] else {
            panic!()
        };
        let settled: Vec<bool> = body
            .iter()
            .map(|statement| {
                matches!(
                    statement,
                    Statement::Return(Some(Expression::Constant(_)))
                )
            })
            .collect();
        assert_eq!(settled, [true, true, false, false, false, false, false]);
    }
}
