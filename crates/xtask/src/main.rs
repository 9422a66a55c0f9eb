//! Runs everything that must pass: `cargo xtask test`; makes the table of
//! scripts and times: `cargo xtask scripts FOLDER --write`; counts the
//! instructions of lookups: `cargo xtask icount --bless`; asks many scripts
//! on every engine: `cargo xtask pairs N`; and resolves for minutes while
//! everything fails: `cargo xtask soak MINUTES`. `cargo xtask fuzz SECONDS`
//! fuzzes each target for so long. `cargo xtask install-c --prefix DIR` puts
//! the C library where programs look for it; `cargo xtask header` writes its
//! header; `cargo xtask install-dropin FOLDER` builds `libpacparser.so.1` and
//! `libproxy.so.1` and puts them there. `cargo xtask size` builds the command
//! for release, and tells how large it is and how fast it starts.
//!
//! Each step is one line with its name and how long it took; what a step
//! printed is shown where it failed. With `WHICHPROXY_REQUIRE=all` a missing
//! tool is a failure, without it the step is skipped, and says so.
#![forbid(unsafe_code)]

mod c;
mod callgrind;
mod corpus;
mod debian;
mod deny;
mod dropin;
mod fuzz;
mod growth;
mod icount;
mod place;
mod python;
mod run;
mod scripts;
mod size;
mod steps;
mod wasm;
#[cfg(unix)]
mod windows;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::run::Outcome;
use crate::steps::STEPS;

/// What every step knows.
pub(crate) struct Context {
    /// The workspace's folder.
    pub(crate) root: PathBuf,
    /// Whether nothing may be skipped for want of a tool.
    pub(crate) require_all: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let names: Vec<&str> = args.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["test"] => test(None),
        ["test", step] if STEPS.iter().any(|s| s.name == *step) => {
            test(Some(step))
        }
        ["header"] => told(c::write_header(&context())),
        ["install-c", "--prefix", prefix] => {
            told(c::install(&context(), prefix))
        }
        #[cfg(unix)]
        ["install-c", "--prefix", prefix, "--windows"] => {
            told(windows::install(&context(), prefix))
        }
        ["growth"] => told(growth::print(&context())),
        ["size"] => told(size::print(&context())),
        ["icount"] => counts(false),
        ["icount", "--bless"] => counts(true),
        ["scripts", folder] => times(folder, false),
        ["scripts", folder, "--write"] => times(folder, true),
        ["pairs", rest @ ..] if !rest.is_empty() => pairs(rest),
        ["soak", minutes] => soak(minutes),
        ["install-dropin", folder] => {
            told(dropin::install(&context(), folder))
        }
        ["fuzz", seconds, targets @ ..] => {
            told(fuzz::run_all(&context(), seconds, targets))
        }
        _ => {
            let steps: Vec<&str> = STEPS.iter().map(|s| s.name).collect();
            eprintln!(
                "usage: cargo xtask test [STEP]\n       \
                 cargo xtask icount [--bless]\n       \
                 cargo xtask scripts FOLDER [--write]\n       \
                 cargo xtask pairs N [--seed S] [--node]\n       \
                 cargo xtask soak MINUTES\n       \
                 cargo xtask fuzz SECONDS [TARGET...]\n       \
                 cargo xtask growth\n       \
                 cargo xtask size\n       \
                 cargo xtask header\n       \
                 cargo xtask install-c --prefix DIR [--windows]\n       \
                 cargo xtask install-dropin FOLDER\n\nsteps: {}",
                steps.join(", ")
            );
            ExitCode::from(2)
        }
    }
}

/// Asks made and real scripts on every engine, for as long as it takes. As
/// built for the tests: boa is optimised there too, and sums are checked.
fn pairs(arguments: &[&str]) -> ExitCode {
    example(&["whichproxy-test", "--example", "pairs"], arguments)
}

/// Resolves while settings, servers and workers change and fail.
fn soak(minutes: &str) -> ExitCode {
    let package = ["whichproxy-os", "--release", "--example", "soak"];
    example(&package, &[minutes])
}

/// Runs an example of a package, and shows what it prints.
fn example(package: &[&str], arguments: &[&str]) -> ExitCode {
    let args = ["run", "--quiet", "--locked", "--package"];
    let mut command = run::cargo(&context().root, &args);
    command.args(package).arg("--").args(arguments);
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{command:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all steps, or one; all of them even if one fails, so that a person
/// sees everything at once.
fn test(only: Option<&str>) -> ExitCode {
    let context = context();
    let (mut passed, mut failed) = (0, 0);
    for step in STEPS {
        if only.is_some_and(|name| name != step.name) {
            continue;
        }
        let start = Instant::now();
        let outcome = (step.run)(&context);
        let seconds = start.elapsed().as_secs_f32();
        let name = step.name;
        match outcome {
            Outcome::Done { passed: good, failed: 0, .. } => {
                passed += good;
                println!("{name:10} ok, {good} passed ({seconds:.1} s)");
            }
            Outcome::Done { passed: good, failed: bad, output } => {
                passed += good;
                failed += bad;
                println!("{output}");
                println!("{name:10} FAILED, {bad} failed ({seconds:.1} s)");
            }
            Outcome::Missing(what) if context.require_all => {
                failed += 1;
                println!("{name:10} FAILED, needs {what}");
            }
            Outcome::Missing(what) => {
                println!("{name:10} skipped: needs {what}");
            }
            Outcome::NoData(what) => println!("{name:10} skipped: {what}"),
        }
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Times the scripts of a folder.
fn times(folder: &str, write: bool) -> ExitCode {
    told(scripts::run_on(&context(), Path::new(folder), write))
}

/// Counts the instructions of lookups.
fn counts(bless: bool) -> ExitCode {
    told(icount::print(&context(), bless))
}

/// Says what went wrong, if anything did.
fn told(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn context() -> Context {
    Context {
        root: root(),
        require_all: env::var("WHICHPROXY_REQUIRE")
            .is_ok_and(|value| value == "all"),
    }
}

/// This crate stands two folders below the workspace's.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or(here.clone(), PathBuf::from)
}
