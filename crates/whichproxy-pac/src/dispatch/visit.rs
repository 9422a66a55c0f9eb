//! Walks through all expressions of statements.

use crate::syntax::{Expression, Part, Statement};

/// Calls a function with each expression, those within others included.
pub(super) fn expressions(
    body: &[Statement],
    take: &mut dyn FnMut(&Expression),
) {
    for statement in body {
        statement.parts(|part| match part {
            Part::Expression(one) => expression(one, take),
            Part::Body(body) => expressions(body, take),
        });
    }
}

/// Calls a function with an expression and those within it.
pub(super) fn expression(
    this: &Expression,
    take: &mut dyn FnMut(&Expression),
) {
    take(this);
    this.parts(|one| expression(one, take));
}
