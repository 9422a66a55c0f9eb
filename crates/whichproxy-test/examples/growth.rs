//! Reads one kind of input of so many parts, once: `growth KIND PARTS`; the
//! kinds, without arguments. `cargo xtask growth` counts the instructions.
#![allow(clippy::unwrap_used)] // what fails here fails the count

use std::hint::black_box;

use url::Url;
use whichproxy::bypass::{BypassList, Profile, Target};
use whichproxy::machine::Caching;
use whichproxy::registry::{RegFile, Tree};
use whichproxy::settings::{ConnectionSettings, ProxyMap, WinhttpConnection};
use whichproxy::{Query, Routes};
use whichproxy_os::dhcp::{Lease, Reply};
use whichproxy_pac::{Answers, Config, Pac};

/// A kind: its input of so many parts, and what reads it.
type Kind = (&'static str, fn(usize) -> String, fn(&str));

const KINDS: &[Kind] = &[
    ("reg-values", |n| reg(n, |i| format!("\"v{i}\"=\"x\\\\{i}\"\n")), read),
    ("reg-keys", |n| reg(n, |i| format!("[HKEY_USERS\\a{i}\\b]\n")), read),
    (
        "reg-deep",
        |n| format!("REGEDIT4\n\n[HKEY_USERS{}]\n", "\\a".repeat(n)),
        read,
    ),
    (
        "reg-hex",
        |n| reg(1, |_| format!("\"v\"=hex:{}00\n", "00,\\\n  ".repeat(n))),
        read,
    ),
    ("reg-deletes", |n| reg(n, |i| format!("[-HKEY_USERS\\a{i}]\n")), read),
    ("blobs", |n| "a;".repeat(n), blobs),
    ("proxies", |n| many(n, |i| format!("p{i}=h{i}:80;")), proxies),
    ("proxies-at", |n| "a:b;@".repeat(n), proxies),
    ("bypass", |n| many(n, |i| format!("*.h{i}.example;")), bypass),
    ("bypass-stars", |n| many(n, |i| format!("a*b*{i}*;")), bypass),
    ("bypass-odd", |n| format!("{}@", "a:b;".repeat(n)), bypass),
    ("result", |n| many(n, |i| format!("PROXY p{i}:80;")), result),
    (
        "url",
        |n| format!("http://u:p@h/{}?{}", "a/".repeat(n), "%0".repeat(n)),
        url,
    ),
    ("url-labels", |n| format!("http://{}/", "a.".repeat(n)), url),
    ("headers", |n| "max-age=1, x=\"\\\"\", ".repeat(n), headers),
    // Of 252 and of options that nobody asked for, some of them empty.
    ("dhcp-options", |n| packet(&"\u{fc}\u{3}abcp\u{0}".repeat(n)), dhcp),
    ("dhcp-pads", |n| packet(&"\u{0}".repeat(8 * n)), dhcp),
    ("lease-values", |n| many(n, |i| format!("OPTION_{i}=61\n")), dhcp),
    (
        "lease-blocks",
        |n| {
            many(n, |i| {
                format!("lease {{\n  option wpad \"http://a{i}/\";\n}}\n")
            })
        },
        dhcp,
    ),
    (
        "lease-domains",
        |n| {
            let domains = many(n, |i| format!("\"a{i}.example.\", "));
            format!("lease {{\n  option domain-search {domains};\n}}\n")
        },
        dhcp,
    ),
    ("lease-open", |n| "lease {\n  option wpad \"".repeat(n), dhcp),
    (
        "pac-suffixes",
        |n| {
            pac(n, |i| {
                format!(
                    "if (dnsDomainIs(host, '.h{i}')) return 'PROXY p{i}:1';\n"
                )
            })
        },
        script,
    ),
    (
        "pac-globs",
        |n| {
            pac(n, |i| {
                format!("if (shExpMatch(url, '*a{i}*b*')) return 'DIRECT';\n")
            })
        },
        script,
    ),
    (
        "pac-nets",
        |n| {
            pac(n, |i| {
                format!(
                    "if (isInNet(host, '10.{}.{}.0', '255.255.255.0')) return 'PROXY n:{}';\n",
                    i / 256,
                    i % 256,
                    i + 1
                )
            })
        },
        script,
    ),
    (
        "pac-or",
        |n| {
            pac(1, |_| {
                format!(
                    "if ({}false) return 'DIRECT';\n",
                    many(n, |i| format!("host == 'h{i}' || "))
                )
            })
        },
        script,
    ),
    (
        "pac-map",
        |n| {
            format!(
                "var m = {{{}}};\n{}",
                many(n, |i| format!("'h{i}': 'PROXY p{i}:1',")),
                pac(1, |_| "if (m[host]) return m[host];\n".to_owned())
            )
        },
        script,
    ),
    (
        "pac-list",
        |n| {
            format!(
                "var l = [{}];\n{}",
                many(n, |i| format!("'.h{i}',")),
                pac(1, |_| {
                    "for (var i = 0; i < l.length; i++) if (dnsDomainIs(host, l[i])) return 'PROXY a:1';\n".to_owned()
                })
            )
        },
        script,
    ),
    (
        "pac-functions",
        |n| {
            many(n, |i| format!("function f{i}() {{ return host; }}\n"))
                + &pac(0, |_| String::new())
        },
        script,
    ),
    (
        "pac-variables",
        |n| pac(n, |i| format!("var v{i} = host + '{i}';\n")),
        script,
    ),
    (
        "pac-regexes",
        |n| {
            pac(n, |i| {
                format!("if (/^a{i}.*b$/.test(host)) return 'DIRECT';\n")
            })
        },
        script,
    ),
    (
        "pac-nested",
        |n| {
            pac(1, |_| {
                format!(
                    "return {}host{};\n",
                    "(".repeat(n / 4),
                    ")".repeat(n / 4)
                )
            })
        },
        script,
    ),
    (
        "pac-comments",
        |n| "/* a */ ;".repeat(n) + &pac(0, |_| String::new()),
        script,
    ),
    ("pac-refused", |n| pac(n, |i| format!("eval('{i}');\n")), script),
];

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(name), Some(parts)) = (args.next(), args.next()) else {
        for (name, ..) in KINDS {
            println!("{name}");
        }
        return;
    };
    let (_, make, read) = KINDS.iter().find(|kind| kind.0 == name).unwrap();
    let input = make(parts.parse().unwrap());
    // Tables that are made once are not counted.
    read(&make(2));
    counted_growth(*read, &input);
}

#[inline(never)]
fn counted_growth(read: fn(&str), input: &str) {
    read(black_box(input));
}

fn many(parts: usize, part: impl Fn(usize) -> String) -> String {
    (0..parts).map(part).collect()
}

fn reg(parts: usize, part: impl Fn(usize) -> String) -> String {
    format!("REGEDIT4\n\n[HKEY_CURRENT_USER\\a]\n{}", many(parts, part))
}

fn pac(parts: usize, part: impl Fn(usize) -> String) -> String {
    format!(
        "function FindProxyForURL(url, host) {{\n{}return 'PROXY z:1';\n}}\n",
        many(parts, part)
    )
}

fn read(text: &str) {
    let Ok(file) = RegFile::parse(text.as_bytes(), "a.reg") else { return };
    let mut tree = Tree::new();
    file.apply(&mut tree);
    black_box(tree.to_reg());
}

fn blobs(text: &str) {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    let part = [&length[..], text.as_bytes()].concat();
    let number = |n: u32| n.to_le_bytes().to_vec();
    let winhttp = [number(0x18), number(0), number(3), part.clone()];
    let winhttp = [winhttp.concat(), part.clone()].concat();
    let _ = black_box(WinhttpConnection::parse(&winhttp).unwrap().proxy());
    let wininet = [number(0x46), number(1), number(15), part.clone()].concat();
    let wininet = [wininet, part.clone(), part, vec![0; 32]].concat();
    let blob = ConnectionSettings::parse(&wininet).unwrap();
    black_box(blob.auto_config_url());
}

fn proxies(text: &str) {
    let (map, notes) = ProxyMap::parse(text);
    black_box((map.to_string(), notes));
}

fn bypass(text: &str) {
    for profile in [
        Profile::Curl,
        Profile::DefenderAv,
        Profile::Winhttp,
        Profile::Wininet,
    ] {
        let list = BypassList::new(text, profile);
        let host = "www.none.example.com";
        let found = list.find(Target { scheme: "http", host, port: 80 });
        let odd = list.oddities().iter().map(ToString::to_string);
        black_box((found, odd.count(), list.to_string()));
    }
}

fn result(text: &str) {
    black_box(text.parse::<Routes>().map(|routes| routes.to_string())).ok();
}

fn url(text: &str) {
    let Ok(url) = Url::parse(text) else { return };
    black_box((Query::winhttp(&url, text), Query::wininet(&url)));
}

fn headers(text: &str) {
    let names = ["Cache-Control", "Date", "Expires", "ETag"];
    black_box(Caching::from_headers(names.map(|name| (name, text))));
}

/// A server's packet with these options, each character a byte.
fn packet(options: &str) -> String {
    let fixed = "\u{2}\u{1}\u{6}".to_owned() + &"\u{0}".repeat(233);
    fixed + "\u{63}\u{82}\u{53}\u{63}" + options
}

fn dhcp(text: &str) {
    let bytes: Vec<u8> =
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    black_box((Reply::read(&bytes), Lease::read_all(&bytes))).0.ok();
}

fn script(text: &str) {
    let builder = Pac::builder().config(Config::new().only_compiled());
    let Ok(pac) = builder.build(text) else { return };
    black_box(pac.shadowed());
    let query = Query::raw("http://www.none.example/", "www.none.example");
    black_box(pac.try_evaluate_compiled(query, &Answers::new())).ok();
}
