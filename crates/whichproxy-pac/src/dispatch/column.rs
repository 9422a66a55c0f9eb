//! The tests of a run of rules, by subject.

use super::Facts;
use super::guard::Key;
use super::safety::{Need, Safety};
use super::scope::{self, Scope};
use crate::syntax::{Candidates, Column, Expression, Place, Tests};
use crate::table::{Networks, Table, Test};

/// Subjects, each with the variables that it is made of.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    all: Vec<Subject>,
}

#[derive(Debug)]
struct Subject {
    expression: Expression,
    /// Variables that it reads.
    places: Vec<Place>,
    needs: Vec<Need>,
    /// Whether its tests are of addresses.
    is_address: bool,
}

impl Subjects {
    /// The number of a subject that is a text.
    pub(super) fn text(
        &mut self,
        facts: &Facts<'_>,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Option<u32> {
        self.number(expression, scope, false, || {
            let mut safety = Safety::new(facts);
            let is_text = safety.is_text(expression, scope);
            is_text.then_some(safety.needs)
        })
    }

    /// The number of a subject whose address is looked at.
    pub(super) fn address(
        &mut self,
        facts: &Facts<'_>,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Option<u32> {
        self.number(expression, scope, true, || {
            let mut safety = Safety::new(facts);
            if let Expression::Builtin(builtin, arguments) = expression {
                let sound = match (builtin.name, arguments.as_slice()) {
                    ("myIpAddress", []) => true,
                    ("dnsResolve", [one]) => safety.is_text(one, scope),
                    _ => false,
                };
                return sound.then_some(safety.needs);
            }
            safety.is_text(expression, scope).then_some(safety.needs)
        })
    }

    fn number(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
        is_address: bool,
        needs: impl FnOnce() -> Option<Vec<Need>>,
    ) -> Option<u32> {
        let found = self.all.iter().position(|subject| {
            subject.is_address == is_address
                && scope::is_same(&subject.expression, expression, scope)
        });
        if let Some(found) = found {
            return Some(found as u32);
        }
        // Each is looked up for each question.
        if self.all.len() >= 16 {
            return None;
        }
        let needs = needs()?;
        let places = needs.iter().map(|(place, _)| *place).collect();
        let expression = scope::copied(expression, scope)?;
        self.all.push(Subject { expression, places, needs, is_address });
        Some(self.all.len() as u32 - 1)
    }

    /// The variables that a subject reads.
    pub(super) fn places(&self, number: u32) -> &[Place] {
        let subject = self.all.get(number as usize);
        subject.map_or(&[], |subject| &subject.places)
    }

    /// Those that are no plain variable must be made of texts.
    fn needs(&self) -> impl Iterator<Item = Need> + '_ {
        let made = self.all.iter().filter(|subject| {
            !matches!(subject.expression, Expression::Read(_))
        });
        made.flat_map(|subject| subject.needs.iter().copied())
    }
}

/// Collects the tests of rules.
#[derive(Debug, Default)]
pub(super) struct Columns {
    texts: Vec<Vec<(Test, u32)>>,
    networks: Vec<Vec<(u32, u32, u32)>>,
    leaders: Vec<Vec<u32>>,
    pub(super) always: Vec<u32>,
}

impl Columns {
    pub(super) fn add(&mut self, subject: u32, key: Key, rule: u32) {
        match key {
            Key::Text(test) => {
                if let Some(list) = place(&mut self.texts, subject) {
                    list.push((test, rule));
                }
            }
            Key::Network(address, mask) => {
                if let Some(list) = place(&mut self.networks, subject) {
                    list.push((address, mask, rule));
                }
            }
        }
    }

    /// Notes that to try a rule makes a subject's address known.
    pub(super) fn lead(&mut self, subject: u32, rule: u32) {
        if let Some(list) = place(&mut self.leaders, subject)
            && list.last() != Some(&rule)
        {
            list.push(rule);
        }
    }

    pub(super) fn finish(
        mut self,
        subjects: Subjects,
        mut needs: Vec<Need>,
    ) -> Candidates {
        needs.extend(subjects.needs());
        let mut columns = Vec::new();
        for (number, subject) in (0..).zip(subjects.all) {
            let tests = if subject.is_address {
                let networks = take(&mut self.networks, number);
                if networks.is_empty() {
                    continue;
                }
                let mut leaders = take(&mut self.leaders, number);
                leaders.shrink_to_fit();
                Tests::Networks(Networks::new(networks), leaders)
            } else {
                let tests = take(&mut self.texts, number);
                if tests.is_empty() {
                    continue;
                }
                Tests::Texts(Box::new(Table::new(tests)))
            };
            columns.push(Column { subject: subject.expression, tests });
        }
        needs.sort_unstable();
        needs.dedup();
        needs.shrink_to_fit();
        self.always.shrink_to_fit();
        columns.shrink_to_fit();
        Candidates { columns, always: self.always, needs }
    }
}

fn place<T>(lists: &mut Vec<Vec<T>>, at: u32) -> Option<&mut Vec<T>> {
    let at = at as usize;
    while lists.len() <= at {
        lists.push(Vec::new());
    }
    lists.get_mut(at)
}

fn take<T>(lists: &mut [Vec<T>], at: usize) -> Vec<T> {
    lists.get_mut(at).map(std::mem::take).unwrap_or_default()
}
