//! The leases of this system's DHCP clients.

use std::path::{Path, PathBuf};

use whichproxy::machine::Interface;

use super::{files, own_addresses};
use crate::dhcp::Lease;

/// The lease of an interface and the file that has it: the first client
/// that leased one of its addresses. One that has option 252 goes before
/// one that has not.
pub(super) fn of(
    root: &Path,
    interface: &Interface,
) -> Option<(PathBuf, Lease)> {
    let own: Vec<_> = own_addresses(interface).collect();
    let mut plain = None;
    for path in paths(root, &interface.name) {
        let Some(bytes) = files::bytes(&path) else { continue };
        let of_interface = |lease: &Lease| {
            let named = lease.interface.as_ref();
            // A lease of another day has another address.
            named.is_none_or(|name| *name == interface.name)
                && lease.address.is_some_and(|leased| own.contains(&leased))
        };
        let leases = Lease::read_all(&bytes);
        match leases.into_iter().rev().find(of_interface) {
            Some(lease) if lease.wpad.is_some() => {
                return Some((path, lease));
            }
            Some(lease) if plain.is_none() => plain = Some((path, lease)),
            _ => {}
        }
    }
    plain
}

/// Where leases of an interface may be, the likeliest first.
///
/// Source: NETWORKD-LEASES, DHCLIENT-LEASES, community.
fn paths(root: &Path, name: &str) -> Vec<PathBuf> {
    if !is_name(name) {
        return Vec::new();
    }
    let mut paths = Vec::new();
    let index = root.join("sys/class/net").join(name).join("ifindex");
    if let Some(index) = files::text(&index)
        && index.bytes().all(|byte| byte.is_ascii_digit())
    {
        paths.push(root.join("run/systemd/netif/leases").join(index));
    }
    let mut newest_first = |folder: &str, wanted: &dyn Fn(&str) -> bool| {
        let found = files::newest_last(&root.join(folder), wanted);
        paths.extend(found.into_iter().rev());
    };
    let ending = format!("-{name}.lease");
    newest_first("var/lib/NetworkManager", &|file| {
        file.ends_with(&ending) && !file.starts_with("dhclient6")
    });
    // A file may have the leases of all interfaces.
    let is_dhclient = |file: &str| {
        file.starts_with("dhclient")
            && !file.starts_with("dhclient6")
            && (file.ends_with(".leases") || file.ends_with(".lease"))
    };
    newest_first("var/lib/dhcp", &is_dhclient);
    newest_first("var/lib/dhclient", &is_dhclient);
    let plain = format!("{name}.lease");
    let wireless = format!("{name}-");
    newest_first("var/lib/dhcpcd", &|file| {
        file == plain
            || (file.starts_with(&wireless) && file.ends_with(".lease"))
    });
    let older = format!("dhcpcd-{name}.lease");
    newest_first("var/lib/dhcpcd5", &|file| file == older);
    paths
}

/// Whether a name can be an interface's, and leads to no other folder.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 16
        && name != "."
        && name != ".."
        && !name.contains(|c: char| c == '/' || c == '\0' || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::tests::Root;
    use super::*;

    fn interface(name: &str) -> Interface {
        Interface {
            name: name.to_owned(),
            addresses: vec![IpAddr::from([10, 0, 0, 7])],
            suffix: None,
        }
    }

    const OURS: &str = "ADDRESS=10.0.0.7\nSERVER_ADDRESS=10.0.0.1\n";
    const WPAD: &str = "ADDRESS=10.0.0.7\nOPTION_252=6869\n";
    const OTHER: &str = "ADDRESS=10.0.0.8\nOPTION_252=6869\n";

    #[test]
    fn the_lease_of_our_address() {
        let networkd = "run/systemd/netif/leases/4";
        let manager = "var/lib/NetworkManager/internal-1-2-eth0.lease";
        let dhcpcd = "var/lib/dhcpcd/eth0.lease";
        for (files, expected) in [
            (&[][..], None),
            (&[(networkd, OURS)], Some(networkd)),
            (&[(networkd, OTHER)], None),
            // The option counts for more than the place.
            (&[(networkd, OURS), (manager, WPAD)], Some(manager)),
            (&[(networkd, OURS), (manager, OTHER)], Some(networkd)),
            (&[(dhcpcd, OURS)], Some(dhcpcd)),
            (&[("var/lib/dhcpcd/eth1.lease", WPAD)], None),
            (&[("var/lib/dhcp/dhclient6.eth0.leases", WPAD)], None),
        ] {
            let root = Root::new(files);
            root.write("sys/class/net/eth0/ifindex", "4\n");
            let found = of(root.path(), &interface("eth0"));
            let found = found.map(|(path, _)| path);
            let expected = expected.map(|path| root.path().join(path));
            assert_eq!(found, expected, "{files:?}");
        }
    }

    #[test]
    fn the_last_lease_of_a_log() {
        let lease = |name: &str, option: &str| {
            format!(
                "lease {{ interface \"{name}\"; fixed-address 10.0.0.7; \
                 option wpad \"{option}\"; }}\n"
            )
        };
        let log = [("eth0", "old"), ("eth0", "new"), ("eth1", "other")]
            .map(|(name, option)| lease(name, option))
            .concat();
        // Longer than what is read of it.
        let log = "#".repeat(300 << 10) + "\n" + &log;
        let root = Root::new(&[("var/lib/dhcp/dhclient.leases", &log)]);
        let (_, found) = of(root.path(), &interface("eth0")).unwrap();
        assert_eq!(found.wpad.unwrap(), b"new");
    }

    #[test]
    fn names_lead_nowhere_else() {
        let root = Root::new(&[("var/lib/dhcpcd/..lease", WPAD)]);
        for name in ["", ".", "..", "../eth0", "a b", "a\0", &"x".repeat(16)] {
            assert!(!is_name(name), "{name}");
            assert_eq!(of(root.path(), &interface(name)), None);
        }
        assert!(is_name("eth0.100") && is_name("br-0123456789ab"));
    }
}
