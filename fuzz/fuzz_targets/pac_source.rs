//! A script as it came from a server: any bytes are read, folded and compiled,
//! or refused, without JavaScript being run; a program answers the same with
//! tables and without them.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

use std::io;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy_pac::worker::{Launch, Needs, Process, Workers};
use whichproxy_pac::{
    Answers, Config, ErrorKind, Isolation, Limits, Pac, Query, Step,
};

/// Starts nothing, so that only what runs in the process that asks does.
#[derive(Debug)]
struct Nobody;

impl Launch for Nobody {
    fn launch(&self, _: &Needs) -> io::Result<Box<dyn Process>> {
        Err(io::Error::other("nobody"))
    }
}

const QUESTIONS: [(&str, &str); 3] = [
    ("http://www.example.com/a/b?c", "www.example.com"),
    ("https://10.1.2.3/", "10.1.2.3"),
    ("http://intranet/", "intranet"),
];

fuzz_target!(|data: &[u8]| {
    let read = |config| {
        Pac::builder()
            .config(config)
            .limits(Limits::new())
            .isolation(Isolation::Worker(Workers::new(Nobody)))
            .build_bytes(data, None)
    };
    let pac = match read(Config::new()) {
        Ok(pac) => pac,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.chars().any(char::is_control), "{said:?}");
            return;
        }
    };
    for refusal in pac.refusals() {
        let said = refusal.to_string();
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    let _ = pac.shadowed().len();
    let plain = read(Config::new().no_table()).expect("as it was read before");
    for (url, host) in QUESTIONS {
        let ask = |pac: &Pac| {
            let query = Query::raw(url, host);
            match pac.try_evaluate_compiled(query, &Answers::new()) {
                Ok(Some(Step::Done(found))) => {
                    Some(Ok(found.result().to_owned()))
                }
                Ok(Some(Step::Ask(question))) => {
                    Some(Err(format!("{question:?}")))
                }
                Ok(None) => None,
                // What a budget ends, depends on how it is spent.
                Err(error) if error.kind() == ErrorKind::Limit => None,
                Err(error) => Some(Err(error.to_string())),
            }
        };
        if let (Some(found), Some(other)) = (ask(&pac), ask(&plain)) {
            assert_eq!(found, other, "{url}");
        }
    }
});
