//! One entry against one target: the definition of what a list means.
//!
//! The [table](super::table) answers faster, and has to answer the same.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;

use super::Target;
use crate::evidence::Evidence;

/// One entry of a list, understood.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Where the entry stands in the list's text, in bytes.
    pub(super) entry: Range<usize>,
    /// Which hosts it is about.
    pub(super) pattern: Pattern,
    /// The one scheme it is about, where it names one.
    pub(super) scheme: Option<Scheme>,
    /// The one port it is about, where it names one.
    pub(super) port: Option<u16>,
    /// What says that it means this.
    pub(super) grounds: Grounds,
}

/// A key of the sources, and how well it founds a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Grounds {
    pub(super) source: &'static str,
    pub(super) evidence: Evidence,
}

/// Which hosts an entry is about. Text is in lower case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Pattern {
    /// Every host.
    Any,
    /// This name and all names below it; no addresses.
    Domain(Box<str>),
    /// This text, in which every `*` stands for any text, also for none.
    Glob(Box<str>),
    /// Names without a dot; no addresses.
    Local,
    /// The addresses of a network.
    Network(IpNet),
    /// No host at all.
    Never,
}

/// A scheme that an entry may be restricted to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Scheme {
    Ftp,
    Gopher,
    Http,
    Https,
}

impl Scheme {
    /// Takes the scheme off the front of an entry.
    ///
    /// An entry "can begin with" one of these four, and is about that
    /// protocol only then.
    ///
    /// Source: KB4551930, documented.
    pub(super) fn strip_from(entry: &str) -> (Option<Scheme>, &str) {
        if let Some((name, rest)) = entry.split_once("://") {
            let all =
                [Scheme::Ftp, Scheme::Gopher, Scheme::Http, Scheme::Https];
            for scheme in all {
                if scheme.name().eq_ignore_ascii_case(name) {
                    return (Some(scheme), rest);
                }
            }
        }
        (None, entry)
    }

    fn name(self) -> &'static str {
        match self {
            Scheme::Ftp => "ftp",
            Scheme::Gopher => "gopher",
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// The host of a target, prepared once for every rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host<'h> {
    /// In lower case, an IPv6 address without its brackets.
    pub(super) text: &'h str,
    /// The address, where the host is one.
    pub(super) address: Option<IpAddr>,
}

impl<'h> Host<'h> {
    /// Prepares a host that is in lower case already.
    pub(super) fn new(text: &'h str) -> Host<'h> {
        let text = strip_brackets(text);
        // Cheaper than to let `parse` fail on every name.
        let may_be_address = text.starts_with(|c: char| c.is_ascii_digit())
            || text.contains(':');
        let address = match may_be_address {
            true => without_zone(text).parse().ok(),
            false => None,
        };
        Host { text, address }
    }
}

impl Rule {
    /// Whether this rule sends the target, whose host is `host`, direct.
    pub(super) fn matches(
        &self,
        host: &Host<'_>,
        target: &Target<'_>,
    ) -> bool {
        let scheme = self
            .scheme
            .is_none_or(|s| s.name().eq_ignore_ascii_case(target.scheme));
        let port = self.port.is_none_or(|port| port == target.port);
        scheme && port && self.pattern.matches(host)
    }
}

impl Pattern {
    fn matches(&self, host: &Host<'_>) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Domain(domain) => {
                host.address.is_none() && is_in_domain(host.text, domain)
            }
            Pattern::Glob(glob) => matches_glob(host.text, glob),
            // Source: PROXYWATCH-MEASURED, measured: an IPv6 address has no
            // dot either, and is not local. Names have no colon.
            Pattern::Local => !host.text.contains(['.', ':']),
            Pattern::Network(network) => {
                host.address.is_some_and(|address| network.contains(&address))
            }
            Pattern::Never => false,
        }
    }
}

/// Takes the brackets off `[::1]`.
pub(super) fn strip_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

/// `fe80::1` of `fe80::1%3`.
fn without_zone(address: &str) -> &str {
    address.split_once('%').map_or(address, |(address, _)| address)
}

/// Whether `name` is `domain` or ends with a dot and `domain`.
fn is_in_domain(name: &str, domain: &str) -> bool {
    match name.strip_suffix(domain) {
        Some(above) => above.is_empty() || above.ends_with('.'),
        None => false,
    }
}

/// Whether `text` is `glob`, every `*` of which stands for any text.
///
/// Linear: what stands between two stars may always be taken where it is
/// found first.
fn matches_glob(text: &str, glob: &str) -> bool {
    let Some((prefix, rest)) = glob.split_once('*') else {
        return text == glob;
    };
    let (pieces, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner =
        text.strip_prefix(prefix).and_then(|text| text.strip_suffix(suffix));
    let Some(mut text) = inner else { return false };
    for piece in pieces.split('*') {
        match text.split_once(piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The glob's meaning with nothing clever in it.
    fn matches_slowly(text: &[u8], glob: &[u8]) -> bool {
        match glob {
            [] => text.is_empty(),
            [b'*', glob @ ..] => (0..=text.len())
                .any(|skipped| matches_slowly(&text[skipped..], glob)),
            [byte, glob @ ..] => {
                text.first() == Some(byte) && matches_slowly(&text[1..], glob)
            }
        }
    }

    proptest! {
        #[test]
        fn globs_mean_what_they_say(text in "[ab.]{0,8}", glob in "[ab.*]{0,6}") {
            prop_assert_eq!(
                matches_glob(&text, &glob),
                matches_slowly(text.as_bytes(), glob.as_bytes())
            );
        }
    }

    #[test]
    fn hosts() {
        for (text, expected, address) in [
            ("contoso.com", "contoso.com", None),
            ("10.0.0.6", "10.0.0.6", Some("10.0.0.6")),
            ("10.0.0.6.", "10.0.0.6.", None),
            ("10.0.0", "10.0.0", None),
            ("[::1]", "::1", Some("::1")),
            ("fe80::1%3", "fe80::1%3", Some("fe80::1")),
            ("[", "[", None),
            ("[]", "", None),
        ] {
            let host = Host::new(text);
            assert_eq!(host.text, expected, "{text}");
            let address = address.map(|a| a.parse().unwrap());
            assert_eq!(host.address, address, "{text}");
        }
    }

    #[test]
    fn schemes() {
        for (entry, scheme, rest) in [
            ("http://a", Some(Scheme::Http), "a"),
            ("HTTPS://a", Some(Scheme::Https), "a"),
            ("ftp://*", Some(Scheme::Ftp), "*"),
            ("gopher://", Some(Scheme::Gopher), ""),
            ("ws://a", None, "ws://a"),
            ("http:/a", None, "http:/a"),
        ] {
            assert_eq!(Scheme::strip_from(entry), (scheme, rest), "{entry}");
        }
    }
}
