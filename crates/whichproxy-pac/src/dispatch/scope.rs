//! What names stand for while a condition is looked at.

use super::Facts;
use crate::syntax::{Constant, Expression, Frozen, Method, Operator, Place};

/// What local variables stand for.
pub(super) struct Scope<'s> {
    /// Where there is none, a variable stands for itself.
    call: Option<&'s Call<'s>>,
}

/// A function's call.
pub(super) struct Call<'s> {
    /// How many parameters the function has.
    pub(super) parameters: u32,
    pub(super) arguments: &'s [Expression],
    /// Where the arguments are.
    pub(super) scope: &'s Scope<'s>,
    pub(super) depth: u32,
}

/// Where every variable stands for itself.
pub(super) const ROOT: Scope<'static> = Scope { call: None };

/// What a variable of a call stands for.
pub(super) enum Local<'s> {
    Itself,
    Expression(&'s Expression, &'s Scope<'s>),
    Undefined,
    /// A variable of the function that is called.
    Unknown,
}

impl<'s> Scope<'s> {
    pub(super) fn of(call: &'s Call<'s>) -> Scope<'s> {
        Scope { call: Some(call) }
    }

    pub(super) fn depth(&self) -> u32 {
        self.call.map_or(0, |call| call.depth)
    }

    pub(super) fn local(&self, slot: u32) -> Local<'s> {
        let Some(call) = self.call else { return Local::Itself };
        if slot >= call.parameters {
            return Local::Unknown;
        }
        match call.arguments.get(slot as usize) {
            Some(argument) => Local::Expression(argument, call.scope),
            None => Local::Undefined,
        }
    }

    /// What an expression is, where it is constant.
    pub(super) fn fold(
        &self,
        facts: &Facts<'_>,
        expression: &Expression,
    ) -> Option<Constant> {
        match expression {
            Expression::Constant(constant) => Some(constant.clone()),
            Expression::Read(Place::Global(slot)) => {
                facts.global(*slot).cloned()
            }
            Expression::Read(Place::Local(slot)) => match self.local(*slot) {
                Local::Expression(one, scope) => scope.fold(facts, one),
                Local::Undefined => Some(Constant::Undefined),
                Local::Itself | Local::Unknown => None,
            },
            Expression::Binary(first, rest) => {
                let mut joined = match self.fold(facts, first)? {
                    Constant::Text(text) => text.into_string(),
                    _ => return None,
                };
                for (operator, right) in rest {
                    let Constant::Text(right) = self.fold(facts, right)?
                    else {
                        return None;
                    };
                    if *operator != Operator::Add || joined.len() > 4 << 10 {
                        return None;
                    }
                    joined.push_str(&right);
                }
                Some(Constant::Text(joined.into()))
            }
            Expression::Index(parts) => {
                let Constant::Frozen(object) = self.fold(facts, &parts.0)?
                else {
                    return None;
                };
                match (&*object, self.fold(facts, &parts.1)?) {
                    (Frozen::Array(all), Constant::Number(number)) => {
                        let index = number as usize;
                        let exact = index as f64 == number;
                        all.get(index).filter(|_| exact).cloned()
                    }
                    (Frozen::Map(all), Constant::Text(key)) => {
                        all.get(&key).cloned()
                    }
                    _ => None,
                }
            }
            Expression::Member(object, name) => {
                match self.fold(facts, object)? {
                    Constant::Frozen(object) => match &*object {
                        Frozen::Map(all) => all.get(name).cloned(),
                        Frozen::Array(_) => None,
                    },
                    _ => None,
                }
            }
            Expression::Method(Method::ToLowerCase, object, arguments)
                if arguments.is_empty() =>
            {
                match self.fold(facts, object)? {
                    Constant::Text(text) => Some(Constant::Text(
                        text.to_ascii_lowercase().into(),
                    )),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The text that an expression always is.
    pub(super) fn text(
        &self,
        facts: &Facts<'_>,
        expression: &Expression,
    ) -> Option<Box<str>> {
        match self.fold(facts, expression)? {
            Constant::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Whether an expression, seen from a scope, is the same as another one.
pub(super) fn is_same(
    one: &Expression,
    other: &Expression,
    scope: &Scope<'_>,
) -> bool {
    if let Expression::Read(Place::Local(slot)) = other {
        return match scope.local(*slot) {
            Local::Itself => {
                matches!(one, Expression::Read(place)
                    if *place == Place::Local(*slot))
            }
            Local::Expression(other, scope) => is_same(one, other, scope),
            Local::Undefined | Local::Unknown => false,
        };
    }
    let all = |one: &[Expression], other: &[Expression]| {
        one.len() == other.len()
            && one.iter().zip(other).all(|(a, b)| is_same(a, b, scope))
    };
    match (one, other) {
        (Expression::Constant(one), Expression::Constant(other)) => {
            match (one, other) {
                (Constant::Text(one), Constant::Text(other)) => one == other,
                (Constant::Number(one), Constant::Number(other)) => {
                    one == other
                }
                _ => false,
            }
        }
        (Expression::Read(one), Expression::Read(other)) => one == other,
        (
            Expression::Method(one, object, arguments),
            Expression::Method(other, other_object, other_arguments),
        ) => {
            one == other
                && is_same(object, other_object, scope)
                && all(arguments, other_arguments)
        }
        (
            Expression::Builtin(one, arguments),
            Expression::Builtin(other, other_arguments),
        ) => one.name == other.name && all(arguments, other_arguments),
        (
            Expression::Binary(first, rest),
            Expression::Binary(other_first, other_rest),
        ) => {
            rest.len() == other_rest.len()
                && is_same(first, other_first, scope)
                && rest.iter().zip(other_rest).all(|(a, b)| {
                    a.0 == b.0 && is_same(&a.1, &b.1, scope)
                })
        }
        (
            Expression::Member(object, name),
            Expression::Member(other, other_name),
        ) => name == other_name && is_same(object, other, scope),
        _ => false,
    }
}

/// An expression, seen from a scope, with what its names stand for.
pub(super) fn copied(
    expression: &Expression,
    scope: &Scope<'_>,
) -> Option<Expression> {
    let all = |all: &[Expression]| {
        all.iter().map(|one| copied(one, scope)).collect::<Option<Vec<_>>>()
    };
    Some(match expression {
        Expression::Constant(constant) => {
            Expression::Constant(constant.clone())
        }
        Expression::Read(Place::Local(slot)) => match scope.local(*slot) {
            Local::Itself => Expression::Read(Place::Local(*slot)),
            Local::Expression(one, scope) => copied(one, scope)?,
            Local::Undefined => Expression::Constant(Constant::Undefined),
            Local::Unknown => return None,
        },
        Expression::Read(place) => Expression::Read(*place),
        Expression::Method(method, object, arguments) => Expression::Method(
            method.clone(),
            Box::new(copied(object, scope)?),
            all(arguments)?,
        ),
        Expression::Builtin(builtin, arguments) => {
            Expression::Builtin(builtin, all(arguments)?)
        }
        Expression::Binary(first, rest) => {
            let rest = rest.iter().map(|(operator, one)| {
                Some((*operator, copied(one, scope)?))
            });
            let rest = rest.collect::<Option<Vec<_>>>()?;
            Expression::Binary(Box::new(copied(first, scope)?), rest)
        }
        Expression::Member(object, name) => {
            let object = Box::new(copied(object, scope)?);
            Expression::Member(object, name.clone())
        }
        _ => return None,
    })
}
