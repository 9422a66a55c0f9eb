//! Tests that are run in a process of their own, by others.
#![allow(clippy::unwrap_used)] // what fails here fails a test

use std::process::Command;

/// A command that runs one test, which is ignored else, in another process.
pub(crate) fn test(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--ignored", "--nocapture"])
        .args(["--test-threads", "1"]);
    command
}

/// Runs such a test, which has to say this, and to end well.
pub(crate) fn says(name: &str, expected: &str) {
    let output = test(name).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(expected), "{said}{errors}");
    assert!(output.status.success(), "{said}{errors}");
}
