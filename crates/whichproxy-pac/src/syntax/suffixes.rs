//! Loops that take label after label away from a name.
//!
//! `for (;;) { if (D.hasOwnProperty(h)) …; p = h.indexOf('.'); if (p < 0) …;
//! h = h.slice(p + 1); }` and its like: a round that finds nothing changes
//! nothing but `h` and `p`. So the rounds up to the next that does find
//! something, or that is the last, are skipped, and that one runs as it is
//! written.

use std::sync::Arc;

use super::program::{
    Constant, Expression, Frozen, Loop, Method, Operator, Place, Statement,
};

/// Rounds of a loop that may be skipped.
#[derive(Debug)]
pub(crate) struct Suffixes {
    /// An object.
    pub(crate) names: Arc<Frozen>,
    /// Whether a name that every object has is found, too.
    pub(crate) inherited: bool,
    /// The slot of the name.
    pub(crate) name: u32,
    /// The slot of where its first dot is.
    pub(crate) dot: u32,
}

impl Suffixes {
    /// Reads a loop; variables that never change have been put in.
    pub(crate) fn of(this: &Loop) -> Option<Suffixes> {
        let endless = match &this.test {
            None => true,
            Some(Expression::Constant(Constant::Bool(true))) => true,
            Some(Expression::Constant(Constant::Number(n))) => *n == 1.0,
            _ => false,
        };
        if !endless || this.update.is_some() || !this.copies.is_empty() {
            return None;
        }
        let mut body = this.body.as_slice();
        while let [Statement::Fresh(_), rest @ ..] = body {
            body = rest;
        }
        let [Statement::If(found, otherwise), look, end, cut] = body else {
            return None;
        };
        let [(found, _)] = found.as_slice() else { return None };
        let (names, inherited, name) = sought(found)?;
        let dot = looked(look, name)?;
        let sound = otherwise.is_empty() && ends(end, dot);
        (sound && cuts(cut, name, dot)).then_some(Suffixes {
            names,
            inherited,
            name,
            dot,
        })
    }
}

fn local(expression: &Expression) -> Option<u32> {
    match expression {
        Expression::Read(Place::Local(slot)) => Some(*slot),
        _ => None,
    }
}

fn number(expression: &Expression) -> Option<f64> {
    match expression {
        Expression::Constant(Constant::Number(number)) => Some(*number),
        _ => None,
    }
}

fn object(expression: &Expression) -> Option<Arc<Frozen>> {
    match expression {
        Expression::Constant(Constant::Frozen(object)) => {
            let is_map = matches!(&**object, Frozen::Map(_));
            is_map.then(|| object.clone())
        }
        _ => None,
    }
}

/// A condition that is false where a name is not found, and does nothing.
fn sought(condition: &Expression) -> Option<(Arc<Frozen>, bool, u32)> {
    match condition {
        Expression::Method(Method::HasOwnProperty, map, arguments) => {
            let map = object(map)?;
            let [key] = arguments.as_slice() else { return None };
            match &*map {
                Frozen::Map(names) if !names.has_own() => {}
                _ => return None,
            }
            Some((map, false, local(key)?))
        }
        Expression::Method(Method::Call, function, arguments) => {
            let Expression::Constant(Constant::HasOwn) = **function else {
                return None;
            };
            let [map, key] = arguments.as_slice() else { return None };
            Some((object(map)?, false, local(key)?))
        }
        Expression::Binary(key, rest) => match rest.as_slice() {
            [(Operator::In, map)] => Some((object(map)?, true, local(key)?)),
            [
                (
                    Operator::Equal | Operator::StrictEqual,
                    Expression::Constant(
                        Constant::Bool(_)
                        | Constant::Number(_)
                        | Constant::Text(_),
                    ),
                ),
            ] => match &**key {
                Expression::Index(_) => sought(key),
                _ => None,
            },
            _ => None,
        },
        Expression::Index(parts) => {
            Some((object(&parts.0)?, true, local(&parts.1)?))
        }
        _ => None,
    }
}

/// `p = h.indexOf('.')`.
fn looked(statement: &Statement, name: u32) -> Option<u32> {
    let Statement::Evaluate(Expression::Set(Place::Local(dot), value)) =
        statement
    else {
        return None;
    };
    let Expression::Method(Method::IndexOf, subject, arguments) = &**value
    else {
        return None;
    };
    let [Expression::Constant(Constant::Text(text))] = arguments.as_slice()
    else {
        return None;
    };
    let sound = local(subject) == Some(name) && &**text == ".";
    (sound && *dot != name).then_some(*dot)
}

/// `if (p < 0) …`.
fn ends(statement: &Statement, dot: u32) -> bool {
    let Statement::If(arms, otherwise) = statement else { return false };
    let [(Expression::Binary(left, rest), _)] = arms.as_slice() else {
        return false;
    };
    let [(operator, right)] = rest.as_slice() else { return false };
    otherwise.is_empty()
        && local(left) == Some(dot)
        && match operator {
            Operator::Less => number(right) == Some(0.0),
            Operator::Equal | Operator::StrictEqual => {
                number(right) == Some(-1.0)
            }
            _ => false,
        }
}

/// `h = h.slice(p + 1)`.
fn cuts(statement: &Statement, name: u32, dot: u32) -> bool {
    let Statement::Evaluate(Expression::Set(Place::Local(set), value)) =
        statement
    else {
        return false;
    };
    let Expression::Method(
        Method::Slice | Method::Substring | Method::Substr,
        subject,
        arguments,
    ) = &**value
    else {
        return false;
    };
    let [Expression::Binary(left, rest)] = arguments.as_slice() else {
        return false;
    };
    let [(Operator::Add, right)] = rest.as_slice() else { return false };
    *set == name
        && local(subject) == Some(name)
        && local(left) == Some(dot)
        && number(right) == Some(1.0)
}
