//! WinHTTP's own functions that choose a proxy.

use std::io;
use std::ptr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_IO_PENDING, ERROR_SUCCESS, GlobalFree,
};
use windows_sys::Win32::Networking::WinHttp::{
    ERROR_WINHTTP_TIMEOUT, WINHTTP_ACCESS_TYPE_NAMED_PROXY,
    WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_ASYNC_RESULT,
    WINHTTP_AUTO_DETECT_TYPE_DHCP, WINHTTP_AUTO_DETECT_TYPE_DNS_A,
    WINHTTP_AUTOPROXY_AUTO_DETECT, WINHTTP_AUTOPROXY_CONFIG_URL,
    WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_CALLBACK_FLAG_GETPROXYFORURL_COMPLETE,
    WINHTTP_CALLBACK_FLAG_REQUEST_ERROR,
    WINHTTP_CALLBACK_STATUS_GETPROXYFORURL_COMPLETE,
    WINHTTP_CALLBACK_STATUS_REQUEST_ERROR,
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG, WINHTTP_FLAG_ASYNC,
    WINHTTP_PROXY_INFO, WINHTTP_PROXY_RESULT, WinHttpCloseHandle,
    WinHttpCreateProxyResolver, WinHttpDetectAutoProxyConfigUrl,
    WinHttpFreeProxyResult, WinHttpGetDefaultProxyConfiguration,
    WinHttpGetIEProxyConfigForCurrentUser, WinHttpGetProxyForUrl,
    WinHttpGetProxyForUrlEx, WinHttpGetProxyResult, WinHttpOpen,
    WinHttpSetStatusCallback,
};

use super::{check, wide};
use crate::winhttp::{
    Automatic, Failure, ProxyEntry, ProxyInfo, UserConfiguration,
};

/// No answer has more routes.
const MOST_ENTRIES: u32 = 1 << 16;

/// WinHTTP gives up long before.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

const DETECT: u32 =
    WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;

fn failure(call: &'static str, code: u32) -> Failure {
    Failure { call, code }
}

/// The failure of a call that has just returned 0.
fn last(call: &'static str, error: &io::Error) -> Failure {
    failure(call, error.raw_os_error().unwrap_or_default().cast_unsigned())
}

/// What `WinHttpGetDefaultProxyConfiguration` says.
pub(crate) fn default_configuration() -> Result<ProxyInfo, Failure> {
    let mut info = WINHTTP_PROXY_INFO::default();
    // SAFETY: it writes to `info` alone.
    let done = unsafe { WinHttpGetDefaultProxyConfiguration(&raw mut info) };
    check(done)
        .map_err(|e| last("WinHttpGetDefaultProxyConfiguration", &e))?;
    // SAFETY: the call succeeded, so that it filled in `info`.
    Ok(unsafe { proxy_info(info) })
}

/// What `WinHttpGetIEProxyConfigForCurrentUser` says.
pub(crate) fn user_configuration() -> Result<UserConfiguration, Failure> {
    let mut said = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
    // SAFETY: it writes to `said` alone.
    let done = unsafe { WinHttpGetIEProxyConfigForCurrentUser(&raw mut said) };
    check(done)
        .map_err(|e| last("WinHttpGetIEProxyConfigForCurrentUser", &e))?;
    // SAFETY: the call succeeded, so that each is null or a text of its own
    // that the caller is to free.
    unsafe {
        Ok(UserConfiguration {
            auto_detect: said.fAutoDetect != 0,
            auto_config_url: taken(said.lpszAutoConfigUrl),
            proxy: taken(said.lpszProxy),
            bypass: taken(said.lpszProxyBypass),
        })
    }
}

/// What `WinHttpDetectAutoProxyConfigUrl` finds, by DHCP and by DNS.
pub(crate) fn detect() -> Result<String, Failure> {
    const CALL: &str = "WinHttpDetectAutoProxyConfigUrl";
    let mut url = ptr::null_mut();
    // SAFETY: it writes to `url` alone.
    let done =
        unsafe { WinHttpDetectAutoProxyConfigUrl(DETECT, &raw mut url) };
    check(done).map_err(|error| last(CALL, &error))?;
    // SAFETY: the call succeeded, so that it is a text that is ours to free.
    Ok(unsafe { taken(url) }.unwrap_or_default())
}

/// A WinHTTP handle of our own.
struct Handle(*mut core::ffi::c_void);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it is open, and nobody else has it.
        unsafe { WinHttpCloseHandle(self.0) };
    }
}

/// A session that chooses no proxy by itself.
fn session(flags: u32) -> Result<Handle, Failure> {
    let agent = wide("whichproxy");
    // SAFETY: `agent` ends in zero and outlives the call; the others may be
    // null.
    let handle = unsafe {
        WinHttpOpen(
            agent.as_ptr(),
            WINHTTP_ACCESS_TYPE_NO_PROXY,
            ptr::null(),
            ptr::null(),
            flags,
        )
    };
    match handle.is_null() {
        true => Err(last("WinHttpOpen", &io::Error::last_os_error())),
        false => Ok(Handle(handle)),
    }
}

/// The options of `automatic`, which point to `script`.
fn options(
    automatic: &Automatic,
    script: Option<&[u16]>,
) -> WINHTTP_AUTOPROXY_OPTIONS {
    let mut options = WINHTTP_AUTOPROXY_OPTIONS::default();
    if automatic.detect {
        options.dwFlags |= WINHTTP_AUTOPROXY_AUTO_DETECT;
        options.dwAutoDetectFlags = DETECT;
    }
    if let Some(script) = script {
        options.dwFlags |= WINHTTP_AUTOPROXY_CONFIG_URL;
        options.lpszAutoConfigUrl = script.as_ptr();
    }
    options
}

/// What `WinHttpGetProxyForUrl` says.
pub(crate) fn proxy_for_url(
    url: &str,
    automatic: &Automatic,
) -> Result<ProxyInfo, Failure> {
    let session = session(0)?;
    let url = wide(url);
    let script = automatic.script.as_deref().map(wide);
    let mut options = options(automatic, script.as_deref());
    let mut info = WINHTTP_PROXY_INFO::default();
    // SAFETY: the session is open, `url` and the script end in zero and
    // outlive the call, which writes to `info`.
    let done = unsafe {
        WinHttpGetProxyForUrl(
            session.0,
            url.as_ptr(),
            &raw mut options,
            &raw mut info,
        )
    };
    check(done).map_err(|error| last("WinHttpGetProxyForUrl", &error))?;
    // SAFETY: the call succeeded, so that it filled in `info`.
    Ok(unsafe { proxy_info(info) })
}

/// What `WinHttpGetProxyForUrlEx` says: all routes, in order.
pub(crate) fn proxy_for_url_ex(
    url: &str,
    automatic: &Automatic,
) -> Result<Vec<ProxyEntry>, Failure> {
    const CALL: &str = "WinHttpGetProxyForUrlEx";
    let session = session(WINHTTP_FLAG_ASYNC)?;
    let mut resolver = ptr::null_mut();
    // SAFETY: the session is open, and the call writes to `resolver`.
    let code =
        unsafe { WinHttpCreateProxyResolver(session.0, &raw mut resolver) };
    if code != ERROR_SUCCESS {
        return Err(failure("WinHttpCreateProxyResolver", code));
    }
    let resolver = Handle(resolver);
    // SAFETY: the resolver is open, and `told` is a function of the form.
    let before = unsafe {
        WinHttpSetStatusCallback(
            resolver.0,
            Some(told),
            WINHTTP_CALLBACK_FLAG_GETPROXYFORURL_COMPLETE
                | WINHTTP_CALLBACK_FLAG_REQUEST_ERROR,
            0,
        )
    };
    // `WINHTTP_INVALID_STATUS_CALLBACK`, which is no function.
    if before.map(|call| call as usize) == Some(usize::MAX) {
        let error = io::Error::last_os_error();
        return Err(last("WinHttpSetStatusCallback", &error));
    }
    let url = wide(url);
    let script = automatic.script.as_deref().map(wide);
    let options = options(automatic, script.as_deref());
    let (tell, hear): (Sender<u32>, Receiver<u32>) = mpsc::channel();
    // It is freed by `told`, and leaks where that is never called.
    let context = Box::into_raw(Box::new(tell));
    // SAFETY: the resolver is open, `url` and the script end in zero and
    // outlive the call; the context is what `told` expects.
    let code = unsafe {
        WinHttpGetProxyForUrlEx(
            resolver.0,
            url.as_ptr(),
            &raw const options,
            context.expose_provenance(),
        )
    };
    if code != ERROR_IO_PENDING {
        // SAFETY: `told` is not called then, and nobody else has it.
        drop(unsafe { Box::from_raw(context) });
        if code != ERROR_SUCCESS {
            return Err(failure(CALL, code));
        }
    } else {
        match hear.recv_timeout(LONGEST_WAIT) {
            Ok(ERROR_SUCCESS) => {}
            Ok(code) => return Err(failure(CALL, code)),
            Err(_) => return Err(failure(CALL, ERROR_WINHTTP_TIMEOUT)),
        }
    }
    let mut result = WINHTTP_PROXY_RESULT::default();
    // SAFETY: the resolver is open and has an answer, which is written to
    // `result`.
    let code = unsafe { WinHttpGetProxyResult(resolver.0, &raw mut result) };
    if code != ERROR_SUCCESS {
        return Err(failure("WinHttpGetProxyResult", code));
    }
    let mut entries = Vec::new();
    for number in 0..result.cEntries.min(MOST_ENTRIES) as usize {
        // SAFETY: there are `cEntries` of them until the result is freed,
        // and their texts are null or end in zero.
        let (entry, host) = unsafe {
            let entry = *result.pEntries.add(number);
            (entry, text(entry.pwszProxy))
        };
        entries.push(ProxyEntry {
            proxy: host.filter(|_| entry.fProxy != 0),
            port: entry.ProxyPort,
            bypass: entry.fBypass != 0,
        });
    }
    // SAFETY: it was filled in by `WinHttpGetProxyResult`, and is not looked
    // at afterwards.
    unsafe { WinHttpFreeProxyResult(&raw mut result) };
    Ok(entries)
}

/// Hears of the end of a question, of which there is one for each context.
unsafe extern "system" fn told(
    _: *mut core::ffi::c_void,
    context: usize,
    status: u32,
    information: *mut core::ffi::c_void,
    length: u32,
) {
    let code = match status {
        WINHTTP_CALLBACK_STATUS_GETPROXYFORURL_COMPLETE => ERROR_SUCCESS,
        WINHTTP_CALLBACK_STATUS_REQUEST_ERROR
            if !information.is_null()
                && length as usize >= size_of::<WINHTTP_ASYNC_RESULT>() =>
        {
            // SAFETY: with this status, it points to one of these.
            unsafe { *information.cast::<WINHTTP_ASYNC_RESULT>() }.dwError
        }
        _ => return,
    };
    // SAFETY: it is what `proxy_for_url_ex` made, and one of these statuses
    // comes once, as the end of the question.
    let tell = unsafe {
        Box::from_raw(ptr::with_exposed_provenance_mut::<Sender<u32>>(context))
    };
    // Whoever asked may have waited long enough.
    let _ = tell.send(code);
}

/// The texts of an answer, which are freed.
///
/// # Safety
///
/// Each is null or a text of the caller's, ended by zero, that
/// `GlobalFree` frees.
unsafe fn proxy_info(info: WINHTTP_PROXY_INFO) -> ProxyInfo {
    // SAFETY: as the caller promises.
    let (proxy, bypass) =
        unsafe { (taken(info.lpszProxy), taken(info.lpszProxyBypass)) };
    let named = info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY;
    ProxyInfo { proxy: proxy.filter(|_| named), bypass }
}

/// A text, which is freed; `None` for null and for the empty one.
///
/// # Safety
///
/// It is null, or ends in zero, is the caller's, and `GlobalFree` frees it.
unsafe fn taken(pointer: *mut u16) -> Option<String> {
    // SAFETY: as the caller promises.
    let found = unsafe { text(pointer) };
    if !pointer.is_null() {
        // SAFETY: it is the caller's, and nobody looks at it any more.
        unsafe { GlobalFree(pointer.cast()) };
    }
    found.filter(|text| !text.is_empty())
}

/// A copy of a text; `None` for null.
///
/// # Safety
///
/// It is null or ends in zero.
unsafe fn text(pointer: *const u16) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    let mut units = Vec::new();
    loop {
        // SAFETY: all before were not the zero that ends it.
        let unit = unsafe { *pointer.add(units.len()) };
        if unit == 0 {
            return Some(String::from_utf16_lossy(&units));
        }
        units.push(unit);
    }
}
