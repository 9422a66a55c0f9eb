//! Loops through lists whose tests are in tables.

use std::sync::Arc;

use super::operators::whole;
use super::value::Value;
use super::{Flow, Machine, Run, Stop};
use crate::syntax::{
    Each, Expression, Frozen, Loop, Scan, Statement, Variant,
};

impl<'r> Machine<'r, '_> {
    /// Runs the rounds that may have something to do.
    pub(super) fn scan(&mut self, this: &'r Scan) -> Run<Flow> {
        match &this.plain {
            Statement::Loop(plain) => self.scan_loop(this, plain),
            Statement::Each(plain) => self.scan_each(this, plain),
            _ => Err(Stop::RETRY),
        }
    }

    fn variant(&mut self, this: &'r Scan) -> Run<Option<&'r Variant>> {
        let Value::Frozen(list) = self.evaluate(&this.list)? else {
            return Ok(None);
        };
        let mut all = this.variants.iter();
        Ok(all.find(|variant| Arc::ptr_eq(&variant.list, list)))
    }

    fn scan_loop(&mut self, this: &'r Scan, plain: &'r Loop) -> Run<Flow> {
        let Some(Expression::Binary(_, rest)) = &plain.test else {
            return Err(Stop::RETRY);
        };
        let [(_, bound)] = rest.as_slice() else { return Err(Stop::RETRY) };
        let start = self.read(this.place)?;
        let bound = self.evaluate(bound)?;
        let (Some(mut at), Some(end)) = (rounds(start), rounds(bound)) else {
            return self.run_loop(plain);
        };
        if at >= end {
            return Ok(Flow::On);
        }
        let Some(variant) = self.variant(this)? else {
            return self.run_loop(plain);
        };
        let mut cursors = self.candidates(&variant.candidates, at)?;
        while at < end {
            let found = if at < variant.count {
                self.candidate(&variant.candidates, &mut cursors, at)
            } else {
                Some(at)
            };
            // Of elements beyond the list nothing is known.
            let found = found.unwrap_or(variant.count);
            let round = match found < end {
                true => found,
                false if this.has_more => end - 1,
                false => {
                    self.spend(u64::from(end - at))?;
                    break;
                }
            };
            self.spend(u64::from(round - at) + 1)?;
            self.set(this.place, Value::Number(f64::from(round)))?;
            let flow = self.statements(&plain.body)?;
            if let Some(end) = flow.after_round(plain.label) {
                return Ok(end);
            }
            self.learn(&variant.candidates, &mut cursors, round)?;
            at = round + 1;
        }
        self.set(this.place, Value::Number(f64::from(end)))?;
        Ok(Flow::On)
    }

    fn scan_each(&mut self, this: &'r Scan, plain: &'r Each) -> Run<Flow> {
        let Some(variant) = self.variant(this)? else {
            return self.each(plain);
        };
        let mut cursors = self.candidates(&variant.candidates, 0)?;
        let (mut at, end) = (0, variant.count);
        while at < end {
            let found = self.candidate(&variant.candidates, &mut cursors, at);
            // The last round leaves its variables behind.
            let round = found.unwrap_or(end - 1);
            self.spend(u64::from(round - at) + 1)?;
            let value = self.round(plain, variant, round as usize)?;
            self.set(this.place, value)?;
            let flow = self.statements(&plain.body)?;
            if let Some(end) = flow.after_round(plain.label) {
                return Ok(end);
            }
            self.learn(&variant.candidates, &mut cursors, round)?;
            at = round + 1;
        }
        Ok(Flow::On)
    }

    /// What the variable is in a round.
    fn round(
        &mut self,
        plain: &Each,
        variant: &'r Variant,
        round: usize,
    ) -> Run<Value<'r>> {
        Ok(match &*variant.list {
            Frozen::Array(all) if plain.values => {
                all.get(round).map(Value::from).ok_or(Stop::RETRY)?
            }
            Frozen::Array(_) => {
                let number = Value::Number(round as f64);
                Value::Text(number.text(self.arena)?)
            }
            Frozen::Map(all) => {
                let (key, _) = all.at(round).ok_or(Stop::RETRY)?;
                Value::Text(key)
            }
        })
    }
}

/// A number that counts rounds.
fn rounds(value: Value<'_>) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(whole(number)?).ok(),
        _ => None,
    }
}
