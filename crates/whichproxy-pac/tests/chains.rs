//! Chains of rules of every shape: tables, plain programs and boa agree.
#![allow(clippy::unwrap_used)] // a test may fail

#[path = "../../whichproxy-test/src/engines.rs"]
#[allow(dead_code, unreachable_pub)] // shared with other tests
mod engines;

use std::collections::BTreeMap;
use std::fmt::Write;

use whichproxy_grammar::{Chance, rounds, seed};
use whichproxy_pac::{Config, Limits, Pac};

use self::engines::Seen;

const NAMES: &[&str] = &["a", "b", "c", "www", "x"];
const ZONES: &[&str] = &["example", "test", "a.test", "b"];

/// Chains of rules that often match the hosts that [`Rules::host`] makes.
struct Rules {
    chance: Chance<'static>,
    depth: u32,
}

impl Rules {
    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        self.chance.pick(of)
    }

    fn domain(&mut self) -> String {
        let (name, zone) = (self.pick(NAMES), self.pick(ZONES));
        match self.chance.below(3) {
            0 => zone.to_owned(),
            1 => format!("{name}.{}.{zone}", self.pick(NAMES)),
            _ => format!("{name}.{zone}"),
        }
    }

    fn host(&mut self) -> String {
        match self.chance.below(12) {
            0 => self.pick(NAMES).to_owned(),
            1 => format!("10.{}.2.3", self.chance.below(4)),
            2 => format!("192.168.{}.1", self.chance.below(4)),
            3 => self.domain().to_ascii_uppercase(),
            4 => format!("x{}", self.domain()),
            5 => self.pick(&["", "0", "null", "::1", "bücher.b"]).to_owned(),
            _ => self.domain(),
        }
    }

    fn subject(&mut self) -> &'static str {
        self.pick(&[
            "host",
            "host",
            "host",
            "url",
            "h",
            "g",
            "host.toLowerCase()",
            "url.substring(7)",
            "'.' + host",
            "maybe",
        ])
    }

    fn network(&mut self) -> String {
        let subject = self.pick(&[
            "host",
            "host",
            "ip",
            "ip",
            "dnsResolve(host)",
            "myIpAddress()",
            "maybe",
            "h",
        ]);
        let mask = self.pick(&[
            "255.0.0.0",
            "255.255.0.0",
            "255.255.255.255",
            "255.0.255.0",
            "8",
        ]);
        let a = self.pick(&["10", "192"]);
        let b = self.pick(&["0", "1", "2", "3", "168"]);
        format!("isInNet({subject}, '{a}.{b}.2.3', '{mask}')")
    }

    /// A test that a table may have.
    fn test(&mut self) -> String {
        let subject = self.subject();
        let domain = self.domain();
        match self.chance.below(29) {
            25..=28 => {
                let pattern = self.pattern();
                match self.chance.below(4) {
                    0 => format!("{subject}.match({pattern})"),
                    1 => format!("!{pattern}.test({subject})"),
                    _ => format!("{pattern}.test({subject})"),
                }
            }
            22 | 23 => {
                let n = domain.len();
                let (n, d) = match self.chance.below(4) {
                    0 => (n.to_string(), format!("'{domain}'")),
                    1 => ("D.length".to_owned(), "D".to_owned()),
                    2 => ((n + 1).to_string(), format!("'{domain}'")),
                    _ => (
                        format!("('{domain}'.length + 1)"),
                        format!("'.' + '{domain}'"),
                    ),
                };
                ends(self.chance.below(9), subject, &n, &d)
            }
            24 => format!("endsIn({subject}, '{domain}')"),
            0..=3 => format!("dnsDomainIs({subject}, '.{domain}')"),
            4 => format!("shExpMatch({subject}, '*.{domain}')"),
            5 => format!("shExpMatch({subject}, '*{domain}*')"),
            6 => format!("shExpMatch({subject}, '{}*')", self.pick(NAMES)),
            7 | 8 => format!(
                "{subject} {} '{domain}'",
                self.pick(&["==", "===", "!=", "!=="])
            ),
            9 => format!("'{domain}' == {subject}"),
            10 => format!(
                "{subject}.indexOf('{domain}') {}",
                self.pick(&[
                    "!= -1", "== -1", "> -1", ">= 0", "< 0", "== 0", "> 0",
                    "<= -1", "=== -1", "!= 0", "> 1", ""
                ])
            ),
            11 => format!("~{subject}.indexOf('{domain}')"),
            12 => format!("localHostOrDomainIs({subject}, '{domain}')"),
            13 => format!("{subject}.endsWith('{domain}')"),
            14 => format!("{subject}.substring(0, 5) == 'http:'"),
            15 => format!("within({subject}, '{domain}')"),
            16 => format!("inside('{domain}', {subject})"),
            17 => format!("shExpMatch({subject}, D)"),
            18 => format!("{subject}.lastIndexOf('{domain}') != -1"),
            _ => self.network(),
        }
    }

    /// A regular expression that often matches.
    fn pattern(&mut self) -> String {
        let domain = self.domain().replace('.', "\\.");
        let other = self.domain().replace('.', "\\.");
        let flag = self.pick(&["", "", "", "i", "g"]);
        match self.chance.below(8) {
            0 => format!("/^(.+\\.)?{domain}$/{flag}"),
            1 => format!("/(^|\\.)({domain}|{other})$/{flag}"),
            2 => format!("/{domain}/{flag}"),
            3 => format!("/^{domain}|{other}$/{flag}"),
            4 => format!("/^[a-z]+\\.({domain})?/{flag}"),
            5 => format!("new RegExp('{domain}'.replace(/x/, 'a'))"),
            6 => format!("/^https?:..([^\\/]+\\.)?({domain})/{flag}"),
            _ => "P1".to_owned(),
        }
    }

    /// A condition that no table knows.
    fn other(&mut self) -> String {
        match self.chance.below(12) {
            0 => "isPlainHostName(host)".to_owned(),
            1 => "isResolvable(host)".to_owned(),
            2 => "url.substring(0, 6) == 'https:'".to_owned(),
            3 => "host.length > 6".to_owned(),
            4 => "flag".to_owned(),
            5 => "dnsDomainLevels(host) > 1".to_owned(),
            6 => "host in SET".to_owned(),
            7 => "maybe".to_owned(),
            8 => "(flag = !flag)".to_owned(),
            9 => "touch()".to_owned(),
            10 => "dnsResolve(host)".to_owned(),
            _ => "/^(www|a)/.test(host)".to_owned(),
        }
    }

    fn condition(&mut self) -> String {
        self.depth += 1;
        let choice = if self.depth > 3 { 9 } else { self.chance.below(16) };
        let condition = match choice {
            0 => format!("{} || {}", self.condition(), self.condition()),
            1 => format!("({}) && {}", self.condition(), self.test()),
            2 => format!("{} && ({})", self.other(), self.condition()),
            3 => format!("!({})", self.condition()),
            4 => self.other(),
            5 => {
                let all = (0..4 + self.chance.below(6)).map(|_| self.test());
                let all: Vec<String> = all.collect();
                all.join(self.pick(&[" || ", " || ", " && "]))
            }
            _ => self.test(),
        };
        self.depth -= 1;
        condition
    }

    fn result(&mut self) -> String {
        match self.chance.below(6) {
            0 => "P".to_owned(),
            1 => "P + '; DIRECT'".to_owned(),
            2 => format!("{} ? P : 'DIRECT'", self.condition()),
            _ => format!("'PROXY p{}:1'", self.chance.below(100)),
        }
    }

    fn body(&mut self, out: &mut String) {
        match self.chance.below(14) {
            0 => {
                let word = self.pick(&["flag = 1", "h = 'a.test'", "n++"]);
                write!(out, "{{ {word}; }}").unwrap();
            }
            1 => {
                out.push_str("{ ");
                self.rule(out);
                out.push_str(" }");
            }
            2 => {
                let word = self.pick(&["host", "h", "g", "ip", "maybe"]);
                let value = self.pick(&["host + 'x'", "'a.test'", "null"]);
                let result = self.result();
                write!(out, "{{ {word} = {value}; if (n) return {result}; }}")
                    .unwrap();
            }
            3 => out.push_str("alert('here');"),
            4 => out.push_str("touch();"),
            _ => write!(out, "return {};", self.result()).unwrap(),
        }
    }

    fn rule(&mut self, out: &mut String) {
        self.depth += 1;
        if self.depth > 4 {
            out.push_str("n = 7;");
            self.depth -= 1;
            return;
        }
        match self.chance.below(24) {
            0 => write!(out, "alert({});", self.result()).unwrap(),
            1 => {
                let word = self.pick(&["h", "g", "ip", "maybe", "host"]);
                let value = self.pick(&[
                    "host.toLowerCase()",
                    "dnsResolve(host)",
                    "url",
                    "null",
                    "'10.1.2.3'",
                ]);
                write!(out, "{word} = {value};").unwrap();
            }
            2 => out.push_str("touch();"),
            3 => {
                let arms = 1 + self.chance.below(6);
                for _ in 0..arms {
                    write!(out, "if ({}) ", self.condition()).unwrap();
                    self.body(out);
                    out.push_str("\nelse ");
                }
                self.body(out);
            }
            4 => {
                let arms: String = (0..4 + self.chance.below(4))
                    .map(|_| format!("{} ? {} : ", self.test(), "P"))
                    .collect();
                write!(out, "if (flag) return {arms}'DIRECT';").unwrap();
            }
            5 => {
                write!(out, "n = {};", self.condition()).unwrap();
            }
            _ => {
                write!(out, "if ({}) ", self.condition()).unwrap();
                self.body(out);
            }
        }
        out.push('\n');
        self.depth -= 1;
    }

    /// Rules that differ in their texts only, strangers among them.
    fn row(&mut self, out: &mut String) {
        let subject = self.pick(&["host", "host", "url", "h", "g", "maybe"]);
        let function = self.pick(&["dnsDomainIs", "shExpMatch"]);
        for _ in 0..2 + self.chance.below(14) {
            let domain = self.domain();
            let pattern = match self.chance.below(12) {
                0 => "[ab]*".to_owned(),
                1 => "http:*".to_owned(),
                2 => self.pick(&["h*", "*", "10.*", "", "a?b"]).to_owned(),
                3 => format!("*{domain}*"),
                4 => domain,
                _ if function == "shExpMatch" => format!("*.{domain}"),
                _ => format!(".{domain}"),
            };
            let result = match self.chance.below(12) {
                0 => "P".to_owned(),
                1 => "null".to_owned(),
                n => format!("'PROXY r{n}:1'"),
            };
            let body = match self.chance.below(5) {
                0 => format!("{{ return {result}; }}"),
                1 => format!("{{ return {result} }}"),
                _ => format!("return {result};"),
            };
            let line = match self.chance.below(24) {
                0 => "g = 'x.' + g;".to_owned(),
                1 => format!(
                    "if ({function}({subject}, '{pattern}')) {body} \
                     else n++;"
                ),
                2 => format!("if ({function}(h, '{pattern}')) {body}"),
                3 => ";".to_owned(),
                _ => {
                    format!("if ({function}({subject}, '{pattern}')) {body}")
                }
            };
            writeln!(out, "{line}").unwrap();
        }
    }

    fn script(&mut self) -> String {
        let mut out = String::from(
            "var P = 'PROXY p:8080', D = '*.test', SET = {'a.test': 1};\n\
             var P1 = /(www|abc)\\.(a\\.)?test$/;\n\
             var g = 'b.test';\n\
             function within(h, d) { return h == d || \
             dnsDomainIs(h, '.' + d); }\n\
             function inside(d, h) { if (!h) return false; \
             if (shExpMatch(h, '*' + d)) return true; return false; }\n\
             function endsIn(h, d) { return h === d || \
             h.slice(-(d.length + 1)) === '.' + d; }\n\
             function touch() { g = 'c.' + g; return false; }\n\
             function FindProxyForURL(url, host) {\n\
             g = host; var h = host.toLowerCase(), n = 0, flag, ip, maybe;\n",
        );
        let first = self.pick(&[
            "",
            "maybe = host;",
            "maybe = 5;",
            "ip = dnsResolve(host);",
            "ip = maybe = host;",
            "for (;;) {",
        ]);
        out.push_str(first);
        out.push('\n');
        for _ in 0..4 + self.chance.below(16) {
            match self.chance.below(8) {
                0 => self.row(&mut out),
                _ => self.rule(&mut out),
            }
        }
        if first.starts_with("for") {
            out.push_str("break; }\n");
        }
        let last = self.result();
        write!(out, "return {last};\n}}\n").unwrap();
        out
    }
}

/// Loops over lists.
impl Rules {
    fn list(&mut self, count: usize) -> String {
        let all: Vec<String> = (0..count)
            .map(|_| match self.chance.below(30) {
                0 => "null".to_owned(),
                1 => "7".to_owned(),
                2 => "'[ab]*'".to_owned(),
                _ => {
                    format!("'{}{}'", self.pick(&["", "", "."]), self.domain())
                }
            })
            .collect();
        format!("[{}]", all.join(", "))
    }

    fn lists(&mut self) -> String {
        let mut out = String::new();
        for name in ["LIST", "MORE"] {
            let count = 3 + self.chance.below(12);
            writeln!(out, "var {name} = {};", self.list(count)).unwrap();
        }
        let pairs: Vec<String> = (0..4 + self.chance.below(8))
            .map(|n| format!("['{}', 'PROXY p{n}:1']", self.domain()))
            .collect();
        writeln!(out, "var PAIRS = [{}];", pairs.join(", ")).unwrap();
        let nets: Vec<String> = (0..4 + self.chance.below(8))
            .map(|_| {
                let mask = self.pick(&["255.0.0.0", "255.255.0.0", "8"]);
                format!("['10.{}.2.3', '{mask}']", self.chance.below(4))
            })
            .collect();
        writeln!(out, "var NETS = [{}];", nets.join(", ")).unwrap();
        let keys: Vec<String> = (0..4 + self.chance.below(8))
            .map(|n| format!("'{}': 'PROXY k{n}:1'", self.domain()))
            .collect();
        writeln!(out, "var MAP = {{{}}};", keys.join(", ")).unwrap();
        let groups = [self.list(6), self.list(9), self.list(2)].join(", ");
        writeln!(out, "var GROUPS = [{groups}];").unwrap();
        let all: Vec<String> = (0..4 + self.chance.below(20))
            .map(|_| self.pattern().replace("P1", "/x/"))
            .collect();
        writeln!(out, "var RES = [{}];", all.join(", ")).unwrap();
        out
    }

    /// A condition on an element.
    fn on(&mut self, element: &str) -> String {
        let subject = self.pick(&["host", "host", "url", "h", "g", "maybe"]);
        match self.chance.below(16) {
            13 => {
                let n = format!("({element}.length + 1)");
                let d = format!("'.' + {element}");
                ends(self.chance.below(9), subject, &n, &d)
            }
            14 => {
                let n = format!("{element}.length");
                ends(self.chance.below(9), subject, &n, element)
            }
            15 => format!("endsIn({subject}, {element})"),
            0..=2 => format!("dnsDomainIs({subject}, {element})"),
            3 => format!("shExpMatch({subject}, '*' + {element})"),
            4 => format!("shExpMatch({subject}, {element})"),
            5 => format!("{subject} == {element}"),
            6 => format!(
                "({subject} == {element} || \
                 dnsDomainIs({subject}, '.' + {element}))"
            ),
            7 => format!("{subject}.indexOf({element}) >= 0"),
            8 => format!("within({subject}, {element})"),
            9 => format!("{subject}.endsWith({element}) && {}", self.other()),
            10 => format!("{} && {subject} === {element}", self.other()),
            11 => format!("shExpMatch({subject}, {element} + '*') || n > 9"),
            _ => format!("!({subject} != {element})"),
        }
    }

    fn loop_body(&mut self, out: &mut String, element: &str, result: &str) {
        let leading = self.chance.below(4) == 0;
        let mut element = element.to_owned();
        if leading {
            let name = self.pick(&["e", "last"]);
            write!(out, "{name} = {element}; ").unwrap();
            element = name.to_owned();
        }
        for _ in 0..1 + self.chance.below(2) {
            write!(out, "if ({}) ", self.on(&element)).unwrap();
            match self.chance.below(8) {
                0 => out.push_str("n++;"),
                1 => out.push_str("{ flag = true; break; }"),
                2 => out.push_str("{ n += 2; continue; }"),
                3 => out.push_str("alert(n);"),
                4 => out.push_str("h = h + 'x';"),
                _ => write!(out, "return {result};").unwrap(),
            }
            out.push('\n');
        }
    }

    fn a_loop(&mut self, out: &mut String) {
        let list = self.pick(&[
            "LIST",
            "MORE",
            "local",
            "GROUPS[1]",
            "GROUPS[n % 3]",
            "given",
        ]);
        match self.chance.below(9) {
            0..=2 => {
                let head = match self.chance.below(5) {
                    0 => format!("var i = 0, l = {list}.length; i < l; i++"),
                    1 => format!("i = n; i < {list}.length; ++i"),
                    2 => "i = 1; i < 6; i++".to_owned(),
                    3 => format!("j = 0; j < {list}.length; j++"),
                    _ => format!("var i = 0; i < {list}.length; i++"),
                };
                let at = if head.starts_with('j') { "j" } else { "i" };
                writeln!(out, "for ({head}) {{").unwrap();
                let result = format!("'PROXY ' + {at} + last");
                self.loop_body(out, &format!("{list}[{at}]"), &result);
                out.push('}');
            }
            3 => {
                writeln!(out, "for (var i in {list}) {{").unwrap();
                self.loop_body(out, &format!("{list}[i]"), "'PROXY ' + i");
                out.push('}');
            }
            4 => {
                writeln!(out, "for (var k of {list}) {{").unwrap();
                self.loop_body(out, "k", "'PROXY ' + k");
                out.push('}');
            }
            5 => {
                out.push_str("for (var k in MAP) {\n");
                self.loop_body(out, "k", "MAP[k]");
                out.push('}');
            }
            6 => {
                out.push_str("for (i = 0; i < PAIRS.length; i++) {\n");
                self.loop_body(out, "PAIRS[i][0]", "PAIRS[i][1]");
                out.push('}');
            }
            7 => {
                let ip = self.pick(&["ip", "host", "dnsResolve(host)"]);
                write!(
                    out,
                    "for (i = 0; i < NETS.length; i++) if (isInNet({ip}, \
                     NETS[i][0], NETS[i][1])) return 'NET' + i;"
                )
                .unwrap();
            }
            _ => {
                let list = self.pick(&["LIST", "MORE", "local", "GROUPS[2]"]);
                write!(
                    out,
                    "if (inList(host, {list})) return 'IN' + find(h, {list});"
                )
                .unwrap();
            }
        }
        let after = self.pick(&["i", "j", "k", "e", "last", "n", "flag"]);
        write!(out, "\nalert({after});\n").unwrap();
    }

    fn loops(&mut self) -> String {
        let mut out = self.lists();
        out.push_str(
            "var P = 'PROXY p:8080', SET = {'a.test': 1}, g = 'b.test';\n\
             var last = '', P1 = /(www|abc)\\.(a\\.)?test$/;\n\
             function endsIn(h, d) { return h === d || \
             h.slice(-(d.length + 1)) === '.' + d; }\n\
             function within(h, d) { return h == d || \
             dnsDomainIs(h, '.' + d); }\n\
             function touch() { g = 'c.' + g; return false; }\n\
             function inList(h, list) {\n\
             for (var i = 0; i < list.length; i++)\n\
             if (dnsDomainIs(h, list[i])) return true;\n\
             return false; }\n\
             function find(h, list) { var x;\n\
             for (var i in list) { x = list[i]; if (shExpMatch(h, '*' + x)) \
             break; }\nreturn i + x; }\n",
        );
        let local = self.list(8);
        write!(
            out,
            "function FindProxyForURL(url, host) {{\n\
             g = host; last = ''; var h = host.toLowerCase(), n = 0;\n\
             var flag, ip, maybe, i, j, k, e, local = {local};\n\
             var given = host.length > 8 ? LIST : MORE;\n"
        )
        .unwrap();
        out.push_str(self.pick(&["", "ip = dnsResolve(host);", "maybe = h;"]));
        out.push('\n');
        for _ in 0..1 + self.chance.below(5) {
            self.a_loop(&mut out);
            if self.chance.below(4) == 0 {
                let subject = self.pick(&["host", "url", "h", "maybe"]);
                let head = self.pick(&[
                    "for (k = 0; k < RES.length; k++) { e = RES[k];",
                    "for (k in RES) { e = RES[k];",
                    "for (e of RES) { k = e;",
                ]);
                let test = match self.chance.below(3) {
                    0 => format!("{subject}.match(e)"),
                    _ => format!("e.test({subject})"),
                };
                writeln!(out, "{head} if ({test}) return 'PROXY x:' + k; }}")
                    .unwrap();
            }
            if self.chance.below(3) == 0 {
                self.rule(&mut out);
            }
        }
        out.push_str("return 'DIRECT';\n}\n");
        out
    }
}

#[test]
fn loops() {
    all_agree(Rules::loops);
}

#[test]
fn chains() {
    all_agree(Rules::script);
}

/// A condition on what a text ends in.
fn ends(which: usize, s: &str, n: &str, d: &str) -> String {
    match which {
        0 => format!("{s}.slice(-{n}) == {d}"),
        1 => format!("{s}.substr(-{n}) === {d}"),
        2 => format!("{s}.substring({s}.length - {n}) == {d}"),
        3 => format!("{s}.slice({s}.length - {n}, {s}.length) != {d}"),
        4 => format!("{s}.indexOf({d}, {s}.length - {n}) !== -1"),
        5 => format!("{s}.lastIndexOf({d}) == {s}.length - {n}"),
        6 => format!("{s}.substr({s}.length - {n}) == {d}"),
        7 => format!("{s}.indexOf({d}, {s}.length - {n}) < 0"),
        _ => format!("{s}.substr({s}.length - {n}, {s}.length) == {d}"),
    }
}

/// What names mean in long rows of rules that differ in their texts only.
#[test]
fn names_in_rows() {
    let around = [
        ("", ""),
        ("var dnsDomainIs;", ""),
        ("dnsDomainIs = function (h, d) { return d == '.b'; };", ""),
        ("host = null;", ""),
        ("host = { toString: function () { return 'x.r3.test'; } };", ""),
        ("var host = 'x.r7.test';", ""),
        ("{ let host = 'x.r7.test';", "}"),
        ("{ let f = function () { return host; }; f();", "}"),
        ("{ const dnsDomainIs = function () { return true; };", "}"),
        ("", "let late = 1;"),
        ("", "{ let host = 1; }"),
        ("", "var dnsDomainIs = 1;"),
        ("", "function dnsDomainIs(h, d) { return d == '.r5.test'; }"),
        ("for (var i = 0; i < 2; i++) { host += '.test';", "}"),
        ("switch (1) { case 1:", "}"),
        ("try {", "} catch (e) { return 'caught'; }"),
        ("try {", "} finally { last(host); }"),
        ("try {", "} finally { if (host == 'r3.test') return 'last'; }"),
    ];
    let mut seen = 0;
    for parameters in ["url, host", "host, url", "url, dnsDomainIs", "host"] {
        for (before, after) in around {
            let mut rules = String::new();
            for number in 0..40 {
                let result = format!("'PROXY p{}:1'", number % 3);
                writeln!(
                    rules,
                    "if (dnsDomainIs(host, '.r{number}.test')) \
                     return {result};"
                )
                .unwrap();
            }
            let source = format!(
                "function last(h) {{ return 'nobody sees ' + h; }}\n\
                 function FindProxyForURL({parameters}) {{ {before}\n\
                 {rules}{after}\nreturn 'DIRECT'; }}"
            );
            let build =
                |config| Pac::builder().config(config).build(&source).unwrap();
            let js = build(Config::new().only_js());
            let others = [Config::new(), Config::new().no_table()].map(build);
            for host in ["x.r3.test", "r3.test", "x.r39", ".b", "a.r5.test"] {
                let url = format!("http://{host}/");
                let expected = Seen::of(&js, &url, host);
                for other in &others {
                    seen += usize::from(other.strategy() != "js");
                    let found = Seen::of(other, &url, host);
                    assert_eq!(found, expected, "{host}\n{source}");
                }
            }
        }
    }
    assert!(seen > 300, "only {seen} by programs");
}

fn all_agree(script: fn(&mut Rules) -> String) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = 0;
    for number in 0..rounds(600) {
        let mut rules =
            Rules { chance: Chance::of_seed(seed(number)), depth: 0 };
        let source = script(&mut rules);
        wrong += usize::from(!agree(&source, &mut rules, &mut counts));
        assert!(wrong < 3, "{wrong} differences");
    }
    println!("{counts:?}");
    assert_eq!(wrong, 0);
    assert!(counts.get("table") > counts.get("js"), "{counts:?}");
}

fn agree(
    source: &str,
    rules: &mut Rules,
    counts: &mut BTreeMap<&'static str, usize>,
) -> bool {
    let limits = Limits::new().with_loop_iterations(100_000);
    let build = |config: Config| {
        Pac::builder().limits(limits.clone()).config(config).build(source)
    };
    let js = build(Config::new().only_js()).unwrap();
    let others = [Config::new(), Config::new().no_table()]
        .map(|config| build(config).unwrap());
    *counts.entry(others[0].strategy()).or_default() += 1;
    for _ in 0..10 {
        let host = rules.host();
        let scheme = rules.pick(&["http", "https"]);
        let url = format!("{scheme}://{host}/{}", rules.pick(NAMES));
        let expected = Seen::of(&js, &url, &host);
        for other in &others {
            let found = Seen::of(other, &url, &host);
            if found != expected {
                println!("{source}\n{url} {host}: {}", other.strategy());
                println!("  {found:?}\n  and js\n  {expected:?}");
                return false;
            }
        }
    }
    true
}
