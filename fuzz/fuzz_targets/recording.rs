//! Recordings: what is read can be written, and answers the same then.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::machine::{Pages, Recorder, Recording};
use whichproxy::{Client, ErrorKind, Machine, Resolver};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(recording) = Recording::parse(text, "fuzz.toml") else { return };
    let written = recording.to_toml();
    let read = Recording::parse(&written, "again.toml")
        .expect("what was written is a recording");
    assert_eq!(read.to_toml(), written);

    // How scripts run is the matter of other targets, and takes its time.
    let scripts = text.contains("FindProxyForURL");
    let machine = |recording: &Recording| {
        let machine = recording.machine();
        if scripts { machine.with_fetch(Pages::new()) } else { machine }
    };
    for client in Client::ALL {
        let recorder = Recorder::new(machine(&recording));
        let answer = resolve(client, recorder.machine());
        assert_eq!(resolve(client, machine(&read)), answer);
        assert_eq!(resolve(client, recorder.recording().machine()), answer);
    }
});

/// The routes, or what kind of error there was.
fn resolve(client: Client, machine: Machine) -> Result<String, ErrorKind> {
    Resolver::new(client, machine)
        .and_then(|resolver| resolver.resolve_text("http://www.example.com/"))
        .map(|answer| answer.routes().to_string())
        .map_err(|error| error.kind())
}
