//! Counting the instructions of programs of our own.

use std::path::PathBuf;
use std::process::Command;

use crate::Context;
use crate::run::{cargo, program, run};

/// A program that counts kinds of work, of which it is told one.
pub(crate) struct Counting {
    path: PathBuf,
    /// The names of the functions that are counted.
    counted: &'static str,
    /// The kinds, one a line: what it prints when it is told none.
    pub(crate) kinds: String,
}

impl Counting {
    /// Builds it by `cargo build` with these arguments; cargo puts it at
    /// `path`.
    pub(crate) fn build(
        context: &Context,
        arguments: &[&str],
        path: &str,
        counted: &'static str,
    ) -> Result<Counting, String> {
        let mut command = cargo(&context.root, &["build", "--locked"]);
        command.args(arguments);
        let (ok, output) = run(command);
        if !ok {
            return Err(output);
        }
        let path = program(&context.root, path)
            .ok_or("cargo does not tell where it builds")?;
        let (ok, kinds) = run(Command::new(&path));
        match ok {
            true => Ok(Counting { path, counted, kinds }),
            false => Err(kinds),
        }
    }

    /// What one run under callgrind prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg("--collect-atstart=no")
            .arg(format!("--toggle-collect={}", self.counted))
            .arg(&self.path)
            .args(arguments);
        run(command).1
    }
}

/// The instructions that callgrind counted: `==1== Collected : 17`.
pub(crate) fn collected(output: &str) -> Option<u64> {
    output.lines().find_map(|line| {
        let (_, number) = line.split_once("Collected :")?;
        number.trim().parse().ok()
    })
}
