//! What a client may try, in order: proxies, a bypass, or a direct way.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use compact_str::CompactString;
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode,
};
use smallvec::SmallVec;

use crate::Ignored;
use crate::error::quoted;

/// How a client speaks to a proxy.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ProxyScheme {
    /// Plain HTTP to the proxy (`PROXY` and `HTTP` in a PAC string).
    Http,
    /// HTTP over TLS to the proxy (`HTTPS`).
    Https,
    /// SOCKS version 4 (`SOCKS` and `SOCKS4`).
    Socks4,
    /// SOCKS version 5 (`SOCKS5`).
    Socks5,
}

impl ProxyScheme {
    /// The port that a proxy without one listens on.
    ///
    /// ```
    /// use whichproxy_pac::ProxyScheme;
    /// assert_eq!(ProxyScheme::Http.default_port(), 80);
    /// assert_eq!(ProxyScheme::Socks4.default_port(), 1080);
    /// ```
    ///
    /// Source: PROXYWATCH-MEASURED (80 and 1080), measured; 443 for `HTTPS`
    /// is Chromium's, community.
    pub fn default_port(self) -> u16 {
        match self {
            ProxyScheme::Http => 80,
            ProxyScheme::Https => 443,
            ProxyScheme::Socks4 | ProxyScheme::Socks5 => 1080,
        }
    }

    /// The keyword of this scheme in a PAC string.
    pub fn pac_keyword(self) -> &'static str {
        match self {
            ProxyScheme::Http => "PROXY",
            ProxyScheme::Https => "HTTPS",
            ProxyScheme::Socks4 => "SOCKS",
            ProxyScheme::Socks5 => "SOCKS5",
        }
    }

    /// The scheme's own name: `http`, `https`, `socks4` or `socks5`.
    pub fn name(self) -> &'static str {
        match self {
            ProxyScheme::Http => "http",
            ProxyScheme::Https => "https",
            ProxyScheme::Socks4 => "socks4",
            ProxyScheme::Socks5 => "socks5",
        }
    }
}

impl fmt::Display for ProxyScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A user name and, perhaps, a password for a proxy.
///
/// `Debug` hides both; there is no `Display`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Credentials {
    user: String,
    password: Option<String>,
}

impl Credentials {
    /// Makes credentials of a user name and a password.
    pub fn new(
        user: impl Into<String>,
        password: Option<String>,
    ) -> Credentials {
        Credentials { user: user.into(), password }
    }

    /// The user name, in the clear.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password, in the clear.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// One proxy: how to speak to it, and where it listens.
///
/// `Display` is `host:port`, with an IPv6 address in brackets; credentials
/// are never printed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Proxy {
    scheme: ProxyScheme,
    // Inline where it is short, as is all the rest: routes are cloned for
    // each lookup.
    host: CompactString,
    port: u16,
    credentials: Option<Box<Credentials>>,
}

impl Proxy {
    /// Makes a proxy of its parts; an IPv6 host may come in brackets, and
    /// is kept without them.
    ///
    /// ```
    /// use whichproxy_pac::{Proxy, ProxyScheme};
    /// let proxy = Proxy::new(ProxyScheme::Http, "[2001:db8::1]", 8080);
    /// assert_eq!(proxy.host(), "2001:db8::1");
    /// assert_eq!(proxy.to_string(), "[2001:db8::1]:8080");
    /// ```
    pub fn new(
        scheme: ProxyScheme,
        host: impl Into<String>,
        port: u16,
    ) -> Proxy {
        let mut host = CompactString::from(host.into());
        if host.starts_with('[') && host.ends_with(']') {
            host.pop();
            host.remove(0);
        }
        Proxy { scheme, host, port, credentials: None }
    }

    /// The same proxy with credentials.
    pub fn with_credentials(self, credentials: Credentials) -> Proxy {
        Proxy { credentials: Some(Box::new(credentials)), ..self }
    }

    /// How to speak to it.
    pub fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Its name or address, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The credentials that were configured with it.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_deref()
    }

    /// Its URL, with the scheme that whoever reads it has a name for, and
    /// with the credentials, in the clear.
    ///
    /// ```
    /// use whichproxy_pac::{Credentials, Proxy, ProxyScheme};
    /// let credentials = Credentials::new("u@", Some("/:".to_owned()));
    /// let proxy = Proxy::new(ProxyScheme::Socks5, "::1", 9)
    ///     .with_credentials(credentials);
    /// assert_eq!(proxy.url("socks5h"), "socks5h://u%40:%2F%3A@[::1]:9");
    /// ```
    pub fn url(&self, scheme: &str) -> String {
        let Some(credentials) = self.credentials() else {
            return format!("{scheme}://{self}");
        };
        let user = encoded(credentials.user());
        match credentials.password().map(encoded) {
            Some(password) => format!("{scheme}://{user}:{password}@{self}"),
            None => format!("{scheme}://{user}@{self}"),
        }
    }
}

/// All but what is never special in a URL (RFC 3986).
const SPECIAL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, SPECIAL)
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One thing to try for a URL.
///
/// `Display` is the PAC string's element: `PROXY a:80`, `DIRECT`.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Route {
    /// No proxy, because a bypass list names the host. `WINHTTP_PROXY_RESULT`
    /// tells it from [`Route::Direct`], so we do too; both print `DIRECT`.
    Bypass,
    /// No proxy, because none applies.
    Direct,
    /// Through this proxy.
    Proxy(Proxy),
}

impl Route {
    /// The proxy of this route, where it has one.
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Route::Proxy(proxy) => Some(proxy),
            _ => None,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Bypass | Route::Direct => f.write_str("DIRECT"),
            Route::Proxy(proxy) => {
                write!(f, "{} {proxy}", proxy.scheme.pac_keyword())
            }
        }
    }
}

impl From<Proxy> for Route {
    fn from(proxy: Proxy) -> Route {
        Route::Proxy(proxy)
    }
}

/// What to try, in order; never empty.
///
/// `Display` is the PAC string, and [`FromStr`] reads one.
///
/// ```
/// use whichproxy_pac::Routes;
/// let routes: Routes = "proxy a.example; SOCKS5 b:9 ;; DIRECT".parse()?;
/// assert_eq!(routes.to_string(), "PROXY a.example:80; SOCKS5 b:9; DIRECT");
/// # Ok::<(), whichproxy_pac::RoutesError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Routes {
    first: Route,
    rest: SmallVec<[Route; 2]>,
}

impl Routes {
    /// Routes of one element.
    pub fn new(first: Route) -> Routes {
        Routes { first, rest: SmallVec::new() }
    }

    /// Routes of a list; `None` where it is empty.
    pub fn from_list(routes: Vec<Route>) -> Option<Routes> {
        let mut routes = routes.into_iter();
        let first = routes.next()?;
        Some(Routes { first, rest: routes.collect() })
    }

    /// Only [`Route::Direct`].
    pub fn direct() -> Routes {
        Routes::new(Route::Direct)
    }

    /// What to try first.
    pub fn first(&self) -> &Route {
        &self.first
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// How many there are; at least one.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        1 + self.rest.len()
    }

    /// Adds one more to try at the end.
    pub fn push(&mut self, route: Route) {
        self.rest.push(route);
    }
}

impl From<Route> for Routes {
    fn from(route: Route) -> Routes {
        Routes::new(route)
    }
}

impl fmt::Display for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.first, f)?;
        self.rest.iter().try_for_each(|route| write!(f, "; {route}"))
    }
}

impl Routes {
    /// Reads a script's result: what cannot be used is skipped, with its
    /// reason, and where nothing can, the way is direct.
    ///
    /// Any case and spacing will do; empty elements are nothing. Repeated
    /// neighbouring `DIRECT` are one.
    ///
    /// Source: PROXYWATCH-MEASURED (repeated `DIRECT`; a bare `PROXY` and
    /// unknown keywords are success without an entry), measured; NETSCAPE-PAC
    /// (nothing is direct), documented; what makes an element unusable is
    /// Chromium's, community.
    pub(crate) fn read(text: &str) -> (Routes, Vec<Ignored>) {
        let mut ignored = Vec::new();
        let routes = elements(text)
            .filter_map(|element| match read_element(element) {
                Ok(route) => Some(route),
                Err(reason) => {
                    let text = element.to_owned();
                    ignored.push(Ignored { text, reason });
                    None
                }
            })
            .collect();
        let routes = collapsed(routes).unwrap_or_else(|| {
            let reason = "nothing in the result can be used, so it is direct";
            ignored.push(Ignored { text: String::new(), reason });
            Routes::direct()
        });
        (routes, ignored)
    }
}

/// A text that is not a list of routes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoutesError {
    text: String,
    reason: &'static str,
}

impl fmt::Display for RoutesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", quoted(&self.text), self.reason)
    }
}

impl std::error::Error for RoutesError {}

impl FromStr for Routes {
    type Err = RoutesError;

    /// Reads a PAC string in which every element can be used; there must be
    /// at least one.
    fn from_str(text: &str) -> Result<Routes, RoutesError> {
        let error =
            |text: &str, reason| RoutesError { text: text.to_owned(), reason };
        let routes = elements(text)
            .map(|element| {
                read_element(element).map_err(|reason| error(element, reason))
            })
            .collect::<Result<Vec<_>, _>>()?;
        collapsed(routes).ok_or_else(|| error(text, "no route"))
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn elements(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(|element| element.trim_matches(is_space))
        .filter(|element| !element.is_empty())
}

fn collapsed(mut routes: Vec<Route>) -> Option<Routes> {
    routes.dedup_by(|second, first| {
        *first == Route::Direct && *second == Route::Direct
    });
    Routes::from_list(routes)
}

fn read_element(element: &str) -> Result<Route, &'static str> {
    let end = element.find(is_space).unwrap_or(element.len());
    let (keyword, rest) = element.split_at(end);
    let scheme = match keyword.to_ascii_uppercase().as_str() {
        "DIRECT" => return Ok(Route::Direct),
        "HTTP" | "PROXY" => ProxyScheme::Http,
        "HTTPS" => ProxyScheme::Https,
        "SOCKS" | "SOCKS4" => ProxyScheme::Socks4,
        "SOCKS5" => ProxyScheme::Socks5,
        _ => return Err("unknown keyword"),
    };
    let address = rest.trim_start_matches(is_space);
    if address.is_empty() {
        return Err("no host after the keyword");
    }
    let (host, port) = read_address(address)?;
    let port = match port {
        None => scheme.default_port(),
        Some(digits) => read_port(digits)?,
    };
    Ok(Route::Proxy(Proxy::new(scheme, host, port)))
}

/// A host without brackets, and the text after its colon.
fn read_address(address: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = address.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("no closing `]`")?;
        if !is_ipv6(host) {
            return Err("not an IPv6 address in the brackets");
        }
        if rest.is_empty() {
            return Ok((host, None));
        }
        let port = rest.strip_prefix(':').ok_or("text after the `]`")?;
        return Ok((host, Some(port)));
    }
    if is_ipv6(address) {
        return Ok((address, None));
    }
    let (host, port) = match address.rsplit_once(':') {
        None => (address, None),
        Some((host, port)) => (host, Some(port)),
    };
    let outside = |c: char| {
        c.is_control()
            || c.is_whitespace()
            || "\"#%/:<>?@[\\]^`{|}".contains(c)
    };
    if host.is_empty() || host.contains(outside) {
        return Err("not a host");
    }
    Ok((host, port))
}

/// An IPv6 address, perhaps with a scope.
fn is_ipv6(text: &str) -> bool {
    let (address, scope) = text.split_once('%').unwrap_or((text, "0"));
    address.parse::<Ipv6Addr>().is_ok()
        && !scope.is_empty()
        && scope.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn read_port(digits: &str) -> Result<u16, &'static str> {
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("not a port");
    }
    match digits.parse() {
        Ok(0) | Err(_) => Err("not a port"),
        Ok(port) => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn results() {
        let cases = [
            ("DIRECT", "DIRECT"),
            ("direct", "DIRECT"),
            ("PROXY a:8080", "PROXY a:8080"),
            ("proxy a", "PROXY a:80"),
            ("HTTP a", "PROXY a:80"),
            ("HTTPS a", "HTTPS a:443"),
            ("SOCKS a", "SOCKS a:1080"),
            ("SOCKS4 a:1", "SOCKS a:1"),
            ("SoCkS5 a", "SOCKS5 a:1080"),
            (" \tPROXY\t\n a:1 ;;\r\n DIRECT ; ", "PROXY a:1; DIRECT"),
            ("PROXY a:1;DIRECT;DIRECT", "PROXY a:1; DIRECT"),
            ("PROXY a:1; PROXY a:1", "PROXY a:1; PROXY a:1"),
            ("DIRECT; PROXY a:1; DIRECT", "DIRECT; PROXY a:1; DIRECT"),
            ("PROXY [2001:db8::1]:8080", "PROXY [2001:db8::1]:8080"),
            ("PROXY [2001:db8::1]", "PROXY [2001:db8::1]:80"),
            ("PROXY 2001:db8::1", "PROXY [2001:db8::1]:80"),
            ("PROXY [fe80::1%eth0]:1", "PROXY [fe80::1%eth0]:1"),
            ("PROXY 192.0.2.1:080", "PROXY 192.0.2.1:80"),
            ("PROXY bücher.example:1", "PROXY bücher.example:1"),
        ];
        for (text, expected) in cases {
            let (routes, ignored) = Routes::read(text);
            assert_eq!(routes.to_string(), expected, "{text}");
            assert!(ignored.is_empty(), "{text}: {ignored:?}");
            let parsed = text.parse::<Routes>();
            assert_eq!(parsed.as_ref(), Ok(&routes), "{text}");
        }
    }

    #[test]
    fn what_is_ignored() {
        let cases = [
            ("FTP a:21", "unknown keyword"),
            ("PROXYX a:80", "unknown keyword"),
            ("a:80", "unknown keyword"),
            ("undefined", "unknown keyword"),
            ("PROXY", "no host after the keyword"),
            ("SOCKS \t", "no host after the keyword"),
            ("PROXY a:", "not a port"),
            ("PROXY a:0", "not a port"),
            ("PROXY a:65536", "not a port"),
            ("PROXY a:8o", "not a port"),
            ("PROXY a:+80", "not a port"),
            ("PROXY :80", "not a host"),
            ("PROXY a b:80", "not a host"),
            ("PROXY a:1 b:80", "not a host"),
            ("PROXY http://a.example:80", "not a host"),
            ("PROXY a\u{1}b:80", "not a host"),
            ("PROXY a\u{a0}b:80", "not a host"),
            ("PROXY user@a:80", "not a host"),
            ("PROXY [::1", "no closing `]`"),
            ("PROXY [a]:80", "not an IPv6 address in the brackets"),
            ("PROXY [::1]80", "text after the `]`"),
        ];
        for (text, reason) in cases {
            let (routes, ignored) = Routes::read(text);
            assert_eq!(routes, Routes::direct(), "{text}");
            assert_eq!(ignored[0].text(), text.trim(), "{text}");
            assert_eq!(ignored[0].reason(), reason, "{text}");
            assert_eq!(ignored.len(), 2, "{text}");
            let error = text.parse::<Routes>().unwrap_err();
            assert!(error.to_string().ends_with(reason), "{error}");
            let (routes, ignored) = Routes::read(&format!("{text}; PROXY b"));
            assert_eq!(routes.to_string(), "PROXY b:80", "{text}");
            assert_eq!(ignored.len(), 1, "{text}");
        }
        for nothing in ["", " ; ;; "] {
            let (routes, ignored) = Routes::read(nothing);
            assert_eq!(routes, Routes::direct());
            assert_eq!(ignored.len(), 1);
            assert!(nothing.parse::<Routes>().is_err());
        }
    }

    fn any_route() -> impl Strategy<Value = Route> {
        let scheme = prop_oneof![
            Just(ProxyScheme::Http),
            Just(ProxyScheme::Https),
            Just(ProxyScheme::Socks4),
            Just(ProxyScheme::Socks5),
        ];
        let host = prop_oneof![
            "[a-z0-9][a-z0-9._-]{0,20}",
            any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
            any::<Ipv6Addr>().prop_map(|ip| ip.to_string()),
        ];
        prop_oneof![
            Just(Route::Direct),
            (scheme, host, 1..=u16::MAX).prop_map(|(scheme, host, port)| {
                Route::Proxy(Proxy::new(scheme, host, port))
            }),
        ]
    }

    proptest! {
        #[test]
        fn round_trip(list in prop::collection::vec(any_route(), 1..6)) {
            // Repeated neighbouring `DIRECT` are one when read.
            let routes = collapsed(list).unwrap();
            prop_assert_eq!(routes.to_string().parse(), Ok(routes));
        }

        #[test]
        fn whatever_is_read_can_be_read_again(
            text in "((PROXY|SOCKS5|direct|HTTPS|x)?[ \t]?[a:1.;\\[\\]% ]{0,6};?){0,4}",
        ) {
            let (routes, _) = Routes::read(&text);
            prop_assert_eq!(routes.to_string().parse(), Ok(routes));
        }

        #[test]
        fn never_panics(text: String) {
            let _ = Routes::read(&text);
        }
    }
}
