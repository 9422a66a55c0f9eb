//! What Windows said, as a case of the suite.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use url::Url;
use whichproxy::machine::{
    FixedClock, Leases, Names, Pages, Recording, StaticInterfaces, Suffixes,
};
use whichproxy::registry::RegFile;
use whichproxy::{Client, Machine, Resolver};

use crate::args::CompareArgs;

/// What the source of such cases is called.
const SOURCE: &str = "WINHTTP-COMPARED";

/// A case as the suite has it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Case {
    name: String,
    source: [&'static str; 1],
    evidence: &'static str,
    client: &'static str,
    url: String,
    now: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    search: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    my_ip: Vec<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dhcp_wpad: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    winhttp_code: Option<u32>,
    registry: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dns: BTreeMap<String, Vec<IpAddr>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pages: BTreeMap<String, String>,
}

/// What Windows gave in the end.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// Its routes, or ours where they are the same.
    Routes(String),
    /// The number of its error.
    Code(u32),
}

/// A case of what a recording has, with other names unless the options say
/// that they may be told; an error says why there is none.
pub(super) fn case(
    args: &CompareArgs,
    name: String,
    url: &Url,
    recording: &Recording,
    expected: &Expected,
    ours: &str,
) -> Result<String, String> {
    if args.names {
        let case = Case::new(args.client, name, url, recording, expected)?;
        return case.checked(args, ours);
    }
    let told = match expected {
        Expected::Routes(routes) => routes.as_str(),
        Expected::Code(_) => "",
    };
    let (recording, disguise) =
        recording.disguised(&[url.as_str(), told, ours]);
    let expected = match expected {
        Expected::Routes(routes) => Expected::Routes(disguise.text(routes)),
        Expected::Code(code) => Expected::Code(*code),
    };
    let url = disguise.text(url.as_str());
    let url = url.parse().map_err(|_| "its URL is none without names")?;
    let case = Case::new(args.client, name, &url, &recording, &expected)?;
    case.checked(args, &disguise.text(ours))
        .map_err(|why| format!("{why}, or not with other names (--names)"))
}

impl Case {
    fn new(
        client: Client,
        name: String,
        url: &Url,
        recording: &Recording,
        expected: &Expected,
    ) -> Result<Case, String> {
        let mut dns = BTreeMap::<String, Vec<IpAddr>>::new();
        for (name, addresses) in recording.names() {
            let known = dns.entry(name.to_owned()).or_default();
            for address in addresses {
                if !known.contains(address) {
                    known.push(*address);
                }
            }
        }
        dns.retain(|_, addresses| !addresses.is_empty());
        let mut pages = BTreeMap::new();
        for (url, page) in recording.pages() {
            let text = str::from_utf8(&page.body);
            let text = text.map_err(|_| "a page is no text")?;
            pages.insert(url.to_string(), text.to_owned());
        }
        let mut options = recording.wpad_options();
        let option = options.find_map(|option| str::from_utf8(option).ok());
        let suffixes = recording.suffixes().cloned().unwrap_or_default();
        let (routes, winhttp_code) = match expected {
            Expected::Routes(routes) => (Some(routes.clone()), None),
            Expected::Code(code) => (None, Some(*code)),
        };
        Ok(Case {
            name,
            source: [SOURCE],
            evidence: "measured",
            client: client.name(),
            url: url.to_string(),
            now: recording.now().to_string(),
            domain: suffixes.primary,
            search: suffixes.search,
            my_ip: recording.own_addresses(),
            dhcp_wpad: option.map(ToOwned::to_owned),
            routes,
            winhttp_code,
            registry: match recording.registry().is_empty() {
                true => String::new(),
                false => recording.registry().to_reg().replace("\r\n", "\n"),
            },
            dns,
            pages,
        })
    }

    /// The machine of the case, as the suite makes it.
    fn machine(&self) -> Result<Machine, String> {
        let told = |error: whichproxy::Error| error.to_string();
        let mut machine = Machine::offline();
        if !self.registry.is_empty() {
            let export = self.registry.as_bytes();
            let export = RegFile::parse(export, "case.reg").map_err(told)?;
            machine = machine.with_registry(export);
        }
        let names = self.dns.iter().fold(Names::new(), |names, (name, of)| {
            names.with(name, of.iter().copied())
        });
        let mut pages = Pages::new();
        for (url, text) in &self.pages {
            let url = url.parse().map_err(|_| "an address is none")?;
            pages = pages.with(&url, text.as_bytes());
        }
        let suffixes = Suffixes {
            primary: self.domain.clone(),
            search: self.search.clone(),
        };
        let interfaces = StaticInterfaces::new()
            .with_addresses(self.my_ip.clone())
            .with_suffixes(suffixes);
        if let Some(option) = &self.dhcp_wpad {
            let leases = Leases::new().with_wpad(option.as_bytes());
            machine = machine.with_dhcp(leases);
        }
        let now = self.now.parse().map_err(|_| "its time is none")?;
        Ok(machine
            .with_dns(names)
            .with_fetch(pages)
            .with_interfaces(interfaces)
            .with_clock(FixedClock::new(now)))
    }

    /// The text of the case, where we answer as we did on the machine.
    fn checked(
        &self,
        args: &CompareArgs,
        ours: &str,
    ) -> Result<String, String> {
        let machine = self.machine()?;
        let resolver = Resolver::new(args.client, machine)
            .map_err(|error| error.to_string())?
            .with_limits(args.limits.limits())
            .with_isolation(args.isolation.place());
        let answer = match resolver.resolve_text(&self.url) {
            Ok(found) => found.routes().to_string(),
            Err(_) => String::new(),
        };
        if answer != ours {
            return Err("a case can't tell all that was asked".to_owned());
        }
        let text =
            toml::to_string_pretty(self).map_err(|error| error.to_string())?;
        Ok(format!("[[test]]\n{}", tables(&text)))
    }
}

/// The tables of a case under its own.
fn tables(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| match line.trim_end() {
        "[dns]" => "[test.dns]\n",
        "[pages]" => "[test.pages]\n",
        _ => line,
    });
    lines.collect()
}
