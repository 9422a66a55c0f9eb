//! Texts: those that go in, those that are lent, those that are given.

use std::ffi::c_char;
use std::slice;

use crate::status::{Done, Failure, value, whichproxy_status};

/// A text that is lent: `len` bytes of UTF-8 at `data`, without a zero at
/// their end. `data` is never null.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct whichproxy_str {
    /// Where it begins.
    pub data: *const c_char,
    /// How many bytes it has.
    pub len: usize,
}

impl whichproxy_str {
    pub(crate) const EMPTY: whichproxy_str =
        whichproxy_str { data: c"".as_ptr(), len: 0 };

    pub(crate) fn of(text: &str) -> whichproxy_str {
        whichproxy_str { data: text.as_ptr().cast(), len: text.len() }
    }
}

/// The text of an object that may be null, made when it is first asked for;
/// empty of null.
///
/// # Safety
///
/// As [`object`].
pub(crate) unsafe fn lent<'a, T: 'a>(
    object: *const T,
    text: impl FnOnce(&'a T) -> &'a str,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    let object = unsafe { object.as_ref() };
    let lend = |object| whichproxy_str::of(text(object));
    value(whichproxy_str::EMPTY, || object.map_or(whichproxy_str::EMPTY, lend))
}

/// A text of its own.
#[derive(Debug)]
pub struct whichproxy_text(pub(crate) String);

/// The text, as long as it is not freed; empty of null.
///
/// # Safety
///
/// `text` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_text_str(
    text: *const whichproxy_text,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe { lent(text, |text| &text.0) }
}

/// Frees a text.
///
/// # Safety
///
/// `text` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_text_free(text: *mut whichproxy_text) {
    // SAFETY: the caller's promise.
    unsafe { free(text) };
}

/// Bytes that have to be there; none of them where `len` is 0, whatever the
/// pointer is.
///
/// # Safety
///
/// Where `data` is not null, `len` bytes are there, for as long as `'a`.
pub(crate) unsafe fn bytes<'a>(
    name: &str,
    data: *const u8,
    len: usize,
) -> Done<&'a [u8]> {
    if data.is_null() {
        return Err(Failure::null(name));
    }
    if isize::try_from(len).is_err() {
        return Err(Failure::range(format!("`{name}` is too long")));
    }
    // SAFETY: it is not null, no longer than memory can be, and the rest is
    // the caller's promise.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// Text that has to be there.
///
/// # Safety
///
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(
    name: &str,
    data: *const u8,
    len: usize,
) -> Done<&'a str> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(name, data, len) }?;
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let message = format!("`{name}` is no UTF-8, from byte {at} on");
        Failure::new(whichproxy_status::WHICHPROXY_NOT_UTF8, message)
    })
}

/// Text, or none by a null pointer.
///
/// # Safety
///
/// As [`bytes`].
pub(crate) unsafe fn optional<'a>(
    name: &str,
    data: *const u8,
    len: usize,
) -> Done<Option<&'a str>> {
    match data.is_null() {
        true => Ok(None),
        // SAFETY: the caller's promise.
        false => unsafe { text(name, data, len) }.map(Some),
    }
}

/// An object that has to be there.
///
/// # Safety
///
/// Where it is not null, it is one, and lives as long as `'a`, in which
/// nobody changes it.
pub(crate) unsafe fn object<'a, T>(
    name: &str,
    object: *const T,
) -> Done<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { object.as_ref() }.ok_or_else(|| Failure::null(name))
}

/// An object that is to be changed.
///
/// # Safety
///
/// Where it is not null, it is one, and nobody else uses it for `'a`.
pub(crate) unsafe fn changed<'a, T>(
    name: &str,
    object: *mut T,
) -> Done<&'a mut T> {
    // SAFETY: the caller's promise.
    unsafe { object.as_mut() }.ok_or_else(|| Failure::null(name))
}

/// A place for what is given; it is not read.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    pub(crate) fn new(name: &str, out: *mut T) -> Done<Out<T>> {
        match out.is_null() {
            true => Err(Failure::null(name)),
            false => Ok(Out(out)),
        }
    }

    /// Writes it.
    ///
    /// # Safety
    ///
    /// The pointer is one to a `T`, which may be without a value.
    pub(crate) unsafe fn give(self, value: T) -> Done {
        // SAFETY: it is not null, and the rest is the caller's promise.
        unsafe { self.0.write(value) };
        Ok(())
    }
}

impl<T> Out<T> {
    /// The place of this number, of several.
    ///
    /// # Safety
    ///
    /// There are so many.
    pub(crate) unsafe fn at(&self, place: usize) -> *mut T {
        // SAFETY: the caller's promise.
        unsafe { self.0.add(place) }
    }
}

impl<T> Out<*mut T> {
    /// Writes the address of an object that is the caller's from now on.
    ///
    /// # Safety
    ///
    /// As [`Out::give`].
    pub(crate) unsafe fn make(self, object: T) -> Done {
        // SAFETY: the caller's promise.
        unsafe { self.give(Box::into_raw(Box::new(object))) }
    }
}

/// Frees an object; nothing of null.
///
/// # Safety
///
/// It is null, or of [`Out::make`] and was not freed.
pub(crate) unsafe fn free<T>(object: *mut T) {
    value((), || {
        if !object.is_null() {
            // SAFETY: it was made by `Box::into_raw`, and nobody uses it any
            // more, by the caller's promise.
            drop(unsafe { Box::from_raw(object) });
        }
    });
}
