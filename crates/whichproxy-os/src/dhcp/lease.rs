//! What other DHCP clients wrote down.

use std::fmt;
use std::net::Ipv4Addr;

use super::Reply;

/// A lease that another DHCP client wrote down.
///
/// Four ways of writing are read: that of systemd-networkd and
/// NetworkManager's own client (`KEY=value`), that of dhclient (blocks of
/// statements, the last one counts), and that of dhcpcd (the server's
/// packet).
///
/// ```
/// use whichproxy_os::dhcp::Lease;
/// let file = b"ADDRESS=10.0.0.7\nSERVER_ADDRESS=10.0.0.1\n\
///     DOMAINNAME=corp.example\nOPTION_252=687474703a2f2f612f\n";
/// let leases = Lease::read_all(file);
/// assert_eq!(leases[0].wpad.as_deref(), Some(&b"http://a/"[..]));
/// assert_eq!(leases[0].domain.as_deref(), Some("corp.example"));
/// ```
#[non_exhaustive]
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Lease {
    /// The interface, where the file says so.
    pub interface: Option<String>,
    /// The address that was leased.
    pub address: Option<Ipv4Addr>,
    /// The server that leased it.
    pub server: Option<Ipv4Addr>,
    /// The domain name: option 15, else the first of option 119.
    pub domain: Option<String>,
    /// Option 252, as it came.
    pub wpad: Option<Vec<u8>>,
}

/// Of option 252, whose address may have a password, the length alone.
impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("interface", &self.interface)
            .field("address", &self.address)
            .field("server", &self.server)
            .field("domain", &self.domain)
            .field("wpad_bytes", &self.wpad.as_ref().map(Vec::len))
            .finish()
    }
}

/// A file has a few leases; of a log, the last ones count.
const MOST: usize = 64;

/// Names that administrators and distributions give to option 252; there is
/// no registered one.
///
/// Source: DHCLIENT-LEASES, community.
const NAMES: [&str; 10] = [
    "auto-proxy-config",
    "autoproxy-script",
    "local-pac-server",
    "local-proxy-config",
    "local-wpad-server",
    "option-252",
    "proxy-auto-config",
    "unknown-252",
    "wpad",
    "wpad-url",
];

impl Lease {
    /// The leases in a file, in its order; none where it is of another kind.
    pub fn read_all(file: &[u8]) -> Vec<Lease> {
        if let Ok(reply) = Reply::read(file) {
            return vec![Lease::of_packet(reply)];
        }
        let text = escaped(file);
        if text.lines().any(|line| line.starts_with("ADDRESS=")) {
            return vec![Lease::of_pairs(&text)];
        }
        Lease::of_blocks(&text)
    }

    /// dhcpcd's: the packet itself.
    fn of_packet(reply: Reply) -> Lease {
        let domain = reply.domain.unwrap_or_default();
        Lease {
            interface: None,
            address: reply.address,
            server: reply.server,
            domain: suffix(&String::from_utf8_lossy(&domain)),
            wpad: reply.wpad,
        }
    }

    /// systemd-networkd's, and that of NetworkManager's own client.
    ///
    /// Source: NETWORKD-LEASES, community.
    fn of_pairs(text: &str) -> Lease {
        let mut lease = Lease::default();
        let mut search = None;
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match key.trim() {
                "ADDRESS" => lease.address = value.parse().ok(),
                "SERVER_ADDRESS" => lease.server = value.parse().ok(),
                "DOMAINNAME" => lease.domain = suffix(value),
                "DOMAIN_SEARCH_LIST" => {
                    search = value.split_whitespace().find_map(suffix);
                }
                "OPTION_252" => lease.wpad = hexadecimal(value),
                _ => {}
            }
        }
        lease.domain = lease.domain.or(search);
        lease
    }

    /// dhclient's.
    ///
    /// Source: DHCLIENT-LEASES, community.
    fn of_blocks(text: &str) -> Vec<Lease> {
        let mut leases: Vec<Lease> = Vec::new();
        let mut open: Option<Lease> = None;
        let mut words: Vec<Word<'_>> = Vec::new();
        for token in tokens(text) {
            match token {
                Token::Word(word) => {
                    // More words than a statement has.
                    if words.len() < 16 {
                        words.push(word);
                    }
                }
                Token::Open => {
                    let is_lease = matches!(words.as_slice(),
                        [Word::Bare(word)] if *word == "lease");
                    open = is_lease.then(Lease::default);
                    words.clear();
                }
                Token::End => {
                    if let Some(lease) = &mut open {
                        lease.statement(&words);
                    }
                    words.clear();
                }
                Token::Close => {
                    if leases.len() >= MOST {
                        leases.remove(0);
                    }
                    leases.extend(open.take());
                    words.clear();
                }
            }
        }
        leases
    }

    fn statement(&mut self, words: &[Word<'_>]) {
        let text = |word: &Word<'_>| word.text();
        match words {
            [Word::Bare("interface"), name] => {
                self.interface = Some(text(name));
            }
            [Word::Bare("fixed-address"), address] => {
                self.address = text(address).parse().ok();
            }
            [Word::Bare("option"), Word::Bare(name), value, ..] => {
                match *name {
                    "dhcp-server-identifier" => {
                        self.server = text(value).parse().ok();
                    }
                    "domain-name" => {
                        // Some servers put a list here.
                        let list = text(value);
                        let first = list.split_whitespace().find_map(suffix);
                        self.domain = first.or(self.domain.take());
                    }
                    "domain-search" if self.domain.is_none() => {
                        self.domain = suffix(&text(value));
                    }
                    name if NAMES.contains(&name) => {
                        self.wpad = value.bytes();
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// The file as text, in which bytes that are none are written as dhclient
/// itself writes odd bytes: `\377`.
///
/// Fuzzing found that an option became longer than the file when such bytes
/// were replaced instead.
fn escaped(file: &[u8]) -> String {
    let mut text = String::with_capacity(file.len());
    for chunk in file.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\{byte:03o}"));
        }
    }
    text
}

/// A suffix without its final dot.
fn suffix(text: &str) -> Option<String> {
    // In any order: fuzzing found a dot before a line feed.
    let outside = |c: char| c == '.' || c == '\0' || c.is_whitespace();
    let text = text.trim_matches(outside);
    (!text.is_empty()).then(|| text.to_ascii_lowercase())
}

/// `6874` → `ht`.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

enum Token<'a> {
    Word(Word<'a>),
    Open,
    Close,
    End,
}

enum Word<'a> {
    Bare(&'a str),
    Quoted(Vec<u8>),
}

impl Word<'_> {
    fn text(&self) -> String {
        match self {
            Word::Bare(text) => (*text).to_owned(),
            Word::Quoted(bytes) => String::from_utf8_lossy(bytes).into(),
        }
    }

    /// The bytes of an option: quoted, or `68:74:…`.
    fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Word::Quoted(bytes) => Some(bytes.clone()),
            Word::Bare(text) => text
                .split(':')
                .map(|part| u8::from_str_radix(part, 16).ok())
                .collect(),
        }
    }
}

/// The tokens of dhclient's way of writing; comments and the commas of
/// lists are passed over.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest
                .trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            let first = rest.chars().next()?;
            let after = rest.get(first.len_utf8()..).unwrap_or_default();
            match first {
                '#' => {
                    let end = after.find('\n').unwrap_or(after.len());
                    rest = after.get(end..).unwrap_or_default();
                }
                '{' | '}' | ';' => {
                    rest = after;
                    return Some(match first {
                        '{' => Token::Open,
                        '}' => Token::Close,
                        _ => Token::End,
                    });
                }
                '"' => {
                    let (bytes, end) = quoted(after);
                    rest = end;
                    return Some(Token::Word(Word::Quoted(bytes)));
                }
                _ => {
                    let end = rest
                        .find(|c: char| {
                            c.is_whitespace()
                                || matches!(c, '{' | '}' | ';' | '"' | ',')
                        })
                        .unwrap_or(rest.len());
                    let (word, end) = rest.split_at(end);
                    rest = end;
                    return Some(Token::Word(Word::Bare(word)));
                }
            }
        }
    })
}

/// The bytes up to the closing quote, and what follows it. `\"` and `\\`
/// stand for themselves, `\012` for a byte.
fn quoted(text: &str) -> (Vec<u8>, &str) {
    let bytes = text.as_bytes();
    let mut value = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => return (value, text.get(at..).unwrap_or_default()),
            b'\\' => {
                let octal = bytes.get(at..at + 3).and_then(|digits| {
                    let digits = str::from_utf8(digits).ok()?;
                    u8::from_str_radix(digits, 8).ok()
                });
                if let Some(byte) = octal {
                    value.push(byte);
                    at += 3;
                } else if let Some(&byte) = bytes.get(at) {
                    value.push(byte);
                    at += 1;
                }
            }
            _ => value.push(byte),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Found by fuzzing: bytes that are no text stay as they are.
    #[test]
    fn options_keep_bytes_that_are_no_text() {
        let file = b"lease {\n option wpad \"http:\xff\xfe//\\012\";\n}\n";
        let leases = Lease::read_all(file);
        let wpad = leases[0].wpad.as_deref();
        assert_eq!(wpad, Some(&b"http:\xff\xfe//\n"[..]));
    }

    const DHCLIENT: &str = r#"
# a comment; with { all } that means "nothing"
default-duid "\000\001\000\001";
lease {
  interface "eth1";
  fixed-address 10.9.9.9;
}
lease {
  interface "eth0";
  fixed-address 10.0.0.7;
  option subnet-mask 255.255.255.0;
  option domain-name-servers 10.0.0.1,10.0.0.2;
  option dhcp-server-identifier 10.0.0.1;
  option domain-search "eu.corp.example.", "corp.example.";
  option domain-name "Corp.Example";
  option unknown-252 68:74:74:70:3a:2f:2f:61:2f:a;
  option wpad "http://a/\"\\\012";
  renew 4 2026/11/26 09:00:00;
  expire 4 2026/11/26 12:00:00;
}
"#;

    /// Fuzzing found `a.`, which was asked for as `wpad.a..`: the dot stood
    /// before a line feed, and was looked for after it.
    #[test]
    fn a_dot_before_a_blank_is_no_part_of_a_suffix() {
        for written in ["a.\n", " .a. ", "a\0.\t"] {
            assert_eq!(suffix(written).as_deref(), Some("a"), "{written:?}");
        }
        assert_eq!(suffix(". \0."), None);
    }

    #[test]
    fn dhclient() {
        let leases = Lease::read_all(DHCLIENT.as_bytes());
        assert_eq!(leases.len(), 2);
        assert_eq!(leases[0].address, Some([10, 9, 9, 9].into()));
        let expected = Lease {
            interface: Some("eth0".to_owned()),
            address: Some([10, 0, 0, 7].into()),
            server: Some([10, 0, 0, 1].into()),
            domain: Some("corp.example".to_owned()),
            wpad: Some(b"http://a/\"\\\n".to_vec()),
        };
        assert_eq!(leases[1], expected);
    }

    #[test]
    fn names_and_forms_of_the_option() {
        for (statement, expected) in [
            ("option wpad \"http://a/\";", Some("http://a/")),
            ("option unknown-252 \"x\";", Some("x")),
            ("option option-252 68:74;", Some("ht")),
            ("option unknown-252 68:7:a;", Some("h\u{7}\n")),
            ("option unknown-252 68:zz;", None),
            ("option unknown-251 68;", None),
            ("option wpad;", None),
        ] {
            let file = format!("lease {{ {statement} }}");
            let leases = Lease::read_all(file.as_bytes());
            let expected = expected.map(|text| text.as_bytes().to_vec());
            assert_eq!(leases[0].wpad, expected, "{statement}");
        }
    }

    #[test]
    fn networkd() {
        let file = "# This is private data. Do not parse.\n\
            ADDRESS=10.132.0.5\nSERVER_ADDRESS=169.254.169.254\n\
            DOMAIN_SEARCH_LIST=a.example b.example\nOPTION_252=00zz\n";
        let leases = Lease::read_all(file.as_bytes());
        assert_eq!(leases[0].domain.as_deref(), Some("a.example"));
        assert_eq!(leases[0].wpad, None);
        assert_eq!(leases[0].address, Some([10, 132, 0, 5].into()));
    }

    #[test]
    fn dhcpcd() {
        let option = [&[15, 9][..], b"a.example", &[252, 2], b"hi"].concat();
        let mut packet = super::super::reply::tests::packet(1, &option);
        packet[16..20].copy_from_slice(&[10, 0, 0, 7]);
        let leases = Lease::read_all(&packet);
        assert_eq!(leases[0].address, Some([10, 0, 0, 7].into()));
        assert_eq!(leases[0].server, Some([10, 0, 0, 1].into()));
        assert_eq!(leases[0].domain.as_deref(), Some("a.example"));
        assert_eq!(leases[0].wpad.as_deref(), Some(&b"hi"[..]));
    }

    #[test]
    fn what_is_no_lease() {
        for file in ["", "lease", "lease {", "}", "}}}{{{", "\"", "a \"\\"] {
            assert_eq!(Lease::read_all(file.as_bytes()), [], "{file}");
        }
        let many = "lease { interface \"a\"; }".repeat(1000);
        assert_eq!(Lease::read_all(many.as_bytes()).len(), MOST);
    }

    proptest! {
        #[test]
        fn any_file_is_read(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            text in r#"(lease|option| |wpad|[{};"\\#,:=]|[0-9a]){0,60}"#,
        ) {
            let _ = Lease::read_all(&bytes);
            let _ = Lease::read_all(text.as_bytes());
        }
    }
}
