//! Calls functions: the script's, ours, and JavaScript's own.

use super::value::{self, Value};
use super::{ARGUMENTS, Flow, HEIGHT_MOST, Machine, Run, Stop};
use crate::builtins::{self, Builtin, Effect, Host};
use crate::syntax::Native;

impl<'r> Machine<'r, '_> {
    pub(super) fn call(
        &mut self,
        index: u32,
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
        let flow = self.statements(&function.body)?;
        self.stack.truncate(self.base);
        self.base = base;
        self.height -= function.height;
        Ok(match flow {
            Flow::Return(value) => value,
            _ => Value::Undefined,
        })
    }

    pub(super) fn call_value(
        &mut self,
        function: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match function {
            Value::Function(index) => self.call(index, arguments),
            Value::Builtin(builtin) => self.builtin(builtin, arguments),
            _ => Err(Stop::RETRY),
        }
    }

    pub(super) fn builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        if builtin.effect == Effect::Pure
            && let [Value::Text(subject), Value::Text(other), ..] = arguments
        {
            match builtin.name {
                "dnsDomainIs" => {
                    return Ok(Value::Bool(subject.ends_with(*other)));
                }
                "shExpMatch" => return self.glob(subject, other),
                _ => {}
            }
        }
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

    pub(super) fn native(
        &mut self,
        native: Native,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let first = arguments.first().copied().unwrap_or(Value::Undefined);
        Ok(match native {
            Native::Floor => Value::Number(first.number()?.floor()),
            Native::IsNan => Value::Bool(first.number()?.is_nan()),
            Native::Number if arguments.is_empty() => Value::Number(0.0),
            Native::Number => Value::Number(first.number()?),
            Native::String if arguments.is_empty() => Value::Text(""),
            Native::String => Value::Text(first.text(self.arena)?),
            Native::ParseInt => {
                match arguments.get(1) {
                    None | Some(Value::Undefined) => {}
                    Some(Value::Number(10.0)) => {}
                    _ => return Err(Stop::RETRY),
                }
                let Value::Text(text) = first else {
                    return Err(Stop::RETRY);
                };
                let text = text.trim_start_matches(value::is_space);
                let end = text
                    .bytes()
                    .position(|byte| !byte.is_ascii_digit())
                    .unwrap_or(text.len());
                let next = text.as_bytes().get(end).copied();
                let hex = matches!(next, Some(b'x' | b'X'));
                match text.get(..end) {
                    Some("") if !matches!(next, Some(b'+' | b'-')) => {
                        Value::Number(f64::NAN)
                    }
                    Some(digits) if (1..=15).contains(&end) && !hex => {
                        let number = digits.parse::<u64>();
                        Value::Number(number.map_err(|_| Stop::RETRY)? as f64)
                    }
                    _ => return Err(Stop::RETRY),
                }
            }
        })
    }
}
