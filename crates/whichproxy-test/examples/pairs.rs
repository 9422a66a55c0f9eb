//! Many pairs of a script and a question, on every engine:
//! `cargo xtask pairs N [--seed S] [--node]`.
//!
//! Scripts are made ([`whichproxy_grammar`]), and real ones where they lie
//! beside the repository. Differences are printed, each with a script that
//! was made short.
#![allow(clippy::unwrap_used)] // a tool for tests

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use whichproxy_grammar::{Chance, Script, host, real_scripts, url, words};
use whichproxy_pac::{Limits, Pac};
use whichproxy_test::engines::{Difference, Engines, Loaded, reduce, shorter};
use whichproxy_test::node::{Node, is_known};

/// How many questions a made script is asked.
const QUESTIONS: usize = 20;

/// How many of them V8 is asked, too; each costs a context.
const QUESTIONS_OF_NODE: usize = 3;

/// How many differences are printed.
const SHOWN: usize = 20;

/// What is asked for on the command line.
#[derive(Clone, Copy)]
struct Wanted {
    pairs: usize,
    seed: u64,
    node: bool,
}

/// What there is to do, and what was found.
#[derive(Default)]
struct Work {
    /// Real scripts that are still to be asked.
    real: Vec<PathBuf>,
    next: u64,
    pairs: usize,
    answered: usize,
    in_node: usize,
    scripts: BTreeMap<String, usize>,
    refusals: BTreeMap<String, usize>,
    differences: usize,
    of_boa: BTreeMap<String, usize>,
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("usage: pairs N [--seed S] [--node]");
        return ExitCode::from(2);
    };
    let real = real_scripts().unwrap_or_default();
    let work = Mutex::new(Work { real, ..Work::default() });
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| run(wanted, &work));
        }
    });
    let work = work.into_inner().unwrap();
    let mut refusals: Vec<_> = work.refusals.into_iter().collect();
    refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("refused:");
    for (reason, count) in refusals.iter().take(25) {
        println!("{count:8} {reason}");
    }
    println!(
        "scripts: {:?}\n{} pairs, {} of them answered by the program, \
         {} differences, {:?}",
        work.scripts,
        work.pairs,
        work.answered,
        work.differences,
        start.elapsed()
    );
    if wanted.node {
        let of_boa: usize = work.of_boa.values().sum();
        println!("{} pairs in V8, {of_boa} differences", work.in_node);
    }
    ExitCode::from(u8::from(work.differences > 0))
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted { pairs: 0, seed: 1, node: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--node" => wanted.node = true,
            "--seed" => wanted.seed = arguments.next()?.parse().ok()?,
            pairs => wanted.pairs = pairs.replace('_', "").parse().ok()?,
        }
    }
    (wanted.pairs > 0).then_some(wanted)
}

/// One thread's part.
fn run(wanted: Wanted, work: &Mutex<Work>) {
    let mut node = match wanted.node {
        true => Node::start().unwrap(),
        false => None,
    };
    loop {
        let (path, number) = {
            let mut work = work.lock().unwrap();
            if work.pairs >= wanted.pairs {
                return;
            }
            let path = work.real.pop();
            work.next += u64::from(path.is_none());
            (path, work.next)
        };
        match path {
            Some(path) => real(&path, wanted, work),
            None => {
                let mut chance = Chance::of_seed(wanted.seed << 32 | number);
                let script = Script::new(&mut chance);
                let name = format!("made {number}");
                let whole = number.is_multiple_of(8);
                let made = Asked {
                    name: &name,
                    source: script.source(),
                    words: script.words(),
                    questions: QUESTIONS,
                    whole,
                };
                made.ask(&mut chance, work);
                if let Some(node) = &mut node
                    && !is_known(made.source)
                {
                    made.ask_node(&mut chance, node, work);
                }
            }
        }
    }
}

fn real(path: &std::path::Path, wanted: Wanted, work: &Mutex<Work>) {
    let limits = Limits::new().with_source_bytes(4 << 20);
    let bytes = fs::read(path).unwrap();
    let Ok(pac) = Pac::builder().limits(limits).build_bytes(&bytes, None)
    else {
        return;
    };
    let mut chance = Chance::of_seed(wanted.seed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Asked {
        name: &name,
        source: pac.source(),
        words: &words(pac.source()),
        questions: 20 + wanted.pairs / 4_000,
        whole: true,
    }
    .ask(&mut chance, work);
}

/// A script, and what it is to be asked.
struct Asked<'a, W> {
    name: &'a str,
    source: &'a str,
    words: &'a [W],
    questions: usize,
    whole: bool,
}

impl<W: AsRef<str>> Asked<'_, W> {
    fn ask(&self, chance: &mut Chance<'_>, work: &Mutex<Work>) {
        let kind = match Engines::load(self.source, self.whole) {
            Loaded::Engines(engines) => {
                self.compare(&engines, chance, work);
                engines.strategy()
            }
            Loaded::Refused(why) => {
                let mut work = work.lock().unwrap();
                *work.refusals.entry(why).or_default() += 1;
                "refused"
            }
            Loaded::Unreadable => "unreadable",
            Loaded::Difference(difference) => {
                self.differs(&difference, work);
                "different"
            }
        };
        let mut work = work.lock().unwrap();
        *work.scripts.entry(kind.to_owned()).or_default() += 1;
    }

    fn compare(
        &self,
        engines: &Engines,
        chance: &mut Chance<'_>,
        work: &Mutex<Work>,
    ) {
        let start = Instant::now();
        let (mut pairs, mut answered) = (0, 0);
        for _ in 0..self.questions {
            // Some real ones need a second for an answer in boa.
            if start.elapsed() > Duration::from_secs(5) {
                break;
            }
            let host = host(chance, self.words);
            let url = url(chance, &host);
            let verdict = engines.ask(&url, &host);
            pairs += 1;
            answered += usize::from(verdict.answered);
            for difference in &verdict.differences {
                self.differs(difference, work);
            }
        }
        let mut work = work.lock().unwrap();
        work.pairs += pairs;
        work.answered += answered;
    }

    fn differs(&self, difference: &Difference, work: &Mutex<Work>) {
        let count = {
            let mut work = work.lock().unwrap();
            work.differences += 1;
            work.differences
        };
        if count > SHOWN {
            return;
        }
        let (url, host) = &difference.question;
        let short = match self.source.len() < 100_000 {
            true => reduce(self.source, url, host),
            false => String::new(),
        };
        println!("{}: {difference}\n{short}\n", self.name);
    }

    fn ask_node(
        &self,
        chance: &mut Chance<'_>,
        node: &mut Node,
        work: &Mutex<Work>,
    ) {
        for _ in 0..QUESTIONS_OF_NODE {
            let host = host(chance, self.words);
            let url = url(chance, &host);
            let found = node.differs(self.source, &url, &host);
            let count = {
                let mut work = work.lock().unwrap();
                work.in_node += 1;
                if let Some(what) = &found {
                    *work.of_boa.entry(what.clone()).or_default() += 1;
                }
                work.of_boa.len()
            };
            if let Some(what) = found
                && count <= SHOWN
            {
                let short = shorter(self.source, |source| {
                    node.differs(source, &url, &host).is_some()
                });
                println!("{}: {what}\n{short}\n", self.name);
            }
        }
    }
}
