//! What the answers of scripts depend on, script by script.
#![allow(clippy::unwrap_used)] // a test may fail

use whichproxy_pac::{Dependencies, Pac};

/// Letters for what is depended on: scheme, host, port, path, names (dns),
/// own addresses, time.
fn shown(depends: Dependencies) -> String {
    [
        (depends.scheme(), 's'),
        (depends.host(), 'h'),
        (depends.port(), 'p'),
        (depends.path(), 'u'),
        (depends.dns(), 'd'),
        (depends.own_addresses(), 'o'),
        (depends.clock(), 't'),
    ]
    .iter()
    .filter(|(depends, _)| *depends)
    .map(|(_, letter)| letter)
    .collect()
}

/// What an evaluation of the body of `FindProxyForURL` depends on, and what
/// code outside of it says.
fn check(cases: &[(&str, &str, &str)]) {
    for (outside, body, expected) in cases {
        let source = format!(
            "{outside}\nfunction FindProxyForURL(url, host) {{ {body} }}"
        );
        let pac = Pac::new(&source).unwrap();
        assert_ne!(pac.strategy(), "js", "{source}: {:?}", pac.refusals());
        assert_eq!(shown(pac.depends_on()), *expected, "{source}");
    }
}

#[test]
fn each_by_itself() {
    check(&[
        ("", "return 'DIRECT';", ""),
        ("var p = 'PROXY a:1';", "return p;", ""),
        ("", "return isPlainHostName(host) ? 'a' : 'b';", "h"),
        ("", "return host == 'a' ? 'a' : 'b';", "h"),
        ("", "return shExpMatch(url, '*/x/*') ? 'a' : 'b';", "shpu"),
        ("", "return url.length > 9 ? 'a' : 'b';", "shpu"),
        // A name that is written down: no part of the URL.
        ("", "return isResolvable('a') ? 'a' : 'b';", "d"),
        ("", "return dnsResolve('a') ? 'a' : 'b';", "d"),
        ("", "return isResolvableEx('a') ? 'a' : 'b';", "d"),
        ("", "return dnsResolveEx('a') ? 'a' : 'b';", "d"),
        ("", "return isInNet('a', '10.0.0.0', '255.0.0.0') + '';", "d"),
        ("", "return myIpAddress() == '' ? 'a' : 'b';", "o"),
        ("", "return myIpAddressEx() == '' ? 'a' : 'b';", "o"),
        ("", "return weekdayRange('MON') ? 'a' : 'b';", "t"),
        ("", "return dateRange(1) ? 'a' : 'b';", "t"),
        ("", "return timeRange(1) ? 'a' : 'b';", "t"),
        // The host by way of its addresses alone.
        ("", "return dnsResolve(host) == '10.0.0.1' ? 'a' : 'b';", "hd"),
        ("", "return isInNet(host, '10.0.0.0', '255.0.0.0') + '';", "hd"),
        (
            "",
            "return isInNet(myIpAddress(), '10.0.0.0', '255.0.0.0') + '';",
            "do",
        ),
        ("", "return getClientVersion();", ""),
        ("", "alert('a'); return 'DIRECT';", ""),
        ("", "alert(host); return 'DIRECT';", "h"),
    ]);
}

#[test]
fn schemes_and_what_goes_beyond() {
    check(&[
        ("", "return url.substring(0, 5) == 'http:' ? 'a' : 'b';", "s"),
        ("", "return url.substring(0, 6) === 'https:' ? 'a' : 'b';", "s"),
        ("", "return url.substr(0, 8) != 'https://' ? 'a' : 'b';", "s"),
        ("", "return url.slice(0, 3) == 'ftp' ? 'a' : 'b';", "s"),
        ("", "return shExpMatch(url, 'http:*') ? 'a' : 'b';", "s"),
        ("", "return shExpMatch(url, 'https://*') ? 'a' : 'b';", "s"),
        // One letter more is the host's.
        ("", "return url.substring(0, 8) == 'http://a' ? 'a' : 'b';", "shpu"),
        ("", "return url.substring(0, 7) == 'https:' ? 'a' : 'b';", "shpu"),
        ("", "return url.substring(1, 5) == 'ttp:' ? 'a' : 'b';", "shpu"),
        ("", "return url.substring(0, 5);", "shpu"),
        ("", "return shExpMatch(url, 'http://a*') ? 'a' : 'b';", "shpu"),
        ("", "return shExpMatch(url, 'http:') ? 'a' : 'b';", "shpu"),
        ("", "return shExpMatch(url, '*:*') ? 'a' : 'b';", "shpu"),
        ("", "return url.split('/')[0] == 'http:' ? 'a' : 'b';", "shpu"),
        ("", "return url.split('/')[2] == 'a' ? 'a' : 'b';", "shpu"),
        ("", "return url.indexOf('https:') == 0 ? 'a' : 'b';", "shpu"),
    ]);
}

#[test]
fn by_way_of_others() {
    check(&[
        // Functions of the script.
        (
            "function f(h) { return h == 'a'; }",
            "return f(host) ? 'a' : 'b';",
            "h",
        ),
        (
            "function f(u) { return u.length > 9; }",
            "return f(url) ? 'a' : 'b';",
            "shpu",
        ),
        (
            "function f() { return g(); } function g() { return timeRange(1); }",
            "return f() ? 'a' : 'b';",
            "t",
        ),
        (
            "function f(a, b) { return a == 'a'; }",
            "return f('b', 'c') ? 'a' : 'b';",
            "",
        ),
        // What is never called counts for nothing.
        (
            "function f(h) { return isResolvable(h); }",
            "return host == 'a' ? 'a' : 'b';",
            "h",
        ),
        // Other names for the same.
        ("var look = dnsResolve;", "return look('a') ? 'a' : 'b';", "d"),
        ("", "var h = host; return h == 'a' ? 'a' : 'b';", "h"),
        ("", "var u = url; return u.length > 9 ? 'a' : 'b';", "shpu"),
        (
            "",
            "host = host.toLowerCase(); return host == 'a' ? 'a' : 'b';",
            "h",
        ),
        ("", "host = url; return host == 'a' ? 'a' : 'b';", "shpu"),
        // Names in another order, or others.
        (
            "var list = ['.a', '.b'];",
            "for (var i = 0; i < list.length; i++)
                 if (dnsDomainIs(host, list[i])) return 'a';
             return 'b';",
            "h",
        ),
        ("var map = {a: 'x'};", "return map[host] || 'b';", "h"),
        // A variable of the script, written for each question.
        ("var h;", "h = host; return h == 'a' ? 'a' : 'b';", "h"),
        // Behind what never is.
        ("", "if (host == 'a' && timeRange(1)) return 'a'; return 'b';", "ht"),
        ("", "return host == 'a' ? myIpAddress() : 'b';", "ho"),
    ]);
}

/// A function that is given the URL where the host belongs.
#[test]
fn names_of_parameters_say_nothing() {
    for (source, expected) in [
        (
            "function FindProxyForURL(host, url) {
              return host == 'a' ? 'a' : 'b'; }",
            "shpu",
        ),
        (
            "function FindProxyForURL(a, b) { return b == 'a' ? 'a' : 'b'; }",
            "h",
        ),
        (
            "function FindProxyForURLEx(u, h) { return h == 'a' ? 'a' : 'b'; }
          function FindProxyForURL(u, h) { return u; }",
            "h",
        ),
        ("function FindProxyForURL() { return 'DIRECT'; }", ""),
        ("function FindProxyForURL(u) { return u ? 'a' : 'b'; }", "shpu"),
    ] {
        let pac = Pac::new(source).unwrap();
        assert_eq!(shown(pac.depends_on()), expected, "{source}");
    }
}

/// What nothing is proved of depends on everything.
#[test]
fn what_runs_as_javascript() {
    let pac = Pac::new(
        "function FindProxyForURL(url, host) { return eval('\"DIRECT\"'); }",
    )
    .unwrap();
    assert_eq!(pac.strategy(), "js");
    assert_eq!(shown(pac.depends_on()), "shpudot");
}
