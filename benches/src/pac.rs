//! PAC scripts: reading one, asking it once, asking it often.

use std::fmt::Write;
use std::hint::black_box;

use criterion::Criterion;
use url::Url;
use whichproxy_pac::{Offline, Pac};

use crate::generate::Numbers;

/// A script of `rules` tests, every second one a glob, and a host that only
/// the last rule knows.
fn script(rules: usize) -> (String, Url) {
    let mut numbers = Numbers::new(13);
    let mut text = "function FindProxyForURL(url, host) {\n".to_owned();
    let mut last = String::new();
    for rule in 0..rules {
        last = numbers.domain(rule);
        let _ = match rule % 2 {
            0 => writeln!(
                text,
                "  if (dnsDomainIs(host, '.{last}')) \
                 return 'PROXY p{rule}.example:8080';"
            ),
            _ => writeln!(
                text,
                "  if (shExpMatch(host, '*.{last}')) \
                 return 'PROXY p{rule}.example:8080';"
            ),
        };
    }
    text.push_str("  return 'DIRECT';\n}\n");
    let url = format!("http://www.{last}/");
    (text, url.parse().expect("a URL"))
}

/// As a company's administrator writes it by hand.
const SMALL: &str = r#"function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, ".corp.example") ||
      localHostOrDomainIs(host, "www.example.com")) return "DIRECT";
  if (shExpMatch(host, "*.local") || shExpMatch(url, "*://intranet.*/*"))
    return "DIRECT";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    if (isInNet(host, "10.0.0.0", "255.0.0.0") ||
        isInNet(host, "192.168.0.0", "255.255.0.0")) return "DIRECT";
  }
  if (url.substring(0, 6) == "https:")
    return "PROXY secure.example.com:8443; DIRECT";
  if (dnsDomainLevels(host) > 3) return "PROXY deep.example.com:8080";
  return "PROXY proxy1.example.com:8080; DIRECT";
}
"#;

/// A script of tests that all are of one kind; `test` stands before a name.
fn chain(rules: usize, test: &str) -> String {
    let mut numbers = Numbers::new(17);
    let mut text = "function FindProxyForURL(url, host) {\n".to_owned();
    for rule in 0..rules {
        let (name, proxy) = (numbers.domain(rule), rule % 7);
        let _ = writeln!(
            text,
            "  if ({test}{name}\")) return \"PROXY p{proxy}.example.com:80\";"
        );
    }
    text.push_str("  return \"DIRECT\";\n}\n");
    text
}

/// A script of names in an object, looked up label by label.
fn set(names: usize) -> String {
    let mut numbers = Numbers::new(19);
    let mut text = "var D = {".to_owned();
    for name in 0..names {
        let _ = write!(text, "\"{}\":1,", numbers.domain(name));
    }
    text.push_str(
        "};\nfunction FindProxyForURL(url, host) {
  for (var h = host;;) {
    if (D.hasOwnProperty(h)) return 'PROXY a.example:80';
    var dot = h.indexOf('.');
    if (dot < 0) return 'DIRECT';
    h = h.slice(dot + 1);
  }
}\n",
    );
    text
}

/// From the text of a script to what can be asked.
fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pac");
    group.sample_size(20);
    for (name, text) in [
        ("small", SMALL.to_owned()),
        ("dns5000", chain(5_000, "dnsDomainIs(host, \".")),
        ("sh5000", chain(5_000, "shExpMatch(host, \"*.")),
        ("hash5000", set(5_000)),
    ] {
        group.bench_function(format!("compile/{name}"), |bencher| {
            bencher.iter(|| {
                let pac = Pac::new(black_box(&text)).expect("a script");
                assert_ne!(pac.strategy(), "js");
                pac
            });
        });
    }
    group.finish();
}

pub(crate) fn bench(criterion: &mut Criterion) {
    compile(criterion);
    let mut group = criterion.benchmark_group("pac");
    for rules in [12, 500, 5_000] {
        let (text, url) = script(rules);
        let answer = format!("PROXY p{}.example:8080", rules - 1);
        let check = |pac: &Pac, url: &Url| {
            let routes = pac.find_proxy(url, &Offline).expect("an answer");
            assert_eq!(routes.to_string(), answer);
        };
        group.sample_size(10);
        group.bench_function(format!("first/{rules}-rules/js"), |bencher| {
            bencher.iter(|| {
                let pac = Pac::new(black_box(&text)).expect("a script");
                check(&pac, black_box(&url));
            });
        });
        let pac = Pac::new(&text).expect("a script");
        group.sample_size(50);
        group.bench_function(format!("steady/{rules}-rules/js"), |bencher| {
            bencher.iter(|| check(&pac, black_box(&url)));
        });
    }
    group.finish();
}
