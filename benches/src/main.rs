//! The benchmarks of whichproxy: one file of `src` for every group. The
//! resolver's are a target of their own, `--bench resolve`.
//!
//! What the names mean, and what the numbers do not tell, is in `README.md`.

mod bypass;
mod generate;
mod pac;
mod registry;
mod scripts;

use criterion::Criterion;

/// Every group, in the order of the data's way through the library.
const GROUPS: &[fn(&mut Criterion)] =
    &[registry::bench, bypass::bench, pac::bench];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for bench in GROUPS {
        bench(&mut criterion);
    }
    criterion.final_summary();
}
