//! What crosses the border to C: texts in, lists out, and no panics.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// What `call` gives, or `otherwise` where it panicked, which is told.
pub(crate) fn caught<T>(otherwise: T, call: impl FnOnce() -> T) -> T {
    // What is behind locks is whole whenever one is let go, and the locks
    // are taken all the same.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        remark("there is a fault in whichproxy");
        otherwise
    })
}

/// Tells a person what went wrong.
pub(crate) fn remark(what: &str) {
    let line = format!("libproxy (whichproxy): {what}\n");
    // Where nobody can be told, nobody is.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A text of C, with U+FFFD where it is no UTF-8; `None` of a null pointer.
///
/// # Safety
///
/// `from` is null, or ends with a zero byte and stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(from: *const c_char) -> Option<Cow<'a, str>> {
    if from.is_null() {
        return None;
    }
    // SAFETY: it is not null, and the rest is the caller's promise.
    Some(unsafe { CStr::from_ptr(from) }.to_string_lossy())
}

/// The texts as a list that ends with a null pointer, all of it of `malloc`;
/// null where there is no memory.
pub(crate) fn list(texts: &[String]) -> *mut *mut c_char {
    // SAFETY: `calloc` may be asked for any size.
    let list =
        unsafe { libc::calloc(texts.len() + 1, size_of::<*mut c_char>()) }
            .cast::<*mut c_char>();
    if list.is_null() {
        return list;
    }
    for (at, text) in texts.iter().enumerate() {
        let copy = allocated(text);
        if copy.is_null() {
            // SAFETY: it is a list of this function, which ends with the
            // texts that it has so far.
            unsafe { free_list(list) };
            return ptr::null_mut();
        }
        // SAFETY: the list has room for all texts and one more.
        unsafe { list.add(at).write(copy) };
    }
    list
}

/// Frees a list; nothing of null.
///
/// # Safety
///
/// It is null, or a list of [`list`] that was not freed.
pub(crate) unsafe fn free_list(list: *mut *mut c_char) {
    if list.is_null() {
        return;
    }
    let mut next = list;
    // SAFETY: a list has texts of `malloc`, up to a null pointer; itself, it
    // is of `calloc`.
    unsafe {
        while !(*next).is_null() {
            libc::free((*next).cast());
            next = next.add(1);
        }
        libc::free(list.cast());
    }
}

/// A copy for C, of `malloc`; null where there is no memory.
fn allocated(text: &str) -> *mut c_char {
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
