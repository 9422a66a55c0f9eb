//! The corpus of hostile scripts, on every surface.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use whichproxy_pac::{Config, Isolation, Limits, Offline, Pac, Query};
use whichproxy_test::hostile::{Hostile, hostile};

use crate::{alone, workers};

const DEADLINE: Duration = Duration::from_secs(1);

/// How much later an answer may come.
const LATE: Duration = Duration::from_secs(1);

/// How much larger the process may be, afterwards.
const LARGER: u64 = 32 << 20;

fn limits() -> Limits {
    Limits::new().with_deadline(DEADLINE)
}

/// The memory of this process.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}

/// The answer of a harmless script, which must be right at any time.
fn next_one_is_right(isolation: &Isolation) {
    let source = "function FindProxyForURL(u, h) { return 'PROXY ' + h; }";
    let pac = Pac::builder()
        .config(Config::new().only_js())
        .isolation(isolation.clone())
        .build(source)
        .unwrap();
    let query = Query::raw("http://next/", "next");
    let routes = pac.find_proxy(query, &Offline).unwrap();
    assert_eq!(routes.to_string(), "PROXY next:80");
}

/// Asks one in this process; what is wrong with what comes.
fn ask(
    one: &Hostile,
    config: Config,
    isolation: &Isolation,
) -> Option<String> {
    let start = Instant::now();
    let pac = Pac::builder()
        .config(config)
        .limits(limits())
        .isolation(isolation.clone())
        .build(&one.script());
    let built = start.elapsed();
    let host = one.host();
    let start = Instant::now();
    let query = Query::raw("http://www.example.com/", &*host);
    let found = pac.and_then(|pac| pac.evaluate(query, &Offline));
    let asked = start.elapsed();
    // To be loaded is no question, but to wait for it is as bad: what runs
    // outside of functions is run, and then the script is read.
    if built > 2 * DEADLINE + LATE || asked > DEADLINE + LATE {
        return Some(format!("takes {built:?} and {asked:?}"));
    }
    match &found {
        Ok(found) => one.fault(Ok(found.result())),
        Err(error) => {
            let said = error.to_string();
            if said.chars().any(char::is_control) || said.len() > 1_000 {
                return Some(format!("says {said:?}"));
            }
            one.fault(Err(error.kind().name()))
                .map(|fault| format!("{fault}: {said}"))
        }
    }
}

#[test]
fn in_workers() {
    let _one = alone();
    let isolation = Isolation::Worker(workers());
    next_one_is_right(&isolation);
    let before = resident();
    let mut faults = Vec::new();
    for one in hostile().unwrap() {
        for config in [Config::new(), Config::new().only_js()] {
            let fault = ask(&one, config.clone(), &isolation);
            let fault = fault
                .map(|fault| format!("{}: {fault} ({config:?})", one.name));
            faults.extend(fault);
            next_one_is_right(&isolation);
            let grown = resident().saturating_sub(before);
            if grown > LARGER {
                faults.push(format!("{}: {} MiB", one.name, grown >> 20));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs the command on one; what is wrong with what comes.
fn command(one: &Hostile, isolation: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{isolation}-{}.pac", one.name));
    std::fs::write(&file, one.script()).unwrap();
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_whichproxy"))
        .args(["pac", "eval", file.to_str().unwrap()])
        .args(["http://www.example.com/", "http://www.example.com/"])
        .args(["--format", "json", "--max-seconds", "1"])
        .args(["--isolation", isolation])
        .output()
        .unwrap();
    let took = start.elapsed();
    std::fs::remove_file(&file).unwrap();
    if took > 4 * DEADLINE + LATE {
        return Some(format!("takes {took:?}"));
    }
    // Of a terminal, only line breaks and the like are asked.
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let shown = text.chars().chain(said.chars());
    if shown.clone().any(|c| c.is_control() && c != '\n') {
        return Some(format!("shows {text:?} {said:?}"));
    }
    let Some(code) = output.status.code() else {
        return Some(format!("{}: {said}", output.status));
    };
    if code > 1 {
        return Some(format!("ends with {code}: {said}"));
    }
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        let outcome = match object["error"]["kind"].as_str() {
            Some(kind) => Err(kind),
            None => Ok(object["result"].as_str().unwrap_or("none")),
        };
        if let Some(fault) = one.fault(outcome) {
            return Some(format!("{fault}: {said}"));
        }
    }
    (text.lines().count() != 2).then(|| format!("{text:?} {said:?}"))
}

fn by_command(isolation: &str, all: Vec<Hostile>) {
    let mut faults = Vec::new();
    for one in all {
        if one.has_odd_host() {
            continue;
        }
        let fault = command(&one, isolation);
        faults.extend(fault.map(|fault| format!("{}: {fault}", one.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn by_the_command() {
    let _one = alone();
    by_command("worker", hostile().unwrap());
}

#[test]
fn by_the_command_on_threads() {
    let _one = alone();
    let mut all = hostile().unwrap();
    // What nothing within a process holds, is not tried there.
    all.retain(|one| one.thread);
    assert!(all.len() >= 60, "{}", all.len());
    by_command("thread", all);
}
