//! The names that WPAD looks under.

use super::Setting;
use super::reader::Reader;
use crate::error::Error;
use crate::registry::Key;

/// Values that say where WPAD looks for a name: those of
/// `HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters` and
/// `…\Dnscache\Parameters`, and the DNS client's policies, which go before
/// them.
///
/// Source: DNS-DEVOLUTION, ADMX-DNSCLIENT, documented.
#[non_exhaustive]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NameSettings {
    /// `NV PrimaryDnsSuffix` or `PrimaryDnsSuffix` of the policy, else `NV
    /// Domain` or `Domain`: the primary DNS suffix.
    pub primary_suffix: Setting<String>,
    /// `SearchList`: the global suffix search list.
    pub search_list: Setting<Vec<String>>,
    /// `UseDomainNameDevolution`.
    pub use_devolution: Setting<bool>,
    /// `DomainNameDevolutionLevel` (policy first).
    pub devolution_level: Setting<u32>,
}

impl NameSettings {
    pub(super) fn read(
        reader: &mut Reader<'_>,
    ) -> Result<NameSettings, Error> {
        let policies = Key::local_machine(r"SOFTWARE\Policies\Microsoft");
        let system = policies.join(r"System\DNSClient");
        let client = policies.join(r"Windows NT\DNSClient");
        let services =
            Key::local_machine(r"SYSTEM\CurrentControlSet\Services");
        let cache = services.join(r"Dnscache\Parameters");
        let tcpip = services.join(r"Tcpip\Parameters");
        let mut names = NameSettings::default();
        for (key, name) in [
            (&system, "NV PrimaryDnsSuffix"),
            (&system, "PrimaryDnsSuffix"),
            (&tcpip, "NV Domain"),
            (&tcpip, "Domain"),
        ] {
            names.primary_suffix = names
                .primary_suffix
                .or(|| reader.text(key, name, |text, _| Ok(suffix(text))))?;
        }
        for key in [&client, &tcpip] {
            names.search_list = names.search_list.or(|| {
                reader.text(key, "SearchList", |text, _| Ok(suffixes(text)))
            })?;
        }
        for key in [&client, &cache, &tcpip] {
            names.use_devolution = names
                .use_devolution
                .or(|| reader.flag(key, "UseDomainNameDevolution"))?;
            names.devolution_level = names
                .devolution_level
                .or(|| reader.number(key, "DomainNameDevolutionLevel"))?;
        }
        Ok(names)
    }
}

/// A suffix without the dots around it; `None` where nothing is left.
fn suffix(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('.');
    (!text.is_empty()).then(|| text.to_owned())
}

fn suffixes(text: &str) -> Option<Vec<String>> {
    let separator = |c: char| matches!(c, ',' | ';') || c.is_whitespace();
    let list: Vec<String> = text.split(separator).filter_map(suffix).collect();
    (!list.is_empty()).then_some(list)
}
