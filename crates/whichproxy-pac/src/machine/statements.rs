//! Runs statements.

use super::operators::is_of_every_object;
use super::value::Value;
use super::{Flow, Machine, Run, Stop};
use crate::syntax::{
    Each, Expression, Frozen, Loop, Place, Rules, Statement, Suffixes,
};

impl<'r> Machine<'r, '_> {
    pub(super) fn statements(&mut self, body: &'r [Statement]) -> Run<Flow> {
        for statement in body {
            match self.statement(statement)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    fn statement(&mut self, statement: &'r Statement) -> Run<Flow> {
        match statement {
            Statement::Evaluate(Expression::Set(place, value)) => {
                let value = self.operand(value)?;
                self.set(*place, value)?;
                Ok(Flow::On)
            }
            Statement::Evaluate(expression) => {
                self.evaluate(expression)?;
                Ok(Flow::On)
            }
            Statement::Return(expression) => {
                self.returned = match expression {
                    Some(expression) => self.operand(expression)?,
                    None => Value::Undefined,
                };
                Ok(Flow::Return)
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    if self.condition(test)? {
                        return self.statements(body);
                    }
                }
                self.statements(otherwise)
            }
            Statement::Loop(this) => self.run_loop(this),
            Statement::Each(this) => self.each(this),
            Statement::Switch(subject, cases) => self.switch(subject, cases),
            // Whatever throws, boa answers.
            Statement::Block(body) | Statement::Try(body, _) => {
                self.statements(body)
            }
            Statement::Break => Ok(Flow::Break),
            Statement::Continue => Ok(Flow::Continue),
            Statement::BreakTo(label) => Ok(Flow::BreakTo(*label)),
            Statement::ContinueTo(label) => Ok(Flow::ContinueTo(*label)),
            Statement::Labeled(label, body) => {
                Ok(match self.statements(body)? {
                    Flow::BreakTo(other) if other == *label => Flow::On,
                    other => other,
                })
            }
            Statement::Fresh(slots) => {
                for (slot, boxed) in slots {
                    let value = match boxed {
                        true => self.boxed(Value::Unset)?,
                        false => Value::Unset,
                    };
                    self.set(Place::Local(*slot), value)?;
                }
                Ok(Flow::On)
            }
            Statement::Finally(body, last) => {
                let flow = self.statements(body)?;
                let returned = self.returned;
                Ok(match self.statements(last)? {
                    Flow::On => {
                        self.returned = returned;
                        flow
                    }
                    other => other,
                })
            }
            Statement::Dispatch(this) => self.dispatch(this),
            Statement::Scan(this) => self.scan(this),
            Statement::Rules(this) => self.rules(this),
            Statement::Skip(this) => {
                self.skip(this)?;
                Ok(Flow::On)
            }
        }
    }

    /// Tries rule after rule.
    fn rules(&mut self, this: &'r Rules) -> Run<Flow> {
        for (test, result) in &this.rules {
            let subject = self.operand(&this.subject)?;
            let arguments = [subject, Value::Text(test.text())];
            if self.builtin(this.builtin, &arguments)?.truth() {
                self.returned = result.into();
                return Ok(Flow::Return);
            }
        }
        Ok(Flow::On)
    }

    pub(super) fn run_loop(&mut self, this: &'r Loop) -> Run<Flow> {
        let mut first = this.test_last;
        loop {
            self.spend(1)?;
            if !std::mem::take(&mut first)
                && let Some(test) = &this.test
                && !self.condition(test)?
            {
                return Ok(Flow::On);
            }
            let flow = self.statements(&this.body)?;
            if let Some(end) = flow.after_round(this.label) {
                return Ok(end);
            }
            for slot in &this.copies {
                let value = self.read(Place::Boxed(*slot))?;
                let value = self.boxed(value)?;
                self.set(Place::Local(*slot), value)?;
            }
            if let Some(update) = &this.update {
                self.evaluate(update)?;
            }
        }
    }

    pub(super) fn each(&mut self, this: &'r Each) -> Run<Flow> {
        let object = self.evaluate(&this.object)?;
        if object.is_none() && !this.values {
            return Ok(Flow::On);
        }
        let object = match this.values {
            true => self.elements(object)?,
            false => object,
        };
        let count = self.count(object).ok_or(Stop::RETRY)?;
        let list = self.is_list(object);
        if !list && !this.values && !self.is_plain(object)? {
            // What it inherits would come up, too.
            return Err(Stop::RETRY);
        }
        let deleted = self.deleted;
        // The keys that are numbers come first.
        let keys = if list { None } else { Some(self.keys(object)?) };
        for index in 0..count {
            self.spend(1)?;
            let value = match &keys {
                Some(keys) => {
                    Value::Text(keys.get(index).copied().ok_or(Stop::RETRY)?)
                }
                None if this.values => {
                    self.element(object, index).ok_or(Stop::RETRY)?
                }
                None => {
                    let number = Value::Number(index as f64);
                    Value::Text(number.text(self.arena)?)
                }
            };
            if this.fresh
                && let Place::Boxed(slot) = this.place
            {
                let fresh = self.boxed(Value::Unset)?;
                self.set(Place::Local(slot), fresh)?;
            }
            self.set(this.place, value)?;
            let flow = self.statements(&this.body)?;
            if let Some(end) = flow.after_round(this.label) {
                return Ok(end);
            }
            // What happens to an object that changes meanwhile, is subtle.
            if self.count(object) != Some(count) || self.deleted != deleted {
                return Err(Stop::RETRY);
            }
        }
        Ok(Flow::On)
    }

    fn switch(
        &mut self,
        subject: &'r Expression,
        cases: &'r [(Option<Expression>, Vec<Statement>)],
    ) -> Run<Flow> {
        let subject = self.evaluate(subject)?;
        let mut start = None;
        for (index, (test, _)) in cases.iter().enumerate() {
            self.spend(1)?;
            let Some(test) = test else { continue };
            let value = self.evaluate(test)?;
            if subject.strictly_equals(value)? {
                start = Some(index);
                break;
            }
        }
        let default = || cases.iter().position(|(test, _)| test.is_none());
        let Some(start) = start.or_else(default) else {
            return Ok(Flow::On);
        };
        for (_, body) in cases.get(start..).unwrap_or(&[]) {
            match self.statements(body)? {
                Flow::On => {}
                Flow::Break => return Ok(Flow::On),
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    /// Skips rounds in which nothing would be found, the last excepted.
    fn skip(&mut self, this: &'r Suffixes) -> Run<()> {
        let Frozen::Map(names) = &*this.names else { return Ok(()) };
        let at = self.base + this.name as usize;
        let Some(Value::Text(text)) = self.stack.get(at).copied() else {
            return Ok(());
        };
        let (mut rest, mut last) = (text, None);
        loop {
            self.spend_text(rest.len())?;
            let found = names.get(rest).is_some()
                || this.inherited && is_of_every_object(rest);
            let dot = rest.bytes().position(|byte| byte == b'.');
            let Some(dot) = dot.filter(|_| !found) else { break };
            match rest.get(dot + 1..) {
                None | Some("") => break,
                Some(next) => rest = next,
            }
            last = Some(dot);
        }
        if let Some(dot) = last {
            self.set(Place::Local(this.name), Value::Text(rest))?;
            let dot = Value::Number(dot as f64);
            self.set(Place::Local(this.dot), dot)?;
        }
        Ok(())
    }
}
