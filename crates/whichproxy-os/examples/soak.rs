//! Resolves for minutes while everything around changes or fails: settings,
//! scripts, names, servers, and workers that are killed. Each answer is
//! compared with what boa says within this process.
//!
//! ```console
//! $ cargo run --release -p whichproxy-os --example soak -- 10
//! ```
//!
//! Ends with status 1 after a wrong answer, or where memory grew, or a thread
//! hung.
#![allow(clippy::unwrap_used)] // an example may stop

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use url::Url;
use whichproxy::machine::{Dns, Fault, Fetch, Machine, Page};
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{Client, Family, Isolation, Limits, Resolver};
use whichproxy_pac::{Config, Embedder, LocalTime, Pac, Query};

/// Threads that resolve; more than there are workers.
const THREADS: usize = 8;

/// How long settings stay the same.
const STAGE: Duration = Duration::from_millis(400);

/// What memory may grow by after the first tenth of the time, and what the
/// issue of hostile scripts allows.
const GROWTH: u64 = 32 << 20;

/// A thread that resolves nothing for so long hangs.
const STUCK: Duration = Duration::from_secs(20);

const AT: &str = "http://pac.example/p.pac";
const SETTINGS: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";

fn main() -> ExitCode {
    whichproxy_os::worker::serve_if_asked();
    let minutes = std::env::args().nth(1).map(|text| text.parse::<f64>());
    let Ok(minutes) = minutes.unwrap_or(Ok(10.0)) else {
        eprintln!("usage: soak [MINUTES]");
        return ExitCode::from(2);
    };
    let report = run(Duration::from_secs_f64(minutes * 60.0));
    println!("{report}");
    ExitCode::from(u8::from(!report.is_good()))
}

/// Numbers by chance, the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Names that resolve, slowly at times, or do not: always the same way.
#[derive(Clone, Debug, Default)]
struct Zone;

impl Zone {
    fn address(name: &str) -> Option<IpAddr> {
        let sum = name.bytes().fold(7_u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        match sum % 3 {
            0 => None,
            1 => Some(IpAddr::from([10, 0, 0, (sum >> 8) as u8])),
            _ => Some(IpAddr::from([192, 0, 2, (sum >> 8) as u8])),
        }
    }
}

impl Dns for Zone {
    fn lookup(&self, name: &str, _: Family) -> Result<Vec<IpAddr>, Fault> {
        if name.len().is_multiple_of(7) {
            thread::sleep(Duration::from_millis(2));
        }
        match Zone::address(name) {
            Some(address) => Ok(vec![address]),
            None => Err(Fault::new("no answer")),
        }
    }
}

impl Embedder for Zone {
    fn resolve(&self, name: &str, _: Family) -> Vec<IpAddr> {
        Zone::address(name).into_iter().collect()
    }

    fn own_addresses(&self, _: Family) -> Vec<IpAddr> {
        Vec::new()
    }

    fn now(&self) -> LocalTime {
        LocalTime::new(0, 0)
    }
}

/// A server that fails now and then.
#[derive(Debug)]
struct Server {
    script: String,
    fails: u64,
    asked: AtomicU64,
    failed: AtomicBool,
}

#[derive(Clone, Debug)]
struct Line(Arc<Server>);

impl Fetch for Line {
    fn get(&self, _: &Url, _: usize) -> Result<Page, Fault> {
        let asked = self.0.asked.fetch_add(1, Ordering::Relaxed);
        if self.0.fails > 0 && asked.is_multiple_of(self.0.fails) {
            self.0.failed.store(true, Ordering::Relaxed);
            return Err(Fault::new("the connection broke"));
        }
        let body = self.0.script.clone().into();
        Ok(Page { body, ..Page::default() })
    }
}

/// A script; `kind` decides what engine it takes.
fn script(kind: u64, number: u64) -> String {
    let proxy = format!("PROXY p{number}.example:80");
    match kind {
        0 => {
            let port = 80 + number % 9;
            let rule = |rule: u64| {
                format!(
                    "if (dnsDomainIs(host, '.d{rule}.example')) return \
                     'PROXY r{rule}.example:{port}';\n"
                )
            };
            let rules: String = (0..200).map(rule).collect();
            entry(&format!("{rules} return '{proxy}';"))
        }
        1 => entry(&format!(
            "return isInNet(dnsResolve(host), '10.0.0.0', '255.0.0.0') ? \
             'DIRECT' : '{proxy}';"
        )),
        // Getters, `Date` and classes are for boa; so is what loops.
        _ => format!(
            "class Names {{ get all() {{ return ['.d1.example']; }} }}\n{}",
            entry(&format!(
                "if (host == 'loop.hostile') while (true);\n\
                 if (host == 'big.hostile') {{ var all = []; while (true) \
                 all.push(new Array(1000).fill(host + all.length)); }}\n\
                 if (host == 'deep.hostile') {{ var f = function (n) {{ \
                 return f(n + 1) + 1; }}; f(0); }}\n\
                 return new Names().all.some(n => dnsDomainIs(host, n)) || \
                 isResolvable(host) ? 'PROXY own{number}.example:1' : \
                 '{proxy}';"
            ))
        ),
    }
}

fn entry(body: &str) -> String {
    format!("function FindProxyForURL(url, host) {{ {body} }}")
}

/// Settings for a while, and what they mean.
struct Stage {
    number: u64,
    resolver: Resolver,
    server: Arc<Server>,
    urls: Vec<(String, Expected)>,
}

/// What an answer may be.
struct Expected {
    routes: String,
    /// Where there is no script, or it fails.
    without: String,
    hostile: bool,
}

impl Stage {
    fn new(number: u64, chance: &mut Chance, isolation: Isolation) -> Stage {
        let kind = chance.below(4);
        let source = script(kind, number);
        let server = Arc::new(Server {
            script: source.clone(),
            fails: [0, 0, 2, 3][chance.below(4) as usize],
            asked: AtomicU64::new(0),
            failed: AtomicBool::new(false),
        });
        let key = Key::new(Root::CurrentUser, SETTINGS);
        let text = |text: String| Value::String(text);
        let fallback = format!("s{number}.example:8080");
        let mut registry = Tree::new()
            .with(&key, "ProxyEnable", Value::Dword(1))
            .with(&key, "ProxyServer", text(fallback))
            .with(&key, "ProxyOverride", text("*.d2.example;<local>".into()));
        let has_script = chance.below(5) > 0;
        if has_script {
            registry = registry.with(&key, "AutoConfigURL", text(AT.into()));
        }
        let machine = Machine::offline().with_registry(registry);
        let limits = Limits::new().with_deadline(Duration::from_secs(2));
        let resolver = Resolver::new(
            Client::Wininet,
            machine.clone().with_dns(Zone).with_fetch(Line(server.clone())),
        );
        let resolver = resolver.unwrap().with_limits(limits);
        let resolver = resolver.with_isolation(isolation);
        let config = Config::new().only_js();
        let oracle = Pac::builder().config(config).build(&source).unwrap();
        let plain = Resolver::new(Client::Wininet, machine).unwrap();
        let mut urls = Vec::new();
        for _ in 0..40 {
            let host = match chance.below(60) {
                0 if kind > 1 => "loop.hostile".to_owned(),
                1 if kind > 1 => "big.hostile".to_owned(),
                2 if kind > 1 => "deep.hostile".to_owned(),
                3..20 => format!("w.d{}.example", chance.below(220)),
                20 => "intranet".to_owned(),
                _ => format!("h{}.example", chance.below(5000)),
            };
            let url = format!("http://{host}/a/b?c");
            let hostile = host.ends_with(".hostile");
            let without = plain.resolve_text(&url).unwrap();
            let without = without.routes().to_string();
            let routes = if has_script && !hostile {
                let query = Query::raw(&url, &host);
                oracle.find_proxy(query, &Zone).unwrap().to_string()
            } else {
                without.clone()
            };
            urls.push((url, Expected { routes, without, hostile }));
        }
        Stage { number, resolver, server, urls }
    }
}

/// What happened.
#[derive(Default)]
struct Counts {
    right: AtomicU64,
    hostile: AtomicU64,
    /// Right for a server that failed, or a worker that was killed.
    without: AtomicU64,
    interrupted: AtomicU64,
    killed: AtomicU64,
    stages: AtomicU64,
    wrong: Mutex<Vec<String>>,
}

struct Report {
    counts: Counts,
    took: Duration,
    /// Seconds, and bytes.
    memory: Vec<(u64, u64)>,
    threads: (usize, usize),
    stuck: Vec<usize>,
    workers_left: usize,
}

fn run(time: Duration) -> Report {
    let start = Instant::now();
    // As many as threads: a script that loops has its worker until the
    // deadline, and nobody is to wait for that.
    let workers = whichproxy_os::worker::workers().with_count(THREADS);
    let counts = Counts::default();
    let threads_before = threads();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let isolation = Isolation::Worker(workers);
    let first = Stage::new(0, &mut chance, isolation.clone());
    let stage = RwLock::new(Arc::new(first));
    let done = AtomicBool::new(false);
    // For the last part nothing is killed, and every answer must be right.
    let calm = AtomicBool::new(false);
    let beats: Vec<AtomicU64> =
        (0..THREADS).map(|_| AtomicU64::new(0)).collect();
    let mut memory = Vec::new();
    let mut stuck = Vec::new();
    thread::scope(|scope| {
        for (number, beat) in beats.iter().enumerate() {
            let (stage, done, counts) = (&stage, &done, &counts);
            let calm = &calm;
            scope.spawn(move || {
                let mut chance = Chance(number as u64 + 1);
                while !done.load(Ordering::Relaxed) {
                    let now = stage.read().unwrap().clone();
                    ask(&now, &mut chance, counts, calm);
                    let at = start.elapsed().as_millis() as u64;
                    beat.store(at, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                thread::sleep(STAGE);
                number += 1;
                let next = Stage::new(number, &mut chance, isolation.clone());
                *stage.write().unwrap() = Arc::new(next);
                counts.stages.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            let mut chance = Chance(77);
            while !done.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(50 + chance.below(150)));
                if !calm.load(Ordering::Relaxed) && kill_one(&mut chance) {
                    counts.killed.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        while start.elapsed() < time {
            thread::sleep(Duration::from_secs(1).min(time / 20));
            memory.push((start.elapsed().as_secs(), resident()));
            if start.elapsed() > time.mul_f64(0.9) {
                calm.store(true, Ordering::Relaxed);
            }
            let now = start.elapsed().as_millis() as u64;
            for (number, beat) in beats.iter().enumerate() {
                let silent = now - beat.load(Ordering::Relaxed).min(now);
                if u128::from(silent) > STUCK.as_millis() {
                    stuck.push(number);
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    drop(stage);
    drop(isolation);
    // What ends beside, ends soon.
    let patience = Instant::now();
    while threads() > threads_before + 1
        && patience.elapsed() < Duration::from_secs(10)
    {
        thread::sleep(Duration::from_millis(50));
    }
    Report {
        counts,
        took: start.elapsed(),
        memory,
        threads: (threads_before, threads()),
        stuck,
        workers_left: children().len(),
    }
}

fn ask(
    stage: &Stage,
    chance: &mut Chance,
    counts: &Counts,
    calm: &AtomicBool,
) {
    let was_calm = calm.load(Ordering::Relaxed);
    let (url, expected) =
        &stage.urls[chance.below(stage.urls.len() as u64) as usize];
    if expected.hostile && chance.below(20) > 0 {
        return;
    }
    let found = stage.resolver.resolve_text(url).unwrap();
    let routes = found.routes().to_string();
    let count = |counter: &AtomicU64| {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    if routes == expected.routes {
        return match expected.hostile {
            true => count(&counts.hostile),
            false => count(&counts.right),
        };
    }
    let trace = found.trace().to_string();
    if routes == expected.without {
        if trace.contains("the worker process ended: signal 9") && !was_calm {
            return count(&counts.interrupted);
        }
        if stage.server.failed.load(Ordering::Relaxed) {
            return count(&counts.without);
        }
    }
    let mut wrong = counts.wrong.lock().unwrap();
    if wrong.len() < 5 {
        wrong.push(format!(
            "stage {}: {url}: {routes}, not {}\n{trace}",
            stage.number, expected.routes
        ));
    }
}

/// The processes that this one started.
fn children() -> Vec<u32> {
    let own = std::process::id();
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat"));
        let parent = stat.ok().and_then(|stat| {
            let (_, rest) = stat.rsplit_once(')')?;
            rest.split_whitespace().nth(1)?.parse::<u32>().ok()
        });
        if parent == Some(own) {
            all.push(id);
        }
    }
    all
}

fn kill_one(chance: &mut Chance) -> bool {
    let all = children();
    let Some(most) = u64::try_from(all.len()).ok().filter(|n| *n > 0) else {
        return false;
    };
    let id = all[chance.below(most) as usize];
    let mut kill = Command::new("kill");
    kill.args(["-9", &id.to_string()]);
    kill.status().is_ok_and(|status| status.success())
}

/// A number of `/proc/self/status`.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn resident() -> u64 {
    status("VmRSS:") << 10
}

fn threads() -> usize {
    status("Threads:") as usize
}

impl Report {
    /// The most memory in the first tenth, and after it.
    fn memory(&self) -> (u64, u64) {
        let early = self.memory.len().div_ceil(10);
        let most = |all: &[(u64, u64)]| {
            all.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0)
        };
        let (first, rest) = self.memory.split_at(early);
        (most(first), most(rest))
    }

    fn is_good(&self) -> bool {
        let (first, rest) = self.memory();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // All who waited for a script that was just read there, at most.
        let most = count(&self.counts.killed) * THREADS as u64;
        count(&self.counts.right) > 0
            && count(&self.counts.interrupted) <= most
            && self.counts.wrong.lock().unwrap().is_empty()
            && self.stuck.is_empty()
            && self.workers_left == 0
            && self.threads.1 <= self.threads.0 + 1
            && rest <= first + GROWTH
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &self.counts;
        let wrong = counts.wrong.lock().unwrap();
        for (number, what) in [
            (self.took.as_secs(), "seconds"),
            (number(&counts.stages), "stages of settings and scripts"),
            (number(&counts.right), "answers that are right"),
            (number(&counts.hostile), "hostile questions that ended"),
            (number(&counts.without), "answers without a script that failed"),
            (number(&counts.killed), "workers killed"),
            (number(&counts.interrupted), "questions that this interrupted"),
            (wrong.len() as u64, "wrong answers, five at most"),
        ] {
            writeln!(f, "{number:>12} {what}")?;
        }
        let (first, rest) = self.memory();
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(
            f,
            "{:>12.1} MiB at most in the first tenth, {:.1} after it",
            mib(first),
            mib(rest)
        )?;
        let tenth = self.memory.len().div_ceil(10).max(1);
        let tenths = self.memory.chunks(tenth).map(|part| {
            let most = part.iter().map(|(_, bytes)| *bytes).max();
            format!("{:.0}", mib(most.unwrap_or(0)))
        });
        let tenths = tenths.collect::<Vec<_>>().join(" ");
        writeln!(f, "             MiB at most in each tenth: {tenths}")?;
        let (before, after) = self.threads;
        writeln!(f, "{before:>12} threads before, {after} after")?;
        writeln!(f, "{:>12} workers left", self.workers_left)?;
        write!(f, "{:>12} threads that hung", self.stuck.len())?;
        for wrong in wrong.iter() {
            write!(f, "\n\n{wrong}")?;
        }
        Ok(())
    }
}
