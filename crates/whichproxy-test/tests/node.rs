//! The PAC cases in V8, as a second opinion.

use std::fs;

use whichproxy::{Limits, Machine, Pac, Query};
use whichproxy_grammar::{Chance, Script, host, real_scripts, rounds, url};
use whichproxy_test::Runner;
use whichproxy_test::engines::shorter;
use whichproxy_test::node::{Node, is_known};

#[test]
fn node() {
    let Some(mut node) = Node::start().unwrap() else {
        // `cargo xtask test` makes sure that there is one where nothing may
        // be skipped.
        println!("skipped: there is no node");
        return;
    };
    Runner::new("node").run(|case| node.observe(case));
}

/// Scripts from a grammar answer in V8 as they do here.
#[test]
fn made_scripts() {
    let Some(mut node) = Node::start().unwrap() else {
        println!("skipped: there is no node");
        return;
    };
    let mut pairs = 0;
    let mut differences = Vec::new();
    for round in 0..rounds(300) {
        let mut chance = Chance::of_seed(round as u64);
        let script = Script::new(&mut chance);
        let source = script.source();
        if is_known(source) {
            continue;
        }
        for _ in 0..2 {
            let host = host(&mut chance, script.words());
            let url = url(&mut chance, &host);
            pairs += 1;
            let Some(difference) = node.differs(source, &url, &host) else {
                continue;
            };
            let short = shorter(source, |source| {
                node.differs(source, &url, &host).is_some()
            });
            differences.push(format!("{difference}\n{short}\n"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(pairs > 300, "only {pairs} pairs");
}

/// Real scripts answer in V8 as they do here.
///
/// They lie outside of the repository; where they are absent, the test says
/// so and passes.
#[test]
fn scripts_of_others() {
    let Some(paths) = real_scripts() else { return };
    let Some(mut node) = Node::start().unwrap() else {
        println!("skipped: there is no node");
        return;
    };
    let mut differences = Vec::new();
    let mut answers = 0;
    for path in paths {
        let source = fs::read(&path).unwrap();
        let Ok(source) = String::from_utf8(source) else { continue };
        // Ours is the same every time, V8's is not.
        if source.contains("Math.random") {
            continue;
        }
        for (url, host) in [
            ("http://www.example.com/a?b", "www.example.com"),
            ("https://www.google.com/", "www.google.com"),
            ("http://intranet/", "intranet"),
            ("http://10.1.2.3:8080/x.gif", "10.1.2.3"),
            ("http://mail.baidu.com.cn/", "mail.baidu.com.cn"),
        ] {
            let limits = Limits::new().with_source_bytes(4 << 20);
            let ours = Pac::builder()
                .limits(limits)
                .build(&source)
                .and_then(|pac| {
                    pac.evaluate(Query::raw(url, host), &Machine::offline())
                })
                .map(|answer| {
                    let asked = answer.asked().iter();
                    let asked = asked.map(ToString::to_string).collect();
                    (answer.result().to_owned(), asked)
                });
            let theirs = node.script(&source, url, host);
            let same = match (&ours, &theirs.result) {
                (Ok((result, asked)), Some(other)) => {
                    answers += 1;
                    result == other && Some(asked) == theirs.asked.as_ref()
                }
                (Err(_), None) => true,
                _ => false,
            };
            if !same {
                differences.push(format!(
                    "{} for {url}: {ours:?}, in V8 {:?} {:?} {:?}",
                    path.display(),
                    theirs.result,
                    theirs.asked,
                    theirs.error
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(answers > 300, "only {answers} answers");
}
