//! The methods of texts, arrays, objects and regular expressions.

use bumpalo::collections::String as ArenaString;

use super::operators::array_index;
use super::value::{Value, is_space};
use super::{Machine, Made, Run, Stop};
use crate::syntax::{Frozen, Method, Pattern};

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
                if let Some(Made::Pattern(pattern)) =
                    self.made.get(index as usize) =>
            {
                let pattern = pattern.clone();
                self.of_pattern(method, &pattern, arguments)
            }
            Value::Frozen(frozen)
                if *method == Method::HasOwnProperty
                    && let Frozen::Map(names) = &**frozen
                    && !names.has_own() =>
            {
                let key = argument(arguments, 0).text(self.arena)?;
                Ok(Value::Bool(names.get(key).is_some()))
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
            Value::Number(_) if *method == Method::ToString => match arguments
            {
                [] => Ok(Value::Text(object.text(self.arena)?)),
                _ => Err(Stop::RETRY),
            },
            _ => Err(Stop::RETRY),
        }
    }

    fn of_text(
        &mut self,
        method: &Method,
        text: &'r str,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        self.spend_text(text.len())?;
        let length = text.len();
        let first = argument(arguments, 0);
        let second = argument(arguments, 1);
        let cut = |from: usize, to: usize| {
            text.get(from..to.max(from)).map(Value::Text).ok_or(Stop::RETRY)
        };
        Ok(match method {
            Method::CharAt => {
                let at = integer(first, 0.0)?;
                let at = if at < 0.0 { length } else { clamp(at, length) };
                return cut(at, (at + 1).min(length));
            }
            Method::CharCodeAt => {
                let at = integer(first, 0.0)?;
                let at = if at < 0.0 { length } else { clamp(at, length) };
                let byte = text.as_bytes().get(at);
                Value::Number(byte.map_or(f64::NAN, |byte| (*byte).into()))
            }
            Method::Concat => {
                let mut joined = text;
                for argument in arguments {
                    let more = argument.text(self.arena)?;
                    self.spend_new_text(joined.len() + more.len())?;
                    let mut both =
                        ArenaString::from_str_in(joined, self.arena);
                    both.push_str(more);
                    joined = both.into_bump_str();
                }
                Value::Text(joined)
            }
            Method::IndexOf => {
                let from = clamp(integer(second, 0.0)?, length);
                let found = find(text, plain_text(first)?, from);
                Value::Number(found.map_or(-1.0, |at| at as f64))
            }
            Method::LastIndexOf => {
                let from = match second {
                    Value::Undefined => length,
                    Value::Number(n) if n.is_nan() => length,
                    other => clamp(integer(other, 0.0)?, length),
                };
                let other = plain_text(first)?;
                let end = from.saturating_add(other.len()).min(length);
                let found = text.get(..end).and_then(|t| t.rfind(other));
                Value::Number(found.map_or(-1.0, |at| at as f64))
            }
            Method::Includes | Method::StartsWith | Method::EndsWith => {
                if !matches!(second, Value::Undefined) {
                    return Err(Stop::RETRY);
                }
                let other = plain_text(first)?;
                Value::Bool(match method {
                    Method::Includes => text.contains(other),
                    Method::StartsWith => text.starts_with(other),
                    _ => text.ends_with(other),
                })
            }
            Method::Substring => {
                let from = clamp(integer(first, 0.0)?, length);
                let to = clamp(integer(second, f64::INFINITY)?, length);
                return cut(from.min(to), from.max(to));
            }
            Method::Slice => {
                let from = relative(integer(first, 0.0)?, length);
                let to = relative(integer(second, f64::INFINITY)?, length);
                return cut(from, to.max(from));
            }
            Method::Substr => {
                let from = relative(integer(first, 0.0)?, length);
                let most = integer(second, f64::INFINITY)?;
                let most = clamp(most, length - from);
                return cut(from, from + most);
            }
            Method::ToLowerCase => {
                if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Ok(Value::Text(text));
                }
                self.spend_new_text(length)?;
                let lower = self.arena.alloc_str(text);
                lower.make_ascii_lowercase();
                Value::Text(lower)
            }
            Method::ToUpperCase => {
                self.spend_new_text(length)?;
                let upper = self.arena.alloc_str(text);
                upper.make_ascii_uppercase();
                Value::Text(upper)
            }
            Method::Trim => Value::Text(text.trim_matches(is_space)),
            Method::ToString => Value::Text(text),
            Method::Split => {
                if !matches!(second, Value::Undefined) {
                    return Err(Stop::RETRY);
                }
                let parts: Vec<Value<'r>> = match first {
                    Value::Undefined => vec![Value::Text(text)],
                    Value::Text("") => (0..length)
                        .filter_map(|at| text.get(at..at + 1))
                        .map(Value::Text)
                        .collect(),
                    Value::Text(other) => {
                        text.split(other).map(Value::Text).collect()
                    }
                    _ => return Err(Stop::RETRY),
                };
                self.spend(parts.len() as u64)?;
                return self.make(Made::Array(parts));
            }
            Method::Match | Method::Search => {
                return self.with_pattern(first, |machine, pattern| {
                    if *method == Method::Search {
                        let regex = pattern.regex().ok_or(Stop::RETRY)?;
                        // Where it starts could be told apart, too.
                        if !pattern.groups_are_exact() {
                            return Err(Stop::RETRY);
                        }
                        let found = regex.find(text.as_bytes());
                        let at = found.map_or(-1.0, |m| m.start() as f64);
                        return Ok(Value::Number(at));
                    }
                    machine.matches(pattern, text)
                });
            }
            Method::Replace => {
                let Value::Text(with) = second else {
                    return Err(Stop::RETRY);
                };
                if with.contains('$') {
                    return Err(Stop::RETRY);
                }
                if let Value::Text(other) = first {
                    let Some(at) = text.find(other) else {
                        return Ok(Value::Text(text));
                    };
                    let found = [(at, at + other.len())];
                    return self.replaced(text, &found, with);
                }
                return self.with_pattern(first, |machine, pattern| {
                    let regex = pattern.regex().ok_or(Stop::RETRY)?;
                    if !pattern.groups_are_exact() {
                        return Err(Stop::RETRY);
                    }
                    let all = regex.find_iter(text.as_bytes());
                    let most =
                        if pattern.is_global() { usize::MAX } else { 1 };
                    let found: Vec<(usize, usize)> = all
                        .map(|found| (found.start(), found.end()))
                        .take(most)
                        .collect();
                    // After an empty match the engines go on differently.
                    let empty = found.iter().any(|(from, to)| from == to);
                    if empty && pattern.is_global() {
                        return Err(Stop::RETRY);
                    }
                    machine.replaced(text, &found, with)
                });
            }
            _ => return Err(Stop::RETRY),
        })
    }

    fn replaced(
        &mut self,
        text: &'r str,
        found: &[(usize, usize)],
        with: &str,
    ) -> Run<Value<'r>> {
        if found.is_empty() {
            return Ok(Value::Text(text));
        }
        self.spend_new_text(text.len() + found.len() * with.len())?;
        let mut out = ArenaString::new_in(self.arena);
        let mut at = 0;
        for (from, to) in found {
            out.push_str(text.get(at..*from).ok_or(Stop::RETRY)?);
            out.push_str(with);
            at = *to;
        }
        out.push_str(text.get(at..).ok_or(Stop::RETRY)?);
        Ok(Value::Text(out.into_bump_str()))
    }

    fn with_pattern(
        &mut self,
        value: Value<'r>,
        then: impl FnOnce(&mut Self, &Pattern) -> Run<Value<'r>>,
    ) -> Run<Value<'r>> {
        match value {
            Value::Pattern(pattern) => then(self, pattern),
            Value::Made(index) => match self.made.get(index as usize) {
                Some(Made::Pattern(pattern)) => {
                    let pattern = pattern.clone();
                    then(self, &pattern)
                }
                _ => Err(Stop::RETRY),
            },
            _ => Err(Stop::RETRY),
        }
    }

    /// What `text.match(pattern)` gives: an array, or `null`.
    fn matches(&mut self, pattern: &Pattern, text: &'r str) -> Run<Value<'r>> {
        let regex = pattern.regex().ok_or(Stop::RETRY)?;
        self.spend_text(text.len())?;
        if !pattern.groups_are_exact() {
            // An array all the same, of which only that it is one is known.
            if regex.is_match(text.as_bytes()) {
                return Err(Stop::RETRY);
            }
            return Ok(Value::Null);
        }
        if pattern.is_global() {
            let mut all = Vec::new();
            for found in regex.find_iter(text.as_bytes()) {
                if found.is_empty() {
                    return Err(Stop::RETRY);
                }
                let found = text.get(found.range()).ok_or(Stop::RETRY)?;
                all.push(Value::Text(found));
            }
            if all.is_empty() {
                return Ok(Value::Null);
            }
            self.spend(all.len() as u64)?;
            return self.make(Made::Array(all));
        }
        let Some(found) = regex.captures(text.as_bytes()) else {
            return Ok(Value::Null);
        };
        let mut groups = Vec::with_capacity(found.len());
        for group in found.iter() {
            groups.push(match group {
                Some(group) => {
                    let group = text.get(group.range()).ok_or(Stop::RETRY)?;
                    Value::Text(group)
                }
                None => Value::Undefined,
            });
        }
        self.make(Made::Array(groups))
    }

    fn of_pattern(
        &mut self,
        method: &Method,
        pattern: &Pattern,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        // With the flag `g`, it would remember where it was.
        if pattern.is_global() {
            return Err(Stop::RETRY);
        }
        let text = argument(arguments, 0).text(self.arena)?;
        match method {
            Method::Test => {
                self.spend_text(text.len())?;
                let regex = pattern.regex().ok_or(Stop::RETRY)?;
                Ok(Value::Bool(regex.is_match(text.as_bytes())))
            }
            Method::Exec => self.matches(pattern, text),
            _ => Err(Stop::RETRY),
        }
    }

    fn of_list(
        &mut self,
        method: &Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let count = self.count(object).ok_or(Stop::RETRY)?;
        let first = argument(arguments, 0);
        match method {
            Method::IndexOf | Method::Includes => {
                if arguments.len() != 1 {
                    return Err(Stop::RETRY);
                }
                self.spend(1 + count as u64 / 4)?;
                let not_a_number =
                    matches!(first, Value::Number(n) if n.is_nan());
                if *method == Method::Includes && not_a_number {
                    return Err(Stop::RETRY);
                }
                let mut found = None;
                for index in 0..count {
                    let element =
                        self.element(object, index).ok_or(Stop::RETRY)?;
                    if element.strictly_equals(first)? {
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
                let all = (from..to)
                    .map(|at| self.element(object, at).ok_or(Stop::RETRY))
                    .collect::<Run<Vec<_>>>()?;
                self.make(Made::Array(all))
            }
            Method::Concat => {
                let mut all = Vec::new();
                for list in [object].iter().chain(arguments) {
                    if !self.is_list(*list) {
                        return Err(Stop::RETRY);
                    }
                    for at in 0..self.count(*list).unwrap_or(0) {
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
            _ => Err(Stop::RETRY),
        }
    }

    fn of_map(
        &mut self,
        method: &'r Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match self.property(object, method.name())? {
            Some(function) => self.call_value(function, arguments),
            None if *method == Method::HasOwnProperty => {
                self.has_own(object, argument(arguments, 0))
            }
            None => Err(Stop::RETRY),
        }
    }

    fn has_own(
        &mut self,
        object: Value<'r>,
        key: Value<'r>,
    ) -> Run<Value<'r>> {
        let key = key.text(self.arena)?;
        if self.is_list(object) {
            let index = array_index(key).ok_or(Stop::RETRY)?;
            let count = self.count(object).unwrap_or(0);
            return Ok(Value::Bool(index < count));
        }
        Ok(Value::Bool(self.property(object, key)?.is_some()))
    }

    /// `new RegExp(…)` of what is only known now; while loading only, since
    /// reading an expression costs more than all else.
    pub(super) fn regex(&mut self, arguments: &[Value<'r>]) -> Run<Value<'r>> {
        if !self.loading {
            return Err(Stop::RETRY);
        }
        let Value::Text(source) = argument(arguments, 0) else {
            return Err(Stop::RETRY);
        };
        let flags = match argument(arguments, 1) {
            Value::Undefined => "",
            Value::Text(flags) => flags,
            _ => return Err(Stop::RETRY),
        };
        self.spend_text(source.len())?;
        let pattern = Pattern::new(source, flags).ok_or(Stop::RETRY)?;
        self.make(Made::Pattern(pattern))
    }
}

fn argument<'r>(arguments: &[Value<'r>], index: usize) -> Value<'r> {
    arguments.get(index).copied().unwrap_or(Value::Undefined)
}

fn plain_text(value: Value<'_>) -> Run<&str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Stop::RETRY),
    }
}

fn find(text: &str, other: &str, from: usize) -> Option<usize> {
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
fn integer(value: Value<'_>, default: f64) -> Run<f64> {
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

fn clamp(number: f64, most: usize) -> usize {
    // Saturates at both ends.
    (number as usize).min(most)
}

/// An index that counts from the end where it is negative.
fn relative(number: f64, length: usize) -> usize {
    if number < 0.0 {
        let back = (-number) as usize;
        length.saturating_sub(back)
    } else {
        clamp(number, length)
    }
}
