//! How scripts are kept, with a server and a clock of our own.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use url::Url;
use whichproxy_pac::Isolation;
use whichproxy_pac::worker::{Launch, Needs, Process, Workers};

use crate::machine::{
    Caching, Fault, Fetch, Fetched, Machine, Page, Pages, SetClock,
};
use crate::registry::{Key, Root, Tree, Value};
use crate::{Client, Resolver};

const URL: &str = "http://pac.example/p.pac";

/// A server whose page is changed by hand.
#[derive(Clone, Debug, Default)]
struct Server(Arc<State>);

#[derive(Debug, Default)]
struct State {
    page: Mutex<Option<Page>>,
    whole: AtomicUsize,
    unchanged: AtomicUsize,
    /// Where it is given, each request is announced and waits.
    gate: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl Server {
    fn serve(&self, script: &str, headers: &[(&str, &str)]) {
        *self.0.page.lock().unwrap() = Some(Page {
            body: script.into(),
            caching: Caching::from_headers(headers.iter().copied()),
            ..Page::default()
        });
    }

    fn fail(&self) {
        *self.0.page.lock().unwrap() = None;
    }

    /// How many whole pages were asked for, and how many confirmed.
    fn asked(&self) -> (usize, usize) {
        let of = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (of(&self.0.whole), of(&self.0.unchanged))
    }

    /// What is told of requests from now on, and what lets them through.
    fn gate(&self) -> (Receiver<()>, Sender<()>) {
        let (tell, told) = channel();
        let (open, opened) = channel();
        *self.0.gate.lock().unwrap() = Some((tell, opened));
        (told, open)
    }
}

impl Fetch for Server {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        match self.get_if_changed(url, limit, &Caching::default())? {
            Fetched::Page(page) => Ok(page),
            Fetched::Unchanged(_) => unreachable!("nothing is known"),
        }
    }

    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        let Server(state) = self;
        if let Some((tell, opened)) = &*state.gate.lock().unwrap() {
            tell.send(()).unwrap();
            opened.recv().unwrap();
        }
        let page = state.page.lock().unwrap().clone();
        let page = page.ok_or_else(|| Fault::new("out of order"))?;
        let pages = Pages::new().with_page(url, page);
        let fetched = pages.get_if_changed(url, limit, known)?;
        let count = match fetched {
            Fetched::Page(_) => &state.whole,
            Fetched::Unchanged(_) => &state.unchanged,
        };
        count.fetch_add(1, Ordering::SeqCst);
        Ok(fetched)
    }
}

fn script(proxy: &str) -> String {
    format!("function FindProxyForURL(u, h) {{ return 'PROXY {proxy}:1'; }}")
}

fn machine(server: impl Fetch + 'static, clock: &SetClock) -> Machine {
    let key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
    let tree = Tree::new().with(
        &Key::new(Root::CurrentUser, key),
        "AutoConfigURL",
        Value::String(URL.to_owned()),
    );
    Machine::offline()
        .with_registry(tree)
        .with_fetch(server)
        .with_clock(clock.clone())
}

struct Scene {
    server: Server,
    clock: SetClock,
    resolver: Resolver,
}

impl Scene {
    fn new() -> Scene {
        let (server, clock) = (Server::default(), SetClock::default());
        let machine = machine(server.clone(), &clock);
        let resolver = Resolver::new(Client::Wininet, machine).unwrap();
        Scene { server, clock, resolver }
    }

    fn pass(&self, seconds: u64) {
        self.clock.pass(Duration::from_secs(seconds));
    }

    /// The routes, and what the trace says.
    fn resolve(&self) -> (String, String) {
        let found = self.resolver.resolve_text("http://x.example/").unwrap();
        (found.routes().to_string(), found.trace().to_string())
    }

    fn routes(&self) -> String {
        self.resolve().0
    }

    fn known(&self) -> bool {
        self.resolver.known("http://x.example/").is_some()
    }
}

#[test]
fn fresh_stale_confirmed_changed() {
    let scene = Scene::new();
    let headers = |etag| [("Cache-Control", "max-age=100"), ("ETag", etag)];
    scene.server.serve(&script("a"), &headers("\"1\""));
    assert_eq!(scene.routes(), "PROXY a:1");
    scene.pass(99);
    assert!(scene.known());
    assert_eq!(scene.routes(), "PROXY a:1");
    assert_eq!(scene.server.asked(), (1, 0));
    // It is stale, still answers, and is confirmed.
    scene.pass(1);
    assert!(!scene.known());
    let (routes, trace) = scene.resolve();
    assert_eq!(routes, "PROXY a:1");
    let note = "the script is 1 min 40 s old, and \
                `http://pac.example/p.pac` is being asked for it again";
    assert!(trace.contains(note), "{trace}");
    scene.resolver.refresh();
    assert_eq!(scene.server.asked(), (1, 1));
    assert!(!scene.resolve().1.contains("old"));
    assert!(scene.known());
    // It changes; nobody knows until it is stale.
    scene.server.serve(&script("b"), &headers("\"2\""));
    scene.pass(99);
    assert_eq!(scene.routes(), "PROXY a:1");
    scene.resolver.refresh();
    assert_eq!(scene.server.asked(), (1, 1), "fresh ones are not asked for");
    scene.pass(1);
    scene.resolver.refresh();
    assert_eq!(scene.routes(), "PROXY b:1");
    assert_eq!(scene.server.asked(), (2, 1));
}

#[test]
fn the_last_good_one_goes_on() {
    let scene = Scene::new();
    scene.server.serve(&script("a"), &[("Cache-Control", "max-age=100")]);
    assert_eq!(scene.routes(), "PROXY a:1");
    scene.server.fail();
    scene.pass(3700);
    // Too old to answer without having been asked for.
    let (routes, trace) = scene.resolve();
    assert_eq!(routes, "PROXY a:1");
    let note = "the last good script, 1 h 1 min old, goes on, since there is \
                no other: no script from `http://pac.example/p.pac`: out of \
                order";
    assert!(trace.contains(note), "{trace}");
    assert!(scene.known());
    // It is tried again, beside, when the failure has been held.
    scene.pass(119);
    assert!(scene.known());
    scene.pass(1);
    assert!(!scene.known());
    assert_eq!(scene.routes(), "PROXY a:1");
    scene.resolver.refresh();
    assert!(scene.resolve().1.contains("the last good script"));
    // A page that is no script is a failure, too.
    scene.server.serve("<html>portal</html>", &[]);
    scene.pass(120);
    scene.resolver.refresh();
    let (routes, trace) = scene.resolve();
    assert_eq!(routes, "PROXY a:1");
    assert!(trace.contains("a page of HTML"), "{trace}");
    // And so is a script that does not parse.
    scene.server.serve("function FindProxyForURL(", &[]);
    scene.pass(120);
    scene.resolver.refresh();
    assert_eq!(scene.routes(), "PROXY a:1");
    scene.server.serve(&script("b"), &[]);
    scene.pass(120);
    scene.resolver.refresh();
    let (routes, trace) = scene.resolve();
    assert_eq!(routes, "PROXY b:1");
    assert!(!trace.contains("last good"), "{trace}");
    // Not for ever.
    scene.server.fail();
    scene.pass(7 * 24 * 3600);
    let (routes, trace) = scene.resolve();
    assert_eq!(routes, "DIRECT");
    assert!(trace.contains("out of order"), "{trace}");
}

#[test]
fn what_must_be_confirmed_is_waited_for() {
    let scene = Scene::new();
    let headers = [("Cache-Control", "no-cache"), ("ETag", "\"1\"")];
    scene.server.serve(&script("a"), &headers);
    assert_eq!(scene.routes(), "PROXY a:1");
    // No server is asked more often than this.
    scene.pass(59);
    assert_eq!(scene.routes(), "PROXY a:1");
    assert_eq!(scene.server.asked(), (1, 0));
    scene.pass(1);
    assert_eq!(scene.routes(), "PROXY a:1");
    assert_eq!(scene.server.asked(), (1, 1));
    let headers = [("Cache-Control", "no-cache"), ("ETag", "\"2\"")];
    scene.server.serve(&script("b"), &headers);
    scene.pass(60);
    assert_eq!(scene.routes(), "PROXY b:1");
    assert_eq!(scene.server.asked(), (2, 1));
}

#[test]
fn a_thousand_at_once_ask_once() {
    let scene = Scene::new();
    scene.server.serve(&script("a"), &[]);
    let (told, open) = scene.server.gate();
    let resolver = &scene.resolver.clone().without_answers();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..1000)
            .map(|_| {
                let resolve = || {
                    let url = "http://x.example/";
                    resolver.resolve_text(url).unwrap().routes().to_string()
                };
                scope.spawn(resolve)
            })
            .collect();
        told.recv().unwrap();
        open.send(()).unwrap();
        // A second request would find the gate closed for ever.
        drop(open);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), "PROXY a:1");
        }
    });
    assert_eq!(scene.server.asked(), (1, 0));
}

#[test]
fn nobody_waits_for_a_script_that_can_answer() {
    let scene = Scene::new();
    scene.server.serve(&script("a"), &[("Cache-Control", "max-age=100")]);
    assert_eq!(scene.routes(), "PROXY a:1");
    scene.server.serve(&script("b"), &[("Cache-Control", "max-age=100")]);
    let (told, open) = scene.server.gate();
    scene.pass(100);
    for _ in 0..100 {
        assert_eq!(scene.routes(), "PROXY a:1");
    }
    // One asks, and hangs.
    told.recv().unwrap();
    assert!(told.try_recv().is_err());
    assert_eq!(scene.routes(), "PROXY a:1");
    assert!(!scene.known(), "an old answer is not kept");
    open.send(()).unwrap();
    drop(open);
    scene.resolver.refresh();
    assert_eq!(scene.routes(), "PROXY b:1");
    assert_eq!(scene.server.asked(), (2, 0));
}

#[test]
fn what_is_forgotten_while_it_is_asked_for_does_not_come_back() {
    let scene = Scene::new();
    scene.server.serve(&script("a"), &[("Cache-Control", "max-age=100")]);
    assert_eq!(scene.routes(), "PROXY a:1");
    let (told, open) = scene.server.gate();
    scene.pass(100);
    assert_eq!(scene.routes(), "PROXY a:1");
    told.recv().unwrap();
    scene.resolver.forget();
    thread::scope(|scope| {
        let again = scope.spawn(|| scene.routes());
        open.send(()).unwrap();
        // Forgotten, so it is asked for again.
        told.recv().unwrap();
        scene.server.serve(&script("b"), &[]);
        open.send(()).unwrap();
        assert_eq!(again.join().unwrap(), "PROXY b:1");
    });
    assert_eq!(scene.routes(), "PROXY b:1");
}

/// A server that falls over.
#[derive(Debug)]
struct Panics(AtomicUsize);

impl Fetch for Panics {
    fn get(&self, _: &Url, _: usize) -> Result<Page, Fault> {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        assert!(before > 0, "on purpose");
        Ok(Page { body: script("a").into(), ..Page::default() })
    }
}

#[test]
fn a_border_that_panics_leaves_nobody_waiting() {
    let clock = SetClock::default();
    let machine = machine(Panics(AtomicUsize::new(0)), &clock);
    let resolver = &Resolver::new(Client::Wininet, machine).unwrap();
    let start = &Barrier::new(2);
    let resolve = || {
        start.wait();
        let found = resolver.resolve_text("http://x.example/").unwrap();
        found.routes().to_string()
    };
    let found = thread::scope(|scope| {
        [scope.spawn(resolve), scope.spawn(resolve)].map(|t| t.join().ok())
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert_eq!(found, ["PROXY a:1"]);
}

#[test]
fn no_more_scripts_are_kept_than_there_is_room_for() {
    let scripts = super::Scripts::new(super::Rules::default());
    let machine = Machine::offline();
    for number in 0..3 * super::MOST_SCRIPTS {
        let url = Url::parse(&format!("http://h{number}/")).unwrap();
        assert!(scripts.script(&url, &machine).script.is_err());
    }
    let slots = super::read(&scripts.slots);
    assert_eq!(slots.len(), super::MOST_SCRIPTS);
    assert_eq!(slots.last().unwrap().url.as_str(), "http://h47/");
}

/// Starts nothing, and counts how often it was to.
#[derive(Clone, Debug, Default)]
struct NoLaunch(Arc<AtomicUsize>);

impl Launch for NoLaunch {
    fn launch(&self, _: &Needs) -> io::Result<Box<dyn Process>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(io::Error::other("none today"))
    }
}

#[test]
fn what_a_process_failed_in_is_tried_again_at_once() {
    let mut scene = Scene::new();
    // A getter, which is for boa.
    let script = "var all = { get one() { return 'PROXY a:1'; } };\n\
        function FindProxyForURL(url, host) { return all.one; }";
    scene.server.serve(script, &[]);
    let launch = NoLaunch::default();
    let workers = Workers::new(launch.clone());
    scene.resolver = scene.resolver.with_isolation(Isolation::Worker(workers));
    let mut launched = 0;
    for _ in 0..3 {
        let (routes, trace) = scene.resolve();
        assert_eq!(routes, "DIRECT");
        assert!(trace.contains("none today"), "{trace}");
        let now = launch.0.load(Ordering::SeqCst);
        assert!(now > launched, "{launched}");
        launched = now;
    }
}
