//! Fuzzing: each target of `fuzz/` in turn, for so many seconds.
//!
//! The targets are built once, with the address sanitizer and with overflow
//! checks. What is found on the way stays in `fuzz/corpus`, which begins
//! with the seeds and is not committed; the seeds are only read.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::Context;
use crate::run::{forget_cargo, run, works};

/// An input that takes longer than this is a finding.
const TIMEOUT_SECONDS: u32 = 20;

/// What a target said in the end.
#[derive(Debug, Default, Eq, PartialEq)]
struct Told {
    runs: u64,
    edges: u64,
    features: u64,
    corpus: u64,
    /// The files of what was found.
    findings: Vec<String>,
}

/// Builds all, runs those of `only` or all, and prints a table.
pub(crate) fn run_all(
    context: &Context,
    seconds: &str,
    only: &[&str],
) -> Result<(), String> {
    seconds.parse::<u32>().map_err(|_| {
        format!("`{seconds}` is no number of seconds for each target")
    })?;
    let folder = context.root.join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml"))
        .map_err(|error| error.to_string())?;
    let mut targets = targets(&manifest);
    if let Some(unknown) = only.iter().find(|name| !targets.contains(name)) {
        let all = targets.join(", ");
        return Err(format!("there is no target `{unknown}`, but {all}"));
    }
    targets.retain(|name| only.is_empty() || only.contains(name));
    let host = host(context)?;
    let mut build = nightly(context, &["fuzz", "build"]);
    if let [one] = only {
        build.arg(one);
    }
    let (ok, output) = run(build);
    if !ok {
        return Err(output);
    }
    let programs = folder.join("target").join(host).join("release");
    println!(
        "{:16} {:>10} {:>7} {:>8} {:>7}  findings",
        "target", "runs", "edges", "features", "corpus"
    );
    let mut found = vec![];
    for name in targets {
        let corpus = sown(&folder, name).map_err(|e| e.to_string())?;
        let artifacts = folder.join("artifacts").join(name);
        fs::create_dir_all(&artifacts).map_err(|e| e.to_string())?;
        let mut command = Command::new(programs.join(name));
        command
            .current_dir(&folder)
            .arg(&corpus)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-timeout={TIMEOUT_SECONDS}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            // boa keeps pointers within numbers, where what looks for leaks
            // does not find them: that, we infer, is why it once reported 80
            // bytes of a text of boa's.
            .arg("-detect_leaks=0")
            .arg("-print_final_stats=1");
        let words = folder.join(format!("dictionaries/{name}.dict"));
        if words.is_file() {
            command.arg(format!("-dict={}", words.display()));
        }
        let (ok, output) = run(command);
        let told = read(&output);
        let Told { runs, edges, features, corpus, .. } = &told;
        let count = if ok { 0 } else { told.findings.len().max(1) };
        println!(
            "{name:16} {runs:>10} {edges:>7} {features:>8} {corpus:>7}  \
             {count}"
        );
        if !ok {
            let end: Vec<&str> = output.lines().rev().take(60).collect();
            for line in end.iter().rev() {
                println!("    {line}");
            }
            found.push((name, told.findings));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let mut message = "findings, to be seen again by stable Rust:".to_owned();
    for (name, files) in found {
        if files.is_empty() {
            let text = format!("\n  {name} ended; what it said is above");
            message.push_str(&text);
        }
        for file in files {
            let text = format!(
                "\n  cargo run --manifest-path fuzz/Cargo.toml \
                 --bin {name} -- {file}"
            );
            message.push_str(&text);
        }
    }
    Err(message)
}

/// A corpus to write to, with the seeds and what was found before in it.
fn sown(folder: &Path, name: &str) -> io::Result<std::path::PathBuf> {
    let corpus = folder.join("corpus").join(name);
    fs::create_dir_all(&corpus)?;
    for kind in ["seeds", "regressions"] {
        let Ok(seeds) = fs::read_dir(folder.join(kind).join(name)) else {
            continue;
        };
        for seed in seeds {
            let seed = seed?;
            fs::copy(seed.path(), corpus.join(seed.file_name()))?;
        }
    }
    Ok(corpus)
}

/// Where the compiler that fuzzes puts its programs; an error names what is
/// missing, and how to have it.
fn host(context: &Context) -> Result<String, String> {
    let mut rustc = Command::new("rustup");
    rustc.args(["run", "nightly", "rustc", "--version", "--verbose"]);
    let (ok, output) = run(rustc);
    let host = output.lines().find_map(|line| line.strip_prefix("host: "));
    let Some(host) = host.filter(|_| ok) else {
        return Err("fuzzing needs nightly Rust: \
                    rustup toolchain install nightly"
            .to_owned());
    };
    if !works(nightly(context, &["fuzz", "--version"])) {
        return Err("fuzzing needs cargo-fuzz: \
                    cargo install cargo-fuzz --locked"
            .to_owned());
    }
    Ok(host.to_owned())
}

/// The cargo of nightly, whichever runs this.
fn nightly(context: &Context, args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]).args(args);
    command.current_dir(context.root.join("fuzz"));
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    forget_cargo(&mut command);
    command
}

/// The targets that a manifest names.
fn targets(manifest: &str) -> Vec<&str> {
    let bins = manifest.split("[[bin]]").skip(1);
    bins.filter_map(|bin| {
        let (_, name) = bin.split_once("name = \"")?;
        Some(name.split_once('"')?.0)
    })
    .collect()
}

/// Reads what libFuzzer printed.
fn read(output: &str) -> Told {
    let mut told = Told::default();
    for line in output.lines() {
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            told.findings.push(path.trim().to_owned());
        }
        if let Some(runs) =
            line.strip_prefix("stat::number_of_executed_units:")
        {
            told.runs = runs.trim().parse().unwrap_or(0);
        }
        // `#17 DONE   cov: 5 ft: 6 corp: 3/12b …`; findings end without it.
        if line.starts_with('#') && line.contains(" cov: ") {
            let number = |name| number_after(line, name).unwrap_or(0);
            told.edges = number("cov:");
            told.features = number("ft:");
            told.corpus = number("corp:");
        }
    }
    told
}

/// 17 in `… corp: 17/3b …`, for `corp:`.
fn number_after(line: &str, word: &str) -> Option<u64> {
    let mut words = line.split_whitespace();
    words.find(|other| *other == word)?;
    words.next()?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_of_what_is_printed() {
        let output = "#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0\n\
            #17\tDONE   cov: 5 ft: 6 corp: 3/12Kb lim: 4 exec/s: 8\n\
            stat::number_of_executed_units: 17\n";
        let told =
            Told { runs: 17, edges: 5, features: 6, corpus: 3, ..read("") };
        assert_eq!(read(output), told);
        let found = "#9\tNEW    cov: 5 ft: 6 corp: 3/1b\npanicked\n\
            artifact_prefix='a/'; Test unit written to a/crash-0\n";
        assert_eq!(read(found).findings, ["a/crash-0"]);
        assert_eq!(read(found).edges, 5);
    }

    #[test]
    fn targets_of_a_manifest() {
        let manifest = "[package]\nname = \"x\"\n\n[[bin]]\nname = \"a\"\n\
            path = \"b\"\n\n[[bin]]\nname = \"c\"\n";
        assert_eq!(targets(manifest), ["a", "c"]);
    }
    #[test]
    fn every_target_has_seeds_words_and_a_row() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz")
            .canonicalize()
            .unwrap();
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let (manifest, page) = (text("Cargo.toml"), text("README.md"));
        let names = targets(&manifest);
        assert!(names.len() > 18, "{names:?}");
        for name in names {
            text(&format!("fuzz_targets/{name}.rs"));
            text(&format!("dictionaries/{name}.dict"));
            let seeds = fs::read_dir(folder.join("seeds").join(name));
            assert!(seeds.unwrap().count() > 0, "{name} has no seeds");
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
