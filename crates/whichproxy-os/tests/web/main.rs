//! Pages fetched from real servers on loopback: nginx, and one of our own
//! for what nginx can't do.
#![allow(clippy::unwrap_used)] // what fails here fails a test

mod conditions;
mod nginx;
mod odd;
mod redirects;
mod server;
mod tls;

use std::time::Duration;

use url::Url;
use whichproxy::machine::{Fetch, Machine, Page, SetClock};
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{Client, Resolver};
use whichproxy_os::Web;

/// As most scripts, a limit of WinHTTP's.
const LIMIT: usize = 1 << 20;

/// With time enough for a slow machine.
fn web() -> Web {
    Web::builder().timeout(Duration::from_secs(30)).build()
}

/// The page at an address, or why there is none.
fn get(url: &str) -> Result<Page, String> {
    let url = Url::parse(url).unwrap();
    web().get(&url, LIMIT).map_err(|fault| fault.to_string())
}

fn fault(url: &str) -> String {
    get(url).unwrap_err()
}

/// A script that answers with one proxy.
fn script(proxy: &str) -> String {
    format!("function FindProxyForURL(u, h) {{ return 'PROXY {proxy}:1'; }}")
}

/// WinINET on a machine whose script is at `url`, with this clock.
fn resolver(url: &str, fetch: Web, clock: &SetClock) -> Resolver {
    let key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
    let registry = Tree::new().with(
        &Key::new(Root::CurrentUser, key),
        "AutoConfigURL",
        Value::String(url.to_owned()),
    );
    let machine = Machine::offline()
        .with_registry(registry)
        .with_fetch(fetch)
        .with_clock(clock.clone());
    Resolver::new(Client::Wininet, machine).unwrap()
}

/// The routes of one resolution, and its trace.
fn resolve(resolver: &Resolver) -> (String, String) {
    let found = resolver.resolve_text("http://www.example.com/").unwrap();
    (found.routes().to_string(), found.trace().to_string())
}
