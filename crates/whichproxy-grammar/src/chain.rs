//! Long rows of rules, as tables are made of.

use crate::script::Maker;

/// Rules of a kind, mostly, with tests of others between them.
pub(crate) fn chain(maker: &mut Maker<'_, '_>) -> String {
    let chance = &mut *maker.chance;
    let count = match chance.below(4) {
        0 => 3 + chance.below(6),
        _ => 9 + chance.below(32),
    };
    // What the row is mainly made of, and how often it is something else.
    let main = chance.below(TESTS.len());
    let strays = 1 + chance.below(8);
    let one_result = chance.once_in(3);
    let shape = chance.below(6);
    let test = |chance: &mut crate::Chance<'_>| {
        let at = match chance.below(strays + 1) {
            0 => chance.below(TESTS.len()),
            _ => main,
        };
        TESTS.get(at).copied().unwrap_or_default()
    };
    let mut out = String::new();
    match shape {
        0 => {
            out.push_str("if (");
            for index in 0..count {
                if index > 0 {
                    out.push_str(" ||\n");
                }
                out.push_str(test(chance));
            }
            out.push_str(")\nreturn $R;");
        }
        1 => {
            // Arms of one statement.
            for index in 0..count {
                out.push_str(if index > 0 { "else if (" } else { "if (" });
                out.push_str(test(chance));
                out.push_str(") { return $r; }\n");
            }
        }
        _ => {
            for _ in 0..count {
                let first = test(chance);
                let condition = match chance.below(14) {
                    0 => format!("{first} || {}", test(chance)),
                    1 => format!("{first} && {}", test(chance)),
                    2 => format!("{first} && !{}", test(chance)),
                    3 => format!("!{first} && {}", test(chance)),
                    4 => format!(
                        "({first} || {}) && !({} || {})",
                        test(chance),
                        test(chance),
                        test(chance)
                    ),
                    5 => format!(
                        "{first} ||\n{} ||\n{} || {}",
                        test(chance),
                        test(chance),
                        test(chance)
                    ),
                    _ => first.to_owned(),
                };
                let result = match (one_result, chance.below(20)) {
                    (true, _) => "P",
                    (_, 0) => "$R",
                    (_, 1) => "MAP[host] || $r",
                    _ => "$r",
                };
                let line = match chance.below(24) {
                    0 => format!("if ({condition}) h = $T;\n"),
                    1 => "$S".to_owned(),
                    2..=7 => {
                        format!("if ({condition}) {{ return {result}; }}\n")
                    }
                    _ => format!("if ({condition}) return {result};\n"),
                };
                out.push_str(&line);
            }
        }
    }
    out
}

const TESTS: &[&str] = &[
    "dnsDomainIs(host, $L)",
    "shExpMatch(host, $G)",
    "host == $L",
    "shExpMatch(url, $G)",
    "isInNet(host, $W, $W)",
    "dnsDomainIs(host, $L)",
    "shExpMatch(host, $G)",
    "host === $L",
    "$L == host",
    "shExpMatch(h, $G)",
    "localHostOrDomainIs(host, $L)",
    "url.substring(0, 6) == 'https:'",
    "host.indexOf($L) >= 0",
    "host.indexOf($L) != -1",
    "url.indexOf($L) > -1",
    "url.indexOf($L) == 0",
    "/$X/$F.test(host)",
    "/$X/.test(url)",
    "isPlainHostName(host)",
    "isInNet(dnsResolve(host), $W, $W)",
    "isInNet(h, $W, $W)",
    "host.match(/$X/)",
    "dnsDomainIs(h, $L)",
    "host.substring(0, 4) == $L",
    "host.endsWith($L)",
    "url.startsWith($L)",
    "shExpMatch(url, '*.' + $L)",
    "host in SET",
];
