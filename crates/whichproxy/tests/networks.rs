//! What WPAD finds belongs to the network that the machine is in.
#![allow(clippy::unwrap_used)] // what fails here fails a test

use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use url::Url;
use whichproxy::machine::{
    Dhcp, DhcpAnswer, Fault, Fetch, Interface, Interfaces, Page, SetClock,
    Suffixes,
};
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{Client, Machine, Resolver};

/// A laptop that is carried from network to network. All of them offer the
/// same address, and each has its own script there.
#[derive(Clone, Debug, Default)]
struct Laptop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    network: AtomicU8,
    /// The proxy that each network's script says; none, no script.
    proxies: Mutex<[Option<&'static str>; 3]>,
    looked: AtomicUsize,
    asked: AtomicUsize,
    fetched: AtomicUsize,
}

impl Laptop {
    fn go(&self, network: u8) {
        self.0.network.store(network, Ordering::SeqCst);
    }

    fn serve(&self, network: usize, proxy: Option<&'static str>) {
        self.0.proxies.lock().unwrap()[network] = proxy;
    }

    /// How often interfaces, DHCP and the page were asked for.
    fn counts(&self) -> [usize; 3] {
        let State { looked, asked, fetched, .. } = &*self.0;
        [looked, asked, fetched].map(|count| count.load(Ordering::SeqCst))
    }
}

impl Interfaces for Laptop {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        self.0.looked.fetch_add(1, Ordering::SeqCst);
        let network = self.0.network.load(Ordering::SeqCst);
        Ok(vec![Interface {
            name: "wlan0".to_owned(),
            addresses: vec![IpAddr::from([10, network, 0, 7])],
            suffix: None,
        }])
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        Ok(Suffixes::default())
    }
}

impl Dhcp for Laptop {
    fn wpad_option(&self, _: &Interface) -> Result<DhcpAnswer, Fault> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        Ok(DhcpAnswer::one("http://192.168.1.1/wpad.dat", "the router"))
    }
}

impl Fetch for Laptop {
    fn get(&self, _: &Url, _: usize) -> Result<Page, Fault> {
        self.0.fetched.fetch_add(1, Ordering::SeqCst);
        let network = self.0.network.load(Ordering::SeqCst);
        let proxies = self.0.proxies.lock().unwrap();
        let proxy = proxies[usize::from(network)];
        let proxy = proxy.ok_or_else(|| Fault::new("404"))?;
        let script =
            format!("function FindProxyForURL() {{ return '{proxy}'; }}");
        Ok(Page { body: script.into_bytes(), ..Page::default() })
    }
}

fn laptop() -> (Laptop, SetClock, Resolver) {
    let laptop = Laptop::default();
    let clock = SetClock::default();
    let key = Key::new(
        Root::CurrentUser,
        r"Software\Microsoft\Windows\CurrentVersion\Internet Settings",
    );
    let registry = Tree::new().with(&key, "AutoDetect", Value::Dword(1));
    let machine = Machine::offline()
        .with_registry(registry)
        .with_interfaces(laptop.clone())
        .with_dhcp(laptop.clone())
        .with_fetch(laptop.clone())
        .with_clock(clock.clone());
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    (laptop, clock, resolver)
}

fn routes(resolver: &Resolver) -> String {
    let found = resolver.resolve_text("http://www.example.com/").unwrap();
    found.routes().to_string()
}

const CHECK: Duration = Duration::from_secs(5);

#[test]
fn the_same_address_is_another_script_elsewhere() {
    let (laptop, clock, resolver) = laptop();
    laptop.serve(0, Some("PROXY office:80"));
    laptop.serve(1, Some("PROXY hotel:80"));
    assert_eq!(routes(&resolver), "PROXY office:80");
    laptop.go(1);
    // Nobody looks so soon, neither for kept answers nor for new ones.
    clock.pass(CHECK - Duration::from_millis(1));
    assert_eq!(routes(&resolver), "PROXY office:80");
    clock.pass(Duration::from_millis(1));
    assert_eq!(routes(&resolver), "PROXY hotel:80");
    assert_eq!(laptop.counts(), [2, 2, 2]);
}

#[test]
fn looking_is_cheap_and_seldom() {
    let (laptop, clock, resolver) = laptop();
    laptop.serve(0, Some("PROXY office:80"));
    for second in 0..60 {
        for _ in 0..50 {
            assert_eq!(routes(&resolver), "PROXY office:80", "{second}");
        }
        clock.pass(Duration::from_secs(1));
    }
    // One search, and a look every five seconds.
    assert_eq!(laptop.counts(), [12, 1, 1]);
}

#[test]
fn back_again_at_once_and_then_as_it_is_now() {
    let (laptop, clock, resolver) = laptop();
    let resolver = resolver.without_answers();
    laptop.serve(0, Some("PROXY office:80"));
    assert_eq!(routes(&resolver), "PROXY office:80");
    laptop.go(1);
    clock.pass(CHECK);
    assert_eq!(routes(&resolver), "DIRECT");
    laptop.go(0);
    laptop.serve(0, Some("PROXY moved:80"));
    clock.pass(CHECK);
    // What was found before, or already what is there now.
    let first = routes(&resolver);
    assert!(["PROXY office:80", "PROXY moved:80"].contains(&&*first));
    // The thread that looks again is waited for, not for ever.
    let moved = (0..10_000_000).any(|_| {
        thread::yield_now();
        routes(&resolver) == "PROXY moved:80"
    });
    assert!(moved);
    assert_eq!(laptop.counts()[1..], [3, 3]);
}

#[test]
fn nothing_found_is_remembered_for_a_while_here_alone() {
    let (laptop, clock, resolver) = laptop();
    assert_eq!(routes(&resolver), "DIRECT");
    laptop.serve(0, Some("PROXY office:80"));
    clock.pass(Duration::from_secs(119));
    assert_eq!(routes(&resolver), "DIRECT");
    assert_eq!(laptop.counts()[1..], [1, 1]);
    clock.pass(Duration::from_secs(1));
    assert_eq!(routes(&resolver), "PROXY office:80");

    // Elsewhere it is searched for at once.
    laptop.go(1);
    clock.pass(CHECK);
    assert_eq!(routes(&resolver), "DIRECT");
    laptop.go(2);
    laptop.serve(2, Some("PROXY train:80"));
    clock.pass(CHECK);
    assert_eq!(routes(&resolver), "PROXY train:80");
    resolver.forget();
    laptop.serve(2, None);
    assert_eq!(routes(&resolver), "DIRECT");
}
