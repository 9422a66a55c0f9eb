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

/// From the text of a script to what can be asked.
fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pac");
    group.sample_size(20);
    for (kind, rules) in KINDS {
        let script = script(kind, rules);
        let text = script.text.as_str();
        group.bench_function(
            format!("compile/{rules}-{kind}/chosen"),
            |bencher| {
                bencher.iter(|| {
                    let pac = Pac::new(black_box(text)).expect("a script");
                    assert_ne!(pac.strategy(), "js");
                    pac
                });
            },
        );
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
