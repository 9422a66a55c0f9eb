//! HTTP clients that go by whichproxy, to be copied.
//!
//! | | |
//! | --- | --- |
//! | `src/bin/reqwest-custom.rs` | reqwest, by the first route: a closure |
//! | `src/bin/reqwest-failover.rs` | reqwest, by all routes, in order |
//! | `src/bin/hyper-connector.rs` | hyper-util, with [`connector`] |
//! | `src/bin/ureq-failover.rs` | ureq, by all routes, without tokio |
//!
//! Each gets a URL, and prints what is there. `cargo run -p
//! whichproxy-examples --bin ureq-failover -- http://www.example.com/`
#![forbid(unsafe_code)]

pub mod connector;

use std::error::Error;
use std::{env, fs};

use url::Url;
use whichproxy::Machine;
use whichproxy::registry::RegFile;

/// The URL to get, and the machine whose settings count: this one, with the
/// registry of an export (`regedit /e EXPORT.reg`) if one is named.
///
/// # Errors
///
/// When there is no such URL or export.
pub fn arguments() -> Result<(Url, Machine), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments.next().ok_or("usage: URL [EXPORT.reg]")?.parse()?;
    let mut machine = whichproxy_os::machine();
    if let Some(path) = arguments.next() {
        let export = RegFile::parse(&fs::read(&path)?, &path)?;
        machine = machine.with_registry(export);
    }
    Ok((url, machine))
}
