//! Ten thousand lookups that wait for names hold no thread. A test of its
//! own, since it counts the threads of its process.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use whichproxy::machine::{Machine, Pages};
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{Client, Family};
use whichproxy_os::{AsyncDns, AsyncResolver, Lookup};

const LOOKUPS: usize = 10_000;
const NAMES: usize = 1_000;

/// Answers when the gate opens, and counts what it is asked.
#[derive(Clone, Debug)]
struct Gate {
    asked: Arc<AtomicUsize>,
    open: watch::Receiver<bool>,
}

impl AsyncDns for Gate {
    fn lookup<'a>(&'a self, name: &'a str, _: Family) -> Lookup<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.clone();
        Box::pin(async move {
            let _ = open.wait_for(|open| *open).await;
            let number: u16 = name.trim_start_matches('h').parse().unwrap();
            let [high, low] = number.to_be_bytes();
            Ok(vec![IpAddr::from([10, 0, high, low])])
        })
    }
}

fn resolver(dns: Gate) -> AsyncResolver {
    let at = "http://pac.example/p.pac";
    let key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
    let registry = Tree::new().with(
        &Key::new(Root::CurrentUser, key),
        "AutoConfigURL",
        Value::String(at.to_owned()),
    );
    let script = "function FindProxyForURL(url, host) {
        if (host == 'none') return 'DIRECT';
        if (isInNet(host, '192.168.0.0', '255.255.0.0')) return 'DIRECT';
        return 'PROXY ' + dnsResolve(host) + ':8080';
    }";
    let machine = Machine::offline()
        .with_registry(registry)
        .with_fetch(Pages::new().with(&at.parse().unwrap(), script));
    AsyncResolver::new(Client::WinhttpAuto, machine).unwrap().with_dns(dns)
}

/// How many threads this process has; the system tells on Linux alone.
fn threads() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("Threads:"))?;
    line.trim().parse().ok()
}

#[test]
fn ten_thousand_lookups_wait_on_a_handful_of_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (gate, open) = watch::channel(false);
        let dns = Gate { asked: Arc::default(), open };
        let asked = Arc::clone(&dns.asked);
        let resolver = resolver(dns);
        // The script is fetched before.
        resolver.resolve_text("http://none/").await.unwrap();

        let (sender, mut waiting) = watch::channel(0);
        let sender = Arc::new(sender);
        let lookups: Vec<_> = (0..LOOKUPS)
            .map(|number| {
                let resolver = resolver.clone();
                let sender = Arc::clone(&sender);
                tokio::spawn(async move {
                    let url = format!("http://h{}/{number}", number % NAMES);
                    let mut lookup = Box::pin(resolver.resolve_text(&url));
                    let mut first = true;
                    poll_fn(|context| {
                        let poll = lookup.as_mut().poll(context);
                        if std::mem::take(&mut first) {
                            sender.send_modify(|count| *count += 1);
                        }
                        poll
                    })
                    .await
                })
            })
            .collect();
        let all = waiting.wait_for(|count| *count == LOOKUPS);
        let all = tokio::time::timeout(Duration::from_secs(120), all);
        all.await.expect("they hang").unwrap();
        if let Some(threads) = threads() {
            println!("{LOOKUPS} lookups wait on {threads} threads");
            assert!(threads < 32, "{threads} threads");
        }
        assert_eq!(asked.load(Ordering::SeqCst), NAMES);
        gate.send(true).unwrap();
        for (number, lookup) in lookups.into_iter().enumerate() {
            let found = lookup.await.unwrap().unwrap();
            let name = number % NAMES;
            let expected =
                format!("PROXY 10.0.{}.{}:8080", name / 256, name % 256);
            assert_eq!(found.routes().to_string(), expected);
        }
        assert_eq!(asked.load(Ordering::SeqCst), NAMES, "each name once");
        if let Some(threads) = threads() {
            assert!(threads < 32, "{threads} threads");
        }
    });
}
