//! A worker that was taken over: whatever it says once it is ready, its
//! parent has an answer or an error, and asks no more than it may.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

use std::io::{self, Cursor, Read, Write};
use std::time::Instant;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy_pac::worker::{
    Ending, Launch, Needs, Process, Workers, fuzz_ready,
};
use whichproxy_pac::{Config, Isolation, Limits, Offline, Pac, Query};

/// A process that says what it is told to say.
struct Liar(Cursor<Vec<u8>>);

impl Read for Liar {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Liar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Process for Liar {
    fn kill_at(&mut self, _: Option<Instant>) {}

    fn is_alive(&mut self) -> bool {
        true
    }

    fn resident_bytes(&mut self) -> Option<u64> {
        None
    }

    fn end(&mut self) -> Ending {
        Ending::Other("a lie".to_owned())
    }
}

#[derive(Debug)]
struct Lies(Vec<u8>);

impl Launch for Lies {
    fn launch(&self, _: &Needs) -> io::Result<Box<dyn Process>> {
        let said = [&fuzz_ready()[..], &self.0].concat();
        Ok(Box::new(Liar(Cursor::new(said))))
    }
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits::new();
    // The code outside of functions is more than programs have, so that a
    // worker is asked what came of it.
    let source = "var a = []; for (var i in { x: 1 }) a.push(eval(i + '1'));\n\
        function FindProxyForURL(url, host) { return a[0] || 'DIRECT'; }";
    for config in [Config::new(), Config::new().only_js()] {
        let workers = Workers::new(Lies(data.to_vec()));
        let pac = Pac::builder()
            .config(config)
            .limits(limits.clone())
            .isolation(Isolation::Worker(workers))
            .build(source);
        let query = Query::raw("http://a/", "a");
        let found = pac.and_then(|pac| pac.evaluate(query, &Offline));
        let (asked, alerts) = match &found {
            Ok(found) => (found.asked(), found.alerts()),
            Err(error) => {
                let said = error.to_string();
                assert!(!said.chars().any(char::is_control), "{said:?}");
                (error.asked(), error.alerts())
            }
        };
        assert!(asked.len() <= limits.lookups() + 1);
        let bytes: usize = alerts.iter().map(String::len).sum();
        assert!(bytes <= limits.alert_bytes() + 100);
        if let Ok(found) = &found {
            assert!(found.result().len() <= limits.result_bytes());
        }
    }
});
