//! What is configured, typed, each value with the place that says so.
//!
//! Reading is parsing only: it knows every key and no order. What a client
//! does with the values is the business of its [`Plan`](crate::Plan).

mod proxy_map;
mod sourced;

use url::Url;

pub use self::proxy_map::{Dialect, ProxyMap};
pub use self::sourced::{Malformed, Origin, Setting, Sourced, Warning};
use crate::bypass::BypassList;
use crate::client::Identity;
use crate::error::Error;
use crate::machine::Machine;

/// Everything on a machine that bears on proxies, for one identity.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose settings the per-user part was read from.
    pub identity: Identity,
    /// Microsoft Defender Antivirus.
    pub defender_av: DefenderAvSettings,
    /// The sensor of Microsoft Defender for Endpoint.
    pub defender_edr: DefenderEdrSettings,
    /// The environment variables.
    pub environment: EnvironmentSettings,
    /// Name suffixes and devolution, as WPAD's DNS search needs them.
    pub names: NameSettings,
    /// WinHTTP's machine-wide settings.
    pub winhttp: WinhttpSettings,
    /// WinINET's ("Internet Options") settings of the identity.
    pub wininet: WininetSettings,
    /// What is odd about the values that were found.
    pub warnings: Vec<Warning>,
}

impl Settings {
    /// Reads what is configured on `machine` for `identity`.
    ///
    /// Values that can't be read are kept as [`Setting::Malformed`], with a
    /// [`Warning`]; they are no error.
    ///
    /// # Errors
    ///
    /// When the registry itself can't be read
    /// ([`ErrorKind::Registry`](crate::ErrorKind::Registry)).
    pub fn read(
        machine: &Machine,
        identity: &Identity,
    ) -> Result<Settings, Error> {
        let _ = (machine, identity);
        unimplemented!("R")
    }
}

/// Values of `HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection` and
/// `…\Windows Advanced Threat Protection`.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct DefenderEdrSettings {
    /// `TelemetryProxyServer`: the static proxy, `host:port`.
    pub telemetry_proxy_server: Setting<ProxyMap>,
    /// `DisableEnterpriseAuthProxy`: no authenticated proxy is used
    /// automatically.
    pub disable_enterprise_auth_proxy: Setting<bool>,
    /// `PreferStaticProxyForHttpRequest`.
    pub prefer_static_proxy_for_http_request: Setting<bool>,
}

/// The policy and the preference values of Defender Antivirus.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct DefenderAvSettings {
    /// `HKLM\SOFTWARE\Policies\Microsoft\Windows Defender`.
    pub policy: DefenderAvProxy,
    /// `HKLM\SOFTWARE\Microsoft\Windows Defender`, where `Set-MpPreference`
    /// puts its values (community).
    pub preference: DefenderAvProxy,
    /// `Spynet\SSLOptions` of the policy, else of the preference: 0 to 3.
    pub ssl_options: Setting<u32>,
}

/// One store of Defender Antivirus' proxy values.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct DefenderAvProxy {
    /// `ProxyServer`.
    pub proxy_server: Setting<ProxyMap>,
    /// `ProxyPacUrl`.
    pub proxy_pac_url: Setting<Url>,
    /// `ProxyBypass`.
    pub proxy_bypass: Setting<BypassList>,
}

/// `WinHttpSettings` and `DisableWpad`.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct WinhttpSettings {
    /// The static proxy of `netsh winhttp set proxy`; set with no proxy
    /// where the blob says direct.
    pub proxy: Setting<StaticProxy>,
    /// The copy that 32-bit programs see, under `WOW6432Node`.
    pub proxy_wow64: Setting<StaticProxy>,
    /// `…\Internet Settings\WinHttp\DisableWpad`.
    pub disable_wpad: Setting<bool>,
}

/// A static proxy with its bypass list; no proxies mean direct.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct StaticProxy {
    /// The proxies; empty for direct.
    pub proxies: ProxyMap,
    /// What goes direct all the same.
    pub bypass: BypassList,
}

/// WinINET's settings of one identity (or of the machine, where
/// `ProxySettingsPerUser` is 0).
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct WininetSettings {
    /// Auto-detect is on.
    pub auto_detect: Setting<bool>,
    /// The address of a PAC script, where one is in force.
    pub auto_config_url: Setting<Url>,
    /// The manual proxy, where one is in force.
    pub proxy: Setting<StaticProxy>,
    /// `ProxySettingsPerUser` of the policy; `false` makes the machine's
    /// settings everybody's.
    pub settings_per_user: Setting<bool>,
    /// `BadProxyExpiresTime`, in seconds.
    pub bad_proxy_expires_seconds: Setting<u32>,
}

/// The variables that curl follows.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct EnvironmentSettings {
    /// `http_proxy`, spelled in lower case: curl ignores `HTTP_PROXY` where
    /// names have case.
    pub http_proxy: Setting<ProxyMap>,
    /// `HTTP_PROXY` in any other spelling, which curl sees only on Windows,
    /// where names have no case.
    pub http_proxy_upper: Setting<ProxyMap>,
    /// `https_proxy`, else `HTTPS_PROXY`.
    pub https_proxy: Setting<ProxyMap>,
    /// `ftp_proxy`, else `FTP_PROXY`.
    pub ftp_proxy: Setting<ProxyMap>,
    /// `all_proxy`, else `ALL_PROXY`.
    pub all_proxy: Setting<ProxyMap>,
    /// `no_proxy`, else `NO_PROXY`.
    pub no_proxy: Setting<BypassList>,
}

/// Values of `HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`
/// that say where WPAD looks for a name.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct NameSettings {
    /// `NV Domain` or `Domain`: the primary DNS suffix.
    pub primary_suffix: Setting<String>,
    /// `SearchList`: the global suffix search list.
    pub search_list: Setting<Vec<String>>,
    /// `UseDomainNameDevolution`.
    pub use_devolution: Setting<bool>,
    /// `DomainNameDevolutionLevel` (policy first).
    pub devolution_level: Setting<u32>,
}
