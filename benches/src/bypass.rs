//! Bypass lists of 1 to 10,000 entries.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use whichproxy::bypass::{BypassList, Profile, Target};

use crate::generate::Numbers;

const SIZES: [usize; 6] = [1, 10, 50, 100, 1_000, 10_000];

/// How many hosts the misses go round.
const MISSES: usize = 64;

/// What the entries of a list look like.
#[derive(Clone, Copy)]
enum Kind {
    /// `www.contoso.com`.
    Exact,
    /// `*.contoso.com`.
    Suffix,
    /// `eu-*.contoso.*`, `*contoso*`, `contoso*`.
    Glob,
    /// All of these, `<local>` first, some with ports and schemes.
    Mixed,
}

impl Kind {
    const ALL: [(&str, Kind); 4] = [
        ("exact", Kind::Exact),
        ("suffix", Kind::Suffix),
        ("glob", Kind::Glob),
        ("mixed", Kind::Mixed),
    ];

    /// An entry, and a host that it matches.
    fn entry(self, numbers: &mut Numbers, number: usize) -> (String, String) {
        let domain = numbers.domain(number);
        let host = numbers.host_in(&domain);
        match self {
            Kind::Exact => (host.clone(), host),
            Kind::Suffix => (format!("*.{domain}"), host),
            Kind::Glob => {
                let (name, _) = domain.split_once('.').expect("a domain");
                match numbers.below(3) {
                    0 => {
                        (format!("eu-*.{name}.*"), format!("eu-1.x.{domain}"))
                    }
                    1 => (format!("*.{name}.*"), host),
                    _ => (format!("{name}*"), domain),
                }
            }
            Kind::Mixed => {
                let kinds = [Kind::Suffix, Kind::Exact, Kind::Glob];
                let (entry, host) = kinds[match numbers.below(10) {
                    0..6 => 0,
                    6..9 => 1,
                    _ => 2,
                }]
                .entry(numbers, number);
                match numbers.below(20) {
                    0 => (format!("{entry}:443"), host),
                    1 => (format!("https://{entry}"), host),
                    _ => (entry, host),
                }
            }
        }
    }
}

/// A list, the host that only its last entry matches, and hosts that none
/// does.
struct Input {
    text: String,
    last_entry: String,
    last: String,
    misses: Vec<String>,
}

impl Input {
    fn new(kind: Kind, entries: usize) -> Input {
        let mut numbers = Numbers::new(entries as u64);
        let mut all: Vec<(String, String)> = (0..entries)
            .map(|number| kind.entry(&mut numbers, number))
            .collect();
        if let (Kind::Mixed, 2..) = (kind, entries) {
            all[0] = ("<local>".to_owned(), "intranet".to_owned());
        }
        let (last_entry, last) = all.last().cloned().expect("an entry");
        let text: Vec<String> =
            all.into_iter().map(|(entry, _)| entry).collect();
        let misses = (0..MISSES)
            .map(|number| {
                let domain = numbers.domain(entries + number);
                numbers.host_in(&domain)
            })
            .collect();
        Input { text: text.join(";"), last_entry, last, misses }
    }
}

fn target(host: &str) -> Target<'_> {
    Target { scheme: "https", host, port: 443 }
}

type Find = fn(&BypassList, Target<'_>) -> Option<whichproxy::bypass::Match>;

const ENGINES: [(&str, Find); 2] =
    [("table", BypassList::find), ("naive", BypassList::find_naive)];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bypass");
    for (name, kind) in Kind::ALL {
        for size in SIZES {
            let input = Input::new(kind, size);
            let list = BypassList::new(&input.text, Profile::Wininet);
            assert_eq!(list.entries().len(), size);
            assert!(list.oddities().is_empty());
            for (engine, find) in ENGINES {
                let id =
                    BenchmarkId::new(format!("{name}-{size}-last"), engine);
                group.bench_function(id, |b| {
                    b.iter(|| {
                        let found =
                            find(&list, target(black_box(&input.last)));
                        assert!(found.is_some_and(|found| {
                            found.entry == input.last_entry
                        }));
                    });
                });
                let id =
                    BenchmarkId::new(format!("{name}-{size}-miss"), engine);
                group.bench_function(id, |b| {
                    let mut hosts = input.misses.iter().cycle();
                    b.iter(|| {
                        let host = hosts.next().expect("a host");
                        let found = find(&list, target(black_box(host)));
                        assert!(found.is_none());
                    });
                });
            }
        }
    }
    for size in SIZES {
        let input = Input::new(Kind::Mixed, size);
        let id = BenchmarkId::new(format!("mixed-{size}-compile"), "table");
        group.bench_function(id, |b| {
            b.iter(|| {
                let list =
                    BypassList::new(black_box(&input.text), Profile::Wininet);
                assert_eq!(list.entries().len(), size);
            });
        });
    }
    group.finish();
}
