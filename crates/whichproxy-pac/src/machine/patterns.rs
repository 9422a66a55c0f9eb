//! Regular expressions, and the methods of texts that take one.

use std::sync::Arc;

use bumpalo::collections::String as ArenaString;

use super::methods::{argument, plain_text};
use super::value::Value;
use super::{Machine, Made, Run, Stop};
use crate::syntax::{Groups, Method, Pattern};

impl<'r> Machine<'r, '_> {
    /// `new RegExp(…)` of what is only known now, or a new one of a kind.
    pub(super) fn regex(&mut self, arguments: &[Value<'r>]) -> Run<Value<'r>> {
        let flags = match argument(arguments, 1) {
            Value::Undefined => None,
            Value::Text(flags) => Some(flags),
            _ => return Err(Stop::RETRY),
        };
        let source = match argument(arguments, 0) {
            Value::Text(source) => source,
            Value::Pattern(pattern) if flags.is_none() => {
                return self.make(Made::Pattern(pattern.clone(), 0));
            }
            _ => return Err(Stop::RETRY),
        };
        self.spend_text(source.len())?;
        let flags = flags.unwrap_or("");
        let pattern = match self.patterns {
            Some(patterns) => patterns.find(source, flags),
            None => Pattern::new(source, flags),
        };
        let pattern = pattern.ok_or(Stop::RETRY)?;
        self.spend(10)?;
        self.make(Made::Pattern(pattern, 0))
    }

    pub(super) fn of_pattern(
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
                let found = pattern.is_match(text);
                Ok(Value::Bool(found.ok_or(Stop::RETRY)?))
            }
            Method::Exec => self.first_match(pattern, text, 0),
            _ => Err(Stop::RETRY),
        }
    }

    /// The methods of one that this evaluation made, which remembers where
    /// it was.
    pub(super) fn of_made_pattern(
        &mut self,
        method: &Method,
        index: u32,
        pattern: &Pattern,
        last: usize,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        if !pattern.is_global() {
            return self.of_pattern(method, pattern, arguments);
        }
        if !pattern.ends_are_exact() {
            return Err(Stop::RETRY);
        }
        let text = argument(arguments, 0).text(self.arena)?;
        self.spend_text(text.len())?;
        let (value, next) = match method {
            Method::Test => {
                let found = pattern.find(text, last).ok_or(Stop::RETRY)?;
                (Value::Bool(found.is_some()), found)
            }
            Method::Exec => {
                let found = pattern.find(text, last).ok_or(Stop::RETRY)?;
                (self.first_match(pattern, text, last)?, found)
            }
            _ => return Err(Stop::RETRY),
        };
        if let Some(Made::Pattern(_, last)) = self.made.get_mut(index as usize)
        {
            *last = next.map_or(0, |(_, end)| end);
        }
        Ok(value)
    }

    /// What a value is as an expression, if it is one.
    fn pattern_of(&self, value: Value<'r>) -> Run<Arc<Pattern>> {
        match value {
            Value::Pattern(pattern) => Ok(pattern.clone()),
            Value::Made(index) => match self.made.get(index as usize) {
                // Some methods go on from where it was.
                Some(Made::Pattern(pattern, 0)) => Ok(pattern.clone()),
                _ => Err(Stop::RETRY),
            },
            _ => Err(Stop::RETRY),
        }
    }

    /// `text.search(pattern)`.
    pub(super) fn searched(
        &mut self,
        text: &'r str,
        pattern: Value<'r>,
    ) -> Run<Value<'r>> {
        let pattern = self.pattern_of(pattern)?;
        if !pattern.ends_are_exact() {
            return Err(Stop::RETRY);
        }
        let found = pattern.find(text, 0).ok_or(Stop::RETRY)?;
        Ok(Value::Number(found.map_or(-1.0, |(from, _)| from as f64)))
    }

    /// `text.match(pattern)`: an array, or `null`.
    pub(super) fn matched(
        &mut self,
        text: &'r str,
        pattern: Value<'r>,
    ) -> Run<Value<'r>> {
        let pattern = match pattern {
            Value::Text(source) => match self.patterns {
                Some(patterns) => patterns.find(source, ""),
                None => Pattern::new(source, ""),
            }
            .ok_or(Stop::RETRY)?,
            other => self.pattern_of(other)?,
        };
        self.spend_text(text.len())?;
        let exact = match pattern.is_global() {
            true => pattern.ends_are_exact(),
            false => pattern.groups_are_exact(),
        };
        if !exact {
            // An array all the same, of which only that it is one is known.
            if pattern.is_match(text).ok_or(Stop::RETRY)? {
                return Err(Stop::RETRY);
            }
            return Ok(Value::Null);
        }
        if !pattern.is_global() {
            return self.first_match(&pattern, text, 0);
        }
        let mut all = Vec::new();
        for (from, to) in self.every_match(&pattern, text)? {
            let found = text.get(from..to).ok_or(Stop::RETRY)?;
            all.push(Value::Text(found));
        }
        if all.is_empty() {
            return Ok(Value::Null);
        }
        self.make(Made::Array(all))
    }

    /// All matches of an expression with the flag `g`.
    fn every_match(
        &mut self,
        pattern: &Pattern,
        text: &str,
    ) -> Run<Vec<(usize, usize)>> {
        let mut all = Vec::new();
        let mut at = 0;
        while let Some((from, to)) =
            pattern.find(text, at).ok_or(Stop::RETRY)?
        {
            self.spend(1 + (to - at) as u64 / 16)?;
            self.hold_elements(1)?;
            all.push((from, to));
            // After an empty match it goes on one further.
            at = if from == to { to + 1 } else { to };
        }
        Ok(all)
    }

    /// What `pattern.exec(text)` gives.
    fn first_match(
        &mut self,
        pattern: &Pattern,
        text: &'r str,
        from: usize,
    ) -> Run<Value<'r>> {
        self.spend_text(text.len())?;
        if !pattern.groups_are_exact() {
            if pattern.is_match(text).ok_or(Stop::RETRY)? {
                return Err(Stop::RETRY);
            }
            return Ok(Value::Null);
        }
        let Some(groups) = pattern.groups(text, from).ok_or(Stop::RETRY)?
        else {
            return Ok(Value::Null);
        };
        let values = group_values(text, &groups)?;
        let at = groups.first().copied().flatten().map_or(0, |(at, _)| at);
        let array = self.make(Made::Array(values.to_vec()))?;
        if let Value::Made(index) = array {
            self.found.push((index, at, text));
        }
        Ok(array)
    }

    /// `match.index` and `match.input`.
    pub(super) fn of_match(
        &self,
        array: u32,
        name: &str,
    ) -> Option<Value<'r>> {
        let found = self.found.iter().rev().find(|one| one.0 == array)?;
        match name {
            "index" => Some(Value::Number(found.1 as f64)),
            "input" => Some(Value::Text(found.2)),
            _ => None,
        }
    }

    /// What lies between the matches, and what their groups found.
    pub(super) fn split_by_pattern(
        &mut self,
        text: &'r str,
        by: Value<'r>,
    ) -> Run<Vec<Value<'r>>> {
        let pattern = self.pattern_of(by)?;
        // What may match nothing is subtle.
        let empty = pattern.is_match("").ok_or(Stop::RETRY)?;
        if !pattern.groups_are_exact() || empty {
            return Err(Stop::RETRY);
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(groups) = pattern.groups(text, at).ok_or(Stop::RETRY)? {
            let Some(Some((from, to))) = groups.first().copied() else {
                return Err(Stop::RETRY);
            };
            if from == to {
                return Err(Stop::RETRY);
            }
            self.spend(1 + (to - at) as u64 / 16)?;
            self.hold_elements(groups.len())?;
            parts.push(Value::Text(text.get(at..from).ok_or(Stop::RETRY)?));
            let values = group_values(text, &groups)?;
            parts.extend(values.into_iter().skip(1));
            at = to;
        }
        parts.push(Value::Text(text.get(at..).ok_or(Stop::RETRY)?));
        Ok(parts)
    }

    /// `text.replace(what, with)`, or `replaceAll`.
    pub(super) fn replace(
        &mut self,
        text: &'r str,
        what: Value<'r>,
        with: Value<'r>,
        all: bool,
    ) -> Run<Value<'r>> {
        if !matches!(with, Value::Text(_)) && !with.is_function() {
            return Err(Stop::RETRY);
        }
        // Nothing in it stands for parts of what is replaced.
        let plain = matches!(with, Value::Text(with) if !with.contains('$'));
        let mut found: Vec<Groups> = Vec::new();
        if let Value::Text(other) = what {
            if all && other.is_empty() {
                return Err(Stop::RETRY);
            }
            let most = if all { usize::MAX } else { 1 };
            for (at, _) in text.match_indices(other).take(most) {
                self.spend(1)?;
                self.hold_elements(2)?;
                found.push(vec![Some((at, at + other.len()))]);
            }
        } else {
            let pattern = self.pattern_of(what)?;
            let exact = match plain {
                true => pattern.ends_are_exact(),
                false => pattern.groups_are_exact(),
            };
            if !exact || (all && !pattern.is_global()) {
                return Err(Stop::RETRY);
            }
            let mut at = 0;
            while let Some(groups) =
                pattern.groups(text, at).ok_or(Stop::RETRY)?
            {
                let first = groups.first().copied().flatten();
                let (from, to) = first.ok_or(Stop::RETRY)?;
                self.spend(1 + (to - at) as u64 / 16)?;
                self.hold_elements(1 + groups.len())?;
                found.push(groups);
                at = if from == to { to + 1 } else { to };
                if !pattern.is_global() {
                    break;
                }
            }
        }
        if found.is_empty() {
            return Ok(Value::Text(text));
        }
        let mut out = ArenaString::new_in(self.arena);
        let mut at = 0;
        for groups in &found {
            let first = groups.first().copied().flatten();
            let (from, to) = first.ok_or(Stop::RETRY)?;
            let new = match with {
                Value::Text(with) if plain => with,
                Value::Text(with) => {
                    let new = expanded(with, text, groups)?;
                    self.spend_new_text(new.len())?;
                    self.arena.alloc_str(&new)
                }
                function => {
                    let mut arguments = group_values(text, groups)?;
                    arguments.push(Value::Number(from as f64));
                    arguments.push(Value::Text(text));
                    let new = self.call_value(function, &arguments)?;
                    new.text(self.arena)?
                }
            };
            self.spend_new_text(from - at + new.len())?;
            out.push_str(text.get(at..from).ok_or(Stop::RETRY)?);
            out.push_str(new);
            at = to;
        }
        self.spend_new_text(text.len())?;
        out.push_str(text.get(at..).ok_or(Stop::RETRY)?);
        Ok(Value::Text(out.into_bump_str()))
    }
}

/// The texts of a match's groups.
fn group_values<'r>(text: &'r str, groups: &Groups) -> Run<Vec<Value<'r>>> {
    let value = |group: &Option<(usize, usize)>| match group {
        Some((from, to)) => plain_text(match text.get(*from..*to) {
            Some(text) => Value::Text(text),
            None => Value::Undefined,
        })
        .map(Value::Text),
        None => Ok(Value::Undefined),
    };
    groups.iter().map(value).collect()
}

/// What replaces a match: `$1`, `$&` and the like stand for parts of it.
fn expanded(with: &str, text: &str, groups: &Groups) -> Run<String> {
    let group = |index: usize| {
        let group = groups.get(index).copied().flatten();
        let range = group.map(|(from, to)| from..to);
        range.and_then(|range| text.get(range)).unwrap_or("")
    };
    let whole = groups.first().copied().flatten();
    let (from, to) = whole.ok_or(Stop::RETRY)?;
    let mut out = String::new();
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let after = rest.get(at + 1..).unwrap_or("");
        let bytes = after.as_bytes();
        let digit = |at: usize| {
            let byte = bytes.get(at).filter(|byte| byte.is_ascii_digit());
            byte.map(|byte| usize::from(byte - b'0'))
        };
        let mut used = 1;
        match bytes.first() {
            Some(b'$') => out.push('$'),
            Some(b'&') => out.push_str(group(0)),
            Some(b'`') => out.push_str(text.get(..from).unwrap_or("")),
            Some(b'\'') => out.push_str(text.get(to..).unwrap_or("")),
            Some(b'0'..=b'9') => {
                let one = digit(0).unwrap_or(0);
                let two = digit(1).map(|low| 10 * one + low);
                let two = two.filter(|n| (1..groups.len()).contains(n));
                match two {
                    Some(two) => {
                        used = 2;
                        out.push_str(group(two));
                    }
                    None if (1..groups.len()).contains(&one) => {
                        out.push_str(group(one));
                    }
                    None => {
                        used = 0;
                        out.push('$');
                    }
                }
            }
            _ => {
                used = 0;
                out.push('$');
            }
        }
        rest = after.get(used..).unwrap_or("");
    }
    out.push_str(rest);
    Ok(out)
}
