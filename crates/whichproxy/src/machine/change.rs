//! What a machine tells of.

use std::fmt;

/// What of a machine has changed, for
/// [`Resolver::changed`](crate::Resolver::changed).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Change {
    /// Its own addresses, or the suffixes of names: it may be in another
    /// network.
    Addresses,
    /// Values of its registry.
    Registry,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Addresses => "addresses",
            Change::Registry => "registry",
        })
    }
}
