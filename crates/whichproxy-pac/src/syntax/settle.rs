//! Puts what the script's variables hold in place of their names.

use std::collections::HashSet;

use super::parts::PartMut;
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
        | Constant::Frozen(_)
        | Constant::Keyed(_) => true,
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
        statement.parts_mut(|part| match part {
            PartMut::Expression(one) => self.expression(one),
            PartMut::Body(body) => self.statements(body),
        });
        if let Statement::Loop(this) = statement
            && let Some(suffixes) = Suffixes::of(this)
        {
            let skip = Statement::Skip(Box::new(suffixes));
            this.body.insert(0, skip);
        }
    }

    fn expression(&self, expression: &mut Expression) {
        if let Expression::Read(Place::Global(slot)) = expression {
            let known = self.known.get(*slot as usize);
            if let Some(constant) = known.copied().flatten() {
                *expression = Expression::Constant(constant.clone());
            }
            return;
        }
        expression.parts_mut(|one| self.expression(one));
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
