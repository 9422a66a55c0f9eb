//! What names stand for while a condition is looked at.

use std::sync::Arc;

use super::Facts;
use crate::syntax::{
    Constant, Expression, Frozen, Method, Operator, Place, Text, Unary,
};

/// What local variables stand for.
pub(super) struct Scope<'s> {
    /// Where there is none, a variable stands for itself.
    call: Option<&'s Call<'s>>,
    round: Option<Round<'s>>,
}

/// A round of a loop through a list.
#[derive(Clone, Copy)]
struct Round<'s> {
    /// Variables that the round sets, and their values if those are known.
    known: &'s [(Place, Option<Constant>)],
    /// How the list is called, and what it is.
    list: &'s Expression,
    whole: &'s Constant,
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
pub(super) const ROOT: Scope<'static> = Scope { call: None, round: None };

/// What a variable of a call stands for.
pub(super) enum Local<'s> {
    Itself,
    Expression(&'s Expression, &'s Scope<'s>),
    Undefined,
    Constant(&'s Constant),
    /// A variable of the function that is called.
    Unknown,
}

impl<'s> Scope<'s> {
    pub(super) fn of(call: &'s Call<'s>) -> Scope<'s> {
        Scope { call: Some(call), round: None }
    }

    /// A round of a loop.
    pub(super) fn of_round(
        known: &'s [(Place, Option<Constant>)],
        list: &'s Expression,
        whole: &'s Constant,
    ) -> Scope<'s> {
        let round = Some(Round { known, list, whole });
        Scope { call: None, round }
    }

    /// Whether a variable that is no plain local one is the same in a call.
    fn is_here(&self, place: Place) -> bool {
        matches!(place, Place::Global(_)) || self.call.is_none()
    }

    /// Whether a round sets a variable.
    pub(super) fn is_known(&self, place: Place) -> bool {
        self.known(place).is_some()
    }

    /// Whether a round sets a variable, and to what.
    fn known(&self, place: Place) -> Option<Option<&'s Constant>> {
        let round = self.round?;
        let known = round.known.iter().find(|(other, _)| *other == place);
        known.map(|(_, value)| value.as_ref())
    }

    pub(super) fn depth(&self) -> u32 {
        self.call.map_or(0, |call| call.depth)
    }

    pub(super) fn local(&self, slot: u32) -> Local<'s> {
        match self.known(Place::Local(slot)) {
            Some(Some(value)) => return Local::Constant(value),
            Some(None) => return Local::Unknown,
            None => {}
        }
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
        if let Some(round) = self.round
            && is_same(round.list, expression, &ROOT)
        {
            return Some(round.whole.clone());
        }
        match expression {
            Expression::Constant(constant) => Some(constant.clone()),
            Expression::Read(place @ Place::Global(slot)) => {
                match self.known(*place) {
                    Some(value) => value.cloned(),
                    None => facts.global(*slot).cloned(),
                }
            }
            Expression::Read(Place::Local(slot)) => match self.local(*slot) {
                Local::Expression(one, scope) => scope.fold(facts, one),
                Local::Undefined => Some(Constant::Undefined),
                Local::Constant(value) => Some(value.clone()),
                Local::Itself | Local::Unknown => None,
            },
            Expression::Binary(first, rest) => {
                let mut joined = match self.fold(facts, first)? {
                    Constant::Text(text) => text.to_string(),
                    Constant::Number(number) => {
                        return self.sum(facts, number, rest);
                    }
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
                element(&object, &self.fold(facts, &parts.1)?)
            }
            Expression::Member(object, name) => {
                match self.fold(facts, object)? {
                    Constant::Frozen(object) => match &*object {
                        Frozen::Map(all) => all.get(name).cloned(),
                        Frozen::Array(_) => None,
                    },
                    Constant::Text(text) if &**name == "length" => {
                        Some(Constant::Number(text.len() as f64))
                    }
                    _ => None,
                }
            }
            Expression::Unary(Unary::Negate, one) => {
                match self.fold(facts, one)? {
                    Constant::Number(number) => {
                        Some(Constant::Number(-number))
                    }
                    _ => None,
                }
            }
            Expression::Method(Method::ToLowerCase, object, arguments)
                if arguments.is_empty() =>
            {
                match self.fold(facts, object)? {
                    Constant::Text(text) => {
                        Some(Constant::Text(text.to_ascii_lowercase().into()))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A number, and what is added to it and taken away.
    fn sum(
        &self,
        facts: &Facts<'_>,
        mut sum: f64,
        rest: &[(Operator, Expression)],
    ) -> Option<Constant> {
        for (operator, right) in rest {
            let Constant::Number(right) = self.fold(facts, right)? else {
                return None;
            };
            match operator {
                Operator::Add => sum += right,
                Operator::Subtract => sum -= right,
                _ => return None,
            }
        }
        Some(Constant::Number(sum))
    }

    /// Whether an expression is the place in a text from which so many bytes
    /// are left: `text.length - 5`.
    pub(super) fn is_from_end(
        &self,
        facts: &Facts<'_>,
        (expression, text): (&Expression, &Expression),
        bytes: usize,
    ) -> bool {
        let Expression::Binary(whole, rest) = expression else {
            return false;
        };
        let [(Operator::Subtract, right)] = rest.as_slice() else {
            return false;
        };
        self.is_length(whole, text)
            && matches!(
                self.fold(facts, right),
                Some(Constant::Number(number)) if number == bytes as f64
            )
    }

    /// Whether an expression is the length of a text.
    pub(super) fn is_length(
        &self,
        expression: &Expression,
        text: &Expression,
    ) -> bool {
        let Expression::Member(object, name) = expression else {
            return false;
        };
        let same = |text| is_same(&text, object, self);
        &**name == "length" && copied(text, self).is_some_and(same)
    }

    /// The text that an expression always is.
    pub(super) fn text(
        &self,
        facts: &Facts<'_>,
        expression: &Expression,
    ) -> Option<Text> {
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
            Local::Constant(value) => {
                is_same(one, &Expression::Constant(value.clone()), &ROOT)
            }
            Local::Undefined | Local::Unknown => false,
        };
    }
    if let Expression::Read(place) = other
        && scope.known(*place).is_some()
    {
        return false;
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
                (Constant::Frozen(one), Constant::Frozen(other)) => {
                    Arc::ptr_eq(one, other)
                }
                _ => false,
            }
        }
        (Expression::Read(one), Expression::Read(other)) => {
            one == other && scope.is_here(*other)
        }
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
                && rest
                    .iter()
                    .zip(other_rest)
                    .all(|(a, b)| a.0 == b.0 && is_same(&a.1, &b.1, scope))
        }
        (
            Expression::Member(object, name),
            Expression::Member(other, other_name),
        ) => name == other_name && is_same(object, other, scope),
        (Expression::Index(one), Expression::Index(other)) => {
            is_same(&one.0, &other.0, scope)
                && is_same(&one.1, &other.1, scope)
        }
        _ => false,
    }
}

/// An element of a list, or a property of an object.
pub(super) fn element(object: &Frozen, key: &Constant) -> Option<Constant> {
    match (object, key) {
        (Frozen::Array(all), Constant::Number(number)) => {
            let index = *number as usize;
            all.get(index).filter(|_| index as f64 == *number).cloned()
        }
        (Frozen::Array(all), Constant::Text(key)) => {
            let index: usize = key.parse().ok()?;
            let exact = index.to_string() == **key;
            all.get(index).filter(|_| exact).cloned()
        }
        (Frozen::Map(all), Constant::Text(key)) => all.get(key).cloned(),
        _ => None,
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
            Local::Constant(value) => Expression::Constant(value.clone()),
            Local::Unknown => return None,
        },
        Expression::Read(place)
            if scope.is_known(*place) || !scope.is_here(*place) =>
        {
            return None;
        }
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
            let rest = rest
                .iter()
                .map(|(operator, one)| Some((*operator, copied(one, scope)?)));
            let rest = rest.collect::<Option<Vec<_>>>()?;
            Expression::Binary(Box::new(copied(first, scope)?), rest)
        }
        Expression::Member(object, name) => {
            let object = Box::new(copied(object, scope)?);
            Expression::Member(object, name.clone())
        }
        Expression::Index(parts) => Expression::Index(Box::new((
            copied(&parts.0, scope)?,
            copied(&parts.1, scope)?,
        ))),
        _ => return None,
    })
}
