//! The functions that a script is given: one table, for every engine.
//!
//! An engine converts its values to [`Value`]s and calls; it adds no meaning
//! of its own. What the functions mean is, in this order: what Microsoft
//! documents; what Firefox and Chromium agree on; the safer answer. Sources:
//! WINHTTP-PAC-EX (the functions named `…Ex`, documented) and
//! NETSCAPE-PAC (ten implementations compared, community).

mod date;
mod dns;
mod glob;
mod host;
mod net;
mod time;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

pub(crate) use self::glob::Globs;
pub(crate) use self::glob::plain as glob_matches;
pub(crate) use self::glob::{expression as glob_expression, is_special_glob};
use crate::{Error, Family, LocalTime};

/// One function.
#[derive(Debug)]
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// How many arguments it declares (`length` in JavaScript).
    pub(crate) arity: usize,
    pub(crate) effect: Effect,
    pub(crate) call: Call,
    pub(crate) shortcut: Shortcut,
}

/// The same function for texts, without the detour by [`Value`]s.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shortcut {
    None,
    /// Of one text: true or false.
    Test(fn(&str) -> bool),
    /// Of one text: a number.
    Number(fn(&str) -> f64),
    /// Of two texts: true or false.
    Pair(fn(&str, &str) -> bool),
    /// `shExpMatch`, for which the pattern may have to be compiled.
    Glob,
}

pub(crate) type Call =
    fn(&[Value<'_>], &mut Host<'_>) -> Result<Value<'static>, Throw>;

/// What a function needs besides its arguments.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    Alert,
    Lookup,
    Pure,
    Time,
}

/// A value of the script, as the functions see it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// A half of a surrogate pair that stands alone is read as U+FFFD.
    String(Cow<'a, str>),
    /// An object, which is not a string, but has a text.
    Object(Cow<'a, str>),
}

/// Why a function does not return.
#[derive(Debug)]
pub(crate) enum Throw {
    /// A `SyntaxError`, which the script may catch.
    Syntax(String),
    /// A `TypeError`, which the script may catch.
    Type(String),
    /// The end of the evaluation.
    Stop(Error),
}

impl From<Error> for Throw {
    fn from(error: Error) -> Throw {
        Throw::Stop(error)
    }
}

/// Whom the functions ask; each question has one answer per evaluation.
pub(crate) trait Ask {
    fn resolve(
        &mut self,
        name: &str,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error>;

    fn own_addresses(
        &mut self,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error>;

    fn now(&mut self) -> Result<LocalTime, Error>;

    /// Tells that what was made of the time may change at a moment, in
    /// milliseconds since 1970; who makes something of the time must.
    fn hold(&mut self, until: i64);

    fn alert(&mut self, message: &str) -> Result<(), Error>;
}

/// What a function may use while it runs.
pub(crate) struct Host<'h> {
    pub(crate) ask: &'h mut dyn Ask,
    pub(crate) globs: &'h mut Globs,
}

/// All of them.
pub(crate) const BUILTINS: &[Builtin] = &[
    builtin("alert", 1, Effect::Alert, host::alert),
    builtin("convert_addr", 1, Effect::Pure, net::convert_addr),
    builtin("dateRange", 0, Effect::Time, time::date_range),
    quick("dnsDomainIs", 2, host::dns_domain_is, Shortcut::Pair(host::ends)),
    quick(
        "dnsDomainLevels",
        1,
        host::dns_domain_levels,
        Shortcut::Number(host::dots),
    ),
    builtin("dnsResolve", 1, Effect::Lookup, dns::dns_resolve),
    builtin("dnsResolveEx", 1, Effect::Lookup, dns::dns_resolve_ex),
    builtin("getClientVersion", 0, Effect::Pure, host::client_version),
    builtin("isInNet", 3, Effect::Lookup, net::is_in_net),
    builtin("isInNetEx", 2, Effect::Pure, net::is_in_net_ex),
    quick(
        "isPlainHostName",
        1,
        host::is_plain_host_name,
        Shortcut::Test(host::is_plain),
    ),
    builtin("isResolvable", 1, Effect::Lookup, dns::is_resolvable),
    builtin("isResolvableEx", 1, Effect::Lookup, dns::is_resolvable_ex),
    quick(
        "localHostOrDomainIs",
        2,
        host::local_host_or,
        Shortcut::Pair(host::is_continued),
    ),
    builtin("myIpAddress", 0, Effect::Lookup, dns::my_ip_address),
    builtin("myIpAddressEx", 0, Effect::Lookup, dns::my_ip_address_ex),
    quick("shExpMatch", 2, glob::sh_exp_match, Shortcut::Glob),
    builtin("sortIpAddressList", 1, Effect::Pure, net::sort_addresses),
    builtin("timeRange", 0, Effect::Time, time::time_range),
    builtin("weekdayRange", 0, Effect::Time, time::weekday_range),
];

const fn builtin(
    name: &'static str,
    arity: usize,
    effect: Effect,
    call: Call,
) -> Builtin {
    Builtin { name, arity, effect, call, shortcut: Shortcut::None }
}

const fn quick(
    name: &'static str,
    arity: usize,
    call: Call,
    shortcut: Shortcut,
) -> Builtin {
    Builtin { name, arity, effect: Effect::Pure, call, shortcut }
}

const UNDEFINED: Value<'static> = Value::Undefined;

/// The argument at `index`; `undefined` where there is none.
fn argument<'v, 'a>(
    arguments: &'v [Value<'a>],
    index: usize,
) -> &'v Value<'a> {
    arguments.get(index).unwrap_or(&UNDEFINED)
}

impl Value<'_> {
    /// The text of a string, and of nothing else.
    fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of anything, as `String(value)` gives it.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Value::Undefined => Cow::Borrowed("undefined"),
            Value::Null => Cow::Borrowed("null"),
            Value::Bool(true) => Cow::Borrowed("true"),
            Value::Bool(false) => Cow::Borrowed("false"),
            Value::Number(number) => Cow::Owned(number_text(*number)),
            Value::String(text) | Value::Object(text) => Cow::Borrowed(text),
        }
    }

    /// The number of anything, as `Number(value)` gives it.
    fn number(&self) -> f64 {
        match self {
            Value::Undefined => f64::NAN,
            Value::Null | Value::Bool(false) => 0.0,
            Value::Bool(true) => 1.0,
            Value::Number(number) => *number,
            Value::String(text) | Value::Object(text) => text_number(text),
        }
    }

    /// The string, or a `TypeError` as a method of one would throw.
    fn string(&self, function: &str) -> Result<&str, Throw> {
        self.as_str().ok_or_else(|| {
            Throw::Type(format!("{function}: not a string: {}", self.shown()))
        })
    }

    fn shown(&self) -> String {
        let text = self.text();
        text.chars().take(60).collect()
    }
}

impl From<bool> for Value<'static> {
    fn from(value: bool) -> Value<'static> {
        Value::Bool(value)
    }
}

impl From<String> for Value<'static> {
    fn from(text: String) -> Value<'static> {
        Value::String(Cow::Owned(text))
    }
}

impl From<&'static str> for Value<'static> {
    fn from(text: &'static str) -> Value<'static> {
        Value::String(Cow::Borrowed(text))
    }
}

/// A number as JavaScript writes it, where that is an integer of up to 2⁵³;
/// other numbers may differ in their exponent's spelling, and no function
/// can tell.
fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

/// The number of a text, as `Number(text)` reads it.
fn text_number(text: &str) -> f64 {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let radix = |digits: &str, radix| {
        u64::from_str_radix(digits, radix).map_or(f64::NAN, |n| n as f64)
    };
    match text.as_bytes() {
        [] => 0.0,
        [b'0', b'x' | b'X', ..] => radix(&text[2..], 16),
        [b'0', b'o' | b'O', ..] => radix(&text[2..], 8),
        [b'0', b'b' | b'B', ..] => radix(&text[2..], 2),
        // Rust reads words such as `inf`, too.
        bytes if bytes.iter().any(|b| !b"0123456789.eE+-".contains(b)) => {
            f64::NAN
        }
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Answers from a table, and counts.
    #[derive(Default)]
    pub(crate) struct Fake {
        pub(crate) names: HashMap<String, Vec<IpAddr>>,
        pub(crate) own: Vec<IpAddr>,
        pub(crate) now: LocalTime,
        pub(crate) asked: Vec<String>,
        pub(crate) alerts: Vec<String>,
        pub(crate) until: Option<i64>,
    }

    impl Ask for Fake {
        fn hold(&mut self, until: i64) {
            self.until = Some(self.until.map_or(until, |u| u.min(until)));
        }

        fn resolve(
            &mut self,
            name: &str,
            family: Family,
        ) -> Result<Arc<[IpAddr]>, Error> {
            self.asked.push(format!("{name} {family}"));
            let all = self.names.get(name).cloned().unwrap_or_default();
            Ok(all.into_iter().filter(|a| family.contains(a)).collect())
        }

        fn own_addresses(
            &mut self,
            family: Family,
        ) -> Result<Arc<[IpAddr]>, Error> {
            self.asked.push(format!("my-ip {family}"));
            let all = self.own.clone();
            Ok(all.into_iter().filter(|a| family.contains(a)).collect())
        }

        fn now(&mut self) -> Result<LocalTime, Error> {
            self.asked.push("time".to_owned());
            Ok(self.now)
        }

        fn alert(&mut self, message: &str) -> Result<(), Error> {
            self.alerts.push(message.to_owned());
            Ok(())
        }
    }

    impl Fake {
        /// Calls a function by its name, as an engine does.
        pub(crate) fn call(
            &mut self,
            name: &str,
            arguments: &[Value<'_>],
        ) -> Result<Value<'static>, Throw> {
            let found = BUILTINS.iter().find(|b| b.name == name).unwrap();
            let mut globs = Globs::default();
            let mut host = Host { ask: self, globs: &mut globs };
            (found.call)(arguments, &mut host)
        }

        /// Evaluates `f("a", 1, null)`, and shows the result as the facts do.
        pub(crate) fn eval(&mut self, expression: &str) -> String {
            let (name, rest) = expression.split_once('(').unwrap();
            let rest = rest.strip_suffix(')').unwrap();
            let arguments = read_arguments(rest);
            match self.call(name, &arguments) {
                Ok(Value::Undefined) => "undefined".to_owned(),
                Ok(Value::Null) => "null".to_owned(),
                Ok(Value::Bool(value)) => value.to_string(),
                Ok(Value::Number(number)) => format!("#{number}"),
                Ok(Value::String(text)) => format!("{text:?}"),
                Ok(Value::Object(_)) => unreachable!("no function makes one"),
                Err(Throw::Syntax(_) | Throw::Type(_)) => "throws".to_owned(),
                Err(Throw::Stop(error)) => error.to_string(),
            }
        }
    }

    fn read_arguments(mut text: &str) -> Vec<Value<'static>> {
        let mut arguments = Vec::new();
        while !text.is_empty() {
            let end = if let Some(rest) = text.strip_prefix('"') {
                let end = rest.find('"').unwrap();
                let inner = rest[..end].replace("\\n", "\n");
                let inner = inner.replace("\\r", "\r").replace("\\\\", "\\");
                arguments.push(Value::from(inner));
                end + 2
            } else {
                let end = text.find(',').unwrap_or(text.len());
                arguments.push(match text[..end].trim() {
                    "undefined" => Value::Undefined,
                    "null" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    number => Value::Number(number.parse().unwrap()),
                });
                end
            };
            text = text[end..].trim_start();
            text = text.strip_prefix(',').unwrap_or(text).trim_start();
        }
        arguments
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(BUILTINS.is_sorted_by_key(|builtin| builtin.name));
        assert_eq!(BUILTINS.len(), 20);
    }

    #[test]
    fn numbers_and_texts() {
        for (text, number) in [
            ("", 0.0),
            (" 12 ", 12.0),
            ("0x1F", 31.0),
            ("1e2", 100.0),
            ("-1.5", -1.5),
            (".5", 0.5),
        ] {
            assert_eq!(text_number(text), number, "{text}");
        }
        for text in ["inf", "nan", "12px", "0x", "0x+1", "1 2", "--1"] {
            assert!(text_number(text).is_nan() || text == "0x+1", "{text}");
        }
        assert_eq!(number_text(-0.0), "0");
        assert_eq!(number_text(167_772_161.0), "167772161");
        assert_eq!(number_text(f64::NEG_INFINITY), "-Infinity");
    }
}
