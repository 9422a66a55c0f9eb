//! Bypass lists and proxy lists alone.

use url::Url;
use whichproxy::bypass::{BypassList, Profile, Target};
use whichproxy::parse_url;
use whichproxy::settings::Dialect;

use crate::status::{Done, call, whichproxy_status};
use crate::text::{Out, free, object, text, whichproxy_text};

/// A bypass list, ready to be asked. It does not change.
#[derive(Debug)]
pub struct whichproxy_bypass(BypassList);

/// Reads a bypass list by the rules of `profile`: `curl`, `defender-av`,
/// `winhttp` or `wininet`. Any text is one; whichproxy_bypass_explain() says
/// what is odd about it.
///
/// # Safety
///
/// `list` is null or has `len` bytes, and `profile` `profile_len`; `out` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_bypass_new(
    list: *const u8,
    len: usize,
    profile: *const u8,
    profile_len: usize,
    out: *mut *mut whichproxy_bypass,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (list, profile) = unsafe {
            (text("list", list, len)?, text("profile", profile, profile_len)?)
        };
        let profile: Profile = profile.parse()?;
        let made = whichproxy_bypass(BypassList::new(list, profile));
        // SAFETY: the caller's promise.
        unsafe { out.make(made) }
    })
}

/// A list and a URL that have to be there.
///
/// # Safety
///
/// `list` is null or was not freed; `url` is null or has `len` bytes.
unsafe fn question<'a>(
    list: *const whichproxy_bypass,
    url: *const u8,
    len: usize,
) -> Done<(&'a BypassList, Url)> {
    // SAFETY: the caller's promise, for both.
    let (list, url) =
        unsafe { (object("list", list)?, text("url", url, len)?) };
    Ok((&list.0, parse_url(url)?))
}

/// Whether a list sends a URL direct.
///
/// # Safety
///
/// `list` is null or was not freed; `url` is null or has `len` bytes; `out`
/// is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_bypass_matches(
    list: *const whichproxy_bypass,
    url: *const u8,
    len: usize,
    out: *mut bool,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let (list, url) = unsafe { question(list, url, len) }?;
        let found = list.find(Target::from(&url));
        // SAFETY: the caller's promise.
        unsafe { out.give(found.is_some()) }
    })
}

/// What a list says of a URL, in JSON: `bypassed`, by which `entry`, its
/// `source` and `evidence`, and the `oddities` of the list.
///
/// # Safety
///
/// As whichproxy_bypass_matches().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_bypass_explain(
    list: *const whichproxy_bypass,
    url: *const u8,
    len: usize,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let (list, url) = unsafe { question(list, url, len) }?;
        let json = whichproxy_cli::json::bypass(list, &url);
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(json)) }
    })
}

/// Frees a list.
///
/// # Safety
///
/// `list` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_bypass_free(list: *mut whichproxy_bypass) {
    // SAFETY: the caller's promise.
    unsafe { free(list) };
}

/// What a proxy list such as `http=a:80;b:81` has for URLs of a scheme, in
/// JSON: `proxies`, as elements of a PAC string, and the `oddities` of the
/// list. `dialect` says whose keys count, `winhttp` or `wininet`.
///
/// # Safety
///
/// `list` is null or has `len` bytes, `dialect` `dialect_len` and `scheme`
/// `scheme_len`; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_proxies_explain(
    list: *const u8,
    len: usize,
    dialect: *const u8,
    dialect_len: usize,
    scheme: *const u8,
    scheme_len: usize,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for all three.
        let (list, dialect, scheme) = unsafe {
            (
                text("list", list, len)?,
                text("dialect", dialect, dialect_len)?,
                text("scheme", scheme, scheme_len)?,
            )
        };
        let dialect: Dialect = dialect.parse()?;
        let json = whichproxy_cli::json::proxies(list, dialect, scheme);
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(json)) }
    })
}
