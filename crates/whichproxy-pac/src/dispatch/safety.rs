//! Expressions that need not be worked out: they ask nobody, write nothing
//! and cannot throw.

use super::Facts;
use super::scope::{Local, Scope};
use crate::builtins::Effect;
use crate::syntax::{Constant, Expression, Method, Operator, Place, Unary};

/// What the value of a safe expression is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    /// One of these, or nothing at all.
    Primitive,
    Any,
}

/// A variable that must have a value, or must be a text.
pub(super) type Need = (Place, bool);

/// Looks at expressions; notes what variables must be.
pub(super) struct Safety<'s> {
    pub(super) facts: &'s Facts<'s>,
    pub(super) needs: Vec<Need>,
}

impl<'s> Safety<'s> {
    pub(super) fn new(facts: &'s Facts<'s>) -> Safety<'s> {
        Safety { facts, needs: Vec::new() }
    }

    /// Whether an expression is a text, and safe, where the noted variables
    /// are texts.
    pub(super) fn is_text(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> bool {
        match expression {
            Expression::Read(Place::Local(slot)) => match scope.local(*slot) {
                Local::Itself => {
                    self.note(Place::Local(*slot), true);
                    true
                }
                Local::Expression(one, scope) => self.is_text(one, scope),
                Local::Constant(value) => of(value) == Kind::Text,
                Local::Undefined | Local::Unknown => false,
            },
            Expression::Read(
                place @ (Place::Boxed(_) | Place::Captured(_)),
            ) if scope.depth() == 0 && !scope.is_known(*place) => {
                self.note(*place, true);
                true
            }
            Expression::Read(place) if scope.is_known(*place) => {
                matches!(
                    scope.fold(self.facts, expression),
                    Some(Constant::Text(_))
                )
            }
            Expression::Read(place @ Place::Global(slot)) => {
                match self.facts.global(*slot) {
                    Some(Constant::Text(_)) => true,
                    Some(_) => false,
                    None => {
                        self.note(*place, true);
                        true
                    }
                }
            }
            other => self.kind(other, scope) == Some(Kind::Text),
        }
    }

    fn note(&mut self, place: Place, is_text: bool) {
        if !self.needs.contains(&(place, is_text)) {
            self.needs.push((place, is_text));
        }
    }

    fn is_primitive(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Option<Kind> {
        self.kind(expression, scope).filter(|kind| *kind != Kind::Any)
    }

    fn are_numbers(&mut self, all: &[Expression], scope: &Scope<'_>) -> bool {
        all.iter().all(|one| self.kind(one, scope) == Some(Kind::Number))
    }

    /// What a safe expression gives; `None` where it is not safe.
    pub(super) fn kind(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Option<Kind> {
        Some(match expression {
            Expression::Constant(constant) => of(constant),
            Expression::Read(Place::Local(slot)) => match scope.local(*slot) {
                Local::Itself => {
                    self.note(Place::Local(*slot), false);
                    Kind::Any
                }
                Local::Unknown => Kind::Any,
                Local::Expression(one, scope) => self.kind(one, scope)?,
                Local::Undefined => Kind::Primitive,
                Local::Constant(value) => of(value),
            },
            Expression::Read(Place::Global(slot)) => {
                match self.facts.global(*slot) {
                    Some(value) => of(value),
                    None => match self.facts.globals.get(*slot as usize)? {
                        Constant::Unset => return None,
                        _ => Kind::Any,
                    },
                }
            }
            Expression::Read(place) if scope.depth() == 0 => {
                self.note(*place, false);
                Kind::Any
            }
            Expression::Unary(operator, operand) => match operator {
                Unary::Not => {
                    self.kind(operand, scope)?;
                    Kind::Bool
                }
                Unary::Void | Unary::TypeOf => {
                    self.kind(operand, scope)?;
                    match operator {
                        Unary::TypeOf => Kind::Text,
                        _ => Kind::Primitive,
                    }
                }
                _ => {
                    self.is_primitive(operand, scope)?;
                    Kind::Number
                }
            },
            Expression::Binary(first, rest) => {
                self.binary(first, rest, scope)?
            }
            Expression::All(all) | Expression::Any(all) => {
                let mut both = None;
                for one in all {
                    let kind = self.kind(one, scope)?;
                    both = Some(match both {
                        None => kind,
                        Some(other) if other == kind => kind,
                        Some(_) => Kind::Any,
                    });
                }
                both?
            }
            Expression::Builtin(builtin, arguments)
                if builtin.effect == Effect::Pure =>
            {
                let known = matches!(
                    builtin.name,
                    "dnsDomainIs"
                        | "dnsDomainLevels"
                        | "isPlainHostName"
                        | "localHostOrDomainIs"
                        | "shExpMatch"
                );
                let count = match builtin.name {
                    "dnsDomainLevels" | "isPlainHostName" => 1,
                    _ => 2,
                };
                // A pattern may be an error.
                let pattern = match (builtin.name, arguments.get(1)) {
                    ("shExpMatch", Some(Expression::Constant(pattern))) => {
                        matches!(pattern, Constant::Text(text)
                            if !crate::builtins::is_special_glob(text))
                    }
                    ("shExpMatch", _) => false,
                    _ => true,
                };
                if !known
                    || arguments.len() != count
                    || !pattern
                    || !arguments.iter().all(|one| self.is_text(one, scope))
                {
                    return None;
                }
                match builtin.name {
                    "dnsDomainLevels" => Kind::Number,
                    _ => Kind::Bool,
                }
            }
            Expression::Method(method, object, arguments) => {
                if !self.is_text(object, scope) {
                    return None;
                }
                self.method(method, arguments, scope)?
            }
            Expression::Member(object, name) if &**name == "length" => {
                if !self.is_text(object, scope) {
                    return None;
                }
                Kind::Number
            }
            other => of(&scope.fold(self.facts, other)?),
        })
    }

    fn method(
        &mut self,
        method: &Method,
        arguments: &[Expression],
        scope: &Scope<'_>,
    ) -> Option<Kind> {
        match method {
            Method::CharAt
            | Method::Slice
            | Method::Substr
            | Method::Substring => (arguments.len() <= 2
                && self.are_numbers(arguments, scope))
            .then_some(Kind::Text),
            Method::ToLowerCase | Method::ToUpperCase | Method::Trim => {
                arguments.is_empty().then_some(Kind::Text)
            }
            Method::IndexOf | Method::LastIndexOf => {
                let (first, rest) = arguments.split_first()?;
                let sound = rest.len() <= 1
                    && self.is_text(first, scope)
                    && self.are_numbers(rest, scope);
                sound.then_some(Kind::Number)
            }
            Method::EndsWith | Method::Includes | Method::StartsWith => {
                let [only] = arguments else { return None };
                self.is_text(only, scope).then_some(Kind::Bool)
            }
            _ => None,
        }
    }

    fn binary(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        scope: &Scope<'_>,
    ) -> Option<Kind> {
        let mut left = self.kind(first, scope)?;
        for (operator, right) in rest {
            let right = self.kind(right, scope)?;
            let strict = matches!(
                operator,
                Operator::StrictEqual | Operator::StrictNotEqual
            );
            if !strict && (left == Kind::Any || right == Kind::Any) {
                return None;
            }
            left = match operator {
                Operator::Equal
                | Operator::NotEqual
                | Operator::StrictEqual
                | Operator::StrictNotEqual
                | Operator::Less
                | Operator::LessEqual
                | Operator::Greater
                | Operator::GreaterEqual => Kind::Bool,
                Operator::Add => match (left, right) {
                    (Kind::Text, _) | (_, Kind::Text) => Kind::Text,
                    (Kind::Primitive, _) | (_, Kind::Primitive) => {
                        Kind::Primitive
                    }
                    _ => Kind::Number,
                },
                Operator::In | Operator::Power => return None,
                _ => Kind::Number,
            };
        }
        Some(left)
    }
}

fn of(constant: &Constant) -> Kind {
    match constant {
        Constant::Undefined | Constant::Null => Kind::Primitive,
        Constant::Bool(_) => Kind::Bool,
        Constant::Number(_) => Kind::Number,
        Constant::Text(_) => Kind::Text,
        _ => Kind::Any,
    }
}
