//! The methods of texts.

use bumpalo::collections::String as ArenaString;

use super::methods::{argument, clamp, find, integer, plain_text, relative};
use super::value::{Value, is_space};
use super::{Machine, Made, Run, Stop};
use crate::syntax::Method;

impl<'r> Machine<'r, '_> {
    pub(super) fn of_text(
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
                let found = find(text, self.sought(first)?, from);
                Value::Number(found.map_or(-1.0, |at| at as f64))
            }
            Method::LastIndexOf => {
                let from = match second {
                    Value::Undefined => length,
                    Value::Number(n) if n.is_nan() => length,
                    other => clamp(integer(other, 0.0)?, length),
                };
                let other = self.sought(first)?;
                let end = from.saturating_add(other.len()).min(length);
                let found = text.get(..end).and_then(|t| t.rfind(other));
                Value::Number(found.map_or(-1.0, |at| at as f64))
            }
            Method::Includes | Method::StartsWith | Method::EndsWith => {
                let other = plain_text(first)?;
                let text = match (method, second) {
                    (_, Value::Undefined) => text,
                    (Method::EndsWith, end) => {
                        let end = clamp(integer(end, 0.0)?, length);
                        text.get(..end).ok_or(Stop::RETRY)?
                    }
                    (_, from) => {
                        let from = clamp(integer(from, 0.0)?, length);
                        text.get(from..).ok_or(Stop::RETRY)?
                    }
                };
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
            Method::Split => return self.split(text, first, second),
            Method::Match => return self.matched(text, first),
            Method::Search => return self.searched(text, first),
            Method::Replace | Method::ReplaceAll => {
                let all = *method == Method::ReplaceAll;
                return self.replace(text, first, second, all);
            }
            Method::TrimStart => {
                Value::Text(text.trim_start_matches(is_space))
            }
            Method::TrimEnd => Value::Text(text.trim_end_matches(is_space)),
            Method::ValueOf => Value::Text(text),
            Method::CodePointAt => {
                let at = integer(first, 0.0)?;
                let at = if at < 0.0 { length } else { clamp(at, length) };
                match text.as_bytes().get(at) {
                    Some(byte) => Value::Number((*byte).into()),
                    None => Value::Undefined,
                }
            }
            Method::At => {
                let at = integer(first, 0.0)?;
                let at = if at < 0.0 { at + length as f64 } else { at };
                if at < 0.0 || at >= length as f64 {
                    return Ok(Value::Undefined);
                }
                return cut(at as usize, at as usize + 1);
            }
            Method::Repeat => {
                let times = integer(first, 0.0)?;
                if !(0.0..1e6).contains(&times) {
                    return Err(Stop::RETRY);
                }
                let times = times as usize;
                self.spend_new_text(length.saturating_mul(times))?;
                Value::Text(self.arena.alloc_str(&text.repeat(times)))
            }
            Method::PadStart | Method::PadEnd => {
                let most = integer(first, 0.0)?;
                let with = match second {
                    Value::Undefined => " ",
                    other => plain_text(other)?,
                };
                if most >= 1e6 {
                    return Err(Stop::RETRY);
                }
                let most = if most < 0.0 { 0 } else { most as usize };
                if most <= length || with.is_empty() {
                    return Ok(Value::Text(text));
                }
                self.spend_new_text(most)?;
                let fill = with.bytes().cycle().take(most - length);
                let fill: String = fill.map(char::from).collect();
                let text = match method {
                    Method::PadStart => fill + text,
                    _ => text.to_owned() + &fill,
                };
                Value::Text(self.arena.alloc_str(&text))
            }
            _ => return Err(Stop::RETRY),
        })
    }

    /// What is looked for in a text: a number as it is written.
    fn sought(&self, value: Value<'r>) -> Run<&'r str> {
        match value {
            Value::Number(_) => value.text(self.arena),
            other => plain_text(other),
        }
    }

    /// `text.split(by, limit)`.
    fn split(
        &mut self,
        text: &'r str,
        by: Value<'r>,
        limit: Value<'r>,
    ) -> Run<Value<'r>> {
        let most = match limit {
            Value::Undefined => usize::MAX,
            Value::Number(n) if (0.0..4e9).contains(&n) => n as usize,
            _ => return Err(Stop::RETRY),
        };
        // So many parts that they are counted first.
        if text.len() > 1 << 10 {
            let most = match by {
                Value::Text("") => text.len(),
                Value::Text(other) => 1 + text.matches(other).count(),
                _ => 0,
            };
            self.hold_elements(most)?;
        }
        let mut parts: Vec<Value<'r>> = match by {
            Value::Undefined => vec![Value::Text(text)],
            Value::Text("") => (0..text.len())
                .filter_map(|at| text.get(at..at + 1))
                .map(Value::Text)
                .collect(),
            Value::Text(other) => text.split(other).map(Value::Text).collect(),
            _ => self.split_by_pattern(text, by)?,
        };
        self.spend(parts.len() as u64)?;
        parts.truncate(most);
        self.make(Made::Array(parts))
    }
}
