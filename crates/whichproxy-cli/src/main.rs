//! The `whichproxy` command: which proxy will this client use for this URL,
//! and why?
#![forbid(unsafe_code)]

mod args;
mod cmd;
mod machine;
mod note;
mod output;
mod urls;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::output::Output;

/// A script becomes a program in many small pieces of memory; the system's
/// allocator makes that a third slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    whichproxy_os::worker::serve_if_asked();
    let args = Args::parse();
    let mut out = Output::new();
    match cmd::run(args, &mut out) {
        Ok(status) => status.into(),
        Err(Stop::Input(message)) => {
            out.say(&message);
            Status::BadInput.into()
        }
        // Whoever read the answer has had enough of it.
        Err(Stop::Output(error)) if nobody_reads(&error) => {
            Status::Resolved.into()
        }
        Err(Stop::Output(error)) => {
            out.say(&format!("can't write the answer: {error}"));
            Status::BadInput.into()
        }
    }
}

/// Whether whoever read the answer has gone.
fn nobody_reads(error: &io::Error) -> bool {
    /// `ERROR_PIPE_NOT_CONNECTED`, which has no kind of its own.
    const NOT_CONNECTED: i32 = 233;
    error.kind() == io::ErrorKind::BrokenPipe
        || (cfg!(windows) && error.raw_os_error() == Some(NOT_CONNECTED))
}

/// What the process tells its caller, the worst last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Status {
    /// Every URL was resolved.
    Resolved,
    /// A client would have failed.
    Failed,
    /// Wrong usage, or input that can't be read.
    BadInput,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Resolved => 0,
            Status::Failed => 1,
            Status::BadInput => 2,
        })
    }
}

/// Why a command can't go on.
#[derive(Debug)]
enum Stop {
    /// What it was given is no use; the message names the place.
    Input(String),
    /// Its answer can't be written.
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Output(error)
    }
}

impl From<whichproxy::Error> for Stop {
    fn from(error: whichproxy::Error) -> Stop {
        Stop::Input(error.to_string())
    }
}
