//! A program can't take more time or memory than it is given: what needs
//! more is left to the engine that runs all of JavaScript.
//!
//! There is one test, since the allocator counts for the whole process.
#![allow(clippy::unwrap_used)] // a test may fail

use std::alloc::System;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use whichproxy_pac::{Config, ErrorKind, Offline, Pac, Query};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that an evaluation may take from the allocator, what it gave back
/// included: lists grow by copies.
const MOST: usize = 48 << 20;

/// Bodies of loops that never end; `n` counts, `a` is a list, `o` an object,
/// `s` a text.
const HUNGRY: &[&str] = &[
    "",
    "a.push(n);",
    "a.push(n, n, n, n, n, n, n, n);",
    "a.unshift(n);",
    "a = a.concat(a, [n]);",
    "a = [n].concat(a, a);",
    "a = a.slice(); a.push(n); o[n] = a;",
    "a.push([n]);",
    "a.push({x: n});",
    "a[a.length] = n;",
    "a = [a, a];",
    "a.push(s.split(''));",
    "a.push('a,b,c,d,e,f'.split(','));",
    "o[n] = n;",
    "o['k' + n] = [n];",
    "o = {o: o};",
    "s += s;",
    "s += n;",
    "a.push(s + n);",
    "a.push(s.toUpperCase() + n);",
    "a.push(s.replace(/x/g, 'yyyyyyyyyyyyyyyy'));",
    "s = s.replace('x', s);",
    "a.push(s.match(/./g));",
    "a.push(s.split(/x/));",
    "s = [s, s].join(s);",
    "s = s.concat(s, n);",
    "a.push(function () { return n; });",
    "a.push(a.map(function (e) { return e; }));",
    "a = a.concat(n); a.sort();",
    "a.push(Object.keys(o)); o[n] = 1;",
    "o[n % 100] = n; n += o[n % 100];",
    "o[n] = 1; delete o[n - 1];",
    "a = Object.create(o); o = a;",
    "a = [...a, n, n]; o[n] = a;",
    "s = s.repeat(2) + n;",
    "a.push(new Set(['x', 'y']));",
    "a.push(encodeURIComponent(s));",
];

fn script(body: &str) -> String {
    format!(
        "function FindProxyForURL(url, host) {{
            if (host != 'eat.example') return 'DIRECT';
            var n = 0, a = [], o = {{}}, s = 'xxxxxxxx';
            while (true) {{ n++; {body} }}
        }}"
    )
}

#[test]
fn nothing_beyond_the_budget() {
    let mut compiled = 0;
    for body in HUNGRY {
        let config = Config::new().only_compiled();
        let pac = Pac::builder().config(config).build(&script(body));
        let pac = match pac {
            Ok(pac) => pac,
            // Some of them are refused at once, as they should be.
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Refused, "{body}");
                continue;
            }
        };
        compiled += 1;
        let region = Region::new(ALLOCATOR);
        let start = Instant::now();
        let query = Query::raw("http://eat.example/", "eat.example");
        let error = pac.find_proxy(query, &Offline).unwrap_err();
        let took = start.elapsed();
        let change = region.change();
        assert_eq!(error.kind(), ErrorKind::Unmodelled, "{body}");
        assert!(
            change.bytes_allocated <= MOST,
            "{body}: {} MiB",
            change.bytes_allocated >> 20
        );
        // Generous: this machine may be slow, and nothing is optimised.
        assert!(took < Duration::from_secs(5), "{body}: {took:?}");
        // What was taken, was given back.
        let kept =
            change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        assert!(kept < 1 << 20, "{body}: keeps {kept}");
    }
    assert!(compiled >= 20, "{compiled}");
}

/// The same outside of functions, where more is allowed: a few are enough.
#[test]
fn loading_has_a_budget_too() {
    for body in HUNGRY.iter().step_by(9) {
        let source = format!(
            "var n = 0, a = [], o = {{}}, s = 'xxxxxxxx';
             while (true) {{ n++; {body} }}
             function FindProxyForURL(url, host) {{ return 'DIRECT'; }}"
        );
        let limits = whichproxy_pac::Limits::new().with_loop_iterations(1_000);
        let config = Config::new().only_compiled();
        let builder = Pac::builder().config(config).limits(limits);
        let start = Instant::now();
        // boa is given a thousand rounds; the program more.
        let error = builder.build(&source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{body}");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{body}: {took:?}");
    }
}
