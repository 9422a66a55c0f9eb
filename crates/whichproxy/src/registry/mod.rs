//! The registry: the border to where Windows keeps its settings.
//!
//! Three implementations stand here: [`Tree`] in memory, [`RegFile`] read
//! from exported text (which fills a [`Tree`]), and [`NoRegistry`].

mod key;
mod reg;
mod tree;
mod value;

use std::fmt;
use std::sync::Arc;

pub use self::key::{Key, Root};
pub use self::reg::RegFile;
pub use self::tree::Tree;
pub(crate) use self::value::Hex;
pub use self::value::Value;
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

    /// Whether it is this computer's own, which others write to and which
    /// may be listened to: not unless an implementation says so.
    fn is_live(&self) -> bool {
        false
    }
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
