//! Rules that never match, since an earlier one always does.

use super::Facts;
use super::guard::{Guards, Key};
use super::scope::ROOT;
use super::writes::{Writes, leaves};
use crate::syntax::{Expression, Notes, Part, Place, Statement};
use crate::table::{Table, Test};

/// A place in the source: from where to where.
type Span = (u32, u32);

/// A condition that never decides, and the one that decides before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shadow {
    pub(crate) rule: Span,
    pub(crate) by: Span,
}

/// Looks for conditions that never decide.
pub(super) struct Shadows<'s> {
    facts: &'s Facts<'s>,
    notes: &'s Notes,
    pub(super) found: Vec<Shadow>,
}

/// One of the conditions that are joined by `||`.
struct Leaf {
    span: Span,
    /// All the tests of one of these never hold, or the condition may decide.
    groups: Vec<Vec<(u32, Test)>>,
    /// What is false behind it.
    exact: Vec<(u32, Test)>,
    /// Whether the script goes on only where the condition is false.
    is_last: bool,
}

/// Statements in a row between which no subject changes.
struct Run<'s> {
    guards: Guards<'s>,
    /// The conditions of each statement.
    statements: Vec<Vec<Leaf>>,
    places: Vec<Place>,
    writes: Writes,
}

impl<'s> Run<'s> {
    fn new(facts: &'s Facts<'s>) -> Run<'s> {
        Run {
            guards: Guards::new(facts),
            statements: Vec::new(),
            places: Vec::new(),
            writes: Writes::default(),
        }
    }

    /// The tests of a condition, if it is exactly those.
    fn exact(&mut self, condition: &Expression) -> Option<Vec<(u32, Test)>> {
        let guard = self.guards.of(condition, &ROOT)?;
        if !guard.exact || !guard.needs.is_empty() || guard.tests.is_empty() {
            return None;
        }
        let mut places = Vec::new();
        self.guards.places(&guard, &mut places);
        self.places.extend(places);
        let tests = guard.tests.into_iter().map(|(subject, key)| match key {
            Key::Text(test) => Some((subject, test)),
            Key::Network(..) => None,
        });
        tests.collect()
    }

    fn leaf(&mut self, condition: &Expression, span: Span) -> Leaf {
        let exact = self.exact(condition).unwrap_or_default();
        let mut groups = Vec::new();
        if !exact.is_empty() {
            groups.push(exact.clone());
        }
        if let Expression::All(all) = condition {
            groups.extend(all.iter().filter_map(|one| self.exact(one)));
        }
        Leaf { span, groups, exact, is_last: false }
    }
}

impl<'s> Shadows<'s> {
    pub(super) fn new(facts: &'s Facts<'s>, notes: &'s Notes) -> Shadows<'s> {
        Shadows { facts, notes, found: Vec::new() }
    }

    pub(super) fn statements(&mut self, body: &[Statement]) {
        let mut run = Run::new(self.facts);
        for statement in body {
            self.inside(statement);
            let mut writes = Writes::default();
            writes.statement(statement);
            if let Statement::If(arms, _) = statement
                && let Some(spans) = self.notes.of(arms)
            {
                // What writes a subject within its own conditions.
                let mut own = Writes::default();
                arms.iter().for_each(|(test, _)| own.expression(test));
                let mut leaves = self.leaves(&mut run, arms, spans);
                if run.writes.touch(&run.places, self.facts) {
                    self.flush(&mut run);
                    leaves = self.leaves(&mut run, arms, spans);
                }
                if !own.touch(&run.places, self.facts) {
                    run.statements.push(leaves);
                }
            }
            run.writes.add(writes);
            if run.writes.touch(&run.places, self.facts) {
                self.flush(&mut run);
            }
        }
        self.flush(&mut run);
    }

    /// Looks into the statements of a statement.
    fn inside(&mut self, statement: &Statement) {
        statement.parts(|part| {
            if let Part::Body(body) = part {
                self.statements(body);
            }
        });
    }

    fn leaves(
        &self,
        run: &mut Run<'s>,
        arms: &[(Expression, Vec<Statement>)],
        spans: &[Vec<Span>],
    ) -> Vec<Leaf> {
        let mut all = Vec::new();
        let mut is_last = true;
        for ((condition, body), spans) in arms.iter().zip(spans) {
            is_last &= leaves(body, false);
            let mut members = Vec::new();
            flatten(condition, &mut members);
            if members.len() != spans.len() {
                return Vec::new();
            }
            for (member, span) in members.into_iter().zip(spans) {
                let leaf = run.leaf(member, *span);
                all.push(Leaf { is_last, ..leaf });
            }
        }
        all
    }

    /// Compares the conditions of a run.
    fn flush(&mut self, run: &mut Run<'s>) {
        let run = std::mem::replace(run, Run::new(self.facts));
        let all: Vec<&Leaf> = run.statements.iter().flatten().collect();
        let tables = tables(&all, 0, |leaf| leaf.is_last);
        let mut start = 0;
        for statement in &run.statements {
            let first = start;
            start += statement.len() as u32;
            let here: Vec<&Leaf> = statement.iter().collect();
            let own = match here.len() {
                0 | 1 => Vec::new(),
                _ => self::tables(&here, first, |_| true),
            };
            for (number, leaf) in (first..).zip(statement) {
                let by = leaf.groups.iter().find_map(|tests| {
                    let mut by = None;
                    for (subject, test) in tests {
                        let found = covering(&tables, *subject, test)
                            .filter(|found| *found < first)
                            .or_else(|| covering(&own, *subject, test))
                            .filter(|found| *found < number)?;
                        by = by.or(Some(found));
                    }
                    by
                });
                if let Some(by) = by.and_then(|by| all.get(by as usize)) {
                    self.found.push(Shadow { rule: leaf.span, by: by.span });
                }
            }
        }
    }
}

/// Tables of what is false behind conditions, which are numbered from
/// `first`, by subject.
fn tables(
    leaves: &[&Leaf],
    first: u32,
    counts: impl Fn(&Leaf) -> bool,
) -> Vec<Table> {
    let mut lists: Vec<Vec<(Test, u32)>> = Vec::new();
    for (number, leaf) in (first..).zip(leaves) {
        if !counts(leaf) {
            continue;
        }
        for (subject, test) in &leaf.exact {
            let subject = *subject as usize;
            while lists.len() <= subject {
                lists.push(Vec::new());
            }
            if let Some(list) = lists.get_mut(subject) {
                list.push((test.clone(), number));
            }
        }
    }
    lists.into_iter().map(Table::new).collect()
}

fn covering(tables: &[Table], subject: u32, test: &Test) -> Option<u32> {
    tables.get(subject as usize)?.covering(test)
}

/// What is joined by `||`, however it is put in parentheses.
fn flatten<'e>(condition: &'e Expression, all: &mut Vec<&'e Expression>) {
    match condition {
        Expression::Any(members) => {
            members.iter().for_each(|one| flatten(one, all));
        }
        other => all.push(other),
    }
}
