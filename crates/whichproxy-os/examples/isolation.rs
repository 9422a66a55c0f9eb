//! Times scripts that boa runs, on a thread and in a worker process, in turns:
//! `cargo run --release -p whichproxy-os --example isolation`

use std::time::{Duration, Instant};

use whichproxy_os::worker;
use whichproxy_pac::{Config, Isolation, Offline, Pac, Query};

const SMALL: &str = "function FindProxyForURL(url, host) {
    if (isPlainHostName(host)) return 'DIRECT';
    if (dnsDomainIs(host, '.example.com')) return 'PROXY a:1';
    if (shExpMatch(url, '*.internal/*')) return 'DIRECT';
    return 'PROXY proxy.example:8080; DIRECT';
}";

const ASKING: &str = "function FindProxyForURL(url, host) {
    if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';
    return 'PROXY proxy.example:8080; DIRECT';
}";

const LOOKUPS: u32 = 2_000;
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    worker::serve_if_asked();
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        let workers = worker::workers();
        let start = Instant::now();
        workers.warm()?;
        starts.push(start.elapsed());
    }
    println!("a worker starts in {:?}", middle(starts));
    let workers = worker::workers();
    let many =
        "if (shExpMatch(host, '*.n.example.com')) return 'PROXY n:1';\n";
    let large = SMALL.replacen('{', &format!("{{\n{}", many.repeat(5_000)), 1);
    for (name, source) in [
        ("small", SMALL),
        ("one DNS question", ASKING),
        ("5,000 rules", &large),
    ] {
        let load = |isolation| {
            Pac::builder()
                .config(Config::new().only_js())
                .isolation(isolation)
                .build(source)
        };
        let thread = load(Isolation::Thread)?;
        let start = Instant::now();
        let away = load(Isolation::Worker(workers.clone()))?;
        let loaded = start.elapsed();
        let (mut here, mut there) = (Vec::new(), Vec::new());
        let lookups = if source.len() > 10_000 { 50 } else { LOOKUPS };
        for _ in 0..ROUNDS {
            here.push(pass(&thread, lookups)?);
            there.push(pass(&away, lookups)?);
        }
        let (here, there) = (middle(here), middle(there));
        println!(
            "{name}: thread {here:?}, worker {there:?}; \
             read by a worker in {loaded:?}"
        );
        if let Some(bytes) = resident() {
            println!("  the worker has {} MiB resident", bytes >> 20);
        }
    }
    Ok(())
}

/// The time of a lookup.
fn pass(pac: &Pac, lookups: u32) -> Result<Duration, whichproxy_pac::Error> {
    let start = Instant::now();
    for _ in 0..lookups {
        let query = Query::raw("http://www.example.org/", "www.example.org");
        std::hint::black_box(pac.find_proxy(query, &Offline)?);
    }
    Ok(start.elapsed() / lookups)
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The memory of the largest child, on Linux.
fn resident() -> Option<u64> {
    let own = std::process::id();
    let children = format!("/proc/{own}/task/{own}/children");
    let children = std::fs::read_to_string(children).ok()?;
    let pages = children.split_whitespace().filter_map(|id| {
        let text =
            std::fs::read_to_string(format!("/proc/{id}/statm")).ok()?;
        text.split(' ').nth(1)?.parse::<u64>().ok()
    });
    pages.max().map(|pages| pages * 4096)
}
