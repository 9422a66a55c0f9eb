//! `this`, `new`, and what objects inherit.

use std::sync::Arc;

use super::operators::OF_EVERY_OBJECT;
use super::value::Value;
use super::{Machine, Made, PROPERTY, Run, Stop};
use crate::syntax::{Frozen, Map};

/// Under which name an object keeps what it inherits from, where that is
/// not what all objects do. A script cannot use the name.
pub(super) const PROTOTYPE: &str = "__proto__";

/// The longest chain of objects that inherit from each other.
const CHAIN_MOST: usize = 32;

/// Names that all functions have.
pub(super) const OF_EVERY_FUNCTION: [&str; 8] = [
    "apply",
    "arguments",
    "bind",
    "call",
    "caller",
    "length",
    "name",
    "prototype",
];

/// Whether functions have a property by this name, their own or not.
pub(super) fn is_of_functions(name: &str) -> bool {
    OF_EVERY_FUNCTION.contains(&name) || OF_EVERY_OBJECT.contains(&name)
}

impl<'r> Machine<'r, '_> {
    /// Calls a function as a method.
    pub(super) fn call_with(
        &mut self,
        function: Value<'r>,
        this: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        if matches!(function, Value::Function(_) | Value::Closure(..)) {
            self.next_this = this;
        }
        self.call_value(function, arguments)
    }

    /// What an object inherits from: an object, nothing, or what all do.
    fn prototype(&self, object: Value<'r>) -> Option<Value<'r>> {
        match object {
            Value::Frozen(frozen) => match &**frozen {
                Frozen::Map(all) => all.get(PROTOTYPE).map(Value::from),
                Frozen::Array(_) => None,
            },
            Value::Made(index) => match self.made.get(index as usize)? {
                Made::Map(all) => all.get(PROTOTYPE).copied(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an object inherits nothing but what all do, or nothing.
    pub(super) fn is_plain(&self, object: Value<'r>) -> Run<bool> {
        Ok(matches!(self.prototype(object), None | Some(Value::Null)))
    }

    /// Whether an object inherits what all objects do.
    pub(super) fn has_object_prototype(&self, object: Value<'r>) -> Run<bool> {
        let mut object = object;
        for _ in 0..CHAIN_MOST {
            match self.prototype(object) {
                None => return Ok(true),
                Some(Value::Null) => return Ok(false),
                Some(next) => object = next,
            }
        }
        Err(Stop::RETRY)
    }

    /// A property of an object, or of what it inherits from.
    pub(super) fn inherited(
        &self,
        object: Value<'r>,
        key: &str,
    ) -> Run<Option<Value<'r>>> {
        let mut object = object;
        for _ in 0..CHAIN_MOST {
            if let Some(value) = self.property(object, key)? {
                return Ok(Some(value));
            }
            match self.prototype(object) {
                None | Some(Value::Null) => return Ok(None),
                Some(next) => object = next,
            }
        }
        Err(Stop::RETRY)
    }

    /// `object.__proto__ = value`, of what this evaluation made.
    pub(super) fn set_prototype(
        &mut self,
        index: u32,
        value: Value<'r>,
    ) -> Run<()> {
        // Where nothing is inherited, it is a name like others.
        if !self.has_object_prototype(Value::Made(index))? {
            return Err(Stop::RETRY);
        }
        let object = matches!(value, Value::Made(_) | Value::Frozen(_))
            && !self.is_list(value)
            && self.count(value).is_some();
        if !object && !matches!(value, Value::Null) {
            return Err(Stop::RETRY);
        }
        // Nothing inherits from itself.
        let mut next = value;
        for _ in 0..CHAIN_MOST {
            if matches!(next, Value::Made(other) if other == index) {
                return Err(Stop::RETRY);
            }
            match self.prototype(next) {
                Some(other) => next = other,
                None => break,
            }
        }
        match self.made.get_mut(index as usize) {
            Some(Made::Map(all)) => {
                all.insert(PROTOTYPE, value);
                self.hold(PROPERTY)
            }
            _ => Err(Stop::RETRY),
        }
    }

    /// `function.name`.
    pub(super) fn of_function(
        &mut self,
        index: u32,
        name: &str,
    ) -> Run<Value<'r>> {
        let made = self.statics.get(&index).copied();
        let frozen = self.frozen_statics.and_then(|all| all.get(&index));
        let all = made.map(Value::Made).or(frozen.map(Value::from));
        if let Some(all) = all
            && let Some(value) = self.property(all, name)?
        {
            return Ok(value);
        }
        // Of others, more may be known to boa.
        if !self.program.single.contains(&index) {
            return Err(Stop::RETRY);
        }
        if name == "prototype" {
            return self.default_prototype(index);
        }
        if is_of_functions(name) {
            return Err(Stop::RETRY);
        }
        Ok(Value::Undefined)
    }

    /// The object that a function has for what `new` makes.
    fn default_prototype(&mut self, index: u32) -> Run<Value<'r>> {
        let object = self.make(Made::Map(Map::default()))?;
        self.set_own_static(index, "prototype", object)?;
        Ok(object)
    }

    fn set_own_static(
        &mut self,
        index: u32,
        name: &'r str,
        value: Value<'r>,
    ) -> Run<()> {
        let program = self.program;
        let function = program.functions.get(index as usize);
        // What was frozen, stays so.
        let frozen =
            self.frozen_statics.is_some_and(|all| all.contains_key(&index));
        if frozen
            || !program.single.contains(&index)
            || !function.is_some_and(|function| function.constructs)
        {
            return Err(Stop::RETRY);
        }
        let all = match self.statics.get(&index) {
            Some(all) => *all,
            None => {
                let all = self.made.len() as u32;
                self.make(Made::Map(Map::default()))?;
                self.statics.insert(index, all);
                all
            }
        };
        match self.made.get_mut(all as usize) {
            Some(Made::Map(all)) => {
                let (_, before) = all.insert_full(name, value);
                self.hold(if before.is_none() { PROPERTY } else { 0 })
            }
            _ => Err(Stop::RETRY),
        }
    }

    /// `function.name = value`; while loading only, since a function keeps
    /// it.
    pub(super) fn set_static(
        &mut self,
        index: u32,
        key: Value<'r>,
        value: Value<'r>,
    ) -> Run<()> {
        let Value::Text(name) = key else { return Err(Stop::RETRY) };
        let given = name != "prototype"
            && (OF_EVERY_FUNCTION.contains(&name)
                || super::operators::OF_EVERY_OBJECT.contains(&name));
        if !self.loading || given {
            return Err(Stop::RETRY);
        }
        self.set_own_static(index, name, value)
    }

    /// `new function(…)`.
    pub(super) fn construct(
        &mut self,
        function: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let Value::Function(index) = function else {
            return Err(Stop::RETRY);
        };
        let program = self.program;
        let constructs = program.functions.get(index as usize);
        if !constructs.is_some_and(|function| function.constructs) {
            return Err(Stop::RETRY);
        }
        let object = self.make(Made::Map(Map::default()))?;
        let prototype = self.of_function(index, "prototype")?;
        if let (Value::Made(index), Value::Made(_) | Value::Frozen(_)) =
            (object, prototype)
        {
            self.set_prototype(index, prototype)?;
        }
        let result = self.call_with(function, object, arguments)?;
        Ok(match result.is_object() {
            true => result,
            false => object,
        })
    }

    /// `value instanceof function`.
    pub(super) fn is_instance(
        &mut self,
        value: Value<'r>,
        function: Value<'r>,
    ) -> Run<bool> {
        let Value::Function(index) = function else {
            return Err(Stop::RETRY);
        };
        let wanted = self.of_function(index, "prototype")?;
        if !value.is_object() {
            return Ok(false);
        }
        if !matches!(value, Value::Made(_) | Value::Frozen(_)) {
            return Err(Stop::RETRY);
        }
        let mut object = value;
        for _ in 0..CHAIN_MOST {
            match self.prototype(object) {
                None | Some(Value::Null) => return Ok(false),
                Some(next) => {
                    if is_same(next, wanted)? {
                        return Ok(true);
                    }
                    object = next;
                }
            }
        }
        Err(Stop::RETRY)
    }
}

/// Whether two objects are one.
fn is_same(one: Value<'_>, other: Value<'_>) -> Run<bool> {
    match (one, other) {
        (Value::Made(one), Value::Made(other)) => Ok(one == other),
        (Value::Frozen(one), Value::Frozen(other)) => {
            Ok(Arc::ptr_eq(one, other))
        }
        (Value::Made(_), Value::Frozen(_))
        | (Value::Frozen(_), Value::Made(_)) => Ok(false),
        _ => Err(Stop::RETRY),
    }
}
