//! Trying routes, one after the other.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use whichproxy::{Attempt, Attempts, Failure as Failed};

use crate::resolution::{route, whichproxy_resolution, whichproxy_route};
use crate::resolver::whichproxy_resolver;
use crate::status::{Done, Failure, call, whichproxy_status};
use crate::text::{Out, changed, free, object};

/// How a route failed.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum whichproxy_failure {
    /// Its name has no address.
    WHICHPROXY_UNRESOLVED = 0,
    /// It refused the connection.
    WHICHPROXY_REFUSED = 1,
    /// There is no way to it.
    WHICHPROXY_UNREACHABLE = 2,
    /// It took too long.
    WHICHPROXY_TIMED_OUT = 3,
    /// It ended the connection.
    WHICHPROXY_RESET = 4,
    /// TLS with it failed.
    WHICHPROXY_TLS = 5,
    /// It answered with a status of HTTP, which is given beside this.
    WHICHPROXY_ANSWERED = 6,
    /// Something else.
    WHICHPROXY_OTHER_FAILURE = 7,
}

/// What was made of failures so far, by a client's own rules: which proxies
/// are put aside, and how long. To be kept beside a resolver.
///
/// It is const, and may be used by several threads at once.
#[derive(Debug)]
pub struct whichproxy_attempts(Attempts);

/// Routes that are being tried, by one thread at a time.
#[derive(Debug)]
pub struct whichproxy_attempt(Attempt);

/// The time since the first question of this process.
fn elapsed() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

/// Makes the attempts of a resolver's client.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes; `out` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempts_new(
    resolver: *const whichproxy_resolver,
    out: *mut *mut whichproxy_attempts,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolver = unsafe { object("resolver", resolver) }?;
        let (client, settings) = resolver.settings()?;
        let attempts = Attempts::with_settings(client, &settings);
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_attempts(attempts)) }
    })
}

/// Begins to try the routes of a resolution.
///
/// # Safety
///
/// `attempts` and `resolution` are null or were not freed; `out` is null or
/// may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempts_begin(
    attempts: *const whichproxy_attempts,
    resolution: *const whichproxy_resolution,
    out: *mut *mut whichproxy_attempt,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (attempts, resolution) = unsafe {
            (object("attempts", attempts)?, object("resolution", resolution)?)
        };
        let routes = resolution.inner().routes();
        let attempt = attempts.0.begin(routes, elapsed());
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_attempt(attempt)) }
    })
}

/// The route to be tried now; WHICHPROXY_NOTHING_LEFT where there is none.
///
/// Its texts are valid until the attempt is changed or freed.
///
/// # Safety
///
/// `attempt` is null or one that nobody changes; `out` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempt_route(
    attempt: *const whichproxy_attempt,
    out: *mut whichproxy_route,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let attempt = unsafe { object("attempt", attempt) }?;
        let now = attempt.0.route().ok_or_else(|| {
            Failure::new(
                whichproxy_status::WHICHPROXY_NOTHING_LEFT,
                "every route was tried",
            )
        })?;
        // SAFETY: the caller's promise.
        unsafe { out.give(route(now)) }
    })
}

/// Tells that the route failed, and how: a whichproxy_failure, and for
/// WHICHPROXY_ANSWERED the status of HTTP; else that is not looked at.
///
/// `out` says whether the client moves on to the next route; where it does
/// not, there is none left. It may be null.
///
/// # Safety
///
/// `attempt` is null or one that nobody else uses; `out` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempt_failed(
    attempt: *mut whichproxy_attempt,
    failure: u32,
    http_status: u16,
    out: *mut bool,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise.
        let attempt = unsafe { changed("attempt", attempt) }?;
        let failure = failure_of(failure, http_status)?;
        let moves_on = attempt.0.failed(failure).moves_on;
        match out.is_null() {
            true => Ok(()),
            // SAFETY: the caller's promise.
            false => unsafe { Out::new("out", out)?.give(moves_on) },
        }
    })
}

fn failure_of(number: u32, status: u16) -> Done<Failed> {
    Ok(match number {
        0 => Failed::Unresolved,
        1 => Failed::Refused,
        2 => Failed::Unreachable,
        3 => Failed::TimedOut,
        4 => Failed::Reset,
        5 => Failed::Tls,
        6 => Failed::Answered(status),
        7 => Failed::Other,
        _ => return Err(Failure::range(format!("{number} is no failure"))),
    })
}

/// Tells that the route worked, which is remembered.
///
/// # Safety
///
/// `attempt` is null or one that nobody changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempt_worked(
    attempt: *const whichproxy_attempt,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise.
        let attempt = unsafe { object("attempt", attempt) }?;
        attempt.0.clone().worked(elapsed());
        Ok(())
    })
}

/// Frees attempts.
///
/// # Safety
///
/// `attempts` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempts_free(
    attempts: *mut whichproxy_attempts,
) {
    // SAFETY: the caller's promise.
    unsafe { free(attempts) };
}

/// Frees an attempt.
///
/// # Safety
///
/// `attempt` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_attempt_free(
    attempt: *mut whichproxy_attempt,
) {
    // SAFETY: the caller's promise.
    unsafe { free(attempt) };
}
