//! How well a claim about Windows is founded.

use std::fmt;

/// How well a claim about Windows is founded, best first.
///
/// Every step of a plan, every line of a trace and every test case carries
/// one, together with a key of [`sources`](crate::_documentation::sources).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(clippy::exhaustive_enums)] // the four grades are the whole scale
pub enum Evidence {
    /// Microsoft's documentation, or a Microsoft employee, says so.
    Documented,
    /// Somebody measured it on real Windows and published the result.
    Measured,
    /// Other implementations, registry dumps or articles agree on it.
    Community,
    /// Our own reading; nobody says it in so many words.
    Inferred,
}

impl Evidence {
    /// The grade's name: `documented`, `measured`, `community`, `inferred`.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Documented => "documented",
            Evidence::Measured => "measured",
            Evidence::Community => "community",
            Evidence::Inferred => "inferred",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
