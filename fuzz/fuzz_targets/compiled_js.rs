//! Scripts from a grammar, made by the fuzzer's decisions: a program answers
//! as boa does.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy_grammar::{Chance, Script, host, url};
use whichproxy_test::engines::{Engines, Loaded};

fuzz_target!(|data: &[u8]| {
    // The questions first: what follows of the bytes makes the script.
    let (questions, rest) = data.split_at(data.len().min(24));
    let script = Script::new(&mut Chance::of_bytes(rest));
    let engines = match Engines::load(script.source(), false) {
        Loaded::Engines(engines) => engines,
        Loaded::Difference(difference) => {
            panic!("{difference}\n{}", script.source())
        }
        _ => return,
    };
    let mut chance = Chance::of_bytes(questions);
    for _ in 0..4 {
        let host = host(&mut chance, script.words());
        let url = url(&mut chance, &host);
        let verdict = engines.ask(&url, &host);
        if let Some(difference) = verdict.differences.first() {
            panic!("{difference}\n{}", script.source());
        }
    }
});
