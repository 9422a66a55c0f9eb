//! Values while a program runs, and what JavaScript makes of them.

use std::fmt::Write;
use std::sync::Arc;

use bumpalo::Bump;
use bumpalo::collections::String as ArenaString;

use super::Stop;
use crate::builtins::{self, Builtin};
use crate::syntax::{Cell, Constant, Frozen, Keyed, Pattern};

/// A value; texts are ASCII.
///
/// The tag is a word: with a byte, what is beside it is copied at an odd
/// place, and read before it is all written, which costs dearly.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum Value<'r> {
    /// A variable before it has a value.
    Unset,
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(&'r str),
    Frozen(&'r Arc<Frozen>),
    Keyed(&'r Arc<Keyed>),
    /// An array or object that this evaluation made.
    Made(u32),
    Pattern(&'r Arc<Pattern>),
    Function(u32),
    /// A function, and what it took along.
    Closure(u32, &'r [Cell]),
    /// The box of a variable; no value of JavaScript.
    Box(u32),
    Builtin(&'static Builtin),
    HasOwn,
    /// A function of JavaScript itself that is not called.
    Native,
}

impl<'r> From<&'r Constant> for Value<'r> {
    fn from(constant: &'r Constant) -> Value<'r> {
        match constant {
            Constant::Unset => Value::Unset,
            Constant::Undefined => Value::Undefined,
            Constant::Null => Value::Null,
            Constant::Bool(value) => Value::Bool(*value),
            Constant::Number(number) => Value::Number(*number),
            Constant::Text(text) => Value::Text(text),
            Constant::Frozen(frozen) => Value::Frozen(frozen),
            Constant::Keyed(keyed) => Value::Keyed(keyed),
            Constant::Pattern(pattern) => Value::Pattern(pattern),
            Constant::Function(index) => Value::Function(*index),
            Constant::Closure(index, cells) => Value::Closure(*index, cells),
            Constant::Builtin(builtin) => Value::Builtin(builtin),
            Constant::HasOwn => Value::HasOwn,
            Constant::Native => Value::Native,
        }
    }
}

impl<'r> Value<'r> {
    pub(super) fn truth(self) -> bool {
        match self {
            Value::Unset | Value::Undefined | Value::Null => false,
            Value::Bool(value) => value,
            Value::Number(number) => number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
            _ => true,
        }
    }

    pub(super) fn is_none(self) -> bool {
        matches!(self, Value::Undefined | Value::Null)
    }

    pub(super) fn is_object(self) -> bool {
        matches!(
            self,
            Value::Frozen(_)
                | Value::Made(_)
                | Value::Keyed(_)
                | Value::Pattern(_)
                | Value::Function(_)
                | Value::Closure(..)
                | Value::Builtin(_)
                | Value::HasOwn
                | Value::Native
        )
    }

    /// Whether it can be called.
    pub(super) fn is_function(self) -> bool {
        matches!(
            self,
            Value::Function(_) | Value::Closure(..) | Value::Builtin(_)
        )
    }

    /// As `Number(value)`, where that is certain.
    pub(super) fn number(self) -> Result<f64, Stop> {
        Ok(match self {
            Value::Undefined => f64::NAN,
            Value::Null => 0.0,
            Value::Bool(value) => f64::from(u8::from(value)),
            Value::Number(number) => number,
            Value::Text(text) => text_number(text).ok_or(Stop::RETRY)?,
            _ => return Err(Stop::RETRY),
        })
    }

    /// As `String(value)`, where that is certain.
    pub(super) fn text(self, arena: &'r Bump) -> Result<&'r str, Stop> {
        Ok(match self {
            Value::Undefined => "undefined",
            Value::Null => "null",
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Number(number) => number_text(number, arena)?,
            Value::Text(text) => text,
            _ => return Err(Stop::RETRY),
        })
    }

    pub(super) fn type_of(self) -> Result<&'static str, Stop> {
        Ok(match self {
            Value::Unset | Value::Box(_) => return Err(Stop::RETRY),
            Value::Undefined => "undefined",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::Null
            | Value::Frozen(_)
            | Value::Made(_)
            | Value::Keyed(_)
            | Value::Pattern(_) => "object",
            Value::Function(_)
            | Value::Closure(..)
            | Value::Builtin(_)
            | Value::HasOwn
            | Value::Native => "function",
        })
    }

    /// `===`; objects are not told apart.
    pub(super) fn strictly_equals(self, other: Self) -> Result<bool, Stop> {
        Ok(match (self, other) {
            (Value::Unset, _) | (_, Value::Unset) => return Err(Stop::RETRY),
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Undefined, Value::Undefined)
            | (Value::Null, Value::Null) => true,
            (a, b) if a.is_object() && b.is_object() => {
                return Err(Stop::RETRY);
            }
            _ => false,
        })
    }

    /// `==`; objects are not told apart, nor made texts.
    pub(super) fn equals(self, other: Self) -> Result<bool, Stop> {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) => Ok(a == b),
            (Value::Unset, _) | (_, Value::Unset) => Err(Stop::RETRY),
            (a, b) if a.is_none() || b.is_none() => {
                Ok(a.is_none() && b.is_none())
            }
            (a, b) if a.is_object() || b.is_object() => Err(Stop::RETRY),
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (a, b) => Ok(a.number()? == b.number()?),
        }
    }

    /// The argument of one of our own functions.
    pub(super) fn argument(self) -> Result<builtins::Value<'r>, Stop> {
        Ok(match self {
            Value::Undefined => builtins::Value::Undefined,
            Value::Null => builtins::Value::Null,
            Value::Bool(value) => builtins::Value::Bool(value),
            Value::Number(number) => builtins::Value::Number(number),
            Value::Text(text) => builtins::Value::String(text.into()),
            _ => return Err(Stop::RETRY),
        })
    }
}

/// The number of a text that is nothing but digits and perhaps a dot, or
/// that is clearly none; `None` for others.
fn text_number(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let first = match text.bytes().next() {
        None => return Some(0.0),
        Some(first) => first,
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.len() <= 15 {
        return text.parse().ok();
    }
    if first.is_ascii_alphabetic() && first != b'I' {
        return Some(f64::NAN);
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.bytes().filter(|byte| *byte == b'.').count() {
        1 if plain && text.len() <= 15 && text.len() > 1 => text.parse().ok(),
        2.. if plain => Some(f64::NAN),
        _ => None,
    }
}

pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn number_text(number: f64, arena: &Bump) -> Result<&str, Stop> {
    if number.is_nan() {
        return Ok("NaN");
    }
    if number.fract() != 0.0 || number.abs() >= 1e15 {
        return Err(Stop::RETRY);
    }
    if (0.0..10.0).contains(&number) {
        const DIGITS: &str = "0123456789";
        let digit = number as usize;
        return DIGITS.get(digit..=digit).ok_or(Stop::RETRY);
    }
    let mut text = ArenaString::new_in(arena);
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", number as i64);
    Ok(text.into_bump_str())
}

/// As `ToInt32` has it.
pub(super) fn int32(number: f64) -> i32 {
    if !number.is_finite() {
        return 0;
    }
    if number.abs() < 2_147_483_648.0 {
        return number as i32;
    }
    // Exact, and between 0 and 2³².
    number.trunc().rem_euclid(4_294_967_296.0) as u32 as i32
}
