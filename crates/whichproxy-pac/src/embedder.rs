//! The outside world as a script sees it: names, own addresses, the time.

use std::fmt;
use std::net::IpAddr;

use crate::LocalTime;

/// Which addresses are asked for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// IPv4 only, as `dnsResolve` asks.
    V4,
    /// IPv6 only.
    V6,
    /// Both, as `dnsResolveEx` asks.
    Any,
}

impl Family {
    /// Whether `address` is of this family.
    ///
    /// ```
    /// use whichproxy_pac::Family;
    /// assert!(Family::V4.contains(&[127, 0, 0, 1].into()));
    /// assert!(!Family::V6.contains(&[127, 0, 0, 1].into()));
    /// ```
    pub fn contains(self, address: &IpAddr) -> bool {
        match self {
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
            Family::Any => true,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::V4 => "v4",
            Family::V6 => "v6",
            Family::Any => "any",
        })
    }
}

/// What a script may ask of the machine it runs on.
///
/// All methods may block. They are called on the thread that called
/// [`Pac::find_proxy`](crate::Pac::find_proxy), never on another.
pub trait Embedder {
    /// The addresses of `name`; empty where it does not resolve.
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr>;

    /// The machine's own addresses, the preferred one first.
    fn own_addresses(&self, family: Family) -> Vec<IpAddr>;

    /// The time and the offset of the machine's time zone.
    fn now(&self) -> LocalTime;

    /// A message of the script; ignored by default.
    fn alert(&self, _message: &str) {}
}

/// An embedder without a network, where it is always 1970: no name resolves
/// and there is no own address.
///
/// ```
/// use whichproxy_pac::{Embedder, Family, Offline};
/// assert!(Offline.resolve("www.example.com", Family::Any).is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Embedder for Offline {
    fn resolve(&self, _name: &str, _family: Family) -> Vec<IpAddr> {
        Vec::new()
    }

    fn own_addresses(&self, _family: Family) -> Vec<IpAddr> {
        Vec::new()
    }

    fn now(&self) -> LocalTime {
        LocalTime::default()
    }
}
