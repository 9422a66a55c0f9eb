//! What a script keeps of memory once it is loaded.
//!
//! There is one test, since the allocator counts for the whole process.
#![allow(clippy::unwrap_used)] // a test may fail

use std::alloc::System;
use std::fmt::Write;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use whichproxy_pac::Pac;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What may be kept of a source of so many bytes, itself included; of which
/// some is the same for all.
fn most(bytes: usize) -> usize {
    4 * bytes + (9 << 10)
}

/// The strategy of a script, and what it keeps.
fn load(source: &str) -> Option<(&'static str, usize)> {
    let region = Region::new(ALLOCATOR);
    let pac = Pac::new(source).ok()?;
    let change = region.change();
    let kept = change.bytes_allocated - change.bytes_deallocated;
    Some((pac.strategy(), kept))
}

/// Names as they are in companies' lists.
fn names(count: usize) -> impl Iterator<Item = String> {
    const WORDS: [&str; 8] =
        ["alpha", "mail", "docs", "git", "static", "xray", "juliet", "lab"];
    const TOPS: [&str; 4] = ["com", "co.uk", "corp", "internal"];
    (0..count).map(|n| {
        let (one, other) = (WORDS[n % 8], WORDS[n / 8 % 8]);
        format!("{one}{n}-{other}.{}", TOPS[n / 64 % 4])
    })
}

/// A function of a line for each name, that `line` writes.
fn chain(count: usize, line: fn(&mut String, &str, usize)) -> String {
    let mut text = "function FindProxyForURL(url, host) {\n".to_owned();
    for (n, name) in names(count).enumerate() {
        line(&mut text, &name, n);
    }
    text.push_str("  return \"DIRECT\";\n}\n");
    text
}

fn written(write: impl FnOnce(&mut String) -> std::fmt::Result) -> String {
    let mut text = String::new();
    write(&mut text).unwrap();
    text
}

fn scripts(count: usize) -> Vec<(&'static str, String)> {
    let set = written(|text| {
        text.push_str("var D={");
        for name in names(count) {
            write!(text, "\"{name}\":1,")?;
        }
        text.push_str(
            "};\nfunction FindProxyForURL(url,host){var h=host;for(;;){\
             if(D.hasOwnProperty(h))return 'PROXY a:1';\
             var p=h.indexOf('.');if(p<0)break;h=h.slice(p+1);}\
             return 'DIRECT';}\n",
        );
        Ok(())
    });
    let array = written(|text| {
        text.push_str("var D=[");
        for name in names(count) {
            writeln!(text, "\"{name}\",")?;
        }
        text.push_str(
            "];\nfunction FindProxyForURL(url,host){\
             for(var i=0;i<D.length;i++)if(dnsDomainIs(host,D[i]))\
             return 'PROXY a:1';return 'DIRECT';}\n",
        );
        Ok(())
    });
    let any = written(|text| {
        text.push_str("function FindProxyForURL(url,host){if(");
        for name in names(count) {
            writeln!(text, "dnsDomainIs(host,'.{name}')||")?;
        }
        text.push_str("false)return 'PROXY a:1';return 'DIRECT';}\n");
        Ok(())
    });
    vec![
        (
            "dns",
            chain(count, |text, name, n| {
                let proxy = n % 7;
                let _ = writeln!(
                    text,
                    "  if (dnsDomainIs(host, \".{name}\")) \
                 return \"PROXY p{proxy}.example.com:8080\";"
                );
            }),
        ),
        (
            "sh",
            chain(count, |text, name, n| {
                let proxy = n % 7;
                let _ = writeln!(
                    text,
                    "  if (shExpMatch(host, \"*.{name}\")) \
                 return \"PROXY p{proxy}.example.com:8080\";"
                );
            }),
        ),
        (
            "else if",
            chain(count, |text, name, n| {
                let _ = writeln!(
                    text,
                    "if(host=='{name}'){{return 'PROXY p{n}:80'}}else"
                );
            }),
        ),
        ("any", any),
        ("set", set),
        ("array", array),
    ]
}

#[test]
fn few_times_the_source() {
    // What the process makes once, and keeps.
    load("function FindProxyForURL() { return 'DIRECT'; }").unwrap();
    let mut failed = Vec::new();
    let mut check = |name: &str, source: &str| {
        let Some((strategy, kept)) = load(source) else { return };
        let bytes = source.len();
        let ratio = kept as f64 / bytes as f64;
        println!("{ratio:5.2} {bytes:8} {strategy:9} {name}");
        if kept > most(bytes) {
            failed.push(format!("{name}: {kept} of {bytes}"));
        }
    };
    for count in [20, 500, 5_000] {
        for (name, source) in scripts(count) {
            check(&format!("{name} {count}"), &source);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
