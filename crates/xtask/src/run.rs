//! Running a tool, and reading how many tests it ran.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How a step went.
pub(crate) enum Outcome {
    /// It ran.
    Done {
        /// How many tests passed.
        passed: usize,
        /// How many failed.
        failed: usize,
        /// What it printed.
        output: String,
    },
    /// A tool is missing, and how to get it.
    Missing(&'static str),
    /// There is nothing to run it on.
    NoData(String),
}

impl Outcome {
    /// A step that is one test.
    pub(crate) fn one(ok: bool, output: String) -> Outcome {
        let (passed, failed) = if ok { (1, 0) } else { (0, 1) };
        Outcome::Done { passed, failed, output }
    }

    /// This one and another, where this one ran.
    pub(crate) fn and(self, other: impl FnOnce() -> Outcome) -> Outcome {
        let Outcome::Done { passed, failed, output } = self else {
            return self;
        };
        match other() {
            Outcome::Done { passed: more, failed: worse, output: rest } => {
                Outcome::Done {
                    passed: passed + more,
                    failed: failed + worse,
                    output: output + &rest,
                }
            }
            other => other,
        }
    }
}

/// `cargo ARGS` in the workspace, with nothing of the cargo that runs this.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command =
        Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(args).current_dir(root);
    forget_cargo(&mut command);
    command.env("CARGO_TERM_COLOR", "never");
    command
}

/// Removes what the `cargo run` around us has set: a build with other values
/// of that would not share its work with one from the shell.
pub(crate) fn forget_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST")
        {
            command.env_remove(name);
        }
    }
}

/// Where cargo puts a program, by its profile and name.
pub(crate) fn program(root: &Path, name: &str) -> Option<PathBuf> {
    let args = ["metadata", "--no-deps", "--format-version", "1"];
    let (_, metadata) = run(cargo(root, &args));
    let (_, rest) = metadata.split_once("\"target_directory\":\"")?;
    let (target, _) = rest.split_once('"')?;
    let target = PathBuf::from(target.replace(r"\\", r"\"));
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Some(target.join(name))
}

/// Runs a command; whether it succeeded, and all it printed.
pub(crate) fn run(mut command: Command) -> (bool, String) {
    match command.output() {
        Ok(output) => {
            let mut text = String::from_utf8_lossy(&output.stdout).to_string();
            text.push_str(&String::from_utf8_lossy(&output.stderr));
            (output.status.success(), text)
        }
        Err(error) => (false, format!("{command:?}: {error}")),
    }
}

/// Whether a command runs and succeeds.
pub(crate) fn works(command: Command) -> bool {
    run(command).0
}

/// Runs tests and counts them.
pub(crate) fn tests(command: Command) -> Outcome {
    let (ok, output) = run(command);
    let (passed, failed) = count(&output);
    // What does not build has no tests that could fail.
    let failed = if ok { failed } else { failed.max(1) };
    Outcome::Done { passed, failed, output }
}

/// The tests that passed and failed, by the closing lines of nextest and of
/// the standard harness.
fn count(output: &str) -> (usize, usize) {
    let starts = |start: &'static str| {
        output.lines().map(str::trim).filter(move |l| l.starts_with(start))
    };
    let numbers = |line: &str| {
        (number_before(line, "passed"), number_before(line, "failed"))
    };
    // nextest shows what a failed test printed, the harness's line included.
    if let Some(line) = starts("Summary [").next_back() {
        return numbers(line);
    }
    starts("test result:")
        .map(numbers)
        .fold((0, 0), |total, one| (total.0 + one.0, total.1 + one.1))
}

/// 17 in `… 17 passed; …`.
fn number_before(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(2)
        .find(|pair| pair.get(1) == Some(&word))
        .and_then(|pair| pair.first()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn closing_lines() {
        let nextest = "     Summary [   2.345s] 5 tests run: 3 passed, 2 failed, 1 skipped";
        assert_eq!(count(nextest), (3, 2));
        let slow = "Summary [ 1.0s] 3 tests run: 3 passed (1 slow), 0 skipped";
        assert_eq!(count(slow), (3, 0));
        let plain = "test result: ok. 16 passed; 0 failed; 0 ignored\n\
                     test result: FAILED. 2 passed; 1 failed; 0 ignored";
        assert_eq!(count(plain), (18, 1));
        assert_eq!(count("4 passed"), (0, 0));
    }
}
