//! The PAC crate and the core in WebAssembly, and the suite there, in node.
//!
//! As for Windows, the standard library is built from Debian's sources.

use std::process::Command;

use crate::Context;
use crate::debian;
use crate::run::{Outcome, run, works};

const TARGET: &str = "wasm32-unknown-unknown";
const LINKER: &str = "wasm-ld";

/// The most that the module may have, stripped, in bytes.
const MOST: u64 = 16 << 20;

/// Builds the module with the suite's cases, and has node run them; then
/// makes sure that the module alone is there, and no larger than it was.
pub(crate) fn step(context: &Context) -> Outcome {
    let version = |name: &str| {
        let mut command = Command::new(name);
        command.arg("--version");
        command
    };
    if !works(version("node")) {
        return Outcome::Missing("node, to run WebAssembly");
    }
    if !debian::is_there() || !works(version(LINKER)) {
        return Outcome::Missing(
            "Rust for WebAssembly: apt-get install rustc-web cargo-web \
             rust-web-src lld",
        );
    }
    let folder = context.root.join("target/wasm");
    let args = ["build", "--locked", "--profile", "wasm"];
    let mut command = debian::cargo(&context.root, &args, TARGET, &folder);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER).args([
        "--package",
        "whichproxy-wasm",
        "--lib",
        "--example",
        "suite",
    ]);
    let (ok, output) = run(command);
    if !ok {
        return Outcome::one(false, output);
    }
    let built = folder.join(TARGET).join("wasm");
    let module = built.join("whichproxy_wasm.wasm");
    let small = match module.metadata() {
        Ok(module) if module.len() <= MOST => Outcome::one(true, output),
        Ok(module) => {
            let what = format!("the module has {} bytes", module.len());
            Outcome::one(false, what)
        }
        Err(error) => {
            Outcome::one(false, format!("{}: {error}", module.display()))
        }
    };
    small.and(|| {
        let mut command = Command::new("node");
        command
            .current_dir(&context.root)
            .arg("bindings/wasm/tests/suite.mjs")
            .arg(built.join("examples/suite.wasm"))
            .arg(&module)
            .arg("crates/whichproxy-test/data");
        let (ok, output) = run(command);
        let (passed, failed) = counts(&output);
        let failed = if ok { failed } else { failed.max(1) };
        for line in output.lines().filter(|line| line.starts_with("wasm: ")) {
            println!("{line}");
        }
        Outcome::Done { passed, failed, output }
    })
}

/// The numbers of the last line: `2 passed, 1 failed`.
fn counts(output: &str) -> (usize, usize) {
    let numbers = output.lines().rev().find_map(|line| {
        let (passed, rest) = line.split_once(" passed, ")?;
        let failed = rest.strip_suffix(" failed")?;
        Some((passed.parse().ok()?, failed.parse().ok()?))
    });
    numbers.unwrap_or((0, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lines() {
        for (text, expected) in [
            ("x\n12 passed, 3 failed\n", (12, 3)),
            ("12 passed, 0 failed\n(node:1) warning\n", (12, 0)),
            ("node: not found", (0, 1)),
        ] {
            assert_eq!(counts(text), expected, "{text}");
        }
    }
}
