//! Words that rules are made of.

use crate::Chance;

/// Few, so that rules overlap and shadow each other.
const LABELS: &[&str] = &[
    "a", "b", "c", "ab", "www", "ads", "x1", "mail", "corp", "example", "com",
    "org", "net", "co", "uk", "cdn", "img", "intranet", "0", "10", "w-w",
];

const FIXED: &[&str] = &[
    "a.example",
    "www.a.example",
    ".example",
    "b.c",
    "localhost",
    "example",
    "http:",
    "https",
    "www",
    ".",
    "",
    "A.Example",
    "a|b",
    "0",
    "10.1.2.3",
    "toString",
    "__proto__",
    "x.a.example",
    "-",
    "[ab]",
    "10.",
    "192.168.",
    "constructor",
    "WWW",
    "ftp://",
    "/ads/",
    ":8080",
];

const NETWORKS: &[&str] = &[
    "10.0.0.0",
    "255.0.0.0",
    "192.168.0.0",
    "255.255.0.0",
    "172.16.0.0",
    "255.240.0.0",
    "10.1.2.3",
    "255.255.255.255",
    "127.0.0.1",
    "255.255.255.0",
    "93.184.216.0",
    "0.0.0.0",
    "10.1.2.0",
    "256.0.0.0",
    "10.0.0",
    "255.0.255.0",
];

/// A name or the end of one.
pub(crate) fn domain(chance: &mut Chance<'_>) -> String {
    if chance.once_in(5) {
        return chance.pick(FIXED).to_owned();
    }
    let mut text = chance.pick(&["", "", ".", ""]).to_owned();
    for index in 0..1 + chance.below(4) {
        if index > 0 {
            text.push('.');
        }
        text.push_str(chance.pick(LABELS));
    }
    text
}

/// A pattern for `shExpMatch`.
pub(crate) fn glob(chance: &mut Chance<'_>) -> String {
    let domain = domain(chance);
    match chance.below(16) {
        0..=4 => format!("*.{}", domain.trim_start_matches('.')),
        5..=6 => format!("*{domain}"),
        7 => format!("{domain}*"),
        8 => format!("*{domain}*"),
        9 => format!("http*://{domain}/*"),
        10 => format!("*://{domain}*"),
        11 => domain.replace('a', "?"),
        12 => domain.replacen('.', "*", 1),
        13 => format!("*{}:*", domain),
        14 => chance
            .pick(&[
                "*", "w?w.*", "[ab]*", "(a|b)", "", "?", "**", "*?", "a\\.b",
                "a+b", "^a", "*.gif", "$", "*.*", "a{2}",
            ])
            .to_owned(),
        _ => domain,
    }
}

/// A network, a mask or an address.
pub(crate) fn network(chance: &mut Chance<'_>) -> String {
    match chance.below(4) {
        0 => format!("10.{}.{}.0", chance.below(4), chance.below(3)),
        _ => chance.pick(NETWORKS).to_owned(),
    }
}

/// What a script returns.
pub(crate) fn result(chance: &mut Chance<'_>) -> String {
    match chance.below(12) {
        0..=3 => "DIRECT".to_owned(),
        4..=6 => format!("PROXY p{}:80", chance.below(5)),
        7 => "PROXY a:1; DIRECT".to_owned(),
        8 => "SOCKS c; PROXY b:2".to_owned(),
        9 => "nonsense".to_owned(),
        10 => String::new(),
        _ => format!("HTTPS p{}:443;DIRECT", chance.below(3)),
    }
}

/// A string literal of JavaScript with this text.
pub(crate) fn literal(chance: &mut Chance<'_>, text: &str) -> String {
    let quote = if chance.once_in(3) { '"' } else { '\'' };
    let escaped = if chance.once_in(50) { chance.below(4) + 1 } else { 0 };
    let mut out = String::from(quote);
    for character in text.chars() {
        match (character, escaped) {
            ('.', 1) => out.push_str("\\x2e"),
            ('.', 2) => out.push_str("\\u002e"),
            ('.', 3) => out.push_str("\\."),
            ('a', 1) => out.push_str("\\141"),
            ('a', 2) => out.push_str("\\u{61}"),
            ('a', 4) => out.push_str("\\\na"),
            ('\\', _) => out.push_str("\\\\"),
            (other, _) if other == quote => {
                out.push('\\');
                out.push(other);
            }
            (other, _) => out.push(other),
        }
    }
    out.push(quote);
    out
}

/// The source of a regular expression, without slashes in it.
pub(crate) fn regex(chance: &mut Chance<'_>) -> String {
    match chance.below(5) {
        0 => {
            let domain = domain(chance).replace(['/', '[', '|'], "");
            let domain = domain.replace('.', "\\.");
            match (chance.below(4), domain.as_str()) {
                (_, "") => "^$".to_owned(),
                (0, _) => format!("{domain}$"),
                (1, _) => format!("(^|\\.){domain}$"),
                (2, _) => format!("^{domain}"),
                _ => domain,
            }
        }
        _ => chance
            .pick(&[
                "^www\\.",
                "\\d+",
                "^\\d+\\.\\d+\\.\\d+\\.\\d+$",
                "[a-c]$",
                "(a|b)*c",
                "example",
                "^https?:",
                ":\\d+$",
                "(w+)\\.(.*)",
                "\\.",
                "(?!a)",
                "x?",
                "^(?:10|192\\.168)\\.",
                "^(\\w+)\\.(\\w+)$",
                "[^.]+",
                "\\bads\\b",
                "^.*?\\.b",
                "(a)(b)?",
                "^[\\w-]+$",
                "\\.(gif|jpe?g|png)$",
                "a{1,2}b",
                "(a)\\1",
                "\\s",
                "[.]",
                "^$",
                "w{3}",
                "\\x61",
                "[^a-z.]",
                "(?:a|ab)(?:c|bcd)?",
                "\\D$",
            ])
            .to_owned(),
    }
}
