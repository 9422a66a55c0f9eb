//! Bypass lists: which hosts go direct although a proxy is set.

use url::Url;

use crate::evidence::Evidence;

/// Whose rules a bypass list follows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Profile {
    /// curl's `NO_PROXY`.
    Curl,
    /// Defender Antivirus' `ProxyBypass`.
    DefenderAv,
    /// WinHTTP's, as `netsh winhttp set proxy` keeps it.
    #[default]
    Winhttp,
    /// WinINET's `ProxyOverride`.
    Wininet,
}

/// What is asked of a bypass list: scheme, host and port of a URL.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The scheme, in lower case.
    pub scheme: &'a str,
    /// The host as text; an IPv6 address with or without brackets.
    pub host: &'a str,
    /// The port, the scheme's own where the URL names none.
    pub port: u16,
}

impl<'a> From<&'a Url> for Target<'a> {
    fn from(url: &'a Url) -> Target<'a> {
        Target {
            scheme: url.scheme(),
            host: url.host_str().unwrap_or(""),
            port: url.port_or_known_default().unwrap_or(0),
        }
    }
}

/// Why a host bypasses the proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Match {
    /// The entry that matched, as it was written; for the built-in ones
    /// what they are, such as `loopback`.
    pub entry: String,
    /// A key of the sources.
    pub source: &'static str,
    /// How well the rule is founded.
    pub evidence: Evidence,
}

/// A compiled bypass list.
#[derive(Clone, Debug, Default)]
pub struct BypassList {
    profile: Profile,
    text: String,
}

impl BypassList {
    /// Compiles the list `text` by the rules of `profile`.
    pub fn new(text: &str, profile: Profile) -> BypassList {
        BypassList { profile, text: text.to_owned() }
    }

    /// The first rule that sends `target` direct, if any.
    pub fn find(&self, target: Target<'_>) -> Option<Match> {
        let _ = target;
        None
    }

    /// The list as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whose rules it follows.
    pub fn profile(&self) -> Profile {
        self.profile
    }
}
