//! PAC scripts of the kinds that are in use, and what they are asked.

use std::fmt::Write;

use crate::generate::Numbers;

/// A script, and hosts with the answers for them.
pub(crate) struct Script {
    pub(crate) text: String,
    /// What a rule is for.
    pub(crate) hits: Vec<Asked>,
    /// What no rule is for.
    pub(crate) misses: Vec<Asked>,
}

/// What is asked, and the answer.
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) host: String,
    pub(crate) answer: String,
}

impl Asked {
    fn new(host: &str, answer: &str) -> Asked {
        Asked {
            url: format!("http://{host}/path/x?q=1"),
            host: host.to_owned(),
            answer: answer.to_owned(),
        }
    }
}

/// Kinds of scripts, each with how many rules it has.
pub(crate) const KINDS: [(&str, usize); 6] = [
    ("small", 12),
    ("suffixes", 100),
    ("suffixes", 5_000),
    ("globs", 100),
    ("globs", 5_000),
    ("names", 5_000),
];

/// A script of a kind; the same each time.
pub(crate) fn script(kind: &str, rules: usize) -> Script {
    match kind {
        "suffixes" => chain("dnsDomainIs(host, \".", rules),
        "globs" => chain("shExpMatch(host, \"*.", rules),
        "names" => names(rules),
        _ => small(),
    }
}

/// Fifty of them.
fn some(domains: &[String]) -> impl Iterator<Item = (usize, &String)> {
    let step = (domains.len() / 50).max(1);
    domains.iter().enumerate().skip(step / 2).step_by(step)
}

/// A chain of tests, each with a result of its own.
fn chain(test: &str, rules: usize) -> Script {
    let mut numbers = Numbers::new(17);
    let domains: Vec<_> = (0..rules).map(|n| numbers.domain(n)).collect();
    let mut text = "function FindProxyForURL(url, host) {\n".to_owned();
    let result = |rule: usize| format!("PROXY p{}.example:8080", rule % 7);
    for (rule, domain) in domains.iter().enumerate() {
        let result = result(rule);
        let _ =
            writeln!(text, "  if ({test}{domain}\")) return \"{result}\";");
    }
    text.push_str("  return \"DIRECT\";\n}\n");
    let hits = some(&domains).map(|(rule, domain)| {
        Asked::new(&numbers.host_in(domain), &result(rule))
    });
    let hits = hits.collect();
    let misses = (0..50)
        .map(|n| Asked::new(&format!("www.miss{n}.example.edu"), "DIRECT"));
    Script { text, hits, misses: misses.collect() }
}

/// Names in an object, and a loop that takes label after label away.
fn names(rules: usize) -> Script {
    let mut numbers = Numbers::new(19);
    let domains: Vec<_> = (0..rules).map(|n| numbers.domain(n)).collect();
    let result = "SOCKS5 127.0.0.1:1080; PROXY 127.0.0.1:8118";
    let mut text = "var names = {\n".to_owned();
    for domain in &domains {
        let _ = writeln!(text, "  \"{domain}\": 1,");
    }
    let _ = write!(
        text,
        "}};
function FindProxyForURL(url, host) {{
  var name = host.toLowerCase();
  for (;;) {{
    if (names.hasOwnProperty(name)) return '{result}';
    var dot = name.indexOf('.');
    if (dot < 0) break;
    name = name.slice(dot + 1);
  }}
  return 'DIRECT';
}}
"
    );
    let hits = some(&domains)
        .map(|(_, domain)| Asked::new(&numbers.host_in(domain), result));
    let hits = hits.collect();
    let misses = (0..50)
        .map(|n| Asked::new(&format!("a.b.miss{n}.example.edu"), "DIRECT"));
    Script { text, hits, misses: misses.collect() }
}

/// A dozen tests of as many kinds.
fn small() -> Script {
    let text = r#"function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, ".corp.example") ||
      localHostOrDomainIs(host, "www.example.com")) return "DIRECT";
  if (shExpMatch(host, "*.local") || shExpMatch(url, "*://intranet.*/*"))
    return "DIRECT";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    if (isInNet(host, "10.0.0.0", "255.0.0.0") ||
        isInNet(host, "172.16.0.0", "255.240.0.0") ||
        isInNet(host, "192.168.0.0", "255.255.0.0")) return "DIRECT";
  }
  if (url.substring(0, 6) == "https:") return "PROXY s.example.com:8443";
  if (dnsDomainLevels(host) > 3) return "PROXY deep.example.com:8080";
  return "PROXY p1.example.com:8080; PROXY p2.example.com:8080; DIRECT";
}
"#;
    let hits = [
        ("intranet", "DIRECT"),
        ("www.corp.example", "DIRECT"),
        ("10.2.3.4", "DIRECT"),
        ("printer.local", "DIRECT"),
        ("a.b.c.d.example.com", "PROXY deep.example.com:8080"),
    ];
    let last = "PROXY p1.example.com:8080; PROXY p2.example.com:8080; DIRECT";
    let hits = hits.iter().map(|(host, result)| Asked::new(host, result));
    let misses = ["93.184.216.34", "www.example.org"];
    let misses = misses.iter().map(|host| Asked::new(host, last));
    Script {
        text: text.to_owned(),
        hits: hits.collect(),
        misses: misses.collect(),
    }
}
