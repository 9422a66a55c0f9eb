//! Settings, listed for people.

use super::mask::shown;
use super::reader::masked_url;
use super::wininet::describe;
use super::{Malformed, Origin, Setting, Settings, Sourced};

/// One setting that was found, as a person reads it.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose setting it is, such as `Defender for Endpoint EDR`.
    pub component: &'static str,
    /// The setting's name in Windows, such as `TelemetryProxyServer`.
    pub name: &'static str,
    /// The value, credentials masked; or why it is none.
    pub value: Result<String, Malformed>,
    /// Where it was read from.
    pub origin: Origin,
}

impl Settings {
    /// Every setting that was found, readable or not, in an order that is
    /// always the same.
    ///
    /// ```
    /// use whichproxy::registry::{Key, Tree, Value};
    /// use whichproxy::{Identity, Machine, Settings};
    /// let key = Key::local_machine(
    ///     r"SOFTWARE\Policies\Microsoft\Windows\DataCollection",
    /// );
    /// let proxy = Value::String("10.0.0.6:8080".into());
    /// let tree = Tree::new().with(&key, "TelemetryProxyServer", proxy);
    /// let machine = Machine::offline().with_registry(tree);
    /// let settings = Settings::read(&machine, &Identity::LocalSystem)?;
    /// let entries = settings.entries();
    /// assert_eq!(entries.len(), 1);
    /// assert_eq!(entries[0].name, "TelemetryProxyServer");
    /// assert_eq!(entries[0].value, Ok("10.0.0.6:8080".into()));
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn entries(&self) -> Vec<Entry> {
        let Settings {
            defender_av,
            defender_edr,
            environment,
            names,
            winhttp,
            wininet,
            ..
        } = self;
        let mut list = List { component: "", entries: Vec::new() };

        list.component = "Defender for Endpoint EDR";
        list.show(
            "TelemetryProxyServer",
            &defender_edr.telemetry_proxy_server,
        );
        list.show(
            "DisableEnterpriseAuthProxy",
            &defender_edr.disable_enterprise_auth_proxy,
        );
        list.show(
            "PreferStaticProxyForHttpRequest",
            &defender_edr.prefer_static_proxy_for_http_request,
        );

        for (component, store) in [
            ("Defender Antivirus policy", &defender_av.policy),
            ("Defender Antivirus preference", &defender_av.preference),
        ] {
            list.component = component;
            list.show("ProxyServer", &store.proxy_server);
            list.show_as("ProxyPacUrl", &store.proxy_pac_url, masked_url);
            list.show_as("ProxyBypass", &store.proxy_bypass, |bypass| {
                shown(bypass.text())
            });
        }
        list.component = "Defender Antivirus";
        list.show("SSLOptions", &defender_av.ssl_options);

        list.component = "WinHTTP";
        list.show_as("WinHttpSettings", &winhttp.proxy, describe);
        list.show("DisableWpad", &winhttp.disable_wpad);
        list.show(
            "DisableProxyAuthenticationSchemes",
            &winhttp.disabled_proxy_authentication,
        );
        list.component = "WinHTTP, 32-bit";
        list.show_as("WinHttpSettings", &winhttp.proxy_wow64, describe);

        list.component = "WinINET";
        list.show("AutoDetect", &wininet.auto_detect);
        list.show_as("AutoConfigURL", &wininet.auto_config_url, masked_url);
        list.show_as("ProxyServer", &wininet.proxy, describe);
        list.show("ProxySettingsPerUser", &wininet.settings_per_user);
        list.show("BadProxyExpiresTime", &wininet.bad_proxy_expires_seconds);
        list.show(
            "EnableAutoproxyResultCache",
            &wininet.autoproxy_result_cache,
        );

        list.component = "Environment";
        list.show("http_proxy", &environment.http_proxy);
        list.show("HTTP_PROXY", &environment.http_proxy_upper);
        list.show("https_proxy", &environment.https_proxy);
        list.show("ftp_proxy", &environment.ftp_proxy);
        list.show("all_proxy", &environment.all_proxy);
        list.show_as("no_proxy", &environment.no_proxy, |bypass| {
            shown(bypass.text())
        });

        list.component = "Names";
        list.show("PrimaryDnsSuffix", &names.primary_suffix);
        list.show_as("SearchList", &names.search_list, |l| l.join(","));
        list.show("UseDomainNameDevolution", &names.use_devolution);
        list.show("DomainNameDevolutionLevel", &names.devolution_level);
        list.entries
    }
}

struct List {
    component: &'static str,
    entries: Vec<Entry>,
}

impl List {
    fn show<T: ToString>(&mut self, name: &'static str, setting: &Setting<T>) {
        self.show_as(name, setting, T::to_string);
    }

    fn show_as<T>(
        &mut self,
        name: &'static str,
        setting: &Setting<T>,
        show: impl FnOnce(&T) -> String,
    ) {
        let (value, origin) = match setting {
            Setting::Unset => return,
            Setting::Set(Sourced { value, origin }) => {
                (Ok(show(value)), origin)
            }
            Setting::Malformed(Sourced { value, origin }) => {
                (Err(value.clone()), origin)
            }
        };
        let origin = origin.clone();
        let component = self.component;
        self.entries.push(Entry { component, name, value, origin });
    }
}
