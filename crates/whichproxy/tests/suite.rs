//! Every case of `whichproxy-test`, on the crates themselves.

use std::collections::BTreeSet;

use whichproxy_test::{Runner, data, load, rust};

#[test]
fn rust() {
    Runner::new("rust").complete().run(rust::observe);
}

/// Every key that a case rests on has a line in `SOURCES.md`.
#[test]
fn sources_are_told() {
    let sources = include_str!("../docs/SOURCES.md");
    let cases = load(&data()).unwrap();
    let keys = cases.iter().flat_map(|case| &case.source);
    let missing: BTreeSet<&String> = keys
        .filter(|key| !sources.contains(&format!("\n| `{key}` |")))
        .collect();
    assert!(missing.is_empty(), "not in SOURCES.md: {missing:?}");
}
