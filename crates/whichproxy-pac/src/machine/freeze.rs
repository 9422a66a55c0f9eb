//! Runs the code outside of functions once, and keeps what it made.

use std::collections::HashMap;
use std::sync::Arc;

use bumpalo::Bump;

use super::asker::Nobody;
use super::value::Value;
use super::{Globals, LOADING_WORK_MOST, Machine, Made, Run, Stop};
use crate::syntax::{Constant, Frozen, Names, Program};

/// The values of the script's variables once it is loaded.
pub(super) fn load(program: &Program) -> Run<Vec<Constant>> {
    let arena = Bump::new();
    let globals = program.globals.iter().map(|global| match global.function {
        Some(index) => Value::Function(index),
        None if global.lexical || !global.declared => Value::Unset,
        None => Value::Undefined,
    });
    let globals = Globals::Changing(globals.collect());
    let mut nobody = Nobody;
    let mut machine =
        Machine::new(program, globals, &arena, &mut nobody, LOADING_WORK_MOST);
    machine.loading = true;
    let slots = program.top.slots as usize;
    machine.stack.resize(slots, Value::Undefined);
    machine.statements(&program.top.body)?;
    let Globals::Changing(values) = &machine.globals else {
        return Err(Stop::RETRY);
    };
    let mut freezer =
        Freezer { made: &machine.made, frozen: HashMap::new(), depth: 0 };
    values.iter().map(|value| freezer.freeze(*value)).collect()
}

struct Freezer<'f, 'r> {
    made: &'f [Made<'r>],
    frozen: HashMap<u32, Constant>,
    depth: u32,
}

impl Freezer<'_, '_> {
    fn freeze(&mut self, value: Value<'_>) -> Run<Constant> {
        Ok(match value {
            Value::Unset => Constant::Unset,
            Value::Undefined => Constant::Undefined,
            Value::Null => Constant::Null,
            Value::Bool(value) => Constant::Bool(value),
            Value::Number(number) => Constant::Number(number),
            Value::Text(text) => Constant::Text(text.into()),
            Value::Function(index) => Constant::Function(index),
            Value::Builtin(builtin) => Constant::Builtin(builtin),
            Value::HasOwn => Constant::HasOwn,
            Value::Native => Constant::Native,
            Value::Made(index) => return self.made(index),
            Value::Frozen(frozen) => Constant::Frozen(frozen.clone()),
            Value::Pattern(pattern) => Constant::Pattern(pattern.clone()),
        })
    }

    fn made(&mut self, index: u32) -> Run<Constant> {
        if let Some(frozen) = self.frozen.get(&index) {
            return Ok(frozen.clone());
        }
        // Nothing that contains itself is frozen.
        self.depth += 1;
        if self.depth > 20 {
            return Err(Stop::RETRY);
        }
        let all = self.made;
        let frozen = match all.get(index as usize) {
            Some(Made::Array(all)) => {
                let all = all.iter().map(|value| self.freeze(*value));
                let all = all.collect::<Run<Vec<_>>>()?;
                Constant::Frozen(Arc::new(Frozen::Array(all)))
            }
            Some(Made::Map(all)) => {
                let mut map = Names::with_capacity(all.len());
                for (key, value) in all {
                    map.insert(key, self.freeze(*value)?);
                }
                map.shrink();
                Constant::Frozen(Arc::new(Frozen::Map(map)))
            }
            Some(Made::Pattern(pattern)) => Constant::Pattern(pattern.clone()),
            None => return Err(Stop::RETRY),
        };
        self.depth -= 1;
        self.frozen.insert(index, frozen.clone());
        Ok(frozen)
    }
}
