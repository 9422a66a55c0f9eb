//! Rules whose tests are in tables.

use smallvec::SmallVec;

use super::value::Value;
use super::{Flow, Machine, Run, Stop};
use crate::builtins;
use crate::syntax::{
    Candidates, Column, Dispatch, Expression, Match, Rule, Tests,
};

/// No rule.
const NONE: u32 = u32::MAX;

/// What a column is looked up with.
#[derive(Clone, Copy, Debug)]
enum Subject<'r> {
    Text(&'r str),
    Address(u32),
    /// What is no address and has none.
    Nothing,
    /// A name whose address nobody asked for yet.
    Unasked,
}

/// Where a column stands.
#[derive(Clone, Copy, Debug)]
struct Cursor<'r> {
    subject: Subject<'r>,
    /// The first candidate that was not tried.
    next: u32,
}

/// The candidates that were not tried.
#[derive(Debug)]
pub(super) struct Cursors<'r> {
    columns: SmallVec<[Cursor<'r>; 3]>,
    always: usize,
}

impl<'r> Machine<'r, '_> {
    /// The candidates from a number on.
    pub(super) fn candidates(
        &mut self,
        this: &'r Candidates,
        from: u32,
    ) -> Run<Cursors<'r>> {
        for (place, is_text) in &this.needs {
            let value = self.read(*place)?;
            if *is_text && !matches!(value, Value::Text(_)) {
                return Err(Stop::RETRY);
            }
        }
        let mut columns = SmallVec::new();
        for column in &this.columns {
            let subject = self.subject(column)?;
            let next = next(column, subject, from);
            columns.push(Cursor { subject, next });
        }
        Ok(Cursors { columns, always: 0 })
    }

    /// The first candidate, `from` or one behind it.
    pub(super) fn candidate(
        &mut self,
        this: &'r Candidates,
        cursors: &mut Cursors<'r>,
        from: u32,
    ) -> Option<u32> {
        let mut first = NONE;
        for (cursor, column) in cursors.columns.iter_mut().zip(&this.columns) {
            if cursor.next < from {
                cursor.next = next(column, cursor.subject, from);
            }
            first = first.min(cursor.next);
        }
        while let Some(always) = this.always.get(cursors.always) {
            if *always >= from {
                first = first.min(*always);
                break;
            }
            cursors.always += 1;
        }
        (first != NONE).then_some(first)
    }

    /// Looks again at subjects that a candidate's condition made known.
    pub(super) fn learn(
        &mut self,
        this: &'r Candidates,
        cursors: &mut Cursors<'r>,
        tried: u32,
    ) -> Run<()> {
        for (cursor, column) in cursors.columns.iter_mut().zip(&this.columns) {
            let (Subject::Unasked, Tests::Networks(_, leaders)) =
                (cursor.subject, &column.tests)
            else {
                continue;
            };
            if leaders.binary_search(&tried).is_ok() {
                // What was asked before is not asked again.
                let name = self.evaluate(&column.subject)?;
                let address = match name {
                    Value::Text(text) => match builtins::quad(text) {
                        None => self.resolved(name)?,
                        some => some,
                    },
                    _ => None,
                };
                cursor.subject =
                    address.map_or(Subject::Nothing, Subject::Address);
                cursor.next = next(column, cursor.subject, tried + 1);
            }
        }
        Ok(())
    }

    fn resolved(&mut self, name: Value<'r>) -> Run<Option<u32>> {
        Ok(match self.builtin(builtins::dns_resolve(), &[name])? {
            Value::Text(text) => builtins::quad(text),
            _ => None,
        })
    }

    fn subject(&mut self, column: &'r Column) -> Run<Subject<'r>> {
        match column.tests {
            Tests::Texts(_) => match self.evaluate(&column.subject)? {
                Value::Text(text) => {
                    self.spend_text(text.len())?;
                    Ok(Subject::Text(text))
                }
                _ => Err(Stop::RETRY),
            },
            Tests::Networks(..) => {
                if matches!(column.subject, Expression::Builtin(..)) {
                    return Ok(Subject::Unasked);
                }
                Ok(match self.evaluate(&column.subject)? {
                    Value::Text(text) => match builtins::quad(text) {
                        Some(address) => Subject::Address(address),
                        None => Subject::Unasked,
                    },
                    value if value.is_none() => Subject::Nothing,
                    _ => return Err(Stop::RETRY),
                })
            }
        }
    }

    /// Runs the rules that may have something to do.
    pub(super) fn dispatch(&mut self, this: &'r Dispatch) -> Run<Flow> {
        let mut cursors = self.candidates(&this.candidates, 0)?;
        let mut from = 0;
        while let Some(number) =
            self.candidate(&this.candidates, &mut cursors, from)
        {
            from = number + 1;
            match this.rules.get(number as usize).ok_or(Stop::RETRY)? {
                Rule::Return(value) => {
                    self.returned = value.into();
                    return Ok(Flow::Return);
                }
                Rule::Branch(branch) => {
                    let holds = match &branch.condition {
                        Some(condition) => self.evaluate(condition)?.truth(),
                        None => true,
                    };
                    if holds {
                        match self.statements(&branch.body)? {
                            Flow::On => from = branch.end,
                            other => return Ok(other),
                        }
                        continue;
                    }
                    self.learn(&this.candidates, &mut cursors, number)?;
                }
            }
        }
        Ok(Flow::On)
    }

    /// Whether one of the members is true.
    pub(super) fn any_matches(&mut self, this: &'r Match) -> Run<bool> {
        let mut cursors = self.candidates(&this.candidates, 0)?;
        let mut from = 0;
        while let Some(number) =
            self.candidate(&this.candidates, &mut cursors, from)
        {
            let member = this.members.binary_search_by_key(&number, |m| m.0);
            let Some((_, member)) =
                member.ok().and_then(|at| this.members.get(at))
            else {
                return Ok(true);
            };
            if self.evaluate(member)?.truth() {
                return Ok(true);
            }
            from = number + 1;
            self.learn(&this.candidates, &mut cursors, number)?;
        }
        Ok(false)
    }
}

fn next(column: &Column, subject: Subject<'_>, from: u32) -> u32 {
    match (&column.tests, subject) {
        (Tests::Texts(table), Subject::Text(text)) => {
            table.first_from(text, from)
        }
        (Tests::Networks(table, _), Subject::Address(address)) => {
            table.first_from(address, from)
        }
        (Tests::Networks(table, _), Subject::Unasked) => table.rule_from(from),
        _ => None,
    }
    .unwrap_or(NONE)
}
