//! What a script is told of the URL it is asked about.

use std::borrow::Cow;

use url::Url;

/// The two arguments of `FindProxyForURL`: the URL and the host.
///
/// A script is told less than the whole URL. Which part, is a behaviour of
/// the client; this type is the one place where it is decided.
///
/// ```
/// use url::Url;
/// use whichproxy_pac::Query;
/// let url = Url::parse("https://u:p@a.example:8443/secret?q#f")?;
/// let query = Query::from(&url);
/// assert_eq!(query.url(), "https://a.example:8443/");
/// assert_eq!(query.host(), "a.example");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Query<'a> {
    url: Cow<'a, str>,
    host: Cow<'a, str>,
}

impl<'a> Query<'a> {
    /// A query of exactly these two strings.
    pub fn raw(
        url: impl Into<Cow<'a, str>>,
        host: impl Into<Cow<'a, str>>,
    ) -> Query<'a> {
        Query { url: url.into(), host: host.into() }
    }

    /// As [`Query::from`], of a URL's text, where that takes no parser:
    /// `http` or `https`, a name in lower case, a path, and nothing to be
    /// decoded or removed. `None` of any other text, be it a URL or not.
    ///
    /// ```
    /// use whichproxy_pac::Query;
    /// let query = Query::of_plain_text("https://a.example/x?y=z").unwrap();
    /// assert_eq!(query.url(), "https://a.example/");
    /// assert!(Query::of_plain_text("http://10.0.0.1/").is_none());
    /// ```
    pub fn of_plain_text(text: &'a str) -> Option<Query<'a>> {
        let (start, tells_path) = match text.starts_with("http://") {
            true => ("http://", true),
            false => ("https://", false),
        };
        let rest = text.strip_prefix(start)?;
        let (host, path) = rest.split_at_checked(rest.find('/')?)?;
        if !is_plain_name(host) || !is_plain_path(path) {
            return None;
        }
        let end = text.len() - path.len() + 1;
        let url = if tells_path { text } else { text.get(..end)? };
        Some(Query::raw(url, host))
    }

    /// What WinHTTP tells a script: of an `https` URL the origin only; of
    /// others path, query and fragment too; never user name or password.
    /// `host` is the host's text as the user wrote it, since WinHTTP keeps
    /// its case.
    ///
    /// Source: PROXYWATCH-MEASURED (what is cut), measured;
    /// WINHTTP-AUTOPROXY-OPTIONS (`HOST_KEEPCASE` is the default),
    /// documented.
    pub fn winhttp(url: &Url, host: &str) -> Query<'static> {
        let lower = bare_host(url);
        let host = if host.eq_ignore_ascii_case(lower) { host } else { lower };
        Query {
            url: Cow::Owned(told(url, host, true)),
            host: Cow::Owned(host.to_owned()),
        }
    }

    /// What WinINET tells a script: as [`Query::from`], all in lower case.
    ///
    /// Source: IE-PAC-PERFORMANCE ("converts host and url into lowercase"),
    /// documented. That `https` URLs are cut and fragments removed is what
    /// Chromium and Firefox do, community.
    pub fn wininet(url: &Url) -> Query<'static> {
        let host = bare_host(url);
        Query {
            url: Cow::Owned(told(url, host, false).to_ascii_lowercase()),
            host: Cow::Owned(host.to_ascii_lowercase()),
        }
    }

    /// Whether a script is told more of `url` than scheme, host and port: of
    /// `https` and `wss` URLs none is.
    ///
    /// ```
    /// use whichproxy_pac::Query;
    /// assert!(Query::tells_path(&"http://a/b".parse()?));
    /// assert!(!Query::tells_path(&"https://a/b".parse()?));
    /// # Ok::<(), url::ParseError>(())
    /// ```
    pub fn tells_path(url: &Url) -> bool {
        !matches!(url.scheme(), "https" | "wss")
    }

    /// The first argument.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The second argument.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl<'a> From<&'a Query<'_>> for Query<'a> {
    /// The same query, borrowed.
    fn from(query: &'a Query<'_>) -> Query<'a> {
        Query::raw(query.url(), query.host())
    }
}

impl From<&Url> for Query<'static> {
    /// Cuts an `https` (or `wss`) URL to its origin, and removes user name,
    /// password and fragment, as Chromium and Firefox do.
    fn from(url: &Url) -> Query<'static> {
        let host = bare_host(url);
        Query {
            url: Cow::Owned(told(url, host, false)),
            host: Cow::Owned(host.to_owned()),
        }
    }
}

/// Whether a host is a name that no parser of URLs changes or refuses.
fn is_plain_name(host: &str) -> bool {
    let is_plain =
        |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    // What ends in a number is an address, or nothing.
    let last = host.rsplit('.').next().unwrap_or_default();
    host.bytes().all(is_plain)
        && last.starts_with(|c: char| c.is_ascii_lowercase())
        && !host.starts_with('.')
        && !host.contains("..")
        && !host.contains("--")
}

/// The same of a path with its query.
fn is_plain_path(path: &str) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~' | b'?')
            || matches!(byte, b'=' | b'&' | b'+' | b',' | b':' | b';' | b'@')
    };
    path.bytes().all(is_plain) && !path.contains("/.")
}

/// The host of `url`, an IPv6 address without its brackets, as Chromium and
/// Firefox hand it to a script.
fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or("");
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// The host of `url` as it stands in `text`, the URL as a person wrote it:
/// `Url` keeps hosts in lower case, and WinHTTP does not change theirs.
///
/// What `text` has in its place counts only where it differs in case alone.
///
/// ```
/// use whichproxy_pac::host_as_written;
/// let text = "HTTP://user@WWW.Example.com:8080/x";
/// let url = url::Url::parse(text)?;
/// assert_eq!(host_as_written(text, &url), "WWW.Example.com");
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn host_as_written<'t>(text: &'t str, url: &'t Url) -> &'t str {
    let host = bare_host(url);
    let rest = text.split_once(':').map_or(text, |(_, rest)| rest);
    let rest = rest.trim_start_matches(['/', '\\']);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let written = authority.rsplit('@').next().unwrap_or_default();
    match written.get(..host.len()) {
        Some(written) if written.eq_ignore_ascii_case(host) => written,
        _ => host,
    }
}

fn told(url: &Url, host: &str, fragment: bool) -> String {
    let mut told = String::with_capacity(url.as_str().len());
    told.push_str(url.scheme());
    told.push_str("://");
    if host.contains(':') {
        told.push('[');
        told.push_str(host);
        told.push(']');
    } else {
        told.push_str(host);
    }
    if let Some(port) = url.port() {
        told.push(':');
        told.push_str(&port.to_string());
    }
    if !Query::tells_path(url) {
        told.push('/');
        return told;
    }
    told.push_str(url.path());
    if let Some(query) = url.query() {
        told.push('?');
        told.push_str(query);
    }
    if let Some(text) = url.fragment().filter(|_| fragment) {
        told.push('#');
        told.push_str(text);
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_texts_need_no_parser() {
        for (text, url) in [
            ("http://a/", "http://a/"),
            (
                "http://a-b.c1/x.y/?z=http://d:1",
                "http://a-b.c1/x.y/?z=http://d:1",
            ),
            ("https://a.b/c?d", "https://a.b/"),
            ("https://a.b/", "https://a.b/"),
        ] {
            let query = Query::of_plain_text(text).unwrap();
            assert_eq!(query.url(), url);
            assert_eq!(query, Query::from(&Url::parse(text).unwrap()));
        }
        for text in [
            "http://a",
            "http://A/",
            "http://a:1/",
            "http://u@a/",
            "ftp://a/",
            "http://1.2/",
            "http://a.0x1/",
            "http://xn--9ca/",
            "http://a/../b",
            "http://a/.",
            "http://a/%2e",
            "http://a/#b",
            "http://a/ b",
            "",
            "http:///",
            "http://a./",
            "http://[::1]/",
            "http:/a/",
        ] {
            assert!(Query::of_plain_text(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn plain_texts_mean_what_the_parser_says(
            text in "https?://[a-cx0-9.-]{0,9}(/[a-c./?#%@:;=&+,_~-]{0,9})?",
        ) {
            if let Some(query) = Query::of_plain_text(&text) {
                let url = Url::parse(&text).unwrap();
                prop_assert_eq!(query, Query::from(&url));
            }
        }
    }

    #[test]
    fn hosts_keep_their_case() {
        for (text, host) in [
            ("HTTP://u:p@WWW.Example.com:80/x", "WWW.Example.com"),
            ("https://A?x@y", "A"),
            ("http:\\\\B.example\\c", "B.example"),
            ("http://[::1]:8080/", "::1"),
            ("http://%41.example/", "a.example"),
            ("http://É.example/", "xn--9ca.example"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(host_as_written(text, &url), host, "{text}");
        }
    }
}
