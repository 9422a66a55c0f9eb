//! The steps, in order: the quick ones first.

use std::fs;
use std::process::Command;

use crate::run::{Outcome, cargo, run, tests, works};
#[cfg(unix)]
use crate::windows;
use crate::{Context, c, corpus, deny, dropin, icount, python, wasm};

/// A named part of the test.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Context) -> Outcome,
}

/// Every step.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step { name: "clippy", run: clippy },
    Step { name: "tests", run: unit_tests },
    Step { name: "node", run: node },
    Step { name: "doctests", run: doctests },
    Step { name: "docs", run: docs },
    Step { name: "python", run: python::step },
    Step { name: "c", run: c::step },
    Step { name: "corpus", run: corpus::run },
    Step { name: "readme", run: readme },
    Step { name: "benches", run: benches },
    Step { name: "icount", run: icount::step },
    Step { name: "fuzz", run: fuzz },
    Step { name: "deny", run: deny::step },
    Step { name: "wasm", run: wasm::step },
    Step { name: "dropin", run: dropin::step },
    #[cfg(unix)]
    Step { name: "windows", run: windows::step },
];

fn fmt(context: &Context) -> Outcome {
    if !works(cargo(&context.root, &["fmt", "--version"])) {
        return Outcome::Missing("rustfmt: rustup component add rustfmt");
    }
    let command = cargo(&context.root, &["fmt", "--all", "--check"]);
    let (ok, output) = run(command);
    Outcome::one(ok, output)
}

fn clippy(context: &Context) -> Outcome {
    if !works(cargo(&context.root, &["clippy", "--version"])) {
        return Outcome::Missing("clippy: rustup component add clippy");
    }
    let args = ["clippy", "--workspace", "--all-targets", "--locked"];
    let mut command = cargo(&context.root, &args);
    command.args(["--", "-D", "warnings"]);
    let (ok, output) = run(command);
    Outcome::one(ok, output)
}

/// nextest where it is there, else the standard runner, which runs the same
/// tests.
fn unit_tests(context: &Context) -> Outcome {
    let root = &context.root;
    if works(cargo(root, &["nextest", "--version"])) {
        let args = ["nextest", "run", "--workspace", "--locked"];
        let mut command = cargo(root, &args);
        command.args(["--no-fail-fast", "--status-level", "fail"]);
        return tests(command);
    }
    let args = ["test", "--workspace", "--locked", "--no-fail-fast"];
    let mut command = cargo(root, &args);
    command.args(["--lib", "--bins", "--tests", "--examples"]);
    tests(command)
}

/// The PAC cases in V8. Among the other tests this one passes where there is
/// no node; here that is told.
fn node(context: &Context) -> Outcome {
    let mut version = Command::new("node");
    version.arg("--version");
    if !works(version) {
        return Outcome::Missing("node, to run the PAC cases in V8");
    }
    let args = ["test", "--package", "whichproxy-test", "--test", "node"];
    tests(cargo(&context.root, &args))
}

fn doctests(context: &Context) -> Outcome {
    let args = ["test", "--workspace", "--locked", "--doc", "--no-fail-fast"];
    tests(cargo(&context.root, &args))
}

fn docs(context: &Context) -> Outcome {
    let args = ["doc", "--workspace", "--locked", "--no-deps"];
    let mut command = cargo(&context.root, &args);
    command.env("RUSTDOCFLAGS", "-D warnings");
    let (ok, output) = run(command);
    Outcome::one(ok, output)
}

/// The README's first command, literally. What all of its commands print is
/// compared by a test of the command.
fn readme(context: &Context) -> Outcome {
    let text = match fs::read_to_string(context.root.join("README.md")) {
        Ok(text) => text,
        Err(error) => return Outcome::one(false, error.to_string()),
    };
    let line =
        text.lines().find_map(|line| line.strip_prefix("$ cargo run --"));
    let Some(line) = line else {
        let message = "README.md has no `$ cargo run --…`".to_owned();
        return Outcome::one(false, message);
    };
    let line = format!("run --quiet --{line}");
    let args: Vec<&str> = line.split_whitespace().collect();
    let (ok, output) = run(cargo(&context.root, &args));
    let answered = output.lines().any(|line| line.starts_with("PROXY "));
    Outcome::one(ok && answered, output)
}

/// Every bench once, unmeasured: each checks its answers. As built for the
/// tests, so that nothing is compiled a second time.
fn benches(context: &Context) -> Outcome {
    let manifest = fs::read_to_string(context.root.join("benches/Cargo.toml"));
    if !manifest.is_ok_and(|text| text.contains("[[bench]]")) {
        return Outcome::NoData("there are no benches".to_owned());
    }
    let args = ["bench", "--workspace", "--bench", "*", "--locked"];
    let mut command = cargo(&context.root, &args);
    command.args(["--profile", "dev", "--", "--test"]);
    let (ok, output) = run(command);
    Outcome::one(ok, output)
}

/// Every fuzz target is built by stable Rust and asked about its seeds and
/// about what it found before.
fn fuzz(context: &Context) -> Outcome {
    let folder = context.root.join("fuzz");
    let manifest = folder.join("Cargo.toml").display().to_string();
    let target = context.root.join("target");
    let mut command = cargo(&context.root, &["build", "--locked"]);
    command.args(["--manifest-path", &manifest, "--target-dir"]);
    command.arg(&target);
    let (ok, mut output) = run(command);
    if !ok {
        return Outcome::one(false, output);
    }
    let (mut passed, mut failed) = (0, 0);
    for kind in ["seeds", "regressions"] {
        let Ok(targets) = fs::read_dir(folder.join(kind)) else { continue };
        for entry in targets.flatten() {
            let program = target.join("debug").join(entry.file_name());
            let Ok(inputs) = fs::read_dir(entry.path()) else { continue };
            let mut command = Command::new(program);
            command.args(inputs.flatten().map(|input| input.path()));
            let (ok, told) = run(command);
            match ok {
                true => passed += 1,
                false => {
                    failed += 1;
                    output.push_str(&told);
                }
            }
        }
    }
    if passed + failed == 0 {
        return Outcome::one(false, "there are no seeds".to_owned());
    }
    Outcome::Done { passed, failed, output }
}
