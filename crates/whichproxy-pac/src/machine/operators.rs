//! Operators, and the properties of arrays and objects.

use bumpalo::collections::String as ArenaString;

use super::objects::{PROTOTYPE, is_of_functions};
use super::value::{Value, int32};
use super::{ELEMENT, Machine, Made, PROPERTY, Run, Stop};
use crate::syntax::{Frozen, Operator};

/// Names that every object has, of which only some are modelled.
pub(super) const OF_EVERY_OBJECT: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

impl<'r> Machine<'r, '_> {
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: Value<'r>,
        right: Value<'r>,
    ) -> Run<Value<'r>> {
        if let (Value::Number(left), Value::Number(right)) = (left, right)
            && !matches!(operator, Operator::In | Operator::InstanceOf)
        {
            return Ok(of_numbers(operator, left, right));
        }
        self.of_others(operator, left, right)
    }

    /// An operator, where one operand at least is no number.
    fn of_others(
        &mut self,
        operator: Operator,
        left: Value<'r>,
        right: Value<'r>,
    ) -> Run<Value<'r>> {
        let numbers =
            || -> Run<(f64, f64)> { Ok((left.number()?, right.number()?)) };
        Ok(match operator {
            Operator::Equal => Value::Bool(left.equals(right)?),
            Operator::NotEqual => Value::Bool(!left.equals(right)?),
            Operator::StrictEqual => Value::Bool(left.strictly_equals(right)?),
            Operator::StrictNotEqual => {
                Value::Bool(!left.strictly_equals(right)?)
            }
            Operator::Less
            | Operator::LessEqual
            | Operator::Greater
            | Operator::GreaterEqual => {
                let (Value::Text(left), Value::Text(right)) = (left, right)
                else {
                    let (left, right) = numbers()?;
                    return Ok(of_numbers(operator, left, right));
                };
                self.spend_text(left.len())?;
                let order = left.cmp(right);
                Value::Bool(match operator {
                    Operator::Less => order.is_lt(),
                    Operator::LessEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            Operator::Add => return self.add(left, right),
            Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder
            | Operator::ShiftLeft
            | Operator::ShiftRight
            | Operator::ShiftRightZero
            | Operator::Or
            | Operator::Xor
            | Operator::And
            | Operator::Power => {
                let (left, right) = numbers()?;
                of_numbers(operator, left, right)
            }
            Operator::InstanceOf => {
                return self.is_instance(left, right).map(Value::Bool);
            }
            Operator::In => {
                let key = left.text(self.arena)?;
                if self.is_list(right) {
                    return self.has_element(right, key).map(Value::Bool);
                }
                let own = self.inherited(right, key)?.is_some();
                let other = self.has_object_prototype(right)?;
                Value::Bool(own || other && OF_EVERY_OBJECT.contains(&key))
            }
        })
    }

    /// Whether a list has an element by this name.
    pub(super) fn has_element(&self, list: Value<'r>, key: &str) -> Run<bool> {
        let index = array_index(key).ok_or(Stop::RETRY)?;
        Ok(index < self.count(list).ok_or(Stop::RETRY)?)
    }

    fn add(&mut self, left: Value<'r>, right: Value<'r>) -> Run<Value<'r>> {
        if !matches!(left, Value::Text(_)) && !matches!(right, Value::Text(_))
        {
            return Ok(Value::Number(left.number()? + right.number()?));
        }
        let left = left.text(self.arena)?;
        let right = right.text(self.arena)?;
        if right.is_empty() {
            return Ok(Value::Text(left));
        }
        if left.is_empty() {
            return Ok(Value::Text(right));
        }
        self.spend_new_text(left.len() + right.len())?;
        let bytes = left.len() + right.len();
        let mut text = ArenaString::with_capacity_in(bytes, self.arena);
        text.push_str(left);
        text.push_str(right);
        Ok(Value::Text(text.into_bump_str()))
    }

    /// How many elements or properties; `None` for what has none.
    pub(super) fn count(&self, object: Value<'r>) -> Option<usize> {
        match object {
            Value::Frozen(frozen) => Some(match &**frozen {
                Frozen::Map(all) if all.get(PROTOTYPE).is_some() => {
                    all.len() - 1
                }
                _ => frozen_count(frozen),
            }),
            Value::Made(index) => match self.made.get(index as usize)? {
                Made::Array(all) => Some(all.len()),
                Made::Map(all) => {
                    let hidden = all.get(PROTOTYPE).is_some();
                    Some(all.len() - usize::from(hidden))
                }
                Made::Pattern(..) | Made::Keyed(_) => None,
            },
            _ => None,
        }
    }

    pub(super) fn is_list(&self, object: Value<'r>) -> bool {
        match object {
            Value::Frozen(frozen) => matches!(**frozen, Frozen::Array(_)),
            Value::Made(index) => {
                let made = self.made.get(index as usize);
                matches!(made, Some(Made::Array(_)))
            }
            _ => false,
        }
    }

    /// An element of an array.
    pub(super) fn element(
        &self,
        object: Value<'r>,
        index: usize,
    ) -> Option<Value<'r>> {
        match object {
            Value::Frozen(frozen) => match &**frozen {
                Frozen::Array(all) => all.get(index).map(Value::from),
                Frozen::Map(_) => None,
            },
            Value::Made(made) => match self.made.get(made as usize)? {
                Made::Array(all) => all.get(index).copied(),
                _ => None,
            },
            _ => None,
        }
    }

    /// A property that an object, and no array, has itself.
    pub(super) fn property(
        &self,
        object: Value<'r>,
        key: &str,
    ) -> Run<Option<Value<'r>>> {
        if key == PROTOTYPE {
            return Err(Stop::RETRY);
        }
        match object {
            Value::Frozen(frozen) => match &**frozen {
                Frozen::Map(all) => Ok(all.get(key).map(Value::from)),
                Frozen::Array(_) => Err(Stop::RETRY),
            },
            Value::Made(index) => match self.made.get(index as usize) {
                Some(Made::Map(all)) => Ok(all.get(key).copied()),
                _ => Err(Stop::RETRY),
            },
            _ => Err(Stop::RETRY),
        }
    }

    /// The names of an object's properties, in their order.
    pub(super) fn keys(&self, object: Value<'r>) -> Run<Vec<&'r str>> {
        let all: Vec<&'r str> = match object {
            Value::Frozen(frozen) => match &**frozen {
                Frozen::Map(all) => all.keys().collect(),
                Frozen::Array(_) => return Err(Stop::RETRY),
            },
            Value::Made(index) => match self.made.get(index as usize) {
                Some(Made::Map(all)) => all.keys().copied().collect(),
                _ => return Err(Stop::RETRY),
            },
            _ => return Err(Stop::RETRY),
        };
        let (mut numbers, mut names) = (Vec::new(), Vec::new());
        for key in all {
            match array_index(key) {
                Some(number) => numbers.push((number, key)),
                None if key == PROTOTYPE => {}
                None => names.push(key),
            }
        }
        numbers.sort_unstable();
        Ok(numbers.into_iter().map(|(_, key)| key).chain(names).collect())
    }

    /// `object.name`.
    pub(super) fn member(
        &mut self,
        object: Value<'r>,
        name: &'r str,
    ) -> Run<Value<'r>> {
        if name == "length" {
            if let Value::Text(text) = object {
                return Ok(Value::Number(text.len() as f64));
            }
            if self.is_list(object) {
                let count = self.count(object).unwrap_or(0);
                return Ok(Value::Number(count as f64));
            }
        }
        if name == "size"
            && let Some(keyed) = self.keyed(object)
        {
            return Ok(Value::Number(keyed.len() as f64));
        }
        if let Value::Made(index) = object
            && let Some(value) = self.of_match(index, name)
        {
            return Ok(value);
        }
        self.named(object, name)
    }

    fn named(&mut self, object: Value<'r>, name: &str) -> Run<Value<'r>> {
        if let Value::Function(index) = object {
            return self.of_function(index, name);
        }
        // A host may be called like what every object has.
        if let Value::HasOwn = object {
            return match is_of_functions(name) {
                true => Err(Stop::RETRY),
                false => Ok(Value::Undefined),
            };
        }
        match self.inherited(object, name)? {
            Some(value) => Ok(value),
            None if OF_EVERY_OBJECT.contains(&name)
                && self.has_object_prototype(object)? =>
            {
                match name {
                    "hasOwnProperty" => Ok(Value::HasOwn),
                    // An object, or what a script may have made of it.
                    "__proto__" => Err(Stop::RETRY),
                    _ => Ok(Value::Native),
                }
            }
            None => Ok(Value::Undefined),
        }
    }

    /// `object[key]`.
    pub(super) fn index(
        &mut self,
        object: Value<'r>,
        key: Value<'r>,
    ) -> Run<Value<'r>> {
        if let Value::Text(text) = object {
            let Value::Number(number) = key else { return Err(Stop::RETRY) };
            let index = whole(number).ok_or(Stop::RETRY)?;
            return Ok(match text.get(index..index + 1) {
                Some(one) => Value::Text(one),
                None => Value::Undefined,
            });
        }
        if self.is_list(object) {
            let index = match key {
                Value::Number(number) => whole(number),
                Value::Text(text) => array_index(text),
                _ => None,
            };
            let index = index.ok_or(Stop::RETRY)?;
            let element = self.element(object, index);
            return Ok(element.unwrap_or(Value::Undefined));
        }
        let key = key.text(self.arena)?;
        self.named(object, key)
    }

    /// `delete object[key]`, of what this evaluation made.
    pub(super) fn delete(
        &mut self,
        object: Value<'r>,
        key: Value<'r>,
    ) -> Run<Value<'r>> {
        let key = key.text(self.arena)?;
        if self.is_list(object) {
            return Err(Stop::RETRY);
        }
        if self.property(object, key)?.is_none() {
            return Ok(Value::Bool(true));
        }
        let Value::Made(index) = object else { return Err(Stop::RETRY) };
        let Some(Made::Map(all)) = self.made.get_mut(index as usize) else {
            return Err(Stop::RETRY);
        };
        let work = 4 + all.len() as u64 / 16;
        all.shift_remove(key);
        self.deleted += 1;
        self.spend(work)?;
        Ok(Value::Bool(true))
    }

    /// `object[key] = value`, of what this evaluation made.
    pub(super) fn set_element(
        &mut self,
        object: Value<'r>,
        key: Value<'r>,
        value: Value<'r>,
    ) -> Run<()> {
        if let Value::Function(index) = object {
            return self.set_static(index, key, value);
        }
        let Value::Made(index) = object else { return Err(Stop::RETRY) };
        self.spend(4)?;
        if matches!(key, Value::Text(PROTOTYPE)) {
            return self.set_prototype(index, value);
        }
        let name = match key {
            Value::Text(text) => Some(text),
            _ => None,
        };
        let text = key.text(self.arena)?;
        match self.made.get_mut(index as usize) {
            Some(Made::Array(all)) => {
                let at = match key {
                    Value::Number(number) => whole(number),
                    _ => name.and_then(array_index),
                };
                if name == Some("length") {
                    let Value::Number(length) = value else {
                        return Err(Stop::RETRY);
                    };
                    let length = whole(length).ok_or(Stop::RETRY)?;
                    if length > all.len() {
                        return Err(Stop::RETRY);
                    }
                    all.truncate(length);
                    return Ok(());
                }
                let at = at.ok_or(Stop::RETRY)?;
                if at == all.len() {
                    all.push(value);
                    self.hold(ELEMENT)
                } else {
                    // Beyond the end there would be holes.
                    *all.get_mut(at).ok_or(Stop::RETRY)? = value;
                    self.hold(0)
                }
            }
            Some(Made::Map(all)) if text != "__proto__" => {
                let (_, before) = all.insert_full(text, value);
                self.hold(if before.is_none() { PROPERTY } else { 0 })
            }
            _ => Err(Stop::RETRY),
        }
    }
}

/// Whether every object has a property of this name.
pub(super) fn is_of_every_object(name: &str) -> bool {
    OF_EVERY_OBJECT.contains(&name)
}

/// An operator of two numbers; `in` and `instanceof`, which have none, are
/// not asked for.
#[inline]
fn of_numbers<'r>(operator: Operator, left: f64, right: f64) -> Value<'r> {
    let integers = || (int32(left), int32(right));
    let shift = || (int32(left), int32(right) as u32);
    Value::Number(match operator {
        Operator::Equal | Operator::StrictEqual => {
            return Value::Bool(left == right);
        }
        Operator::NotEqual | Operator::StrictNotEqual => {
            return Value::Bool(left != right);
        }
        Operator::Less => return Value::Bool(left < right),
        Operator::LessEqual => return Value::Bool(left <= right),
        Operator::Greater => return Value::Bool(left > right),
        Operator::GreaterEqual => return Value::Bool(left >= right),
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
        Operator::ShiftLeft => {
            let (left, right) = shift();
            left.wrapping_shl(right).into()
        }
        Operator::ShiftRight => {
            let (left, right) = shift();
            left.wrapping_shr(right).into()
        }
        Operator::ShiftRightZero => {
            let (left, right) = shift();
            (left as u32).wrapping_shr(right).into()
        }
        Operator::Or => {
            let (left, right) = integers();
            (left | right).into()
        }
        Operator::Xor => {
            let (left, right) = integers();
            (left ^ right).into()
        }
        Operator::And => {
            let (left, right) = integers();
            (left & right).into()
        }
        Operator::Power => power(left, right),
        Operator::In | Operator::InstanceOf => return Value::Bool(false),
    })
}

/// As `**` has it.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    if base.abs() == 1.0 && (exponent.is_nan() || exponent.is_infinite()) {
        return f64::NAN;
    }
    if exponent.is_nan() { exponent } else { base.powf(exponent) }
}

/// A number that is an index.
pub(super) fn whole(number: f64) -> Option<usize> {
    // Beyond the ends, and where there is a fraction, it is another number.
    let index = number as u32;
    let sound = f64::from(index) == number && index < 4_000_000_000;
    sound.then_some(index as usize)
}

/// A text that is an index as JavaScript writes it.
pub(super) fn array_index(text: &str) -> Option<usize> {
    let sound = text.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=10).contains(&text.len())
        && (text.len() == 1 || !text.starts_with('0'));
    let index = if sound { text.parse().ok() } else { None };
    index.filter(|index| *index < 4_294_967_295)
}

/// How many elements or properties an array or object has.
fn frozen_count(frozen: &Frozen) -> usize {
    match frozen {
        Frozen::Array(all) => all.len(),
        Frozen::Map(all) => all.len(),
    }
}
