//! What answers are said not to depend on, does not change them.
#![allow(clippy::unwrap_used)] // a test may fail

#[path = "../../whichproxy-test/src/engines.rs"]
#[allow(dead_code, unreachable_pub)] // shared with other tests
mod engines;

use std::collections::BTreeMap;
use std::fs;

use whichproxy_grammar::{Chance, Script, host, real_scripts, words};
use whichproxy_pac::{Config, Dependencies, Limits, Pac};

use self::engines::{Seen, Witness};

/// What can change from one question to the next.
const PARTS: &[&str] =
    &["scheme", "host", "port", "path", "dns", "own addresses", "clock"];

fn denied(depends: &Dependencies, part: &str) -> bool {
    !match part {
        "scheme" => depends.scheme(),
        "host" => depends.host(),
        "port" => depends.port(),
        "path" => depends.path(),
        "dns" => depends.dns(),
        "own addresses" => depends.own_addresses(),
        _ => depends.clock(),
    }
}

/// A question, and the machine it is asked on.
#[derive(Clone, Debug)]
struct Question {
    scheme: &'static str,
    host: String,
    port: &'static str,
    path: &'static str,
    dns: u32,
    own: u32,
    clock: u32,
}

impl Question {
    fn new(chance: &mut Chance<'_>, words: &[impl AsRef<str>]) -> Question {
        let mut question = Question {
            scheme: "",
            host: String::new(),
            port: "",
            path: "",
            dns: 0,
            own: 0,
            clock: 0,
        };
        for part in PARTS {
            question.change(part, chance, words);
        }
        question
    }

    fn change(
        &mut self,
        part: &str,
        chance: &mut Chance<'_>,
        words: &[impl AsRef<str>],
    ) {
        match part {
            "scheme" => {
                self.scheme = chance.pick(&["http", "https", "ftp", "HTTP"]);
            }
            "host" => self.host = host(chance, words),
            "port" => {
                self.port = chance.pick(&["", ":8080", ":443", ":80"]);
            }
            "path" => {
                self.path = chance.pick(&[
                    "/",
                    "/ads/x.gif",
                    "/a.example?b.c",
                    "/www.",
                    "/:8080/",
                ]);
            }
            "dns" => self.dns = chance.below(5) as u32,
            "own addresses" => self.own = chance.below(3) as u32,
            _ => self.clock = chance.below(3) as u32,
        }
    }

    fn ask(&self, pac: &Pac) -> Result<String, String> {
        let Question { scheme, host, port, path, .. } = self;
        let url = format!("{scheme}://{host}{port}{path}");
        let mut machine = Witness::default();
        machine.dns = self.dns;
        machine.own = self.own;
        machine.clock = self.clock;
        Seen::on(pac, &url, host, machine).unwrap().answer
    }
}

#[derive(Debug, Default)]
struct Tally {
    pairs: BTreeMap<&'static str, usize>,
    wrong: usize,
}

impl Tally {
    fn script(
        &mut self,
        source: &str,
        words: &[impl AsRef<str>],
        chance: &mut Chance<'_>,
    ) {
        let limits = Limits::new().with_source_bytes(4 << 20);
        let build = |config: Config| {
            Pac::builder().limits(limits.clone()).config(config).build(source)
        };
        if build(Config::new().only_compiled()).is_err() {
            return;
        }
        let all = [Config::new(), Config::new().no_table()].map(build);
        for pac in all.iter().flatten() {
            let depends = pac.depends_on();
            for part in PARTS.iter().filter(|part| denied(&depends, part)) {
                for _ in 0..3 {
                    let mut question = Question::new(chance, words);
                    let before = question.clone();
                    let first = question.ask(pac);
                    question.change(part, chance, words);
                    let second = question.ask(pac);
                    *self.pairs.entry(part).or_default() += 1;
                    if first == second {
                        continue;
                    }
                    // What boa answers may depend on what it answered
                    // before; no answer is to be kept for that.
                    let fresh = |question: &Question| {
                        let table = pac.strategy() == "table";
                        let config = match table {
                            true => Config::new(),
                            false => Config::new().no_table(),
                        };
                        question.ask(&build(config).unwrap())
                    };
                    if fresh(&before) != fresh(&question) {
                        self.wrong += 1;
                        println!(
                            "{part} is denied, but {before:?} gives \
                             {first:?} and {question:?} gives {second:?}"
                        );
                        if self.wrong < 3 && source.len() < 20_000 {
                            println!("{source}");
                        }
                    }
                }
            }
        }
    }

    fn check(&self, least: usize) {
        println!("{self:?}");
        assert_eq!(self.wrong, 0);
        let pairs: usize = self.pairs.values().sum();
        assert!(pairs >= least, "only {pairs} pairs");
    }
}

#[test]
fn made_scripts() {
    let mut tally = Tally::default();
    for seed in 0..500 {
        let mut chance = Chance::of_seed(seed);
        let script = Script::new(&mut chance);
        tally.script(script.source(), script.words(), &mut chance);
    }
    tally.check(2_000);
}

#[test]
fn scripts_of_others() {
    let Some(paths) = real_scripts() else { return };
    let mut tally = Tally::default();
    for path in paths {
        let Ok(source) = fs::read_to_string(&path) else { continue };
        let mut chance = Chance::of_seed(1);
        tally.script(&source, &words(&source), &mut chance);
    }
    tally.check(1_500);
}
