//! The registry: the border to where Windows keeps its settings.
//!
//! Three implementations stand here: [`Tree`] in memory, [`RegFile`] read
//! from exported text (which fills a [`Tree`]), and [`NoRegistry`].

mod key;

use std::fmt;
use std::sync::Arc;

pub use self::key::{Key, Root};
use crate::machine::Fault;

/// A place that can be asked for registry values.
///
/// Implementations compare names without case.
pub trait Registry: fmt::Debug + Send + Sync {
    /// The value called `name` of `key`, and where it stands; `None` where
    /// either is missing. The default value's name is empty.
    ///
    /// # Errors
    ///
    /// When the key exists and can't be read.
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault>;

    /// The names of the keys directly under `key`; empty where it is
    /// missing.
    ///
    /// # Errors
    ///
    /// When the key exists and can't be read.
    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault>;
}

/// A registry value, and the place it was read from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// The value.
    pub value: Value,
    /// The file and line, where it came from a file.
    pub place: Option<Place>,
}

/// A line of a file.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Place {
    /// The file's name, as the user gave it.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.file, self.line)
    }
}

/// A registry value of any type.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// `REG_BINARY`.
    Binary(Vec<u8>),
    /// `REG_DWORD`.
    Dword(u32),
    /// `REG_DWORD_BIG_ENDIAN`.
    DwordBigEndian(u32),
    /// `REG_EXPAND_SZ`, unexpanded.
    ExpandString(String),
    /// `REG_MULTI_SZ`.
    MultiString(Vec<String>),
    /// `REG_QWORD`.
    Qword(u64),
    /// `REG_SZ`.
    String(String),
    /// Any other type, or data that does not fit its type: the type's
    /// number and the bytes as they are.
    Other {
        /// The number of the type, such as 0 for `REG_NONE`.
        kind: u32,
        /// The data.
        data: Vec<u8>,
    },
}

impl Value {
    /// The name of the value's type, such as `REG_SZ`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Binary(_) => "REG_BINARY",
            Value::Dword(_) => "REG_DWORD",
            Value::DwordBigEndian(_) => "REG_DWORD_BIG_ENDIAN",
            Value::ExpandString(_) => "REG_EXPAND_SZ",
            Value::MultiString(_) => "REG_MULTI_SZ",
            Value::Qword(_) => "REG_QWORD",
            Value::String(_) => "REG_SZ",
            Value::Other { kind, .. } => match kind {
                0 => "REG_NONE",
                1 => "REG_SZ",
                2 => "REG_EXPAND_SZ",
                4 => "REG_DWORD",
                5 => "REG_DWORD_BIG_ENDIAN",
                6 => "REG_LINK",
                7 => "REG_MULTI_SZ",
                8 => "REG_RESOURCE_LIST",
                9 => "REG_FULL_RESOURCE_DESCRIPTOR",
                10 => "REG_RESOURCE_REQUIREMENTS_LIST",
                11 => "REG_QWORD",
                _ => "a value of unknown type",
            },
        }
    }
}

/// A registry without a single key.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRegistry;

impl Registry for NoRegistry {
    fn value(&self, _key: &Key, _name: &str) -> Result<Option<Found>, Fault> {
        Ok(None)
    }

    fn subkeys(&self, _key: &Key) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }
}
