//! One test case, field by field.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use crate::load::data;

/// One test case: a machine, a question, and what is expected.
///
/// Fields that are expectations are compared only where they are given.
/// A case that expects no `error` fails when there is one.
#[non_exhaustive]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// The file's path under `data` without `.toml`; filled in by the
    /// loader.
    #[serde(skip)]
    pub group: String,
    /// The case's own name: lower-case words joined by `-`, unique in its
    /// file.
    pub name: String,
    /// The keys of the sources it rests on; at least one.
    pub source: Vec<String>,
    /// How well those sources found it.
    pub evidence: Grade,
    /// In what ours departs from others, and on whose authority; for
    /// people.
    pub difference: Option<String>,

    // The machine.
    /// The text of a `.reg` file. Without a first line that names the
    /// format, `Windows Registry Editor Version 5.00` is put in front,
    /// unless the case expects an error of kind `registry`.
    pub registry: Option<String>,
    /// Files under `data/registry`, applied in order and before `registry`.
    pub registry_file: Option<OneOrMany>,
    /// The environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Names and their addresses; no others resolve.
    #[serde(default)]
    pub dns: BTreeMap<String, Vec<String>>,
    /// Pages by URL; no others can be fetched.
    #[serde(default)]
    pub pages: BTreeMap<String, Page>,
    /// What DHCP offers as option 252.
    pub dhcp_wpad: Option<String>,
    /// The primary DNS suffix, as the network tells it.
    pub domain: Option<String>,
    /// The suffix search list, as the network tells it.
    #[serde(default)]
    pub search: Vec<String>,
    /// The machine's own addresses.
    pub my_ip: Option<OneOrMany>,
    /// The time, with the offset of the machine's zone.
    pub now: Option<String>,
    /// What was asked before, by the same resolver, about the same URL.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
    /// Whether scripts that are no longer fresh were asked for since.
    #[serde(default)]
    pub refreshed: bool,

    // The question.
    /// A client, by the name that `--as` takes.
    pub client: Option<String>,
    /// Which of the client's readings; the first where not given.
    pub reading: Option<String>,
    /// The SID of the account whose settings count; the client's own where
    /// not given.
    pub user: Option<String>,
    /// The URL that is asked about.
    pub url: Option<String>,
    /// The second argument of the script, raw; then `url` is the first,
    /// raw too.
    pub host: Option<String>,
    /// The list of a proxies or bypass case.
    pub list: Option<String>,
    /// `winhttp` or `wininet`: which keys of a proxy list count.
    pub dialect: Option<String>,
    /// The scheme that a proxy list is asked for.
    pub scheme: Option<String>,
    /// Whose bypass rules: `curl`, `defender-av`, `winhttp`, `wininet`.
    pub profile: Option<String>,
    /// The text of a script.
    pub script: Option<String>,
    /// A file under `data/scripts`.
    pub script_file: Option<String>,
    /// A JavaScript expression, whose `value` is expected.
    pub expression: Option<String>,

    // The expectations.
    /// The steps of the plan, as they print.
    pub plan: Option<Vec<String>>,
    /// The names of the client's readings, best founded first.
    pub readings: Option<Vec<String>>,
    /// The names of what the client's order has and this plan has not.
    pub skipped: Option<Vec<String>>,
    /// The routes as a PAC string.
    pub routes: Option<String>,
    /// The kinds of the routes: `proxy`, `direct`, `bypass`.
    pub kinds: Option<Vec<String>>,
    /// The number, from 1, of the step that gave the first route.
    pub decided_by: Option<usize>,
    /// How each step of the plan went.
    pub outcomes: Option<Vec<String>>,
    /// The kind of the error: of [`whichproxy::ErrorKind`], or in pac cases
    /// of [`whichproxy_pac::ErrorKind`], in words joined by `-`.
    pub error: Option<String>,
    /// Parts of the error's message, each of which must be there.
    pub error_contains: Option<Vec<String>>,
    /// The number that WinHTTP reports.
    pub winhttp_code: Option<u32>,
    /// Parts of notes of the trace; each must be in one of them.
    pub note_contains: Option<Vec<String>>,
    /// Parts of warnings about settings, each of which must be in one of
    /// them; the empty list means that there are none.
    pub warnings: Option<Vec<String>>,
    /// Parts of lines of the list of settings, each of which must be in one
    /// of them; the empty list means that nothing is configured.
    pub entries: Option<Vec<String>>,
    /// Texts that must be nowhere in what is printed: passwords.
    pub hidden: Option<Vec<String>>,
    /// The proxies of a proxies case, as elements of a PAC string.
    pub proxies: Option<Vec<String>>,
    /// Parts of remarks about a proxy or bypass list, each of which must be
    /// in one of them; the empty list means that there are none.
    pub oddities: Option<Vec<String>>,
    /// Whether the bypass list sends the URL direct.
    pub bypassed: Option<bool>,
    /// The entry that did.
    pub entry: Option<String>,
    /// The script's own string.
    pub result: Option<String>,
    /// The value of `expression`: strings in double quotes, all else as
    /// `String(…)` shows it.
    pub value: Option<String>,
    /// What the script asked of the machine, in order.
    pub asked: Option<Vec<String>>,
    /// The script's messages, in order.
    pub alerts: Option<Vec<String>>,
    /// The elements of the result that were passed over, in order.
    pub ignored: Option<Vec<String>>,
}

/// The grade of a case's sources.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums)] // the four grades are the whole scale
pub enum Grade {
    /// Microsoft's documentation, or a Microsoft employee, says so.
    Documented,
    /// Somebody measured it and published the result.
    Measured,
    /// Other implementations, registry dumps or articles agree on it.
    Community,
    /// Our own reading, or our own choice.
    #[default]
    Inferred,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[allow(clippy::exhaustive_enums)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several, in order.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

/// A page of the network.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums)]
pub enum Page {
    /// Its text.
    Text(String),
    /// Its bytes are in a file under `data/scripts`.
    #[serde(rename_all = "kebab-case")]
    File {
        /// The file's name.
        file: String,
        /// The `Content-Type` header.
        content_type: Option<String>,
    },
    /// Its text, and what its server says of it.
    #[serde(rename_all = "kebab-case")]
    Served {
        /// The text.
        text: String,
        /// The `Content-Type` header.
        content_type: Option<String>,
        /// The other headers, by name.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
}

/// A question that was asked before.
#[non_exhaustive]
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Earlier {
    /// The pages of the network at that time.
    #[serde(default)]
    pub pages: BTreeMap<String, Page>,
    /// How many seconds passed since, until the next question.
    pub seconds: u64,
}

impl Page {
    /// The `Content-Type` header.
    pub fn content_type(&self) -> Option<&str> {
        match self {
            Page::Text(_) => None,
            Page::File { content_type, .. }
            | Page::Served { content_type, .. } => content_type.as_deref(),
        }
    }

    /// The other headers.
    pub fn headers(&self) -> impl Iterator<Item = (&String, &String)> {
        let headers = match self {
            Page::Served { headers, .. } => Some(headers),
            _ => None,
        };
        headers.into_iter().flatten()
    }

    /// The bytes of the page.
    ///
    /// # Panics
    ///
    /// When its file can't be read, which fails the test as it should.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Page::Text(text) | Page::Served { text, .. } => {
                text.clone().into_bytes()
            }
            Page::File { file, .. } => read(script_path(file)),
        }
    }
}

/// What a case asks.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Whether a bypass list sends a URL direct.
    Bypass,
    /// What a script answers.
    Pac,
    /// What a proxy list means.
    Proxies,
    /// What a client does.
    Resolve,
    /// What is configured.
    Settings,
}

impl Case {
    /// The group and the name: `clients/defender-edr/static-then-direct`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    /// What the case asks, by the fields it has.
    pub fn kind(&self) -> Kind {
        if self.client.is_some() {
            Kind::Resolve
        } else if self.profile.is_some() {
            Kind::Bypass
        } else if self.dialect.is_some() {
            Kind::Proxies
        } else if self.has_script() {
            Kind::Pac
        } else {
            Kind::Settings
        }
    }

    fn has_script(&self) -> bool {
        self.script.is_some()
            || self.script_file.is_some()
            || self.expression.is_some()
    }

    /// The registry exports of the machine, each with a name, in order.
    ///
    /// # Panics
    ///
    /// When a file can't be read, which fails the test as it should.
    pub fn registries(&self) -> Vec<(String, Vec<u8>)> {
        let files = self.registry_file.iter().flat_map(OneOrMany::all);
        let files = files.map(|file| {
            (file.clone(), read(data().join("registry").join(file)))
        });
        let inline = self.registry.iter().map(|text| {
            let has_header = ["Windows Registry Editor", "REGEDIT4"]
                .iter()
                .any(|header| text.trim_start().starts_with(header));
            let raw = self.error.as_deref() == Some("registry");
            let text = if has_header || raw {
                text.clone()
            } else {
                format!("Windows Registry Editor Version 5.00\n\n{text}")
            };
            ("case.reg".to_owned(), text.into_bytes())
        });
        files.chain(inline).collect()
    }

    /// The bytes of the script of a pac case.
    ///
    /// # Panics
    ///
    /// When its file can't be read, which fails the test as it should.
    pub fn script_bytes(&self) -> Vec<u8> {
        if let Some(file) = &self.script_file {
            return read(script_path(file));
        }
        let Some(expression) = &self.expression else {
            return self.script.clone().unwrap_or_default().into_bytes();
        };
        format!(
            "function FindProxyForURL(url, host) {{\n\
             var value = ({expression});\n\
             return typeof value == 'string' ? '\"' + value + '\"'\n\
             : String(value);\n}}\n"
        )
        .into_bytes()
    }

    /// Whether the case says anything at all of what it expects.
    pub(crate) fn expects_something(&self) -> bool {
        self.plan.is_some()
            || self.readings.is_some()
            || self.skipped.is_some()
            || self.routes.is_some()
            || self.kinds.is_some()
            || self.decided_by.is_some()
            || self.outcomes.is_some()
            || self.error.is_some()
            || self.note_contains.is_some()
            || self.warnings.is_some()
            || self.entries.is_some()
            || self.hidden.is_some()
            || self.proxies.is_some()
            || self.oddities.is_some()
            || self.bypassed.is_some()
            || self.result.is_some()
            || self.value.is_some()
            || self.asked.is_some()
            || self.alerts.is_some()
            || self.ignored.is_some()
    }

    /// What is wrong with the case itself, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        let word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
                })
        };
        let key = |text: &String| {
            !text.is_empty()
                && text.bytes().all(|b| {
                    b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'
                })
        };
        if !word(&self.name) {
            return Some("a name is lower-case words joined by `-`".into());
        }
        if self.source.is_empty() || !self.source.iter().all(key) {
            return Some("`source` is a list of keys in upper case".into());
        }
        if !self.expects_something() {
            return Some("expects nothing".into());
        }
        let kinds = [
            self.client.is_some(),
            self.profile.is_some(),
            self.dialect.is_some(),
            self.has_script(),
        ];
        if kinds.iter().filter(|has| **has).count() > 1 {
            return Some("is of more than one kind".into());
        }
        if self.expression.is_some() != self.value.is_some()
            && self.error.is_none()
        {
            return Some("`expression` and `value` go together".into());
        }
        None
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source.join(", ");
        write!(f, "{} [{source}, {:?}]", self.full_name(), self.evidence)
    }
}

pub(crate) fn script_path(file: &str) -> PathBuf {
    data().join("scripts").join(file)
}

fn read(path: PathBuf) -> Vec<u8> {
    crate::files::bytes(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
