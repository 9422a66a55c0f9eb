//! Times lookups that wait for names: ten thousand of a compiled script, on a
//! resolver that takes 100 ms for each.
//!
//! ```console
//! $ cargo run --release -p whichproxy-os --example waiting
//! ```
#![allow(clippy::unwrap_used)] // an example may stop

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use whichproxy::machine::{Machine, Pages};
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{Client, Family};
use whichproxy_os::{AsyncDns, AsyncResolver, Lookup};

const LOOKUPS: usize = 10_000;

/// Answers after 100 ms.
#[derive(Clone, Debug, Default)]
struct Slow(Arc<AtomicUsize>);

impl AsyncDns for Slow {
    fn lookup<'a>(&'a self, _: &'a str, _: Family) -> Lookup<'a> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(vec![[192, 0, 2, 1].into()])
        })
    }
}

fn resolver(dns: Slow) -> AsyncResolver {
    let at = "http://pac.example/p.pac";
    let key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
    let registry = Tree::new().with(
        &Key::new(Root::CurrentUser, key),
        "AutoConfigURL",
        Value::String(at.to_owned()),
    );
    let script = "function FindProxyForURL(url, host) {
        if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';
        return 'PROXY proxy.example:8080; DIRECT';
    }";
    let machine = Machine::offline()
        .with_registry(registry)
        .with_fetch(Pages::new().with(&at.parse().unwrap(), script));
    AsyncResolver::new(Client::WinhttpAuto, machine).unwrap().with_dns(dns)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for names in [1, 100, LOOKUPS] {
        let dns = Slow::default();
        let resolver = resolver(dns.clone());
        let start = Instant::now();
        let threads = runtime.block_on(async {
            let lookups: Vec<_> = (0..LOOKUPS)
                .map(|number| {
                    let resolver = resolver.clone();
                    let url = format!("http://h{}.example/", number % names);
                    tokio::spawn(
                        async move { resolver.resolve_text(&url).await },
                    )
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(50)).await;
            let threads = threads();
            for lookup in lookups {
                let found = lookup.await.unwrap().unwrap();
                assert!(found.routes().first().proxy().is_some());
            }
            threads
        });
        println!(
            "{LOOKUPS} lookups of {names} names: {:?}, {} questions, {} \
             threads",
            start.elapsed(),
            dns.0.load(Ordering::Relaxed),
            threads.unwrap_or_else(|| "an unknown number of".to_owned()),
        );
    }
}

/// How many threads this process has, where the system tells.
fn threads() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("Threads:"))?;
    Some(line.trim().to_owned())
}
