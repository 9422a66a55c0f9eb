//! Every case of `whichproxy-test`, on the crates themselves.

use std::collections::BTreeSet;

use whichproxy_pac::Config;
use whichproxy_test::{Kind, Runner, Verdict, data, load, rust};

#[test]
fn rust() {
    Runner::new("rust").complete().run(rust::observe);
}

/// Scripts answer the same on every engine.
#[test]
fn engines() {
    for (name, config) in [
        ("js", Config::new().only_js()),
        ("no_table", Config::new().no_table()),
    ] {
        Runner::new(name).run(|case| match case.kind() {
            Kind::Pac => {
                Verdict::from(rust::observe_with(case, config.clone()))
            }
            _ => Verdict::Skipped("it asks no script itself"),
        });
    }
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
