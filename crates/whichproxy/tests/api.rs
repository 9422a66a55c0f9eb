//! What the types promise beyond what a case can say: that they cross
//! threads, what they remember, and that nothing makes them panic.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use url::Url;
use whichproxy::machine::{
    Clock, Fault, Fetch, Leases, Machine, Names, Page, Pages,
};
use whichproxy::registry::{Key, RegFile, Root, Tree, Value};
use whichproxy::{
    Client, Error, ErrorKind, Failover, Family, Identity, Limits, LocalTime,
    Plan, Resolution, Resolver, Route, Routes, Settings, Trace,
};

const INTERNET_SETTINGS: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
const PAC_URL: &str = "http://pac.contoso.com/p.pac";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// A registry whose user has a setup script.
fn with_script() -> Tree {
    Tree::new().with(
        &Key::new(Root::CurrentUser, INTERNET_SETTINGS),
        "AutoConfigURL",
        Value::String(PAC_URL.to_owned()),
    )
}

/// Pages that count how often they are fetched.
#[derive(Clone, Debug)]
struct Counted {
    pages: Pages,
    fetches: Arc<AtomicUsize>,
}

impl Counted {
    fn new(script: &str) -> Counted {
        Counted {
            pages: Pages::new().with(&url(PAC_URL), script),
            fetches: Arc::default(),
        }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl Fetch for Counted {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.pages.get(url, limit)
    }
}

/// A clock that is set by hand.
#[derive(Clone, Debug, Default)]
struct Watch(Arc<AtomicUsize>);

impl Clock for Watch {
    fn now(&self) -> LocalTime {
        LocalTime::default()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst) as u64)
    }
}

const BY_HOST: &str = "function FindProxyForURL(url, host) {
    return 'PROXY ' + host + ':1';
}";

#[test]
fn types_cross_threads() {
    fn crosses<T: Send + Sync + Debug>() {}
    fn cheap<T: Clone>() {}
    crosses::<Client>();
    crosses::<Error>();
    crosses::<Failover>();
    crosses::<Identity>();
    crosses::<Machine>();
    crosses::<Plan>();
    crosses::<Resolution>();
    crosses::<Resolver>();
    crosses::<Routes>();
    crosses::<Settings>();
    crosses::<Trace>();
    crosses::<RegFile>();
    crosses::<Tree>();
    cheap::<Error>();
    cheap::<Machine>();
    cheap::<Resolver>();
    cheap::<Resolution>();
}

#[test]
fn an_error_is_one_word() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
}

#[test]
fn a_changed_clone_of_a_machine_leaves_the_other_alone() {
    let machine = Machine::offline().with_env("A", "1");
    let other = machine.clone().with_env("B", "2");
    assert_eq!(machine.env().len(), 1);
    assert_eq!(other.env().len(), 2);
    let named =
        machine.clone().with_dns(Names::new().with("a", [[10, 0, 0, 1]]));
    let count = |machine: &Machine| {
        machine.dns().lookup("a", Family::Any).unwrap().len()
    };
    assert_eq!((count(&machine), count(&named)), (0, 1));
}

#[test]
fn clones_of_a_resolver_fetch_once() {
    let pages = Counted::new(BY_HOST);
    let machine = Machine::offline()
        .with_registry(with_script())
        .with_fetch(pages.clone());
    let resolver = Resolver::new(Client::Wininet, machine).unwrap();
    let clone = resolver.clone();
    for resolver in [&resolver, &clone, &resolver] {
        let found = resolver.resolve(&url("http://a.example/")).unwrap();
        assert_eq!(found.routes().to_string(), "PROXY a.example:1");
    }
    assert_eq!(pages.fetches(), 1);
    clone.forget();
    resolver.resolve(&url("http://a.example/")).unwrap();
    assert_eq!(pages.fetches(), 2, "what a clone forgets, all forget");
}

#[test]
fn a_failed_fetch_is_tried_again_after_two_minutes() {
    let watch = Watch::default();
    let pages = Counted { pages: Pages::new(), fetches: Arc::default() };
    let machine = Machine::offline()
        .with_registry(with_script())
        .with_fetch(pages.clone())
        .with_clock(watch.clone());
    let resolver = Resolver::new(Client::Wininet, machine).unwrap();
    for (seconds, fetches) in [(0, 1), (60, 1), (119, 1), (120, 2), (130, 2)] {
        watch.0.store(seconds, Ordering::SeqCst);
        let found = resolver.resolve(&url("http://a.example/")).unwrap();
        assert_eq!(found.routes().to_string(), "DIRECT");
        assert_eq!(pages.fetches(), fetches, "after {seconds} s");
    }
}

#[test]
fn a_resolver_serves_many_threads() {
    let pages = Counted::new(BY_HOST);
    let machine = Machine::offline()
        .with_registry(with_script())
        .with_fetch(pages.clone());
    let resolver = Resolver::new(Client::Wininet, machine).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let resolver = &resolver;
            scope.spawn(move || {
                for number in 0..20 {
                    let host = format!("h{thread}-{number}.example");
                    let asked = url(&format!("http://{host}/"));
                    let found = resolver.resolve(&asked).unwrap();
                    let routes = found.routes().to_string();
                    assert_eq!(routes, format!("PROXY {host}:1"));
                }
            });
        }
    });
    assert_eq!(pages.fetches(), 1, "the others wait for the first");
}

#[test]
fn an_error_of_a_plan_has_its_trace() {
    let pages = Pages::new().with(&url(PAC_URL), "throw 'x';");
    let machine =
        Machine::offline().with_registry(with_script()).with_fetch(pages);
    let identity = Client::WinhttpAuto.identity();
    let settings = Settings::read(&machine, &identity).unwrap();
    let plan = Plan::with_reading(
        Client::WinhttpAuto,
        &settings,
        "script-error-is-final",
    )
    .unwrap();
    let resolver = Resolver::with_plan(plan, machine);
    let error = resolver.resolve(&url("http://a.example/")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pac);
    assert_eq!(error.winhttp_code(), Some(12177));
    let outcomes: Vec<&str> =
        error.trace().unwrap().steps().map(|s| s.outcome.name()).collect();
    assert_eq!(outcomes, ["failed", "not reached"]);
    assert!(std::error::Error::source(&error).is_some());
    let clone = error.clone();
    assert_eq!(clone.to_string(), error.to_string());
}

#[test]
fn an_error_before_the_plan_has_no_trace() {
    let resolver = Resolver::new(Client::Winhttp, Machine::offline()).unwrap();
    let error = resolver.resolve(&url("ws://a.example/")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Url);
    assert_eq!(error.winhttp_code(), Some(12006));
    assert!(error.trace().is_none());
}

/// Source: WINHTTP-AUTOPROXY-ISSUES ("rejects PAC files larger than 1MB"),
/// documented.
#[test]
fn a_script_over_a_mebibyte_is_no_script() {
    let script = |bytes: usize| {
        let code = "function FindProxyForURL() { return 'PROXY a:1'; }\n//";
        format!("{code}{}", "x".repeat(bytes - code.len()))
    };
    let routes = |bytes, limits: Limits| {
        let pages = Pages::new().with(&url(PAC_URL), script(bytes));
        let machine =
            Machine::offline().with_registry(with_script()).with_fetch(pages);
        let resolver = Resolver::new(Client::Wininet, machine).unwrap();
        let resolver = resolver.with_limits(limits);
        let found = resolver.resolve(&url("http://a.example/")).unwrap();
        found.routes().to_string()
    };
    let limits = Limits::new();
    assert_eq!(routes(1 << 20, limits.clone()), "PROXY a:1");
    assert_eq!(routes((1 << 20) + 1, limits.clone()), "DIRECT");
    let wider = limits.with_source_bytes(2 << 20);
    assert_eq!(routes((1 << 20) + 1, wider), "PROXY a:1");
}

#[test]
fn failover_follows_the_client_s_hold_time() {
    let routes: Routes = "PROXY a:1; PROXY b:2; DIRECT".parse().unwrap();
    let held = "PROXY b:2; DIRECT; PROXY a:1";
    let same = "PROXY a:1; PROXY b:2; DIRECT";
    let order = |failover: &Failover, seconds| {
        let order = failover.order(&routes, Duration::from_secs(seconds));
        let order: Vec<String> = order.iter().map(|r| r.to_string()).collect();
        order.join("; ")
    };
    for (client, hold) in [
        (Client::Wininet, 1800),     // KB320507, documented
        (Client::WinhttpAuto, 1800), // inferred
        (Client::DefenderEdr, 1800), // inferred
        (Client::DefenderAv, 1800),  // inferred
        (Client::Winhttp, 0),        // WINHTTP-AUTOPROXY-ISSUES, documented
        (Client::Environment, 0),    // CURL-MAN, documented
    ] {
        let mut failover = Failover::new(client);
        assert_eq!(failover.hold(), Duration::from_secs(hold), "{client}");
        let proxy = routes.first().proxy().unwrap();
        failover.failed(proxy, Duration::ZERO);
        let at_once = if hold == 0 { same } else { held };
        assert_eq!(order(&failover, 0), at_once, "{client}");
        assert_eq!(order(&failover, hold), same, "{client}");
        if hold > 0 {
            assert_eq!(order(&failover, hold - 1), held, "{client}");
        }
    }
}

/// Source: KB320507 (`BadProxyExpiresTime`), documented.
#[test]
fn failover_takes_wininet_s_hold_time_from_the_settings() {
    let key = Key::new(Root::CurrentUser, INTERNET_SETTINGS);
    for seconds in [0, 60] {
        let value = Value::Dword(seconds);
        let tree = Tree::new().with(&key, "BadProxyExpiresTime", value);
        let machine = Machine::offline().with_registry(tree);
        let settings =
            Settings::read(&machine, &Identity::CurrentUser).unwrap();
        let hold = |client| Failover::with_settings(client, &settings).hold();
        let seconds = Duration::from_secs(seconds.into());
        assert_eq!(hold(Client::Wininet), seconds);
        assert_eq!(hold(Client::DefenderEdr), Duration::from_secs(1800));
    }
}

/// Source: MDE-PROXY ("will cache the last known working proxy"),
/// documented.
#[test]
fn antivirus_starts_with_what_worked_last() {
    let routes: Routes = "PROXY a:1; DIRECT".parse().unwrap();
    let mut failover = Failover::new(Client::DefenderAv);
    failover.worked(&Route::Direct);
    let order = failover.order(&routes, Duration::ZERO);
    assert_eq!(*order[0], Route::Direct);
    let mut other = Failover::new(Client::DefenderEdr);
    other.worked(&Route::Direct);
    assert_ne!(*other.order(&routes, Duration::ZERO)[0], Route::Direct);
}

/// Every key and value name that is read.
const VALUES: [(&str, &str); 19] = [
    (
        r"SOFTWARE\Policies\Microsoft\Windows\DataCollection",
        "TelemetryProxyServer",
    ),
    (
        r"SOFTWARE\Policies\Microsoft\Windows\DataCollection",
        "DisableEnterpriseAuthProxy",
    ),
    (
        r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection",
        "PreferStaticProxyForHttpRequest",
    ),
    (r"SOFTWARE\Policies\Microsoft\Windows Defender", "ProxyServer"),
    (r"SOFTWARE\Policies\Microsoft\Windows Defender", "ProxyPacUrl"),
    (r"SOFTWARE\Policies\Microsoft\Windows Defender", "ProxyBypass"),
    (r"SOFTWARE\Policies\Microsoft\Windows Defender\Spynet", "SSLOptions"),
    (r"SOFTWARE\Microsoft\Windows Defender", "ProxyServer"),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
        "WinHttpSettings",
    ),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
        "DefaultConnectionSettings",
    ),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
        "SavedLegacySettings",
    ),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp",
        "DisableWpad",
    ),
    (INTERNET_SETTINGS, "ProxyEnable"),
    (INTERNET_SETTINGS, "ProxyServer"),
    (INTERNET_SETTINGS, "ProxyOverride"),
    (INTERNET_SETTINGS, "AutoConfigURL"),
    (INTERNET_SETTINGS, "AutoDetect"),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "Domain"),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "SearchList"),
];

/// Blobs with a plausible head, so that their inside is reached.
fn blob() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just(vec![0x18, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]),
        Just(vec![0x28, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]),
        Just(vec![0x46, 0, 0, 0, 4, 0, 0, 0, 15, 0, 0, 0]),
        Just(Vec::new()),
    ];
    let text = prop::collection::vec(any::<u8>(), 0..24);
    (head, text.clone(), text).prop_map(|(mut blob, first, second)| {
        for part in [first, second] {
            blob.extend((part.len() as u32).to_le_bytes());
            blob.extend(part);
        }
        blob
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.:;=/@<>\\[\\]*%| -]{0,24}",
        "(https?://)?([a-z]{1,3}@)?[a-z.]{0,9}(:[0-9]{0,6})?/?",
        any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::String),
        text().prop_map(Value::ExpandString),
        prop::collection::vec(text(), 0..3).prop_map(Value::MultiString),
        any::<u32>().prop_map(Value::Dword),
        (0u32..2).prop_map(Value::Dword),
        blob().prop_map(Value::Binary),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Binary),
        (0u32..20, prop::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(kind, data)| Value::Other { kind, data }),
    ]
}

/// Any values at the places that are read, for the machine or the user.
fn tree() -> impl Strategy<Value = Tree> {
    let places = (0..VALUES.len(), 0..3, value());
    prop::collection::vec(places, 0..12).prop_map(|values| {
        values.into_iter().fold(Tree::new(), |tree, (at, root, value)| {
            let (path, name) = VALUES[at];
            let root = match root {
                0 => Root::CurrentUser,
                1 => Root::User("S-1-5-18".parse().unwrap()),
                _ => Root::LocalMachine,
            };
            tree.with(&Key::new(root, path), name, value)
        })
    })
}

fn any_client() -> impl Strategy<Value = Client> {
    prop::sample::select(Client::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever is in the registry and the URL: an answer or an error, and
    /// the same one twice.
    #[test]
    fn anything_resolves(
        tree in tree(),
        client in any_client(),
        host in "[a-zA-Z0-9.-]{0,12}|\\[[0-9a-f:]{0,9}\\]|é[a-z]{0,4}",
        scheme in "https?|ftp|ws",
        rest in "(:[0-9]{1,5})?(/[ -~é]{0,12})?",
        option in prop::collection::vec(any::<u8>(), 0..16),
        proxy in text(),
    ) {
        let machine = Machine::offline()
            .with_registry(tree)
            .with_dhcp(Leases::new().with_wpad(option))
            .with_env("https_proxy", proxy.clone())
            .with_env("NO_PROXY", proxy);
        let resolver = Resolver::new(client, machine.clone()).unwrap();
        let text = format!("{scheme}://{host}{rest}");
        let tell = |answer: Result<Resolution, Error>| match answer {
            Ok(found) => {
                let steps = found.trace().plan().steps().len();
                for (_, step) in found.candidates() {
                    assert!((1..=steps).contains(&step));
                }
                format!("{}\n{}", found.routes(), found.trace())
            }
            Err(error) => format!("{error} {:?}", error.winhttp_code()),
        };
        let first = tell(resolver.resolve_text(&text));
        prop_assert_eq!(&first, &tell(resolver.resolve_text(&text)));
        let fresh = Resolver::new(client, machine).unwrap();
        prop_assert_eq!(&first, &tell(fresh.resolve_text(&text)));
    }

    /// Every reading of every client stands on its own, and is found by its
    /// name.
    #[test]
    fn readings_are_found_by_name(tree in tree(), client in any_client()) {
        let machine = Machine::offline().with_registry(tree);
        let settings = Settings::read(&machine, &client.identity()).unwrap();
        let plans = Plan::readings(client, &settings);
        prop_assert!(!plans.is_empty());
        for plan in &plans {
            let name = plan.reading().name;
            let found = Plan::with_reading(client, &settings, name).unwrap();
            prop_assert_eq!(found.to_string(), plan.to_string());
            prop_assert_eq!(plan.other_readings().len(), plans.len() - 1);
            prop_assert!(!plan.steps().is_empty());
        }
        let _ = settings.entries();
    }

    /// Any text as an export: a registry or an error that names a line.
    #[test]
    fn any_text_as_an_export(
        lines in prop::collection::vec(
            prop_oneof![
                Just("[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\
                      \\Windows\\DataCollection]".to_owned()),
                "\"TelemetryProxyServer\"=(\"[ -~]{0,12}\"?|hex(\\([0-9a]\\))?:\
                 [0-9a-f,\\\\]{0,12}|dword:[0-9a-g]{0,9}|-)",
                "[ -~]{0,24}",
                any::<String>(),
            ],
            0..8,
        ),
    ) {
        let text = format!(
            "Windows Registry Editor Version 5.00\n\n{}\n",
            lines.join("\n")
        );
        match RegFile::parse(text.as_bytes(), "any.reg") {
            Ok(file) => {
                let machine = Machine::offline().with_registry(file);
                let identity = Identity::LocalSystem;
                let settings = Settings::read(&machine, &identity).unwrap();
                for warning in &settings.warnings {
                    prop_assert!(!warning.to_string().contains('\n'));
                }
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Registry);
                prop_assert!(
                    error.to_string().starts_with("any.reg line "),
                    "{}",
                    error
                );
            }
        }
    }
}

/// An answer that was given before is given again, for what it depends on.
#[test]
fn answers_are_kept_by_origin() {
    let text = "Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\DataCollection]
\"TelemetryProxyServer\"=\"http=a:1;https=b:2\"
";
    let export = RegFile::parse(text.as_bytes(), "a.reg").unwrap();
    let machine = Machine::offline().with_registry(export);
    let resolver = Resolver::new(Client::DefenderEdr, machine).unwrap();
    let fresh = resolver.clone().without_answers();
    for url in [
        "http://x.example/1",
        "http://x.example/2?a#b",
        "https://x.example/1",
        "http://x.example:8080/1",
        "http://x.example/1",
        "http://X.Example/1",
    ] {
        for _ in 0..2 {
            let known = resolver.resolve_text(url).unwrap();
            let anew = fresh.resolve_text(url).unwrap();
            assert_eq!(known.routes(), anew.routes(), "{url}");
            assert_eq!(known.trace().to_string(), anew.trace().to_string());
        }
    }
}

/// What a script says is asked for again: it may have looked at anything.
#[test]
fn answers_of_scripts_are_not_kept_beyond_what_they_depend_on() {
    let script = "function FindProxyForURL(url, host) {
        return url.indexOf('/secret') > 0 ? 'PROXY s:1' : 'PROXY p:1';
    }";
    let pac = "http://pac.example/p.pac".parse().unwrap();
    let text = "Windows Registry Editor Version 5.00

[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]
\"AutoConfigURL\"=\"http://pac.example/p.pac\"
";
    let export = RegFile::parse(text.as_bytes(), "a.reg").unwrap();
    let machine = Machine::offline()
        .with_registry(export)
        .with_fetch(Pages::new().with(&pac, script));
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    for (url, routes) in [
        ("http://x.example/", "PROXY p:1"),
        ("http://x.example/secret", "PROXY s:1"),
        ("http://x.example/", "PROXY p:1"),
    ] {
        let found = resolver.resolve_text(url).unwrap();
        assert_eq!(found.routes().to_string(), routes, "{url}");
    }
}
