//! Tests without which a condition is not true.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::Facts;
use super::column::Subjects;
use super::safety::{Need, Safety};
use super::scope::{Call, Local, ROOT, Scope};
use crate::builtins;
use crate::syntax::{
    Constant, Expression, Method, Operator, Pattern, Place, Rules, Statement,
    Text, Unary,
};
use crate::table::Test;

/// Tests of subjects, by their numbers; mostly one.
type Tests = SmallVec<[(u32, Key); 1]>;

/// The guards of a statement's conditions; mostly of one.
pub(super) type Found = SmallVec<[Option<Guard>; 1]>;

/// One of the tests holds, or the condition is false, asks nobody and writes
/// nothing.
#[derive(Debug, Default)]
pub(super) struct Guard {
    pub(super) tests: Tests,
    /// Whether the condition is true where a test holds.
    pub(super) exact: bool,
    /// Whether the condition is `true` or `false` and nothing else.
    pub(super) is_bool: bool,
    /// What variables must be for that.
    pub(super) needs: Vec<Need>,
    /// The subject whose address is known once the condition was tried.
    pub(super) lead: Option<u32>,
}

/// Tests, whether they say all, and what the condition is where one of them
/// holds.
type Primitive = (Tests, bool, bool);

/// A test of a subject.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Key {
    Text(Test),
    /// Address and mask.
    Network(u32, u32),
}

/// So many tests of a condition that they do not decide may stand in the
/// tables of its rule; where there are more, it has its own.
const LOOSE_MOST: usize = 8;

/// How deeply functions that call functions are looked into.
const CALLS_MOST: u32 = 4;

/// Finds guards.
pub(super) struct Guards<'g> {
    pub(super) facts: &'g Facts<'g>,
    pub(super) subjects: Subjects,
    /// How often a test was one of those that had to hold together.
    seen: HashMap<(u32, Key), u32>,
}

impl<'g> Guards<'g> {
    pub(super) fn new(facts: &'g Facts<'g>) -> Guards<'g> {
        let subjects = Subjects::default();
        Guards { facts, subjects, seen: HashMap::new() }
    }

    /// The guard of a condition.
    pub(super) fn of(
        &mut self,
        condition: &Expression,
        scope: &Scope<'_>,
    ) -> Option<Guard> {
        let mut guard = self.guard(condition, scope, true)?;
        if !guard.exact && guard.tests.len() > LOOSE_MOST {
            return None;
        }
        guard.lead = self.lead(condition, scope);
        Some(guard)
    }

    /// What rules that differ in their texts look at: the guard of the first
    /// of them.
    pub(super) fn of_rules(&mut self, rules: &Rules) -> Option<Guard> {
        let tests = rules.rules.iter().take(1).map(|(test, _)| test.clone());
        let (tests, exact, _) =
            self.texts(&rules.subject, &ROOT, tests.collect(), true)?;
        Some(Guard { tests, exact, is_bool: true, ..Guard::default() })
    }

    /// Adds the variables that a guard looks at.
    pub(super) fn places(&self, guard: &Guard, places: &mut Vec<Place>) {
        let mut add = |place: &Place| {
            if !places.contains(place) {
                places.push(*place);
            }
        };
        let texts = guard.needs.iter().filter(|(_, is_text)| *is_text);
        texts.for_each(|(place, _)| add(place));
        let mut last = None;
        for (subject, _) in &guard.tests {
            if last == Some(subject) {
                continue;
            }
            last = Some(subject);
            self.subjects.places(*subject).iter().for_each(&mut add);
        }
    }

    /// The subject whose network a condition looks at before all else.
    fn lead(
        &mut self,
        condition: &Expression,
        scope: &Scope<'_>,
    ) -> Option<u32> {
        match condition {
            Expression::Unary(Unary::Not, one) => self.lead(one, scope),
            Expression::All(all) | Expression::Any(all) => {
                self.lead(all.first()?, scope)
            }
            Expression::Builtin(..) => Some(self.network(condition, scope)?.0),
            _ => None,
        }
    }

    /// The guard of a condition that is to be true, or false.
    fn guard(
        &mut self,
        condition: &Expression,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Option<Guard> {
        match condition {
            Expression::Constant(constant) => (truth(constant) != wanted)
                .then(|| Guard {
                    exact: true,
                    is_bool: matches!(constant, Constant::Bool(_)),
                    ..Guard::default()
                }),
            Expression::Unary(Unary::Not, one) => {
                let guard = self.guard(one, scope, !wanted)?;
                Some(Guard { is_bool: true, ..guard })
            }
            Expression::Any(all) if wanted => self.one_of(all, scope, wanted),
            Expression::All(all) if !wanted => self.one_of(all, scope, wanted),
            Expression::Any(all) | Expression::All(all) => {
                self.all_of(all, scope, wanted)
            }
            Expression::Call(function, arguments) => {
                let Some(Constant::Function(index)) =
                    scope.fold(self.facts, function)
                else {
                    return None;
                };
                self.call(index, arguments, scope, wanted)
            }
            Expression::Read(Place::Local(slot)) => match scope.local(*slot) {
                Local::Expression(one, scope) => {
                    self.guard(one, scope, wanted)
                }
                _ => None,
            },
            // `~host.indexOf(…)` and `!host.indexOf(…)`.
            Expression::Unary(Unary::BitNot, one) if wanted => {
                let minus = Expression::Constant(Constant::Number(-1.0));
                let (tests, exact, _) =
                    self.compared(one, Operator::NotEqual, &minus, scope)?;
                Some(Guard { tests, exact, ..Guard::default() })
            }
            Expression::Method(Method::IndexOf, ..) if !wanted => {
                let zero = Expression::Constant(Constant::Number(0.0));
                let (tests, exact, _) =
                    self.compared(condition, Operator::Equal, &zero, scope)?;
                Some(Guard { tests, exact, ..Guard::default() })
            }
            Expression::Method(Method::Test, pattern, arguments) if wanted => {
                let [subject] = arguments.as_slice() else { return None };
                let tests = self.pattern(pattern, subject, scope)?;
                Some(Guard { tests, is_bool: true, ..Guard::default() })
            }
            Expression::Method(Method::Match, subject, arguments)
                if wanted =>
            {
                let [pattern] = arguments.as_slice() else { return None };
                let tests = self.pattern(pattern, subject, scope)?;
                Some(Guard { tests, ..Guard::default() })
            }
            other => {
                let (tests, exact, when) = self.primitive(other, scope)?;
                if when != wanted {
                    return None;
                }
                Some(Guard { tests, exact, is_bool: true, ..Guard::default() })
            }
        }
    }

    /// Each of the conditions has a guard.
    fn one_of(
        &mut self,
        all: &[Expression],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Option<Guard> {
        let mut both =
            Guard { exact: true, is_bool: true, ..Guard::default() };
        for one in all {
            let guard = self.guard(one, scope, wanted)?;
            both.merge(guard);
        }
        Some(both)
    }

    /// One of the conditions has a guard, and those before it need not be
    /// worked out.
    fn all_of(
        &mut self,
        all: &[Expression],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Option<Guard> {
        let mut safety = Safety::new(self.facts);
        let mut best: Option<(u64, Guard)> = None;
        for one in all {
            if let Some(mut guard) = self.guard(one, scope, wanted) {
                let cost = self.cost(&guard);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    guard.needs.extend(safety.needs.iter().copied());
                    best = Some((cost, guard));
                }
            }
            if safety.kind(one, scope).is_none() {
                break;
            }
        }
        let (_, guard) = best?;
        let exact = guard.exact && all.len() == 1;
        let is_bool = guard.is_bool && all.len() == 1;
        Some(Guard { exact, is_bool, ..guard })
    }

    /// How seldom tests hold, as far as one can guess: what many rules have
    /// in common tells little.
    fn cost(&mut self, guard: &Guard) -> u64 {
        let mut cost = 0;
        for test in &guard.tests {
            let often = match self.seen.get_mut(test) {
                Some(often) => often,
                None => self.seen.entry(test.clone()).or_default(),
            };
            *often += 1;
            let shape = match &test.1 {
                Key::Text(Test::Exact(_)) => 1,
                Key::Text(
                    Test::Suffix(text)
                    | Test::Contains(text)
                    | Test::Glob(text),
                ) => 2 + 16_u64.saturating_sub(text.len() as u64),
                Key::Text(Test::Prefix(text)) => {
                    let scheme = text.starts_with("http");
                    20 + 100 * u64::from(scheme && text.len() < 10)
                }
                // Addresses may have to be asked for.
                Key::Network(..) => 50,
            };
            cost += shape + 64 * u64::from(*often);
        }
        cost
    }

    /// What a function of the script gives, where it is no more than a
    /// condition on its arguments.
    fn call(
        &mut self,
        index: u32,
        arguments: &[Expression],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Option<Guard> {
        if scope.depth() >= CALLS_MOST {
            return None;
        }
        let facts = self.facts;
        let function = facts.functions.get(index as usize)?;
        if function.is_special || !function.boxed.is_empty() {
            return None;
        }
        let mut safety = Safety::new(facts);
        for argument in arguments {
            safety.kind(argument, scope)?;
        }
        let call = Call {
            parameters: function.parameters,
            arguments,
            scope,
            depth: scope.depth() + 1,
        };
        let inner = Scope::of(&call);
        let mut guard = self.body(&function.body, &inner, wanted)?;
        guard.needs.append(&mut safety.needs);
        Some(guard)
    }

    /// The guard of what statements return.
    fn body(
        &mut self,
        body: &[Statement],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Option<Guard> {
        let mut both = Guard { exact: true, ..Guard::default() };
        for statement in body {
            match statement {
                Statement::Return(None) if wanted => return Some(both),
                Statement::Return(Some(value)) => {
                    both.merge(self.guard(value, scope, wanted)?);
                    return Some(Guard { is_bool: false, ..both });
                }
                Statement::If(arms, otherwise) if otherwise.is_empty() => {
                    for (condition, body) in arms {
                        let constant = returned(body)?;
                        if truth(constant) == wanted {
                            both.merge(self.guard(condition, scope, true)?);
                        } else {
                            let mut safety = Safety::new(self.facts);
                            safety.kind(condition, scope)?;
                            both.needs.append(&mut safety.needs);
                            both.exact = false;
                        }
                    }
                }
                // Nothing that is thrown is caught: boa goes on then.
                Statement::Block(inner) | Statement::Try(inner, _)
                    if body.len() == 1 =>
                {
                    return self.body(inner, scope, wanted);
                }
                _ => return None,
            }
        }
        wanted.then_some(Guard { is_bool: false, ..both })
    }

    /// Reads a condition that is a single test.
    fn primitive(
        &mut self,
        condition: &Expression,
        scope: &Scope<'_>,
    ) -> Option<Primitive> {
        match condition {
            Expression::Builtin(builtin, arguments) => {
                if let Some((subject, key)) = self.network(condition, scope) {
                    return Some((smallvec![(subject, key)], false, true));
                }
                let [subject, pattern] = arguments.as_slice() else {
                    return None;
                };
                let text = scope.text(self.facts, pattern)?;
                let tests = match builtin.name {
                    "dnsDomainIs" => smallvec![Test::Suffix(text)],
                    "shExpMatch" if !builtins::is_special_glob(&text) => {
                        smallvec![Test::Glob(text)]
                    }
                    "localHostOrDomainIs" => {
                        let mut tests = SmallVec::new();
                        for (at, _) in text.match_indices('.') {
                            let start = text.get(..at).unwrap_or_default();
                            tests.push(Test::Exact(start.into()));
                        }
                        tests.push(Test::Exact(text));
                        tests
                    }
                    _ => return None,
                };
                self.texts(subject, scope, tests, true)
            }
            Expression::Method(method, subject, arguments) => {
                let [pattern] = arguments.as_slice() else { return None };
                let test = match method {
                    Method::EndsWith => Test::Suffix,
                    Method::StartsWith => Test::Prefix,
                    Method::Includes => Test::Contains,
                    _ => return None,
                };
                let text = scope.text(self.facts, pattern)?;
                self.texts(subject, scope, smallvec![test(text)], true)
            }
            Expression::Binary(left, rest) => {
                let [(operator, right)] = rest.as_slice() else {
                    return None;
                };
                self.compared(left, *operator, right, scope)
            }
            _ => None,
        }
    }

    fn texts(
        &mut self,
        subject: &Expression,
        scope: &Scope<'_>,
        tests: SmallVec<[Test; 1]>,
        when: bool,
    ) -> Option<Primitive> {
        let number = self.subjects.text(self.facts, subject, scope)?;
        let tests = tests.into_iter().map(|test| (number, Key::Text(test)));
        Some((tests.collect(), true, when))
    }

    /// Tests of which one holds wherever a regular expression is found.
    fn pattern(
        &mut self,
        pattern: &Expression,
        subject: &Expression,
        scope: &Scope<'_>,
    ) -> Option<Tests> {
        let pattern = match pattern {
            Expression::Regex(arguments) => self.made(arguments, scope)?,
            other => match scope.fold(self.facts, other)? {
                Constant::Pattern(pattern) => pattern,
                _ => return None,
            },
        };
        if pattern.is_global() {
            return None;
        }
        let texts = pattern.needed()?;
        let tests = texts.iter().map(|text| Test::Contains(text.into()));
        let (tests, ..) = self.texts(subject, scope, tests.collect(), true)?;
        Some(tests)
    }

    /// `new RegExp(…)` of known texts.
    fn made(
        &self,
        arguments: &[Expression],
        scope: &Scope<'_>,
    ) -> Option<Arc<Pattern>> {
        let (source, flags) = match arguments {
            [source] => (source, "".into()),
            [source, flags] => (source, scope.text(self.facts, flags)?),
            _ => return None,
        };
        Pattern::new(&scope.text(self.facts, source)?, &flags)
    }

    /// The text of which an expression is the last so many bytes, or all of
    /// it where it is shorter than that.
    fn end_of<'e>(
        &self,
        expression: &'e Expression,
        scope: &Scope<'_>,
        bytes: usize,
    ) -> Option<&'e Expression> {
        let Expression::Method(
            method @ (Method::Slice | Method::Substr | Method::Substring),
            object,
            cut,
        ) = expression
        else {
            return None;
        };
        let from = match cut.as_slice() {
            [from] => from,
            [from, to]
                if *method != Method::Substr
                    && scope.is_length(to, object) =>
            {
                from
            }
            _ => return None,
        };
        let counted = *method != Method::Substring
            && matches!(
                scope.fold(self.facts, from),
                Some(Constant::Number(number)) if number == -(bytes as f64)
            );
        let ends = bytes > 0
            && (counted
                || scope.is_from_end(self.facts, (from, object), bytes));
        ends.then_some(&**object)
    }

    /// `isInNet` with a network that is known.
    fn network(
        &mut self,
        condition: &Expression,
        scope: &Scope<'_>,
    ) -> Option<(u32, Key)> {
        let Expression::Builtin(builtin, arguments) = condition else {
            return None;
        };
        let [subject, address, mask] = arguments.as_slice() else {
            return None;
        };
        if builtin.name != "isInNet" {
            return None;
        }
        let address = scope.text(self.facts, address)?;
        let mask = scope.text(self.facts, mask)?;
        let key =
            Key::Network(builtins::quad(&address)?, builtins::quad(&mask)?);
        let number = self.subjects.address(self.facts, subject, scope)?;
        Some((number, key))
    }

    /// Reads a comparison as a test.
    fn compared(
        &mut self,
        left: &Expression,
        operator: Operator,
        right: &Expression,
        scope: &Scope<'_>,
    ) -> Option<Primitive> {
        let equal =
            matches!(operator, Operator::Equal | Operator::StrictEqual);
        let unequal =
            matches!(operator, Operator::NotEqual | Operator::StrictNotEqual);
        let (subject, value, turned) = match scope.fold(self.facts, right) {
            Some(value) => (left, value, false),
            None => (right, scope.fold(self.facts, left)?, true),
        };
        if turned && !equal && !unequal {
            return None;
        }
        match value {
            Constant::Text(text) if equal || unequal => {
                if let Expression::Method(
                    Method::Substring | Method::Substr | Method::Slice,
                    object,
                    cut,
                ) = subject
                    && let [
                        Expression::Constant(Constant::Number(0.0)),
                        Expression::Constant(Constant::Number(length)),
                    ] = cut.as_slice()
                    && *length == text.len() as f64
                {
                    let tests = smallvec![Test::Prefix(text)];
                    return self.texts(object, scope, tests, equal);
                }
                if let Some(object) = self.end_of(subject, scope, text.len()) {
                    let tests = smallvec![Test::Suffix(text)];
                    return self.texts(object, scope, tests, equal);
                }
                self.texts(subject, scope, smallvec![Test::Exact(text)], equal)
            }
            Constant::Number(number) => {
                let Expression::Method(
                    method @ (Method::IndexOf | Method::LastIndexOf),
                    object,
                    arguments,
                ) = subject
                else {
                    return None;
                };
                let (pattern, from) = match arguments.as_slice() {
                    [pattern] => (pattern, None),
                    [pattern, from] => (pattern, Some(from)),
                    _ => return None,
                };
                let text = scope.text(self.facts, pattern)?;
                let first = *method == Method::IndexOf;
                if let Some(from) = from {
                    let when = match (operator, number) {
                        (_, -1.0) if unequal => true,
                        (_, -1.0) if equal => false,
                        (Operator::Greater, -1.0)
                        | (Operator::GreaterEqual, 0.0) => true,
                        (Operator::Less, 0.0)
                        | (Operator::LessEqual, -1.0) => false,
                        _ => return None,
                    };
                    // Behind that place there is room for it just once.
                    let place = (from, &**object);
                    let ends = first
                        && !text.is_empty()
                        && scope.is_from_end(self.facts, place, text.len());
                    let tests = smallvec![Test::Suffix(text)];
                    return ends
                        .then(|| self.texts(object, scope, tests, when))?;
                }
                let (test, when): (fn(Text) -> Test, bool) =
                    match (operator, number) {
                        (_, -1.0) if unequal => (Test::Contains, true),
                        (_, -1.0) if equal => (Test::Contains, false),
                        (_, 0.0) if equal && first => (Test::Prefix, true),
                        (_, 0.0) if unequal && first => (Test::Prefix, false),
                        (Operator::Greater, -1.0)
                        | (Operator::GreaterEqual, 0.0) => {
                            (Test::Contains, true)
                        }
                        (Operator::Less, 0.0)
                        | (Operator::LessEqual, -1.0) => {
                            (Test::Contains, false)
                        }
                        // Found, and not at the beginning: looked at again.
                        (Operator::Greater, 0.0) => {
                            let tests = smallvec![Test::Contains(text)];
                            let (tests, _, when) =
                                self.texts(object, scope, tests, true)?;
                            return Some((tests, false, when));
                        }
                        _ => return None,
                    };
                self.texts(object, scope, smallvec![test(text)], when)
            }
            _ => None,
        }
    }
}

impl Guard {
    fn merge(&mut self, mut other: Guard) {
        self.tests.append(&mut other.tests);
        self.needs.append(&mut other.needs);
        self.exact &= other.exact;
        self.is_bool &= other.is_bool;
    }
}

/// The constant that statements return.
pub(super) fn returned(body: &[Statement]) -> Option<&Constant> {
    match body.first()? {
        Statement::Return(Some(Expression::Constant(constant))) => {
            Some(constant)
        }
        Statement::Block(body) => returned(body),
        _ => None,
    }
}

fn truth(constant: &Constant) -> bool {
    match constant {
        Constant::Unset | Constant::Undefined | Constant::Null => false,
        Constant::Bool(value) => *value,
        Constant::Number(number) => *number != 0.0 && !number.is_nan(),
        Constant::Text(text) => !text.is_empty(),
        _ => true,
    }
}
