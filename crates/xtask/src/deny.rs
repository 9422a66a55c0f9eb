//! What the dependencies may be: licences, sources, duplicates, and known
//! faults, by cargo-deny and `deny.toml`.
//!
//! The database of known faults comes from the network, which a machine that
//! tests need not have. So neither it nor cargo-deny is asked for by
//! `WHICHPROXY_REQUIRE=all`: what could not be looked at, is named.

use std::env;
use std::path::PathBuf;

use crate::Context;
use crate::run::{Outcome, cargo, run, works};

/// Licences, sources and duplicates; known faults where their list is here.
pub(crate) fn step(context: &Context) -> Outcome {
    let root = &context.root;
    if !works(cargo(root, &["deny", "--version"])) {
        return Outcome::NoData(
            "there is no cargo-deny: cargo install cargo-deny --locked"
                .to_owned(),
        );
    }
    let checks: &[&str] = match has_advisories() {
        true => &["advisories", "bans", "licenses", "sources"],
        false => &["bans", "licenses", "sources"],
    };
    let mut command = cargo(root, &["deny", "--offline", "check"]);
    command.args(checks);
    let (ok, output) = run(command);
    if ok && !has_advisories() {
        println!("deny: known faults not looked at: cargo deny fetch");
    }
    let passed = if ok { checks.len() } else { 0 };
    Outcome::Done { passed, failed: usize::from(!ok), output }
}

/// Whether there is a list of known faults, which cargo-deny fetches once.
fn has_advisories() -> bool {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    home.and_then(|home| home.join("advisory-dbs").read_dir().ok())
        .is_some_and(|lists| {
            // One that could not be fetched leaves its lock.
            lists.flatten().any(|list| list.path().join(".git").is_dir())
        })
}
