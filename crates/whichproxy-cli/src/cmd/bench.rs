//! `whichproxy pac bench`: how fast a script loads and answers.

use std::hint::black_box;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use whichproxy_pac::{Embedder, Pac, Query, host_as_written};

use super::pac::Script;
use crate::args::{Format, PacBenchArgs};
use crate::machine::network;
use crate::output::Output;
use crate::output::json::Benched;
use crate::urls::Urls;
use crate::{Status, Stop};

/// A script is read so often, or for so long, whichever ends first.
const LOADS: usize = 15;
const LOADING: Duration = Duration::from_secs(2);

/// The first passes, which fill caches, do not count.
const WARM_UP: usize = 2;

pub(super) fn run(
    args: &PacBenchArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    let script =
        Script::read(&args.file, args.machine.online, args.limits.max_bytes)?;
    let (machine, notes) = network(&args.machine, out)?;
    let texts = urls(args, out)?;
    let isolation = args.isolation.place();
    let load =
        || script.load(args.engine, args.limits.limits(), isolation.clone());
    let pac = match load() {
        Ok(pac) => pac,
        Err(error) => {
            out.say(&script.failure(&error));
            return Ok(Status::Failed);
        }
    };
    let queries: Vec<Query<'_>> = texts
        .iter()
        .map(|(url, host)| Query::raw(url.as_str(), host.as_str()))
        .collect();
    let failures = queries
        .iter()
        .filter(|query| pac.find_proxy((*query).clone(), &machine).is_err())
        .count();

    let mut loads = Vec::with_capacity(LOADS);
    let start = Instant::now();
    while loads.len() < LOADS && start.elapsed() < LOADING {
        let one = Instant::now();
        // What is not kept is still freed outside of the measured time.
        let pac = black_box(load());
        loads.push(one.elapsed());
        drop(pac);
    }

    let time = Duration::from_secs_f64(args.seconds);
    let passes = passes(&pac, &queries, &machine, time);
    let each = each(&pac, &queries, &machine, passes.len(), time);
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let per_second = all_cores(&pac, &queries, args, threads, time, out)?;
    for message in notes.take() {
        out.say(&message);
    }
    let benched = Benched {
        file: script.name.clone(),
        strategy: pac.strategy(),
        urls: queries.len(),
        failures,
        load_ms: millis(median(&mut loads)),
        ns_per_lookup: middle(passes),
        ns_per_lookup_p99: each,
        threads,
        lookups_per_second: per_second,
    };
    match args.format.format {
        Format::Json => out.json(&benched)?,
        Format::Text => {
            out.line(&format!(
                "{}: engine {}",
                script.name, benched.strategy
            ))?;
            out.line(&format!(
                "loads in {:.3} ms (median of {})",
                benched.load_ms,
                loads.len()
            ))?;
            out.line(&format!(
                "answers in {:.0} ns (median over passes), 99 of 100 within \
                 {:.0} ns",
                benched.ns_per_lookup, benched.ns_per_lookup_p99
            ))?;
            out.line(&format!(
                "{:.0} lookups a second on {threads} threads",
                benched.lookups_per_second
            ))?;
            if failures > 0 {
                out.say(&format!(
                    "{failures} of {} URLs gave an error",
                    benched.urls
                ));
            }
        }
    }
    Ok(Status::Resolved)
}

/// What the script is told of each URL.
fn urls(
    args: &PacBenchArgs,
    out: &mut Output,
) -> Result<Vec<(String, String)>, Stop> {
    let mut urls = Urls::new(&args.urls)?;
    let mut texts = Vec::new();
    loop {
        let batch = urls.batch(out)?;
        if batch.is_empty() {
            break;
        }
        for asked in batch {
            let url = asked.url().map_err(Stop::Input)?;
            let host = host_as_written(&asked.text, &url);
            let query = Query::winhttp(&url, host);
            let host = query.host().to_owned();
            texts.push((query.url().to_owned(), host));
        }
    }
    match texts.is_empty() {
        true => Err(Stop::Input("there is no URL to ask about".to_owned())),
        false => Ok(texts),
    }
}

/// The nanoseconds of a lookup in each pass through the URLs.
fn passes(
    pac: &Pac,
    queries: &[Query<'_>],
    embedder: &dyn Embedder,
    time: Duration,
) -> Vec<f64> {
    let most = (10_000 / queries.len()).clamp(1, 1_000);
    let mut rounds = 1;
    let mut passes = Vec::new();
    let start = Instant::now();
    while passes.len() < WARM_UP + 3 || start.elapsed() < time {
        let pass = Instant::now();
        for _ in 0..rounds {
            for query in queries {
                let _ = black_box(
                    pac.find_proxy(black_box(borrowed(query)), embedder),
                );
            }
        }
        let elapsed = pass.elapsed();
        let lookups = (rounds * queries.len()) as f64;
        if passes.is_empty() {
            // The others are so long that reading the clock costs nothing
            // beside them, and so short that there are several.
            let fit = time.as_secs_f64() / 5.0 / elapsed.as_secs_f64();
            rounds = (fit as usize).clamp(1, most);
        }
        passes.push(elapsed.as_nanos() as f64 / lookups);
        if start.elapsed() > time * 10 {
            break;
        }
    }
    passes.drain(..WARM_UP.min(passes.len() - 1));
    passes
}

/// The time below which 99 of 100 single lookups stay, in nanoseconds, the
/// clock's own cost included.
fn each(
    pac: &Pac,
    queries: &[Query<'_>],
    embedder: &dyn Embedder,
    passes: usize,
    time: Duration,
) -> f64 {
    let mut times = Vec::new();
    let start = Instant::now();
    for query in queries.iter().cycle().take(passes.max(10) * 1_000) {
        let one = Instant::now();
        let _ = black_box(pac.find_proxy(borrowed(query), embedder));
        times.push(one.elapsed());
        let enough = times.len() >= 2_000 || start.elapsed() > time * 10;
        if times.len() >= queries.len() && enough {
            break;
        }
    }
    times.sort_unstable();
    let at = times.len() * 99 / 100;
    times.get(at).map_or(0.0, |time| time.as_nanos() as f64)
}

/// Lookups a second with every core asking.
fn all_cores(
    pac: &Pac,
    queries: &[Query<'_>],
    args: &PacBenchArgs,
    threads: usize,
    time: Duration,
    out: &mut Output,
) -> Result<f64, Stop> {
    let mut machines = Vec::new();
    for _ in 0..threads {
        machines.push(network(&args.machine, out)?.0);
    }
    let start = Instant::now();
    let count: usize = thread::scope(|scope| {
        let workers: Vec<_> = machines
            .iter()
            .map(|machine| {
                scope.spawn(move || {
                    let mut count = 0;
                    while start.elapsed() < time {
                        for query in queries {
                            let _ = black_box(
                                pac.find_proxy(borrowed(query), machine),
                            );
                        }
                        count += queries.len();
                    }
                    count
                })
            })
            .collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).sum()
    });
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// The same query, owning nothing.
fn borrowed<'q>(query: &'q Query<'_>) -> Query<'q> {
    Query::raw(query.url(), query.host())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
