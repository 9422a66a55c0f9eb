//! Chains of tests become tables.
//!
//! Tests of a variable's text against a constant have no effect and cannot
//! throw where the text is a text; where it is none, boa answers. So their
//! order does not matter but for which of them is the first to match, and
//! a table tells that.

use super::program::{
    Constant, Dispatch, Expression, Method, Operator, Place, Program,
    Statement,
};
use crate::builtins;
use crate::table::{Table, Test};

/// The fewest tests that a table is worth.
const TESTS_LEAST: usize = 4;

/// Puts tables in place of chains.
pub(crate) fn tabulate(program: &mut Program) -> bool {
    let mut chains = Chains::default();
    for function in &mut program.functions {
        chains.statements(&mut function.body);
    }
    chains.any
}

#[derive(Default)]
struct Chains {
    any: bool,
}

/// Tests in a row, each with its subject and the number of its rule.
type Tests = Vec<(Place, Test, u32)>;

impl Chains {
    fn statements(&mut self, body: &mut Vec<Statement>) {
        let mut out = Vec::with_capacity(body.len());
        let mut tests = Tests::new();
        let mut results = Vec::new();
        let mut plain = Vec::new();
        for mut statement in std::mem::take(body) {
            let before = (tests.len(), results.len());
            if rules(&statement, &mut tests, &mut results) {
                plain.push(statement);
                continue;
            }
            tests.truncate(before.0);
            results.truncate(before.1);
            self.flush(&mut out, &mut tests, &mut results, &mut plain);
            self.statement(&mut statement);
            out.push(statement);
        }
        self.flush(&mut out, &mut tests, &mut results, &mut plain);
        out.shrink_to_fit();
        *body = out;
    }

    /// Ends a run of statements.
    fn flush(
        &mut self,
        out: &mut Vec<Statement>,
        tests: &mut Tests,
        results: &mut Vec<Constant>,
        plain: &mut Vec<Statement>,
    ) {
        if tests.len() < TESTS_LEAST {
            for mut statement in plain.drain(..) {
                self.statement(&mut statement);
                out.push(statement);
            }
            tests.clear();
            results.clear();
            return;
        }
        plain.clear();
        let results = std::mem::take(results);
        let dispatch = self.dispatch(std::mem::take(tests), results);
        out.push(Statement::Dispatch(Box::new(dispatch)));
    }

    fn dispatch(&mut self, tests: Tests, results: Vec<Constant>) -> Dispatch {
        self.any = true;
        let mut subjects: Vec<(Place, Vec<(Test, u32)>)> = Vec::new();
        for (place, test, rule) in tests {
            match subjects.iter_mut().find(|(other, _)| *other == place) {
                Some((_, tests)) => tests.push((test, rule)),
                None => subjects.push((place, vec![(test, rule)])),
            }
        }
        let tables = subjects
            .into_iter()
            .map(|(place, tests)| (Expression::Read(place), Table::new(tests)))
            .collect();
        let networks = Vec::new();
        Dispatch { tables, networks, results, plain: Vec::new() }
    }

    fn statement(&mut self, statement: &mut Statement) {
        match statement {
            Statement::Evaluate(one) | Statement::Return(Some(one)) => {
                self.expression(one);
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    self.expression(test);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            Statement::Loop(this) => {
                let parts = this.test.iter_mut().chain(&mut this.update);
                parts.for_each(|one| self.expression(one));
                self.statements(&mut this.body);
            }
            Statement::Each(this) => self.statements(&mut this.body),
            Statement::Switch(subject, cases) => {
                self.expression(subject);
                for (_, body) in cases {
                    self.statements(body);
                }
            }
            Statement::Block(body) | Statement::Labeled(_, body) => {
                self.statements(body);
            }
            Statement::Try(body, other) | Statement::Finally(body, other) => {
                self.statements(body);
                self.statements(other);
            }
            Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Fresh(_)
            | Statement::Return(None)
            | Statement::Break
            | Statement::Continue
            | Statement::Dispatch(_)
            | Statement::Skip(_) => {}
        }
    }

    fn expression(&mut self, expression: &mut Expression) {
        match expression {
            Expression::Any(all) => {
                self.any_of(all);
                if all.len() == 1
                    && let Some(only) = all.pop()
                {
                    *expression = only;
                }
            }
            Expression::All(all) | Expression::Sequence(all) => {
                all.iter_mut().for_each(|one| self.expression(one));
            }
            Expression::Unary(_, one) | Expression::Set(_, one) => {
                self.expression(one);
            }
            Expression::Choose(arms, last) => {
                for (test, value) in arms {
                    self.expression(test);
                    self.expression(value);
                }
                self.expression(last);
            }
            _ => {}
        }
    }

    /// Tables in place of what is joined by `||`. All the tests are true or
    /// false, as is what a table says.
    fn any_of(&mut self, all: &mut Vec<Expression>) {
        let mut out = Vec::new();
        let mut tests = Tests::new();
        let mut plain = Vec::new();
        let flush = |this: &mut Self,
                     out: &mut Vec<Expression>,
                     tests: &mut Tests,
                     plain: &mut Vec<Expression>| {
            if tests.len() < TESTS_LEAST {
                tests.clear();
                out.append(plain);
                return;
            }
            plain.clear();
            let tests = std::mem::take(tests);
            let dispatch = this.dispatch(tests, Vec::new());
            out.push(Expression::Match(Box::new(dispatch)));
        };
        for mut one in std::mem::take(all) {
            let before = tests.len();
            if test(&one, 0, &mut tests) {
                plain.push(one);
                continue;
            }
            tests.truncate(before);
            flush(self, &mut out, &mut tests, &mut plain);
            self.expression(&mut one);
            out.push(one);
        }
        flush(self, &mut out, &mut tests, &mut plain);
        *all = out;
    }
}

/// Reads `if (test) return "…"; else if …` as rules.
fn rules(
    statement: &Statement,
    tests: &mut Tests,
    results: &mut Vec<Constant>,
) -> bool {
    let Statement::If(arms, otherwise) = statement else { return false };
    otherwise.is_empty()
        && arms.iter().all(|(condition, body)| {
            let Some(result) = result(body) else { return false };
            let rule = results.len() as u32;
            results.push(result.clone());
            test(condition, rule, tests)
        })
}

/// The constant text that statements return.
fn result(body: &[Statement]) -> Option<&Constant> {
    match body.first()? {
        Statement::Return(Some(Expression::Constant(
            constant @ (Constant::Text(_) | Constant::Bool(_)),
        ))) => Some(constant),
        Statement::Block(body) => result(body),
        _ => None,
    }
}

/// Reads a condition as tests of one rule; true or false in any case.
fn test(condition: &Expression, rule: u32, tests: &mut Tests) -> bool {
    if let Expression::Any(all) = condition {
        return all.iter().all(|one| test(one, rule, tests));
    }
    let mut add = |place: Place, test: Test| {
        tests.push((place, test, rule));
        true
    };
    match condition {
        Expression::Builtin(builtin, arguments) => {
            let [
                Expression::Read(place),
                Expression::Constant(Constant::Text(text)),
            ] = arguments.as_slice()
            else {
                return false;
            };
            match builtin.name {
                "dnsDomainIs" => add(*place, Test::Suffix(text.clone())),
                "shExpMatch" if !builtins::is_special_glob(text) => {
                    add(*place, Test::Glob(text.clone()))
                }
                "localHostOrDomainIs" => {
                    for (at, _) in text.match_indices('.') {
                        let start = text.get(..at).unwrap_or_default();
                        add(*place, Test::Exact(start.into()));
                    }
                    add(*place, Test::Exact(text.clone()))
                }
                _ => false,
            }
        }
        Expression::Method(method, object, arguments) => {
            let (
                Expression::Read(place),
                [Expression::Constant(Constant::Text(text))],
            ) = (&**object, arguments.as_slice())
            else {
                return false;
            };
            let text = text.clone();
            match method {
                Method::EndsWith => add(*place, Test::Suffix(text)),
                Method::StartsWith => add(*place, Test::Prefix(text)),
                _ => false,
            }
        }
        Expression::Binary(left, rest) => {
            let [(operator, right)] = rest.as_slice() else { return false };
            compared(left, *operator, right)
                .is_some_and(|(place, test)| add(place, test))
        }
        _ => false,
    }
}

/// Reads a comparison as a test.
fn compared(
    left: &Expression,
    operator: Operator,
    right: &Expression,
) -> Option<(Place, Test)> {
    let equal = matches!(operator, Operator::Equal | Operator::StrictEqual);
    match (left, right) {
        (
            Expression::Read(place),
            Expression::Constant(Constant::Text(text)),
        )
        | (
            Expression::Constant(Constant::Text(text)),
            Expression::Read(place),
        ) if equal => Some((*place, Test::Exact(text.clone()))),
        (
            Expression::Method(method, object, arguments),
            Expression::Constant(right),
        ) => {
            let Expression::Read(place) = **object else { return None };
            match (method, arguments.as_slice(), right) {
                (
                    Method::IndexOf,
                    [Expression::Constant(Constant::Text(text))],
                    Constant::Number(number),
                ) => {
                    let found = match operator {
                        Operator::NotEqual
                        | Operator::StrictNotEqual
                        | Operator::Greater => *number == -1.0,
                        Operator::GreaterEqual => *number == 0.0,
                        _ => false,
                    };
                    let start = equal && *number == 0.0;
                    match (found, start) {
                        (true, _) => {
                            Some((place, Test::Contains(text.clone())))
                        }
                        (_, true) => Some((place, Test::Prefix(text.clone()))),
                        _ => None,
                    }
                }
                (
                    Method::Substring | Method::Substr | Method::Slice,
                    [
                        Expression::Constant(Constant::Number(from)),
                        Expression::Constant(Constant::Number(length)),
                    ],
                    Constant::Text(text),
                ) if equal && *from == 0.0 && *length == text.len() as f64 => {
                    Some((place, Test::Prefix(text.clone())))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
