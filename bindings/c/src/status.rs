//! How a call went, and what was wrong.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use whichproxy::machine::Fault;
use whichproxy::{Error, ErrorKind};

use crate::stay::stay;
use crate::text::whichproxy_str;

/// How a call went.
///
/// More may come: what is none of these is a failure, too.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum whichproxy_status {
    /// Well.
    WHICHPROXY_OK = 0,
    /// A pointer is null that may not be.
    WHICHPROXY_NULL_POINTER = 1,
    /// Bytes that have to be text are no UTF-8.
    WHICHPROXY_NOT_UTF8 = 2,
    /// A number stands for nothing, or is beyond the end of a list.
    WHICHPROXY_OUT_OF_RANGE = 3,
    /// Something else that was handed over is no use: a name, an address, a
    /// time, a registry export, a URL.
    WHICHPROXY_BAD_INPUT = 4,
    /// The client itself would report a failure.
    WHICHPROXY_FAILED = 5,
    /// The script is none, or failed.
    WHICHPROXY_SCRIPT_FAILED = 6,
    /// There is nothing left to try.
    WHICHPROXY_NOTHING_LEFT = 7,
    /// A fault in whichproxy. What was used by the call may be freed, and
    /// used for nothing else.
    WHICHPROXY_FAULT = 8,
    /// The system refuses something: a thread, or to be listened to.
    WHICHPROXY_SYSTEM = 9,
}

use whichproxy_status as Status;

/// What was wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    message: String,
    kind: &'static str,
    winhttp_code: Option<u32>,
}

pub(crate) type Done<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Failure {
        let (message, kind) = (message.into(), ErrorKind::Usage.name());
        Failure { status, message, kind, winhttp_code: None }
    }

    pub(crate) fn null(name: &str) -> Failure {
        let message = format!("`{name}` is null");
        Failure::new(Status::WHICHPROXY_NULL_POINTER, message)
    }

    pub(crate) fn range(what: impl Into<String>) -> Failure {
        Failure::new(Status::WHICHPROXY_OUT_OF_RANGE, what)
    }

    pub(crate) fn input(what: impl Into<String>) -> Failure {
        Failure::new(Status::WHICHPROXY_BAD_INPUT, what)
    }

    pub(crate) fn system(what: &Fault) -> Failure {
        Failure::new(Status::WHICHPROXY_SYSTEM, what.to_string())
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let status = match error.kind() {
            ErrorKind::Registry
            | ErrorKind::Recording
            | ErrorKind::Usage
            | ErrorKind::Url => Status::WHICHPROXY_BAD_INPUT,
            ErrorKind::Pac => Status::WHICHPROXY_SCRIPT_FAILED,
            ErrorKind::Interfaces => Status::WHICHPROXY_SYSTEM,
            _ => Status::WHICHPROXY_FAILED,
        };
        Failure {
            status,
            message: error.to_string(),
            kind: error.kind().name(),
            winhttp_code: error.winhttp_code(),
        }
    }
}

impl From<whichproxy_pac::Error> for Failure {
    fn from(error: whichproxy_pac::Error) -> Failure {
        Failure {
            status: Status::WHICHPROXY_SCRIPT_FAILED,
            message: error.to_string(),
            kind: error.kind().name(),
            winhttp_code: error.winhttp_code(),
        }
    }
}

thread_local! {
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// Remembers what was wrong, for this thread.
pub(crate) fn remember(failure: Failure) -> Status {
    let status = failure.status;
    // A thread that ends has nobody left to ask.
    let _ = LAST.try_with(|last| *last.borrow_mut() = Some(failure));
    status
}

/// Carries out a call; no panic leaves it.
pub(crate) fn call(body: impl FnOnce() -> Done) -> Status {
    let body = || {
        stay();
        body()
    };
    // What a panic may have left half done is not used any more, which the
    // header asks for.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::WHICHPROXY_OK,
        Ok(Err(failure)) => remember(failure),
        Err(_) => remember(Failure {
            kind: "fault",
            ..Failure::new(
                Status::WHICHPROXY_FAULT,
                "there is a fault in whichproxy",
            )
        }),
    }
}

/// What a call gives that can't fail; `otherwise` where it panicked.
pub(crate) fn value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

fn last<T>(otherwise: T, read: impl FnOnce(&Failure) -> T) -> T {
    let found = LAST.try_with(|last| last.borrow().as_ref().map(read));
    found.ok().flatten().unwrap_or(otherwise)
}

/// What was wrong with the last call of this thread that failed, in words;
/// empty where none did.
///
/// It is valid until another call of this thread fails.
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_last_error() -> whichproxy_str {
    last(whichproxy_str::EMPTY, |failure| whichproxy_str::of(&failure.message))
}

/// Of what kind that was, as the command tells it with `--format json`:
/// `registry`, `url`, `fetch`, `syntax` and so on; empty where no call failed.
///
/// The text is constant.
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_last_error_kind() -> whichproxy_str {
    last(whichproxy_str::EMPTY, |failure| whichproxy_str::of(failure.kind))
}

/// The number by which WinHTTP would report it, such as 12180; 0 where it
/// has none.
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_last_error_winhttp_code() -> u32 {
    last(0, |failure| failure.winhttp_code.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::panic)] // that is what is tested
    fn no_panic_leaves_a_call() {
        assert_eq!(call(|| panic!("no")), Status::WHICHPROXY_FAULT);
        assert_eq!(value(1, || panic!("no")), 1);
        let kind = last("", |failure| failure.kind);
        assert_eq!(kind, "fault");
        // Another thread's call did not fail.
        let other = std::thread::spawn(|| last("none", |one| one.kind));
        assert_eq!(other.join().ok(), Some("none"));
    }
}
