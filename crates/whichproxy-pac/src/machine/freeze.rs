//! Runs the code outside of functions once, and keeps what it made.

use std::collections::HashMap;
use std::sync::Arc;

use bumpalo::Bump;

use super::asker::{Anybody, Nobody};
use super::value::Value;
use super::{
    Globals, LOADING_ROOM, LOADING_WORK_MOST, Machine, Made, Run, Stop,
    WORK_MOST,
};
use crate::syntax::{Cell, Constant, Frozen, Names, Program, Statics};

/// What a script made while it was loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The values of the script's variables.
    pub(super) globals: Vec<Constant>,
    /// The variables that functions took along.
    pub(super) cells: Vec<Constant>,
    /// The properties of functions.
    pub(super) statics: Statics,
}

/// Runs the code outside of functions.
///
/// It ends in [`Stop::Error`] where something is asked.
pub(super) fn load(program: &Program) -> Run<Loaded> {
    let arena = Bump::new();
    let initial = initial(program);
    let globals = initial.iter().map(Value::from).collect();
    let globals = Globals::Changing(globals);
    let mut nobody = Nobody;
    let mut machine =
        Machine::new(program, globals, &arena, &mut nobody, LOADING_WORK_MOST);
    machine.room = LOADING_ROOM;
    machine.loading = true;
    machine.top()?;
    let Globals::Changing(values) = &machine.globals else {
        return Err(Stop::RETRY);
    };
    let mut freezer = Freezer {
        made: &machine.made,
        frozen: HashMap::new(),
        depth: 0,
        boxes: Vec::new(),
    };
    let globals = values.iter().map(|value| freezer.freeze(*value));
    let globals = globals.collect::<Run<_>>()?;
    let mut statics = Statics::new();
    let of_functions: Vec<(u32, u32)> =
        machine.statics.iter().map(|(one, all)| (*one, *all)).collect();
    for (function, all) in of_functions {
        let all = freezer.freeze(Value::Made(all))?;
        statics.insert(function, all);
    }
    let mut cells = Vec::new();
    // A box may hold a function that takes along more boxes, or itself.
    while let Some(index) = freezer.boxes.get(cells.len()) {
        let value = machine.boxes.get(*index as usize).copied();
        cells.push(freezer.freeze(value.ok_or(Stop::RETRY)?)?);
    }
    Ok(Loaded { globals, cells, statics })
}

/// The values of the script's variables before anything runs.
pub(super) fn initial(program: &Program) -> Vec<Constant> {
    let globals = program.globals.iter();
    let globals = globals.map(|global| match global.function {
        Some(index) => Constant::Function(index),
        None if global.lexical || !global.declared => Constant::Unset,
        None => Constant::Undefined,
    });
    globals.collect()
}

/// Whether code outside of functions that asks runs to its end, by some
/// answers at least.
pub(super) fn may_run(program: &Program) -> bool {
    let arena = Bump::new();
    let initial = initial(program);
    let globals = initial.iter().map(Value::from).collect();
    let globals = Globals::Changing(globals);
    let mut anybody = Anybody;
    let mut machine =
        Machine::new(program, globals, &arena, &mut anybody, WORK_MOST);
    machine.top().is_ok()
}

impl<'r> Machine<'r, '_> {
    /// Runs the code outside of functions.
    pub(super) fn top(&mut self) -> Run<()> {
        let slots = self.program.top.slots as usize;
        self.stack.resize(slots, Value::Undefined);
        let program = self.program;
        self.statements(&program.top.body)?;
        self.stack.clear();
        Ok(())
    }
}

struct Freezer<'f, 'r> {
    made: &'f [Made<'r>],
    frozen: HashMap<u32, Constant>,
    depth: u32,
    /// The boxes that are kept, in the order of their cells.
    boxes: Vec<u32>,
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
            Value::Closure(index, cells) => {
                let cells = cells.iter().map(|cell| match cell {
                    Cell::Live(index) => Ok(Cell::Fixed(self.cell(*index))),
                    Cell::Fixed(_) => Err(Stop::RETRY),
                });
                let cells = cells.collect::<Run<Vec<_>>>()?;
                Constant::Closure(index, cells.into())
            }
            Value::Box(_) => return Err(Stop::RETRY),
            Value::Builtin(builtin) => Constant::Builtin(builtin),
            Value::HasOwn => Constant::HasOwn,
            Value::Native => Constant::Native,
            Value::Made(index) => return self.made(index),
            Value::Frozen(frozen) => Constant::Frozen(frozen.clone()),
            Value::Keyed(keyed) => Constant::Keyed(keyed.clone()),
            Value::Pattern(pattern) => Constant::Pattern(pattern.clone()),
        })
    }

    /// The number of the cell that a box becomes.
    fn cell(&mut self, index: u32) -> u32 {
        let known = self.boxes.iter().position(|other| *other == index);
        let cell = known.unwrap_or_else(|| {
            self.boxes.push(index);
            self.boxes.len() - 1
        });
        cell as u32
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
            Some(Made::Pattern(pattern, 0)) => {
                Constant::Pattern(pattern.clone())
            }
            Some(Made::Keyed(keyed)) => Constant::Keyed(keyed.clone()),
            Some(Made::Pattern(..)) => return Err(Stop::RETRY),
            None => return Err(Stop::RETRY),
        };
        self.depth -= 1;
        self.frozen.insert(index, frozen.clone());
        Ok(frozen)
    }
}
