//! WPAD against real servers: dnsmasq, nginx, and a DHCP server that lies,
//! each in network namespaces that are made for the test and end with it.
//!
//! That takes root, `unshare`, `ip`, `dnsmasq` and `nginx`; without them the
//! tests are passed over, which is a failure where `WHICHPROXY_REQUIRE=all`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

mod lab;
mod liar;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use whichproxy::discovery::Attempt;
use whichproxy::machine::{Change, Dhcp, Interfaces, SetClock};
use whichproxy::registry::RegFile;
use whichproxy::{Client, Machine, Resolver};
use whichproxy_os::{SystemDhcp, SystemInterfaces, Watch};

use crate::lab::in_a_lab;

const AUTO_DETECT: &[u8] = br#"REGEDIT4

[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings]
"AutoDetect"=dword:00000001
"#;

/// This machine, with auto-detection on.
fn machine() -> Machine {
    let export = RegFile::parse(AUTO_DETECT, "auto.reg").unwrap();
    whichproxy_os::machine().with_registry(export)
}

fn resolver(machine: Machine) -> Resolver {
    Resolver::new(Client::WinhttpAuto, machine).unwrap()
}

fn routes(resolver: &Resolver) -> String {
    let found = resolver.resolve_text("http://www.example.com/").unwrap();
    found.routes().to_string()
}

/// The questions and answers of a search.
fn search() -> Vec<String> {
    let attempts = resolver(machine()).discover().attempts;
    let told: Vec<String> = attempts.iter().map(Attempt::to_string).collect();
    println!("{}", told.join("\n"));
    told
}

/// Whether some attempt begins and ends so.
fn has(told: &[String], start: &str, end: &str) -> bool {
    told.iter().any(|line| line.starts_with(start) && line.ends_with(end))
}

#[test]
fn a_script_by_dhcp() {
    let Some(mut lab) = in_a_lab("a_script_by_dhcp") else { return };
    lab.link("srv", 1, &[]);
    lab.dnsmasq("srv", 1, &["--dhcp-option=252,http://10.1.0.1/wpad.dat"]);
    lab.nginx("srv", 1, "office");
    let resolver = resolver(machine());
    assert_eq!(routes(&resolver), "PROXY office:80");
    let told = search();
    assert!(has(
        &told,
        "DHCP option 252 on eth1: http://10.1.0.1/wpad.dat",
        "(server 10.1.0.1)"
    ));
    assert!(told.iter().all(|line| !line.starts_with("DNS")), "{told:?}");
}

/// The clock stands still, so that nobody looks at the network unasked.
#[test]
fn a_watch_tells_of_another_network() {
    let test = "a_watch_tells_of_another_network";
    let Some(mut lab) = in_a_lab(test) else { return };
    for (server, n, proxy) in [("srv", 1, "office"), ("home", 2, "home")] {
        lab.link(server, n, &[]);
        let option = format!("--dhcp-option=252,http://10.{n}.0.1/wpad.dat");
        lab.dnsmasq(server, n, &[&option]);
        lab.nginx(server, n, proxy);
    }
    lab.change(&[2], &[1]);
    let resolver = resolver(machine().with_clock(SetClock::default()));
    let (tell, tells) = mpsc::channel();
    let watch = Watch::new(&resolver, move |told| {
        // Nobody listens any more where the test is over.
        let _ = tell.send(told);
    });
    let watch = watch.unwrap();
    assert_eq!(routes(&resolver), "PROXY office:80");
    let goes_to = |expected: &str| {
        loop {
            let told = tells.recv_timeout(Duration::from_secs(60)).unwrap();
            assert_eq!(told, Ok(Change::Addresses));
            // There may be no network for a moment.
            if routes(&resolver) == expected {
                return;
            }
        }
    };
    lab.change(&[1], &[2]);
    goes_to("PROXY home:80");
    lab.change(&[2], &[1]);
    goes_to("PROXY office:80");
    drop(watch);
    lab.change(&[1], &[2]);
    assert!(tells.recv().is_err());
    assert_eq!(routes(&resolver), "PROXY office:80");
}

#[test]
fn a_script_by_dns_and_never_above_the_domain() {
    let test = "a_script_by_dns_and_never_above_the_domain";
    let Some(mut lab) = in_a_lab(test) else { return };
    lab.link("srv", 1, &["fd00:1::"]);
    lab.name("pc7.eu.corp.co.uk");
    // Whoever asks above the domain is answered.
    let options = [
        "--address=/wpad.corp.co.uk/fd00:1::1",
        "--address=/wpad.co.uk/10.1.0.1",
        "--address=/wpad.uk/10.1.0.1",
    ];
    lab.dnsmasq("srv", 1, &options);
    lab.nginx("srv", 1, "parent");
    assert_eq!(routes(&resolver(machine())), "PROXY parent:80");
    let told = search();
    assert!(has(
        &told,
        "DHCP option 252 on eth1: not offered",
        "(server 10.1.0.1)"
    ));
    assert!(has(&told, "DNS wpad.eu.corp.co.uk: does not resolve", ""));
    assert!(has(&told, "DNS wpad.corp.co.uk: fd00:1::1", ""));

    // With a search list, and nothing below a public suffix.
    lab.resolv_conf("nameserver 10.1.0.1\nsearch co.uk lab.example\n");
    lab.name("pc7.co.uk");
    let told = search();
    assert!(has(&told, "DNS wpad.co.uk: not asked", "called wpad"));
    assert!(has(&told, "DNS wpad.lab.example: does not resolve", ""));
    assert_eq!(routes(&resolver(machine())), "DIRECT");

    let mut asked = lab.questions("srv");
    asked.sort();
    asked.dedup();
    // Nothing that a resolver made of it, either.
    let expected =
        ["wpad.corp.co.uk", "wpad.eu.corp.co.uk", "wpad.lab.example"];
    assert_eq!(asked, expected);
}

#[test]
fn two_interfaces_with_suffixes_of_their_own() {
    let test = "two_interfaces_with_suffixes_of_their_own";
    let Some(mut lab) = in_a_lab(test) else { return };
    lab.link("one", 1, &[]);
    lab.link("two", 2, &[]);
    lab.dnsmasq("one", 1, &["--address=/wpad.second.example/10.2.0.1"]);
    lab.dnsmasq("two", 2, &[]);
    lab.nginx("two", 2, "second");
    lab.lease(1, "DOMAINNAME=first.example\n");
    lab.lease(2, "DOMAINNAME=second.example\n");
    let suffixes: Vec<_> = SystemInterfaces
        .interfaces()
        .unwrap()
        .into_iter()
        .map(|interface| (interface.name, interface.suffix.unwrap()))
        .collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    // The first has the way out.
    assert_eq!(
        suffixes,
        [pair("eth1", "first.example"), pair("eth2", "second.example")]
    );
    assert_eq!(routes(&resolver(machine())), "PROXY second:80");
    let told = search();
    assert!(has(&told, "DNS wpad.first.example: does not resolve", ""));
    assert!(has(&told, "DNS wpad.second.example: 10.2.0.1", ""));

    // DHCP goes before, on whichever interface it is.
    lab.lease(
        2,
        "OPTION_252=687474703a2f2f31302e322e302e312f777061642e646174\n",
    );
    let told = search();
    assert!(
        has(
            &told,
            "DHCP option 252 on eth2: http://10.2.0.1/wpad.dat",
            "netif/leases/3)"
        ) || told.iter().any(|line| line.contains("(lease /run/systemd"))
    );
    assert!(told.iter().all(|line| !line.starts_with("DNS")), "{told:?}");
}

#[test]
fn another_network_and_back() {
    let Some(mut lab) = in_a_lab("another_network_and_back") else { return };
    lab.link("srv", 1, &[]);
    lab.dnsmasq("srv", 1, &["--dhcp-option=252,http://10.1.0.1/wpad.dat"]);
    lab.nginx("srv", 1, "office");
    lab.link("inn", 2, &[]);
    lab.dnsmasq("inn", 2, &["--dhcp-option=252,http://10.2.0.1/wpad.dat"]);
    lab.nginx("inn", 2, "inn");
    lab.change(&[2], &[1]);

    let clock = SetClock::default();
    let resolver = resolver(machine().with_clock(clock.clone()));
    assert_eq!(routes(&resolver), "PROXY office:80");
    lab.change(&[1], &[2]);
    // Nobody has looked yet.
    assert_eq!(routes(&resolver), "PROXY office:80");
    clock.pass(Duration::from_secs(5));
    assert_eq!(routes(&resolver), "PROXY inn:80");

    // Back, where another script is offered meanwhile: the one of before
    // answers at once, and the new one soon.
    lab.change(&[2], &[1]);
    lab.kill("srv");
    lab.dnsmasq("srv", 1, &["--dhcp-option=252,http://10.1.0.1/new.dat"]);
    lab.nginx("srv", 1, "office");
    clock.pass(Duration::from_secs(5));
    let first = routes(&resolver);
    assert!(first.ends_with("office:80"), "{first}");
    let start = Instant::now();
    while routes(&resolver) != "PROXY new-office:80" {
        assert!(start.elapsed() < Duration::from_secs(30));
        clock.pass(Duration::from_secs(5));
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_lies() {
    let Some(mut lab) = in_a_lab("a_server_that_lies") else { return };
    lab.link("srv", 1, &[]);
    for other in [2, 3, 66] {
        lab.run(&format!("ip -n srv addr add 10.1.0.{other}/24 dev eth0"));
    }
    lab.liar("srv");
    lab.nginx("srv", 1, "true");
    let told = search();
    let on = "DHCP option 252 on eth1: ";
    assert!(has(
        &told,
        &format!("{on}it has 3000 bytes"),
        "(server 10.1.0.2)"
    ));
    assert!(has(&told, &format!("{on}`no address`"), "(server 10.1.0.3)"));
    let good = format!("{on}http://10.1.0.1/wpad.dat");
    assert!(has(&told, &good, "(server 10.1.0.1)"));
    assert!(told.iter().all(|line| !line.contains("evil")), "{told:?}");
    assert_eq!(routes(&resolver(machine())), "PROXY true:80");

    // What was passed over is told, where no other offers anything; and only
    // the server of a lease is believed.
    lab.lease(1, "SERVER_ADDRESS=10.1.0.66\n");
    let interface = SystemInterfaces.interfaces().unwrap().remove(0);
    let dhcp = SystemDhcp::new().with_timeout(Duration::from_secs(1));
    let fault = dhcp.wpad_option(&interface).unwrap_err().to_string();
    println!("{fault}");
    for part in [
        "server 10.1.0.66, which the lease names, is silent for 1 s",
        "10.1.0.66: it answers another question",
        "10.1.0.66: it comes from port 6767",
        "10.1.0.66: it says that it is 10.1.0.1",
        "10.1.0.2: it is not the server of the lease",
    ] {
        assert!(fault.contains(part), "{part}");
    }
}

#[test]
fn without_the_right_to_ask() {
    if std::env::var_os("WHICHPROXY_TEST_UNABLE").is_some() {
        let told = search();
        assert!(has(
            &told,
            "DHCP option 252 on eth1: not asked: listening at port 68 takes root or CAP_NET_BIND_SERVICE",
            ""
        ));
        return;
    }
    let Some(mut lab) = in_a_lab("without_the_right_to_ask") else { return };
    lab.link("srv", 1, &[]);
    lab.run_self(
        "without_the_right_to_ask",
        "WHICHPROXY_TEST_UNABLE",
        "setpriv --bounding-set=-net_bind_service \
         --inh-caps=-net_bind_service",
    );
}

/// Not a test of its own: the server of [`a_server_that_lies`].
#[test]
fn liar() {
    if std::env::var_os("WHICHPROXY_TEST_LIAR").is_some() {
        liar::serve();
    }
}
