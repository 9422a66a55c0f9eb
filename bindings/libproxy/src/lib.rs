//! `libproxy.so.1` with whichproxy inside: programs that were built for
//! libproxy 0.4 or 0.5 run as they are.
//!
//! It has the functions of libproxy's header, with their published meaning.
//! What differs on purpose stands in `DIFFERENCES.md`.
//!
//! # What is read
//!
//! The environment variables, at each question: `http_proxy`, `https_proxy`,
//! `ftp_proxy` and `no_proxy`, as the client `environment` has them (as curl
//! does). `http_proxy` counts for every scheme that has no variable of its
//! own, as in libproxy; only where it is not set, `all_proxy` does. Where a
//! proxy's value is `wpad://`, a script is looked for by WPAD; where it is
//! `pac+` and an address of the web, that script is asked.
//!
//! | variable | |
//! | --- | --- |
//! | `WHICHPROXY_CLIENT` | whose proxies are given: a name that `whichproxy --as` takes |
//! | `WHICHPROXY_REG` | the absolute path of a registry export, for those that read one; the client is then `wininet`, where none is named |
//! | `WHICHPROXY_WORKER` | the absolute path of the `whichproxy` command: scripts that run as JavaScript run in processes of that, and not on threads of this one, where their memory has no bound |
//!
//! These three are not read where a program has more rights than its user.
//!
//! # Threads
//!
//! A factory may be asked from several threads at once; copies share what
//! was found. It may be freed by any thread, when no other uses it.
#![cfg(unix)]

mod border;
mod factory;
mod gobject;
mod output;
mod settings;
#[cfg(all(symbol_versions, not(test)))]
mod versions;

use std::ffi::{c_char, c_void};
use std::ptr;

use crate::border::{caught, text};
pub use crate::factory::Factory;

/// Makes a factory, to be freed by [`px_proxy_factory_free`]. Null where
/// that failed.
#[unsafe(no_mangle)]
pub extern "C" fn px_proxy_factory_new() -> *mut Factory {
    caught(ptr::null_mut(), || Box::into_raw(Box::new(Factory::new())))
}

/// Makes another factory that shares what is known; null of null. Since 0.5.
///
/// # Safety
///
/// `factory` is null, or of [`px_proxy_factory_new`] or this function, and
/// was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn px_proxy_factory_copy(
    factory: *const Factory,
) -> *mut Factory {
    caught(ptr::null_mut(), || {
        // SAFETY: it is null, or points to a factory, by the caller's
        // promise.
        match unsafe { factory.as_ref() } {
            Some(factory) => Box::into_raw(Box::new(factory.clone())),
            None => ptr::null_mut(),
        }
    })
}

/// The proxies to try for a URL, in order, as URLs; `direct://` is none.
///
/// The list ends with a null pointer. It is to be freed by
/// [`px_proxy_factory_free_proxies`], or each text of it and then itself by
/// `free`. Null where an argument is, and where the client itself would
/// fail.
///
/// # Safety
///
/// `factory` is as in [`px_proxy_factory_copy`]; `url` is null or ends with
/// a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn px_proxy_factory_get_proxies(
    factory: *const Factory,
    url: *const c_char,
) -> *mut *mut c_char {
    caught(ptr::null_mut(), || {
        // SAFETY: both by the caller's promise.
        let (factory, url) = unsafe { (factory.as_ref(), text(url)) };
        match (factory, url) {
            (Some(factory), Some(url)) => match factory.proxies(&url) {
                Ok(proxies) => border::list(&proxies),
                Err(why) => {
                    border::remark(&why);
                    ptr::null_mut()
                }
            },
            _ => ptr::null_mut(),
        }
    })
}

/// Frees a list of [`px_proxy_factory_get_proxies`]; nothing of null. Since
/// 0.4.16.
///
/// # Safety
///
/// `proxies` is null, or such a list, and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn px_proxy_factory_free_proxies(
    proxies: *mut *mut c_char,
) {
    // SAFETY: the caller's promise.
    unsafe { border::free_list(proxies) };
}

/// Frees a factory; nothing of null.
///
/// # Safety
///
/// `factory` is as in [`px_proxy_factory_copy`], and is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn px_proxy_factory_free(factory: *mut Factory) {
    caught((), || {
        if !factory.is_null() {
            // SAFETY: it was made by `Box::into_raw`, and nobody has it any
            // more, by the caller's promise.
            drop(unsafe { Box::from_raw(factory) });
        }
    });
}

/// The boxed type of factories, for GObject; 0 where the process has no
/// GObject. Since 0.5.
#[unsafe(no_mangle)]
pub extern "C" fn px_proxy_factory_get_type() -> usize {
    caught(0, gobject::boxed_type)
}

/// As GObject calls it.
unsafe extern "C" fn copy_boxed(factory: *mut c_void) -> *mut c_void {
    // SAFETY: GObject hands over what it was given as of this type.
    unsafe { px_proxy_factory_copy(factory.cast()) }.cast()
}

/// As GObject calls it.
unsafe extern "C" fn free_boxed(factory: *mut c_void) {
    // SAFETY: as in `copy_boxed`.
    unsafe { px_proxy_factory_free(factory.cast()) }
}
