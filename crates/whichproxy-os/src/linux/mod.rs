//! What only Linux knows: leases, suffixes, and how to send a question out
//! of one interface.

mod files;
mod inform;
mod leases;
mod suffixes;

use std::net::Ipv4Addr;

use whichproxy::machine::{DhcpAnswer, Fault, Interface};

pub(crate) use self::suffixes::{connection_suffix, suffixes};

use self::inform::{Inform, Link};
use crate::dhcp::SystemDhcp;

/// What the leases say, else what the servers do.
pub(crate) fn wpad_option(
    dhcp: &SystemDhcp,
    interface: &Interface,
) -> Result<DhcpAnswer, Fault> {
    let lease = leases::of(&dhcp.root, interface);
    if let Some((path, lease)) = &lease
        && let Some(option) = &lease.wpad
    {
        let from = format!("lease {}", path.display());
        return Ok(DhcpAnswer::one(option.clone(), from));
    }
    let link = Link::of(&dhcp.root, interface)?;
    let server = lease.and_then(|(_, lease)| lease.server);
    Inform { link, server, timeout: dhcp.timeout }.ask()
}

/// The addresses that a DHCP server may have given to an interface.
fn own_addresses(interface: &Interface) -> impl Iterator<Item = Ipv4Addr> {
    interface.addresses.iter().filter_map(|address| match address {
        std::net::IpAddr::V4(v4) => Some(*v4).filter(|v4| {
            !v4.is_loopback() && !v4.is_link_local() && !v4.is_unspecified()
        }),
        std::net::IpAddr::V6(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::IpAddr;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use whichproxy::machine::Dhcp;

    use super::*;

    /// A folder with files, which goes when it is dropped.
    #[derive(Debug)]
    pub(super) struct Root(PathBuf);

    impl Root {
        pub(super) fn new(files: &[(&str, &str)]) -> Root {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("whichproxy-{}-{number}", std::process::id());
            let root = Root(std::env::temp_dir().join(name));
            fs::create_dir_all(&root.0).unwrap();
            for (path, text) in files {
                root.write(path, text);
            }
            root
        }

        pub(super) fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn leases_come_before_questions() {
        let root = Root::new(&[
            ("sys/class/net/eth0/ifindex", "4"),
            ("run/systemd/netif/leases/4", "ADDRESS=10.0.0.7\nOPTION_252=68"),
        ]);
        let dhcp = SystemDhcp::new().with_root(root.path());
        let ask = |name: &str, address: [u8; 4]| {
            let answer = dhcp.wpad_option(&Interface {
                name: name.to_owned(),
                addresses: vec![IpAddr::from(address)],
                suffix: None,
            });
            answer.map_err(|fault| fault.to_string())
        };
        let answer = ask("eth0", [10, 0, 0, 7]).unwrap();
        assert_eq!(answer.offers[0].option, b"h");
        assert!(answer.asked.ends_with("netif/leases/4"), "{answer:?}");

        // Nobody is asked by what DHCP does not run on.
        let why = |name, address| ask(name, address).unwrap_err();
        assert_eq!(why("eth1", [10, 0, 0, 7]), "there is no such interface");
        root.write("sys/class/net/lo/type", "772");
        root.write("sys/class/net/lo/address", "00:00:00:00:00:00");
        assert_eq!(why("lo", [127, 0, 0, 1]), "not asked: it is no Ethernet");
        root.write("sys/class/net/eth2/type", "1\n");
        root.write("sys/class/net/eth2/address", "02:00:00:00:00:09\n");
        assert_eq!(
            why("eth2", [169, 254, 1, 1]),
            "not asked: it has no IPv4 address to ask with"
        );
    }
}
