//! Watching the computer, for resolvers that live for long.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use whichproxy::machine::{Change, Fault};
use whichproxy_os::Watch;

use crate::machine::whichproxy_release;
use crate::resolver::whichproxy_resolver;
use crate::status::{Done, Failure, call, whichproxy_status};
use crate::text::{Out, free, object, whichproxy_str};

/// What of a machine has changed.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum whichproxy_change {
    /// Values of its registry.
    WHICHPROXY_CHANGE_REGISTRY = 0,
    /// Its own addresses, or the suffixes of names.
    WHICHPROXY_CHANGE_ADDRESSES = 1,
    /// None: something could not be read or listened to.
    WHICHPROXY_CHANGE_FAULT = 2,
}

use whichproxy_change::{
    WHICHPROXY_CHANGE_ADDRESSES, WHICHPROXY_CHANGE_FAULT,
    WHICHPROXY_CHANGE_REGISTRY,
};

fn change_of(number: u32) -> Done<Change> {
    let known = [
        (WHICHPROXY_CHANGE_REGISTRY, Change::Registry),
        (WHICHPROXY_CHANGE_ADDRESSES, Change::Addresses),
    ];
    let found = known.into_iter().find(|(known, _)| *known as u32 == number);
    found
        .map(|(_, change)| change)
        .ok_or_else(|| Failure::range(format!("{number} is no change")))
}

/// Goes by what has changed of the machine, a whichproxy_change, and forgets
/// what is no longer so; `out` says whether another answer may come of it.
///
/// The settings are read anew, or the machine's network is looked at, with
/// the suffixes of names. Where those can't be had, that is the error, and
/// the resolver goes on as it was.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes; `out` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_changed(
    resolver: *const whichproxy_resolver,
    change: u32,
    out: *mut bool,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolver = unsafe { object("resolver", resolver) }?;
        let changed = resolver.inner().changed(change_of(change)?)?;
        // SAFETY: the caller's promise.
        unsafe { out.give(changed) }
    })
}

/// A thread that watches this computer, and tells a resolver what has
/// changed, until it is freed.
#[derive(Debug)]
pub struct whichproxy_watch {
    _watch: Watch,
}

/// Told of each change that a resolver goes by from now on, a
/// whichproxy_change, with an empty `fault`; or of what could not be read or
/// listened to, by WHICHPROXY_CHANGE_FAULT, once, though it is tried again
/// every five seconds. `fault` is lent for the call.
///
/// It may be called before whichproxy_resolver_watch() has returned. It may
/// free the watch; then it is not called again, and its context goes with
/// `release`, after it has returned.
pub type whichproxy_told = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        change: u32,
        fault: whichproxy_str,
    ),
>;

/// A function of C, and what it is given.
struct Tell {
    told: whichproxy_told,
    context: *mut c_void,
    release: whichproxy_release,
    /// Whether the context is ours to release: not where there is no watch.
    ours: Arc<AtomicBool>,
}

// SAFETY: the header asks that the function may be called with its context
// from another thread.
unsafe impl Send for Tell {}

// SAFETY: only the thread that watches calls it.
unsafe impl Sync for Tell {}

impl Tell {
    fn tell(&self, heard: &Result<Change, Fault>) {
        let Some(told) = self.told else { return };
        let (change, fault) = match heard {
            Ok(Change::Registry) => (WHICHPROXY_CHANGE_REGISTRY, None),
            Ok(Change::Addresses) => (WHICHPROXY_CHANGE_ADDRESSES, None),
            // Another change is none that C knows of.
            Ok(_) => return,
            Err(fault) => (WHICHPROXY_CHANGE_FAULT, Some(fault.to_string())),
        };
        let fault = fault.as_deref().unwrap_or_default();
        // SAFETY: it is a function of this form, to be called so, by the
        // promise of whichproxy_resolver_watch.
        unsafe {
            told(self.context, change as u32, whichproxy_str::of(fault));
        }
    }
}

impl Drop for Tell {
    fn drop(&mut self) {
        if let Some(release) = self.release
            && self.ours.load(Ordering::Acquire)
        {
            // SAFETY: as above; this is the last use of the context.
            unsafe { release(self.context) };
        }
    }
}

/// Watches this computer, and does whichproxy_resolver_changed() whenever its
/// registry (on Windows) or its addresses change, on a thread of its own.
///
/// Of a resolver whose limits or isolation are set after that, what they were
/// set for is not watched. `told` may be null, and so may `release`, which is
/// called with `context` when `told` is called no more: before
/// whichproxy_watch_free() returns, unless `told` itself calls that. Where
/// this call fails, neither is called. The resolver may be freed before the
/// watch. A child of fork() has no such thread; there, to free the watch
/// frees the child's copy, and releases no context.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes; `told` and `release` are
/// null or functions that may be called with `context` from another thread;
/// `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_watch(
    resolver: *const whichproxy_resolver,
    told: whichproxy_told,
    context: *mut c_void,
    release: whichproxy_release,
    out: *mut *mut whichproxy_watch,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolver = unsafe { object("resolver", resolver) }?;
        let ours = Arc::new(AtomicBool::new(true));
        let tell = Tell { told, context, release, ours: Arc::clone(&ours) };
        // Held here, too, until it is known whose the context is.
        let tell = Arc::new(tell);
        let telling = Arc::clone(&tell);
        let watch =
            Watch::new(resolver.inner(), move |heard| telling.tell(&heard));
        ours.store(watch.is_ok(), Ordering::Release);
        drop(tell);
        let watch = watch.map_err(|fault| Failure::system(&fault))?;
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_watch { _watch: watch }) }
    })
}

/// Frees a watch: nothing is told after that.
///
/// It waits for `told` where that is being called, unless `told` calls this:
/// so no lock is held then that `told` takes.
///
/// # Safety
///
/// `watch` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_watch_free(watch: *mut whichproxy_watch) {
    // SAFETY: the caller's promise.
    unsafe { free(watch) };
}
