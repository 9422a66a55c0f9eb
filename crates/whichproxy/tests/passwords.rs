//! No `Debug`, trace or error of a public type shows a password.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::fmt::Debug;
use std::time::Duration;

use whichproxy::machine::{
    Caching, DhcpAnswer, Leases, Machine, Names, Page, Pages,
};
use whichproxy::registry::{RegFile, Tree, Value};
use whichproxy::settings::{ConnectionSettings, ProxyMap, WinhttpConnection};
use whichproxy::{
    Attempts, Client, Failure, Identity, Plan, Progress, Resolver, Settings,
};

const PASSWORD: &str = "s3cr3t-PASSWORD";
const URL: &str = "http://me:s3cr3t-PASSWORD@pac.example/p.pac";

const EXPORT: &str = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\DataCollection]
"TelemetryProxyServer"="me:s3cr3t-PASSWORD@edr.example:8080"
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows Defender]
"ProxyServer"="http://me:s3cr3t-PASSWORD@av.example:8080"
"ProxyPacUrl"="http://me:s3cr3t-PASSWORD@pac.example/p.pac"
[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings]
"AutoDetect"=dword:00000001
"AutoConfigURL"="http://me:s3cr3t-PASSWORD@pac.example/p.pac"
"ProxyEnable"=dword:00000001
"ProxyServer"="http=http://me:s3cr3t-PASSWORD@web.example:3128"
"ProxyOverride"="http://me:s3cr3t-PASSWORD@a.example;<local>"
"#;

/// Looks for the password as text, and as the numbers of its bytes.
fn shows_none(what: &str, text: &str) {
    let numbers: Vec<String> =
        PASSWORD.bytes().take(4).map(|byte| byte.to_string()).collect();
    for part in ["s3cr3t", "PASSWORD", "73 33 63 72", &numbers.join(", ")] {
        assert!(!text.contains(part), "{what}: {text}");
    }
    let lines: String = text.split_whitespace().collect();
    assert!(!lines.contains(&numbers.join(",")), "{what}: {text}");
}

fn debug_shows_none(what: &impl Debug) {
    shows_none("Debug", &format!("{what:?}"));
    shows_none("Debug", &format!("{what:#?}"));
}

fn machine(page: &Page) -> Machine {
    let url = URL.parse().unwrap();
    let export = RegFile::parse(EXPORT.as_bytes(), "a.reg").unwrap();
    debug_shows_none(&export);
    let pages = Pages::new().with_page(&url, page.clone());
    debug_shows_none(&pages);
    let leases = Leases::new().with_wpad(URL).with_wpad_on("eth0", URL);
    debug_shows_none(&leases);
    let mut machine = Machine::offline()
        .with_registry(export)
        .with_dhcp(leases)
        .with_dns(Names::new())
        .with_fetch(pages);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        machine = machine.with_env(name, URL);
    }
    debug_shows_none(&machine);
    machine
}

fn pages() -> [Page; 4] {
    let page = |body: &str| Page { body: body.into(), ..Page::default() };
    // As if a redirect had led there.
    let caching = Caching::default().with_url(URL.parse().unwrap());
    let script = "function FindProxyForURL() { return 'PROXY a:1'; }";
    [
        Page { caching, ..page(script) },
        page("function FindProxyForURL() { throw 'x'; }"),
        page("<html>"),
        page(""),
    ]
}

#[test]
fn resolvers_and_what_they_answer() {
    for page in pages() {
        debug_shows_none(&page.caching);
        let machine = machine(&page);
        for client in Client::ALL {
            let resolver = Resolver::new(client, machine.clone()).unwrap();
            debug_shows_none(&resolver);
            for url in [
                "http://a.example/",
                "http://me:s3cr3t-PASSWORD@a.example/",
                "http://me:s3cr3t-PASSWORD@a b/",
                "me:s3cr3t-PASSWORD@a.example",
                "me:s3cr3t-PASSWORD@a b",
            ] {
                match resolver.resolve_text(url) {
                    Ok(found) => {
                        debug_shows_none(&found);
                        debug_shows_none(found.routes());
                        shows_none("routes", &found.routes().to_string());
                        shows_none("trace", &found.trace().to_string());
                        let attempts = Attempts::new(client);
                        let now = Duration::ZERO;
                        let mut attempt = attempts.begin(found.routes(), now);
                        while attempt.route().is_some() {
                            attempt.failed(Failure::Refused);
                        }
                        debug_shows_none(&attempt);
                        shows_none("attempt", &attempt.to_string());
                        debug_shows_none(&attempts);
                    }
                    Err(error) => {
                        debug_shows_none(&error);
                        shows_none("error", &error.to_string());
                    }
                }
            }
            let mut inquiry =
                resolver.inquire_text("http://b.example/").unwrap();
            loop {
                debug_shows_none(&inquiry);
                match inquiry.advance() {
                    Ok(Progress::Work(work)) => {
                        debug_shows_none(&work);
                        let finished = work.run();
                        debug_shows_none(&finished);
                        inquiry.worked(finished);
                    }
                    Ok(Progress::Resolve { name, family }) => {
                        inquiry.resolved(&name, family, []);
                    }
                    _ => break,
                }
            }
        }
    }
}

#[test]
fn settings_and_plans() {
    let machine = machine(&Page::default());
    let settings = Settings::read(&machine, &Identity::CurrentUser).unwrap();
    debug_shows_none(&settings);
    for client in Client::ALL {
        for plan in Plan::readings(client, &settings) {
            debug_shows_none(&plan);
            shows_none("plan", &plan.to_string());
        }
    }
}

#[test]
fn values_and_blobs() {
    let text = |text: &str| {
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        [&length[..], text.as_bytes()].concat()
    };
    let number = |n: u32| n.to_le_bytes().to_vec();
    let winhttp = [number(0x18), number(0), number(3), text(URL), text("")];
    let winhttp = winhttp.concat();
    debug_shows_none(&WinhttpConnection::parse(&winhttp).unwrap());
    let wininet = [number(0x46), number(1), number(15), text(URL), text("")];
    let wininet = [wininet.concat(), text(URL), vec![0; 32]].concat();
    debug_shows_none(&ConnectionSettings::parse(&wininet).unwrap());
    for cut in 0..wininet.len() {
        if let Err(error) = WinhttpConnection::parse(&winhttp[..cut.min(60)]) {
            debug_shows_none(&error);
        }
        if let Err(error) = ConnectionSettings::parse(&wininet[..cut]) {
            debug_shows_none(&error);
        }
    }
    debug_shows_none(&Value::Binary(winhttp));
    debug_shows_none(&Value::String(URL.to_owned()));
    debug_shows_none(&Value::ExpandString(URL.to_owned()));
    debug_shows_none(&Value::MultiString(vec![URL.to_owned()]));
    debug_shows_none(&ProxyMap::parse(URL));
    debug_shows_none(&DhcpAnswer::one(URL, "--dhcp-wpad"));
    let mut tree = Tree::new();
    RegFile::parse(EXPORT.as_bytes(), "a.reg").unwrap().apply(&mut tree);
    debug_shows_none(&tree);
}
