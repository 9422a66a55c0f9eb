//! The border to network interfaces and name suffixes.

use std::fmt;
use std::net::IpAddr;

use super::Fault;

/// Tells the machine's interfaces and DNS suffixes.
pub trait Interfaces: fmt::Debug + Send + Sync {
    /// The interfaces that are up, the preferred one first.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn interfaces(&self) -> Result<Vec<Interface>, Fault>;

    /// The addresses of all of them, in their order, for scripts that ask
    /// for the machine's own: what else an interface has may take longer to
    /// tell.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn addresses(&self) -> Result<Vec<IpAddr>, Fault> {
        let interfaces = self.interfaces()?.into_iter();
        Ok(interfaces.flat_map(|interface| interface.addresses).collect())
    }

    /// The suffixes that apply to the whole machine.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn suffixes(&self) -> Result<Suffixes, Fault>;
}

/// A network interface.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Interface {
    /// Its name, such as `eth0`.
    pub name: String,
    /// Its addresses, the preferred one first.
    pub addresses: Vec<IpAddr>,
    /// The connection's own DNS suffix.
    pub suffix: Option<String>,
}

/// Whether an address means something on its own link alone.
///
/// ```
/// use whichproxy::machine::is_link_local;
/// assert!(is_link_local(&"169.254.7.7".parse()?));
/// assert!(is_link_local(&"fe80::1".parse()?));
/// assert!(!is_link_local(&"10.0.0.7".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// The machine's DNS suffixes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Suffixes {
    /// The primary suffix: the domain the machine belongs to.
    pub primary: Option<String>,
    /// The global suffix search list.
    pub search: Vec<String>,
}

/// A machine without interfaces.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInterfaces;

impl Interfaces for NoInterfaces {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        Ok(Vec::new())
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        Ok(Suffixes::default())
    }
}
