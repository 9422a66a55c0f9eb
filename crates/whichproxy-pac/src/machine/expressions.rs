//! Evaluates expressions.

use smallvec::SmallVec;

use super::value::{self, Value};
use super::{Globals, Machine, Made, Run, Stop};
use crate::syntax::{Expression, Map, Place, Unary};

impl<'r> Machine<'r, '_> {
    pub(super) fn read(&self, place: Place) -> Run<Value<'r>> {
        let value = match place {
            Place::Local(slot) => {
                self.stack.get(self.base + slot as usize).copied()
            }
            Place::Global(slot) => match &self.globals {
                Globals::Constant(all) => {
                    all.get(slot as usize).map(Value::from)
                }
                Globals::Changing(all) => all.get(slot as usize).copied(),
            },
        };
        match value {
            None | Some(Value::Unset) => Err(Stop::RETRY),
            Some(value) => Ok(value),
        }
    }

    pub(super) fn set(&mut self, place: Place, value: Value<'r>) -> Run<()> {
        let found = match place {
            Place::Local(slot) => {
                self.stack.get_mut(self.base + slot as usize)
            }
            Place::Global(slot) => match &mut self.globals {
                Globals::Constant(_) => None,
                Globals::Changing(all) => all.get_mut(slot as usize),
            },
        };
        match found {
            Some(found) => {
                *found = value;
                Ok(())
            }
            None => Err(Stop::RETRY),
        }
    }

    pub(super) fn evaluate(
        &mut self,
        expression: &'r Expression,
    ) -> Run<Value<'r>> {
        match expression {
            Expression::Constant(constant) => Ok(constant.into()),
            Expression::Read(place) => self.read(*place),
            Expression::Set(place, value) => {
                let value = self.evaluate(value)?;
                self.set(*place, value)?;
                Ok(value)
            }
            Expression::Update { place, by, prefix } => {
                let old = self.read(*place)?.number()?;
                let new = old + by;
                self.set(*place, Value::Number(new))?;
                Ok(Value::Number(if *prefix { new } else { old }))
            }
            Expression::SetElement(parts) => {
                let [object, key, value] = &**parts;
                let object = self.evaluate(object)?;
                if !matches!(object, Value::Made(_)) {
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(key)?;
                let value = self.evaluate(value)?;
                self.set_element(object, key, value)?;
                Ok(value)
            }
            Expression::Unary(operator, operand) => {
                self.unary(*operator, operand)
            }
            Expression::Binary(first, rest) => {
                let mut left = self.evaluate(first)?;
                for (operator, right) in rest {
                    let right = self.evaluate(right)?;
                    left = self.binary(*operator, left, right)?;
                }
                Ok(left)
            }
            Expression::All(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                    if !last.truth() {
                        break;
                    }
                }
                Ok(last)
            }
            Expression::Any(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                    if last.truth() {
                        break;
                    }
                }
                Ok(last)
            }
            Expression::Choose(arms, last) => {
                for (test, value) in arms {
                    if self.evaluate(test)?.truth() {
                        return self.evaluate(value);
                    }
                }
                self.evaluate(last)
            }
            Expression::Sequence(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                }
                Ok(last)
            }
            Expression::Call(function, arguments) => {
                let function = self.evaluate(function)?;
                // What throws before its arguments are worked out, must not
                // ask their questions; what throws after that, boa may ask.
                if !matches!(function, Value::Function(_) | Value::Builtin(_))
                {
                    return Err(Stop::RETRY);
                }
                let arguments = self.all(arguments)?;
                self.call_value(function, &arguments)
            }
            Expression::Builtin(builtin, arguments) => {
                let arguments = self.all(arguments)?;
                self.builtin(builtin, &arguments)
            }
            Expression::Native(native, arguments) => {
                let arguments = self.all(arguments)?;
                self.native(*native, &arguments)
            }
            Expression::Method(method, object, arguments) => {
                let object = self.evaluate(object)?;
                if matches!(
                    object,
                    Value::Undefined | Value::Null | Value::Bool(_)
                ) {
                    return Err(Stop::RETRY);
                }
                let arguments = self.all(arguments)?;
                self.method(method, object, &arguments)
            }
            Expression::Member(object, name) => {
                let object = self.evaluate(object)?;
                self.member(object, name)
            }
            Expression::Index(parts) => {
                let object = self.evaluate(&parts.0)?;
                if object.is_none() {
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(&parts.1)?;
                self.index(object, key)
            }
            Expression::Array(elements) => {
                let elements = self.all(elements)?;
                self.make(Made::Array(elements.to_vec()))
            }
            Expression::Object(entries) => {
                let mut map = Map::with_capacity_and_hasher(
                    entries.len(),
                    foldhash::fast::RandomState::default(),
                );
                for (key, value) in entries {
                    map.insert(&**key, self.evaluate(value)?);
                }
                self.make(Made::Map(map))
            }
            Expression::Regex(arguments) => {
                let arguments = self.all(arguments)?;
                self.regex(&arguments)
            }
            Expression::Match(this) => {
                Ok(Value::Bool(self.first_rule(this)?.is_some()))
            }
            Expression::Retry(at) => Err(Stop::Retry(*at)),
        }
    }

    pub(super) fn all(
        &mut self,
        expressions: &'r [Expression],
    ) -> Run<SmallVec<[Value<'r>; 4]>> {
        let mut values = SmallVec::new();
        for expression in expressions {
            values.push(self.evaluate(expression)?);
        }
        Ok(values)
    }

    pub(super) fn make(&mut self, made: Made<'r>) -> Run<Value<'r>> {
        self.spend(4)?;
        let index = self.made.len() as u32;
        self.made.push(made);
        Ok(Value::Made(index))
    }

    fn unary(
        &mut self,
        operator: Unary,
        operand: &'r Expression,
    ) -> Run<Value<'r>> {
        if operator == Unary::TypeOf
            && let Expression::Read(place @ Place::Global(slot)) = operand
            && let Some(global) = self.program.globals.get(*slot as usize)
            && !global.lexical
        {
            // A name that is not defined has a type, too.
            let value = self.read(*place).unwrap_or(Value::Undefined);
            return Ok(Value::Text(value.type_of()?));
        }
        let value = self.evaluate(operand)?;
        Ok(match operator {
            Unary::Not => Value::Bool(!value.truth()),
            Unary::Negate => Value::Number(-value.number()?),
            Unary::Number => Value::Number(value.number()?),
            Unary::BitNot => {
                Value::Number(f64::from(!value::int32(value.number()?)))
            }
            Unary::TypeOf => Value::Text(value.type_of()?),
            Unary::Void => Value::Undefined,
        })
    }
}
