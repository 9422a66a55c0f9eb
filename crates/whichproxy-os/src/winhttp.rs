//! A second opinion: what Windows' own WinHTTP says.
//!
//! Each function of [`Winhttp`] is one of WinHTTP's, and its answer as it
//! came; what it means, and where it differs from ours, is judged by whoever
//! asks. `SystemWinhttp` asks the `winhttp.dll` of this system, which only
//! Windows has (and Wine, whose own it is).
//!
//! ```
//! use whichproxy_os::winhttp::{Automatic, Winhttp};
//! fn first_proxy(winhttp: &dyn Winhttp, script: &str) -> Option<String> {
//!     let automatic =
//!         Automatic { detect: false, script: Some(script.to_owned()) };
//!     let said = winhttp.proxy_for_url("http://www.example.com/", &automatic);
//!     said.ok()?.proxy
//! }
//! ```

use std::fmt;

/// WinHTTP's functions that choose a proxy.
pub trait Winhttp: fmt::Debug {
    /// The proxy of `netsh winhttp set proxy`.
    ///
    /// # Errors
    ///
    /// What `WinHttpGetDefaultProxyConfiguration` fails with.
    fn default_configuration(&self) -> Result<ProxyInfo, Failure>;

    /// The Internet settings of the account that asks.
    ///
    /// # Errors
    ///
    /// What `WinHttpGetIEProxyConfigForCurrentUser` fails with.
    fn user_configuration(&self) -> Result<UserConfiguration, Failure>;

    /// The address of the script that WPAD finds, by DHCP and by DNS.
    ///
    /// # Errors
    ///
    /// What `WinHttpDetectAutoProxyConfigUrl` fails with.
    fn detect(&self) -> Result<String, Failure>;

    /// The proxies for a URL, by a script.
    ///
    /// # Errors
    ///
    /// What `WinHttpGetProxyForUrl` fails with.
    fn proxy_for_url(
        &self,
        url: &str,
        automatic: &Automatic,
    ) -> Result<ProxyInfo, Failure>;

    /// The routes for a URL, by a script.
    ///
    /// # Errors
    ///
    /// What `WinHttpGetProxyForUrlEx` fails with.
    fn proxy_for_url_ex(
        &self,
        url: &str,
        automatic: &Automatic,
    ) -> Result<Vec<ProxyEntry>, Failure>;
}

/// Where a script is to be had, `WINHTTP_AUTOPROXY_OPTIONS`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)] // it is made by whoever asks
pub struct Automatic {
    /// Looked for by WPAD, first.
    pub detect: bool,
    /// At this address.
    pub script: Option<String>,
}

/// A list of proxies, `WINHTTP_PROXY_INFO`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)] // it is Windows'
pub struct ProxyInfo {
    /// The list as Windows gave it; `None` for none.
    pub proxy: Option<String>,
    /// What goes direct all the same.
    pub bypass: Option<String>,
}

/// A user's settings, `WINHTTP_CURRENT_USER_IE_PROXY_CONFIG`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)] // it is Windows'
pub struct UserConfiguration {
    /// Whether a script is looked for.
    pub auto_detect: bool,
    /// The address of a script.
    pub auto_config_url: Option<String>,
    /// The manual proxy, as a list.
    pub proxy: Option<String>,
    /// What goes direct all the same.
    pub bypass: Option<String>,
}

/// One route, `WINHTTP_PROXY_RESULT_ENTRY`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)] // it is Windows'
pub struct ProxyEntry {
    /// The proxy's host; `None` for a direct connection.
    pub proxy: Option<String>,
    /// Its port.
    pub port: u16,
    /// Whether it is direct because of a bypass list.
    pub bypass: bool,
}

/// What a function of WinHTTP failed with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)] // it is Windows'
pub struct Failure {
    /// The function.
    pub call: &'static str,
    /// The number of the error.
    pub code: u32,
}

impl Failure {
    /// The name of the error, where it is one of WinHTTP's.
    ///
    /// Source: WINHTTP-AUTOPROXY-OPTIONS, documented.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self.code {
            2 => "ERROR_FILE_NOT_FOUND",
            12001 => "ERROR_WINHTTP_OUT_OF_HANDLES",
            12002 => "ERROR_WINHTTP_TIMEOUT",
            12004 => "ERROR_WINHTTP_INTERNAL_ERROR",
            12005 => "ERROR_WINHTTP_INVALID_URL",
            12006 => "ERROR_WINHTTP_UNRECOGNIZED_SCHEME",
            12007 => "ERROR_WINHTTP_NAME_NOT_RESOLVED",
            12015 => "ERROR_WINHTTP_LOGIN_FAILURE",
            12017 => "ERROR_WINHTTP_OPERATION_CANCELLED",
            12029 => "ERROR_WINHTTP_CANNOT_CONNECT",
            12166 => "ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT",
            12167 => "ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT",
            12176 => "ERROR_WINHTTP_UNHANDLED_SCRIPT_TYPE",
            12177 => "ERROR_WINHTTP_SCRIPT_EXECUTION_ERROR",
            12178 => "ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR",
            12180 => "ERROR_WINHTTP_AUTODETECTION_FAILED",
            _ => return None,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.call, self.code)?;
        match self.name() {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// The `winhttp.dll` of this system.
///
/// A question may take as long as WinHTTP waits for a network, which is a
/// minute or two, and runs scripts in a process of Windows' or in this one,
/// as Windows has it.
#[cfg(windows)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs)] // there is nothing to it
pub struct SystemWinhttp;

#[cfg(windows)]
mod system {
    use super::{
        Automatic, Failure, ProxyEntry, ProxyInfo, SystemWinhttp,
        UserConfiguration, Winhttp,
    };
    use crate::platform::api;

    impl Winhttp for SystemWinhttp {
        fn default_configuration(&self) -> Result<ProxyInfo, Failure> {
            api::default_configuration()
        }

        fn user_configuration(&self) -> Result<UserConfiguration, Failure> {
            api::user_configuration()
        }

        fn detect(&self) -> Result<String, Failure> {
            api::detect()
        }

        fn proxy_for_url(
            &self,
            url: &str,
            automatic: &Automatic,
        ) -> Result<ProxyInfo, Failure> {
            api::proxy_for_url(url, automatic)
        }

        fn proxy_for_url_ex(
            &self,
            url: &str,
            automatic: &Automatic,
        ) -> Result<Vec<ProxyEntry>, Failure> {
            api::proxy_for_url_ex(url, automatic)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_call_and_the_error() {
        let failure = |code| Failure { call: "WinHttpOpen", code }.to_string();
        assert_eq!(
            failure(12167),
            "WinHttpOpen failed: 12167 \
             ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT"
        );
        assert_eq!(failure(87), "WinHttpOpen failed: 87");
    }

    /// Scripts of a `data:` address are refused, as WinHTTP documents, and
    /// nobody listens at the other.
    #[cfg(windows)]
    #[test]
    fn windows_answers() {
        let user = SystemWinhttp.user_configuration();
        assert!(user.is_ok_and(|user| user.auto_config_url.is_none()));
        let default = SystemWinhttp.default_configuration();
        assert_eq!(default, Ok(ProxyInfo::default()));
        let script = Some("http://127.0.0.1:9/proxy.pac".to_owned());
        let automatic = Automatic { detect: false, script };
        let url = "http://www.example.com/";
        let error = SystemWinhttp.proxy_for_url(url, &automatic).unwrap_err();
        assert!(error.name().is_some(), "{error}");
        let error = SystemWinhttp.proxy_for_url_ex(url, &automatic);
        assert!(error.is_err(), "{error:?}");
    }
}
