//! Real PAC scripts, asked by the command.
//!
//! They belong to other people and are not in the repository, but may lie
//! beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Context;
use crate::run::{self, Outcome, cargo, program};

/// Asks every script that is there about some URLs. A script that fails by
/// itself fails for every client; what counts is that the command says so
/// and lives.
pub(crate) fn run(context: &Context) -> Outcome {
    let folder = match std::env::var_os("WHICHPROXY_PACS") {
        Some(folder) => PathBuf::from(folder),
        None => context.root.join("../shared/pacs"),
    };
    let scripts = scripts(&folder);
    if scripts.is_empty() {
        return Outcome::NoData(
            "no real scripts beside the repository".into(),
        );
    }
    let root = &context.root;
    // With what the tests need too: other features of a dependency would
    // mean to compile it again.
    let args = ["build", "--workspace", "--locked", "--bins", "--tests"];
    let (built, output) = run::run(cargo(root, &args));
    let Some(program) = program(root, "debug/whichproxy").filter(|_| built)
    else {
        return Outcome::one(false, output);
    };
    let mut passed = 0;
    let mut failures = Vec::new();
    for script in scripts {
        match ask(&program, &script) {
            Ok(()) => passed += 1,
            Err(what) => failures.push(what),
        }
    }
    let failed = failures.len();
    Outcome::Done { passed, failed, output: failures.join("\n") }
}

/// The scripts of a folder, in order.
pub(crate) fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut scripts: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "pac"))
        .collect();
    scripts.sort();
    scripts
}

fn ask(program: &Path, script: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(["pac", "eval", "--max-bytes", "8M", "--format", "json"]);
    command.args(["--now", "2026-11-22T09:30:00+01:00"]);
    command.args(["--my-ip", "10.1.2.3"]);
    command.arg(script);
    command.args([
        "http://www.example.com/",
        "https://www.google.com/search?q=x",
        "http://intranet/",
        "http://10.1.2.3:8080/x",
    ]);
    let name = script.display();
    let output =
        command.output().map_err(|error| format!("{name}: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let answers = String::from_utf8_lossy(&output.stdout);
    let answered = answers.lines().count() == 4;
    // What the engine refuses or gives up is no error of the script's own.
    let ours = ["deadline", "limit", "source"]
        .iter()
        .any(|kind| answers.contains(&format!("\"kind\":\"{kind}\"")));
    match output.status.code() {
        Some(0 | 1) if answered && !ours => Ok(()),
        _ => Err(format!("{name}: {}\n{stderr}", output.status)),
    }
}
