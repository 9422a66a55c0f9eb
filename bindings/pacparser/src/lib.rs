//! `libpacparser.so.1` with whichproxy inside: programs that were built
//! for pacparser run as they are.
//!
//! It has the functions of pacparser's header, with their published
//! meaning. What differs on purpose stands in `DIFFERENCES.md`.
//!
//! # Threads
//!
//! Every function may be called from any thread, at any time. There is one
//! script and one own address in a process, as pacparser has it; a question
//! goes to the script that was there when it began, and several run at
//! once. A text that [`pacparser_find_proxy`] gave is valid until
//! [`pacparser_cleanup`], or until 256 other texts were given.
//!
//! # Environment
//!
//! `WHICHPROXY_WORKER` is the absolute path of the `whichproxy` command:
//! scripts that run as JavaScript then run in processes of that. Without
//! it, they run on threads of this one, where their memory has no bound. It
//! is not read where a program has more rights than its user.
#![cfg(unix)]

mod border;
mod engine;
mod message;

use std::ffi::{c_char, c_int};
use std::ptr;

use crate::border::{allocated, bytes, caught, text};
pub use crate::message::Printer;

/// Begins: 1, or 0 where it could not. Beginning again changes nothing.
#[unsafe(no_mangle)]
pub extern "C" fn pacparser_init() -> c_int {
    caught("pacparser_init", 0, || {
        engine::begin();
        1
    })
}

/// Reads a script from a file: 1, or 0 where that failed; then the script
/// stays what it was.
///
/// # Safety
///
/// `pacfile` is null or ends with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pacparser_parse_pac_file(
    pacfile: *const c_char,
) -> c_int {
    const HERE: &str = "pacparser_parse_pac_file";
    caught(HERE, 0, || {
        // SAFETY: the caller's promise.
        let path = unsafe { bytes(pacfile) };
        match path {
            Some(path) => told(HERE, engine::parse_file(path)),
            None => refused(HERE, "there is no path"),
        }
    })
}

/// Reads a script: 1, or 0 where that failed; then the script stays what it
/// was.
///
/// # Safety
///
/// `pacstring` is null or ends with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pacparser_parse_pac_string(
    pacstring: *const c_char,
) -> c_int {
    const HERE: &str = "pacparser_parse_pac_string";
    caught(HERE, 0, || {
        // SAFETY: the caller's promise.
        let source = unsafe { bytes(pacstring) };
        match source {
            Some(source) => told(HERE, engine::parse(source)),
            None => refused(HERE, "there is no script"),
        }
    })
}

/// The old name of [`pacparser_parse_pac_file`].
///
/// # Safety
///
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pacparser_parse_pac(pacfile: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { pacparser_parse_pac_file(pacfile) }
}

/// What the script returns, or null where there is none or it failed.
///
/// The text belongs to the library: it is valid until [`pacparser_cleanup`],
/// or until 256 other texts were given.
///
/// # Safety
///
/// `url` and `host` are null or end with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pacparser_find_proxy(
    url: *const c_char,
    host: *const c_char,
) -> *mut c_char {
    const HERE: &str = "pacparser_find_proxy";
    caught(HERE, ptr::null_mut(), || {
        // SAFETY: the caller's promise.
        let (url, host) = unsafe { (text(url), text(host)) };
        let found = engine::find(url.as_deref(), host.as_deref());
        match found.and_then(|found| engine::keep(&found)) {
            Ok(kept) => kept,
            Err(why) => {
                message::print(HERE, &why);
                ptr::null_mut()
            }
        }
    })
}

/// All of it at once: reads a script from a file and asks it. What was begun
/// before is not touched. Null where that failed.
///
/// The text is the caller's, to be given to `free`.
///
/// # Safety
///
/// `pacfile`, `url` and `host` are null or end with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pacparser_just_find_proxy(
    pacfile: *const c_char,
    url: *const c_char,
    host: *const c_char,
) -> *mut c_char {
    const HERE: &str = "pacparser_just_find_proxy";
    caught(HERE, ptr::null_mut(), || {
        // SAFETY: the caller's promise.
        let (path, url, host) =
            unsafe { (bytes(pacfile), text(url), text(host)) };
        let found = path.ok_or_else(|| "there is no path".to_owned());
        let found = found.and_then(|path| {
            engine::ask_file(path, url.as_deref(), host.as_deref())
        });
        match found {
            Ok(found) => allocated(&found),
            Err(why) => {
                message::print(HERE, &why);
                ptr::null_mut()
            }
        }
    })
}

/// Ends: the script, the own address and every text that
/// [`pacparser_find_proxy`] gave are gone.
#[unsafe(no_mangle)]
pub extern "C" fn pacparser_cleanup() {
    caught("pacparser_cleanup", (), engine::end);
}

/// Sets what `myIpAddress()` returns; the empty text, that it is the
/// machine's own address again. 1, or 0 where it is no address.
///
/// Older headers say that it returns nothing, and programs of theirs do not
/// look at it.
///
/// # Safety
///
/// `ip` is null or ends with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pacparser_setmyip(ip: *const c_char) -> c_int {
    const HERE: &str = "pacparser_setmyip";
    caught(HERE, 0, || {
        // SAFETY: the caller's promise.
        let ip = unsafe { text(ip) };
        let ip = ip.as_deref().unwrap_or("");
        told(HERE, engine::set_own_address(ip))
    })
}

/// Sets who is given messages; null, that they go to stderr again.
///
/// It is called with a message that has no directives, and arguments of
/// which there are none, on the thread whose call the message is about.
#[unsafe(no_mangle)]
pub extern "C" fn pacparser_set_error_printer(func: Option<Printer>) {
    caught("pacparser_set_error_printer", (), || message::set_printer(func));
}

/// Changes nothing: the functions whose names end in `Ex` are always there.
#[unsafe(no_mangle)]
pub extern "C" fn pacparser_enable_microsoft_extensions() {}

/// Changes nothing, since that can't be: see
/// [`pacparser_enable_microsoft_extensions`].
#[unsafe(no_mangle)]
pub extern "C" fn pacparser_disable_microsoft_extensions() {}

/// The name and version of this library; the text is constant.
#[unsafe(no_mangle)]
pub extern "C" fn pacparser_version() -> *mut c_char {
    const VERSION: &str =
        concat!("whichproxy ", env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast_mut().cast()
}

fn told(place: &str, result: Result<(), String>) -> c_int {
    match result {
        Ok(()) => 1,
        Err(why) => refused(place, &why),
    }
}

fn refused(place: &str, why: &str) -> c_int {
    message::print(place, why);
    0
}
