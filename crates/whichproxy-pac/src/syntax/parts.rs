//! What statements and expressions have directly in them.
//!
//! Whoever walks through a program says what is special to it, and leaves
//! the way on to these.

use std::slice;

use super::program::{Expression, Rule, Statement};

/// A part of a statement.
#[derive(Debug)]
pub(crate) enum Part<'p> {
    Expression(&'p Expression),
    Body(&'p [Statement]),
}

/// A part of a statement that may be changed.
#[derive(Debug)]
pub(crate) enum PartMut<'p> {
    Expression(&'p mut Expression),
    Body(&'p mut [Statement]),
}

/// The same way through what is borrowed, and what is borrowed to be changed.
macro_rules! parts {
    ($name:ident, $part:ident, $slice:path $(, $mut:tt)?) => {
        impl Statement {
            /// Calls a function with each part, in their order.
            pub(crate) fn $name(
                &$($mut)? self,
                mut take: impl FnMut($part<'_>),
            ) {
                use $part::{Body, Expression};
                match self {
                    Statement::Evaluate(one)
                    | Statement::Return(Some(one)) => take(Expression(one)),
                    Statement::If(arms, otherwise) => {
                        for (test, body) in arms {
                            take(Expression(test));
                            take(Body(body));
                        }
                        take(Body(otherwise));
                    }
                    Statement::Loop(this) => {
                        if let Some(one) = &$($mut)? this.test {
                            take(Expression(one));
                        }
                        if let Some(one) = &$($mut)? this.update {
                            take(Expression(one));
                        }
                        take(Body(&$($mut)? this.body));
                    }
                    Statement::Each(this) => {
                        take(Expression(&$($mut)? this.object));
                        take(Body(&$($mut)? this.body));
                    }
                    Statement::Switch(subject, cases) => {
                        take(Expression(subject));
                        for (test, body) in cases {
                            if let Some(one) = test {
                                take(Expression(one));
                            }
                            take(Body(body));
                        }
                    }
                    Statement::Block(body) | Statement::Labeled(_, body) => {
                        take(Body(body));
                    }
                    Statement::Try(body, other)
                    | Statement::Finally(body, other) => {
                        take(Body(body));
                        take(Body(other));
                    }
                    Statement::Scan(this) => {
                        take(Body($slice(&$($mut)? this.plain)));
                    }
                    Statement::Dispatch(this) => {
                        for column in &$($mut)? this.candidates.columns {
                            take(Expression(&$($mut)? column.subject));
                        }
                        for rule in &$($mut)? this.rules {
                            let Rule::Branch(branch) = rule else { continue };
                            if let Some(one) = &$($mut)? branch.condition {
                                take(Expression(one));
                            }
                            take(Body(&$($mut)? branch.body));
                        }
                    }
                    Statement::Rules(this) => {
                        take(Expression(&$($mut)? this.subject));
                    }
                    Statement::Return(None)
                    | Statement::Break
                    | Statement::Continue
                    | Statement::BreakTo(_)
                    | Statement::ContinueTo(_)
                    | Statement::Fresh(_)
                    | Statement::Skip(_) => {}
                }
            }
        }

        impl Expression {
            /// Calls a function with each part, in their order.
            pub(crate) fn $name(
                &$($mut)? self,
                mut take: impl FnMut(&$($mut)? Expression),
            ) {
                match self {
                    Expression::Constant(_)
                    | Expression::Read(_)
                    | Expression::Update { .. }
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
                    | Expression::Member(one, _) => take(one),
                    Expression::SetElement(all)
                    | Expression::ChangeElement(all, ..) => {
                        for one in &$($mut)? all[..] {
                            take(one);
                        }
                    }
                    Expression::Delete(all) => {
                        for one in &$($mut)? all[..] {
                            take(one);
                        }
                    }
                    Expression::Binary(first, rest) => {
                        take(first);
                        for (_, one) in rest {
                            take(one);
                        }
                    }
                    Expression::All(all)
                    | Expression::Any(all)
                    | Expression::Sequence(all)
                    | Expression::Coalesce(all)
                    | Expression::Builtin(_, all)
                    | Expression::Native(_, all)
                    | Expression::Array(all)
                    | Expression::Regex(all) => {
                        for one in all {
                            take(one);
                        }
                    }
                    Expression::Choose(arms, last) => {
                        for (test, value) in arms {
                            take(test);
                            take(value);
                        }
                        take(last);
                    }
                    Expression::Call(one, all)
                    | Expression::New(one, all)
                    | Expression::Method(_, one, all) => {
                        take(one);
                        for one in all {
                            take(one);
                        }
                    }
                    Expression::Index(both) => {
                        let (object, key) = &$($mut)? **both;
                        take(object);
                        take(key);
                    }
                    Expression::Object(entries) => {
                        for (_, value) in entries {
                            take(value);
                        }
                    }
                    Expression::ObjectOf(entries) => {
                        for (key, value) in entries {
                            take(key);
                            take(value);
                        }
                    }
                    Expression::Match(this) => {
                        for column in &$($mut)? this.candidates.columns {
                            take(&$($mut)? column.subject);
                        }
                        for (_, member) in &$($mut)? this.members {
                            take(member);
                        }
                    }
                }
            }
        }
    };
}

parts!(parts, Part, slice::from_ref);
parts!(parts_mut, PartMut, slice::from_mut, mut);
