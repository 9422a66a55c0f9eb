//! The asynchronous front: the answers of the blocking one, with bounds on
//! what takes a thread.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::future::Future;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use url::Url;
use whichproxy::machine::{
    Change, Dns, Fault, Fetch, Interface, Machine, Page, StaticInterfaces,
    Suffixes,
};
use whichproxy::registry::{Found, Key, Registry, Root, Tree, Value};
use whichproxy::{Client, ErrorKind, Family, Resolver};
use whichproxy_os::{AsyncDns, AsyncResolver, Lookup, SystemDns};
use whichproxy_test::{Kind, Runner, Verdict, rust};

const PAC_URL: &str = "http://pac.example/p.pac";

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs it to its end, unless it hangs.
fn run<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(async {
        let most = Duration::from_secs(120);
        tokio::time::timeout(most, future).await.expect("it hangs")
    })
}

/// Lets those through who come after it was opened, and counts all.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<(Mutex<Count>, Condvar)>);

#[derive(Debug, Default)]
struct Count {
    open: bool,
    came: usize,
    inside: usize,
    most: usize,
}

impl Gate {
    fn pass(&self) {
        let (count, changed) = &*self.0;
        let mut count = count.lock().unwrap();
        count.came += 1;
        count.inside += 1;
        count.most = count.most.max(count.inside);
        changed.notify_all();
        let most = Duration::from_secs(60);
        let (mut count, _) = changed
            .wait_timeout_while(count, most, |count| !count.open)
            .unwrap();
        count.inside -= 1;
    }

    fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }

    /// Waits on the calling thread until so many stand in front of it.
    fn until(&self, inside: usize) {
        let (count, changed) = &*self.0;
        let count = count.lock().unwrap();
        let most = Duration::from_secs(60);
        let (count, _) = changed
            .wait_timeout_while(count, most, |count| count.inside < inside)
            .unwrap();
        assert!(count.inside >= inside, "nobody comes");
    }

    fn came(&self) -> usize {
        self.0.0.lock().unwrap().came
    }

    fn most(&self) -> usize {
        self.0.0.lock().unwrap().most
    }
}

/// A machine whose pages are all this script, and whose names resolve, each
/// behind a gate.
#[derive(Clone, Debug)]
struct Slow {
    script: String,
    pages: Gate,
    names: Gate,
}

impl Slow {
    fn new(body: &str) -> Slow {
        let script =
            format!("function FindProxyForURL(url, host) {{ {body} }}");
        Slow { script, pages: Gate::default(), names: Gate::default() }
    }

    fn resolver(&self) -> Resolver {
        let key =
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
        let registry = Tree::new().with(
            &Key::new(Root::CurrentUser, key),
            "AutoConfigURL",
            Value::String(PAC_URL.to_owned()),
        );
        let interface = Interface {
            name: "eth0".to_owned(),
            addresses: vec![[10, 0, 0, 2].into()],
            suffix: Some("corp.example".to_owned()),
        };
        let machine = Machine::offline()
            .with_registry(registry)
            .with_interfaces(
                StaticInterfaces::new()
                    .with(interface)
                    .with_suffixes(Suffixes::default()),
            )
            .with_dns(self.clone())
            .with_fetch(self.clone());
        Resolver::new(Client::WinhttpAuto, machine).unwrap()
    }
}

impl Dns for Slow {
    fn lookup(&self, name: &str, _: Family) -> Result<Vec<IpAddr>, Fault> {
        self.names.pass();
        match name {
            "broken" => Err(Fault::new("no server")),
            _ => Ok(vec![[10, 0, 0, 1].into()]),
        }
    }
}

impl Fetch for Slow {
    fn get(&self, _: &Url, _: usize) -> Result<Page, Fault> {
        self.pages.pass();
        let body = self.script.clone().into_bytes();
        Ok(Page { body, ..Page::default() })
    }
}

/// Every case about a client has the same routes, trace and errors.
#[test]
fn cases() {
    let runtime = runtime();
    Runner::new("async").run(|case| {
        if case.kind() != Kind::Resolve {
            return Verdict::Skipped("it asks no client");
        }
        let seen = rust::observe_resolving(case, |resolver, url| {
            let front = AsyncResolver::from(resolver.clone());
            runtime.block_on(front.resolve_text(url))
        });
        assert_eq!(seen.printed, rust::observe(case).printed);
        Verdict::from(seen)
    });
}

/// The same, where names are asked of an [`AsyncDns`].
#[test]
fn cases_with_names_of_their_own() {
    #[derive(Debug)]
    struct Given(Machine);

    impl AsyncDns for Given {
        fn lookup<'a>(&'a self, name: &'a str, family: Family) -> Lookup<'a> {
            Box::pin(async move {
                tokio::task::yield_now().await;
                self.0.dns().lookup(name, family)
            })
        }
    }

    let runtime = runtime();
    Runner::new("async").run(|case| {
        if case.kind() != Kind::Resolve {
            return Verdict::Skipped("it asks no client");
        }
        if !case.earlier.is_empty() {
            return Verdict::Skipped("with other names it begins anew");
        }
        let seen = rust::observe_resolving(case, |resolver, url| {
            let dns = Given(resolver.machine().clone());
            let front = AsyncResolver::from(resolver.clone()).with_dns(dns);
            runtime.block_on(front.resolve_text(url))
        });
        assert_eq!(seen.printed, rust::observe(case).printed);
        Verdict::from(seen)
    });
}

#[test]
fn a_thousand_lookups_fetch_once() {
    let slow = Slow::new("return 'PROXY ' + host + ':1';");
    let front = AsyncResolver::from(slow.resolver());
    let urls: Vec<String> =
        (0..1000).map(|number| format!("http://h{number}/")).collect();
    let pages = slow.pages.clone();
    let opener = std::thread::spawn(move || {
        pages.until(1);
        pages.open();
    });
    let found = run(front.resolve_many(&urls));
    opener.join().unwrap();
    assert_eq!(slow.pages.came(), 1);
    for (number, found) in found.iter().enumerate() {
        let routes = found.as_ref().unwrap().routes().to_string();
        assert_eq!(routes, format!("PROXY h{number}:1"));
    }
    front.forget();
    run(front.resolve_text("http://a/")).unwrap();
    assert_eq!(slow.pages.came(), 2);
}

/// Scripts in boa wait on threads of their own, and only on so many.
#[test]
fn scripts_of_javascript_are_bounded() {
    let slow =
        Slow::new("return eval('\"PROXY \"') + dnsResolve(host) + ':1'");
    slow.pages.open();
    let front = AsyncResolver::from(slow.resolver());
    let urls: Vec<String> =
        (0..100).map(|number| format!("http://h{number}/")).collect();
    let names = slow.names.clone();
    let opener = std::thread::spawn(move || {
        names.until(AsyncResolver::RUNS);
        names.open();
    });
    let found = run(front.resolve_many(&urls));
    opener.join().unwrap();
    for found in found {
        let routes = found.unwrap().routes().to_string();
        assert_eq!(routes, "PROXY 10.0.0.1:1");
    }
    assert_eq!(slow.names.came(), 100);
    assert_eq!(slow.names.most(), AsyncResolver::RUNS);
}

/// Names that block are asked on so many threads, the others wait.
#[test]
fn names_that_block_are_bounded() {
    let slow = Slow::new("return 'PROXY ' + dnsResolve(host) + ':1';");
    slow.pages.open();
    let front = AsyncResolver::from(slow.resolver());
    let urls: Vec<String> =
        (0..200).map(|number| format!("http://h{}/", number % 100)).collect();
    let names = slow.names.clone();
    let opener = std::thread::spawn(move || {
        names.until(16);
        names.open();
    });
    let found = run(front.resolve_many(&urls));
    opener.join().unwrap();
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(slow.names.most(), 16);
}

#[test]
fn the_deadline_holds_and_says_what_for() {
    let slow = Slow::new("return isResolvable(host) ? 'PROXY a:1' : '';");
    let front = AsyncResolver::from(slow.resolver());
    let front = front.with_deadline(Duration::from_millis(20));
    // One runtime, since those that end wait for what blocks.
    let runtime = runtime();
    let ask = || runtime.block_on(front.resolve_text("http://a.example/"));
    let error = ask().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overdue);
    assert_eq!(
        error.to_string(),
        "no answer within 20ms, waiting for the script at \
         http://pac.example/p.pac"
    );
    slow.pages.open();
    let error = loop {
        let error = ask().unwrap_err().to_string();
        // Until the script is there.
        if !error.contains("the script") {
            break error;
        }
    };
    let expected = "no answer within 20ms, waiting for dns a.example v4";
    assert_eq!(error, expected);
    slow.names.open();
    let found = loop {
        if let Ok(found) = ask() {
            break found;
        }
    };
    assert_eq!(found.routes().to_string(), "PROXY a:1");
}

/// A registry that is written to, and names and pages of two suffixes; those
/// of the first stand behind a gate.
#[derive(Clone, Debug, Default)]
struct Office {
    tree: Arc<Mutex<Tree>>,
    first: Gate,
}

impl Office {
    fn set_search_list(&self, suffix: &str) {
        let settings =
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
        let tcpip = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
        let settings = Key::new(Root::CurrentUser, settings);
        *self.tree.lock().unwrap() =
            Tree::new().with(&settings, "AutoDetect", Value::Dword(1)).with(
                &Key::local_machine(tcpip),
                "SearchList",
                Value::String(suffix.to_owned()),
            );
    }
}

impl Registry for Office {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        self.tree.lock().unwrap().value(key, name)
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        self.tree.lock().unwrap().subkeys(key)
    }
}

impl Dns for Office {
    fn lookup(&self, name: &str, _: Family) -> Result<Vec<IpAddr>, Fault> {
        match name.trim_end_matches('.') {
            "wpad.one.example" | "wpad.two.example" => {
                Ok(vec![[10, 0, 0, 1].into()])
            }
            _ => Err(Fault::new("there is none")),
        }
    }
}

impl Fetch for Office {
    fn get(&self, url: &Url, _: usize) -> Result<Page, Fault> {
        let host = url.host_str().unwrap();
        if host == "wpad.one.example" {
            self.first.pass();
        }
        let body = format!(
            "function FindProxyForURL() {{ return 'PROXY {host}:1'; }}"
        );
        Ok(Page { body: body.into_bytes(), ..Page::default() })
    }
}

/// Who asks after a change does not get what others were waiting for before.
#[test]
fn what_was_under_way_before_a_change_is_not_shared_after_it() {
    let office = Office::default();
    office.set_search_list("one.example");
    let interfaces = StaticInterfaces::new().with(Interface {
        name: "eth0".to_owned(),
        addresses: vec![[10, 0, 0, 2].into()],
        suffix: None,
    });
    let machine = Machine::offline()
        .with_registry(office.clone())
        .with_interfaces(interfaces)
        .with_dns(office.clone())
        .with_fetch(office.clone());
    let front = AsyncResolver::new(Client::WinhttpAuto, machine).unwrap();
    let routes = |name: &str| {
        let front = front.clone();
        let url = format!("http://{name}.example/");
        async move {
            let found = front.resolve_text(&url).await.unwrap();
            found.routes().to_string()
        }
    };
    run(async {
        let before = tokio::spawn(routes("a"));
        let gate = office.first.clone();
        tokio::task::spawn_blocking(move || gate.until(1)).await.unwrap();
        office.set_search_list("two.example");
        assert!(front.changed(Change::Registry).unwrap());
        assert!(!front.changed(Change::Addresses).unwrap());
        let after = tokio::spawn(routes("b"));
        tokio::task::yield_now().await;
        office.first.open();
        assert_eq!(before.await.unwrap(), "PROXY wpad.one.example:1");
        assert_eq!(after.await.unwrap(), "PROXY wpad.two.example:1");
        assert_eq!(routes("a").await, "PROXY wpad.two.example:1");
    });
}

/// Counts the lookups that are alive, which never end.
#[derive(Clone, Debug, Default)]
struct Never(Arc<AtomicUsize>);

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncDns for Never {
    fn lookup<'a>(&'a self, _: &'a str, _: Family) -> Lookup<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(Arc::clone(&self.0));
        Box::pin(async move {
            let _alive = alive;
            std::future::pending().await
        })
    }
}

#[test]
fn a_lookup_that_is_dropped_leaves_nothing_behind() {
    let slow = Slow::new("return isResolvable(host) ? 'PROXY a:1' : '';");
    slow.pages.open();
    let never = Never::default();
    let count = Arc::clone(&never.0);
    let front = AsyncResolver::from(slow.resolver()).with_dns(never);
    run(async {
        for _ in 0..3 {
            let one = front.resolve_text("http://a.example/");
            let two = front.resolve_text("http://a.example/y");
            let mut both = Box::pin(async { tokio::join!(one, two) });
            let waits = tokio::select! {
                _ = &mut both => false,
                () = async {
                    while count.load(Ordering::SeqCst) == 0 {
                        tokio::task::yield_now().await;
                    }
                } => true,
            };
            assert!(waits);
            assert_eq!(count.load(Ordering::SeqCst), 1);
            drop(both);
            assert_eq!(count.load(Ordering::SeqCst), 0);
            assert!(format!("{front:?}").contains("Shares(0)"), "{front:?}");
        }
    });
}

/// A name that is never answered does not resolve, after a while.
#[test]
fn names_without_an_answer_do_not_resolve() {
    #[derive(Debug)]
    struct Panics;

    impl AsyncDns for Panics {
        fn lookup<'a>(&'a self, _: &'a str, _: Family) -> Lookup<'a> {
            panic!("on purpose");
        }
    }

    let slow = Slow::new("return isResolvable(host) ? 'PROXY a:1' : '';");
    slow.pages.open();
    slow.names.open();
    let front = AsyncResolver::from(slow.resolver());
    let found = run(front.resolve_text("http://broken/")).unwrap();
    assert_eq!(found.routes().to_string(), "DIRECT");
    let panics = front.clone().with_dns(Panics);
    let found = run(panics.resolve_text("http://a/")).unwrap();
    assert_eq!(found.routes().to_string(), "DIRECT");
    let never = front.with_dns(Never::default());
    let paused = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let found = paused.block_on(never.resolve_text("http://a/")).unwrap();
    assert_eq!(found.routes().to_string(), "DIRECT");
}

/// A script in boa asks the same names as a program.
#[test]
fn scripts_of_javascript_ask_names_that_are_awaited() {
    #[derive(Debug)]
    struct Home;

    impl AsyncDns for Home {
        fn lookup<'a>(&'a self, _: &'a str, _: Family) -> Lookup<'a> {
            Box::pin(async { Ok(vec![[10, 9, 8, 7].into()]) })
        }
    }

    let slow =
        Slow::new("return eval('\"PROXY \"') + dnsResolve(host) + ':1'");
    slow.pages.open();
    let front = AsyncResolver::from(slow.resolver()).with_dns(Home);
    // boa asks on the thread that called it, which is one of tokio's.
    let found = run(front.resolve_text("http://a/")).unwrap();
    assert_eq!(found.routes().to_string(), "PROXY 10.9.8.7:1");
}

/// The system's names, awaited.
#[test]
fn the_system_s_names() {
    let slow = Slow::new("return 'PROXY ' + dnsResolve(host) + ':1';");
    slow.pages.open();
    let front = AsyncResolver::from(slow.resolver());
    let front = front.with_dns(SystemDns::new());
    let urls = ["http://127.0.0.1/", "http://localhost/"];
    for found in run(front.resolve_many(&urls)) {
        let routes = found.unwrap().routes().to_string();
        assert!(routes.starts_with("PROXY 127.0.0."), "{routes}");
    }
    assert_eq!(slow.names.came(), 0);
}

#[test]
fn what_is_no_url_is_an_error() {
    let front = AsyncResolver::from(Slow::new("").resolver());
    let found = run(front.resolve_many(&["nonsense", "gopher://a/"]));
    for found in found {
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Url);
    }
    assert_eq!(front.plan().client(), Client::WinhttpAuto);
}

#[test]
fn fronts_cross_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    let front = AsyncResolver::from(Slow::new("").resolver());
    shared(&front);
    let url: Url = "http://a/".parse().unwrap();
    fn sent<T: Send>(_: T) {}
    sent(front.resolve(&url));
}
