//! Where scripts run that have to run as JavaScript.

use std::ffi::{CStr, OsString, c_char, c_int};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use whichproxy::Isolation;
use whichproxy_os::worker::{serve_as, workers, workers_at};
use whichproxy_pac::worker::Workers;

use crate::status::{Done, Failure};

/// Where scripts run that have to run as JavaScript, which few do.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum whichproxy_isolation {
    /// On threads of this process: the time is bounded, the memory is not.
    WHICHPROXY_THREAD = 0,
    /// In processes of this program, whose `main` begins with
    /// whichproxy_serve_if_asked(): time and memory are bounded, and a script
    /// can reach nothing.
    WHICHPROXY_WORKER = 1,
    /// The same, in processes of another program, which is named: the
    /// `whichproxy` command of this same version.
    WHICHPROXY_WORKER_AT = 2,
}

/// Whether this program can be a worker: its `main` has said so.
static SERVES: AtomicBool = AtomicBool::new(false);

/// The isolation of this number.
pub(crate) fn isolation(number: u32, path: Option<&str>) -> Done<Isolation> {
    static POOL: OnceLock<Workers> = OnceLock::new();
    match (number, path) {
        (0, _) => Ok(Isolation::Thread),
        // Else the program would only start itself.
        (1, _) if !SERVES.load(Ordering::Relaxed) => Err(Failure::input(
            "`main` has not called whichproxy_serve_if_asked",
        )),
        (1, _) => Ok(Isolation::Worker(POOL.get_or_init(workers).clone())),
        (2, Some(path)) => Ok(Isolation::Worker(workers_at(path))),
        (2, None) => Err(Failure::null("path")),
        _ => Err(Failure::range(format!("{number} is no isolation"))),
    }
}

/// Runs scripts, and never returns, where this process was started to do
/// that by WHICHPROXY_WORKER; else it returns at once.
///
/// To be called first in `main`, with its arguments, before a thread is
/// started or a file is opened. `argv` may be null, and nothing is done then.
///
/// # Safety
///
/// `argv` is null, or has `argc` texts of C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_serve_if_asked(
    argc: c_int,
    argv: *const *const c_char,
) {
    SERVES.fetch_or(!argv.is_null(), Ordering::Relaxed);
    let count = usize::try_from(argc).unwrap_or(0);
    if argv.is_null() || count < 2 {
        return;
    }
    let mut arguments = Vec::new();
    for place in 1..count {
        // SAFETY: there are `argc` of them, each null or a text of C, by the
        // caller's promise.
        let argument = unsafe {
            let text = *argv.add(place);
            if text.is_null() {
                break;
            }
            CStr::from_ptr(text)
        };
        arguments.push(argument_of(argument));
    }
    crate::status::value((), || serve_as(arguments));
}

#[cfg(unix)]
fn argument_of(text: &CStr) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(text.to_bytes()).to_owned()
}

/// Those of a worker are of ASCII.
#[cfg(not(unix))]
fn argument_of(text: &CStr) -> OsString {
    text.to_string_lossy().into_owned().into()
}
