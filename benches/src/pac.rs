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

pub(crate) fn bench(criterion: &mut Criterion) {
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
