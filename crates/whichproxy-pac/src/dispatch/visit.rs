//! Walks through all expressions of statements.

use crate::syntax::{Expression, Statement};

/// Calls a function with each expression, those within others included.
pub(super) fn expressions(
    body: &[Statement],
    take: &mut dyn FnMut(&Expression),
) {
    for statement in body {
        match statement {
            Statement::Evaluate(one) | Statement::Return(Some(one)) => {
                expression(one, take);
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    expression(test, take);
                    expressions(body, take);
                }
                expressions(otherwise, take);
            }
            Statement::Loop(this) => {
                let parts = this.test.iter().chain(&this.update);
                parts.for_each(|one| expression(one, take));
                expressions(&this.body, take);
            }
            Statement::Each(this) => {
                expression(&this.object, take);
                expressions(&this.body, take);
            }
            Statement::Switch(subject, cases) => {
                expression(subject, take);
                for (test, body) in cases {
                    test.iter().for_each(|one| expression(one, take));
                    expressions(body, take);
                }
            }
            Statement::Block(body) | Statement::Labeled(_, body) => {
                expressions(body, take);
            }
            Statement::Try(body, handler)
            | Statement::Finally(body, handler) => {
                expressions(body, take);
                expressions(handler, take);
            }
            // There is none yet.
            Statement::Dispatch(_)
            | Statement::Scan(_)
            | Statement::Return(None)
            | Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Fresh(_)
            | Statement::Skip(_)
            | Statement::Break
            | Statement::Continue => {}
        }
    }
}

/// Calls a function with an expression and those within it.
pub(super) fn expression(
    this: &Expression,
    take: &mut dyn FnMut(&Expression),
) {
    take(this);
    match this {
        Expression::Constant(_)
        | Expression::Read(_)
        | Expression::Update { .. }
        | Expression::Match(_)
        | Expression::Closure(..)
        | Expression::Callee
        | Expression::This
        | Expression::Retry(_) => {}
        Expression::Set(_, one)
        | Expression::Unary(_, one)
        | Expression::Spread(one)
        | Expression::Elements(one)
        | Expression::Chain(one)
        | Expression::Optional(one)
        | Expression::Member(one, _) => expression(one, take),
        Expression::SetElement(parts)
        | Expression::ChangeElement(parts, ..) => {
            parts.iter().for_each(|one| expression(one, take));
        }
        Expression::Delete(parts) => {
            parts.iter().for_each(|one| expression(one, take));
        }
        Expression::ObjectOf(entries) => {
            for (key, value) in entries {
                expression(key, take);
                expression(value, take);
            }
        }
        Expression::Binary(first, rest) => {
            expression(first, take);
            rest.iter().for_each(|(_, one)| expression(one, take));
        }
        Expression::All(all)
        | Expression::Any(all)
        | Expression::Sequence(all)
        | Expression::Coalesce(all)
        | Expression::Builtin(_, all)
        | Expression::Native(_, all)
        | Expression::Array(all)
        | Expression::Regex(all) => {
            all.iter().for_each(|one| expression(one, take));
        }
        Expression::Choose(arms, last) => {
            for (test, value) in arms {
                expression(test, take);
                expression(value, take);
            }
            expression(last, take);
        }
        Expression::Call(one, all)
        | Expression::New(one, all)
        | Expression::Method(_, one, all) => {
            expression(one, take);
            all.iter().for_each(|one| expression(one, take));
        }
        Expression::Index(parts) => {
            expression(&parts.0, take);
            expression(&parts.1, take);
        }
        Expression::Object(entries) => {
            entries.iter().for_each(|(_, one)| expression(one, take));
        }
    }
}
