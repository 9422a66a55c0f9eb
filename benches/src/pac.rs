//! PAC scripts: reading one and asking it once, asking it often.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use whichproxy_pac::{Config, Offline, Pac, Query};

use crate::scripts::{Asked, KINDS, script};

/// Asks, and looks at the answer.
fn check(pac: &Pac, asked: &Asked) {
    let query = Query::raw(asked.url.as_str(), asked.host.as_str());
    let routes = pac.find_proxy(black_box(query), &Offline);
    let routes = routes.expect("an answer");
    assert_eq!(routes.len(), asked.answer.split(';').count());
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
    for (kind, rules) in KINDS {
        let script = script(kind, rules);
        for config in [Config::new(), Config::new().only_js()] {
            let build = || {
                let builder = Pac::builder().config(config.clone());
                builder.build(black_box(&script.text)).expect("a script")
            };
            let pac = build();
            for asked in script.hits.iter().chain(&script.misses) {
                let query = Query::raw(&*asked.url, &*asked.host);
                let routes = pac.find_proxy(query, &Offline).expect("one");
                assert_eq!(routes.to_string(), asked.answer, "{}", asked.host);
            }
            let engine = pac.strategy();
            let name = |model| format!("{model}/{rules}-{kind}/{engine}");
            group.throughput(Throughput::Elements(1));
            group.sample_size(10);
            group.bench_function(name("first"), |bencher| {
                bencher.iter(|| check(&build(), &script.misses[0]));
            });
            group.sample_size(50);
            let models = [("steady", &script.hits), ("miss", &script.misses)];
            for (model, all) in models {
                let mut next = all.iter().cycle();
                group.bench_function(name(model), |bencher| {
                    bencher.iter(|| {
                        next.next().into_iter().for_each(|a| check(&pac, a));
                    });
                });
            }
        }
    }
    group.finish();
}
