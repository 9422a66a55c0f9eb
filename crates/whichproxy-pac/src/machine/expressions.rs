//! Evaluates expressions.

use smallvec::SmallVec;

use super::value::{self, Value};
use super::{Globals, Machine, Made, Run, Stop};
use crate::syntax::{Cell, Expression, Map, Operator, Place, Unary};

impl<'r> Machine<'r, '_> {
    pub(super) fn read(&self, place: Place) -> Run<Value<'r>> {
        let value = match place {
            Place::Local(slot) => {
                self.stack.get(self.base + slot as usize).copied()
            }
            Place::Boxed(_) | Place::Captured(_) => match self.cell(place)? {
                Cell::Live(index) => self.boxes.get(index as usize).copied(),
                Cell::Fixed(index) => {
                    self.cells.get(index as usize).map(Value::from)
                }
            },
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
            Place::Boxed(_) | Place::Captured(_) => match self.cell(place)? {
                Cell::Live(index) => self.boxes.get_mut(index as usize),
                Cell::Fixed(_) => None,
            },
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

    /// The box of a place.
    fn cell(&self, place: Place) -> Run<Cell> {
        match place {
            Place::Boxed(slot) => {
                match self.stack.get(self.base + slot as usize) {
                    Some(Value::Box(index)) => Ok(Cell::Live(*index)),
                    _ => Err(Stop::RETRY),
                }
            }
            Place::Captured(index) => {
                let cell = self.captures.get(index as usize);
                cell.copied().ok_or(Stop::RETRY)
            }
            _ => Err(Stop::RETRY),
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
            Expression::ChangeElement(parts, operator, old) => {
                self.change_element(parts, *operator, *old)
            }
            Expression::Delete(parts) => {
                let object = self.evaluate(&parts[0])?;
                if object.is_none() {
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(&parts[1])?;
                self.delete(object, key)
            }
            Expression::Closure(function, captures) => {
                self.closure(*function, captures)
            }
            Expression::Callee => Ok(match self.captures {
                [] => Value::Function(self.function),
                captures => Value::Closure(self.function, captures),
            }),
            // Known only where elements or arguments are listed.
            Expression::Spread(_) => Err(Stop::RETRY),
            Expression::Elements(list) => {
                let list = self.evaluate(list)?;
                self.elements(list)
            }
            Expression::Coalesce(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                    if !last.is_none() {
                        break;
                    }
                }
                Ok(last)
            }
            Expression::Chain(inner) => match self.evaluate(inner) {
                Err(Stop::Short) => Ok(Value::Undefined),
                other => other,
            },
            Expression::Optional(object) => {
                let object = self.evaluate(object)?;
                if object.is_none() {
                    return Err(Stop::Short);
                }
                Ok(object)
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
                if !function.is_function() {
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
            Expression::ObjectOf(entries) => self.object_of(entries),
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
            if let Expression::Spread(list) = expression {
                let list = self.evaluate(list)?;
                let list = self.elements(list)?;
                for index in 0..self.count(list).unwrap_or(0) {
                    self.spend(1)?;
                    values.extend(self.element(list, index));
                }
                continue;
            }
            values.push(self.evaluate(expression)?);
        }
        Ok(values)
    }

    /// What iterating over a value gives, as an array.
    pub(super) fn elements(&mut self, value: Value<'r>) -> Run<Value<'r>> {
        match value {
            Value::Text(text) => {
                self.spend(1 + text.len() as u64)?;
                let all = (0..text.len()).filter_map(|at| text.get(at..=at));
                let all = all.map(Value::Text).collect();
                self.make(Made::Array(all))
            }
            _ if self.is_list(value) => Ok(value),
            _ => Err(Stop::RETRY),
        }
    }

    fn object_of(
        &mut self,
        entries: &'r [(Expression, Expression)],
    ) -> Run<Value<'r>> {
        let object = self.make(Made::Map(Map::default()))?;
        for (key, value) in entries {
            if let Expression::Spread(_) = key {
                let from = self.evaluate(value)?;
                self.assign(object, from)?;
                continue;
            }
            let key = self.evaluate(key)?;
            let key = Value::Text(key.text(self.arena)?);
            let value = self.evaluate(value)?;
            self.set_element(object, key, value)?;
        }
        Ok(object)
    }

    /// Gives an object the properties of another.
    pub(super) fn assign(
        &mut self,
        object: Value<'r>,
        from: Value<'r>,
    ) -> Run<()> {
        if from.is_none() {
            return Ok(());
        }
        if self.is_list(from) {
            return Err(Stop::RETRY);
        }
        for key in self.keys(from)? {
            self.spend(1)?;
            let value = self.property(from, key)?.ok_or(Stop::RETRY)?;
            self.set_element(object, Value::Text(key), value)?;
        }
        Ok(())
    }

    fn change_element(
        &mut self,
        parts: &'r [Expression; 3],
        operator: Operator,
        old: bool,
    ) -> Run<Value<'r>> {
        let [object, key, value] = parts;
        let object = self.evaluate(object)?;
        if !matches!(object, Value::Made(_)) {
            return Err(Stop::RETRY);
        }
        let key = self.evaluate(key)?;
        let before = self.index(object, key)?;
        let value = self.evaluate(value)?;
        let after = self.binary(operator, before, value)?;
        self.set_element(object, key, after)?;
        Ok(match old {
            true => Value::Number(before.number()?),
            false => after,
        })
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
            Unary::Index => match value {
                Value::Number(number)
                    if number >= 0.0 && number.fract() == 0.0 =>
                {
                    value
                }
                _ => return Err(Stop::RETRY),
            },
        })
    }
}
