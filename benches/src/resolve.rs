//! From a URL to its routes, without a script.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use url::Url;
use whichproxy::registry::{Key, Tree, Value};
use whichproxy::settings::WinhttpConnection;
use whichproxy::{Client, Machine, Resolver};

use crate::generate::Numbers;

const CONNECTIONS: &str = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\\
     Connections";

/// A machine with netsh's proxy and a bypass list of `entries`, two thirds
/// of them `*.name`.
fn machine(entries: usize) -> Machine {
    let mut numbers = Numbers::new(7);
    let list: Vec<String> = (0..entries)
        .map(|number| {
            let domain = numbers.domain(number);
            match number % 3 {
                0 => domain,
                _ => format!("*.{domain}"),
            }
        })
        .collect();
    let blob =
        WinhttpConnection::new("proxy.corp.example:8080", &list.join(";"));
    let tree = Tree::new().with(
        &Key::local_machine(CONNECTIONS),
        "WinHttpSettings",
        Value::Binary(blob.to_bytes()),
    );
    Machine::offline().with_registry(tree)
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolve");
    let url: Url =
        "https://winatp-gw-eus.microsoft.com/".parse().expect("a URL");
    for entries in [0, 50, 1_000] {
        let machine = machine(entries);
        let resolver =
            Resolver::new(Client::Winhttp, machine).expect("a resolver");
        let answer = resolver.resolve(&url).expect("an answer");
        assert_eq!(
            answer.routes().to_string(),
            "PROXY proxy.corp.example:8080"
        );
        let text = url.as_str();
        for (engine, resolver) in
            [("known", resolver.clone()), ("anew", resolver.without_answers())]
        {
            let id = format!("static-{entries}-bypass");
            group.bench_function(BenchmarkId::new(&id, engine), |bencher| {
                bencher.iter(|| resolver.resolve(black_box(&url)))
            });
            group.bench_function(
                BenchmarkId::new(format!("{id}-from-text"), engine),
                |bencher| {
                    bencher.iter(|| resolver.resolve_text(black_box(text)));
                },
            );
        }
    }
    group.finish();
}
