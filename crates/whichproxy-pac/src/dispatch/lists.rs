//! Which arrays and objects an expression can be.

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::ROOT;
use super::visit;
use super::{Facts, scope};
use crate::syntax::{Constant, Expression, Frozen, Function, Place};

/// So many lists are looked at for one variable, or one loop.
const LISTS_MOST: usize = 64;

/// What local variables can hold of the script's constant lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// By function and slot.
    locals: HashMap<(u32, u32), Vec<Arc<Frozen>>>,
    /// How many there are in all.
    count: usize,
}

impl Lists {
    /// Follows lists into variables and through calls.
    pub(super) fn new(
        facts: &Facts<'_>,
        functions: &[Function],
        reached: &[u32],
    ) -> Lists {
        let mut lists = Lists::default();
        // Each round follows one more call.
        for _ in 0..3 {
            let before = lists.count;
            for index in reached {
                let Some(function) = functions.get(*index as usize) else {
                    continue;
                };
                visit::expressions(&function.body, &mut |expression| {
                    lists.note(facts, *index, expression);
                });
            }
            if lists.count == before {
                break;
            }
        }
        lists
    }

    fn note(&mut self, facts: &Facts<'_>, function: u32, one: &Expression) {
        match one {
            Expression::Set(Place::Local(slot), value) => {
                for list in self.of(facts, function, value) {
                    self.add((function, *slot), list);
                }
            }
            Expression::Call(callee, arguments) => {
                let Some(Constant::Function(callee)) =
                    ROOT.fold(facts, callee)
                else {
                    return;
                };
                for (slot, argument) in (0..).zip(arguments) {
                    for list in self.of(facts, function, argument) {
                        self.add((callee, slot), list);
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, place: (u32, u32), list: Arc<Frozen>) {
        let all = self.locals.entry(place).or_default();
        let is_new = !all.iter().any(|other| Arc::ptr_eq(other, &list));
        if is_new && all.len() < LISTS_MOST {
            all.push(list);
            self.count += 1;
        }
    }

    /// The lists that an expression in a function can be.
    pub(super) fn of(
        &self,
        facts: &Facts<'_>,
        function: u32,
        expression: &Expression,
    ) -> Vec<Arc<Frozen>> {
        let frozen = |constant: &Constant| match constant {
            Constant::Frozen(frozen) => Some(frozen.clone()),
            _ => None,
        };
        match expression {
            Expression::Read(Place::Local(slot)) => {
                let all = self.locals.get(&(function, *slot));
                all.cloned().unwrap_or_default()
            }
            Expression::Index(parts) => {
                let mut all = Vec::new();
                let key = ROOT.fold(facts, &parts.1);
                for object in self.of(facts, function, &parts.0) {
                    match &key {
                        Some(key) => {
                            let one = scope::element(&object, key);
                            all.extend(one.as_ref().and_then(frozen));
                        }
                        None => all.extend(match &*object {
                            Frozen::Array(all) => {
                                all.iter().filter_map(frozen).collect()
                            }
                            Frozen::Map(all) => {
                                let all =
                                    all.iter().filter_map(|one| frozen(one.1));
                                all.collect::<Vec<_>>()
                            }
                        }),
                    }
                    if all.len() > LISTS_MOST {
                        return Vec::new();
                    }
                }
                all
            }
            Expression::Member(object, name) => {
                let all = self.of(facts, function, object);
                let one = |object: &Arc<Frozen>| match &**object {
                    Frozen::Map(all) => frozen(all.get(name)?),
                    Frozen::Array(_) => None,
                };
                all.iter().filter_map(one).collect()
            }
            other => ROOT
                .fold(facts, other)
                .as_ref()
                .and_then(frozen)
                .into_iter()
                .collect(),
        }
    }
}
