//! The DNS suffixes of a Linux machine.

use std::path::Path;

use whichproxy::machine::{Fault, Interface, Suffixes};

use super::{files, leases};
use crate::resolv_conf::{self, suffix};

/// The suffixes of the whole machine.
///
/// The primary one is the domain of the machine's name, as `hostname -d`
/// tells it: what follows the first dot of the name itself, else of the name
/// by which the hosts file knows it; else the `domain` of `resolv.conf`. The
/// search list is `resolv.conf`'s.
///
/// Source: HOSTNAME-MAN, inferred: Windows calls that the primary suffix.
pub(crate) fn suffixes(root: &Path) -> Result<Suffixes, Fault> {
    let mut found = resolv_conf::read(root)?;
    if let Some(primary) = domain(root) {
        found.primary = Some(primary);
    }
    Ok(found)
}

fn domain(root: &Path) -> Option<String> {
    let name = files::text(&root.join("proc/sys/kernel/hostname"))
        .or_else(|| files::text(&root.join("etc/hostname")))?;
    let after_dot =
        |name: &str| name.split_once('.').and_then(|(_, rest)| suffix(rest));
    if let Some(domain) = after_dot(&name) {
        return (domain != "localdomain").then_some(domain);
    }
    let hosts = files::text(&root.join("etc/hosts"))?;
    let canonical = hosts.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut names = line.split_whitespace().skip(1).peekable();
        let first = *names.peek()?;
        names.any(|known| known.eq_ignore_ascii_case(&name)).then_some(first)
    });
    canonical.and_then(after_dot).filter(|domain| domain != "localdomain")
}

/// The suffix of a connection: that of its lease, else the first that
/// systemd-networkd or systemd-resolved has for it.
pub(crate) fn connection_suffix(
    root: &Path,
    interface: &Interface,
) -> Option<String> {
    let leased = leases::of(root, interface);
    if let Some(domain) = leased.and_then(|(_, lease)| lease.domain) {
        return Some(domain);
    }
    if !leases::is_name(&interface.name) {
        return None;
    }
    let index = root.join("sys/class/net").join(&interface.name);
    let index = files::text(&index.join("ifindex"))?;
    if !index.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Source: NETWORKD-LEASES, community: `DOMAINS=a.example b.example`,
    // where `~` marks what only routes questions.
    ["run/systemd/netif/links", "run/systemd/resolve/netif"]
        .iter()
        .filter_map(|folder| files::text(&root.join(folder).join(&index)))
        .find_map(|text| {
            let line =
                text.lines().find_map(|line| line.strip_prefix("DOMAINS="))?;
            line.trim_matches('"')
                .split_whitespace()
                .filter(|word| !word.starts_with('~'))
                .find_map(suffix)
        })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::tests::Root;
    use super::*;

    #[test]
    fn the_domain_of_the_machines_name() {
        const NAME: &str = "proc/sys/kernel/hostname";
        const HOSTS: &str = "etc/hosts";
        const CONF: &str = "etc/resolv.conf";
        for (files, expected) in [
            (&[][..], ""),
            (&[(NAME, "pc7.Corp.Example\n")], "corp.example"),
            (&[("etc/hostname", "pc7.a.example")], "a.example"),
            (&[(NAME, "pc7")], ""),
            (
                &[(NAME, "pc7"), (HOSTS, "127.0.1.1 pc7.b.example pc7 # x")],
                "b.example",
            ),
            (&[(NAME, "pc7"), (HOSTS, "127.0.1.1 other.b.example")], ""),
            (&[(NAME, "pc7"), (HOSTS, "::1 localhost.localdomain pc7")], ""),
            (&[(NAME, "pc7"), (CONF, "domain c.example")], "c.example"),
            (
                &[(NAME, "pc7.a.example"), (CONF, "search c.example")],
                "a.example c.example",
            ),
        ] {
            let root = Root::new(files);
            let Suffixes { primary, search } = suffixes(root.path()).unwrap();
            let found: Vec<String> =
                primary.into_iter().chain(search).collect();
            assert_eq!(found.join(" "), expected, "{files:?}");
        }
    }

    #[test]
    fn the_suffix_of_a_connection() {
        let interface = Interface {
            name: "eth0".to_owned(),
            addresses: vec![IpAddr::from([10, 0, 0, 7])],
            suffix: None,
        };
        const LEASE: &str = "run/systemd/netif/leases/4";
        const LINK: &str = "run/systemd/netif/links/4";
        for (files, expected) in [
            (&[][..], None),
            (
                &[(LEASE, "ADDRESS=10.0.0.7\nDOMAINNAME=a.example")],
                Some("a.example"),
            ),
            (&[(LEASE, "ADDRESS=10.0.0.8\nDOMAINNAME=a.example")], None),
            (
                &[(LINK, "OPER_STATE=up\nDOMAINS=~. b.example c.example")],
                Some("b.example"),
            ),
            (
                &[("run/systemd/resolve/netif/4", "DOMAINS=\"d.example\"")],
                Some("d.example"),
            ),
        ] {
            let root = Root::new(files);
            root.write("sys/class/net/eth0/ifindex", "4\n");
            let found = connection_suffix(root.path(), &interface);
            assert_eq!(found.as_deref(), expected, "{files:?}");
        }
    }
}
