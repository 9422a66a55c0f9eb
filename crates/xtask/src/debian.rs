//! Debian's Rust, with which the standard library is built for targets of
//! which none is at hand here.

use std::path::Path;
use std::process::Command;

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std";

/// Whether it is installed, with the sources of its library.
pub(crate) fn is_there() -> bool {
    [RUSTC, CARGO, LIBRARY].iter().all(|path| Path::new(path).exists())
}

/// `cargo` as `args` say, for a target, with a library that is built as well;
/// what it makes is in `folder`.
pub(crate) fn cargo(
    root: &Path,
    args: &[&str],
    target: &str,
    folder: &Path,
) -> Command {
    // Not by rustup's cargo, which would find another Rust.
    let mut command = Command::new(CARGO);
    command.current_dir(root).env_clear();
    for name in ["HOME", "PATH", "CARGO_HOME", "CARGO_BUILD_JOBS"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
        .envs([
            ("RUSTC", RUSTC),
            // For `-Zbuild-std`.
            ("RUSTC_BOOTSTRAP", "1"),
            ("CARGO_INCREMENTAL", "0"),
            ("CARGO_TERM_COLOR", "never"),
        ])
        .env("CARGO_TARGET_DIR", folder)
        .args(args)
        .args(["-Zbuild-std=std,panic_abort", "--target", target]);
    command
}
