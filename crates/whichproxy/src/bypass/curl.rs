//! curl's `NO_PROXY`.
//!
//! The manual says: a list of names, separated by commas; "the only wildcard
//! is a single `*`"; each name is matched "as either a domain which contains
//! the hostname, or the hostname itself"; IPv6 addresses are written
//! "without enclosing brackets"; since 7.86.0 an address may be followed by
//! a slash and "the number of network bits". Ports are not mentioned.
//! What it does not say was measured on curl 7.88.1.

use std::net::IpAddr;

use ipnet::IpNet;

use super::parse::Reading;
use super::rule::{Grounds, Pattern};
use crate::evidence::Evidence;

const MANUAL: Grounds =
    Grounds { source: "CURL-MAN", evidence: Evidence::Documented };
const MEASURED: Grounds =
    Grounds { source: "CURL-MEASURED", evidence: Evidence::Measured };

/// Reads one entry; `is_alone` where it is the whole list.
pub(super) fn read(entry: &str, is_alone: bool) -> Reading {
    if entry == "*" {
        // Source: CURL-MAN, documented: it has to be alone.
        return match is_alone {
            true => Reading::new(Pattern::Any, MANUAL),
            false => Reading::never(
                MANUAL,
                "`*` matches every host only where it is the whole list",
            ),
        };
    }
    if let Some((address, bits)) = entry.split_once('/') {
        return read_network(address, bits);
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Reading::new(Pattern::Network(address.into()), MANUAL);
    }

    // Source: CURL-MEASURED, measured: one dot is taken off either end.
    let name = entry.strip_suffix('.').unwrap_or(entry);
    let name = name.strip_prefix('.').unwrap_or(name);
    let grounds = match name.len() == entry.len() {
        true => MANUAL,
        false => MEASURED,
    };
    if name.is_empty() {
        return Reading::never(MEASURED, "the entry names no host");
    }
    let domain = name.to_ascii_lowercase().into_boxed_str();
    let mut reading = Reading::new(Pattern::Domain(domain), grounds);
    reading.notes.extend(impossible(name));
    reading
}

fn read_network(address: &str, bits: &str) -> Reading {
    let is_number = bits.bytes().all(|byte| byte.is_ascii_digit());
    let network = address
        .parse::<IpAddr>()
        .ok()
        .zip(bits.parse::<u8>().ok().filter(|_| is_number))
        .and_then(|(address, bits)| IpNet::new(address, bits).ok());
    match network {
        // DIFFERENCE: curl 7.88.1 takes `/0` for a single address, and no
        // IPv6 network of its matches anything (curl's pull requests 20306,
        // 18891 and 19828 are about these). We do what the manual says.
        // Source: CURL-MAN, documented.
        Some(network) => {
            Reading::new(Pattern::Network(network.trunc()), MANUAL)
        }
        None => Reading::never(
            MANUAL,
            "the entry is no network such as 10.0.0.0/8 or 2001:db8::/32, so \
             that it never matches",
        ),
    }
}

/// Why no host of a URL can be in the domain `name`, if so.
fn impossible(name: &str) -> Option<&'static str> {
    if name.contains('*') {
        Some(
            "curl's only wildcard is a `*` that is the whole list; a name \
             covers the names below it anyway",
        )
    } else if name.starts_with('[') {
        // Source: CURL-MAN, documented; CURL-MEASURED, measured.
        Some(
            "IPv6 addresses are written without brackets in this list, so \
             that the entry never matches",
        )
    } else if name.contains(':') {
        // Source: CURL-MEASURED, measured.
        Some("curl compares no ports, so that the entry never matches")
    } else if name.contains([';', '\n', '\r']) {
        Some("only commas and blanks separate entries in this list")
    } else if name.contains(['<', '>']) {
        Some("curl has no special entries, so that it never matches")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::bypass::{BypassList, Profile, Target};

    fn is_direct(list: &str, host: &str) -> bool {
        let list = BypassList::new(list, Profile::Curl);
        let target = Target { scheme: "http", host, port: 80 };
        assert_eq!(list.find(target), list.find_naive(target));
        list.find(target).is_some()
    }

    /// Each line but those marked was also measured on curl 7.88.1.
    #[test]
    fn rules() {
        for (list, host, direct) in [
            // Source: CURL-MAN, documented.
            ("", "a.example", false),
            ("*", "a.example", true),
            ("*", "10.0.0.1", true),
            ("a.example", "a.example", true),
            ("a.example", "b.a.example", true),
            ("a.example", "ba.example", false),
            ("a.example", "a.example.org", false),
            ("example", "a.example", true),
            ("x,a.example", "a.example", true),
            ("x,,a.example", "a.example", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.0/8", "10.2.3.4", true),
            ("10.9.9.9/8", "10.2.3.4", true),
            ("10.0.0.0/9", "10.127.0.1", true),
            ("10.0.0.0/9", "10.128.0.1", false),
            ("10.0.0.0/32", "10.0.0.0", true),
            ("::1", "[::1]", true),
            ("::1", "::1", true),
            // Source: CURL-MAN, documented; 7.88.1 differs.
            ("10.0.0.0/0", "11.2.3.4", true),
            ("0:0:0:0:0:0:0:1", "[::1]", true),
            ("fe80::/10", "[fe81::2]", true),
            ("2001:db8::/31", "[2001:db9::5]", true),
            ("2001:db8::/32", "[2001:db9::5]", false),
            ("::/0", "[2001:db8::]", true),
            ("::/0", "10.0.0.1", false),
            ("0.0.0.0/0", "a.example", false),
            // Source: CURL-MEASURED, measured.
            ("x a.example", "a.example", true),
            ("x\ta.example", "a.example", true),
            ("x;a.example", "a.example", false),
            ("x\na.example", "a.example", false),
            ("x,*", "a.example", false),
            (" * ", "a.example", false),
            ("*.example", "a.example", false),
            (".a.example", "a.example", true),
            (".a.example", "b.a.example", true),
            ("..a.example", "a.example", false),
            ("..a.example", "b.a.example", false),
            ("..a.example", "b..a.example", true),
            ("a.example.", "a.example", true),
            ("a.example..", "a.example", false),
            ("a.example", "a.example.", true),
            ("a.example.", "a.example.", true),
            ("a.example", "a.example..", false),
            (".", "a.example", false),
            (".", "a.example.", false),
            ("A.EXAMPLE", "a.example", true),
            ("a.example", "A.EXAMPLE", true),
            ("a.example:80", "a.example", false),
            ("10.0.0.1:80", "10.0.0.1", false),
            (".10.0.0.1", "10.0.0.1", false),
            ("0.0.1", "10.0.0.1", false),
            ("10.0.0.1", "10.0.0.1.", true),
            ("10.0.0.01", "10.0.0.1", false),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/-1", "10.0.0.0", false),
            ("10/8", "10.1.0.0", false),
            ("a.example/8", "a.example", false),
            ("[::1]", "[::1]", false),
            ("::ffff:10.0.0.1", "10.0.0.1", false),
            ("10.0.0.1", "[::ffff:10.0.0.1]", false),
            ("127.0.0.1", "localhost", false),
            ("<local>", "intranet", false),
        ] {
            assert_eq!(is_direct(list, host), direct, "`{list}` for {host}");
        }
    }

    #[test]
    fn oddities() {
        for (entry, part) in [
            ("x,*", "whole list"),
            ("*.example", "only wildcard"),
            ("a.example:80", "no ports"),
            ("[::1]", "without brackets"),
            ("a;b", "only commas"),
            ("<local>", "no special"),
            ("10.0.0.0/33", "no network"),
            ("10.0.0.0/+8", "no network"),
            ("10.0.0.0/", "no network"),
            ("a.example/8", "no network"),
            (".", "no host"),
        ] {
            let list = BypassList::new(entry, Profile::Curl);
            let [oddity] = list.oddities() else {
                panic!("{entry}: {:?}", list.oddities())
            };
            assert!(oddity.reason.contains(part), "{entry}: {oddity}");
        }
        let list = BypassList::new("*", Profile::Curl);
        assert!(list.oddities().is_empty());
        let list = BypassList::new("a.,.b,c,::1,10.0.0.0/8", Profile::Curl);
        assert!(list.oddities().is_empty());
    }
}
