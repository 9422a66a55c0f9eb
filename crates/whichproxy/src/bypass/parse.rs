//! From the text of a list to its rules, and to what is odd about it.

use super::rule::{Grounds, Pattern, Rule, Scheme, strip_brackets};
use super::{Oddity, Profile, curl, masked};
use crate::evidence::Evidence;

/// A list, understood.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// One rule for every entry, in order.
    pub(super) rules: Vec<Rule>,
    pub(super) oddities: Vec<Oddity>,
    /// The entry that makes the whole list void, so that everything goes
    /// direct.
    pub(super) void: Option<usize>,
    /// The list has a `<-loopback>`.
    pub(super) removes_implicit: bool,
}

/// Reads a list by the rules of `profile`. Never fails: what can't be
/// understood matches nothing, and is an [`Oddity`].
pub(super) fn parse(text: &str, profile: Profile) -> Parsed {
    let mut parsed = Parsed::default();
    let (mut offset, mut column, mut counted) = (0, 1, 0);
    // What follows the last `@` can't make a password of what precedes.
    let last = text.rfind('@').unwrap_or(0);
    for entry in text.split(|c| is_separator(c, profile)) {
        let (start, end) = (offset, offset + entry.len());
        offset = end + 1; // every separator is one byte
        if entry.is_empty() {
            continue;
        }
        // Columns are counted from entry to entry, lest long lists take
        // quadratic time. Both ends are ends of entries.
        column += text.get(counted..start).unwrap_or("").chars().count();
        counted = start;

        let reading = match profile {
            Profile::Curl => curl::read(entry, entry.len() == text.len()),
            Profile::DefenderAv => read_antivirus(entry),
            Profile::Winhttp | Profile::Wininet => {
                read_windows(entry, profile)
            }
        };
        for reason in reading.notes {
            parsed.oddities.push(Oddity {
                entry: masked(entry, || end < last).into_owned(),
                column,
                reason,
            });
        }
        if reading.voids_list && parsed.void.is_none() {
            parsed.void = Some(parsed.rules.len());
        }
        parsed.removes_implicit |= reading.removes_implicit;
        parsed.rules.push(Rule {
            entry: start..end,
            pattern: reading.pattern,
            scheme: reading.scheme,
            port: reading.port,
            grounds: reading.grounds,
        });
    }
    parsed
}

fn is_separator(c: char, profile: Profile) -> bool {
    let is_space = matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r');
    match profile {
        // Source: CURL-MAN, documented, for the comma; CURL-MEASURED,
        // measured, for blanks, and that a line feed is none.
        Profile::Curl => matches!(c, ',' | ' ' | '\t'),
        // What separates the addresses is not documented for the policy;
        // `Set-MpPreference` takes several strings. Whatever can't be part
        // of an address is accepted. Source: ADMX-AV-PROXY, inferred.
        Profile::DefenderAv => is_space || matches!(c, ';' | ',' | '|'),
        // Source: WINHTTP-PROXY-INFO, documented: "separated by semicolons
        // or whitespace". A comma is none: PROXYWATCH-MEASURED, measured.
        Profile::Winhttp | Profile::Wininet => is_space || c == ';',
    }
}

/// What an entry means, as one profile reads it.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) pattern: Pattern,
    pub(super) scheme: Option<Scheme>,
    pub(super) port: Option<u16>,
    pub(super) grounds: Grounds,
    pub(super) voids_list: bool,
    pub(super) removes_implicit: bool,
    /// What is odd about it, a sentence each.
    pub(super) notes: Vec<&'static str>,
}

impl Reading {
    pub(super) fn new(pattern: Pattern, grounds: Grounds) -> Reading {
        Reading {
            pattern,
            scheme: None,
            port: None,
            grounds,
            voids_list: false,
            removes_implicit: false,
            notes: Vec::new(),
        }
    }

    /// An entry that matches nothing, and why.
    pub(super) fn never(grounds: Grounds, note: &'static str) -> Reading {
        Reading { notes: vec![note], ..Reading::new(Pattern::Never, grounds) }
    }
}

// What grounds a rule of WinHTTP's and WinINET's. Wildcards: PROXYCFG has
// them left-most only, KB4551930 (about WinINET) at the beginning, in the
// middle and at the end. We follow the latter for both, and say of WinHTTP
// that it is inferred, wherever the two contradict each other.
const BARE_NAME: Grounds =
    Grounds { source: "PROXYWATCH-MEASURED", evidence: Evidence::Measured };
const DOCUMENTED_SYNTAX: Grounds =
    Grounds { source: "KB4551930", evidence: Evidence::Documented };
const INFERRED_SYNTAX: Grounds =
    Grounds { source: "KB4551930", evidence: Evidence::Inferred };
const LEFTMOST_WILDCARD: Grounds =
    Grounds { source: "PROXYCFG", evidence: Evidence::Documented };
const WINHTTP_LOCAL: Grounds =
    Grounds { source: "WINHTTP-PROXY-INFO", evidence: Evidence::Documented };
const WININET_LOCAL: Grounds =
    Grounds { source: "KB262981", evidence: Evidence::Documented };
// The effect was measured on WinINET's registry value.
const WINHTTP_VOID: Grounds =
    Grounds { source: "PROXYWATCH-MEASURED", evidence: Evidence::Inferred };
const WININET_VOID: Grounds = BARE_NAME;

fn read_windows(entry: &str, profile: Profile) -> Reading {
    let is_wininet = profile == Profile::Wininet;
    let syntax = match is_wininet {
        true => DOCUMENTED_SYNTAX,
        false => INFERRED_SYNTAX,
    };
    if entry.eq_ignore_ascii_case("<local>") {
        // Source: WINHTTP-PROXY-INFO and KB262981, documented: only names
        // without a period.
        let grounds = match is_wininet {
            true => WININET_LOCAL,
            false => WINHTTP_LOCAL,
        };
        return Reading::new(Pattern::Local, grounds);
    }
    if entry.eq_ignore_ascii_case("<-loopback>") {
        // Source: WININET-FUNCTIONALITY, documented.
        return Reading {
            removes_implicit: true,
            ..Reading::new(Pattern::Never, syntax)
        };
    }

    let (scheme, rest) = Scheme::strip_from(entry);
    if rest.contains('/') {
        // Source: KB4551930, documented: sub-paths and trailing slashes
        // are "invalidating the whole list"; PROXYWATCH-MEASURED, measured:
        // with one in the registry, every destination is direct.
        let grounds = match is_wininet {
            true => WININET_VOID,
            false => WINHTTP_VOID,
        };
        return Reading {
            voids_list: true,
            ..Reading::never(
                grounds,
                "a slash makes the whole list void, so that everything goes \
                 direct",
            )
        };
    }
    // Source: KB4551930, documented for WinINET. Whether WinHTTP knows
    // schemes and ports is not documented.
    let Name { pattern, port, mut notes } = read_name(rest);
    let is_qualified = scheme.is_some() || port.is_some();
    let grounds = match &pattern {
        _ if is_qualified || is_wininet && entry.contains('*') => syntax,
        Pattern::Any => LEFTMOST_WILDCARD,
        Pattern::Glob(glob) => match glob.rfind('*') {
            None => BARE_NAME,
            Some(0) => LEFTMOST_WILDCARD,
            Some(_) => syntax,
        },
        _ => syntax,
    };
    if !is_wininet && is_qualified {
        notes.push(
            "a scheme or port is documented for WinINET only; we take it that \
             WinHTTP honours it",
        );
    }
    if !is_wininet && has_inner_wildcard(&pattern) {
        notes.push(
            "wildcards that are not left-most are documented for WinINET, and \
             for WinHTTP that they are not supported; we take it that they \
             work",
        );
    }
    Reading { scheme, port, notes, ..Reading::new(pattern, grounds) }
}

/// Reads an entry of Defender Antivirus' `ProxyBypass`.
///
/// The policy asks for addresses, "entered as a valid URL"; the examples of
/// `Set-MpPreference` are host names. So a URL stands for its host, and for
/// its port where it names one; all else is as in WinINET's lists.
///
/// Source: ADMX-AV-PROXY and AV-PREFERENCE, documented, for the two forms;
/// the meaning is inferred.
fn read_antivirus(entry: &str) -> Reading {
    let inferred = |source| Grounds { source, evidence: Evidence::Inferred };
    if entry.eq_ignore_ascii_case("<local>") {
        return Reading::new(Pattern::Local, inferred("AV-PREFERENCE"));
    }
    if entry.eq_ignore_ascii_case("<-loopback>") {
        return Reading::never(
            inferred("AV-PREFERENCE"),
            "there is nothing that `<-loopback>` could remove",
        );
    }
    let (url, host) = match entry.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, entry),
    };
    let (host, path) = match host.find(['/', '?', '#']) {
        Some(at) => host.split_at(at),
        None => (host, ""),
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let Name { pattern, port, mut notes } = read_name(host);
    if !url && !path.is_empty() {
        notes.push(
            "networks and paths are not documented; only the host is compared",
        );
    } else if path.len() > 1 {
        notes.push("only the URL's host and port are compared");
    }
    let grounds = match &pattern {
        _ if url => inferred("ADMX-AV-PROXY"),
        Pattern::Glob(glob) if port.is_none() && !glob.contains('*') => {
            Grounds { source: "AV-PREFERENCE", evidence: Evidence::Documented }
        }
        _ => inferred("AV-PREFERENCE"),
    };
    Reading { port, notes, ..Reading::new(pattern, grounds) }
}

/// The part of an entry behind its scheme.
struct Name {
    pattern: Pattern,
    port: Option<u16>,
    notes: Vec<&'static str>,
}

fn read_name(text: &str) -> Name {
    let mut notes = Vec::new();
    let (host, port) = match split_port(text) {
        Ok(split) => split,
        Err(note) => {
            notes.push(note);
            (text, None)
        }
    };
    let pattern = if host.is_empty() {
        notes.push("the entry names no host");
        Pattern::Never
    } else if host.starts_with('.') {
        // Source: PROXYWATCH-MEASURED, measured.
        notes.push(
            "an entry with a leading dot never matches; `*.` in place of the \
             dot would",
        );
        Pattern::Never
    } else if host.bytes().all(|byte| byte == b'*') {
        Pattern::Any
    } else {
        if let Some(note) = impossible(host) {
            notes.push(note);
        }
        let host = strip_brackets(host).to_ascii_lowercase();
        Pattern::Glob(host.into_boxed_str())
    };
    Name { pattern, port, notes }
}

/// Takes the port off `contoso.com:443` and `[::1]:443`.
///
/// `::1` and `fe80:*` have none: their colons belong to an address.
fn split_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let Some((host, port)) = text.rsplit_once(':') else {
        return Ok((text, None));
    };
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    if !is_bracketed && (text.starts_with('[') || host.contains(':')) {
        return Ok((text, None));
    }
    match port.parse::<u16>() {
        Ok(number) if number > 0 && !port.starts_with('+') => {
            Ok((host, Some(number)))
        }
        _ if is_address_start(host, port) => Ok((text, None)),
        _ => {
            Err("what follows the colon is no port, so that the entry never \
                  matches")
        }
    }
}

/// Whether `host:port` is rather the start of an IPv6 address, `fe80:*`.
fn is_address_start(host: &str, port: &str) -> bool {
    host.len() <= 4
        && host.bytes().all(|byte| byte.is_ascii_hexdigit())
        && port.contains('*')
}

/// Why no host of a URL can be what `host` says, if so.
fn impossible(host: &str) -> Option<&'static str> {
    if !host.is_ascii() {
        Some(
            "a URL has its host in ASCII (Punycode), so that the entry never \
             matches",
        )
    } else if host.contains(',') {
        Some("a comma does not separate entries, so that it never matches")
    } else if host.contains(['<', '>']) {
        Some(
            "only `<local>` and `<-loopback>`, alone, have a meaning; the \
             entry never matches",
        )
    } else if host.contains('?') {
        Some("`?` is no wildcard, so that the entry never matches")
    } else if host.contains('@') {
        Some("an entry has no user name, so that it never matches")
    } else if strip_brackets(host).contains(['[', ']']) {
        Some("the brackets enclose no address, so that it never matches")
    } else {
        None
    }
}

/// Whether there is a `*` elsewhere than at the left end.
fn has_inner_wildcard(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Glob(glob) => glob.rfind('*').is_some_and(|at| at > 0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str, profile: Profile) -> Vec<&str> {
        let rules = parse(text, profile).rules;
        rules.into_iter().map(|rule| &text[rule.entry]).collect()
    }

    #[test]
    fn separators() {
        let text = " a;b\tc,d|e\n;;f ";
        for (profile, expected) in [
            // Source: WINHTTP-PROXY-INFO, documented.
            (Profile::Winhttp, &["a", "b", "c,d|e", "f"][..]),
            (Profile::Wininet, &["a", "b", "c,d|e", "f"]),
            (Profile::DefenderAv, &["a", "b", "c", "d", "e", "f"]),
            // Source: CURL-MEASURED, measured: a line feed is no blank.
            (Profile::Curl, &["a;b", "c", "d|e\n;;f"]),
        ] {
            assert_eq!(entries(text, profile), expected, "{profile:?}");
        }
        // Source: WININET-FUNCTIONALITY, documented: two entries.
        assert_eq!(
            entries("example *test*", Profile::Wininet),
            ["example", "*test*"]
        );
    }

    #[test]
    fn ports() {
        for (text, host, port) in [
            ("contoso.com", "contoso.com", None),
            ("contoso.com:443", "contoso.com", Some(443)),
            ("*:8080", "*", Some(8080)),
            ("[::1]:80", "[::1]", Some(80)),
            ("[::1]", "[::1]", None),
            ("::1", "::1", None),
            ("::1:80", "::1:80", None),
            ("2001:db8:*", "2001:db8:*", None),
            ("fe80:*", "fe80:*", None),
            ("fe80:80", "fe80", Some(80)),
            (":80", "", Some(80)),
        ] {
            assert_eq!(split_port(text), Ok((host, port)), "{text}");
        }
        for text in ["a:", "a:x", "a:0", "a:65536", "a:+80", "[::1]:x", "ms:*"]
        {
            assert!(split_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn oddities() {
        let reason = |text: &str, profile| {
            let oddities = parse(text, profile).oddities;
            assert!(oddities.len() <= 1, "{text}: {oddities:?}");
            oddities.first().map(|oddity| oddity.reason)
        };
        for entry in [
            "contoso.com",
            "*.contoso.com",
            "<local>",
            "<LOCAL>",
            "10.0.0.6",
            "[::1]",
            "*",
        ] {
            assert_eq!(reason(entry, Profile::Winhttp), None, "{entry}");
            assert_eq!(reason(entry, Profile::Wininet), None, "{entry}");
            assert_eq!(reason(entry, Profile::DefenderAv), None, "{entry}");
        }
        for entry in ["www.*.com", "contoso.com:443", "https://contoso.com"] {
            assert!(reason(entry, Profile::Winhttp).is_some(), "{entry}");
            assert_eq!(reason(entry, Profile::Wininet), None, "{entry}");
            assert_eq!(reason(entry, Profile::DefenderAv), None, "{entry}");
        }
        for (entry, part) in [
            ("contoso.com/", "whole list void"),
            ("10.0.0.0/8", "whole list void"),
            ("ws://contoso.com", "whole list void"),
            (".contoso.com", "leading dot"),
            ("http://", "no host"),
            (":80", "no host"),
            ("contoso.com:x", "no port"),
            ("a.com,b.com", "comma"),
            // Source: NETSH-WINHTTP, documented (its misprint).
            ("<local>bar", "only `<local>`"),
            ("http://<local>", "only `<local>`"),
            ("bücher.example", "Punycode"),
            ("host?", "no wildcard"),
            ("[::1", "brackets"),
            ("user@contoso.com", "no user name"),
        ] {
            let reason = reason(entry, Profile::Wininet);
            assert!(
                reason.is_some_and(|reason| reason.contains(part)),
                "{entry}: {reason:?}"
            );
        }
        for (entry, part) in [
            ("<-loopback>", "nothing"),
            ("10.0.0.0/8", "networks"),
            ("http://contoso.com/path", "only the URL's host"),
            (".contoso.com", "leading dot"),
        ] {
            let reason = reason(entry, Profile::DefenderAv);
            assert!(
                reason.is_some_and(|reason| reason.contains(part)),
                "{entry}: {reason:?}"
            );
        }
    }

    #[test]
    fn columns_count_characters() {
        let oddities = parse("ü.a; b;\u{a0}.b ;.c", Profile::Wininet).oddities;
        let columns: Vec<usize> =
            oddities.iter().map(|oddity| oddity.column).collect();
        assert_eq!(columns, [1, 8, 13]);
    }

    #[test]
    fn long_lists_are_read_in_linear_time() {
        let text = ".a;".repeat(100_000);
        let oddities = parse(&text, Profile::Wininet).oddities;
        assert_eq!(oddities.len(), 100_000);
        assert_eq!(oddities[99_999].column, 299_998);
    }
}
