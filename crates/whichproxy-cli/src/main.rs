//! The `whichproxy` command: which proxy will this client use for this URL,
//! and why?
#![forbid(unsafe_code)]

mod args;
mod cmd;
mod machine;
mod note;
mod output;
mod urls;

use std::process::ExitCode;
use std::{env, io};

use clap::Parser;

use crate::args::Args;
use crate::output::{Output, masked_text};

/// A script becomes a program in many small pieces of memory; the system's
/// allocator makes that a third slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    whichproxy_os::worker::serve_if_asked();
    let mut out = Output::new();
    let args = match args() {
        Ok(args) => args,
        Err(message) => {
            out.remark(&message);
            return Status::BadInput.into();
        }
    };
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

/// What the command was told; where that is no use, a message in which no
/// password stands, unlike in clap's own.
fn args() -> Result<Args, String> {
    let error = match Args::try_parse() {
        Ok(args) => return Ok(args),
        Err(error) => error,
    };
    let all: Vec<String> =
        env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    if !error.use_stderr() || !all.iter().any(|arg| arg.contains('@')) {
        error.exit();
    }
    let mut message = error.render().to_string();
    for arg in all.iter().filter(|arg| arg.contains('@')) {
        // They are not shown as they are, so that they would not be found.
        if arg.contains(char::is_control) {
            return Err(format!("error: {}", error.kind()));
        }
        let value = match arg.split_once('=') {
            Some((name, value)) if name.starts_with("--") => value,
            _ => arg,
        };
        message = message.replace(value, &masked_text(value));
    }
    Err(message)
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
