//! From boa's errors to ours.

use std::fmt::{self, Write};
use std::path::Path;

use boa_engine::error::{EngineError, RuntimeLimitError};
use boa_engine::value::JsVariant;
use boa_engine::{Context, JsError, JsNativeErrorKind, JsValue, js_string};

use super::nesting;
use crate::error::quoted;
use crate::{Error, ErrorKind, Limits};

/// What the script is called in boa's back traces.
pub(super) fn path() -> &'static Path {
    Path::new("pac-script")
}

/// A script that cannot be read.
pub(super) fn syntax(error: &JsError, source: &str) -> Error {
    let text = match error.as_native() {
        Some(native) => native.message().to_owned(),
        None => return failed(error),
    };
    if text == "abrupt end" {
        let line = source.lines().count().max(1);
        let column = source.lines().last().map_or(0, |l| l.chars().count());
        let message = "unexpected end of the script";
        return Error::new(ErrorKind::Syntax, message)
            .at(small(line), small(column + 1));
    }
    let (message, place) = without_place(&text);
    // boa puts foreign text between apostrophes.
    let message: String = message
        .chars()
        .take(300)
        .map(|c| if c == '\'' { '`' } else { c })
        .flat_map(|c| {
            let escape = c.is_control().then(|| c.escape_debug());
            let plain = (!c.is_control()).then_some(c);
            escape.into_iter().flatten().chain(plain)
        })
        .collect();
    let mut message = message.trim_end_matches('.').to_owned();
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    // boa knows no place for a string without an end.
    let place = place.or_else(|| nesting::open_string(source));
    let (line, column) = place.unwrap_or((0, 0));
    Error::new(ErrorKind::Syntax, message).at(line, column)
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Cuts `at line 3, col 5` off.
fn without_place(text: &str) -> (&str, Option<(u32, u32)>) {
    let read = || {
        let (message, place) = text.rsplit_once(" at line ")?;
        let (line, column) = place.split_once(", col ")?;
        let end = column.find(|c: char| !c.is_ascii_digit());
        let column = &column[..end.unwrap_or(column.len())];
        Some((message, (line.parse().ok()?, column.parse().ok()?)))
    };
    match read() {
        Some((message, place)) => (message, Some(place)),
        None => (text, None),
    }
}

/// A failure of boa itself.
pub(super) fn failed(error: &JsError) -> Error {
    let text = bounded(error);
    let message = format!("the engine failed: {}", quoted(&text));
    Error::new(ErrorKind::Exception, message)
}

/// What ended an evaluation: an exception, or a limit.
pub(super) fn error(
    error: JsError,
    source: &str,
    limits: &Limits,
    context: &mut Context,
) -> Error {
    let mut place = place(&error);
    if let Some(native) = error.as_native()
        && matches!(native.kind(), JsNativeErrorKind::Reference)
        && let Some(name) = native.message().strip_suffix(" is not defined")
    {
        let after = place.unwrap_or((0, 0));
        place = nesting::use_of(source, name, after).or(place);
    }
    let (line, column) = place.unwrap_or((0, 0));
    let made = match error.as_engine() {
        Some(EngineError::RuntimeLimit(limit)) => {
            let message = match limit {
                RuntimeLimitError::LoopIteration => {
                    format!("more than {} rounds", limits.loop_iterations())
                }
                RuntimeLimitError::Recursion => {
                    format!(
                        "more than {} nested calls",
                        nesting::calls(limits)
                    )
                }
                RuntimeLimitError::StackSize => {
                    "more values at once than the engine holds".to_owned()
                }
            };
            Error::new(ErrorKind::Limit, message)
        }
        Some(_) => failed(&error),
        None => {
            let text = text(&error, context);
            let message = format!("the script threw {}", quoted(&text));
            Error::new(ErrorKind::Exception, message)
        }
    };
    made.at(line, column)
}

/// What was thrown, in words.
fn text(error: &JsError, context: &mut Context) -> String {
    if let Some(native) = error.as_native() {
        return format!("{}: {}", native.kind(), native.message());
    }
    let Some(value) = error.as_opaque() else { return String::new() };
    let Some(object) = value.as_object() else {
        return primitive(value);
    };
    // This may run code of the script, under the same limits.
    let mut part = |name| {
        let value = object.get(name, context).ok()?;
        let text = value.as_string()?;
        Some(text.iter().take(400).collect::<Vec<u16>>())
            .map(|units| String::from_utf16_lossy(&units))
    };
    match (part(js_string!("name")), part(js_string!("message"))) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        (_, Some(message)) => message,
        _ => kind(value).to_owned(),
    }
}

fn primitive(value: &JsValue) -> String {
    match value.as_string() {
        Some(text) => {
            let units: Vec<u16> = text.iter().take(400).collect();
            String::from_utf16_lossy(&units)
        }
        None => value.display().to_string(),
    }
}

/// The type of a value, with its article.
pub(super) fn kind(value: &JsValue) -> &'static str {
    match value.variant() {
        JsVariant::Null => "`null`",
        JsVariant::Undefined => "`undefined`",
        JsVariant::Boolean(true) => "`true`",
        JsVariant::Boolean(false) => "`false`",
        JsVariant::Integer32(_) | JsVariant::Float64(_) => "a number",
        JsVariant::BigInt(_) => "a big integer",
        JsVariant::String(_) => "a string",
        JsVariant::Symbol(_) => "a symbol",
        JsVariant::Object(object) if object.is_callable() => "a function",
        JsVariant::Object(_) => "an object",
    }
}

/// Where in the script an error was thrown: the innermost frame of boa's
/// back trace that is the script's. boa shows it only as text.
fn place(error: &JsError) -> Option<(u32, u32)> {
    let text = bounded(error);
    let marker = format!("({}:", path().display());
    let trace = &text[text.find("\n    at ")?..];
    let at = trace.find(&marker)? + marker.len();
    let (place, _) = trace[at..].split_once(')')?;
    let (line, column) = place.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The text of an error, up to a length.
///
/// boa shows nested values by recursion, and writes at every level; the
/// bound on what is written is also one on its depth.
fn bounded(error: &JsError) -> String {
    struct Bounded(String);

    impl Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            if self.0.len() + text.len() > 16 << 10 {
                return Err(fmt::Error);
            }
            self.0.push_str(text);
            Ok(())
        }
    }

    let mut text = Bounded(String::new());
    // It is cut where it is too long.
    let _ = write!(text, "{error}");
    text.0
}
