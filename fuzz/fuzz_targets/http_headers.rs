//! What a server says of keeping a script: no header makes a resolver ask
//! twice within a minute, nor keep a script for longer than a day and the
//! hour in which a stale one answers.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use url::Url;
use whichproxy::machine::{Caching, Fault, Fetch, Page, SetClock};
use whichproxy::registry::RegFile;
use whichproxy::{Client, Machine, Resolver};

const EXPORT: &[u8] = b"REGEDIT4

[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]
\"AutoConfigURL\"=\"http://pac.example/p.pac\"
";

/// Gives a script that names how often it was asked for.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>, Caching, Option<String>);

impl Fetch for Counted {
    fn get(&self, _: &Url, _: usize) -> Result<Page, Fault> {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        let body = format!(
            "function FindProxyForURL() {{ return 'PROXY v{count}:1'; }}"
        );
        let (caching, content_type) = (self.1.clone(), self.2.clone());
        Ok(Page { body: body.into(), content_type, caching })
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let headers = || text.lines().filter_map(|line| line.split_once(':'));
    let caching = Caching::from_headers(headers());
    let most = Duration::from_secs(1 << 31);
    for received in [0, 1_800_000_000, u64::MAX] {
        let lifetime = caching.lifetime(received).unwrap_or_default();
        assert!(lifetime <= most, "{lifetime:?}");
        if let Some(explicit) = caching.explicit_lifetime(received) {
            assert_eq!(lifetime, explicit);
        }
    }
    let confirmed = caching.clone().confirmed(caching.clone());
    assert_eq!(confirmed, caching);
    // What is sent back is one header's value.
    let sent = [caching.etag(), caching.last_modified()];
    for value in sent.into_iter().flatten() {
        assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }

    let content_type = headers()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.to_owned());
    // In these, the script would be none.
    let wide = ["utf-16", "unicode", "ucs-2", "10646"];
    let lower = content_type.as_deref().unwrap_or("").to_ascii_lowercase();
    if wide.iter().any(|name| lower.contains(name)) {
        return;
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let clock = SetClock::default();
    let export = RegFile::parse(EXPORT, "fuzz.reg").expect("an export");
    let machine = Machine::offline()
        .with_registry(export)
        .with_clock(clock.clone())
        .with_fetch(Counted(Arc::clone(&asked), caching, content_type));
    let resolver = Resolver::new(Client::Wininet, machine).expect("a plan");
    let routes = || {
        let found = resolver.resolve_text("http://x.example/");
        let found = found.expect("routes");
        assert!(!found.trace().to_string().contains('\u{1b}'));
        found.routes().to_string()
    };
    assert_eq!(routes(), "PROXY v0:1");
    clock.pass(Duration::from_secs(59));
    assert_eq!(routes(), "PROXY v0:1");
    resolver.refresh();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    clock.pass(Duration::from_secs(25 * 60 * 60));
    assert_eq!(routes(), "PROXY v1:1");
});
