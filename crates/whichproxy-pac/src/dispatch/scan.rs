//! Loops over constant lists.
//!
//! A round of such a loop is a rule: its element is known, so its tests are.
//! Rounds that have nothing to do are passed over.

use std::sync::Arc;

use super::column::Columns;
use super::guard::Guards;
use super::lists::Lists;
use super::scope::{self, ROOT, Scope};
use super::writes::Writes;
use super::{Facts, visit};
use crate::syntax::{
    Constant, Expression, Frozen, Operator, Place, Scan, Statement, Variant,
};

/// The fewest rounds that a table is worth.
const ROUNDS_LEAST: usize = 5;

/// What a loop is, as far as it matters here.
struct Shape<'s> {
    place: Place,
    /// The list that the loop goes through.
    list: &'s Expression,
    body: &'s [Statement],
    rounds: Rounds,
    /// Where the rounds end, if that is said.
    bound: Option<&'s Expression>,
}

/// What the variable of a loop is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rounds {
    /// A number.
    Index,
    /// A number as a text, or an object's key.
    Key,
    Element,
}

/// Tables for a loop of a function; `None` where it is of another kind.
pub(super) fn scan(
    facts: &Facts<'_>,
    lists: &Lists,
    function: u32,
    this: &Statement,
) -> Option<Scan> {
    let shape = shape(this)?;
    let (leading, rules) = split(shape.body)?;
    let mut writes = Writes::in_loop();
    for statement in rules {
        writes.statement(statement);
    }
    let mut fixed = vec![shape.place];
    for set in &leading {
        fixed.push(set.0);
    }
    places(shape.list, &mut fixed);
    shape.bound.iter().for_each(|bound| places(bound, &mut fixed));
    if writes.touch(&fixed, facts) {
        return None;
    }
    let mut own = Writes::default();
    own.set(shape.place);
    leading.iter().for_each(|set| own.set(set.0));
    let mut outside = Vec::new();
    places(shape.list, &mut outside);
    shape.bound.iter().for_each(|bound| places(bound, &mut outside));
    if own.touch(&outside, facts) {
        return None;
    }
    own.add(writes);
    let mut variants: Vec<Variant> = Vec::new();
    for list in lists.of(facts, function, shape.list) {
        let known =
            variants.iter().any(|other| Arc::ptr_eq(&other.list, &list));
        if !known
            && let Some(variant) =
                variant(facts, &shape, &leading, rules, list, &own)
        {
            variants.push(variant);
        }
    }
    if variants.is_empty() {
        return None;
    }
    Some(Scan {
        list: scope::copied(shape.list, &ROOT)?,
        place: shape.place,
        has_more: !leading.is_empty(),
        variants,
        plain: Statement::Block(Vec::new()),
    })
}

/// Variables that are set in each round, and the rules behind them.
type Parts<'s> = (Vec<(Place, &'s Expression)>, &'s [Statement]);

fn split(mut body: &[Statement]) -> Option<Parts<'_>> {
    while let [Statement::Block(inner)] = body {
        body = inner;
    }
    // Variables of the round itself.
    while let [Statement::Fresh(slots), rest @ ..] = body
        && slots.iter().all(|(_, boxed)| !boxed)
    {
        body = rest;
    }
    let mut leading = Vec::new();
    while let [Statement::Evaluate(Expression::Set(place, value)), rest @ ..] =
        body
    {
        leading.push((*place, &**value));
        body = rest;
    }
    let sound = body.iter().all(|statement| {
        matches!(statement, Statement::If(_, otherwise)
            if otherwise.is_empty())
    });
    (sound && !body.is_empty()).then_some((leading, body))
}

fn shape(this: &Statement) -> Option<Shape<'_>> {
    match this {
        Statement::Each(this) if !this.fresh => Some(Shape {
            place: this.place,
            list: &this.object,
            body: &this.body,
            rounds: if this.values { Rounds::Element } else { Rounds::Key },
            bound: None,
        }),
        Statement::Loop(this) => {
            let (Some(test), Some(Expression::Update { place, by: 1.0, .. })) =
                (&this.test, &this.update)
            else {
                return None;
            };
            let Expression::Binary(left, rest) = test else { return None };
            let [(Operator::Less, bound)] = rest.as_slice() else {
                return None;
            };
            let counter =
                matches!(**left, Expression::Read(other) if other == *place);
            if !counter || this.test_last || !this.copies.is_empty() {
                return None;
            }
            let list = match bound {
                Expression::Member(list, name) if &**name == "length" => list,
                Expression::Read(_) | Expression::Constant(_) => {
                    indexed(&this.body, *place)?
                }
                _ => return None,
            };
            Some(Shape {
                place: *place,
                list,
                body: &this.body,
                rounds: Rounds::Index,
                bound: Some(bound),
            })
        }
        _ => None,
    }
}

/// The first list that a body looks into by a loop's variable.
fn indexed(mut body: &[Statement], place: Place) -> Option<&Expression> {
    while let [Statement::Block(inner)] = body {
        body = inner;
    }
    body.iter().find_map(|statement| match statement {
        Statement::Evaluate(Expression::Set(_, value)) => of(value, place),
        Statement::If(arms, _) => {
            arms.iter().find_map(|(condition, _)| of(condition, place))
        }
        _ => None,
    })
}

fn of(expression: &Expression, place: Place) -> Option<&Expression> {
    match expression {
        Expression::Index(parts) => {
            let key = &parts.1;
            if matches!(key, Expression::Read(other) if *other == place) {
                return Some(&parts.0);
            }
            of(&parts.0, place)
        }
        Expression::All(all)
        | Expression::Any(all)
        | Expression::Builtin(_, all) => {
            all.iter().find_map(|one| of(one, place))
        }
        Expression::Binary(first, rest) => of(first, place)
            .or_else(|| rest.iter().find_map(|(_, one)| of(one, place))),
        Expression::Call(_, all) => all.iter().find_map(|one| of(one, place)),
        Expression::Method(_, one, all) => of(one, place)
            .or_else(|| all.iter().find_map(|one| of(one, place))),
        Expression::Unary(_, one) | Expression::Member(one, _) => {
            of(one, place)
        }
        _ => None,
    }
}

/// The variables that an expression reads.
fn places(this: &Expression, all: &mut Vec<Place>) {
    visit::expression(this, &mut |one| {
        if let Expression::Read(place) = one {
            all.push(*place);
        }
    });
}

fn variant(
    facts: &Facts<'_>,
    shape: &Shape<'_>,
    leading: &[(Place, &Expression)],
    rules: &[Statement],
    list: Arc<Frozen>,
    writes: &Writes,
) -> Option<Variant> {
    let keys: Vec<Constant> = match (&*list, shape.rounds) {
        (Frozen::Array(all), Rounds::Index) => {
            (0..all.len()).map(|at| Constant::Number(at as f64)).collect()
        }
        (Frozen::Array(all), Rounds::Key) => {
            let keys = (0..all.len()).map(|at| at.to_string().as_str().into());
            keys.map(Constant::Text).collect()
        }
        (Frozen::Array(all), Rounds::Element) => all.clone(),
        (Frozen::Map(all), Rounds::Key) => {
            // Those that are numbers would come first.
            let digit =
                |key: &str| key.starts_with(|c: char| c.is_ascii_digit());
            if all.iter().any(|(key, _)| digit(key)) {
                return None;
            }
            all.iter().map(|(key, _)| Constant::Text(key.into())).collect()
        }
        (Frozen::Map(_), _) => return None,
    };
    if keys.len() < ROUNDS_LEAST {
        return None;
    }
    let whole = Constant::Frozen(list.clone());
    let mut guards = Guards::new(facts);
    let mut columns = Columns::default();
    let mut needs = Vec::new();
    let (mut always, mut looked) = (0, Vec::new());
    for (number, key) in (0_u32..).zip(&keys) {
        let mut known: Vec<(Place, Option<Constant>)> =
            vec![(shape.place, Some(key.clone()))];
        for (place, value) in leading {
            let scope = Scope::of_round(&known, shape.list, &whole);
            let value = match scope.fold(facts, value) {
                Some(value) => Some(value),
                None => {
                    let mut safety = super::safety::Safety::new(facts);
                    safety.kind(value, &scope)?;
                    needs.append(&mut safety.needs);
                    None
                }
            };
            known.retain(|(other, _)| other != place);
            known.push((*place, value));
        }
        let scope = Scope::of_round(&known, shape.list, &whole);
        let mut found = Vec::new();
        for statement in rules {
            let Statement::If(arms, _) = statement else { return None };
            for (condition, _) in arms {
                found.push(guards.of(condition, &scope));
            }
        }
        let lead = found.first().and_then(|guard| guard.as_ref()?.lead);
        if let Some(subject) = lead {
            columns.lead(subject, number);
        }
        if found.iter().any(Option::is_none) {
            columns.always.push(number);
            always += 1;
            continue;
        }
        for guard in found.into_iter().flatten() {
            guards.places(&guard, &mut looked);
            looked.sort_unstable();
            looked.dedup();
            needs.extend(guard.needs);
            for (subject, key) in guard.tests {
                columns.add(subject, key, number);
            }
        }
    }
    if always * 4 > keys.len() || writes.touch(&looked, facts) {
        return None;
    }
    let candidates = columns.finish(guards.subjects, needs);
    let count = keys.len() as u32;
    Some(Variant { list, count, candidates })
}
