//! The proxy list of Windows: `http=a:1;https=b:2`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use whichproxy_pac::{Credentials, Proxy, ProxyScheme};

use super::mask::shown;
use crate::error::{Error, ErrorKind};

/// Which keys of a proxy list count.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// WinHTTP's: `http=` and `https=`.
    Winhttp,
    /// WinINET's: `ftp=`, `socks=` and others too.
    Wininet,
}

impl Dialect {
    /// The name by which every surface knows it.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Winhttp => "winhttp",
            Dialect::Wininet => "wininet",
        }
    }
}

impl FromStr for Dialect {
    type Err = Error;

    fn from_str(name: &str) -> Result<Dialect, Error> {
        let known = [Dialect::Winhttp, Dialect::Wininet];
        let known = known.map(|dialect| (dialect.name(), dialect));
        Error::named("dialect of proxy lists", name, &known)
    }
}

/// A proxy list in Windows' grammar, by scheme of the URL.
///
/// A list has elements separated by semicolons or whitespace, each
/// `[<scheme>=][<scheme>://]<server>[:<port>]`. The scheme before `=` is
/// that of the URL, the one before `://` says how to speak to the proxy. An
/// element without `=` is "for any protocols that do not have a specified
/// proxy".
///
/// Source: WINHTTP-PROXY-INFO, PROXYCFG, documented.
///
/// `Display` is the list with every port written out and credentials
/// masked; without credentials [`FromStr`] reads it back.
///
/// ```
/// use whichproxy::settings::{Dialect, ProxyMap};
/// let map: ProxyMap = "http=https://a.example b:8080".parse()?;
/// assert_eq!(map.to_string(), "http=https://a.example:443;b:8080");
/// let ftp = map.proxies_for("ftp", Dialect::Wininet);
/// assert_eq!(ftp[0].to_string(), "b:8080");
/// # Ok::<(), whichproxy::Error>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProxyMap {
    by_scheme: BTreeMap<String, Vec<Proxy>>,
    rest: Vec<Proxy>,
}

impl ProxyMap {
    /// No proxies.
    pub fn new() -> ProxyMap {
        ProxyMap::default()
    }

    /// The same list with one more proxy for the schemes that have none of
    /// their own.
    pub fn with(mut self, proxy: Proxy) -> ProxyMap {
        self.rest.push(proxy);
        self
    }

    /// The same list with one more proxy for URLs of `scheme`.
    pub fn with_scheme(mut self, scheme: &str, proxy: Proxy) -> ProxyMap {
        let scheme = scheme.to_ascii_lowercase();
        self.by_scheme.entry(scheme).or_default().push(proxy);
        self
    }

    /// Reads a list; what can't be read is left out.
    ///
    /// The texts are what is odd about it, each one clause without a full
    /// stop, credentials masked.
    ///
    /// ```
    /// use whichproxy::settings::ProxyMap;
    /// let (map, odd) = ProxyMap::parse("a:80; b:8o");
    /// assert_eq!(map.to_string(), "a:80");
    /// assert_eq!(odd, ["`b:8o` is left out: its port is no number"]);
    /// ```
    pub fn parse(text: &str) -> (ProxyMap, Vec<String>) {
        let mut map = ProxyMap::new();
        let mut odd = Vec::new();
        let secret = text.contains('@');
        let separator = |c: char| c == ';' || c.is_whitespace();
        for element in text.split(separator).filter(|e| !e.is_empty()) {
            // What stands in pieces may be a password with a separator in
            // it.
            let name = || match secret && !element.contains('@') {
                true => "***".to_owned(),
                false => shown(element),
            };
            match Element::read(element, Grammar::Windows) {
                Ok(element) => {
                    let odd_parts = element.odd.iter();
                    odd.extend(
                        odd_parts.map(|what| format!("`{}` {what}", name())),
                    );
                    map = match element.key {
                        Some(key) => map.with_scheme(&key, element.proxy),
                        None => map.with(element.proxy),
                    };
                }
                Err(why) => {
                    odd.push(format!("`{}` is left out: {why}", name()));
                }
            }
        }
        (map, odd)
    }

    /// Reads one proxy as curl does: `[scheme://][user:pass@]host[:port]`.
    ///
    /// The port is 1080 where there is none, 443 for `https://`. The error
    /// is a clause that says why there is no proxy.
    ///
    /// Source: CURL-MAN, documented.
    pub(super) fn parse_curl(
        text: &str,
    ) -> Result<(ProxyMap, Vec<&'static str>), &'static str> {
        let Element { mut proxy, odd, .. } =
            Element::read(text, Grammar::Curl)?;
        // Source: CURL-MAN (`--proxy`: "are URL decoded by curl"), documented.
        if let Some(credentials) = proxy.credentials() {
            let user = decoded(credentials.user());
            let password = credentials.password().map(decoded);
            proxy = proxy.with_credentials(Credentials::new(user, password));
        }
        Ok((ProxyMap::new().with(proxy), odd))
    }

    /// The proxies for URLs of `scheme` (`http`, `https`, `ftp`, …), in
    /// order; empty where there is none.
    ///
    /// ```
    /// use whichproxy::settings::{Dialect, ProxyMap};
    /// let map: ProxyMap = "ftp=f:21;socks=s".parse()?;
    /// let of = |scheme, dialect| {
    ///     let proxies = map.proxies_for(scheme, dialect);
    ///     proxies.first().map(|p| format!("{}://{p}", p.scheme()))
    /// };
    /// assert_eq!(of("ftp", Dialect::Wininet).unwrap(), "http://f:21");
    /// assert_eq!(of("http", Dialect::Wininet).unwrap(), "socks4://s:1080");
    /// assert_eq!(of("ftp", Dialect::Winhttp), None);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn proxies_for(&self, scheme: &str, dialect: Dialect) -> &[Proxy] {
        // Source: PROXYCFG, documented: "valid protocols" are HTTP and
        // HTTPS in WinHTTP.
        let counts = dialect == Dialect::Wininet
            || scheme.eq_ignore_ascii_case("http")
            || scheme.eq_ignore_ascii_case("https");
        let own = match counts {
            true => self.of_scheme(scheme),
            false => &[],
        };
        match dialect {
            _ if !own.is_empty() => own,
            _ if !self.rest.is_empty() => &self.rest,
            // Source: WININET-FUNCTIONALITY, documented (that `socks=`
            // counts); that it comes last is inferred.
            Dialect::Wininet => self.of_scheme("socks"),
            Dialect::Winhttp => &[],
        }
    }

    /// The proxies for URLs of `scheme`, and for no others.
    ///
    /// ```
    /// use whichproxy::settings::ProxyMap;
    /// let map = "http=a:1;b:2".parse::<ProxyMap>()?;
    /// assert_eq!(map.only_for("https").to_string(), "https=b:2");
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn only_for(&self, scheme: &str) -> ProxyMap {
        let proxies = self.proxies_for(scheme, Dialect::Wininet).iter();
        proxies
            .cloned()
            .fold(ProxyMap::new(), |map, proxy| map.with_scheme(scheme, proxy))
    }

    /// Whether there is no proxy at all.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty() && self.by_scheme.is_empty()
    }

    /// Every proxy with the scheme of the URLs it is for, if it has one;
    /// those without come last.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &Proxy)> {
        let keyed = self.by_scheme.iter().flat_map(|(scheme, proxies)| {
            proxies.iter().map(|proxy| (Some(scheme.as_str()), proxy))
        });
        keyed.chain(self.rest.iter().map(|proxy| (None, proxy)))
    }

    fn of_scheme(&self, scheme: &str) -> &[Proxy] {
        let found = match scheme.bytes().any(|b| b.is_ascii_uppercase()) {
            true => self.by_scheme.get(&scheme.to_ascii_lowercase()),
            false => self.by_scheme.get(scheme),
        };
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

impl From<Proxy> for ProxyMap {
    fn from(proxy: Proxy) -> ProxyMap {
        ProxyMap::new().with(proxy)
    }
}

impl fmt::Display for ProxyMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, proxy)) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(";")?;
            }
            if let Some(key) = key {
                write!(f, "{key}=")?;
            }
            if proxy.scheme() != default_scheme(key) {
                write!(f, "{}://", proxy.scheme())?;
            }
            if proxy.credentials().is_some() {
                f.write_str("***@")?;
            }
            write!(f, "{proxy}")?;
        }
        Ok(())
    }
}

impl FromStr for ProxyMap {
    type Err = Error;

    /// Reads a list, of which at least one proxy must be readable.
    fn from_str(text: &str) -> Result<ProxyMap, Error> {
        let (map, odd) = ProxyMap::parse(text);
        if !map.is_empty() {
            return Ok(map);
        }
        let odd = match odd.is_empty() {
            true => "it is empty".to_owned(),
            false => odd.join(", "),
        };
        Err(Error::new(
            ErrorKind::Usage,
            format_args!("proxy list `{}`: {odd}", shown(text)),
        ))
    }
}

/// Whose grammar an element is in: they differ in default ports and in what
/// may stand before `=`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Grammar {
    Curl,
    Windows,
}

/// One element of a list, taken apart.
#[derive(Debug)]
struct Element {
    key: Option<String>,
    proxy: Proxy,
    odd: Vec<&'static str>,
}

impl Element {
    fn read(text: &str, grammar: Grammar) -> Result<Element, &'static str> {
        let mut odd = Vec::new();
        if text.chars().any(char::is_control) {
            return Err("it has a control character");
        }
        let (key, rest) = match grammar {
            Grammar::Windows => split_key(text),
            Grammar::Curl => (None, text),
        };
        if key.as_deref() == Some("") {
            return Err("there is no scheme before its `=`");
        }
        if let Some("http" | "https" | "ftp" | "socks") | None = key.as_deref()
        {
        } else {
            odd.push("is for a scheme that no Windows client asks for");
        }
        let (scheme, rest) = match rest.split_once("://") {
            Some((name, rest)) => (scheme_named(name)?, rest),
            None => (default_scheme(key.as_deref()), rest),
        };
        let (authority, path) = split_path(rest);
        if !matches!(path, "" | "/") {
            odd.push("has a path, which is left out");
        }
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(read_credentials(user)), address),
            None => (None, authority),
        };
        let (host, port) = split_port(address)?;
        let port = match port {
            Some(port) => port,
            // Source: CURL-MAN, documented.
            None if grammar == Grammar::Curl => match scheme {
                ProxyScheme::Https => 443,
                _ => 1080,
            },
            // Source: WININET-FUNCTIONALITY, documented (80 and 1080).
            None => scheme.default_port(),
        };
        let mut proxy = Proxy::new(scheme, host, port);
        if let Some(credentials) = credentials {
            proxy = proxy.with_credentials(credentials);
        }
        Ok(Element { key, proxy, odd })
    }
}

/// `http=rest`: what stands before the first `=`, if that can't be part of
/// credentials.
fn split_key(text: &str) -> (Option<String>, &str) {
    match text.split_once('=') {
        Some((key, rest))
            if key.bytes().all(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')
            }) =>
        {
            (Some(key.to_ascii_lowercase()), rest)
        }
        _ => (None, text),
    }
}

/// The path begins with the first `/` after the credentials, which may have
/// one too.
fn split_path(text: &str) -> (&str, &str) {
    let from = text.rfind('@').map_or(0, |at| at + 1);
    let address = text.get(from..).unwrap_or_default();
    match address.find(['/', '?', '#']) {
        Some(at) => text.split_at(from + at),
        None => (text, ""),
    }
}

/// How to speak to a proxy for which nothing is said: SOCKS where it stands
/// behind `socks=`, else HTTP.
fn default_scheme(key: Option<&str>) -> ProxyScheme {
    match key {
        Some("socks") => ProxyScheme::Socks4,
        _ => ProxyScheme::Http,
    }
}

fn scheme_named(name: &str) -> Result<ProxyScheme, &'static str> {
    match name.to_ascii_lowercase().as_str() {
        "http" => Ok(ProxyScheme::Http),
        "https" => Ok(ProxyScheme::Https),
        "socks" | "socks4" | "socks4a" => Ok(ProxyScheme::Socks4),
        "socks5" | "socks5h" => Ok(ProxyScheme::Socks5),
        _ => Err("there is no proxy of its scheme"),
    }
}

/// Without percent-encoding; what is no UTF-8 then, stays as it is.
fn decoded(text: &str) -> String {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map_or_else(|_| text.to_owned(), Cow::into_owned)
}

/// Kept as they are written: whether `%40` means `@` is not documented of
/// Windows.
fn read_credentials(text: &str) -> Credentials {
    match text.split_once(':') {
        Some((user, password)) => {
            Credentials::new(user, Some(password.to_owned()))
        }
        None => Credentials::new(text, None),
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, or an IPv6 address alone.
fn split_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) =
            rest.split_once(']').ok_or("its `[` has no `]`")?;
        if !is_v6(address) {
            return Err("there is no IPv6 address in its brackets");
        }
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(read_port(port)?),
            None if rest.is_empty() => None,
            None => return Err("something stands behind its `]`"),
        };
        return Ok((address, port));
    }
    if is_v6(text) {
        return Ok((text, None));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(read_port(port)?)),
        None => (text, None),
    };
    if host.is_empty() {
        return Err("it has no host");
    }
    if host.contains(',') {
        return Err("a comma separates no proxies");
    }
    const NO_NAME: &[char] = &[
        ':', ';', '/', '\\', '?', '#', '"', '\'', '`', '<', '>', '[', ']',
        '{', '}', '=', '*', '%', '|', '^',
    ];
    if host.contains(NO_NAME) || host.contains(char::is_whitespace) {
        return Err("its host is no host name");
    }
    Ok((host, port))
}

/// An IPv6 address, perhaps with a zone.
fn is_v6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    !zone.is_empty()
        && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
        && address.parse::<Ipv6Addr>().is_ok()
}

fn read_port(text: &str) -> Result<u16, &'static str> {
    if text.is_empty() {
        return Err("there is no port behind its `:`");
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("its port is no number");
    }
    match text.parse() {
        Ok(0) | Err(_) => Err("its port is not between 1 and 65535"),
        Ok(port) => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists() {
        for (text, expected) in [
            ("10.0.0.6:8080", "10.0.0.6:8080"),
            ("proxy", "proxy:80"),
            ("PROXY.Example", "PROXY.Example:80"),
            ("http://proxy:3128/", "proxy:3128"),
            ("https://proxy", "https://proxy:443"),
            ("http=a:1;https=b:2", "http=a:1;https=b:2"),
            ("HTTPS=b:2 hTTp=a:1", "http=a:1;https=b:2"),
            ("http=a:1\r\nhttp=b:2\t;; c", "http=a:1;http=b:2;c:80"),
            (
                "http=https://http_proxy other_proxy",
                "http=https://http_proxy:443;other_proxy:80",
            ),
            (
                "http=myproxy;https=sproxy:88",
                "http=myproxy:80;https=sproxy:88",
            ),
            ("socks=s", "socks=s:1080"),
            ("socks=socks5://s", "socks=socks5://s:1080"),
            ("socks5://s:1", "socks5://s:1"),
            ("socks4a://s", "socks4://s:1080"),
            ("[::1]:80", "[::1]:80"),
            ("http=[2001:db8::1]", "http=[2001:db8::1]:80"),
            ("2001:db8::1", "[2001:db8::1]:80"),
            ("[fe80::1%12]:1", "[fe80::1%12]:1"),
            (
                "[2001:4898:4010:4013:95c1:a8b2:953c:c633]:100",
                "[2001:4898:4010:4013:95c1:a8b2:953c:c633]:100",
            ),
            ("user:pass@proxy:1", "***@proxy:1"),
            ("http=http://user:p=a/s@s@proxy/", "http=***@proxy:80"),
        ] {
            let (map, odd) = ProxyMap::parse(text);
            assert_eq!(map.to_string(), expected, "{text}");
            assert_eq!(odd, [""; 0], "{text}");
        }
    }

    #[test]
    fn oddities() {
        for (text, expected, oddity) in [
            ("a:b", "", "`a:b` is left out: its port is no number"),
            (
                "a:65536",
                "",
                "`a:65536` is left out: its port is not between 1 and 65535",
            ),
            (
                "a:0",
                "",
                "`a:0` is left out: its port is not between 1 and 65535",
            ),
            ("a:", "", "`a:` is left out: there is no port behind its `:`"),
            (":80", "", "`:80` is left out: it has no host"),
            ("http=", "", "`http=` is left out: it has no host"),
            ("=a", "", "`=a` is left out: there is no scheme before its `=`"),
            ("http://", "", "`http://` is left out: it has no host"),
            ("[::1", "", "`[::1` is left out: its `[` has no `]`"),
            (
                "[1.2.3.4]:1",
                "",
                "`[1.2.3.4]:1` is left out: there is no IPv6 address in \
                 its brackets",
            ),
            (
                "[::1]80",
                "",
                "`[::1]80` is left out: something stands behind its `]`",
            ),
            (
                "ftp://a",
                "",
                "`ftp://a` is left out: there is no proxy of its scheme",
            ),
            (
                "a\u{1}b",
                "",
                "`a\\u{1}b` is left out: it has a control character",
            ),
            (
                "a:1,b:2",
                "",
                "`a:1,b:2` is left out: a comma separates no proxies",
            ),
            ("a*b:2", "", "`a*b:2` is left out: its host is no host name"),
            (
                "gopher=a:1",
                "gopher=a:1",
                "`gopher=a:1` is for a scheme that no Windows client asks \
                 for",
            ),
            ("a:1/x/y?z", "a:1", "`a:1/x/y?z` has a path, which is left out"),
            (
                "user:secret@a:x",
                "",
                "`***@a:x` is left out: its port is no number",
            ),
            (
                "user:sec ret@a:1",
                "***@a:1",
                "`***` is left out: its port is no number",
            ),
        ] {
            let (map, odd) = ProxyMap::parse(text);
            assert_eq!(map.to_string(), expected, "{text}");
            assert_eq!(odd, [oddity], "{text}");
            assert_eq!(text.parse::<ProxyMap>().is_ok(), !expected.is_empty());
        }
    }

    #[test]
    fn errors_and_debug_mask_credentials() {
        let error = "user:secret@a:x".parse::<ProxyMap>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "proxy list `***@a:x`: `***@a:x` is left out: its port is no \
             number"
        );
        let error = " ; ".parse::<ProxyMap>().unwrap_err();
        assert_eq!(error.to_string(), "proxy list ` ; `: it is empty");
        let map: ProxyMap = "user:secret@a".parse().unwrap();
        assert!(!format!("{map:?}").contains("secret"));
        let (_, proxy) = map.iter().next().unwrap();
        let credentials = proxy.credentials().unwrap();
        assert_eq!(credentials.user(), "user");
        assert_eq!(credentials.password(), Some("secret"));
    }

    #[test]
    fn who_gets_which() {
        use Dialect::{Winhttp, Wininet};
        for (text, scheme, dialect, expected) in [
            ("http=a:1;https=b:2;c:3", "http", Winhttp, "a:1"),
            ("http=a:1;https=b:2;c:3", "HTTPS", Winhttp, "b:2"),
            ("http=a:1;https=b:2;c:3", "ftp", Winhttp, "c:3"),
            ("http=a:1;https=b:2", "ftp", Wininet, ""),
            ("http=a:1", "https", Winhttp, ""),
            ("http=a:1;http=b:2", "http", Winhttp, "a:1 b:2"),
            ("a:1 b:2", "http", Winhttp, "a:1 b:2"),
            // `ftp=` and `socks=` are nobody's in WinHTTP.
            ("ftp=a:1;c:3", "ftp", Winhttp, "c:3"),
            ("ftp=a:1;c:3", "ftp", Wininet, "a:1"),
            ("socks=a:1", "http", Winhttp, ""),
            ("socks=a:1", "http", Wininet, "a:1"),
            ("socks=a:1;b:2", "http", Wininet, "b:2"),
            ("socks=a:1;http=b:2", "https", Wininet, "a:1"),
        ] {
            let map: ProxyMap = text.parse().unwrap();
            let proxies = map.proxies_for(scheme, dialect);
            let proxies: Vec<_> =
                proxies.iter().map(Proxy::to_string).collect();
            assert_eq!(proxies.join(" "), expected, "{text} {scheme}");
        }
    }

    #[test]
    fn one_proxy_as_curl_reads_it() {
        for (text, expected) in [
            ("proxy", "proxy:1080"),
            ("http://proxy", "proxy:1080"),
            ("https://proxy", "https://proxy:443"),
            ("socks5h://proxy", "socks5://proxy:1080"),
            ("http://user:pass@[::1]:3128/", "***@[::1]:3128"),
        ] {
            let (map, odd) = ProxyMap::parse_curl(text).unwrap();
            assert_eq!(map.to_string(), expected, "{text}");
            assert_eq!(odd, [""; 0], "{text}");
        }
        for text in ["gopher://a", "a b", "a;b", "http=a:1", ""] {
            assert!(ProxyMap::parse_curl(text).is_err(), "{text}");
        }
    }

    #[test]
    fn credentials_as_curl_reads_them() {
        for (text, user, password) in [
            ("http://u:p@a", "u", Some("p")),
            ("http://u%40b:p%3a%25@a", "u@b", Some("p:%")),
            ("http://%zz%4@a", "%zz%4", None),
            ("http://%ff@a", "%ff", None),
            ("http://%c3%bc@a", "ü", None),
        ] {
            let (map, _) = ProxyMap::parse_curl(text).unwrap();
            let proxies = map.proxies_for("http", Dialect::Winhttp);
            let found = proxies[0].credentials().unwrap();
            assert_eq!((found.user(), found.password()), (user, password));
        }
    }

    fn proxy() -> impl Strategy<Value = Proxy> {
        let scheme = prop_oneof![
            Just(ProxyScheme::Http),
            Just(ProxyScheme::Https),
            Just(ProxyScheme::Socks4),
            Just(ProxyScheme::Socks5),
        ];
        let host = prop_oneof![
            "[a-z][a-zA-Z0-9._-]{0,12}",
            any::<std::net::Ipv4Addr>().prop_map(|a| a.to_string()),
            any::<Ipv6Addr>().prop_map(|a| a.to_string()),
        ];
        (scheme, host, 1u16..)
            .prop_map(|(scheme, host, port)| Proxy::new(scheme, host, port))
    }

    proptest! {
        #[test]
        fn lists_round_trip(
            elements in proptest::collection::vec(
                (
                    prop_oneof![
                        Just(None),
                        Just(Some("http")),
                        Just(Some("https")),
                        Just(Some("ftp")),
                        Just(Some("socks")),
                    ],
                    proxy(),
                ),
                0..6,
            ),
        ) {
            let map = elements.into_iter().fold(
                ProxyMap::new(),
                |map, (key, proxy)| match key {
                    Some(key) => map.with_scheme(key, proxy),
                    None => map.with(proxy),
                },
            );
            let (read, odd) = ProxyMap::parse(&map.to_string());
            prop_assert_eq!(odd, [""; 0]);
            prop_assert_eq!(read, map);
        }

        #[test]
        fn any_text_is_read(text in "[ab@:/;=\\[\\]% .,1é\u{0}]{0,16}") {
            let (map, odd) = ProxyMap::parse(&text);
            let words = text.split([';', ' ']).filter(|w| !w.is_empty());
            prop_assert!(map.iter().count() + odd.len() >= words.count());
        }
    }
}
