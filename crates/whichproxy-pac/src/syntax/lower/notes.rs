//! Where in the source conditions are.

use std::collections::HashMap;

use oxc_ast::ast::{self, LogicalOperator};
use oxc_span::GetSpan;

use crate::syntax::program::{Expression, Statement};

/// Where the conditions of `if`s are: for each, and for each of its arms,
/// the places of what is joined by `||`.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// By where the arms lie in memory, where they stay.
    all: HashMap<usize, Vec<Vec<(u32, u32)>>>,
}

impl Notes {
    pub(super) fn add(
        &mut self,
        arms: &[(Expression, Vec<Statement>)],
        conditions: &[&ast::Expression<'_>],
    ) {
        let places = conditions.iter().map(|condition| {
            let mut all = Vec::new();
            flatten(condition, &mut all);
            all
        });
        self.all.insert(arms.as_ptr() as usize, places.collect());
    }

    /// The places of an `if`'s conditions.
    pub(crate) fn of(
        &self,
        arms: &[(Expression, Vec<Statement>)],
    ) -> Option<&[Vec<(u32, u32)>]> {
        let found = self.all.get(&(arms.as_ptr() as usize))?;
        (found.len() == arms.len()).then_some(found)
    }
}

fn flatten(mut this: &ast::Expression<'_>, all: &mut Vec<(u32, u32)>) {
    // However long the chain, its left side is not nested.
    let mut spine = Vec::new();
    while let ast::Expression::LogicalExpression(both) = this
        && both.operator == LogicalOperator::Or
    {
        spine.push(&both.right);
        this = &both.left;
    }
    let span = this.span();
    all.push((span.start, span.end));
    for right in spine.into_iter().rev() {
        match right {
            ast::Expression::LogicalExpression(both)
                if both.operator == LogicalOperator::Or =>
            {
                flatten(right, all);
            }
            _ => all.push((right.span().start, right.span().end)),
        }
    }
}
