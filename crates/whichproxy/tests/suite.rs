//! Every case of `whichproxy-test`, on the crates themselves.

use std::collections::BTreeSet;

use whichproxy::Progress;
use whichproxy_pac::Config;
use whichproxy_test::{
    Filter, Kind, ObservedError, Runner, Verdict, data, load, rust,
};

#[test]
fn rust() {
    Runner::new("rust").complete().run(rust::observe);
}

/// What is asked step by step has the answer, and the trace, of what is
/// asked at once.
#[test]
fn inquiries() {
    let mut steps = [0; 3];
    Runner::new("inquiry").run(|case| {
        if case.kind() != Kind::Resolve {
            return Verdict::Skipped("it asks no client");
        }
        let seen = rust::observe_resolving(case, |resolver, url| {
            let mut inquiry = resolver.inquire_text(url)?;
            loop {
                match inquiry.advance()? {
                    Progress::Done(resolution) => break Ok(resolution),
                    Progress::Resolve { name, family } => {
                        steps[0] += 1;
                        let machine = resolver.machine();
                        let found = machine.dns().lookup(&name, family);
                        inquiry.resolved(&name, family, found.unwrap());
                    }
                    Progress::Work(work) => {
                        steps[1 + usize::from(work.shared().is_none())] += 1;
                        inquiry.worked(work.run());
                    }
                }
            }
        });
        assert_eq!(seen.printed, rust::observe(case).printed);
        Verdict::from(seen)
    });
    #[allow(clippy::disallowed_methods)]
    let all = std::env::var_os(Filter::VARIABLE).is_none();
    println!("names, scripts, runs: {steps:?}");
    assert!(!all || steps.iter().all(|count| *count > 0), "{steps:?}");
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

/// Of 100 cases that ask a script, so many at least are answered by the
/// program itself; else the suite would say little about programs.
const COMPILED_LEAST: usize = 85;

/// What programs themselves answer is right; what they leave to boa is
/// counted.
#[test]
fn compiled() {
    for (name, config) in [
        ("compiled", Config::new().only_compiled()),
        ("compiled, no table", Config::new().only_compiled().no_table()),
    ] {
        let (mut answered, mut left) = (0, 0);
        Runner::new(name).run(|case| {
            if case.kind() != Kind::Pac {
                return Verdict::Skipped("it asks no script itself");
            }
            let seen = rust::observe_with(case, config.clone());
            let kind = seen
                .error
                .as_ref()
                .and_then(|error: &ObservedError| error.kind.as_deref());
            if matches!(kind, Some("refused" | "unmodelled")) {
                left += 1;
                return Verdict::Skipped("boa answers");
            }
            answered += 1;
            Verdict::from(seen)
        });
        println!("{name}: {answered} answered, {left} left to boa");
        // The fence is for the library; a test may ask.
        #[allow(clippy::disallowed_methods)]
        let all = std::env::var_os(Filter::VARIABLE).is_none();
        if all {
            assert!(answered * 100 >= (answered + left) * COMPILED_LEAST);
        }
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
