//! What a client on a machine would try.

use std::time::Duration;

use whichproxy::{Client, Limits, Plan, Resolver, Settings};

use crate::machine::{settings, whichproxy_machine};
use crate::resolution::whichproxy_resolution;
use crate::status::{Done, Failure, call, remember, whichproxy_status};
use crate::text::{
    Out, changed, free, object, optional, text, whichproxy_str,
    whichproxy_text,
};
use crate::worker::isolation;

/// Who asks.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum whichproxy_client {
    /// WinHTTP, the static proxy of netsh only.
    WHICHPROXY_WINHTTP = 0,
    /// WinHTTP in automatic mode.
    WHICHPROXY_WINHTTP_AUTO = 1,
    /// WinINET, as browsers use it.
    WHICHPROXY_WININET = 2,
    /// Defender for Endpoint's EDR sensor.
    WHICHPROXY_DEFENDER_EDR = 3,
    /// Defender Antivirus.
    WHICHPROXY_DEFENDER_AV = 4,
    /// `HTTPS_PROXY` and its kin, as curl has it.
    WHICHPROXY_ENVIRONMENT = 5,
}

/// The clients, with their numbers.
const CLIENTS: [(whichproxy_client, Client); 6] = [
    (whichproxy_client::WHICHPROXY_WINHTTP, Client::Winhttp),
    (whichproxy_client::WHICHPROXY_WINHTTP_AUTO, Client::WinhttpAuto),
    (whichproxy_client::WHICHPROXY_WININET, Client::Wininet),
    (whichproxy_client::WHICHPROXY_DEFENDER_EDR, Client::DefenderEdr),
    (whichproxy_client::WHICHPROXY_DEFENDER_AV, Client::DefenderAv),
    (whichproxy_client::WHICHPROXY_ENVIRONMENT, Client::Environment),
];

/// The client of this number.
pub(crate) fn client_of(number: u32) -> Done<Client> {
    let found = CLIENTS.iter().find(|(known, _)| *known as u32 == number);
    found
        .map(|(_, client)| *client)
        .ok_or_else(|| Failure::range(format!("{number} is no client")))
}

/// The client of a name, such as `defender-edr`.
///
/// # Safety
///
/// `name` is null or has `len` bytes; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_client_named(
    name: *const u8,
    len: usize,
    out: *mut u32,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let name = unsafe { text("name", name, len) }?;
        let client: Client = name.parse()?;
        let known = CLIENTS.iter().find(|(_, known)| *known == client);
        let (number, _) = known.ok_or_else(|| {
            Failure::range(format!("`{client}` has no number"))
        })?;
        // SAFETY: the caller's promise.
        unsafe { out.give(*number as u32) }
    })
}

/// A client on a machine, whose questions it answers.
///
/// It remembers scripts, addresses of scripts and answers, as far as they
/// hold.
#[derive(Debug)]
pub struct whichproxy_resolver {
    resolver: Resolver,
}

impl whichproxy_resolver {
    pub(crate) fn inner(&self) -> &Resolver {
        &self.resolver
    }

    /// The client, and its settings as they are now.
    pub(crate) fn settings(&self) -> Done<(Client, Settings)> {
        let plan = self.resolver.plan();
        let settings =
            Settings::read(self.resolver.machine(), plan.identity())?;
        Ok((plan.client(), settings))
    }
}

/// Makes a resolver.
///
/// `client` is a whichproxy_client. `reading` names one of the plans that the
/// sources allow, and `user` the account whose settings count, by its
/// security identifier; both may be null. Scripts run on threads, where
/// whichproxy_resolver_set_isolation() says nothing else.
///
/// # Safety
///
/// `machine` is null or one that nobody changes; `reading` is null or has
/// `reading_len` bytes, and `user` `user_len`; `out` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_new(
    client: u32,
    machine: *const whichproxy_machine,
    reading: *const u8,
    reading_len: usize,
    user: *const u8,
    user_len: usize,
    out: *mut *mut whichproxy_resolver,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for all three.
        let (machine, reading, user) = unsafe {
            (
                object("machine", machine)?,
                optional("reading", reading, reading_len)?,
                optional("user", user, user_len)?,
            )
        };
        let client = client_of(client)?;
        let settings = settings(machine, client, user)?;
        let plan = match reading {
            Some(name) => Plan::with_reading(client, &settings, name)?,
            None => Plan::new(client, &settings),
        };
        let machine = machine.inner().clone();
        let resolver = Resolver::with_plan(plan, machine);
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_resolver { resolver }) }
    })
}

/// Limits of scripts: how many bytes they may have, and how many
/// milliseconds an answer may take. 0 is WinHTTP's limit.
pub(crate) fn limits(bytes: usize, milliseconds: u64) -> Limits {
    let mut limits = Limits::new();
    if bytes > 0 {
        limits = limits.with_source_bytes(bytes);
    }
    if milliseconds > 0 {
        limits = limits.with_deadline(Duration::from_millis(milliseconds));
    }
    limits
}

/// Sets how many bytes a script may have, and how many milliseconds an
/// answer of it may take; 0 is WinHTTP's limit. Answers are forgotten.
///
/// # Safety
///
/// `resolver` is null or one that nobody else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_set_limits(
    resolver: *mut whichproxy_resolver,
    bytes: usize,
    milliseconds: u64,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise.
        let resolver = unsafe { changed("resolver", resolver) }?;
        let limits = limits(bytes, milliseconds);
        resolver.resolver = resolver.resolver.clone().with_limits(limits);
        Ok(())
    })
}

/// Sets where scripts run: `isolation` is a whichproxy_isolation, and `path`
/// that of the program, for WHICHPROXY_WORKER_AT; else it may be null.
///
/// # Safety
///
/// `resolver` is null or one that nobody else uses; `path` is null or has
/// `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_set_isolation(
    resolver: *mut whichproxy_resolver,
    isolation: u32,
    path: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for both.
        let (resolver, path) = unsafe {
            (changed("resolver", resolver)?, optional("path", path, len)?)
        };
        let isolation = self::isolation(isolation, path)?;
        resolver.resolver =
            resolver.resolver.clone().with_isolation(isolation);
        Ok(())
    })
}

/// Answers for a URL.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes; `url` is null or has `len`
/// bytes; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_resolve(
    resolver: *const whichproxy_resolver,
    url: *const u8,
    len: usize,
    out: *mut *mut whichproxy_resolution,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (resolver, url) =
            unsafe { (object("resolver", resolver)?, text("url", url, len)?) };
        let found = resolver.resolver.resolve_text(url)?;
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_resolution::new(url, found)) }
    })
}

/// Answers for many URLs, on all cores.
///
/// `out` has a place for each, which is null where `statuses` says that it
/// failed; `statuses` may be null. All places are written, or none. The last
/// error is that of the first that failed.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes; `urls` is null or has
/// `count` texts; `out` and `statuses` are null or have `count` places.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_resolve_many(
    resolver: *const whichproxy_resolver,
    urls: *const whichproxy_str,
    count: usize,
    out: *mut *mut whichproxy_resolution,
    statuses: *mut whichproxy_status,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (resolver, texts) = unsafe {
            (object("resolver", resolver)?, texts("urls", urls, count)?)
        };
        let found = resolver.resolver.resolve_many(&texts);
        let found = texts.iter().zip(found).map(|(url, found)| {
            let found = found.map_err(Failure::from)?;
            Ok(whichproxy_resolution::new(url, found))
        });
        // SAFETY: the caller's promise.
        unsafe { give_many(found, out, statuses) };
        Ok(())
    })
}

/// Texts that have to be there.
///
/// # Safety
///
/// `texts` is null or has `count` texts.
pub(crate) unsafe fn texts<'a>(
    name: &str,
    texts: *const whichproxy_str,
    count: usize,
) -> Done<Vec<&'a str>> {
    if texts.is_null() {
        return Err(Failure::null(name));
    }
    let mut all = Vec::new();
    for place in 0..count {
        // SAFETY: there are as many, by the caller's promise.
        let one = unsafe {
            let one = *texts.add(place);
            text(name, one.data.cast(), one.len)?
        };
        all.push(one);
    }
    Ok(all)
}

/// Writes what was found, and how that went.
///
/// # Safety
///
/// Both have places for all of it, or `statuses` is null.
pub(crate) unsafe fn give_many<T>(
    found: impl Iterator<Item = Done<T>>,
    out: Out<*mut T>,
    statuses: *mut whichproxy_status,
) {
    let mut first = None;
    for (place, found) in found.enumerate() {
        let (object, status) = match found {
            Ok(found) => (
                Box::into_raw(Box::new(found)),
                whichproxy_status::WHICHPROXY_OK,
            ),
            Err(failure) => {
                let status = failure.status();
                first.get_or_insert(failure);
                (std::ptr::null_mut(), status)
            }
        };
        // SAFETY: the caller's promise.
        unsafe {
            out.at(place).write(object);
            if !statuses.is_null() {
                statuses.add(place).write(status);
            }
        }
    }
    if let Some(failure) = first {
        remember(failure);
    }
}

/// Answers for a URL in JSON: the object that `whichproxy resolve` prints,
/// with the trace. A failure of the client is an answer, too, and no failure
/// of this call.
///
/// # Safety
///
/// As whichproxy_resolver_resolve().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_explain(
    resolver: *const whichproxy_resolver,
    url: *const u8,
    len: usize,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (resolver, url) =
            unsafe { (object("resolver", resolver)?, text("url", url, len)?) };
        let plan = resolver.resolver.plan();
        let found = resolver.resolver.resolve_text(url);
        let json = whichproxy_cli::json::resolved(url, &plan, found.as_ref());
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(json)) }
    })
}

/// What the client would try for any URL, in order, and why; as text for
/// people.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes; `out` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_plan(
    resolver: *const whichproxy_resolver,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let resolver = unsafe { object("resolver", resolver) }?;
        let plan = resolver.resolver.plan().to_string();
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(plan)) }
    })
}

/// Forgets scripts, addresses of scripts and answers, as when the network
/// has changed.
///
/// # Safety
///
/// `resolver` is null or one that nobody changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_forget(
    resolver: *const whichproxy_resolver,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise.
        let resolver = unsafe { object("resolver", resolver) }?;
        resolver.resolver.forget();
        Ok(())
    })
}

/// Frees a resolver.
///
/// # Safety
///
/// `resolver` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_resolver_free(
    resolver: *mut whichproxy_resolver,
) {
    // SAFETY: the caller's promise.
    unsafe { free(resolver) };
}
