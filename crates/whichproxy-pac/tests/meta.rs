//! Every engine gives the same answers: boa's.
#![allow(clippy::unwrap_used)] // a test may fail

#[path = "../../whichproxy-test/src/engines.rs"]
#[allow(dead_code, unreachable_pub)] // shared with other tests
mod engines;

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use whichproxy_grammar::{
    Chance, Script, host, real_scripts, rounds, seed, url, words,
};
use whichproxy_pac::{Limits, Pac};

use self::engines::{Difference, Engines, Loaded, reduce};

/// Counts what became of scripts and questions.
#[derive(Debug, Default)]
struct Tally {
    scripts: BTreeMap<&'static str, usize>,
    pairs: usize,
    answered: usize,
    wrong: usize,
}

impl Tally {
    fn load(&mut self, name: &str, source: &str) -> Option<Engines> {
        let (kind, engines) = match Engines::load(source, true) {
            Loaded::Engines(engines) => (engines.strategy(), Some(engines)),
            Loaded::Refused(_) => ("js", None),
            Loaded::Unreadable => ("unreadable", None),
            Loaded::Difference(difference) => {
                self.differs(name, source, &difference);
                ("different", None)
            }
        };
        *self.scripts.entry(kind).or_default() += 1;
        engines
    }

    fn ask(
        &mut self,
        name: &str,
        source: &str,
        engines: &Engines,
        (url, host): (&str, &str),
    ) {
        let verdict = engines.ask(url, host);
        self.pairs += 1;
        self.answered += usize::from(verdict.answered);
        for difference in &verdict.differences {
            self.differs(name, source, difference);
        }
    }

    fn differs(&mut self, name: &str, source: &str, difference: &Difference) {
        self.wrong += 1;
        println!("{name}: {difference}");
        if self.wrong <= 3 && source.len() < 60_000 {
            let (url, host) = &difference.question;
            println!("{}", reduce(source, url, host));
        }
    }
}

#[test]
fn scripts_of_others() {
    let Some(paths) = real_scripts() else { return };
    let mut tally = Tally::default();
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(path).unwrap();
        let limits = Limits::new().with_source_bytes(4 << 20);
        let Ok(text) = Pac::builder().limits(limits).build_bytes(&bytes, None)
        else {
            println!("{name}: cannot be read");
            continue;
        };
        let source = text.source();
        let Some(engines) = tally.load(&name, source) else { continue };
        let words = words(source);
        let mut chance = Chance::of_seed(0);
        let start = Instant::now();
        for _ in 0..rounds(60) {
            // Some need a second for an answer in boa.
            if start.elapsed() > Duration::from_secs(rounds(4) as u64) {
                break;
            }
            let host = host(&mut chance, &words);
            let url = url(&mut chance, &host);
            tally.ask(&name, source, &engines, (&url, &host));
        }
    }
    println!("{tally:?}");
    assert_eq!(tally.wrong, 0);
}

/// Differences that were found once.
#[test]
fn found_once() {
    let scripts = [
        // What is longer than a program makes, was cut.
        "return 'PROXY p:' + 'x'.padEnd(2000000).length;",
        "return 'PROXY p:' + 'x'.padEnd(Infinity).length;",
        // A method of nothing throws before its arguments are worked out.
        "var m; m.join(dnsResolve(host)); return 'x';",
        "var m; m(dnsResolve(host)); return 'x';",
        "var m = null; m[dnsResolve(host)] = myIpAddress(); return 'x';",
        "var m = null; return m[dnsResolve(host)];",
        "return host.nothing(dnsResolve(host));",
        "alert('a'); dnsResolve(host); alert('b'); return host.big();",
        // Numbers are looked for as they are written.
        "return 'n' + '10.1'.indexOf(10.) + 'a-1'.indexOf(-1) + \
         '1e21'.indexOf(1e21) + 'x0.5'.indexOf(0.5) + 'NaN'.indexOf(NaN) + \
         'a7a7'.lastIndexOf(7) + host.indexOf(-0) + '7'.indexOf(7, 1);",
    ];
    let mut tally = Tally::default();
    for body in scripts {
        let source =
            format!("function FindProxyForURL(url, host) {{ {body} }}");
        // Some change data, and come to nothing that is modelled.
        let Some(engines) = tally.load(body, &source) else { continue };
        tally.ask(body, &source, &engines, ("http://a.b/", "a.b"));
    }
    assert!(tally.pairs >= 5, "{tally:?}");
    // A property with a getter was left out of its object.
    for source in [
        "var SET = { get x() { return 1; }, 'b.c': 1 };
         function FindProxyForURL(url, host) {
             return SET.hasOwnProperty(host) ? 'PROXY p:1' : 'DIRECT';
         }",
        "function FindProxyForURL(url, host) {
             var set = { a: 1, get x() { return 1; } };
             return host in set ? 'PROXY p:1' : 'DIRECT';
         }",
    ] {
        let Some(engines) = tally.load("getter", source) else { continue };
        for host in ["x", "a", "b.c", "y"] {
            tally.ask("getter", source, &engines, ("http://a.b/", host));
        }
    }
    assert_eq!(tally.wrong, 0);
}

/// `Set` and `Map`: what is asked of them, what they are made of, and what
/// changes them.
#[test]
fn sets_and_maps() {
    const MADE: [&str; 14] = [
        "var S = new Set(['a.b', 'b.c', 'a.b']);",
        "const L = ['a.b', 'b.c']; const S = new Set(L);",
        "const S = new Set('a.b b.c'.split(' '));",
        "const S = new Set(); S.add('a.b'); S.add('b.c');",
        "const S = new Set(['a.b', 7, null]);",
        "const S = new Set('ab');",
        "class Own extends Set {} const S = new Own(['a.b']);",
        "const S = new Set(['a.b']); S.extra = 1;",
        "const S = new Set(['a.b']); S.has = function () { return 1; };",
        "const S = new Map([['a.b', 'PROXY m:1'], ['b.c', 2], ['x']]);",
        "const L = [['a.b', 'PROXY m:1']]; const S = new Map(L);",
        "const S = new Map(); S.set('a.b', 'PROXY m:2'); S.set('b.c', {});",
        "const S = new Map(Object.entries({ 'a.b': 'PROXY o:1' }));",
        "const S = new Map([['a.b', ['x']], [1, 'PROXY n:1']]);",
    ];
    const USED: [&str; 16] = [
        "return S.has(host) ? 'PROXY p:1' : 'DIRECT';",
        "return S.get(host) || 'DIRECT';",
        "return 'n' + S.size + S.length + typeof S;",
        "return '' + S.has() + S.has(7) + S.has(null) + S.has(1 == 1);",
        "S.add(host); return '' + S.size + S.has('c.d');",
        "S.delete('a.b'); return '' + S.has('a.b');",
        "S.more = host; return '' + S.more;",
        "for (const one of S) { if (one == host) return 'in'; } return 'x';",
        "var n = ''; S.forEach(function (v) { n += v; }); return n;",
        "return [...S].join() + Object.keys(S).length;",
        "return '' + (S == S) + (S === 1) + !S + (host in S) + S;",
        "const s = new Set([host, 'x']); return '' + s.has('a.b') + s.size;",
        "const m = new Map([[host, url], ['x', host]]); return \
         m.get('a.b') + m.get(host) + m.has('x') + m.get('none');",
        "var p = host.split('.'); for (let i = 0; i < p.length; i++) { \
         if (S.has(p.slice(i).join('.'))) return 'DIRECT'; } return 'x';",
        "return '' + S.has.call(S, host) + (S instanceof Set);",
        "return S?.has?.(host) ? 'in' : 'out';",
    ];
    let mut tally = Tally::default();
    for made in MADE {
        for used in USED {
            let source = format!(
                "{made}\nfunction FindProxyForURL(url, host) {{ {used} }}"
            );
            let Some(engines) = tally.load("keyed", &source) else { continue };
            for host in ["a.b", "b.c", "c.d", "x.a.b", "x"] {
                tally.ask("keyed", &source, &engines, ("http://a.b/", host));
            }
        }
    }
    println!("{tally:?}");
    assert_eq!(tally.wrong, 0);
    assert!(tally.answered * 3 > tally.pairs, "{tally:?}");
}

#[test]
fn made_scripts() {
    let mut tally = Tally::default();
    for number in 0..rounds(800) {
        let mut chance = Chance::of_seed(seed(number));
        let script = Script::new(&mut chance);
        let source = script.source();
        let Some(engines) = tally.load("made", source) else { continue };
        for _ in 0..12 {
            let host = host(&mut chance, script.words());
            let url = url(&mut chance, &host);
            tally.ask("made", source, &engines, (&url, &host));
        }
    }
    println!("{tally:?}");
    assert_eq!(tally.wrong, 0);
    // Else it would compare boa with itself.
    assert!(tally.answered * 2 > tally.pairs);
}

/// Loops that take label after label away from a name, as they are written;
/// most of them are not run round by round.
#[test]
fn suffix_loops() {
    const LOOPS: [&str; 12] = [
        "for (;;) { if (D.hasOwnProperty(h)) return h; var p = \
         h.indexOf('.'); if (p < 0) break; h = h.slice(p + 1); }",
        "while (true) { if (h in D) return h; p = h.indexOf('.'); \
         if (p == -1) return 'none' + p; h = h.substring(p + 1); }",
        "while (1) { if (D[h]) { return h + p; } p = h.indexOf('.'); \
         if (p === -1) { break; } h = h.substr(p + 1); }",
        "for (;;) { if (D[h] === 1) return h; p = h.indexOf('.'); \
         if (p < 0) break; h = h.slice(p + 1); }",
        "for (;;) { if (D[h] == '0') return h; p = h.indexOf('.'); \
         if (p < 0) break; h = h.slice(p + 1); }",
        "for (;;) { if (own.call(D, h)) return h; p = h.indexOf('.'); \
         if (p < 0) break; h = h.slice(p + 1); }",
        "for (;;) { if (D.hasOwnProperty(h)) { alert(h); } p = \
         h.indexOf('.'); if (p < 0) break; h = h.slice(p + 1); }",
        "for (;;) { let q = 1; if (h in D) return h + q; let p = \
         h.indexOf('.'); if (p < 0) break; h = h.slice(p + 1); }",
        "for (;;) { if (h in D) return h; let p = h.indexOf('.'); \
         if (p < 0) break; h = h.slice(p + 1); }",
        "do { if (h in D) return h; p = h.indexOf('.'); \
         if (p < 0) break; h = h.slice(p + 1); } while (h);",
        "while (h) { if (h in D) return h; p = h.indexOf('.'); \
         if (p < 0) break; h = h.slice(p + 1); }",
        "for (;;) { if (E.hasOwnProperty(h)) return h; p = \
         h.indexOf('.'); if (p < 0) break; h = h.slice(p + 1); }",
    ];
    let hosts = [
        "",
        ".",
        "..",
        "b",
        "a.b",
        "x.a.b",
        "x.y.a.b",
        "a.b.",
        "a..b",
        ".a.b",
        "x.zero",
        "x.c.d",
        "x.constructor",
        "x.toString.y",
        "hasOwnProperty",
        "x.hasOwnProperty",
        "x.",
        "x.y.z.w",
        "__proto__",
        "1.2.3.4",
        "x.A.B",
        "0",
        "x.0",
    ];
    let mut tally = Tally::default();
    for body in LOOPS {
        let source = format!(
            "var D = {{'a.b': 1, zero: 0, 'c.d': 'x', '3.4': 1, 0: 0}};
             var E = {{hasOwnProperty: D.hasOwnProperty, 'a.b': 1}};
             var own = Object.prototype.hasOwnProperty;
             function FindProxyForURL(url, host) {{
                 var h = host, p = 7; {body} return 'end' + h + p; }}"
        );
        let engines = tally.load(body, &source).unwrap();
        for host in hosts {
            tally.ask(body, &source, &engines, ("http://a.b/", host));
        }
    }
    assert_eq!(tally.wrong, 0);
}
