//! The `whichproxy` command: which proxy will this client use for this URL,
//! and why?
#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

/// A script becomes a program in many small pieces of memory; the system's
/// allocator makes that a third slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    whichproxy_os::worker::serve_if_asked();
    ExitCode::from(whichproxy_cli::run(env::args_os()))
}
