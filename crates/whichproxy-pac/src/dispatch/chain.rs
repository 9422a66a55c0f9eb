//! Rules in a row, in statements and in `||`.

use super::Facts;
use super::column::Columns;
use super::guard::{Found, Guard, Guards, Key, returned};
use super::lists::Lists;
use super::safety::Need;
use super::scan;
use super::scope::ROOT;
use super::writes::Writes;
use crate::syntax::{
    Branch, Constant, Dispatch, Expression, Match, Place, Rule, Statement,
};

/// Statements for which there is room before it is known what they are.
const LONG: usize = 16;

/// The fewest tests that a table is worth.
const TESTS_LEAST: usize = 4;

/// Puts tables in place of chains.
pub(super) struct Chains<'c> {
    facts: &'c Facts<'c>,
    lists: &'c Lists,
    /// The function that is looked at.
    function: u32,
    pub(super) any: bool,
}

/// Statements that may become one dispatch.
struct Run<'c> {
    guards: Guards<'c>,
    /// Each with the guards of its arms.
    statements: Vec<(Statement, Found)>,
    /// How many of the statements there are up to the last with a guard.
    guarded: usize,
    tests: usize,
    /// What the guards look at.
    places: Vec<Place>,
    writes: Writes,
}

impl<'c> Run<'c> {
    fn new(facts: &'c Facts<'c>) -> Run<'c> {
        Run {
            guards: Guards::new(facts),
            statements: Vec::new(),
            guarded: 0,
            tests: 0,
            places: Vec::new(),
            writes: Writes::default(),
        }
    }

    /// The guards of a statement's arms, where one has any.
    fn guards(&mut self, statement: &Statement) -> Option<Found> {
        let mut guards = Found::new();
        match statement {
            Statement::If(arms, _) => {
                for (condition, _) in arms {
                    guards.push(self.guards.of(condition, &ROOT));
                }
            }
            Statement::Return(Some(Expression::Choose(arms, _))) => {
                for (condition, _) in arms {
                    guards.push(self.guards.of(condition, &ROOT));
                }
            }
            Statement::Rules(this) => guards.push(self.guards.of_rules(this)),
            _ => return None,
        }
        if guards.iter().all(Option::is_none) {
            return None;
        }
        // A condition that writes what another one looks at.
        let mut writes = Writes::default();
        match statement {
            Statement::If(arms, _) => writes.conditions(arms, &guards),
            Statement::Return(Some(Expression::Choose(arms, _))) => {
                writes.conditions(arms, &guards);
            }
            _ => {}
        }
        if writes.is_empty() {
            return Some(guards);
        }
        let mut places = Vec::new();
        for guard in guards.iter().flatten() {
            self.guards.places(guard, &mut places);
        }
        (!writes.touch(&places, self.guards.facts)).then_some(guards)
    }

    fn add(&mut self, statement: Statement, guards: Found) {
        for guard in guards.iter().flatten() {
            self.guards.places(guard, &mut self.places);
            self.tests += guard.tests.len();
        }
        if let Statement::Rules(this) = &statement {
            self.tests += this.rules.len().saturating_sub(1);
        }
        let is_guarded = !guards.is_empty();
        self.statements.push((statement, guards));
        if is_guarded {
            self.guarded = self.statements.len();
        }
    }
}

impl<'c> Chains<'c> {
    pub(super) fn new(
        facts: &'c Facts<'c>,
        lists: &'c Lists,
        function: u32,
    ) -> Chains<'c> {
        Chains { facts, lists, function, any: false }
    }

    pub(super) fn statements(&mut self, body: &mut Vec<Statement>) {
        let mut out = Vec::with_capacity(body.len());
        let mut run = Run::new(self.facts);
        if body.len() > LONG {
            run.statements.reserve(body.len());
        }
        for mut statement in std::mem::take(body) {
            let mut guards = run.guards(&statement);
            if let Some(some) = &guards
                && !run.writes.is_empty()
                && some.iter().flatten().any(|guard| {
                    let mut places = Vec::new();
                    run.guards.places(guard, &mut places);
                    run.writes.touch(&places, self.facts)
                })
            {
                self.flush(&mut run, &mut out);
                guards = run.guards(&statement);
            }
            let Some(guards) = guards else {
                let mut writes = Writes::default();
                writes.statement(&statement);
                let ends = super::writes::leaves(
                    std::slice::from_ref(&statement),
                    false,
                );
                if run.statements.is_empty()
                    || ends
                    || writes.touch(&run.places, self.facts)
                {
                    self.flush(&mut run, &mut out);
                    self.statement(&mut statement);
                    out.push(statement);
                } else {
                    run.writes.add(writes);
                    run.add(statement, Found::new());
                }
                continue;
            };
            let mut writes = Writes::default();
            writes.guarded(&statement, &guards);
            run.add(statement, guards);
            run.writes.add(writes);
            if run.writes.touch(&run.places, self.facts) {
                self.flush(&mut run, &mut out);
            }
        }
        self.flush(&mut run, &mut out);
        *body = out;
    }

    /// Ends a run of statements.
    fn flush(&mut self, run: &mut Run<'c>, out: &mut Vec<Statement>) {
        let run = std::mem::replace(run, Run::new(self.facts));
        let mut statements = run.statements;
        let mut rest = statements.split_off(run.guarded);
        if run.tests < TESTS_LEAST {
            statements.append(&mut rest);
            rest = statements;
        } else {
            self.any = true;
            let dispatch = self.dispatch(run.guards, statements);
            out.push(Statement::Dispatch(Box::new(dispatch)));
        }
        for (mut statement, _) in rest {
            self.statement(&mut statement);
            out.push(statement);
        }
    }

    fn dispatch(
        &mut self,
        guards: Guards<'c>,
        statements: Vec<(Statement, Found)>,
    ) -> Dispatch {
        let mut columns = Columns::default();
        let mut needs = Vec::new();
        let mut rules = Vec::with_capacity(statements.len());
        for (statement, mut found) in statements {
            let (arms, otherwise) = match statement {
                Statement::If(arms, otherwise) => (arms, otherwise),
                Statement::Return(Some(Expression::Choose(arms, last))) => {
                    let result = |one| vec![Statement::Return(Some(one))];
                    let arms = arms.into_iter();
                    let arms =
                        arms.map(|(condition, one)| (condition, result(one)));
                    (arms.collect(), result(*last))
                }
                Statement::Rules(this) => {
                    let guard = found.pop().flatten();
                    let guard = guard.unwrap_or_default();
                    needs.extend(guard.needs);
                    // The first test is as good as any other: all are of one
                    // subject.
                    let subject = guard.tests.first().map(|test| test.0);
                    for (test, result) in this.rules {
                        let number = rules.len() as u32;
                        if let Some(subject) = subject {
                            columns.add(subject, Key::Text(test), number);
                        }
                        rules.push(Rule::Return(result));
                    }
                    continue;
                }
                mut other => {
                    self.statement(&mut other);
                    let number = rules.len() as u32;
                    columns.always.push(number);
                    rules.push(Rule::Branch(Box::new(Branch {
                        condition: None,
                        body: vec![other],
                        end: number + 1,
                    })));
                    continue;
                }
            };
            let count = arms.len() + usize::from(!otherwise.is_empty());
            let end = (rules.len() + count) as u32;
            let mut found = found.into_iter();
            for (condition, body) in arms {
                let guard = found.next().flatten();
                let number = rules.len() as u32;
                let condition =
                    tests(guard, number, &mut columns, &mut needs, condition);
                rules.push(self.rule(condition, body, end));
            }
            if !otherwise.is_empty() {
                columns.always.push(rules.len() as u32);
                rules.push(self.rule(None, otherwise, end));
            }
        }
        let candidates = columns.finish(guards.subjects, needs);
        rules.shrink_to_fit();
        Dispatch { candidates, rules }
    }

    fn rule(
        &mut self,
        mut condition: Option<Expression>,
        mut body: Vec<Statement>,
        end: u32,
    ) -> Rule {
        if condition.is_none()
            && let Some(constant @ (Constant::Text(_) | Constant::Bool(_))) =
                returned(&body)
        {
            return Rule::Return(constant.clone());
        }
        if let Some(condition) = &mut condition {
            self.expression(condition, true);
        }
        self.statements(&mut body);
        Rule::Branch(Box::new(Branch { condition, body, end }))
    }

    fn statement(&mut self, statement: &mut Statement) {
        let found =
            scan::scan(self.facts, self.lists, self.function, statement);
        self.within(statement);
        if let Some(mut scan) = found {
            self.any = true;
            let nothing = Statement::Block(Vec::new());
            scan.plain = std::mem::replace(statement, nothing);
            *statement = Statement::Scan(Box::new(scan));
        }
    }

    fn within(&mut self, statement: &mut Statement) {
        match statement {
            Statement::Evaluate(one) => self.expression(one, false),
            Statement::Return(Some(one)) => self.expression(one, false),
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    self.expression(test, true);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            Statement::Loop(this) => {
                if let Some(test) = &mut this.test {
                    self.expression(test, true);
                }
                if let Some(update) = &mut this.update {
                    self.expression(update, false);
                }
                self.statements(&mut this.body);
            }
            Statement::Each(this) => self.statements(&mut this.body),
            Statement::Switch(subject, cases) => {
                self.expression(subject, false);
                for (_, body) in cases {
                    self.statements(body);
                }
            }
            Statement::Block(body) | Statement::Labeled(_, body) => {
                self.statements(body);
            }
            Statement::Try(body, handler)
            | Statement::Finally(body, handler) => {
                self.statements(body);
                self.statements(handler);
            }
            Statement::Return(None)
            | Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Fresh(_)
            | Statement::Skip(_)
            | Statement::Break
            | Statement::Continue
            | Statement::Dispatch(_)
            | Statement::Rules(_)
            | Statement::Scan(_) => {}
        }
    }

    /// Looks for tables in an expression, of which perhaps only the truth
    /// counts.
    fn expression(&mut self, expression: &mut Expression, truth: bool) {
        match expression {
            Expression::Any(all) => {
                self.any_of(all, truth);
                if all.len() == 1
                    && let Some(only) = all.pop()
                {
                    *expression = only;
                }
            }
            Expression::All(all) => {
                all.iter_mut().for_each(|one| self.expression(one, truth));
            }
            Expression::Sequence(all)
            | Expression::Builtin(_, all)
            | Expression::Native(_, all)
            | Expression::Array(all) => {
                all.iter_mut().for_each(|one| self.expression(one, false));
            }
            Expression::Unary(operator, one) => {
                let truth = *operator == crate::syntax::Unary::Not;
                self.expression(one, truth);
            }
            Expression::Set(_, one) => self.expression(one, false),
            Expression::Choose(arms, last) => {
                for (test, value) in arms {
                    self.expression(test, true);
                    self.expression(value, truth);
                }
                self.expression(last, truth);
            }
            _ => {}
        }
    }

    /// Tables in place of what is joined by `||`.
    fn any_of(&mut self, all: &mut Vec<Expression>, truth: bool) {
        let mut guards = Guards::new(self.facts);
        let found: Vec<Option<Guard>> = all
            .iter()
            .map(|one| {
                let guard = guards.of(one, &ROOT)?;
                (truth || guard.is_bool).then_some(guard)
            })
            .collect();
        let tests: usize =
            found.iter().flatten().map(|guard| guard.tests.len()).sum();
        let mut writes = Writes::default();
        let mut places = Vec::new();
        for (one, guard) in all.iter().zip(&found) {
            if guard.as_ref().is_none_or(|guard| !guard.exact) {
                writes.expression(one);
            }
            if let Some(guard) = guard {
                guards.places(guard, &mut places);
            }
        }
        let last = found.iter().rposition(Option::is_some);
        let (Some(last), false) = (last, tests < TESTS_LEAST) else {
            all.iter_mut().for_each(|one| self.expression(one, truth));
            return;
        };
        let first = found.iter().position(Option::is_some).unwrap_or(0);
        // Between the first guard and the last, all are true or false.
        let plain = found.iter().enumerate().any(|(at, guard)| {
            guard.is_none() && (first..last).contains(&at) && !truth
        });
        if plain || writes.touch(&places, self.facts) {
            all.iter_mut().for_each(|one| self.expression(one, truth));
            return;
        }
        self.any = true;
        let mut columns = Columns::default();
        let (mut needs, mut members) = (Vec::new(), Vec::new());
        let mut out = Vec::new();
        let mut number = 0;
        let mut rest = Vec::new();
        for (at, (mut one, guard)) in
            std::mem::take(all).into_iter().zip(found).enumerate()
        {
            if at < first {
                self.expression(&mut one, truth);
                out.push(one);
                continue;
            }
            if at > last {
                self.expression(&mut one, truth);
                rest.push(one);
                continue;
            }
            let exact = guard.as_ref().is_some_and(|guard| guard.exact);
            // What is exact shares a number with its neighbours.
            if !exact {
                number += 1;
            }
            let condition =
                self::tests(guard, number, &mut columns, &mut needs, one);
            if let Some(mut condition) = condition {
                self.expression(&mut condition, true);
                members.push((number, condition));
                number += 1;
            }
        }
        let candidates = columns.finish(guards.subjects, needs);
        out.push(Expression::Match(Box::new(Match { candidates, members })));
        out.append(&mut rest);
        *all = out;
    }
}

/// Enters a rule's tests; gives its condition back where they do not say all
/// of it.
fn tests(
    guard: Option<Guard>,
    number: u32,
    columns: &mut Columns,
    needs: &mut Vec<Need>,
    condition: Expression,
) -> Option<Expression> {
    let Some(guard) = guard else {
        columns.always.push(number);
        return Some(condition);
    };
    if let Some(subject) = guard.lead {
        columns.lead(subject, number);
    }
    for (subject, key) in guard.tests {
        columns.add(subject, key, number);
    }
    needs.extend(guard.needs);
    if guard.exact { None } else { Some(condition) }
}

impl Writes {
    /// Adds what a statement with guards writes; conditions that its tests
    /// stand for write nothing.
    fn guarded(&mut self, statement: &Statement, guards: &[Option<Guard>]) {
        let Statement::If(arms, otherwise) = statement else {
            return self.statement(statement);
        };
        self.conditions(arms, guards);
        arms.iter().for_each(|(_, body)| self.body(body));
        self.body(otherwise);
    }

    fn conditions<T>(
        &mut self,
        arms: &[(Expression, T)],
        guards: &[Option<Guard>],
    ) {
        for ((condition, _), guard) in arms.iter().zip(guards) {
            if guard.as_ref().is_none_or(|guard| !guard.exact) {
                self.expression(condition);
            }
        }
    }
}
