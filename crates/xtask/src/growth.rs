//! How the work of each reader grows with its input, in instructions: twice
//! the input must not cost much more than twice as many.

use crate::Context;
use crate::callgrind::{Counting, collected};

/// The sizes, in parts; each twice the one before.
const SIZES: [u32; 3] = [250, 500, 1000];

/// How many times as much twice the input may cost. Sorting is a little more
/// than linear; what is quadratic is nearly 4.
const MOST: f64 = 2.6;

/// Counts every kind, prints a table, and fails where one grows too fast.
pub(crate) fn print(context: &Context) -> Result<(), String> {
    let program = Counting::build(
        context,
        &["--quiet", "-p", "whichproxy-test", "--example", "growth"],
        "debug/examples/growth",
        "*counted_growth*",
    )?;
    let mut steep = vec![];
    for kind in program.kinds.lines() {
        let mut counts = vec![];
        for size in SIZES {
            let output = program.run(&[kind, &size.to_string()]);
            counts.push(collected(&output).ok_or(output)?);
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
