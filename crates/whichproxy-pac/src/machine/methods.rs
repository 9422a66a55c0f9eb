//! Methods: whose they are, and those of objects and numbers.

use super::objects::OF_EVERY_FUNCTION;
use super::value::Value;
use super::{Machine, Made, Run, Stop};
use crate::syntax::{Frozen, Method};

impl<'r> Machine<'r, '_> {
    pub(super) fn method(
        &mut self,
        method: &'r Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match object {
            Value::Text(text) => self.of_text(method, text, arguments),
            Value::Pattern(pattern) => {
                self.of_pattern(method, pattern, arguments)
            }
            Value::Made(index)
                if let Some(Made::Pattern(pattern, last)) =
                    self.made.get(index as usize) =>
            {
                let (pattern, last) = (pattern.clone(), *last);
                self.of_made_pattern(method, index, &pattern, last, arguments)
            }
            Value::Frozen(frozen)
                if *method == Method::HasOwnProperty
                    && let Frozen::Map(names) = &**frozen
                    && !names.has_own() =>
            {
                let key = argument(arguments, 0).text(self.arena)?;
                Ok(Value::Bool(names.get(key).is_some()))
            }
            _ if self.keyed(object).is_some() => {
                self.of_keyed(method, object, arguments)
            }
            Value::Frozen(_) | Value::Made(_) => {
                if self.is_list(object) {
                    self.of_list(method, object, arguments)
                } else {
                    self.of_map(method, object, arguments)
                }
            }
            Value::HasOwn if *method == Method::Call => {
                let object = argument(arguments, 0);
                self.has_own(object, argument(arguments, 1))
            }
            Value::Number(number) => self.of_number(method, number, arguments),
            Value::Function(_) | Value::Closure(..)
                if *method == Method::Call =>
            {
                let this = argument(arguments, 0);
                let arguments = arguments.get(1..).unwrap_or(&[]);
                self.call_with(object, this, arguments)
            }
            Value::Function(_) | Value::Closure(..)
                if *method == Method::Apply =>
            {
                let this = argument(arguments, 0);
                let list = argument(arguments, 1);
                if !self.is_list(list) {
                    return Err(Stop::RETRY);
                }
                let count = self.count(list).unwrap_or(0);
                self.spend(count as u64)?;
                let all: Vec<Value<'r>> = (0..count)
                    .filter_map(|at| self.element(list, at))
                    .collect();
                self.call_with(object, this, &all)
            }
            Value::Function(index) => {
                let function = self.of_function(index, method.name())?;
                self.call_with(function, object, arguments)
            }
            _ => Err(Stop::RETRY),
        }
    }

    fn of_number(
        &mut self,
        method: &Method,
        number: f64,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let value = Value::Number(number);
        let base = integer(argument(arguments, 0), 10.0)?;
        match method {
            Method::ToString if base == 10.0 => {
                Ok(Value::Text(value.text(self.arena)?))
            }
            Method::ToString
                if (2.0..=36.0).contains(&base)
                    && number.fract() == 0.0
                    && number.abs() < 9e15 =>
            {
                let (base, mut rest) = (base as u64, number.abs() as u64);
                let mut digits = Vec::new();
                while rest > 0 || digits.is_empty() {
                    let digit = char::from_digit((rest % base) as u32, 36);
                    digits.push(digit.ok_or(Stop::RETRY)?);
                    rest /= base;
                }
                if number < 0.0 {
                    digits.push('-');
                }
                let text: String = digits.iter().rev().collect();
                Ok(Value::Text(self.arena.alloc_str(&text)))
            }
            Method::ToFixed
                if number.fract() == 0.0
                    && number.abs() < 9e15
                    && arguments.is_empty() =>
            {
                Ok(Value::Text(value.text(self.arena)?))
            }
            Method::ValueOf => Ok(value),
            _ => Err(Stop::RETRY),
        }
    }

    fn of_map(
        &mut self,
        method: &'r Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match self.inherited(object, method.name())? {
            Some(function) => self.call_with(function, object, arguments),
            None if *method == Method::HasOwnProperty
                && self.has_object_prototype(object)? =>
            {
                self.has_own(object, argument(arguments, 0))
            }
            None => Err(Stop::RETRY),
        }
    }

    pub(super) fn has_own(
        &mut self,
        object: Value<'r>,
        key: Value<'r>,
    ) -> Run<Value<'r>> {
        let key = key.text(self.arena)?;
        if self.is_list(object) {
            return self.has_element(object, key).map(Value::Bool);
        }
        if let Value::HasOwn = object {
            // Itself, where a host is called like it.
            return match OF_EVERY_FUNCTION.contains(&key) {
                true => Err(Stop::RETRY),
                false => Ok(Value::Bool(false)),
            };
        }
        let own = self.property(object, key)?.is_some();
        if !own && key == "constructor" {
            // A function's own prototype has one.
            return Err(Stop::RETRY);
        }
        Ok(Value::Bool(own))
    }
}

pub(super) fn argument<'r>(
    arguments: &[Value<'r>],
    index: usize,
) -> Value<'r> {
    arguments.get(index).copied().unwrap_or(Value::Undefined)
}

pub(super) fn plain_text(value: Value<'_>) -> Run<&str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Stop::RETRY),
    }
}

pub(super) fn find(text: &str, other: &str, from: usize) -> Option<usize> {
    let found = match other.as_bytes() {
        [byte] => {
            let rest = text.as_bytes().get(from..)?;
            rest.iter().position(|other| other == byte)?
        }
        _ => text.get(from..)?.find(other)?,
    };
    Some(from + found)
}

/// An argument as `ToIntegerOrInfinity` has it; `default` where it is
/// missing.
pub(super) fn integer(value: Value<'_>, default: f64) -> Run<f64> {
    match value {
        Value::Undefined => Ok(default),
        // What has no fraction, mostly, and without a call of `trunc`.
        Value::Number(number) if number.abs() < 1e15 => {
            Ok((number as i64) as f64)
        }
        Value::Number(number) if number.is_nan() => Ok(0.0),
        Value::Number(number) => Ok(number.trunc()),
        Value::Null => Ok(0.0),
        _ => Err(Stop::RETRY),
    }
}

pub(super) fn clamp(number: f64, most: usize) -> usize {
    // Saturates at both ends.
    (number as usize).min(most)
}

/// An index that counts from the end where it is negative.
pub(super) fn relative(number: f64, length: usize) -> usize {
    if number < 0.0 {
        let back = (-number) as usize;
        length.saturating_sub(back)
    } else {
        clamp(number, length)
    }
}
