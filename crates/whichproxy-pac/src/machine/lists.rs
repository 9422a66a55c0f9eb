//! The methods of arrays.

use bumpalo::collections::String as ArenaString;

use super::methods::{argument, clamp, integer, relative};
use super::value::Value;
use super::{Machine, Made, Run, Stop};
use crate::syntax::Method;

impl<'r> Machine<'r, '_> {
    pub(super) fn of_list(
        &mut self,
        method: &Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let count = self.count(object).ok_or(Stop::RETRY)?;
        let first = argument(arguments, 0);
        match method {
            Method::IndexOf | Method::Includes => {
                let from = integer(argument(arguments, 1), 0.0)?;
                let from = relative(from, count);
                self.spend(1 + count as u64 / 4)?;
                let not_a_number =
                    matches!(first, Value::Number(n) if n.is_nan());
                let mut found = None;
                for index in from..count {
                    let element =
                        self.element(object, index).ok_or(Stop::RETRY)?;
                    let same = *method == Method::Includes
                        && not_a_number
                        && matches!(element, Value::Number(n) if n.is_nan());
                    if same || element.strictly_equals(first)? {
                        found = Some(index);
                        break;
                    }
                }
                Ok(match method {
                    Method::Includes => Value::Bool(found.is_some()),
                    _ => Value::Number(found.map_or(-1.0, |at| at as f64)),
                })
            }
            Method::Join => {
                let with = match first {
                    Value::Undefined => ",",
                    Value::Text(text) => text,
                    _ => return Err(Stop::RETRY),
                };
                let mut out = ArenaString::new_in(self.arena);
                for index in 0..count {
                    let element =
                        self.element(object, index).ok_or(Stop::RETRY)?;
                    let text = if element.is_none() {
                        ""
                    } else {
                        element.text(self.arena)?
                    };
                    self.spend_new_text(text.len() + with.len())?;
                    if index > 0 {
                        out.push_str(with);
                    }
                    out.push_str(text);
                }
                Ok(Value::Text(out.into_bump_str()))
            }
            Method::Slice => {
                let from = relative(integer(first, 0.0)?, count);
                let to = integer(argument(arguments, 1), f64::INFINITY)?;
                let to = relative(to, count);
                self.spend(1 + count as u64 / 4)?;
                self.hold_elements(to.saturating_sub(from))?;
                let all = (from..to)
                    .map(|at| self.element(object, at).ok_or(Stop::RETRY))
                    .collect::<Run<Vec<_>>>()?;
                self.make(Made::Array(all))
            }
            Method::Concat => {
                let mut all = Vec::new();
                for list in [object].iter().chain(arguments) {
                    if !self.is_list(*list) {
                        all.push(*list);
                        continue;
                    }
                    let count = self.count(*list).unwrap_or(0);
                    self.hold_elements(count)?;
                    for at in 0..count {
                        self.spend(1)?;
                        all.extend(self.element(*list, at));
                    }
                }
                self.make(Made::Array(all))
            }
            Method::Push | Method::Pop | Method::Shift => {
                let Value::Made(index) = object else {
                    return Err(Stop::RETRY);
                };
                let work = match method {
                    Method::Shift => 1 + count as u64 / 16,
                    _ => 1 + arguments.len() as u64,
                };
                self.spend(work)?;
                self.hold_elements(arguments.len())?;
                let Some(Made::Array(all)) = self.made.get_mut(index as usize)
                else {
                    return Err(Stop::RETRY);
                };
                Ok(match method {
                    Method::Push => {
                        all.extend_from_slice(arguments);
                        Value::Number(all.len() as f64)
                    }
                    Method::Pop => all.pop().unwrap_or(Value::Undefined),
                    _ if all.is_empty() => Value::Undefined,
                    _ => all.remove(0),
                })
            }
            Method::HasOwnProperty => self.has_own(object, first),
            Method::LastIndexOf if arguments.len() == 1 => {
                self.spend(1 + count as u64 / 4)?;
                for index in (0..count).rev() {
                    let element =
                        self.element(object, index).ok_or(Stop::RETRY)?;
                    if element.strictly_equals(first)? {
                        return Ok(Value::Number(index as f64));
                    }
                }
                Ok(Value::Number(-1.0))
            }
            Method::At => {
                let at = integer(first, 0.0)?;
                let at = if at < 0.0 { at + count as f64 } else { at };
                if at < 0.0 {
                    return Ok(Value::Undefined);
                }
                let element = self.element(object, clamp(at, count));
                Ok(element.unwrap_or(Value::Undefined))
            }
            Method::Flat if arguments.is_empty() => {
                let mut all = Vec::new();
                for index in 0..count {
                    self.spend(1)?;
                    let element =
                        self.element(object, index).ok_or(Stop::RETRY)?;
                    if !self.is_list(element) {
                        all.push(element);
                        continue;
                    }
                    let count = self.count(element).unwrap_or(0);
                    self.hold_elements(count)?;
                    for inner in 0..count {
                        self.spend(1)?;
                        all.extend(self.element(element, inner));
                    }
                }
                self.make(Made::Array(all))
            }
            Method::ToString if arguments.is_empty() => {
                self.of_list(&Method::Join, object, &[])
            }
            Method::ForEach
            | Method::Map
            | Method::Filter
            | Method::Some
            | Method::Every
            | Method::Find
            | Method::FindIndex => self.with_each(method, object, first),
            Method::Reduce => self.reduce(object, arguments),
            Method::Reverse
            | Method::Sort
            | Method::Splice
            | Method::Unshift
            | Method::Fill => self.changed(method, object, arguments),
            _ => Err(Stop::RETRY),
        }
    }

    /// The methods that call a function with each element.
    fn with_each(
        &mut self,
        method: &Method,
        object: Value<'r>,
        function: Value<'r>,
    ) -> Run<Value<'r>> {
        if !function.is_function() {
            return Err(Stop::RETRY);
        }
        let count = self.count(object).ok_or(Stop::RETRY)?;
        let mut made = Vec::new();
        for index in 0..count {
            self.spend(1)?;
            let element = self.element(object, index).ok_or(Stop::RETRY)?;
            let number = Value::Number(index as f64);
            let value =
                self.call_value(function, &[element, number, object])?;
            // What happens to a list that changes meanwhile, is subtle.
            if self.count(object) != Some(count) {
                return Err(Stop::RETRY);
            }
            match method {
                Method::Map => made.push(value),
                Method::Filter if value.truth() => made.push(element),
                Method::Some if value.truth() => return Ok(Value::Bool(true)),
                Method::Every if !value.truth() => {
                    return Ok(Value::Bool(false));
                }
                Method::Find if value.truth() => return Ok(element),
                Method::FindIndex if value.truth() => return Ok(number),
                _ => {}
            }
        }
        match method {
            Method::Map | Method::Filter => self.make(Made::Array(made)),
            Method::Some => Ok(Value::Bool(false)),
            Method::Every => Ok(Value::Bool(true)),
            Method::FindIndex => Ok(Value::Number(-1.0)),
            _ => Ok(Value::Undefined),
        }
    }

    fn reduce(
        &mut self,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let function = argument(arguments, 0);
        let count = self.count(object).ok_or(Stop::RETRY)?;
        if !function.is_function() {
            return Err(Stop::RETRY);
        }
        let (mut sum, from) = match arguments.get(1) {
            Some(first) => (*first, 0),
            None => (self.element(object, 0).ok_or(Stop::RETRY)?, 1),
        };
        for index in from..count {
            self.spend(1)?;
            let element = self.element(object, index).ok_or(Stop::RETRY)?;
            let number = Value::Number(index as f64);
            sum =
                self.call_value(function, &[sum, element, number, object])?;
            if self.count(object) != Some(count) {
                return Err(Stop::RETRY);
            }
        }
        Ok(sum)
    }

    /// The methods that change a list of this evaluation.
    fn changed(
        &mut self,
        method: &Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let Value::Made(index) = object else { return Err(Stop::RETRY) };
        let count = self.count(object).ok_or(Stop::RETRY)?;
        self.spend(2 + count as u64 + arguments.len() as u64)?;
        self.hold_elements(arguments.len())?;
        if matches!(method, Method::Sort) {
            self.hold_elements(2 * count)?;
        }
        let first = argument(arguments, 0);
        let arena = self.arena;
        let Some(Made::Array(all)) = self.made.get_mut(index as usize) else {
            return Err(Stop::RETRY);
        };
        match method {
            Method::Reverse => all.reverse(),
            Method::Unshift => {
                all.splice(0..0, arguments.iter().copied());
                return Ok(Value::Number(all.len() as f64));
            }
            Method::Fill if arguments.len() == 1 => all.fill(first),
            Method::Sort if matches!(first, Value::Undefined) => {
                let mut texts = Vec::with_capacity(count);
                for value in all.iter() {
                    let last = matches!(value, Value::Undefined);
                    texts.push((last, value.text(arena)?, *value));
                }
                texts.sort_by_key(|(last, text, _)| (*last, *text));
                let work = 4 * count as u64;
                *all = texts.into_iter().map(|(_, _, value)| value).collect();
                self.spend(work)?;
            }
            Method::Splice if !arguments.is_empty() => {
                let from = relative(integer(first, 0.0)?, count);
                let most = match arguments.get(1) {
                    Some(most) => integer(*most, 0.0)?,
                    None => f64::INFINITY,
                };
                let to = from + clamp(most, count - from);
                let new = arguments.get(2..).unwrap_or(&[]);
                let gone = all.splice(from..to, new.iter().copied());
                let gone = gone.collect();
                return self.make(Made::Array(gone));
            }
            _ => return Err(Stop::RETRY),
        }
        Ok(object)
    }
}
