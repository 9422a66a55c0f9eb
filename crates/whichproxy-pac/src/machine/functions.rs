//! Calls functions: the script's, ours, and JavaScript's own.

use smallvec::SmallVec;

use super::value::Value;
use super::{ARGUMENTS, Flow, HEIGHT_MOST, Machine, Made, Run, Stop};
use crate::builtins::{self, Builtin, Host, Shortcut};
use crate::syntax::{Capture, Cell, Function, Place};

impl<'r> Machine<'r, '_> {
    pub(super) fn call(
        &mut self,
        index: u32,
        captures: &'r [Cell],
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let program = self.program;
        let Some(function) = program.functions.get(index as usize) else {
            return Err(Stop::RETRY);
        };
        self.spend(1)?;
        if self.height + function.height > HEIGHT_MOST {
            return Err(Stop::RETRY);
        }
        self.height += function.height;
        let base = std::mem::replace(&mut self.base, self.stack.len());
        let given = arguments.len().min(function.parameters as usize);
        let top = self.base + function.slots as usize;
        self.stack.extend_from_slice(arguments.get(..given).unwrap_or(&[]));
        self.stack.resize(top, Value::Undefined);
        let this = std::mem::replace(&mut self.next_this, Value::Undefined);
        let outer = (self.function, self.captures, self.this);
        (self.function, self.captures, self.this) = (index, captures, this);
        if function.is_special {
            self.prepare(function, arguments)?;
        }
        let flow = self.statements(&function.body)?;
        (self.function, self.captures, self.this) = outer;
        self.stack.truncate(self.base);
        self.base = base;
        self.height -= function.height;
        Ok(match flow {
            Flow::Return => self.returned,
            _ => Value::Undefined,
        })
    }

    /// What few functions need before they run.
    fn prepare(
        &mut self,
        function: &Function,
        arguments: &[Value<'r>],
    ) -> Run<()> {
        if let Some(slot) = function.rest {
            let from = arguments.get(function.parameters as usize..);
            let rest = from.unwrap_or(&[]).to_vec();
            let rest = self.make(Made::Array(rest))?;
            self.set(Place::Local(slot), rest)?;
        }
        if let Some(slot) = function.arguments {
            let all = self.make(Made::Array(arguments.to_vec()))?;
            self.set(Place::Local(slot), all)?;
        }
        for slot in &function.boxed {
            let value = self.stack.get(self.base + *slot as usize).copied();
            let value = self.boxed(value.unwrap_or(Value::Undefined))?;
            self.set(Place::Local(*slot), value)?;
        }
        Ok(())
    }

    /// A new box with a value.
    pub(super) fn boxed(&mut self, value: Value<'r>) -> Run<Value<'r>> {
        self.spend(1)?;
        self.hold_elements(1)?;
        self.boxes.push(value);
        Ok(Value::Box(self.boxes.len() as u32 - 1))
    }

    /// A function with what it takes along.
    pub(super) fn closure(
        &mut self,
        function: u32,
        captures: &'r [Capture],
    ) -> Run<Value<'r>> {
        self.spend(1 + captures.len() as u64)?;
        self.hold_elements(captures.len())?;
        let mut cells: SmallVec<[Cell; 8]> = SmallVec::new();
        for capture in captures {
            cells.push(match capture {
                Capture::Slot(slot) => {
                    match self.stack.get(self.base + *slot as usize) {
                        Some(Value::Box(index)) => Cell::Live(*index),
                        _ => return Err(Stop::RETRY),
                    }
                }
                Capture::Outer(index) => {
                    let cell = self.captures.get(*index as usize);
                    *cell.ok_or(Stop::RETRY)?
                }
            });
        }
        let arena = self.arena;
        Ok(Value::Closure(function, arena.alloc_slice_copy(&cells)))
    }

    pub(super) fn call_value(
        &mut self,
        function: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match function {
            Value::Function(index) => self.call(index, &[], arguments),
            Value::Closure(index, cells) => self.call(index, cells, arguments),
            Value::Builtin(builtin) => self.builtin(builtin, arguments),
            _ => Err(Stop::RETRY),
        }
    }

    pub(super) fn builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match (builtin.shortcut, arguments) {
            (
                Shortcut::Pair(test),
                [Value::Text(one), Value::Text(two), ..],
            ) => {
                self.spend_text(one.len())?;
                return Ok(Value::Bool(test(one, two)));
            }
            (Shortcut::Glob, [Value::Text(one), Value::Text(two), ..]) => {
                return self.glob(one, two);
            }
            (Shortcut::Test(test), [Value::Text(one), ..]) => {
                self.spend_text(one.len())?;
                return Ok(Value::Bool(test(one)));
            }
            (Shortcut::Number(count), [Value::Text(one), ..]) => {
                self.spend_text(one.len())?;
                return Ok(Value::Number(count(one)));
            }
            _ => {}
        }
        self.any_builtin(builtin, arguments)
    }

    #[inline(never)]
    fn any_builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let count = arguments.len().min(ARGUMENTS);
        let mut values = [const { builtins::Value::Undefined }; ARGUMENTS];
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = argument.argument()?;
            if let builtins::Value::String(text) = value {
                self.spend_text(text.len())?;
            }
        }
        if builtin.name == "shExpMatch"
            && let builtins::Value::String(text) = &values[1]
            && builtins::is_special_glob(text)
        {
            return Err(Stop::RETRY);
        }
        let mut globs = builtins::Globs::default();
        let mut host = Host { ask: self.ask, globs: &mut globs };
        let result =
            (builtin.call)(values.get(..count).unwrap_or(&[]), &mut host);
        Ok(match result {
            Ok(builtins::Value::Undefined) => Value::Undefined,
            Ok(builtins::Value::Null) => Value::Null,
            Ok(builtins::Value::Bool(value)) => Value::Bool(value),
            Ok(builtins::Value::Number(number)) => Value::Number(number),
            Ok(builtins::Value::String(text)) if text.is_ascii() => {
                self.spend_new_text(text.len())?;
                Value::Text(self.arena.alloc_str(&text))
            }
            Ok(_) => return Err(Stop::RETRY),
            Err(builtins::Throw::Stop(error)) => {
                return Err(Stop::Error(error));
            }
            Err(_) => return Err(Stop::RETRY),
        })
    }

    fn glob(&mut self, subject: &str, pattern: &str) -> Run<Value<'r>> {
        // A star may try the rest of the pattern at every place.
        let tries = pattern.len() as u64 * subject.len() as u64;
        self.spend(1 + tries / 1_024)?;
        if !builtins::is_special_glob(pattern) {
            let found = builtins::glob_matches(pattern, subject);
            return Ok(Value::Bool(found));
        }
        let pattern = self.program.globs.get(pattern).ok_or(Stop::RETRY)?;
        let regex = pattern.regex().ok_or(Stop::RETRY)?;
        Ok(Value::Bool(regex.is_match(subject.as_bytes())))
    }
}
