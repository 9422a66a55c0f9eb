//! Own addresses, and the hosts file, on networks that are made for it: each
//! case runs in namespaces of its own, which end with it.
//!
//! That takes root, `unshare` and `ip`; without them the tests are passed
//! over, which is a failure where `WHICHPROXY_REQUIRE=all`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::env;
use std::process::Command;

use whichproxy::machine::{Dns, Machine};
use whichproxy::{Client, Family, Resolver};
use whichproxy_os::{SystemDns, SystemInterfaces};
use whichproxy_pac::{Embedder, Pac, Query};

/// Set where a test runs again, within its network.
const WITHIN: &str = "WHICHPROXY_TEST_WITHIN";

/// Runs `test` again, in a network that these commands make; what it tells.
/// `None` where that is not possible here.
fn within(test: &str, commands: &str) -> Option<String> {
    let probe = Command::new("unshare")
        .args(["--net", "--mount", "sh", "-c", "ip link set lo up"])
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        let message = "passed over: it takes root, unshare and ip";
        println!("{test} {message}");
        let all = env::var("WHICHPROXY_REQUIRE").is_ok_and(|it| it == "all");
        assert!(!all, "{message}");
        return None;
    }
    let me = env::current_exe().unwrap();
    let script = format!("set -e\nip link set lo up\n{commands}\nexec \"$@\"");
    let output = Command::new("unshare")
        .args(["--net", "--mount", "sh", "-c", &script, "sh"])
        .arg(me)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(WITHIN, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{told}\n{errors}");
    let told: Vec<&str> = told
        .lines()
        .filter_map(|it| it.split_once("TOLD "))
        .map(|it| it.1)
        .collect();
    Some(told.join("\n"))
}

/// What scripts see here.
fn tell() {
    let machine = Machine::offline().with_interfaces(SystemInterfaces);
    let ask = |expression: &str| {
        let source =
            format!("function FindProxyForURL() {{ return {expression}; }}");
        let query = Query::raw("http://a/", "a");
        let found = Pac::new(&source).unwrap().evaluate(query, &machine);
        found.unwrap().result().to_owned()
    };
    println!();
    println!("TOLD {} | {}", ask("myIpAddress()"), ask("myIpAddressEx()"));
}

#[test]
fn own_addresses() {
    if env::var_os(WITHIN).is_some() {
        return tell();
    }
    // No address is waited for, `nodad`, so that none is missing.
    let eth = |number: u8, addresses: &[&str]| {
        let name = format!("eth{number}");
        let mut text =
            format!("ip link add {name} type veth peer name peer{number}\n");
        for end in [&name, &format!("peer{number}")] {
            text.push_str(&format!(
                "echo 1 > /proc/sys/net/ipv6/conf/{end}/addr_gen_mode\n\
                 ip link set {end} up\n"
            ));
        }
        for address in addresses {
            let nodad = if address.contains(':') { "nodad" } else { "" };
            text.push_str(&format!(
                "ip addr add {address} dev {name} {nodad}\n"
            ));
        }
        text
    };
    let cases = [
        ("nothing but loopback", String::new(), "127.0.0.1 | "),
        (
            "the way out is of the second interface",
            eth(0, &["172.17.0.1/16"])
                + &eth(1, &["10.1.2.3/24"])
                + "ip route add default via 10.1.2.1\n",
            "10.1.2.3 | 10.1.2.3;172.17.0.1",
        ),
        (
            "the way's own source, not the first address",
            eth(0, &["10.1.2.3/24", "10.1.2.4/24"])
                + "ip route add default via 10.1.2.1 src 10.1.2.4\n",
            "10.1.2.4 | 10.1.2.4;10.1.2.3",
        ),
        (
            "no way out, but one to a private network",
            eth(0, &["172.17.0.1/16"])
                + &eth(1, &["10.1.2.3/24"])
                + "ip route add 10.0.0.0/8 via 10.1.2.1\n",
            "10.1.2.3 | 10.1.2.3;172.17.0.1",
        ),
        (
            "no way at all",
            eth(0, &["192.168.7.7/24"]),
            "192.168.7.7 | 192.168.7.7",
        ),
        (
            "the address of the link is no better, though it leads out",
            eth(0, &["169.254.7.7/16"])
                + &eth(1, &["192.168.7.7/24"])
                + "ip route add default dev eth0\n",
            "192.168.7.7 | 192.168.7.7;169.254.7.7",
        ),
        (
            "nothing but the link",
            eth(0, &["169.254.7.7/16", "fe80::7/64"]),
            "169.254.7.7 | 169.254.7.7",
        ),
        (
            "both families",
            eth(0, &["10.1.2.3/24", "2001:db8::3/64", "fe80::3/64"])
                + &eth(1, &["fd00::5/64"])
                + "ip route add default via 10.1.2.1\n\
                   ip -6 route add default via 2001:db8::1 dev eth0\n",
            "10.1.2.3 | 2001:db8::3;fd00::5;10.1.2.3",
        ),
        (
            "IPv6 alone",
            eth(0, &["2001:db8::3/64", "fe80::3/64"]),
            "127.0.0.1 | 2001:db8::3",
        ),
    ];
    for (name, commands, expected) in cases {
        let Some(told) = within("own_addresses", &commands) else { return };
        assert_eq!(told, expected, "{name}\n{commands}");
    }
}

/// The hosts file is honoured, in its order, and remembered until all is
/// forgotten.
#[test]
fn the_hosts_file() {
    if env::var_os(WITHIN).is_none() {
        let commands = "mount -t tmpfs none /mnt
            echo 10.0.0.5 Intranet.corp intranet > /mnt/hosts
            echo 2001:db8::5 intranet.corp >> /mnt/hosts
            mount --bind /mnt/hosts /etc/hosts";
        within("the_hosts_file", commands);
        return;
    }
    let dns = SystemDns::new();
    let find = |name: &str, family| {
        let found = dns.lookup(name, family).unwrap();
        let found: Vec<String> =
            found.iter().map(ToString::to_string).collect();
        found.join(" ")
    };
    assert_eq!(find("intranet.corp", Family::V4), "10.0.0.5");
    assert_eq!(find("INTRANET", Family::V4), "10.0.0.5");
    assert_eq!(find("intranet.corp", Family::V6), "2001:db8::5");
    let any = find("intranet.corp", Family::Any);
    assert!(any.contains("10.0.0.5") && any.contains("2001:db8::5"), "{any}");
    // That of this namespace, as is seen above.
    std::fs::write("/etc/hosts", "10.0.0.6 intranet.corp\n").unwrap();
    assert_eq!(find("intranet.corp", Family::V4), "10.0.0.5", "remembered");
    let machine = Machine::offline().with_dns(dns.clone());
    let resolver = Resolver::new(Client::Winhttp, machine).unwrap();
    resolver.forget();
    let machine = resolver.machine();
    let found = machine.resolve("intranet.corp", Family::V4);
    assert_eq!(found, [std::net::IpAddr::from([10, 0, 0, 6])]);
}
