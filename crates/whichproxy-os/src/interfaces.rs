//! The system's interfaces, own addresses and DNS suffixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;

use whichproxy::machine::{
    Fault, Interface, Interfaces, Suffixes, is_link_local,
};

use crate::platform;

/// The system's interfaces, the one that leads out first.
///
/// Which one that is, the system's routing table says: a UDP socket is
/// *connected* to an address that belongs to nobody, which sends nothing,
/// and asked for its own end. Loopback stands in only where there is no
/// other interface, and addresses of the link alone come last; of IPv6 they
/// are left out, since they mean nothing without the interface's number.
///
/// ```
/// use whichproxy::machine::Interfaces;
/// use whichproxy_os::SystemInterfaces;
/// for interface in SystemInterfaces.interfaces()? {
///     println!("{}: {:?}", interface.name, interface.addresses);
/// }
/// # Ok::<(), whichproxy::machine::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemInterfaces;

impl Interfaces for SystemInterfaces {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        let mut interfaces = without_suffixes()?;
        for interface in &mut interfaces {
            interface.suffix =
                platform::connection_suffix(Path::new("/"), interface);
        }
        Ok(interfaces)
    }

    fn addresses(&self) -> Result<Vec<IpAddr>, Fault> {
        let interfaces = without_suffixes()?.into_iter();
        Ok(interfaces.flat_map(|interface| interface.addresses).collect())
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        platform::suffixes(Path::new("/"))
    }
}

fn without_suffixes() -> Result<Vec<Interface>, Fault> {
    let found = if_addrs::get_if_addrs()?
        .into_iter()
        // An address stays when the cable goes.
        .filter(if_addrs::Interface::is_oper_up)
        .map(|found| (found.name.clone(), found.ip()));
    Ok(ordered(found.collect(), &preferred()))
}

/// What the way out leads to: TEST-NET-1 and the documentation prefix.
/// Nobody has these addresses, and the way to them is the way to all that
/// has no way of its own. Where there is none, the private networks.
///
/// Source: CHROMIUM (`my_ip_address` asks for the way to a public address,
/// then to the private ranges), community.
const FAR_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv4Addr::new(10, 255, 255, 254),
    Ipv4Addr::new(172, 31, 255, 254),
    Ipv4Addr::new(192, 168, 255, 254),
];
const FAR_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 1),
];

/// The own addresses of the ways out, IPv4 first.
fn preferred() -> Vec<IpAddr> {
    let first = |any: IpAddr, far: &[IpAddr]| {
        far.iter().find_map(|far| probe(any, *far))
    };
    let v4 = first(Ipv4Addr::UNSPECIFIED.into(), &FAR_V4.map(IpAddr::from));
    let v6 = first(Ipv6Addr::UNSPECIFIED.into(), &FAR_V6.map(IpAddr::from));
    v4.into_iter().chain(v6).collect()
}

fn probe(any: IpAddr, far: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(far, 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified() && !own.is_loopback()).then_some(own)
}

/// Puts addresses together by interface: `preferred` ones first, those of
/// the link alone last, and loopback only where there is nothing else.
fn ordered(
    found: Vec<(String, IpAddr)>,
    preferred: &[IpAddr],
) -> Vec<Interface> {
    let rank = |address: &IpAddr| {
        let place = preferred.iter().position(|own| own == address);
        (is_link_local(address), place.unwrap_or(preferred.len()))
    };
    let real = found.iter().any(|(_, address)| !address.is_loopback());
    let mut found: Vec<(String, IpAddr)> = found
        .into_iter()
        .filter(|(_, address)| address.is_loopback() != real)
        .collect();
    // Stable: what ranks alike stays in the system's order.
    found.sort_by_key(|(_, address)| rank(address));
    let mut interfaces: Vec<Interface> = Vec::new();
    for (name, address) in found {
        match interfaces.iter_mut().find(|known| known.name == name) {
            Some(known) => known.addresses.push(address),
            None => interfaces.push(Interface {
                name,
                addresses: vec![address],
                suffix: None,
            }),
        }
    }
    interfaces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(found: &[(&str, &str)], preferred: &[&str]) -> String {
        let found = found.iter().map(|(name, address)| {
            ((*name).to_owned(), address.parse().unwrap())
        });
        let preferred: Vec<IpAddr> =
            preferred.iter().map(|a| a.parse().unwrap()).collect();
        let interfaces = ordered(found.collect(), &preferred);
        let text = interfaces.iter().map(|interface| {
            let own: Vec<String> =
                interface.addresses.iter().map(ToString::to_string).collect();
            format!("{} {}", interface.name, own.join(" "))
        });
        text.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_way_out_is_first() {
        let found = [
            ("lo", "127.0.0.1"),
            ("docker0", "172.17.0.1"),
            ("eth0", "fe80::1"),
            ("eth0", "10.1.2.3"),
            ("eth0", "2001:db8::3"),
            ("lo", "::1"),
        ];
        assert_eq!(
            addresses(&found, &["10.1.2.3", "2001:db8::3"]),
            "eth0 10.1.2.3 2001:db8::3 fe80::1, docker0 172.17.0.1"
        );
        assert_eq!(
            addresses(&found, &[]),
            "docker0 172.17.0.1, eth0 10.1.2.3 2001:db8::3 fe80::1"
        );
    }

    #[test]
    fn of_the_link_where_there_is_nothing_better() {
        let found = [
            ("eth0", "169.254.7.7"),
            ("eth0", "fe80::1"),
            ("eth1", "192.168.1.5"),
        ];
        assert_eq!(
            addresses(&found, &["169.254.7.7"]),
            "eth1 192.168.1.5, eth0 169.254.7.7 fe80::1"
        );
        assert_eq!(addresses(&found[..2], &[]), "eth0 169.254.7.7 fe80::1");
    }

    #[test]
    fn loopback_where_there_is_nothing_else() {
        let found = [("lo", "127.0.0.1"), ("lo", "::1")];
        assert_eq!(addresses(&found, &[]), "lo 127.0.0.1 ::1");
        assert_eq!(addresses(&[], &[]), "");
    }

    #[test]
    fn this_machine_answers() {
        let interfaces = SystemInterfaces.interfaces().unwrap();
        let all: Vec<IpAddr> =
            interfaces.into_iter().flat_map(|i| i.addresses).collect();
        let real = all.iter().any(|address| !address.is_loopback());
        assert!(!real || all.iter().all(|address| !address.is_loopback()));
        SystemInterfaces.suffixes().unwrap();
    }
}
