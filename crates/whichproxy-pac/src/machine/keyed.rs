//! `Set` and `Map`, as far as nothing is added or taken away.

use std::sync::Arc;

use super::methods::argument;
use super::value::Value;
use super::{Machine, Made, Run, Stop};
use crate::syntax::{Constant, Keyed, Method};

impl<'r> Machine<'r, '_> {
    /// The set or map that a value is.
    pub(super) fn keyed(&self, object: Value<'r>) -> Option<&Keyed> {
        match object {
            Value::Keyed(keyed) => Some(keyed),
            Value::Made(index) => match self.made.get(index as usize) {
                Some(Made::Keyed(keyed)) => Some(keyed),
                _ => None,
            },
            _ => None,
        }
    }

    /// A method of a set or map; what changes it, boa does.
    pub(super) fn of_keyed(
        &mut self,
        method: &Method,
        object: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let key = argument(arguments, 0);
        if let Value::Text(key) = key {
            self.spend_text(key.len())?;
        }
        let (found, is_map) = match object {
            Value::Keyed(keyed) => {
                (sought(keyed, key)?.map(Value::from), keyed.is_map())
            }
            Value::Made(index) => {
                let Some(Made::Keyed(keyed)) = self.made.get(index as usize)
                else {
                    return Err(Stop::RETRY);
                };
                let keyed = keyed.clone();
                let found = match sought(&keyed, key)? {
                    Some(value) => Some(self.datum(value)?),
                    None => None,
                };
                (found, keyed.is_map())
            }
            _ => return Err(Stop::RETRY),
        };
        match method {
            Method::Has => Ok(Value::Bool(found.is_some())),
            Method::Get if is_map => Ok(found.unwrap_or(Value::Undefined)),
            _ => {
                self.denied |= matches!(object, Value::Keyed(_));
                Err(Stop::RETRY)
            }
        }
    }

    /// A copy of a value that is neither object nor function.
    fn datum(&mut self, constant: &Constant) -> Run<Value<'r>> {
        Ok(match constant {
            Constant::Undefined => Value::Undefined,
            Constant::Null => Value::Null,
            Constant::Bool(value) => Value::Bool(*value),
            Constant::Number(number) => Value::Number(*number),
            Constant::Text(text) => {
                self.spend_new_text(text.len())?;
                Value::Text(self.arena.alloc_str(text))
            }
            _ => return Err(Stop::RETRY),
        })
    }

    /// `new Set(list)` and `new Map(list)`.
    pub(super) fn make_keyed(
        &mut self,
        list: Value<'r>,
        is_map: bool,
    ) -> Run<Value<'r>> {
        let all = self.elements_of(list)?;
        let keyed = if is_map {
            let mut pairs = Vec::with_capacity(all.len());
            for pair in all {
                let pair = self.elements_of(pair)?;
                let value = argument(&pair, 1);
                let Some(Value::Text(key)) = pair.first() else {
                    return Err(Stop::RETRY);
                };
                pairs.push(Some((*key, constant(value)?)));
            }
            Keyed::map(pairs.into_iter())
        } else {
            Keyed::set(all.into_iter().map(|value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            }))
        };
        let keyed = keyed.ok_or(Stop::RETRY)?;
        self.make(Made::Keyed(Arc::new(keyed)))
    }

    fn elements_of(&mut self, list: Value<'r>) -> Run<Vec<Value<'r>>> {
        if !self.is_list(list) {
            return Err(Stop::RETRY);
        }
        let count = self.count(list).unwrap_or(0);
        self.spend(1 + count as u64)?;
        Ok((0..count).filter_map(|at| self.element(list, at)).collect())
    }
}

/// The value of a key. No key of another kind is there.
fn sought<'k>(keyed: &'k Keyed, key: Value<'_>) -> Run<Option<&'k Constant>> {
    match key {
        Value::Text(key) => Ok(keyed.get(key)),
        Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_) => {
            Ok(None)
        }
        _ => Err(Stop::RETRY),
    }
}

/// A value that is neither object nor function.
fn constant(value: Value<'_>) -> Run<Constant> {
    Ok(match value {
        Value::Undefined => Constant::Undefined,
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(value),
        Value::Number(number) => Constant::Number(number),
        Value::Text(text) => Constant::Text(text.into()),
        _ => return Err(Stop::RETRY),
    })
}
