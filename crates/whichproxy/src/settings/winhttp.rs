//! WinHTTP's values, which are the machine's.

use super::connection::WinhttpConnection;
use super::reader::{Odd, Reader, read_bypass, read_proxies};
use super::{ProxyMap, Setting};
use crate::bypass::{BypassList, Profile};
use crate::error::Error;
use crate::registry::{Key, Value};

/// `WinHttpSettings` and `DisableWpad`.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct WinhttpSettings {
    /// The static proxy of `netsh winhttp set proxy`; set with no proxy
    /// where the blob says direct.
    ///
    /// Source: KB4494447 and PROXYCFG (the value), documented.
    pub proxy: Setting<StaticProxy>,
    /// The copy that 32-bit programs see, under `WOW6432Node`.
    ///
    /// Source: WINE-WINHTTP, community.
    pub proxy_wow64: Setting<StaticProxy>,
    /// `…\Internet Settings\WinHttp\DisableWpad`.
    ///
    /// Source: DISABLE-WPAD, documented.
    pub disable_wpad: Setting<bool>,
    /// `…\Internet Settings\WinHttp\DisableProxyAuthenticationSchemes`: a
    /// mask of what is not used to authenticate to a proxy.
    ///
    /// Source: DISABLE-WPAD, documented.
    pub disabled_proxy_authentication: Setting<u32>,
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

impl StaticProxy {
    /// These proxies with this bypass list.
    pub fn new(proxies: ProxyMap, bypass: BypassList) -> StaticProxy {
        StaticProxy { proxies, bypass }
    }
}

impl WinhttpSettings {
    pub(super) fn read(
        reader: &mut Reader<'_>,
    ) -> Result<WinhttpSettings, Error> {
        const PATH: &str =
            r"Microsoft\Windows\CurrentVersion\Internet Settings";
        let own = Key::local_machine("SOFTWARE").join(PATH);
        let wow64 = Key::local_machine(r"SOFTWARE\WOW6432Node").join(PATH);
        Ok(WinhttpSettings {
            proxy: static_proxy(reader, &own)?,
            proxy_wow64: static_proxy(reader, &wow64)?,
            disable_wpad: reader.flag(&own.join("WinHttp"), "DisableWpad")?,
            disabled_proxy_authentication: reader.number(
                &own.join("WinHttp"),
                "DisableProxyAuthenticationSchemes",
            )?,
        })
    }
}

fn static_proxy(
    reader: &mut Reader<'_>,
    key: &Key,
) -> Result<Setting<StaticProxy>, Error> {
    let key = key.join("Connections");
    reader.setting(&key, "WinHttpSettings", |value, odd| {
        let Value::Binary(bytes) = value else {
            let name = value.type_name();
            return Err(format!("expected a REG_BINARY, found {name}"));
        };
        let blob = WinhttpConnection::parse(bytes)
            .map_err(|error| error.to_string())?;
        in_force(&blob, odd).map(Some)
    })
}

fn in_force(
    blob: &WinhttpConnection,
    odd: &mut Odd,
) -> Result<StaticProxy, String> {
    let flags = blob.flags();
    if flags.auto_detect() || flags.auto_config_url() {
        odd.push(format!(
            "has the flags {flags}, which turn on auto-detection or a PAC \
             script: only the static proxy is read"
        ));
    }
    let proxies = blob.proxy();
    let bypass = read_bypass(&blob.bypass(), Profile::Winhttp, odd);
    if flags.proxy() {
        if proxies.trim().is_empty() {
            odd.push(format!(
                "has the flags {flags}, which turn on a proxy, and no proxy: \
                 read as direct"
            ));
            return Ok(StaticProxy { bypass, ..StaticProxy::default() });
        }
        return Ok(StaticProxy {
            proxies: read_proxies(&proxies, odd)?,
            bypass,
        });
    }
    if !proxies.is_empty() {
        odd.push(format!(
            "holds the proxy list `{}`, which its flags {flags} leave out of \
             force",
            super::mask::shown(&proxies)
        ));
    }
    Ok(StaticProxy { bypass, ..StaticProxy::default() })
}
