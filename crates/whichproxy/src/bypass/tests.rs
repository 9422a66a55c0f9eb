//! The facts, one row each, and table ≡ definition.

use proptest::prelude::*;

use super::*;
use Evidence::{Documented, Inferred, Measured};
use Profile::{Curl, DefenderAv, Winhttp, Wininet};

fn target(url: &str) -> Target<'_> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().unwrap())
        }
        _ => (rest, if scheme == "https" { 443 } else { 80 }),
    };
    Target { scheme, host, port }
}

/// The entry that matches, by the table and by the definition.
fn find(list: &str, profile: Profile, url: &str) -> Option<Match> {
    let list = BypassList::new(list, profile);
    let found = list.find(target(url));
    assert_eq!(found, list.find_naive(target(url)), "{list:?} for {url}");
    found
}

#[test]
fn windows_rules() {
    for (list, url, expected) in [
        // Source: PROXYWATCH-MEASURED, measured: exactly that host.
        ("contoso.com", "contoso.com", Some("contoso.com")),
        ("contoso.com", "www.contoso.com", None),
        ("contoso.com", "notcontoso.com", None),
        // Source: PROXYWATCH-MEASURED, measured: any number of labels, but
        // not the bare name.
        ("*.contoso.com", "www.contoso.com", Some("*.contoso.com")),
        ("*.contoso.com", "a.b.c.contoso.com", Some("*.contoso.com")),
        ("*.contoso.com", "contoso.com", None),
        ("*.contoso.com", "notcontoso.com", None),
        // Source: KB4551930, documented: a `*` at the beginning, in the
        // middle or at the end.
        ("*contoso.com", "notcontoso.com", Some("*contoso.com")),
        ("*contoso.com", "contoso.com", Some("*contoso.com")),
        ("www.*.com", "www.contoso.com", Some("www.*.com")),
        ("www.*.com", "www.a.b.com", Some("www.*.com")),
        ("www.*.com", "www.com", None),
        ("www.microsoft.*", "www.microsoft.com", Some("www.microsoft.*")),
        ("123.1*.66.*", "123.144.66.12", Some("123.1*.66.*")),
        ("123.1*.66.*", "123.44.66.12", None),
        // Source: WININET-FUNCTIONALITY, documented: starts with, contains,
        // two entries.
        ("ms*", "msn.example", Some("ms*")),
        ("ms*", "xms.example", None),
        ("*int*", "print.example", Some("*int*")),
        ("*int*", "int", Some("*int*")),
        ("example *test*", "a.test.b", Some("*test*")),
        ("example *test*", "example", Some("example")),
        ("*", "contoso.com", Some("*")),
        ("**", "10.0.0.1", Some("**")),
        // Source: KB4551930, documented: case does not count.
        ("*.CONTOSO.com", "www.contoso.com", Some("*.CONTOSO.com")),
        ("*.contoso.com", "WWW.Contoso.COM", Some("*.contoso.com")),
        // Source: WINHTTP-PROXY-INFO, documented: separators.
        ("a b;c\td\ne", "e", Some("e")),
        // Source: PROXYWATCH-MEASURED, measured: a comma is none.
        ("a,b", "a", None),
        ("a,b", "b", None),
        // Source: PROXYWATCH-MEASURED, measured: addresses are text.
        ("10.0.0.1", "10.0.0.1", Some("10.0.0.1")),
        ("10.0.0.01", "10.0.0.1", None),
        ("10.*", "10.2.3.4", Some("10.*")),
        ("10.*", "10.contoso.com", Some("10.*")),
        ("2001:db8:0::1", "[2001:db8::1]", None),
        ("[2001:db8::1]", "[2001:db8::1]", Some("[2001:db8::1]")),
        ("2001:db8::1", "[2001:db8::1]", Some("2001:db8::1")),
        ("[2001:db8:*]", "2001:db8::1", Some("[2001:db8:*]")),
        // Source: PROXYWATCH-MEASURED, measured: a dot at the end counts.
        ("contoso.com", "contoso.com.", None),
        ("contoso.com.", "contoso.com.", Some("contoso.com.")),
        ("*.com", "contoso.com.", None),
        // Source: KB4551930, documented: schemes.
        ("http://a.b", "http://a.b", Some("http://a.b")),
        ("http://a.b", "https://a.b", None),
        ("HTTPS://*.b", "https://a.b", Some("HTTPS://*.b")),
        ("ftp://*", "ftp://a.b", Some("ftp://*")),
        ("ftp://*", "http://a.b", None),
        ("gopher://a.b", "gopher://a.b", Some("gopher://a.b")),
        // Source: KB4551930, documented: ports.
        ("a.b:8080", "http://a.b:8080", Some("a.b:8080")),
        ("a.b:8080", "http://a.b", None),
        ("*:443", "https://a.b", Some("*:443")),
        ("*:443", "http://a.b", None),
        ("https://a.b:444", "https://a.b:444", Some("https://a.b:444")),
        ("https://a.b:444", "http://a.b:444", None),
        ("[2001:db8::1]:81", "[2001:db8::1]:81", Some("[2001:db8::1]:81")),
        ("[2001:db8::1]:81", "[2001:db8::1]", None),
        // Source: KB262981 and WINHTTP-OPEN, documented: no period;
        // PROXYWATCH-MEASURED, measured: and no address.
        ("<local>", "intranet", Some("<local>")),
        ("<LOCAL>", "intranet", Some("<LOCAL>")),
        ("<local>", "intranet.contoso.com", None),
        ("<local>", "intranet.", None),
        ("<local>", "10.0.0.1", None),
        ("<local>", "[2001:db8::1]", None),
        ("<local>", "2001:db8::1", None),
        // Source: NETSH-WINHTTP, documented: the misprint of its example.
        ("<local>bar", "intranet", None),
        // Source: PROXYWATCH-MEASURED, measured: never matches, and spoils
        // nothing else.
        (".contoso.com", "www.contoso.com", None),
        (".contoso.com", "contoso.com", None),
        (".contoso.com;b", "b", Some("b")),
        // Source: KB4551930, documented: "invalidating the whole list";
        // PROXYWATCH-MEASURED, measured: all is direct.
        ("a;contoso.com/", "www.example.org", Some("contoso.com/")),
        ("a;http://b/c;d/e", "a", Some("http://b/c")),
        ("10.0.0.0/8", "www.example.org", Some("10.0.0.0/8")),
        ("wss://a", "www.example.org", Some("wss://a")),
        // The first entry in the order of the list.
        ("*.b;a.b;*", "a.b", Some("*.b")),
        ("a.b;*.b;*", "a.b", Some("a.b")),
        ("a*;*.b", "a.b", Some("a*")),
        ("*.b:81;a.*;*", "a.b", Some("a.*")),
        ("x;;y", "", None),
        ("*", "", None),
        ("", "contoso.com", None),
    ] {
        for profile in [Winhttp, Wininet] {
            let found = find(list, profile, url).map(|found| found.entry);
            assert_eq!(
                found.as_deref(),
                expected,
                "`{list}` ({profile:?}) for {url}"
            );
        }
    }
}

#[test]
fn loopback() {
    for (list, profile, host, expected) in [
        // Source: WININET-FUNCTIONALITY, documented.
        ("", Wininet, "localhost", Some("loopback")),
        ("", Wininet, "LOCALHOST", Some("loopback")),
        ("a", Wininet, "[::1]", Some("loopback")),
        // They stand before the list.
        ("localhost", Wininet, "localhost", Some("loopback")),
        ("<local>", Wininet, "localhost", Some("loopback")),
        ("<-loopback>", Wininet, "localhost", None),
        ("<-LOOPBACK>", Wininet, "127.0.0.1", None),
        // What the list says stays, wherever it stands (inferred).
        ("localhost;<-loopback>", Wininet, "localhost", Some("localhost")),
        ("<-loopback>;<local>", Wininet, "localhost", Some("<local>")),
        // Source: PROXYWATCH-MEASURED, measured.
        ("", Wininet, "127.0.0.2", None),
        ("", Winhttp, "127.0.0.2", Some("loopback")),
        ("<-loopback>", Winhttp, "127.0.0.1", Some("loopback")),
        ("<-loopback>", Winhttp, "localhost", None),
        ("<-loopback>", Winhttp, "169.254.1.1", None),
        ("", Winhttp, "169.254.1.1", Some("link-local")),
        ("", Wininet, "[fe80::1]", Some("link-local")),
        ("", DefenderAv, "localhost", None),
        ("", Curl, "localhost", None),
        // A void list answers first.
        ("a/", Wininet, "localhost", Some("a/")),
    ] {
        let found = find(list, profile, host).map(|found| found.entry);
        assert_eq!(found.as_deref(), expected, "`{list}` for {host}");
    }
}

#[test]
fn antivirus_rules() {
    for (list, url, expected) in [
        // Source: AV-PREFERENCE, documented: its examples are host names.
        ("a.b|c.d", "http://c.d", Some("c.d")),
        ("a.b,c.d", "http://c.d", Some("c.d")),
        ("a.b", "x.a.b", None),
        // Source: ADMX-AV-PROXY, documented: "a valid URL"; that its host
        // (and port) count is inferred.
        ("http://10.0.0.6", "http://10.0.0.6", Some("http://10.0.0.6")),
        ("http://10.0.0.6/x", "https://10.0.0.6", Some("http://10.0.0.6/x")),
        ("http://10.0.0.6:81/", "http://10.0.0.6", None),
        ("http://a:81/", "http://a:81", Some("http://a:81/")),
        ("http://u:p@a/", "http://a", Some("http://***@a/")),
        ("ws://[2001:db8::1]/", "[2001:db8::1]", Some("ws://[2001:db8::1]/")),
        ("10.0.0.0/8", "10.0.0.0", Some("10.0.0.0/8")),
        ("10.0.0.0/8", "10.0.0.1", None),
        // As in WinINET's lists: inferred.
        ("*.b", "a.b", Some("*.b")),
        ("<local>", "intranet", Some("<local>")),
        ("<-loopback>", "localhost", None),
        (".a.b", "x.a.b", None),
    ] {
        let found = find(list, DefenderAv, url).map(|found| found.entry);
        assert_eq!(found.as_deref(), expected, "`{list}` for {url}");
    }
}

#[test]
fn grounds() {
    for (list, profile, url, source, evidence) in [
        ("a.b", Winhttp, "a.b", "PROXYWATCH-MEASURED", Measured),
        ("a.b", Wininet, "a.b", "PROXYWATCH-MEASURED", Measured),
        // Where PROXYCFG and KB4551930 agree, and where they do not.
        ("*.b", Winhttp, "a.b", "PROXYCFG", Documented),
        ("*", Winhttp, "a.b", "PROXYCFG", Documented),
        ("a.*", Winhttp, "a.b", "KB4551930", Inferred),
        ("*.*", Winhttp, "a.b", "KB4551930", Inferred),
        ("*.b", Wininet, "a.b", "KB4551930", Documented),
        ("*", Wininet, "a.b", "KB4551930", Documented),
        ("a.*", Wininet, "a.b", "KB4551930", Documented),
        ("<local>", Winhttp, "a", "WINHTTP-PROXY-INFO", Documented),
        ("<local>", Wininet, "a", "KB262981", Documented),
        ("http://a.b", Winhttp, "a.b", "KB4551930", Inferred),
        ("a.b:80", Winhttp, "a.b", "KB4551930", Inferred),
        ("*:80", Winhttp, "a.b", "KB4551930", Inferred),
        ("http://a.b", Wininet, "a.b", "KB4551930", Documented),
        ("a.b:80", Wininet, "a.b", "KB4551930", Documented),
        ("x/", Winhttp, "a.b", "PROXYWATCH-MEASURED", Inferred),
        ("x/", Wininet, "a.b", "PROXYWATCH-MEASURED", Measured),
        ("", Wininet, "localhost", "WININET-FUNCTIONALITY", Documented),
        ("", Winhttp, "localhost", "PROXYWATCH-MEASURED", Measured),
        ("", Wininet, "fe80::1", "PROXYWATCH-MEASURED", Measured),
        ("a.b", DefenderAv, "a.b", "AV-PREFERENCE", Documented),
        ("*.b", DefenderAv, "a.b", "AV-PREFERENCE", Inferred),
        ("a.b:80", DefenderAv, "a.b", "AV-PREFERENCE", Inferred),
        ("<local>", DefenderAv, "a", "AV-PREFERENCE", Inferred),
        ("http://a.b", DefenderAv, "a.b", "ADMX-AV-PROXY", Inferred),
        ("b", Curl, "a.b", "CURL-MAN", Documented),
        (".b", Curl, "a.b", "CURL-MEASURED", Measured),
        ("*", Curl, "a.b", "CURL-MAN", Documented),
        ("10.0.0.0/8", Curl, "10.0.0.1", "CURL-MAN", Documented),
    ] {
        let found = find(list, profile, url).unwrap();
        assert_eq!(
            (found.source, found.evidence),
            (source, evidence),
            "`{list}` ({profile:?}) for {url}"
        );
    }
}

#[test]
fn urls_are_targets() {
    let url = Url::parse("https://[2001:DB8::1]/x?y").unwrap();
    let target = Target::from(&url);
    assert_eq!(
        (target.scheme, target.host, target.port),
        ("https", "[2001:db8::1]", 443)
    );
    let url = Url::parse("data:text/plain,x").unwrap();
    let list = BypassList::new("*;<local>", Wininet);
    assert_eq!(list.find(Target::from(&url)), None);
}

#[test]
fn lists() {
    let list = BypassList::new(" a.b ;c;", Winhttp);
    assert_eq!(list.text(), " a.b ;c;");
    assert_eq!(list.to_string(), " a.b ;c;");
    assert_eq!(list.profile(), Winhttp);
    assert_eq!(list.entries().len(), 2);
    assert!(!list.is_empty());
    assert!(BypassList::new(" ; ", Winhttp).is_empty());
    let list = BypassList::default();
    assert!(list.is_empty() && list.profile() == Winhttp);
    assert!(list.find(target("localhost")).is_some());

    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<BypassList>();
}

#[test]
fn credentials_are_masked() {
    let text = "http://user:secret@a.b;user:secret@c d@e@f";
    for profile in [Curl, DefenderAv, Winhttp, Wininet] {
        let list = BypassList::new(text, profile);
        assert_eq!(list.text(), text);
        assert_eq!(list.to_string().matches("***@").count(), {
            if profile == Curl { 2 } else { 3 }
        });
        let odd = format!("{:?}", list.oddities());
        let found = format!("{:?}", list.find(target("a.b")));
        let debug = format!("{list:?}");
        for shown in [list.to_string(), debug, odd, found] {
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}

#[test]
fn messages_are_short_and_escaped() {
    let list =
        BypassList::new(&format!("\u{1b}{},", "x".repeat(999)), Wininet);
    let message = list.oddities()[0].to_string();
    assert!(message.starts_with("bypass list column 1: `\\u{1b}xxx"));
    assert!(message.contains("x…`: a comma"), "{message}");
    assert!(message.chars().count() < 200, "{message}");
}

/// Lists and hosts made to be slow. There is nothing to compare the time
/// with, but a quadratic table would take minutes.
#[test]
fn hostile_input() {
    let long = "a".repeat(65_536);
    let dots = "a.".repeat(32_768);
    let numbered = |f: &dyn Fn(usize) -> String| {
        (0..5_000).map(f).collect::<Vec<_>>().join(";")
    };
    let lists = [
        numbered(&|n| format!("*a*:{}", n + 1)),
        numbered(&|n| format!("*a*b{n}*")),
        numbered(&|n| format!("*.b{n}.*.com")),
        numbered(&|n| format!("*{}", ".a".repeat(n % 300))),
        numbered(&|n| format!("*{}*x{n}*", "a".repeat(n % 200))),
        "*a".repeat(30_000) + "b",
        long.clone(),
    ];
    for list in &lists {
        let list = BypassList::new(list, Wininet);
        for host in [&long, &dots] {
            let target = Target { scheme: "http", host, port: 65_535 };
            let found = list.find(target);
            assert!(found.is_none_or(|found| !found.entry.is_empty()));
        }
    }
}

fn entry() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[ab.*]{1,5}",
        4 => "\\*\\.[ab](\\.[ab])?",
        4 => "[ab*.]{1,3}\\*[ab.]{1,3}",
        4 => "(http|https|HTTP|ftp)://[ab.*]{0,3}(:80|:81)?",
        4 => "[ab.*]{0,3}:(80|81|443|x|)",
        4 => "\\[?(::1|fe80::1|2001:db8::[1-3]|::\\*)\\]?(:80)?",
        4 => "(127|10|169\\.254|1\\*)\\.(0|\\*)\\.0\\.[0-2](/[0-9]{1,2})?",
        2 => "(::|2001:db8::|fe80::)/(0|1|32|128)",
        2 => "<local>|<-loopback>|<LOCAL>|<local>a|<",
        2 => "localhost|loopback|LocalHost",
        1 => "[ab]{1,2}/[ab]?",
        1 => "[aü,|@?:/\\[\\]<>.*-]{1,4}",
    ]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[ab.]{0,7}",
        2 => "[aAbB]\\.[ab](\\.[aAb])?\\.?",
        2 => "(127|10|169\\.254)\\.0\\.0\\.[0-2]",
        2 => "\\[?(::1|fe80::1|2001:db8::[1-3])\\]?",
        1 => "localhost|loopback|LOCALHOST",
        1 => "[aü:.\\[\\]]{0,4}",
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(vec![Curl, DefenderAv, Winhttp, Wininet])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// The table answers what the definition does.
    #[test]
    fn table_is_the_definition(
        entries in prop::collection::vec(entry(), 0..12),
        separator in prop::sample::select(vec![";", " ", ",", "; ", "|"]),
        profile in profile(),
        hosts in prop::collection::vec(host(), 8),
        scheme in prop::sample::select(vec!["http", "https", "ftp"]),
        port in prop::sample::select(vec![80, 81, 443]),
    ) {
        let list = BypassList::new(&entries.join(separator), profile);
        for host in &hosts {
            let target = Target { scheme, host, port };
            prop_assert_eq!(
                list.find(target),
                list.find_naive(target),
                "{:?} for {:?}", list, target
            );
            // Not only the same text, but the same place in the list.
            let index = with_lower_case(host, |host| {
                let host = Host::new(host);
                let Inner { parsed: Parsed { rules, .. }, table, .. } =
                    &*list.inner;
                let table = table.find(rules, &host, &target);
                let naive =
                    rules.iter().position(|r| r.matches(&host, &target));
                (table, naive)
            });
            prop_assert_eq!(index.0, index.1, "{:?} for {:?}", list, target);
        }
    }

    /// Nothing panics, whatever the text.
    #[test]
    fn any_text_is_a_list(text in any::<String>(), host in any::<String>()) {
        for profile in [Curl, DefenderAv, Winhttp, Wininet] {
            let list = BypassList::new(&text, profile);
            let target = Target { scheme: "http", host: &host, port: 80 };
            prop_assert_eq!(list.find(target), list.find_naive(target));
            prop_assert!(list.entries().all(|entry| !entry.is_empty()));
            if !text.contains('@') {
                prop_assert_eq!(list.to_string(), text.clone());
            }
        }
    }
}
