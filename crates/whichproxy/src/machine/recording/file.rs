//! Recordings as TOML.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::Url;
use whichproxy_pac::Family;

use super::super::{
    Caching, DhcpAnswer, DhcpOffer, Interface, Page, Suffixes,
};
use super::{Recording, Said, bad, canonical, page_key};
use crate::error::Error;
use crate::registry::{RegFile, Tree};
use crate::settings::shown;

/// The version of the format.
const VERSION: u32 = 1;

/// Nothing that a recorder writes is larger.
const LONGEST: usize = 256 << 20;

const HEADER: &str = "\
# Everything that whichproxy asked of a machine, with the answers; to be
# replayed by `--machine FILE`. User names and secrets before an `@` are
# masked. Names of hosts, addresses and scripts are as they were: look at it
# before it is passed on.
";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    recording: u32,
    #[serde(default, skip_serializing_if = "is_false")]
    incomplete: bool,
    now: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, String>,
    #[serde(default)]
    registry: RegistryPart,
    #[serde(default)]
    interfaces: InterfacesPart,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dhcp: Vec<Lease>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dns: Vec<Name>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    page: Vec<PagePart>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RegistryPart {
    /// The keys that were asked about, whether they are there or not.
    asked: Vec<String>,
    /// As regedit writes it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    export: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    faults: BTreeMap<String, String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct InterfacesPart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<IpAddr>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    addresses_fault: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffixes: Option<SuffixesPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffixes_fault: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list: Option<Vec<InterfacePart>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SuffixesPart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    primary: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    search: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct InterfacePart {
    name: String,
    addresses: Vec<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Lease {
    interface: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    asked: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    offers: Vec<Offer>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    option: Bytes,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    from: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
    family: FamilyName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(default)]
    addresses: Vec<IpAddr>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum FamilyName {
    V4,
    V6,
    Any,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PagePart {
    url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Bytes>,
}

/// Bytes as text, or where they are none, as a table with `hex`.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Hex { hex: String },
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Bytes {
    fn new(bytes: &[u8]) -> Bytes {
        match std::str::from_utf8(bytes) {
            Ok(text) => Bytes::Text(text.to_owned()),
            Err(_) => {
                let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
                Bytes::Hex { hex: digits.collect() }
            }
        }
    }

    fn into_bytes(self) -> Result<Vec<u8>, String> {
        let hex = match self {
            Bytes::Text(text) => return Ok(text.into_bytes()),
            Bytes::Hex { hex } => hex,
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let byte = |pair: &[u8]| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        };
        let pairs = hex.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
        bytes.ok_or_else(|| format!("`{}` is no hex", shown(&hex)))
    }
}

pub(super) fn write(recording: &Recording) -> String {
    let Recording { interfaces, addresses, suffixes, .. } = recording;
    let mut part = InterfacesPart::default();
    match interfaces {
        Some(Ok(list)) => {
            let list = list.iter().map(|interface| InterfacePart {
                name: interface.name.clone(),
                addresses: interface.addresses.clone(),
                suffix: interface.suffix.clone(),
            });
            part.list = Some(list.collect());
        }
        Some(Err(fault)) => part.fault = Some(fault.clone()),
        None => {}
    }
    match addresses {
        Some(Ok(list)) => part.addresses = Some(list.clone()),
        Some(Err(fault)) => part.addresses_fault = Some(fault.clone()),
        None => {}
    }
    match suffixes {
        Some(Ok(Suffixes { primary, search })) => {
            let (primary, search) = (primary.clone(), search.clone());
            part.suffixes = Some(SuffixesPart { primary, search });
        }
        Some(Err(fault)) => part.suffixes_fault = Some(fault.clone()),
        None => {}
    }
    let leases = recording.leases.iter().map(|(interface, said)| {
        let answer = said.as_ref().ok();
        let offers = answer.map(|answer| answer.offers.as_slice());
        let offers = offers.unwrap_or_default().iter().map(|offer| Offer {
            option: Bytes::new(&offer.option),
            from: offer.from.clone(),
        });
        Lease {
            interface: interface.clone(),
            fault: said.as_ref().err().cloned(),
            asked: answer.map(|a| a.asked.clone()).unwrap_or_default(),
            offers: offers.collect(),
        }
    });
    let names = recording.names.iter().map(|((name, family), said)| Name {
        name: name.clone(),
        family: match family {
            Family::V4 => FamilyName::V4,
            Family::V6 => FamilyName::V6,
            _ => FamilyName::Any,
        },
        fault: said.as_ref().err().cloned(),
        addresses: said.clone().unwrap_or_default(),
    });
    let pages = recording.pages.iter().map(|(url, said)| PagePart {
        url: url.clone(),
        fault: said.as_ref().err().cloned(),
        content_type: said.as_ref().ok().and_then(|p| p.content_type.clone()),
        body: said.as_ref().ok().map(|page| Bytes::new(&page.body)),
    });
    let export = match recording.tree.is_empty() {
        true => String::new(),
        // Lines of a recording end as those of other text do.
        false => recording.tree.to_reg().replace("\r\n", "\n"),
    };
    let file = File {
        recording: VERSION,
        incomplete: recording.incomplete,
        now: recording.now.to_string(),
        env: recording.env.clone(),
        registry: RegistryPart {
            asked: recording.keys.iter().cloned().collect(),
            export,
            faults: recording.key_faults.clone(),
        },
        interfaces: part,
        dhcp: leases.collect(),
        dns: names.collect(),
        page: pages.collect(),
    };
    // Strings, numbers, tables and lists of them can always be written.
    let text = toml::to_string_pretty(&file).unwrap_or_default();
    format!("{HEADER}\n{text}")
}

pub(super) fn read(text: &str, name: &str) -> Result<Recording, Error> {
    if text.len() > LONGEST {
        return Err(bad(name, "it is too long for a recording"));
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            let before = text.as_bytes().get(..span.start);
            let before = before.unwrap_or_default().iter();
            1 + before.filter(|byte| **byte == b'\n').count()
        });
        let what = shown(error.message());
        bad(name, format_args!("line {line}: {what}"))
    })?;
    if file.recording != VERSION {
        return Err(bad(
            name,
            format_args!(
                "a recording of version {}, and this reads version {VERSION}",
                file.recording
            ),
        ));
    }
    let now = file.now.parse().map_err(|error| {
        bad(name, format_args!("now: `{}`: {error}", shown(&file.now)))
    })?;
    let mut tree = Tree::new();
    if !file.registry.export.is_empty() {
        let place = format!("{name}, registry.export");
        RegFile::parse(file.registry.export.as_bytes(), &place)?
            .apply(&mut tree);
    }
    let part = file.interfaces;
    let list = part.list.map(|list| {
        let list = list.into_iter().map(|part| Interface {
            name: part.name,
            addresses: part.addresses,
            suffix: part.suffix,
        });
        list.collect()
    });
    let suffixes = part
        .suffixes
        .map(|part| Suffixes { primary: part.primary, search: part.search });
    let mut recording = Recording {
        now,
        env: file.env,
        keys: upper(file.registry.asked).collect(),
        tree,
        key_faults: BTreeMap::new(),
        interfaces: said(list, part.fault),
        addresses: said(part.addresses, part.addresses_fault),
        suffixes: said(suffixes, part.suffixes_fault),
        names: BTreeMap::new(),
        leases: BTreeMap::new(),
        pages: BTreeMap::new(),
        incomplete: file.incomplete,
    };
    for (key, fault) in file.registry.faults {
        recording.key_faults.insert(key.to_uppercase(), fault);
    }
    for Name { name, family, fault, addresses } in file.dns {
        let family = match family {
            FamilyName::V4 => Family::V4,
            FamilyName::V6 => Family::V6,
            FamilyName::Any => Family::Any,
        };
        let said = fault.map_or(Ok(addresses), Err);
        recording.names.insert((canonical(&name), family), said);
    }
    for Lease { interface, fault, asked, offers } in file.dhcp {
        let offers: Result<Vec<DhcpOffer>, String> = offers
            .into_iter()
            .map(|Offer { option, from }| {
                Ok(DhcpOffer { option: option.into_bytes()?, from })
            })
            .collect();
        let offers = offers.map_err(|what| {
            bad(name, format_args!("dhcp, {}: {what}", shown(&interface)))
        })?;
        let said = fault.map_or(Ok(DhcpAnswer { offers, asked }), Err);
        recording.leases.insert(interface, said);
    }
    for PagePart { url, fault, content_type, body } in file.page {
        let place = |what| {
            let url = shown(url.as_str());
            bad(name, format_args!("page, {url}: {what}"))
        };
        let body = body.map(Bytes::into_bytes).transpose().map_err(place)?;
        let said = match (body, fault) {
            (_, Some(fault)) => Err(fault),
            (Some(body), None) => {
                Ok(Page { body, content_type, caching: Caching::default() })
            }
            (None, None) => {
                return Err(place("neither a body nor a fault".to_owned()));
            }
        };
        recording.pages.insert(page_key(&url), said);
    }
    Ok(recording)
}

fn upper(names: Vec<String>) -> impl Iterator<Item = String> {
    names.into_iter().map(|name| name.to_uppercase())
}

/// What was said, where it was asked.
fn said<T>(answer: Option<T>, fault: Option<String>) -> Option<Said<T>> {
    match (answer, fault) {
        (_, Some(fault)) => Some(Err(fault)),
        (answer, None) => answer.map(Ok),
    }
}
