//! The network that a machine is in.

use std::net::IpAddr;

use crate::machine::{Fault, Interface, Machine, Suffixes, is_link_local};

/// Interfaces and suffixes, as they are now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(super) interfaces: Vec<Interface>,
    pub(super) suffixes: Suffixes,
    /// Why those are not known.
    pub(super) suffixes_fault: Option<Fault>,
    /// Why the interfaces are not known.
    pub(super) fault: Option<Fault>,
}

/// What tells one network from another: the interfaces with their addresses
/// and suffixes, in any order, and the machine's suffixes.
///
/// Source: WINHTTP-AUTOPROXY-CACHE ("until the IP address associated with
/// the computer changes"), documented; that suffixes count, inferred.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    interfaces: Vec<(String, Vec<IpAddr>, Option<String>)>,
    /// None where they could not be had.
    suffixes: Option<Suffixes>,
}

impl Identity {
    /// Whether this is `known`, as far as can be told.
    pub(super) fn may_be(&self, known: &Identity) -> bool {
        self.interfaces == known.interfaces
            && (self.suffixes.is_none() || self.suffixes == known.suffixes)
    }
}

impl Network {
    /// The network that `machine` is in now.
    pub(super) fn of(machine: &Machine) -> Network {
        let border = machine.interfaces();
        let (suffixes, suffixes_fault) = or_fault(border.suffixes());
        let (interfaces, fault) = or_fault(border.interfaces());
        Network { interfaces, suffixes, suffixes_fault, fault }
    }

    pub(super) fn identity(&self) -> Identity {
        let interface = |interface: &Interface| {
            let mut addresses = interface.addresses.clone();
            // Those lead nowhere, and come and go with every bridge.
            addresses.retain(|address| !is_link_local(address));
            addresses.sort();
            let suffix = interface.suffix.clone();
            (interface.name.clone(), addresses, suffix)
        };
        let mut interfaces: Vec<_> = self
            .interfaces
            .iter()
            .map(interface)
            .filter(|(_, addresses, _)| !addresses.is_empty())
            .collect();
        interfaces.sort();
        let known = self.suffixes_fault.is_none();
        let suffixes = known.then(|| self.suffixes.clone());
        Identity { interfaces, suffixes }
    }
}

/// What was had, or nothing and why.
fn or_fault<T: Default>(had: Result<T, Fault>) -> (T, Option<Fault>) {
    match had {
        Ok(had) => (had, None),
        Err(fault) => (T::default(), Some(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_networks_apart() {
        let of = |interfaces: &[(&str, &str, &str)]| {
            let interfaces = interfaces.iter().map(|(name, list, suffix)| {
                let addresses = list.split_whitespace();
                Interface {
                    name: (*name).to_owned(),
                    addresses: addresses.map(|a| a.parse().unwrap()).collect(),
                    suffix: Some((*suffix).to_owned()),
                }
            });
            let interfaces = interfaces.collect();
            Network { interfaces, ..Network::default() }.identity()
        };
        let office = of(&[("eth0", "10.0.0.7 fe80::1", "a.example")]);
        for same in [
            &[("eth0", "10.0.0.7", "a.example")][..],
            &[("eth0", "fe80::2 10.0.0.7", "a.example")],
            &[("veth1", "fe80::3", ""), ("eth0", "10.0.0.7", "a.example")],
        ] {
            assert_eq!(of(same), office, "{same:?}");
        }
        for other in [
            &[][..],
            &[("eth0", "10.0.0.8", "a.example")],
            &[("eth0", "10.0.0.7", "b.example")],
            &[("eth1", "10.0.0.7", "a.example")],
            &[("eth0", "10.0.0.7 10.0.0.8", "a.example")],
            &[("tun0", "10.9.0.1", ""), ("eth0", "10.0.0.7", "a.example")],
        ] {
            assert_ne!(of(other), office, "{other:?}");
            assert!(!of(other).may_be(&office), "{other:?}");
        }
        // Who can't say which suffixes there are, may be anywhere with these
        // addresses; and who could not, is not taken for who can.
        let unsaid = Identity { suffixes: None, ..office.clone() };
        assert!(unsaid.may_be(&office));
        assert!(!office.may_be(&unsaid));
    }
}
