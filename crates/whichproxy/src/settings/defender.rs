//! The values of Microsoft Defender: the sensor's, and Antivirus'.

use std::fmt;

use url::Url;

use super::reader::{Odd, Reader, display, masked_url, number, read_proxies};
use super::{ProxyMap, Setting};
use crate::bypass::{BypassList, Profile};
use crate::error::Error;
use crate::registry::{Key, Value};

/// Values of `HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection` and
/// `…\Windows Advanced Threat Protection`.
///
/// Source: MDE-PROXY, documented.
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

impl DefenderEdrSettings {
    pub(super) fn read(
        reader: &mut Reader<'_>,
    ) -> Result<DefenderEdrSettings, Error> {
        let policies = Key::local_machine(r"SOFTWARE\Policies\Microsoft");
        let collection = policies.join(r"Windows\DataCollection");
        let protection = policies.join("Windows Advanced Threat Protection");
        Ok(DefenderEdrSettings {
            telemetry_proxy_server: reader.text(
                &collection,
                "TelemetryProxyServer",
                |text, odd| telemetry_proxy(text, odd).map(Some),
            )?,
            disable_enterprise_auth_proxy: reader
                .flag(&collection, "DisableEnterpriseAuthProxy")?,
            prefer_static_proxy_for_http_request: reader.setting(
                &protection,
                "PreferStaticProxyForHttpRequest",
                |value, odd| prefer_static(value, odd).map(Some),
            )?,
        })
    }
}

/// "Enter only the proxy host and port … Don't include spaces."
///
/// Source: MDE-PROXY, documented. What the sensor does with other text is
/// not documented; what can be understood is.
fn telemetry_proxy(text: &str, odd: &mut Odd) -> Result<ProxyMap, String> {
    let trimmed = text.trim();
    if text.contains(char::is_whitespace) {
        // Source: MDE-ANALYZER, measured.
        odd.push(
            "has a space, which Microsoft says to leave out (the MDE Client \
             Analyzer warns of it, 131002)"
                .to_owned(),
        );
    }
    if trimmed.contains(char::is_whitespace) {
        return Err("expected `host:port`, found a space within".to_owned());
    }
    let map = read_proxies(trimmed, odd)?;
    if trimmed.contains("://") {
        odd.push(
            "has a scheme, and Microsoft documents `host:port` without one"
                .to_owned(),
        );
    }
    if map.iter().any(|(key, _)| key.is_some()) {
        odd.push(
            "has a proxy for one kind of URL, and Microsoft documents \
             `host:port` only"
                .to_owned(),
        );
    }
    if map.iter().count() > 1 {
        odd.push(
            "has more than one proxy, and Microsoft documents one".to_owned(),
        );
    } else if let Some((_, proxy)) = map.iter().next()
        && !trimmed
            .trim_end_matches('/')
            .ends_with(&format!(":{}", proxy.port()))
    {
        odd.push(format!(
            "has no port, and Microsoft documents `host:port`: read as port \
             {}",
            proxy.port()
        ));
    }
    Ok(map)
}

/// Only 1 counts.
///
/// Source: MDE-PROXY, documented ("with a value of 1"); MDE-ANALYZER,
/// measured (compares with "1").
fn prefer_static(value: &Value, odd: &mut Odd) -> Result<bool, String> {
    let number = number(value, odd)?;
    if number > 1 {
        odd.push(format!("is {number}, and only 1 counts: read as 0"));
    }
    Ok(number == 1)
}

/// The policy and the preference values of Defender Antivirus.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct DefenderAvSettings {
    /// `HKLM\SOFTWARE\Policies\Microsoft\Windows Defender`.
    ///
    /// Source: ADMX-AV-PROXY, documented.
    pub policy: DefenderAvProxy,
    /// `HKLM\SOFTWARE\Microsoft\Windows Defender`, where `Set-MpPreference`
    /// puts its values.
    ///
    /// Source: AV-STRINGS, community.
    pub preference: DefenderAvProxy,
    /// `Spynet\SSLOptions` of the policy, else of the preference: 0 to 3.
    ///
    /// Source: MDE-PROXY, documented.
    pub ssl_options: Setting<u32>,
}

/// One store of Defender Antivirus' proxy values.
#[non_exhaustive]
#[derive(Clone, Default)]
pub struct DefenderAvProxy {
    /// `ProxyServer`.
    pub proxy_server: Setting<ProxyMap>,
    /// `ProxyPacUrl`.
    pub proxy_pac_url: Setting<Url>,
    /// `ProxyBypass`.
    pub proxy_bypass: Setting<BypassList>,
}

/// Credentials in the URL are masked.
impl fmt::Debug for DefenderAvProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.proxy_pac_url.clone();
        f.debug_struct("DefenderAvProxy")
            .field("proxy_server", &self.proxy_server)
            .field("proxy_pac_url", &url.and_then(|url| Ok(masked_url(&url))))
            .field("proxy_bypass", &self.proxy_bypass)
            .finish()
    }
}

impl DefenderAvSettings {
    pub(super) fn read(
        reader: &mut Reader<'_>,
    ) -> Result<DefenderAvSettings, Error> {
        let policy = Key::local_machine(
            r"SOFTWARE\Policies\Microsoft\Windows Defender",
        );
        let preference =
            Key::local_machine(r"SOFTWARE\Microsoft\Windows Defender");
        let settings = DefenderAvSettings {
            policy: DefenderAvProxy::read(reader, &policy)?,
            preference: DefenderAvProxy::read(reader, &preference)?,
            ssl_options: ssl_options(reader, &policy)?
                .or(|| ssl_options(reader, &preference))?,
        };
        warn_of_state(reader, &preference)?;
        Ok(settings)
    }
}

impl DefenderAvProxy {
    fn read(
        reader: &mut Reader<'_>,
        key: &Key,
    ) -> Result<DefenderAvProxy, Error> {
        Ok(DefenderAvProxy {
            proxy_server: reader.text(key, "ProxyServer", |text, odd| {
                av_proxy(text, odd).map(Some)
            })?,
            proxy_pac_url: reader.url(key, "ProxyPacUrl")?,
            proxy_bypass: reader.bypass(
                key,
                "ProxyBypass",
                Profile::DefenderAv,
            )?,
        })
    }
}

/// "The URL should be proceeded with either http:// or https://."
///
/// Source: ADMX-AV-PROXY, documented.
fn av_proxy(text: &str, odd: &mut Odd) -> Result<ProxyMap, String> {
    let map = read_proxies(text, odd)?;
    let begins_with = |scheme: &str| {
        let begin = text.trim().get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    if !begins_with("http://") && !begins_with("https://") {
        odd.push(
            "does not begin with http:// or https://, which Microsoft \
             demands"
                .to_owned(),
        );
    }
    if map.iter().count() > 1 {
        odd.push(
            "has more than one proxy, and Microsoft documents one".to_owned(),
        );
    }
    Ok(map)
}

fn ssl_options(
    reader: &mut Reader<'_>,
    key: &Key,
) -> Result<Setting<u32>, Error> {
    reader.setting(&key.join("Spynet"), "SSLOptions", |value, odd| {
        match number(value, odd)? {
            number @ 0..=3 => Ok(Some(number)),
            _ => Err("expected 0, 1, 2 or 3".to_owned()),
        }
    })
}

/// Names that were seen beside the preferences, and are not read: what
/// Antivirus remembers, and switches nobody describes.
///
/// Source: AV-STRINGS, community.
fn warn_of_state(reader: &mut Reader<'_>, key: &Key) -> Result<(), Error> {
    const NAMES: [&str; 6] = [
        "CachedProxy",
        "CachedProxyAccessType",
        "CachedProxyBypass",
        "ForceUseProxyOnly",
        "LastKnownGoodProxy",
        "ProxyConfigOverride",
    ];
    for name in NAMES {
        if let Some(found) = reader.find(key, name)? {
            let text = super::mask::shown(&display(&found.value));
            reader.warn(
                &found.origin,
                format!(
                    "is `{text}`, and not read: nothing says what it means"
                ),
            );
        }
    }
    Ok(())
}
