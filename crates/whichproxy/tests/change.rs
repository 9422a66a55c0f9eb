//! What a resolver does when the machine changes: it goes by what is so now,
//! and forgets no more than that.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use url::Url;
use whichproxy::machine::{
    Change, Dns, Fault, Fetch, Interface, Interfaces, Machine, Names, Page,
    Pages, SetClock, Suffixes,
};
use whichproxy::registry::{Found, Key, Registry, Root, Tree, Value};
use whichproxy::{
    Client, Error, ErrorKind, Family, Limits, Plan, Resolver, Settings,
};

const INTERNET_SETTINGS: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
const COLLECTION: &str = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
const PAC_URL: &str = "http://pac.contoso.com/p.pac";

/// A registry that is written to by hand, and can be out of order.
#[derive(Clone, Debug)]
struct Written(Arc<Mutex<Result<Tree, Fault>>>);

impl Written {
    fn new() -> Written {
        Written(Arc::new(Mutex::new(Ok(Tree::new()))))
    }

    fn set(&self, key: &Key, name: &str, text: &str) {
        let value = Value::String(text.to_owned());
        let mut tree = self.0.lock().unwrap();
        let old = tree.clone().unwrap_or_default();
        *tree = Ok(old.with(key, name, value));
    }

    fn set_telemetry(&self, proxy: &str) {
        let key = Key::local_machine(COLLECTION);
        self.set(&key, "TelemetryProxyServer", proxy);
    }

    fn set_script(&self) {
        let key = Key::new(Root::CurrentUser, INTERNET_SETTINGS);
        self.set(&key, "AutoConfigURL", PAC_URL);
    }

    /// What was there before.
    fn replace(&self, by: Result<Tree, Fault>) -> Result<Tree, Fault> {
        std::mem::replace(&mut self.0.lock().unwrap(), by)
    }

    fn tree(&self) -> Result<Tree, Fault> {
        self.0.lock().unwrap().clone()
    }
}

impl Registry for Written {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        self.tree()?.value(key, name)
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        self.tree()?.subkeys(key)
    }
}

/// Interfaces and names that are changed by hand: the names' addresses are
/// remembered until they are forgotten.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<(AtomicUsize, Mutex<Option<usize>>)>);

impl Wire {
    fn plug(&self, into: usize) {
        self.0.0.store(into, Ordering::SeqCst);
    }

    fn network(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }
}

fn address(network: usize) -> IpAddr {
    IpAddr::from([10, 0, 0, u8::try_from(network).unwrap()])
}

impl Interfaces for Wire {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        Ok(vec![Interface {
            name: "eth0".to_owned(),
            addresses: vec![address(self.network())],
            suffix: None,
        }])
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        Ok(Suffixes::default())
    }
}

impl Dns for Wire {
    fn lookup(&self, _: &str, _: Family) -> Result<Vec<IpAddr>, Fault> {
        let mut known = self.0.1.lock().unwrap();
        Ok(vec![address(*known.get_or_insert(self.network()))])
    }

    fn forget(&self) {
        *self.0.1.lock().unwrap() = None;
    }
}

/// A page that is there in the networks with these numbers, and is counted.
#[derive(Clone, Debug)]
struct Web {
    wire: Wire,
    pages: Pages,
    there: &'static [usize],
    fetches: Arc<AtomicUsize>,
}

impl Web {
    fn new(wire: &Wire, script: &str, there: &'static [usize]) -> Web {
        let pages = Pages::new().with(&url(PAC_URL), script);
        Web { wire: wire.clone(), pages, there, fetches: Arc::default() }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl Fetch for Web {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        match self.there.contains(&self.wire.network()) {
            true => self.pages.get(url, limit),
            false => Err(Fault::new("no way there")),
        }
    }
}

/// A page that comes when it is let go.
#[derive(Debug)]
struct Slow {
    web: Web,
    begun: Mutex<mpsc::Sender<()>>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Fetch for Slow {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        let page = self.web.get(url, limit);
        self.begun.lock().unwrap().send(()).unwrap();
        // Where nobody lets it go, the test is over.
        let _ = self.go.lock().unwrap().recv();
        page
    }
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn routes(resolver: &Resolver) -> String {
    let found = resolver.resolve_text("http://www.example.com/");
    found.unwrap().routes().to_string()
}

fn has(resolver: &Resolver, change: Change) -> bool {
    resolver.changed(change).unwrap()
}

#[test]
fn another_setting_is_another_plan_for_all_clones() -> Result<(), Error> {
    let registry = Written::new();
    let machine = Machine::offline().with_registry(registry.clone());
    let resolver = Resolver::new(Client::DefenderEdr, machine)?;
    let clone = resolver.clone();
    assert_eq!(routes(&resolver), "DIRECT");
    let before = resolver.plan();

    // Nobody looks unasked.
    registry.set_telemetry("10.0.0.6:8080");
    assert_eq!(routes(&resolver), "DIRECT");
    assert!(has(&clone, Change::Registry));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.6:8080; DIRECT");
    assert_eq!(routes(&clone), "PROXY 10.0.0.6:8080; DIRECT");
    assert_ne!(before, resolver.plan());
    let found = resolver.resolve_text("http://www.example.com/")?;
    assert_eq!(found.trace().plan(), &*resolver.plan());

    // What is no change forgets nothing.
    let known = || resolver.known("http://www.example.com/").is_some();
    assert!(known());
    assert!(!has(&resolver, Change::Registry));
    registry.set_script();
    assert!(!has(&resolver, Change::Registry), "not a setting of this client");
    assert!(known());
    Ok(())
}

#[test]
fn a_registry_that_cannot_be_read_leaves_all_as_it_was() {
    let registry = Written::new();
    registry.set_telemetry("10.0.0.6:8080");
    let machine = Machine::offline().with_registry(registry.clone());
    let resolver = Resolver::new(Client::DefenderEdr, machine).unwrap();
    assert_eq!(routes(&resolver), "PROXY 10.0.0.6:8080; DIRECT");
    let good = registry.replace(Err(Fault::new("access is denied")));
    let error = resolver.changed(Change::Registry).unwrap_err().to_string();
    assert!(error.starts_with("HKLM\\"), "{error}");
    assert!(error.ends_with(": access is denied"), "{error}");
    assert!(resolver.known("http://www.example.com/").is_some());
    assert_eq!(routes(&resolver), "PROXY 10.0.0.6:8080; DIRECT");
    let _ = registry.replace(good);
    assert!(!has(&resolver, Change::Registry));
}

#[test]
fn the_reading_stays_where_it_can() {
    let registry = Written::new();
    let machine = Machine::offline().with_registry(registry.clone());
    let client = Client::DefenderEdr;
    registry.set_telemetry("10.0.0.6:8080");
    let settings = Settings::read(&machine, &client.identity()).unwrap();
    let plan = Plan::readings(client, &settings).pop().unwrap();
    let name = plan.reading().name;
    assert_ne!(name, Plan::new(client, &settings).reading().name);
    let resolver = Resolver::with_plan(plan, machine);
    assert!(!has(&resolver, Change::Registry));
    registry.set_telemetry("10.0.0.7:8080");
    assert!(has(&resolver, Change::Registry));
    assert_eq!(resolver.plan().reading().name, name);
    // It comes back with the settings that allow it.
    let before = registry.replace(Ok(Tree::new()));
    assert!(has(&resolver, Change::Registry));
    assert_ne!(resolver.plan().reading().name, name);
    let _ = registry.replace(before);
    assert!(has(&resolver, Change::Registry));
    assert_eq!(resolver.plan().reading().name, name);
    assert_eq!(resolver.changes(Change::Registry), 3);
}

/// A resolver that was made of another one is not told what that is told,
/// and remembers nothing of its own that no longer holds.
#[test]
fn what_is_made_of_a_resolver_is_on_its_own() {
    let registry = Written::new();
    let machine = Machine::offline().with_registry(registry.clone());
    let resolver = Resolver::new(Client::DefenderEdr, machine).unwrap();
    let limited = resolver.clone().with_limits(Limits::default());
    let without = resolver.clone().without_answers();
    registry.set_telemetry("10.0.0.6:8080");
    for other in [&limited, &without] {
        assert_eq!(routes(other), "DIRECT");
    }
    assert!(has(&without, Change::Registry));
    assert_eq!(routes(&without), "PROXY 10.0.0.6:8080; DIRECT");
    assert_eq!(routes(&resolver), "DIRECT");
    assert!(has(&resolver, Change::Registry));
    assert_eq!(routes(&limited), "DIRECT");
    assert!(has(&limited, Change::Registry));
    assert_eq!(routes(&limited), "PROXY 10.0.0.6:8080; DIRECT");
}

/// WPAD looks for the names that there are now.
#[test]
fn other_suffixes_are_searched() {
    let registry = Written::new();
    let settings = Key::new(Root::CurrentUser, INTERNET_SETTINGS);
    let on = Value::Dword(1);
    registry
        .replace(Ok(Tree::new().with(&settings, "AutoDetect", on)))
        .unwrap();
    let tcpip = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
    let tcpip = Key::local_machine(tcpip);
    registry.set(&tcpip, "SearchList", "one.example");
    let script = |proxy| {
        format!("function FindProxyForURL() {{ return 'PROXY {proxy}:1'; }}")
    };
    let at = |n: u8| [[10, 0, 0, n]];
    let names = Names::new()
        .with("wpad.one.example", at(1))
        .with("wpad.two.example", at(2));
    let page = |name: &str| url(&format!("http://wpad.{name}/wpad.dat"));
    let pages = Pages::new()
        .with(&page("one.example"), script("one"))
        .with(&page("two.example"), script("two"));
    let machine = Machine::offline()
        .with_registry(registry.clone())
        .with_interfaces(Wire::default())
        .with_dns(names)
        .with_fetch(pages);
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    assert_eq!(routes(&resolver), "PROXY one:1");
    registry.set(&tcpip, "SearchList", "two.example");
    assert!(has(&resolver, Change::Registry));
    assert_eq!(routes(&resolver), "PROXY two:1");
}

fn script_on(wire: &Wire, web: impl Fetch + 'static) -> (Machine, Written) {
    let registry = Written::new();
    registry.set_script();
    let machine = Machine::offline()
        .with_registry(registry.clone())
        .with_interfaces(wire.clone())
        .with_dns(wire.clone())
        .with_clock(SetClock::default())
        .with_fetch(web);
    (machine, registry)
}

fn resolver_on(wire: &Wire, web: impl Fetch + 'static) -> Resolver {
    let (machine, _) = script_on(wire, web);
    Resolver::new(Client::WinhttpAuto, machine).unwrap()
}

const BY_NAME: &str = "function FindProxyForURL(url, host) {
    return 'PROXY ' + dnsResolve(host) + ':1';
}";
const BY_HOST: &str = "function FindProxyForURL(url, host) {
    return 'PROXY a:1';
}";

#[test]
fn names_are_forgotten_in_another_network() {
    let wire = Wire::default();
    let web = Web::new(&wire, BY_NAME, &[0, 1]);
    let resolver = resolver_on(&wire, web.clone());
    // Nothing is known yet.
    assert!(!has(&resolver, Change::Addresses));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.0:1");
    assert!(!has(&resolver, Change::Addresses));
    wire.plug(1);
    assert_eq!(routes(&resolver), "PROXY 10.0.0.0:1");
    assert!(has(&resolver, Change::Addresses));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.1:1");
    assert!(!has(&resolver, Change::Addresses));
    assert_eq!(resolver.changes(Change::Addresses), 1);
    assert_eq!(resolver.changes(Change::Registry), 0);
}

/// Where nobody looked before, nobody knows where a script is from.
#[test]
fn what_was_had_before_anybody_looked_may_be_elsewhere() {
    let wire = Wire::default();
    let resolver = resolver_on(&wire, Web::new(&wire, BY_NAME, &[0, 1]));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.0:1");
    wire.plug(1);
    assert!(has(&resolver, Change::Addresses));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.1:1");
    assert!(!has(&resolver, Change::Addresses));
}

/// A lookup that sees another network first does not keep it from those who
/// are told of changes.
#[test]
fn a_change_that_a_lookup_saw_is_told() {
    let wire = Wire::default();
    let clock = SetClock::default();
    let registry = Written::new();
    registry.set_script();
    let settings = Key::new(Root::CurrentUser, INTERNET_SETTINGS);
    let tree = registry.tree().unwrap();
    let tree = tree.with(&settings, "AutoDetect", Value::Dword(1));
    registry.replace(Ok(tree)).unwrap();
    let machine = Machine::offline()
        .with_registry(registry)
        .with_interfaces(wire.clone())
        .with_clock(clock.clone())
        .with_fetch(Web::new(&wire, BY_HOST, &[1, 2]));
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    assert_eq!(routes(&resolver), "DIRECT");
    assert!(!has(&resolver, Change::Addresses));
    for network in [1, 2] {
        wire.plug(network);
        clock.pass(Duration::from_secs(5));
        // The search by WPAD looks, and finds nothing there either.
        routes(&resolver);
        assert!(has(&resolver, Change::Addresses), "{network}");
        assert_eq!(routes(&resolver), "PROXY a:1");
        assert!(!has(&resolver, Change::Addresses), "{network}");
    }
    // There and back again: that may have left something behind.
    wire.plug(0);
    clock.pass(Duration::from_secs(5));
    resolver.resolve_text("http://other.example.com/").unwrap();
    wire.plug(2);
    assert!(has(&resolver, Change::Addresses));
    // What is forgotten is no reason not to be told.
    resolver.forget();
    wire.plug(1);
    clock.pass(Duration::from_secs(5));
    routes(&resolver);
    assert!(has(&resolver, Change::Addresses));
}

/// Interfaces that can't be had are no change, and hide none.
#[test]
fn interfaces_that_cannot_be_had_leave_all_as_it_was() {
    #[derive(Clone, Debug)]
    struct Torn(Wire, Arc<AtomicBool>);
    impl Interfaces for Torn {
        fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
            match self.1.load(Ordering::SeqCst) {
                true => Err(Fault::new("ouch")),
                false => self.0.interfaces(),
            }
        }

        fn suffixes(&self) -> Result<Suffixes, Fault> {
            Err(Fault::new("no suffixes"))
        }
    }
    let wire = Wire::default();
    let torn = Torn(wire.clone(), Arc::default());
    let (machine, _) = script_on(&wire, Web::new(&wire, BY_NAME, &[0, 1]));
    let machine = machine.with_interfaces(torn.clone());
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    assert!(!has(&resolver, Change::Addresses));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.0:1");
    wire.plug(1);
    torn.1.store(true, Ordering::SeqCst);
    let error = resolver.changed(Change::Addresses).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interfaces);
    assert_eq!(error.to_string(), "interfaces: ouch");
    assert_eq!(routes(&resolver), "PROXY 10.0.0.0:1");
    torn.1.store(false, Ordering::SeqCst);
    assert!(has(&resolver, Change::Addresses));
    assert_eq!(routes(&resolver), "PROXY 10.0.0.1:1");
    // That nobody knows the suffixes, is no other network.
    assert!(!has(&resolver, Change::Addresses));
    let found = resolver.discover().attempts;
    let found: Vec<&str> = found.iter().map(|it| &*it.answer).collect();
    let why = "the suffixes of names are not known: no suffixes";
    assert!(found.contains(&why), "{found:?}");
}

/// Whoever tells of a change does not wait for a search that goes on in the
/// network that was left.
#[test]
fn a_search_that_is_under_way_is_not_waited_for() {
    let wire = Wire::default();
    let (begun, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel();
    let fetch = Slow {
        web: Web::new(&wire, BY_HOST, &[]),
        begun: Mutex::new(begun),
        go: Mutex::new(goes),
    };
    let registry = Written::new();
    let settings = Key::new(Root::CurrentUser, INTERNET_SETTINGS);
    let tree = Tree::new().with(&settings, "AutoDetect", Value::Dword(1));
    registry.replace(Ok(tree)).unwrap();
    let tcpip = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
    let tcpip = Key::local_machine(tcpip);
    registry.set(&tcpip, "SearchList", "one.example");
    let machine = Machine::offline()
        .with_registry(registry)
        .with_interfaces(wire.clone())
        .with_dns(wire.clone())
        .with_fetch(fetch);
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    assert!(!has(&resolver, Change::Addresses));
    let asks = resolver.clone();
    let asking = thread::spawn(move || routes(&asks));
    begins.recv().unwrap();
    wire.plug(1);
    let (done, is_done) = mpsc::channel();
    let told = thread::spawn({
        let resolver = resolver.clone();
        move || done.send(has(&resolver, Change::Addresses)).unwrap()
    });
    let another = is_done.recv_timeout(Duration::from_secs(60));
    // The others end where this one fails, too.
    drop(go);
    assert_eq!(another, Ok(true));
    told.join().unwrap();
    let _ = asking.join();
}

#[test]
fn a_script_that_could_not_be_had_is_tried_in_another_network() {
    let wire = Wire::default();
    let web = Web::new(&wire, BY_HOST, &[1]);
    let resolver = resolver_on(&wire, web.clone());
    resolver.changed(Change::Addresses).unwrap();
    for _ in 0..3 {
        assert_eq!(routes(&resolver), "DIRECT");
    }
    assert_eq!(web.fetches(), 1);
    wire.plug(1);
    assert!(has(&resolver, Change::Addresses));
    assert_eq!(routes(&resolver), "PROXY a:1");
    assert_eq!(web.fetches(), 2);
}

/// A script that was had goes on, and is asked for beside.
#[test]
fn a_script_that_was_had_is_confirmed_in_another_network() {
    let wire = Wire::default();
    let web = Web::new(&wire, BY_HOST, &[0]);
    let resolver = resolver_on(&wire, web.clone());
    resolver.changed(Change::Addresses).unwrap();
    assert_eq!(routes(&resolver), "PROXY a:1");
    assert!(resolver.known("http://www.example.com/").is_some());
    resolver.refresh();
    assert_eq!(web.fetches(), 1, "it is fresh");
    wire.plug(1);
    assert!(has(&resolver, Change::Addresses));
    assert!(resolver.known("http://www.example.com/").is_none());
    resolver.refresh();
    assert_eq!(web.fetches(), 2);
    let found = resolver.resolve_text("http://www.example.com/").unwrap();
    let why = found.trace().to_string();
    assert!(why.contains("the last good script"), "{why}");
    assert_eq!(found.routes().to_string(), "PROXY a:1");
    // And what failed there is tried again when it is home.
    wire.plug(0);
    assert!(has(&resolver, Change::Addresses));
    resolver.refresh();
    assert_eq!(web.fetches(), 3);
    let why = resolver.resolve_text("http://www.example.com/").unwrap();
    assert!(!why.trace().to_string().contains("last good"));
}

/// What was under way when the machine changed is not taken for what is so
/// now.
#[test]
fn what_was_under_way_is_not_remembered() {
    for change in [Change::Addresses, Change::Registry] {
        let wire = Wire::default();
        let (begun, begins) = mpsc::channel();
        let (go, goes) = mpsc::channel();
        let (there, first, then): (&[_], _, _) = match change {
            Change::Registry => (&[0], "PROXY a:1", "DIRECT"),
            _ => (&[1], "DIRECT", "PROXY a:1"),
        };
        let web = Web::new(&wire, BY_HOST, there);
        let fetch = Slow {
            web: web.clone(),
            begun: Mutex::new(begun),
            go: Mutex::new(goes),
        };
        let (machine, registry) = script_on(&wire, fetch);
        let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
        resolver.changed(Change::Addresses).unwrap();
        let asks = resolver.clone();
        let asking = thread::spawn(move || routes(&asks));
        begins.recv().unwrap();
        match change {
            Change::Registry => {
                let _ = registry.replace(Ok(Tree::new()));
            }
            _ => wire.plug(1),
        }
        assert!(has(&resolver, change));
        go.send(()).unwrap();
        go.send(()).unwrap();
        assert_eq!(asking.join().unwrap(), first, "{change}");
        assert_eq!(routes(&resolver), then, "{change}");
    }
}

/// Whoever asks after a change gets what is so now, whoever else asks
/// meanwhile.
#[test]
fn nobody_is_given_what_was_so_before() {
    let registry = Written::new();
    registry.set_telemetry("10.0.0.6:1");
    let machine = Machine::offline().with_registry(registry.clone());
    let resolver = Resolver::new(Client::DefenderEdr, machine).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // The others end where this one fails, too.
        let _ends = Ends(&over);
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    routes(&resolver);
                }
            });
        }
        for port in 2..2000 {
            registry.set_telemetry(&format!("10.0.0.6:{port}"));
            assert!(has(&resolver, Change::Registry));
            let expected = format!("PROXY 10.0.0.6:{port}; DIRECT");
            assert_eq!(routes(&resolver), expected);
            let other = thread::spawn({
                let resolver = resolver.clone();
                move || routes(&resolver)
            });
            assert_eq!(other.join().unwrap(), expected);
        }
    });
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
