//! The machine: everything that can't be known beforehand, as a value.
//!
//! Registry, names, DHCP, the web, interfaces and the clock are six small
//! traits that meet in one [`Machine`]. So "what would a Windows host do?"
//! can be asked anywhere, twice, with the same answer.

mod caching;
mod change;
mod clock;
mod dhcp;
mod dns;
mod fault;
mod fetch;
mod interfaces;
mod memory;
#[cfg(feature = "recording")]
mod recording;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use whichproxy_pac::{Embedder, Family, LocalTime};

pub use self::caching::Caching;
pub use self::change::Change;
pub use self::clock::{Clock, FixedClock, SetClock};
pub use self::dhcp::{Dhcp, DhcpAnswer, DhcpOffer, NoDhcp};
pub use self::dns::{Dns, NoDns};
pub use self::fault::Fault;
pub use self::fetch::{Fetch, Fetched, NoFetch, Page};
pub use self::interfaces::{
    Interface, Interfaces, NoInterfaces, Suffixes, is_link_local,
};
pub use self::memory::{Leases, Names, Pages, StaticInterfaces};
#[cfg(feature = "recording")]
pub use self::recording::{Disguise, Recorder, Recording};
use crate::registry::{NoRegistry, Registry};

/// A machine to ask about: six borders and the environment variables.
///
/// Cheap to clone. [`Machine::offline`] is empty and silent; replace what
/// you have:
///
/// ```
/// use whichproxy::machine::{Machine, Names};
/// let machine = Machine::offline()
///     .with_dns(Names::new().with("wpad.corp.example", [[10, 0, 0, 5]]))
///     .with_env("HTTPS_PROXY", "http://proxy.corp.example:8080");
/// assert_eq!(machine.env().len(), 1);
/// ```
///
/// `Debug` names its borders and variables, and shows no values.
#[derive(Clone)]
pub struct Machine {
    registry: Arc<dyn Registry>,
    dns: Arc<dyn Dns>,
    dhcp: Arc<dyn Dhcp>,
    fetch: Arc<dyn Fetch>,
    interfaces: Arc<dyn Interfaces>,
    clock: Arc<dyn Clock>,
    env: Arc<BTreeMap<String, String>>,
}

impl Machine {
    /// A machine with an empty registry and no network, where it is always
    /// 1970.
    pub fn offline() -> Machine {
        Machine {
            registry: Arc::new(NoRegistry),
            dns: Arc::new(NoDns),
            dhcp: Arc::new(NoDhcp),
            fetch: Arc::new(NoFetch),
            interfaces: Arc::new(NoInterfaces),
            clock: Arc::new(FixedClock::default()),
            env: Arc::default(),
        }
    }

    /// The same machine with another registry.
    pub fn with_registry(self, registry: impl Registry + 'static) -> Machine {
        Machine { registry: Arc::new(registry), ..self }
    }

    /// The same machine with other names.
    pub fn with_dns(self, dns: impl Dns + 'static) -> Machine {
        Machine { dns: Arc::new(dns), ..self }
    }

    /// The same machine with another DHCP client.
    pub fn with_dhcp(self, dhcp: impl Dhcp + 'static) -> Machine {
        Machine { dhcp: Arc::new(dhcp), ..self }
    }

    /// The same machine with another way to fetch pages.
    pub fn with_fetch(self, fetch: impl Fetch + 'static) -> Machine {
        Machine { fetch: Arc::new(fetch), ..self }
    }

    /// The same machine with other interfaces.
    pub fn with_interfaces(
        self,
        interfaces: impl Interfaces + 'static,
    ) -> Machine {
        Machine { interfaces: Arc::new(interfaces), ..self }
    }

    /// The same machine with another clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Machine {
        Machine { clock: Arc::new(clock), ..self }
    }

    /// The same machine with one more environment variable.
    pub fn with_env(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Machine {
        Arc::make_mut(&mut self.env).insert(name.into(), value.into());
        self
    }

    /// The registry.
    pub fn registry(&self) -> &dyn Registry {
        &*self.registry
    }

    /// The resolver of names.
    pub fn dns(&self) -> &dyn Dns {
        &*self.dns
    }

    /// The DHCP client.
    pub fn dhcp(&self) -> &dyn Dhcp {
        &*self.dhcp
    }

    /// The way to fetch pages.
    pub fn fetch(&self) -> &dyn Fetch {
        &*self.fetch
    }

    /// The interfaces.
    pub fn interfaces(&self) -> &dyn Interfaces {
        &*self.interfaces
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The environment variables, by name.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.env.keys().collect();
        f.debug_struct("Machine")
            .field("clock", &self.clock)
            .field("env", &names)
            .finish_non_exhaustive()
    }
}

impl Default for Machine {
    fn default() -> Machine {
        Machine::offline()
    }
}

/// A PAC script asks the machine: faults are names that do not resolve.
impl Embedder for Machine {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        let addresses = self.dns.lookup(name, family).unwrap_or_default();
        addresses.into_iter().filter(|a| family.contains(a)).collect()
    }

    /// Of the interfaces in their order; addresses of the link alone come
    /// last, whichever interface they are of, and loopback never.
    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        let addresses = self.interfaces.addresses().unwrap_or_default();
        let mut own: Vec<IpAddr> = addresses
            .into_iter()
            .filter(|a| family.contains(a) && !a.is_loopback())
            .collect();
        own.sort_by_key(is_link_local);
        own
    }

    fn now(&self) -> LocalTime {
        self.clock.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_of_the_link_come_last_and_loopback_never() {
        let interface = |name: &str, addresses: &[&str]| Interface {
            name: name.to_owned(),
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
            suffix: None,
        };
        let interfaces = StaticInterfaces::new()
            .with(interface("eth0", &["fe80::1", "10.0.0.1", "169.254.1.1"]))
            .with(interface("eth1", &["192.168.0.1", "2001:db8::1"]))
            .with(interface("lo", &["127.0.0.1", "::1"]));
        let machine = Machine::offline().with_interfaces(interfaces);
        for (family, expected) in [
            (Family::V4, "10.0.0.1 192.168.0.1 169.254.1.1"),
            (Family::V6, "2001:db8::1 fe80::1"),
            (
                Family::Any,
                "10.0.0.1 192.168.0.1 2001:db8::1 fe80::1 169.254.1.1",
            ),
        ] {
            let own = machine.own_addresses(family);
            let own: Vec<String> =
                own.iter().map(ToString::to_string).collect();
            assert_eq!(own.join(" "), expected, "{family}");
        }
    }
}
