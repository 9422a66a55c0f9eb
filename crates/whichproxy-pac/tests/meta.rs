//! Every engine gives the same answers: boa's.
#![allow(clippy::unwrap_used)] // a test may fail

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use whichproxy_pac::{
    Config, Embedder, Family, Limits, LocalTime, Pac, Query,
};

/// Knows some names, and writes down what happens to it.
#[derive(Default)]
struct Machine {
    log: RefCell<Vec<String>>,
}

impl Embedder for Machine {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        self.log.borrow_mut().push(format!("dns {name} {family}"));
        let sum: u32 = name.bytes().map(u32::from).sum();
        match sum % 4 {
            0 => Vec::new(),
            1 => vec![[10, 1, 2, (sum % 256) as u8].into()],
            2 => vec![[192, 168, 0, (sum % 256) as u8].into()],
            _ => {
                vec![[93, 184, 216, 34].into(), "2001:db8::1".parse().unwrap()]
            }
        }
    }

    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        self.log.borrow_mut().push(format!("own {family}"));
        vec![[10, 9, 8, 7].into()]
    }

    fn now(&self) -> LocalTime {
        self.log.borrow_mut().push("time".to_owned());
        "2026-11-22T09:30:00+01:00".parse().unwrap()
    }

    fn alert(&self, message: &str) {
        self.log.borrow_mut().push(format!("alert {message}"));
    }
}

/// All that can be seen of one answer.
fn seen(pac: &Pac, url: &str, host: &str) -> Vec<String> {
    let machine = Machine::default();
    let query = Query::raw(url, host);
    let mut seen = Vec::new();
    match pac.evaluate(query.clone(), &machine) {
        Ok(evaluation) => {
            seen.push(format!("{:?}", evaluation.result()));
            seen.push(evaluation.routes().to_string());
            seen.push(format!("{:?}", evaluation.ignored()));
            seen.push(format!("{:?}", evaluation.asked()));
            seen.push(format!("{:?}", evaluation.alerts()));
            let routes = pac.find_proxy(query, &Machine::default()).unwrap();
            assert_eq!(&routes, evaluation.routes());
        }
        Err(error) => {
            seen.push(format!("{error}"));
            seen.push(format!("{:?}", error.asked()));
            seen.push(format!("{:?}", error.alerts()));
        }
    }
    seen.append(&mut machine.log.borrow_mut());
    seen
}

/// The same script on every engine, boa first.
fn engines(source: &str) -> Option<Vec<Pac>> {
    // A real script or two has a loop without an end.
    let limits =
        Limits::new().with_source_bytes(4 << 20).with_loop_iterations(300_000);
    let build = |config: Config| {
        Pac::builder().limits(limits.clone()).config(config).build(source)
    };
    let js = build(Config::new().only_js());
    let all = [Config::new(), Config::new().no_table()].map(build);
    match js {
        Err(error) => {
            for other in all {
                let other = other.map(|pac| pac.strategy()).unwrap_err();
                assert_eq!(other.to_string(), error.to_string(), "{source}");
            }
            None
        }
        Ok(js) => {
            let mut engines = vec![js];
            engines.extend(all.into_iter().map(Result::unwrap));
            Some(engines)
        }
    }
}

/// Asks all engines; returns how many differences there are.
fn compare(name: &str, engines: &[Pac], url: &str, host: &str) -> usize {
    let expected = seen(&engines[0], url, host);
    let mut wrong = 0;
    for engine in &engines[1..] {
        let found = seen(engine, url, host);
        if found != expected {
            wrong += 1;
            println!("{name}: {url:?} {host:?}: {} says", engine.strategy());
            println!("  {found:?}\n  and js\n  {expected:?}");
        }
    }
    wrong
}

/// Numbers without chance.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below.max(1)
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.next(of.len())]
    }
}

/// How many rounds a test makes, times what the environment says.
fn rounds(of: usize) -> usize {
    let times = std::env::var("WHICHPROXY_ROUNDS").ok();
    of * times.and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn folder() -> PathBuf {
    match std::env::var_os("WHICHPROXY_SHARED") {
        Some(shared) => PathBuf::from(shared).join("pacs"),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/pacs"),
    }
}

/// Words of a script that could be hosts or parts of them.
fn words(source: &str) -> Vec<&str> {
    let word =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*');
    let mut words: Vec<&str> = source
        .split(|c| !word(c))
        .filter(|w| w.len() > 2 && w.len() < 60 && w.contains('.'))
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

const FIXED: &[&str] = &[
    "",
    "localhost",
    "intranet",
    "www.example.com",
    "10.1.2.3",
    "192.168.1.1",
    "172.16.5.4",
    "127.0.0.1",
    "8.8.8.8",
    "::1",
    "fe80::1",
    "a.b.c.d.e.example.org",
    "WWW.Example.COM",
    "x.local",
    "1.2.3",
    "xn--bcher-kva.example",
    "bücher.example",
    "toString",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "com",
    "co.uk",
    ".",
    "a..b",
];

fn host(seed: &mut Seed, words: &[&str]) -> String {
    if words.is_empty() || seed.next(6) == 0 {
        return seed.pick(FIXED).to_owned();
    }
    let mut host = seed.pick(words).replace('*', "x");
    match seed.next(8) {
        0 => host.insert_str(0, "www."),
        1 => host.insert(0, 'x'),
        2 => host.push('x'),
        3 => host = host.trim_start_matches('.').to_owned(),
        4 => host = format!("a.b{host}"),
        5 => host = host.to_ascii_uppercase(),
        6 if !host.is_empty() => {
            let at = seed.next(host.len());
            host.replace_range(at..=at, "");
        }
        _ => {}
    }
    host
}

fn url(seed: &mut Seed, host: &str) -> String {
    let scheme = seed.pick(&["http", "https", "ftp", "ws", "HTTP"]);
    let rest = seed.pick(&["/", "/a/b?c=d", "", ":8080/x.gif", "/ads/1.jpg"]);
    format!("{scheme}://{host}{rest}")
}

#[test]
fn real_scripts() {
    let Ok(entries) = fs::read_dir(folder()) else {
        println!("skipped: there is no folder {}", folder().display());
        return;
    };
    let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "pac"));
    paths.sort();
    let mut wrong = 0;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut pairs = 0;
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(path).unwrap();
        let limits = Limits::new().with_source_bytes(4 << 20);
        let Ok(text) = Pac::builder().limits(limits).build_bytes(&bytes, None)
        else {
            println!("{name}: cannot be read");
            *counts.entry("unreadable").or_default() += 1;
            continue;
        };
        let Some(engines) = engines(text.source()) else { continue };
        let pac = &engines[1];
        *counts.entry(pac.strategy()).or_default() += 1;
        let why: Vec<String> =
            pac.refusals().iter().map(ToString::to_string).collect();
        println!("{name}: {} {}", pac.strategy(), why.join("; "));
        if pac.strategy() == "js" {
            continue;
        }
        let words = words(text.source());
        let mut seed = Seed(0x9e37_79b9_7f4a_7c15);
        let start = Instant::now();
        for _ in 0..rounds(60) {
            // Some need a second for an answer in boa.
            if start.elapsed() > Duration::from_secs(rounds(4) as u64) {
                break;
            }
            let host = host(&mut seed, &words);
            let url = url(&mut seed, &host);
            wrong += compare(&name, &engines, &url, &host);
            pairs += 1;
        }
    }
    println!("{counts:?}, {pairs} pairs");
    assert_eq!(wrong, 0);
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
    ];
    for body in scripts {
        let source =
            format!("function FindProxyForURL(url, host) {{ {body} }}");
        let engines = engines(&source).unwrap();
        assert_eq!(compare(body, &engines, "http://a.b/", "a.b"), 0);
    }
}

/// Programs of what real scripts are made of.
struct Grammar {
    seed: Seed,
    depth: u32,
}

const HOSTS: &[&str] = &[
    "a.example",
    "www.a.example",
    ".example",
    "b.c",
    "*.b.c",
    "*",
    "w?w.*",
    "10.0.0.0",
    "255.0.0.0",
    "192.168.0.0",
    "255.255.0.0",
    "localhost",
    "example",
    "http:",
    "https",
    "www",
    ".",
    "",
    "A.Example",
    "a|b",
    "0",
    "10.1.2.3",
    "toString",
    "x.a.example",
    "-",
    "[ab]*",
];

const RESULTS: &[&str] =
    &["DIRECT", "PROXY a:1", "PROXY b:2; DIRECT", "SOCKS c", "", "nonsense"];

impl Grammar {
    fn literal(&mut self) -> String {
        format!("{:?}", self.seed.pick(HOSTS))
    }

    fn text(&mut self) -> String {
        self.depth += 1;
        let choice = if self.depth > 4 { 0 } else { self.seed.next(16) };
        let text = match choice {
            0..=4 => self.seed.pick(&["host", "url", "h", "v"]).to_owned(),
            5 => self.literal(),
            6 => format!(
                "{}.substring({}, {})",
                self.text(),
                self.number(),
                self.number()
            ),
            7 => format!("{}.toLowerCase()", self.text()),
            8 => format!("{} + {}", self.text(), self.value()),
            9 => format!(
                "{}.split({})[{}]",
                self.text(),
                self.literal(),
                self.number()
            ),
            10 => format!("{}.slice({})", self.text(), self.number()),
            11 => format!("{}.charAt({})", self.text(), self.number()),
            12 => "dnsResolve(host)".to_owned(),
            13 => "myIpAddress()".to_owned(),
            14 => format!(
                "{}.replace(/{}/{}, {})",
                self.text(),
                self.regex(),
                self.seed.pick(&["", "g", "i"]),
                self.literal()
            ),
            _ => format!(
                "{}.substr({}, {})",
                self.text(),
                self.number(),
                self.number()
            ),
        };
        self.depth -= 1;
        text
    }

    fn regex(&mut self) -> &'static str {
        self.seed.pick(&[
            "^www\\.",
            "\\d+",
            "^\\d+\\.\\d+\\.\\d+\\.\\d+$",
            "[a-c]$",
            "(a|b)*c",
            "example",
            "^https?:",
            ":\\d+$",
            "(w+)\\.(.*)",
            "\\.",
            "(?!a)",
            "x?",
        ])
    }

    fn number(&mut self) -> String {
        self.depth += 1;
        let choice = if self.depth > 4 { 0 } else { self.seed.next(9) };
        let number = match choice {
            0..=3 => {
                self.seed.pick(&["0", "1", "2", "5", "-1", "100"]).to_owned()
            }
            4 => format!("{}.length", self.text()),
            5 => format!("{}.indexOf({})", self.text(), self.literal()),
            6 => format!("{}.lastIndexOf('.')", self.text()),
            7 => format!(
                "({} {} {})",
                self.number(),
                self.seed.pick(&[
                    "+", "-", "*", "%", "&", ">>", "<<", "|", ">>>", "/"
                ]),
                self.number()
            ),
            _ => format!("parseInt({})", self.text()),
        };
        self.depth -= 1;
        number
    }

    fn value(&mut self) -> String {
        match self.seed.next(6) {
            0 | 1 => self.text(),
            2 => self.number(),
            3 => self
                .seed
                .pick(&["null", "undefined", "true", "NaN", "u"])
                .to_owned(),
            4 => format!("({})", self.condition()),
            _ => self.literal(),
        }
    }

    fn condition(&mut self) -> String {
        self.depth += 1;
        let choice = if self.depth > 4 { 3 } else { self.seed.next(22) };
        let condition = match choice {
            0 => format!("{} || {}", self.condition(), self.condition()),
            1 => format!("({}) && ({})", self.condition(), self.condition()),
            2 => format!("!({})", self.condition()),
            3..=5 => format!("dnsDomainIs(host, {})", self.literal()),
            6..=8 => format!(
                "shExpMatch({}, {})",
                self.seed.pick(&["host", "url", "h"]),
                self.literal()
            ),
            9 => format!("host == {}", self.literal()),
            10 => format!(
                "{} {} {}",
                self.value(),
                self.seed
                    .pick(&["==", "!=", "===", "!==", "<", ">", "<=", ">="]),
                self.value()
            ),
            11 => "isPlainHostName(host)".to_owned(),
            12 => format!(
                "isInNet({}, {}, {})",
                self.text(),
                self.literal(),
                self.literal()
            ),
            13 => format!("/{}/.test({})", self.regex(), self.text()),
            14 => format!(
                "{}.match(/{}/{})",
                self.text(),
                self.regex(),
                self.seed.pick(&["", "i", "g"])
            ),
            15 => format!(
                "{} in {}",
                self.text(),
                self.seed.pick(&["SET", "MAP"])
            ),
            16 => format!("SET.hasOwnProperty({})", self.text()),
            17 => format!("MAP[{}]", self.value()),
            18 => format!(
                "LIST.indexOf({}) {} -1",
                self.text(),
                self.seed.pick(&["!=", ">", "=="])
            ),
            19 => format!("helper({})", self.value()),
            20 => format!("localHostOrDomainIs(host, {})", self.literal()),
            _ => format!("url.indexOf({}) == 0", self.literal()),
        };
        self.depth -= 1;
        condition
    }

    fn result(&mut self) -> String {
        match self.seed.next(8) {
            0 => "P".to_owned(),
            1 => format!("P + {}", self.value()),
            2 => self.value(),
            3 => format!("{} ? P : 'DIRECT'", self.condition()),
            _ => format!("{:?}", self.seed.pick(RESULTS)),
        }
    }

    fn statement(&mut self, out: &mut String) {
        self.depth += 1;
        let choice = if self.depth > 3 { 0 } else { self.seed.next(16) };
        match choice {
            0..=6 => {
                let line = format!(
                    "if ({}) return {};\n",
                    self.condition(),
                    self.result()
                );
                out.push_str(&line);
            }
            7 => {
                out.push_str(&format!("if ({}) {{\n", self.condition()));
                self.statement(out);
                out.push_str("} else {\n");
                self.statement(out);
                out.push_str("}\n");
            }
            8 => {
                let line = format!(
                    "{} = {};\n",
                    self.seed.pick(&["v", "h", "host", "g"]),
                    self.value()
                );
                out.push_str(&line);
            }
            9 => {
                let line = format!(
                    "for (var i = 0; i < LIST.length; i++) \
                     if ({}) return {};\n",
                    self.seed.pick(&[
                        "shExpMatch(host, LIST[i])",
                        "dnsDomainIs(host, LIST[i])",
                        "LIST[i] == host",
                        "url.indexOf(LIST[i]) >= 0",
                    ]),
                    self.result()
                );
                out.push_str(&line);
            }
            10 => {
                out.push_str(&format!(
                    "for (var k in {}) {{\n",
                    self.seed.pick(&["SET", "MAP", "LIST"])
                ));
                out.push_str("h = k; if (host == k) break;\n");
                self.statement(out);
                out.push_str("}\n");
            }
            11 => out.push_str(&format!(
                "switch ({}) {{ case {}: return {};\n\
                case {}: v = 'w'; break; default: h = 'd'; }}\n",
                self.text(),
                self.literal(),
                self.result(),
                self.literal()
            )),
            12 => out.push_str(&format!("alert({});\n", self.value())),
            13 => out.push_str(&format!(
                "var at = {0}; while (at >= 0 && at < 30) {{ at = \
                 host.indexOf('.', at + 1); if ({1}) break; if (at < 0) \
                 break; }}\n",
                self.number(),
                self.condition()
            )),
            14 => {
                out.push_str("try {\n");
                self.statement(out);
                out.push_str("} catch (e) { v = 'caught'; }\n");
            }
            _ => out.push_str(&format!(
                "var {} = {};\n",
                self.seed.pick(&["v", "h", "u"]),
                self.value()
            )),
        }
        self.depth -= 1;
    }

    fn script(&mut self) -> String {
        let mut out = format!(
            "var P = 'PROXY ' + {};\nvar LIST = [{}, {}, {}];\n\
             var SET = {{'a.example': 1, 'b.c': 0, 10: 2}};\n\
             var MAP = {{}}; for (var i in LIST) MAP[LIST[i]] = i;\n\
             function helper(x) {{ var y; if (x == {}) return true;\n\
             return y && {}; }}\n\
             function FindProxyForURL(url, host) {{\n\
             var v = {}, h = host.toLowerCase();\n",
            self.literal(),
            self.literal(),
            self.literal(),
            self.literal(),
            self.literal(),
            self.seed.pick(&["x", "P", "LIST", "0"]),
            self.literal(),
        );
        for _ in 0..1 + self.seed.next(9) {
            self.statement(&mut out);
        }
        let last = self.result();
        out.push_str(&format!("return {last};\n}}\n"));
        out
    }
}

#[test]
fn made_scripts() {
    let start = std::env::var("WHICHPROXY_SEED").ok();
    let start: u64 = start.and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut wrong = 0;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..rounds(800) as u64 {
        let state = (start << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let seed = Seed(state | 1);
        let source = Grammar { seed, depth: 0 }.script();
        let Some(engines) = engines(&source) else { continue };
        *counts.entry(engines[1].strategy()).or_default() += 1;
        let mut seed = Seed(state | 3);
        for _ in 0..12 {
            let host = host(&mut seed, HOSTS);
            let url = url(&mut seed, &host);
            let found = compare("made", &engines, &url, &host);
            if found > 0 && wrong < 3 {
                println!("{source}");
            }
            wrong += found;
        }
    }
    println!("{counts:?}");
    assert_eq!(wrong, 0);
}
