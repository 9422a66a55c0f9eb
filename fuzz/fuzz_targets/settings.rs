//! From an export and a URL to routes, for every client.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::registry::RegFile;
use whichproxy::{Client, Machine, Resolver};

fuzz_target!(|data: &[u8]| {
    let Ok(file) = RegFile::parse(data, "fuzz.reg") else { return };
    let machine = Machine::offline().with_registry(file);
    for client in Client::ALL {
        let resolver =
            Resolver::new(client, machine.clone()).expect("a resolver");
        for url in ["http://www.example.com/", "https://[::1]:8443/a?b"] {
            let known = resolver.resolve_text(url);
            let anew = resolver.clone().without_answers().resolve_text(url);
            match (known, anew) {
                (Ok(known), Ok(anew)) => {
                    assert_eq!(known.routes(), anew.routes());
                    assert!(!known.trace().to_string().is_empty());
                }
                (known, anew) => assert_eq!(known.is_ok(), anew.is_ok()),
            }
        }
    }
});
