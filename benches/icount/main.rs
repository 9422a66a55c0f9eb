//! Lookups to be counted: `icount KIND RULES`.
//!
//! `cargo xtask icount` runs it under callgrind, which counts only what
//! `counted_lookups` does.

#[path = "../src/generate.rs"]
mod generate;
#[path = "../src/scripts.rs"]
mod scripts;

use std::hint::black_box;

use whichproxy_pac::{Offline, Pac, Query};

use crate::scripts::{Asked, KINDS, script};

/// How often all hosts are asked.
const PASSES: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(kind), Some(rules)) = (arguments.next(), arguments.next())
    else {
        // What there is to count.
        KINDS.iter().for_each(|(kind, rules)| println!("{kind} {rules}"));
        return;
    };
    let script = script(&kind, rules.parse().expect("a number"));
    let pac = Pac::new(&script.text).expect("a script");
    let all: Vec<&Asked> = script.hits.iter().chain(&script.misses).collect();
    for asked in &all {
        let query = Query::raw(&*asked.url, &*asked.host);
        let routes = pac.find_proxy(query, &Offline).expect("an answer");
        assert_eq!(routes.to_string(), asked.answer, "{}", asked.host);
    }
    counted_lookups(&pac, &all);
    println!("{}", all.len() * PASSES);
}

/// Asks everything a few times.
#[inline(never)]
fn counted_lookups(pac: &Pac, all: &[&Asked]) {
    for _ in 0..PASSES {
        for asked in all {
            let query = Query::raw(&*asked.url, &*asked.host);
            drop(black_box(pac.find_proxy(black_box(query), &Offline)));
        }
    }
}
