//! What was found for a URL.

use std::sync::OnceLock;

use whichproxy::{Resolution, Route};

use crate::status::{Done, Failure, call, whichproxy_status};
use crate::text::{Out, free, lent, object, whichproxy_str, whichproxy_text};

/// Of what kind a route is.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum whichproxy_route_kind {
    /// No proxy, because none applies.
    WHICHPROXY_DIRECT = 0,
    /// No proxy, because a bypass list names the host.
    WHICHPROXY_BYPASS = 1,
    /// Through a proxy.
    WHICHPROXY_PROXY = 2,
}

/// One thing to try for a URL.
///
/// The texts belong to what the route is of.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct whichproxy_route {
    /// Of what kind it is.
    pub kind: whichproxy_route_kind,
    /// The proxy's port; 0 without one.
    pub port: u16,
    /// How the proxy is spoken to: `http`, `https`, `socks4` or `socks5`;
    /// empty without one.
    pub scheme: whichproxy_str,
    /// The proxy's host, an IPv6 address without brackets; empty without
    /// one.
    pub host: whichproxy_str,
    /// The user name for the proxy; empty where there is none.
    pub user: whichproxy_str,
    /// The password for it; empty where there is none.
    pub password: whichproxy_str,
}

/// A route as C has it.
pub(crate) fn route(route: &Route) -> whichproxy_route {
    use whichproxy_route_kind as Kind;
    let kind = match route {
        Route::Bypass => Kind::WHICHPROXY_BYPASS,
        Route::Proxy(_) => Kind::WHICHPROXY_PROXY,
        _ => Kind::WHICHPROXY_DIRECT,
    };
    let empty = whichproxy_str::EMPTY;
    let Some(proxy) = route.proxy() else {
        return whichproxy_route {
            kind,
            port: 0,
            scheme: empty,
            host: empty,
            user: empty,
            password: empty,
        };
    };
    let credentials = proxy.credentials();
    let user = credentials.map_or("", |given| given.user());
    let password = credentials.and_then(|given| given.password());
    whichproxy_route {
        kind,
        port: proxy.port(),
        scheme: whichproxy_str::of(proxy.scheme().name()),
        host: whichproxy_str::of(proxy.host()),
        user: whichproxy_str::of(user),
        password: whichproxy_str::of(password.unwrap_or("")),
    }
}

/// The route of this number.
pub(crate) fn numbered<'a>(
    routes: impl Iterator<Item = &'a Route>,
    place: usize,
) -> Done<whichproxy_route> {
    let mut routes = routes;
    routes.nth(place).map(route).ok_or_else(|| {
        Failure::range(format!("there is no route {place}, from 0 on"))
    })
}

/// What a client would try for a URL. It does not change.
#[derive(Debug)]
pub struct whichproxy_resolution {
    url: String,
    found: Resolution,
    text: OnceLock<String>,
    trace: OnceLock<String>,
}

impl whichproxy_resolution {
    pub(crate) fn new(url: &str, found: Resolution) -> whichproxy_resolution {
        whichproxy_resolution {
            url: url.to_owned(),
            found,
            text: OnceLock::new(),
            trace: OnceLock::new(),
        }
    }

    pub(crate) fn inner(&self) -> &Resolution {
        &self.found
    }
}

/// How many routes there are, which is at least one; 0 of null.
///
/// # Safety
///
/// `resolution` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_len(
    resolution: *const whichproxy_resolution,
) -> usize {
    // SAFETY: the caller's promise.
    let resolution = unsafe { resolution.as_ref() };
    resolution.map_or(0, |resolution| resolution.found.routes().len())
}

/// A route, by its number from 0 on. They are to be tried in order.
///
/// # Safety
///
/// `resolution` is null or was not freed; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_route(
    resolution: *const whichproxy_resolution,
    place: usize,
    out: *mut whichproxy_route,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolution = unsafe { object("resolution", resolution) }?;
        let route = numbered(resolution.found.routes().iter(), place)?;
        // SAFETY: the caller's promise.
        unsafe { out.give(route) }
    })
}

/// The number, from 1, of the step of the plan that gave a route, by the
/// route's number from 0 on.
///
/// # Safety
///
/// As whichproxy_resolution_route().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_step(
    resolution: *const whichproxy_resolution,
    place: usize,
    out: *mut usize,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolution = unsafe { object("resolution", resolution) }?;
        let step = resolution.found.candidates().nth(place);
        let (_, step) = step.ok_or_else(|| {
            Failure::range(format!("there is no route {place}, from 0 on"))
        })?;
        // SAFETY: the caller's promise.
        unsafe { out.give(step) }
    })
}

/// The routes as a PAC string: `PROXY a:80; DIRECT`. Empty of null.
///
/// # Safety
///
/// `resolution` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_text(
    resolution: *const whichproxy_resolution,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe {
        lent(resolution, |one| {
            one.text.get_or_init(|| one.found.routes().to_string())
        })
    }
}

/// What was done, step by step, each with its source; for people. Empty of
/// null.
///
/// # Safety
///
/// `resolution` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_trace(
    resolution: *const whichproxy_resolution,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe {
        lent(resolution, |one| {
            one.trace.get_or_init(|| one.found.trace().to_string())
        })
    }
}

/// All of it, as the JSON object that `whichproxy resolve` prints.
///
/// # Safety
///
/// `resolution` is null or was not freed; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_json(
    resolution: *const whichproxy_resolution,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolution = unsafe { object("resolution", resolution) }?;
        let whichproxy_resolution { url, found, .. } = resolution;
        let plan = found.trace().plan();
        let json = whichproxy_cli::json::resolved(url, plan, Ok(found));
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(json)) }
    })
}

/// Frees a resolution.
///
/// # Safety
///
/// `resolution` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolution_free(
    resolution: *mut whichproxy_resolution,
) {
    // SAFETY: the caller's promise.
    unsafe { free(resolution) };
}
