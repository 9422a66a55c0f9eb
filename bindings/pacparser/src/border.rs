//! What crosses the border to C: texts in, texts out, and no panics.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::message;

/// What `call` gives, or `otherwise` where it panicked, which is told.
pub(crate) fn caught<T>(
    place: &str,
    otherwise: T,
    call: impl FnOnce() -> T,
) -> T {
    // What is behind locks is whole whenever one is let go, and the locks
    // are taken all the same.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        let told = || message::print(place, "there is a fault in whichproxy");
        // A printer that panics is nobody's to tell of.
        let _ = catch_unwind(AssertUnwindSafe(told));
        otherwise
    })
}

/// The bytes of a text of C; `None` of a null pointer.
///
/// # Safety
///
/// `from` is null, or ends with a zero byte and stays as it is for `'a`.
pub(crate) unsafe fn bytes<'a>(from: *const c_char) -> Option<&'a [u8]> {
    if from.is_null() {
        return None;
    }
    // SAFETY: it is not null, and the rest is the caller's promise.
    Some(unsafe { CStr::from_ptr(from) }.to_bytes())
}

/// The text itself, with U+FFFD where it is no UTF-8.
///
/// # Safety
///
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(from: *const c_char) -> Option<Cow<'a, str>> {
    // SAFETY: the caller's promise.
    unsafe { bytes(from) }.map(String::from_utf8_lossy)
}

/// A copy for C, which is to be given to `free`; null where there is no
/// memory. For C it ends at its first zero byte.
pub(crate) fn allocated(text: &str) -> *mut c_char {
    // SAFETY: `malloc` may be asked for any size.
    let copy = unsafe { libc::malloc(text.len() + 1) }.cast::<u8>();
    if !copy.is_null() {
        // SAFETY: `copy` has room for the text and one byte more, and is
        // nobody else's.
        unsafe {
            copy.copy_from_nonoverlapping(text.as_ptr(), text.len());
            copy.add(text.len()).write(0);
        }
    }
    copy.cast()
}
