//! The cases of `whichproxy-test` that the command has options for.

use whichproxy_test::Runner;
use whichproxy_test::command::Command;

#[test]
fn command() {
    let binary = env!("CARGO_BIN_EXE_whichproxy");
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/suite");
    let command = Command::new(binary, folder);
    Runner::new("command").run(|case| command.observe(case));
}
