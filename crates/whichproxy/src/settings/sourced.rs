//! A value and where it says so.

use std::fmt;

use crate::registry::{Key, Place};

/// Where a setting was read from.
///
/// `Display` names it as a person would look for it:
/// ``HKLM\…\DataCollection\TelemetryProxyServer (contoso.reg line 7)``.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A variable of the environment.
    Environment {
        /// Its name, as it was found.
        name: String,
    },
    /// A registry value.
    Registry {
        /// The key.
        key: Key,
        /// The value's name.
        name: String,
        /// The file and line, where it came from a file.
        place: Option<Place>,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Environment { name } => {
                write!(f, "environment variable {name}")
            }
            Origin::Registry { key, name, place } => {
                write!(f, "{key}\\{name}")?;
                match place {
                    Some(place) => write!(f, " ({place})"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A value, and where it was read from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it was read from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value from this origin.
    pub fn new(value: T, origin: Origin) -> Sourced<T> {
        Sourced { value, origin }
    }

    /// The same origin with another value made of this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: f(self.value), origin: self.origin }
    }
}

/// A setting as it was found: missing, readable, or not.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)] // there is no fourth case
pub enum Setting<T> {
    /// It is there, and means nothing. What a client does with it is the
    /// plan's business.
    Malformed(Sourced<Malformed>),
    /// It is there.
    Set(Sourced<T>),
    /// It is missing.
    #[default]
    Unset,
}

impl<T> Setting<T> {
    /// The value with its origin, where it is set and readable.
    pub fn set(&self) -> Option<&Sourced<T>> {
        match self {
            Setting::Set(sourced) => Some(sourced),
            _ => None,
        }
    }

    /// The value, where it is set and readable.
    pub fn value(&self) -> Option<&T> {
        self.set().map(|sourced| &sourced.value)
    }

    /// The same setting with another value made of this one; the error says
    /// why there is none.
    pub(super) fn and_then<U>(
        self,
        f: impl FnOnce(T) -> Result<U, Malformed>,
    ) -> Setting<U> {
        match self {
            Setting::Malformed(malformed) => Setting::Malformed(malformed),
            Setting::Set(Sourced { value, origin }) => match f(value) {
                Ok(value) => Setting::Set(Sourced { value, origin }),
                Err(value) => Setting::Malformed(Sourced { value, origin }),
            },
            Setting::Unset => Setting::Unset,
        }
    }

    /// This setting, or the other where this one is missing.
    pub(super) fn or<E>(
        self,
        other: impl FnOnce() -> Result<Setting<T>, E>,
    ) -> Result<Setting<T>, E> {
        match self {
            Setting::Unset => other(),
            setting => Ok(setting),
        }
    }

    /// Whether it is not there at all.
    pub fn is_unset(&self) -> bool {
        matches!(self, Setting::Unset)
    }

    /// Where it was read from, where it is there at all.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Setting::Malformed(sourced) => Some(&sourced.origin),
            Setting::Set(sourced) => Some(&sourced.origin),
            Setting::Unset => None,
        }
    }
}

/// What was found where a setting should be, and why it is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Malformed {
    /// The value as text, credentials masked.
    pub text: String,
    /// Why it can't be read.
    pub reason: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.text.escape_debug(), self.reason)
    }
}

/// Something about a setting that its owner should know.
#[derive(Clone, Debug)]
pub struct Warning {
    /// The setting.
    pub origin: Origin,
    /// What is odd about it, in one sentence without a full stop.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.text)
    }
}
