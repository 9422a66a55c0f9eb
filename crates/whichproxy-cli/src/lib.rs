//! The `whichproxy` command: which proxy will this client use for this URL,
//! and why?
//!
//! [`run`] is all of it, for whoever has another way to start it, such as
//! `python -m whichproxy`. Nothing else here is meant to be used, but
//! [`json`], which is what the command prints with `--format json`.
#![forbid(unsafe_code)]

mod args;
mod cmd;
pub mod json;
mod machine;
mod note;
mod output;
mod urls;

use std::ffi::OsString;
use std::io;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Args;
use crate::output::{Output, masked_text};

/// Does what these arguments say, the first of which is the program's name;
/// prints the answer, and returns the status that the process is to end with.
///
/// Scripts run in workers that [`whichproxy_os::worker::workers`] starts.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut out = Output::new();
    let status = match parsed(&args) {
        Ok(args) => cmd::run(args, &mut out),
        Err(Unparsed::Told(status)) => return status,
        Err(Unparsed::Message(message)) => {
            out.remark(&message);
            return Status::BadInput.code();
        }
    };
    let status = match status {
        Ok(status) => status,
        Err(Stop::Input(message)) => {
            out.say(&message);
            Status::BadInput
        }
        // Whoever read the answer has had enough of it.
        Err(Stop::Output(error)) if nobody_reads(&error) => Status::Resolved,
        Err(Stop::Output(error)) => {
            out.say(&format!("can't write the answer: {error}"));
            Status::BadInput
        }
    };
    status.code()
}

/// Why there is nothing to be done.
enum Unparsed {
    /// The user was told, as by `--help`; the process ends with this status.
    Told(u8),
    /// The user is to be told.
    Message(String),
}

/// What the command was told; where that is no use, a message in which no
/// password stands, unlike in clap's own.
fn parsed(args: &[OsString]) -> Result<Args, Unparsed> {
    let error = match Args::try_parse_from(args) {
        Ok(args) => return Ok(args),
        Err(error) => error,
    };
    if error.kind() == ErrorKind::InvalidUtf8 {
        return Err(Unparsed::Message(no_text(args)));
    }
    let all: Vec<String> =
        args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    if !error.use_stderr() || !all.iter().any(|arg| arg.contains('@')) {
        // Nobody may be left to be told.
        let _ = error.print();
        let status = u8::try_from(error.exit_code());
        return Err(Unparsed::Told(status.unwrap_or(u8::MAX)));
    }
    let mut message = error.render().to_string();
    for arg in all.iter().filter(|arg| arg.contains('@')) {
        // They are not shown as they are, so that they would not be found.
        if arg.contains(char::is_control) {
            let message = format!("error: {}", error.kind());
            return Err(Unparsed::Message(message));
        }
        let value = match arg.split_once('=') {
            Some((name, value)) if name.starts_with("--") => value,
            _ => arg,
        };
        message = message.replace(value, &masked_text(value));
    }
    Err(Unparsed::Message(message))
}

/// Which arguments are no text, where one had to be.
fn no_text(args: &[OsString]) -> String {
    let form = if cfg!(windows) { "UTF-16" } else { "UTF-8" };
    let mut message = format!("error: expected text in {form}:");
    for (place, arg) in args.iter().enumerate() {
        if arg.to_str().is_none() {
            let value = masked_text(&arg.to_string_lossy());
            let line = format!("\n  argument {place} is not: `{value}`");
            message.push_str(&line);
        }
    }
    message
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

impl Status {
    fn code(self) -> u8 {
        match self {
            Status::Resolved => 0,
            Status::Failed => 1,
            Status::BadInput => 2,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What no text has: half of a character, or a byte of none.
    fn odd() -> OsString {
        #[cfg(windows)]
        {
            use std::os::windows::ffi::OsStringExt;
            OsString::from_wide(&[0x61, 0xd83d, 0x62])
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            OsString::from_vec(b"a\xffb".to_vec())
        }
    }

    #[test]
    fn arguments_that_are_no_text() {
        let parse = |args: &[&str], odd: OsString| {
            let args = ["whichproxy"].iter().chain(args).map(OsString::from);
            parsed(&args.chain([odd]).collect::<Vec<_>>())
        };
        match parse(&["resolve"], odd()) {
            Err(Unparsed::Message(message)) => assert_eq!(
                message,
                if cfg!(windows) {
                    "error: expected text in UTF-16:\n  argument 2 is not: \
                     `a\u{fffd}b`"
                } else {
                    "error: expected text in UTF-8:\n  argument 2 is not: \
                     `a\u{fffd}b`"
                }
            ),
            _ => panic!("a URL that is no text"),
        }
        // A file's name need not be text.
        let args = ["resolve", "http://a.example/", "--reg"];
        let Ok(Args { command: args::Command::Resolve(args) }) =
            parse(&args, odd())
        else {
            panic!("a name of a file");
        };
        assert_eq!(args.machine.reg, [odd()]);
    }

    #[test]
    fn files_whose_names_are_no_text() {
        let folder = std::env::temp_dir()
            .join(format!("whichproxy-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(odd());
        // Wine's files are those of Unix, with names in UTF-8: it makes none
        // of this name.
        let expected = match std::fs::write(&file, "REGEDIT4\r\n") {
            Ok(()) => 0,
            Err(error) if cfg!(windows) => {
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
                2
            }
            Err(error) => panic!("{error}"),
        };
        let told = |file: OsString| {
            let args = ["whichproxy", "settings", "--reg"];
            run(args.map(OsString::from).into_iter().chain([file]))
        };
        let found = told(file.into());
        let missing = told(folder.join("none").join(odd()).into());
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((found, missing), (expected, 2));
    }
}
