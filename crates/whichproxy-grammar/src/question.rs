//! What scripts are asked about.

use crate::Chance;

/// Hosts that have nothing to do with any script.
const ODD: &[&str] = &[
    "",
    "localhost",
    "intranet",
    "www.example.com",
    "10.1.2.3",
    "192.168.1.1",
    "172.16.5.4",
    "127.0.0.1",
    "8.8.8.8",
    "::1",
    "fe80::1",
    "[::1]",
    "a.b.c.d.e.example.org",
    "WWW.Example.COM",
    "x.local",
    "1.2.3",
    "123",
    "10.1.2.3.",
    "010.1.2.3",
    "256.1.1.1",
    "xn--bcher-kva.example",
    "bücher.example",
    "toString",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "valueOf",
    "length",
    "com",
    "co.uk",
    ".",
    "a..b",
    "example.com.",
    ".example.com",
    "a_b.example",
    "undefined",
    "null",
    "NaN",
    "0",
    "-1",
    "a,b",
    "www.",
    "*.example.com",
    "a?b",
    "a|b",
    "(a",
    "a b",
    "a%20b",
    "a'b",
];

/// Words of a script that could be hosts or parts of them.
///
/// ```
/// let source = "dnsDomainIs(host, '.b.example') || host == 'a.example'";
/// let words = whichproxy_grammar::words(source);
/// assert_eq!(words, [".b.example", "a.example"]);
/// ```
pub fn words(source: &str) -> Vec<&str> {
    let word =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*');
    let mut words: Vec<&str> = source
        .split(|c| !word(c))
        .filter(|w| w.len() > 2 && w.len() < 60 && w.contains('.'))
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// A host: one that a rule with such a word may match, a near miss of it, or
/// an odd one.
pub fn host(chance: &mut Chance<'_>, words: &[impl AsRef<str>]) -> String {
    if words.is_empty() || chance.once_in(6) {
        return match chance.below(40) {
            38 => "label.".repeat(30 + chance.below(40)),
            39 => format!("{}.example", "x".repeat(200)),
            _ => chance.pick(ODD).to_owned(),
        };
    }
    let word = words.get(chance.below(words.len()));
    let mut host = String::new();
    for character in word.map_or("", AsRef::as_ref).chars() {
        match character {
            '*' => host.push_str(chance.pick(&["x", "", "a.b", "www"])),
            '?' => host.push_str(chance.pick(&["x", "", ".", "ab"])),
            other => host.push(other),
        }
    }
    match chance.below(14) {
        0 => host.insert_str(0, "www."),
        1 => host.insert(0, 'x'),
        2 => host.push('x'),
        3 => host = host.trim_start_matches('.').to_owned(),
        4 => host = format!("a.b{host}"),
        5 => host = host.to_ascii_uppercase(),
        6 if host.is_ascii() && !host.is_empty() => {
            let at = chance.below(host.len());
            host.replace_range(at..=at, "");
        }
        7 => host.push('.'),
        8 => {
            if let Some((_, rest)) = host.split_once('.') {
                host = rest.to_owned();
            }
        }
        9 => host = format!("www{host}"),
        10 => {
            // Another address of the same network, perhaps.
            if let Some((start, _)) = host.rsplit_once('.') {
                host = format!("{start}.{}", chance.below(300));
            }
        }
        _ => {}
    }
    host
}

/// A URL of a host.
pub fn url(chance: &mut Chance<'_>, host: &str) -> String {
    let scheme =
        chance.pick(&["http", "https", "http", "ftp", "ws", "HTTP", "https"]);
    let rest = chance.pick(&[
        "/",
        "/a/b?c=d",
        "",
        ":8080/x.gif",
        "/ads/1.jpg",
        ":443/",
        "/wpad.dat",
        "?q=www.a.example",
        "/a.example/b.c#top",
        "/index.HTML",
    ]);
    format!("{scheme}://{host}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_hit_and_miss() {
        let mut chance = Chance::of_seed(1);
        let all: Vec<String> =
            (0..5_000).map(|_| host(&mut chance, &["*.b.example"])).collect();
        for wanted in ["x.b.example", ".b.example", "b.example", "localhost"] {
            assert!(all.iter().any(|host| host == wanted), "{wanted}");
        }
        assert!(all.iter().any(|host| host.ends_with(".b.examplex")));
    }
}
