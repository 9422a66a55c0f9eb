//! How the work of each reader grows with its input, in instructions: twice
//! the input must not cost much more than twice as many.

use std::path::Path;
use std::process::Command;

use crate::Context;
use crate::run::{cargo, program, run};

/// The sizes, in parts; each twice the one before.
const SIZES: [u32; 3] = [250, 500, 1000];

/// How many times as much twice the input may cost. Sorting is a little more
/// than linear; what is quadratic is nearly 4.
const MOST: f64 = 2.6;

/// Counts every kind, prints a table, and fails where one grows too fast.
pub(crate) fn print(context: &Context) -> Result<(), String> {
    let args = ["build", "--quiet", "--locked", "-p", "whichproxy-test"];
    let mut command = cargo(&context.root, &args);
    command.args(["--example", "growth"]);
    let (ok, output) = run(command);
    if !ok {
        return Err(output);
    }
    let program = program(&context.root, "debug/examples/growth")
        .ok_or("cargo does not tell where it builds")?;
    let (ok, kinds) = run(Command::new(&program));
    if !ok {
        return Err(kinds);
    }
    let mut steep = vec![];
    for kind in kinds.lines() {
        let mut counts = vec![];
        for size in SIZES {
            counts.push(counted(&program, kind, size)?);
        }
        let growth = growth(&counts);
        println!("{kind:16} {counts:>11?}  {growth:.2}");
        if growth > MOST {
            steep.push(kind);
        }
    }
    match steep.is_empty() {
        true => Ok(()),
        false => Err(format!("grow too fast: {}", steep.join(", "))),
    }
}

/// The instructions of one reading.
fn counted(program: &Path, kind: &str, size: u32) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*counted_growth*"])
        .arg(program)
        .args([kind, &size.to_string()]);
    let (_, output) = run(command);
    let counted = output.lines().find_map(|line| {
        let (_, number) = line.split_once("Collected :")?;
        number.trim().parse().ok()
    });
    counted.ok_or(output)
}

/// The steepest doubling.
fn growth(counts: &[u64]) -> f64 {
    let pairs = counts.iter().zip(counts.iter().skip(1));
    pairs.map(|(&a, &b)| b as f64 / a.max(1) as f64).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steepest_doubling_counts() {
        assert!(growth(&[10, 20, 40]) <= MOST);
        assert!(growth(&[10, 20, 80]) > MOST);
    }
}
