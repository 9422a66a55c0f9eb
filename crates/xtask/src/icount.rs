//! How many instructions a lookup takes, and whether they grew.
//!
//! Times differ from run to run, and from machine to machine; counts are
//! steady. They differ between compilers and processors' kinds, so a count
//! is compared only with one of the same.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Context;
use crate::callgrind::{Counting, collected};
use crate::run::{Outcome, run, works};

/// How many percent more are let pass: hashes have secrets, by which the
/// counts differ a little.
const TOLERANCE: u64 = 5;

/// How often each is counted.
const RUNS: usize = 3;

/// The counts, by what was counted, and what they depend on.
#[derive(Debug, Default, Eq, PartialEq)]
struct Counts {
    toolchain: String,
    lookups: BTreeMap<String, u64>,
}

/// Compares with the baseline.
pub(crate) fn step(context: &Context) -> Outcome {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--version");
    if !works(valgrind) {
        // Elsewhere they would not be compared either.
        return Outcome::NoData("there is no valgrind".to_owned());
    }
    let text = match fs::read_to_string(baseline(context)) {
        Ok(text) => text,
        Err(error) => return Outcome::one(false, error.to_string()),
    };
    let before = read(&text);
    let toolchain = toolchain();
    if before.toolchain != toolchain {
        return Outcome::NoData(format!(
            "counts are of `{}`, this is `{toolchain}`: \
             cargo xtask icount --bless",
            before.toolchain
        ));
    }
    match count(context) {
        Ok(now) => compared(&before, &now),
        Err(message) => Outcome::one(false, message),
    }
}

/// Counts and prints; writes the baseline where `bless` is set.
pub(crate) fn print(context: &Context, bless: bool) -> Result<(), String> {
    let text = written(&count(context)?);
    print!("{text}");
    if bless {
        let path = baseline(context);
        fs::write(path, text).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn baseline(context: &Context) -> PathBuf {
    context.root.join("benches/icount/baseline.toml")
}

/// The compiler, and the machine that it compiles for.
fn toolchain() -> String {
    let mut rustc = Command::new("rustc");
    rustc.arg("--version");
    let version = run(rustc).1.trim().to_owned();
    format!("{version}, {}", std::env::consts::ARCH)
}

fn count(context: &Context) -> Result<Counts, String> {
    let program = Counting::build(
        context,
        &["--release", "-p", "whichproxy-benches", "--bin", "icount"],
        "release/icount",
        "*counted_lookups*",
    )?;
    let mut counts = Counts { toolchain: toolchain(), ..Counts::default() };
    for kind in program.kinds.lines() {
        // Hashes have secrets: the least of a few runs is steady.
        let mut least = None;
        for _ in 0..RUNS {
            let count = counted(&program, kind)?;
            least = Some(least.map_or(count, |least| count.min(least)));
        }
        let count = least.ok_or("no runs")?;
        counts.lookups.insert(kind.replace(' ', "-"), count);
    }
    Ok(counts)
}

/// One run.
fn counted(program: &Counting, kind: &str) -> Result<u64, String> {
    let arguments: Vec<&str> = kind.split(' ').collect();
    let output = program.run(&arguments);
    per_lookup(&output).ok_or(output)
}

/// Reads what callgrind and the program printed, which is how many lookups
/// there were.
fn per_lookup(output: &str) -> Option<u64> {
    let collected = collected(output)?;
    let lookups = output.lines().find_map(|line| line.parse::<u64>().ok())?;
    collected.checked_div(lookups).filter(|count| *count > 0)
}

fn compared(before: &Counts, now: &Counts) -> Outcome {
    let (mut passed, mut failed) = (0, 0);
    let mut output = String::new();
    for (name, count) in &now.lookups {
        let most = before.lookups.get(name).map(|n| n + n * TOLERANCE / 100);
        if most.is_some_and(|most| *count <= most) {
            passed += 1;
            continue;
        }
        failed += 1;
        let before = before.lookups.get(name);
        let before = before.map_or("none".to_owned(), u64::to_string);
        let _ = writeln!(
            output,
            "{name}: {count} instructions, {before} before; if that is \
             meant: cargo xtask icount --bless"
        );
    }
    Outcome::Done { passed, failed, output }
}

fn written(counts: &Counts) -> String {
    let mut text = format!(
        "# Instructions a lookup; written by cargo xtask icount --bless.\n\
         toolchain = \"{}\"\n\n[lookups]\n",
        counts.toolchain
    );
    for (name, count) in &counts.lookups {
        let _ = writeln!(text, "{name} = {count}");
    }
    text
}

/// Reads what [`written`] writes.
fn read(text: &str) -> Counts {
    let mut counts = Counts::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(" = ") else { continue };
        if name == "toolchain" {
            counts.toolchain = value.trim_matches('"').to_owned();
        } else if let Ok(value) = value.parse() {
            counts.lookups.insert(name.to_owned(), value);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(count: u64) -> Counts {
        let lookups = BTreeMap::from([("small-12".to_owned(), count)]);
        Counts { toolchain: "rustc 1, x".to_owned(), lookups }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&written(&counts(17))), counts(17));
    }

    #[test]
    fn a_twentieth_more_passes() {
        let failures = |before, now| match compared(&before, &now) {
            Outcome::Done { failed, .. } => failed,
            _ => usize::MAX,
        };
        assert_eq!(failures(counts(1_000), counts(1_050)), 0);
        assert_eq!(failures(counts(1_000), counts(1_051)), 1);
        assert_eq!(failures(counts(1_000), counts(10)), 0);
        assert_eq!(failures(Counts::default(), counts(10)), 1);
    }

    #[test]
    fn callgrind_is_read() {
        let output = "==7== Events    : Ir\n==7== Collected : 3000\n10\n";
        assert_eq!(per_lookup(output), Some(300));
        assert_eq!(per_lookup("==7== Collected : 0\n10\n"), None);
        assert_eq!(per_lookup("10\n"), None);
    }
}
