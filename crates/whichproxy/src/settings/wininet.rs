//! WinINET's values: "Internet Options".

use std::fmt;

use url::Url;

use super::connection::ConnectionSettings;
use super::mask::shown;
use super::reader::{
    Odd, Reader, display, masked_url, number, read_bypass, read_proxies,
    read_url,
};
use super::{Origin, ProxyMap, Setting, Sourced, StaticProxy};
use crate::bypass::{BypassList, Profile};
use crate::client::Identity;
use crate::error::Error;
use crate::registry::{Key, Root, Value};

/// WinINET's settings of one identity (or of the machine, where
/// `ProxySettingsPerUser` is 0).
///
/// The blob `DefaultConnectionSettings`, else `SavedLegacySettings`, is what
/// counts; the plain values (`ProxyEnable` and its kin) are read only where
/// there is no blob.
///
/// Source: BLOB-COMMUNITY, community; that deleting a plain value does not
/// clear the blob: PROXYWATCH-MEASURED, measured.
#[non_exhaustive]
#[derive(Clone, Default)]
pub struct WininetSettings {
    /// Auto-detect is on.
    pub auto_detect: Setting<bool>,
    /// The address of a PAC script, where one is in force.
    pub auto_config_url: Setting<Url>,
    /// The manual proxy, where one is in force.
    pub proxy: Setting<StaticProxy>,
    /// `ProxySettingsPerUser` of the policy; `false` makes the machine's
    /// settings everybody's.
    ///
    /// Source: IE-WPC, NETWORKPROXY-CSP, documented.
    pub settings_per_user: Setting<bool>,
    /// `BadProxyExpiresTime`, in seconds.
    ///
    /// Source: KB320507, documented.
    pub bad_proxy_expires_seconds: Setting<u32>,
    /// `EnableAutoproxyResultCache` of the policies; `false` turns off the
    /// memory of what a PAC script said of a host.
    ///
    /// Source: IE-PAC-PERFORMANCE, documented.
    pub autoproxy_result_cache: Setting<bool>,
}

/// Credentials in the URL are masked.
impl fmt::Debug for WininetSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.auto_config_url.clone();
        let url = url.and_then(|url| Ok(masked_url(&url)));
        f.debug_struct("WininetSettings")
            .field("auto_detect", &self.auto_detect)
            .field("auto_config_url", &url)
            .field("proxy", &self.proxy)
            .field("settings_per_user", &self.settings_per_user)
            .field(
                "bad_proxy_expires_seconds",
                &self.bad_proxy_expires_seconds,
            )
            .field("autoproxy_result_cache", &self.autoproxy_result_cache)
            .finish()
    }
}

const PATH: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
const POLICY_PATH: &str =
    r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";

impl WininetSettings {
    pub(super) fn read(
        identity: &Identity,
        reader: &mut Reader<'_>,
    ) -> Result<WininetSettings, Error> {
        let user = Root::of(identity);
        let user_policy = Key::new(user.clone(), POLICY_PATH);
        let machine_policy = Key::local_machine(POLICY_PATH);
        let user = Key::new(user, PATH);
        let per_user = reader.flag(&machine_policy, "ProxySettingsPerUser")?;
        // Source: IE-WPC, documented.
        let key = match per_user.value() {
            Some(false) => Key::local_machine(PATH),
            _ => user.clone(),
        };
        let plain = Plain::read(reader, &key)?;
        let mut settings = match blob(reader, &key)? {
            Some(blob) => {
                plain.compare(&blob, reader);
                from_blob(&blob, reader)
            }
            None => plain.settings(reader),
        };
        settings.settings_per_user = per_user;
        settings.bad_proxy_expires_seconds =
            reader.number(&user, "BadProxyExpiresTime")?;
        const CACHE: &str = "EnableAutoproxyResultCache";
        settings.autoproxy_result_cache = reader
            .flag(&machine_policy, CACHE)?
            .or(|| reader.flag(&user_policy, CACHE))?;
        warn_of_policies(reader, [&machine_policy, &user_policy])?;
        Ok(settings)
    }
}

/// The first blob that can be read.
fn blob(
    reader: &mut Reader<'_>,
    key: &Key,
) -> Result<Option<Sourced<ConnectionSettings>>, Error> {
    let key = key.join("Connections");
    for name in ["DefaultConnectionSettings", "SavedLegacySettings"] {
        let setting = reader.setting(&key, name, |value, odd| {
            let Value::Binary(bytes) = value else {
                let name = value.type_name();
                return Err(format!("expected a REG_BINARY, found {name}"));
            };
            let blob = ConnectionSettings::parse(bytes)
                .map_err(|error| error.to_string())?;
            if !matches!(blob.version(), 0x46 | 0x3c) {
                odd.push(format!(
                    "is of form {:#x}; 0x46 and 0x3c are known",
                    blob.version()
                ));
            }
            Ok(Some(blob))
        })?;
        if let Setting::Set(blob) = setting {
            return Ok(Some(blob));
        }
    }
    Ok(None)
}

fn from_blob(
    blob: &Sourced<ConnectionSettings>,
    reader: &mut Reader<'_>,
) -> WininetSettings {
    let Sourced { value: blob, origin } = blob;
    let flags = blob.flags();
    let url = blob.auto_config_url();
    let proxies = blob.proxy();
    let mut settings = WininetSettings {
        auto_detect: Setting::Set(Sourced::new(
            flags.auto_detect(),
            origin.clone(),
        )),
        ..WininetSettings::default()
    };
    if flags.auto_config_url() {
        settings.auto_config_url = script(url, origin, reader);
    } else if !url.is_empty() {
        reader.warn(
            origin,
            format!(
                "holds the PAC URL `{}`, which its flags {flags} leave out \
                 of force",
                shown(&url)
            ),
        );
    }
    if flags.proxy() {
        let bypass = bypass(&blob.bypass(), origin, reader);
        settings.proxy = proxy(proxies, bypass, origin, reader);
    } else if !proxies.is_empty() {
        reader.warn(
            origin,
            format!(
                "holds the proxy list `{}`, which its flags {flags} leave \
                 out of force",
                shown(&proxies)
            ),
        );
    }
    settings
}

/// The address of a script that is in force.
fn script(
    text: String,
    origin: &Origin,
    reader: &mut Reader<'_>,
) -> Setting<Url> {
    reader.judge(origin.clone(), &text, |odd| {
        if text.trim().is_empty() {
            odd.push("turns on a PAC script and has no URL".to_owned());
            return Ok(None);
        }
        read_url(&text, odd).map(Some)
    })
}

/// A bypass list; what is odd about it is told of its own value.
fn bypass(text: &str, origin: &Origin, reader: &mut Reader<'_>) -> BypassList {
    let mut odd = Odd::new();
    let list = read_bypass(text, Profile::Wininet, &mut odd);
    odd.into_iter().for_each(|text| reader.warn(origin, text));
    list
}

/// A proxy that is in force.
fn proxy(
    text: String,
    bypass: BypassList,
    origin: &Origin,
    reader: &mut Reader<'_>,
) -> Setting<StaticProxy> {
    reader.judge(origin.clone(), &text, |odd| {
        if text.trim().is_empty() {
            odd.push("turns on a proxy and names none".to_owned());
            return Ok(None);
        }
        Ok(Some(StaticProxy { proxies: read_proxies(&text, odd)?, bypass }))
    })
}

/// The plain values, of which the blob is the original.
struct Plain {
    enable: Setting<bool>,
    server: Setting<String>,
    bypass: Setting<String>,
    url: Setting<String>,
    detect: Setting<bool>,
}

impl Plain {
    fn read(reader: &mut Reader<'_>, key: &Key) -> Result<Plain, Error> {
        // Source: WININET-FUNCTIONALITY, documented: "If ProxyEnable is
        // zero, the application uses INTERNET_OPEN_TYPE_DIRECT."
        let flag = |reader: &mut Reader<'_>, name| {
            reader.setting(key, name, |value, odd| {
                number(value, odd).map(|number| Some(number != 0))
            })
        };
        let enable = flag(reader, "ProxyEnable")?;
        let detect = flag(reader, "AutoDetect")?;
        let mut text =
            |name| reader.text(key, name, |text, _| Ok(Some(text.to_owned())));
        Ok(Plain {
            enable,
            server: text("ProxyServer")?,
            bypass: text("ProxyOverride")?,
            url: text("AutoConfigURL")?,
            detect,
        })
    }

    /// The settings, where there is no blob.
    fn settings(self, reader: &mut Reader<'_>) -> WininetSettings {
        let auto_config_url = match self.url {
            Setting::Set(url) => script(url.value, &url.origin, reader),
            Setting::Malformed(malformed) => Setting::Malformed(malformed),
            Setting::Unset => Setting::Unset,
        };
        let enabled = self.enable.value() == Some(&true);
        let proxy = match self.server {
            Setting::Set(server) if enabled => {
                let bypass = match self.bypass.set() {
                    Some(set) => bypass(&set.value, &set.origin, reader),
                    None => BypassList::new("", Profile::Wininet),
                };
                proxy(server.value, bypass, &server.origin, reader)
            }
            Setting::Set(server) => {
                reader.warn(
                    &server.origin,
                    "is not in force: ProxyEnable is 0 or missing",
                );
                Setting::Unset
            }
            Setting::Malformed(malformed) if enabled => {
                Setting::Malformed(malformed)
            }
            _ => Setting::Unset,
        };
        WininetSettings {
            auto_detect: self.detect,
            auto_config_url,
            proxy,
            ..WininetSettings::default()
        }
    }

    /// Warns of every plain value that says something else than the blob.
    fn compare(
        &self,
        blob: &Sourced<ConnectionSettings>,
        reader: &mut Reader<'_>,
    ) {
        let Sourced { value: blob, origin } = blob;
        let flags = blob.flags();
        let Origin::Registry { name: blob_name, .. } = origin else {
            return;
        };
        let mut odd = |origin: &Origin, what: String| {
            reader.warn(
                origin,
                format!("{what}; {blob_name} counts, not this value"),
            );
        };
        let on = |on: bool| if on { "on" } else { "off" };
        for (plain, flag, what) in [
            (&self.enable, flags.proxy(), "the proxy"),
            (&self.detect, flags.auto_detect(), "auto-detection"),
        ] {
            if let Some(Sourced { value, origin }) = plain.set()
                && *value != flag
            {
                odd(
                    origin,
                    format!(
                        "turns {what} {}, and {blob_name} turns it {}",
                        on(*value),
                        on(flag)
                    ),
                );
            }
        }
        // A list that is not in force bears on nothing.
        let texts = [
            (&self.server, flags.proxy(), blob.proxy()),
            (&self.bypass, flags.proxy(), blob.bypass()),
        ];
        for (plain, in_force, text) in texts {
            if let Some(Sourced { value, origin }) = plain.set()
                && in_force
                && *value != text
            {
                odd(
                    origin,
                    format!(
                        "is `{}`, and {blob_name} has `{}`",
                        shown(value),
                        shown(&text)
                    ),
                );
            }
        }
        let url = match flags.auto_config_url() {
            true => blob.auto_config_url(),
            false => String::new(),
        };
        match self.url.set() {
            Some(Sourced { value, origin }) if *value != url => {
                let has = match url.is_empty() {
                    true => "no PAC URL in force".to_owned(),
                    false => format!("`{}`", shown(&url)),
                };
                odd(
                    origin,
                    format!(
                        "is `{}`, and {blob_name} has {has}",
                        shown(value)
                    ),
                );
            }
            // Source: PROXYWATCH-MEASURED, measured.
            None if !url.is_empty() && self.any() => reader.warn(
                origin,
                format!(
                    "has the PAC URL `{}`, and the value AutoConfigURL is \
                     missing: deleting that does not clear this",
                    shown(&url)
                ),
            ),
            _ => {}
        }
    }

    /// Whether there is any plain value: an export of the blobs alone has
    /// none.
    fn any(&self) -> bool {
        self.enable.set().is_some()
            || self.server.set().is_some()
            || self.bypass.set().is_some()
            || self.detect.set().is_some()
    }
}

/// Source: PROXYWATCH-MEASURED, measured: what
/// `WinHttpGetIEProxyConfigForCurrentUser` gives does not follow them.
fn warn_of_policies(
    reader: &mut Reader<'_>,
    keys: [&Key; 2],
) -> Result<(), Error> {
    const NAMES: [&str; 3] = ["AutoConfigURL", "ProxyEnable", "ProxyServer"];
    for key in keys {
        for name in NAMES {
            if let Some(found) = reader.find(key, name)? {
                let text = shown(&display(&found.value));
                reader.warn(
                    &found.origin,
                    format!(
                        "is `{text}`, and not read: Windows ignores this \
                         value among the policies"
                    ),
                );
            }
        }
    }
    Ok(())
}

/// For the listing: what is shown of a static proxy.
pub(super) fn describe(proxy: &StaticProxy) -> String {
    let StaticProxy { proxies, bypass } = proxy;
    let proxies: &ProxyMap = proxies;
    match (proxies.is_empty(), bypass.text()) {
        (true, _) => "direct".to_owned(),
        (false, "") => proxies.to_string(),
        (false, bypass) => {
            let bypass = super::mask::masked(bypass);
            format!("{proxies} except {}", bypass.escape_debug())
        }
    }
}
