//! What bypasses the proxy though no entry says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Profile;
use super::rule::{Grounds, Host};
use crate::evidence::Evidence;

/// What stands before the first entry of every list of `profile`: the name
/// of the set that `host` is in, and what says so.
///
/// `removed` tells that the list has a `<-loopback>`.
pub(super) fn find(
    profile: Profile,
    removed: bool,
    host: &Host<'_>,
) -> Option<(&'static str, Grounds)> {
    match profile {
        // Source: CURL-MAN, documented, in that curl's rules know no host
        // but those of the list.
        Profile::Curl => None,
        // Nobody says that Defender Antivirus bypasses loopback, and it has
        // nothing to reach there.
        Profile::DefenderAv => None,
        Profile::Winhttp => {
            // Source: PROXYWATCH-MEASURED, measured: WinHTTP bypasses the
            // whole network, even with `<-loopback>`.
            if matches!(host.address, Some(IpAddr::V4(v4)) if v4.is_loopback())
            {
                return Some(("loopback", MEASURED));
            }
            find_unless(removed, host, MEASURED)
        }
        // Source: WININET-FUNCTIONALITY, documented: `localhost`,
        // `loopback`, `127.0.0.1` and `[::1]`; `<-loopback>` removes them.
        Profile::Wininet => find_unless(
            removed,
            host,
            Grounds {
                source: "WININET-FUNCTIONALITY",
                evidence: Evidence::Documented,
            },
        ),
    }
}

const MEASURED: Grounds =
    Grounds { source: "PROXYWATCH-MEASURED", evidence: Evidence::Measured };

fn find_unless(
    removed: bool,
    host: &Host<'_>,
    loopback: Grounds,
) -> Option<(&'static str, Grounds)> {
    if removed {
        None
    } else if is_loopback(host) {
        Some(("loopback", loopback))
    } else if is_link_local(host) {
        // Source: PROXYWATCH-MEASURED, measured, for both profiles.
        Some(("link-local", MEASURED))
    } else {
        None
    }
}

fn is_loopback(host: &Host<'_>) -> bool {
    match host.address {
        Some(address) => {
            address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST
        }
        None => matches!(host.text, "localhost" | "loopback"),
    }
}

/// 169.254.0.0/16 and fe80::/10.
fn is_link_local(host: &Host<'_>) -> bool {
    match host.address {
        Some(IpAddr::V4(v4)) => v4.is_link_local(),
        Some(IpAddr::V6(v6)) => v6.is_unicast_link_local(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        // (host, WinINET's set, WinHTTP's, WinHTTP's with <-loopback>)
        for (host, wininet, winhttp, removed) in [
            ("localhost", Some("loopback"), Some("loopback"), None),
            ("loopback", Some("loopback"), Some("loopback"), None),
            (
                "127.0.0.1",
                Some("loopback"),
                Some("loopback"),
                Some("loopback"),
            ),
            ("127.0.0.2", None, Some("loopback"), Some("loopback")),
            ("127.255.0.9", None, Some("loopback"), Some("loopback")),
            ("128.0.0.1", None, None, None),
            ("[::1]", Some("loopback"), Some("loopback"), None),
            ("::1", Some("loopback"), Some("loopback"), None),
            ("::2", None, None, None),
            ("169.254.0.1", Some("link-local"), Some("link-local"), None),
            ("169.253.0.1", None, None, None),
            ("[fe80::1]", Some("link-local"), Some("link-local"), None),
            ("febf::1%7", Some("link-local"), Some("link-local"), None),
            ("fec0::1", None, None, None),
            ("localhost.", None, None, None),
            ("a.localhost", None, None, None),
            ("contoso.com", None, None, None),
        ] {
            let found = |profile, removed| {
                find(profile, removed, &Host::new(host)).map(|(set, _)| set)
            };
            assert_eq!(found(Profile::Wininet, false), wininet, "{host}");
            assert_eq!(found(Profile::Wininet, true), None, "{host}");
            assert_eq!(found(Profile::Winhttp, false), winhttp, "{host}");
            assert_eq!(found(Profile::Winhttp, true), removed, "{host}");
            assert_eq!(found(Profile::Curl, false), None, "{host}");
            assert_eq!(found(Profile::DefenderAv, false), None, "{host}");
        }
    }
}
