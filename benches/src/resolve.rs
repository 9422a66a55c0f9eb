//! From a URL to its routes: the resolver's hot path, with the answers it
//! keeps and without.

mod generate;

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use url::Url;
use whichproxy::machine::Pages;
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::settings::WinhttpConnection;
use whichproxy::{Client, Machine, Resolver};

use self::generate::Numbers;

const CONNECTIONS: &str = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\\
     Connections";

const INTERNET_SETTINGS: &str =
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

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

fn bench_static(criterion: &mut Criterion) {
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

/// A resolver with a script of `rules` domains, and a URL for each.
fn scripted(rules: usize, test: &str) -> (Resolver, Vec<String>) {
    let mut numbers = Numbers::new(17);
    let mut script = "function FindProxyForURL(url, host) {\n".to_owned();
    let mut urls = Vec::with_capacity(rules);
    for rule in 0..rules {
        let domain = numbers.domain(rule);
        let test = test.replace('$', &domain);
        script += &format!("if ({test}) return 'PROXY p{}:1';\n", rule % 9);
        urls.push(format!("http://{}/login?id=1", numbers.host_in(&domain)));
    }
    script.push_str("return 'DIRECT';\n}\n");
    let at = "http://pac.example/p.pac";
    let tree = Tree::new().with(
        &Key::new(Root::CurrentUser, INTERNET_SETTINGS),
        "AutoConfigURL",
        Value::String(at.to_owned()),
    );
    let pages = Pages::new().with(&at.parse().expect("a URL"), script);
    let machine = Machine::offline().with_registry(tree).with_fetch(pages);
    let resolver =
        Resolver::new(Client::WinhttpAuto, machine).expect("a resolver");
    (resolver, urls)
}

/// The time for which `threads` threads at once each make so many lookups.
fn on_threads(
    threads: usize,
    count: u64,
    resolver: &Resolver,
    urls: &[String],
) -> Duration {
    let barrier = Barrier::new(threads);
    let work = |start: usize| {
        let passes = 2 * urls.len();
        let mut urls = urls.iter().cycle().skip(start);
        // Each thread has seen each URL.
        for url in urls.by_ref().take(passes) {
            resolver.resolve_text(url).expect("an answer");
        }
        barrier.wait();
        let start = Instant::now();
        for url in urls.take(count as usize) {
            let found = resolver.resolve_text(black_box(url));
            assert!(found.is_ok_and(|f| f.routes().first().proxy().is_some()));
        }
        start.elapsed()
    };
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread * urls.len() / 2)))
            .collect();
        let times = threads.into_iter().map(|t| t.join().expect("a time"));
        times.max().unwrap_or_default()
    })
}

fn bench_scripted(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolve");
    for (name, rules, test) in [
        ("hosts-500", 500, "dnsDomainIs(host, '.$')"),
        ("urls-500", 500, "shExpMatch(url, '*.$/*')"),
        ("hosts-10000", 10_000, "dnsDomainIs(host, '.$')"),
    ] {
        let (resolver, urls) = scripted(rules, test);
        for (engine, resolver) in
            [("known", resolver.clone()), ("anew", resolver.without_answers())]
        {
            for threads in [1, 2] {
                let id = BenchmarkId::new(
                    format!("{name}-{threads}-threads"),
                    engine,
                );
                group.bench_function(id, |bencher| {
                    bencher.iter_custom(|count| {
                        on_threads(threads, count, &resolver, &urls)
                    });
                });
            }
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench_static(&mut criterion);
    bench_scripted(&mut criterion);
    criterion.final_summary();
}
