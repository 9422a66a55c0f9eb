//! What a server said of keeping a page.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::Url;

use crate::trace::MaskedUrl;

/// A validator that is longer is not kept, since it is sent back.
const LONGEST: usize = 4096;

/// A number of seconds is read up to here, as RFC 9111 has it.
const MOST_SECONDS: u64 = 1 << 31;

/// What a server said of keeping a page: for how long, and by what to ask
/// later whether it is still the same.
///
/// Made of the answer's headers, as RFC 9111 reads them for a cache that
/// serves one client. Headers that make no sense are as if they were not
/// there, except that a lifetime which can't be read is over at once.
///
/// ```
/// use std::time::Duration;
/// use whichproxy::machine::Caching;
/// let caching = Caching::from_headers([
///     ("Cache-Control", "max-age=600, must-revalidate"),
///     ("Age", "30"),
///     ("ETag", "\"v7\""),
/// ]);
/// assert_eq!(caching.lifetime(0), Some(Duration::from_secs(570)));
/// assert_eq!(caching.etag(), Some("\"v7\""));
/// assert!(caching.must_be_confirmed());
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Caching {
    etag: Option<Box<str>>,
    last_modified: Option<(Box<str>, u64)>,
    control: Option<Control>,
    expires: Option<u64>,
    date: Option<u64>,
    age: Option<u64>,
    at_most: Option<Duration>,
    url: Option<Box<Url>>,
}

/// As derived, but for the password that an address may have.
impl fmt::Debug for Caching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_deref().map(|url| MaskedUrl(url).to_string());
        f.debug_struct("Caching")
            .field("etag", &self.etag)
            .field("last_modified", &self.last_modified)
            .field("control", &self.control)
            .field("expires", &self.expires)
            .field("date", &self.date)
            .field("age", &self.age)
            .field("at_most", &self.at_most)
            .field("url", &url)
            .finish()
    }
}

/// The directives of `Cache-Control` that concern a client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Control {
    /// In seconds; what can't be read is 0, and of several the least counts.
    max_age: Option<u64>,
    /// `no-cache` or `no-store`.
    never_fresh: bool,
    must_revalidate: bool,
}

impl Caching {
    /// What these headers say; names are compared without case, and others
    /// are passed over.
    pub fn from_headers<N, V>(
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Caching
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut caching = Caching::default();
        for (name, value) in headers {
            caching.header(name.as_ref(), value.as_ref().trim());
        }
        caching
    }

    fn header(&mut self, name: &str, value: &str) {
        let is = |other| name.eq_ignore_ascii_case(other);
        if is("cache-control") {
            self.control.get_or_insert_default().read(value);
        } else if is("etag") {
            if self.etag.is_none() && is_sendable(value) {
                self.etag = Some(value.into());
            }
        } else if is("last-modified") {
            if self.last_modified.is_none()
                && is_sendable(value)
                && let Some(date) = date(value)
            {
                self.last_modified = Some((value.into(), date));
            }
        } else if is("expires") {
            // Source: RFC9111 (5.3: an invalid date, "especially including
            // the value "0"", is in the past), documented.
            let expires = date(value).unwrap_or(0);
            let least = self.expires.map_or(expires, |e| e.min(expires));
            self.expires = Some(least);
        } else if is("date") {
            self.date = self.date.or(date(value));
        } else if is("age") {
            self.age = self.age.or(seconds(value));
        }
    }

    /// The same page, which was had from `url` in the end: validators are
    /// good for that address alone.
    pub fn with_url(self, url: Url) -> Caching {
        Caching { url: Some(Box::new(url)), ..self }
    }

    /// The same, fresh for `most` at most: what redirects on the way say.
    pub fn at_most(self, most: Duration) -> Caching {
        let most = self.at_most.map_or(most, |least| least.min(most));
        Caching { at_most: Some(most), ..self }
    }

    /// What is to be said in `If-None-Match`.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// What is to be said in `If-Modified-Since`.
    pub fn last_modified(&self) -> Option<&str> {
        self.last_modified.as_ref().map(|(text, _)| &**text)
    }

    /// Where the page was had from in the end, where that is known.
    pub fn url(&self) -> Option<&Url> {
        self.url.as_deref()
    }

    /// For how long the page is fresh from when it was had; `None` where
    /// nothing is said of it.
    ///
    /// `received` is when that was, in seconds since 1970, for answers
    /// without a `Date`. By RFC 9111: `no-cache` and `no-store` are not
    /// fresh at all, then `max-age`, then `Expires`, then a tenth of the time
    /// since `Last-Modified`; the `Age` that the answer has already is taken
    /// off.
    pub fn lifetime(&self, received: u64) -> Option<Duration> {
        let said = self.explicit_lifetime(received).or_else(|| {
            // Source: RFC9111 (4.2.2, "a typical setting of this fraction
            // might be 10%"), documented.
            let (_, modified) = self.last_modified.as_ref()?;
            let date = self.date.unwrap_or(received);
            let seconds = date.checked_sub(*modified)? / 10;
            Some(self.without_age(seconds))
        });
        match (said, self.at_most) {
            (Some(said), Some(most)) => Some(said.min(most)),
            (said, most) => said.or(most),
        }
    }

    /// The same without guessing from `Last-Modified`.
    pub fn explicit_lifetime(&self, received: u64) -> Option<Duration> {
        let control = self.control.unwrap_or_default();
        if control.never_fresh {
            return Some(Duration::ZERO);
        }
        let date = self.date.unwrap_or(received);
        let expires = self.expires.map(|expires| expires.saturating_sub(date));
        let seconds = control.max_age.or(expires)?;
        Some(self.without_age(seconds))
    }

    /// Whether the page may not be used once it is no longer fresh, before
    /// the server has confirmed it.
    pub fn must_be_confirmed(&self) -> bool {
        self.control.is_some_and(|control| {
            control.never_fresh || control.must_revalidate
        })
    }

    /// The same page, whose server has just said `newer` of it: that counts
    /// where it says anything (RFC 9111, 3.2).
    pub fn confirmed(self, newer: Caching) -> Caching {
        Caching {
            etag: newer.etag.or(self.etag),
            last_modified: newer.last_modified.or(self.last_modified),
            control: newer.control.or(self.control),
            // An `Expires` without its `Date` says nothing.
            expires: match newer.control {
                Some(_) => newer.expires,
                None => newer.expires.or(self.expires),
            },
            date: newer.date.or(match newer.expires {
                Some(_) => None,
                None => self.date,
            }),
            age: newer.age,
            at_most: newer.at_most,
            url: newer.url.or(self.url),
        }
    }

    fn without_age(&self, seconds: u64) -> Duration {
        let seconds = seconds.min(MOST_SECONDS);
        Duration::from_secs(seconds.saturating_sub(self.age.unwrap_or(0)))
    }
}

impl Control {
    fn read(&mut self, value: &str) {
        for directive in directives(value) {
            let (name, argument) = match directive.split_once('=') {
                Some((name, argument)) => (name.trim(), argument.trim()),
                None => (directive, ""),
            };
            let is = |other| name.eq_ignore_ascii_case(other);
            if is("no-cache") || is("no-store") {
                self.never_fresh = true;
            } else if is("must-revalidate") {
                self.must_revalidate = true;
            } else if is("max-age") {
                // Source: RFC9111 (4.2.1: what is invalid or contradicts
                // itself is best considered stale), documented.
                let age = seconds(argument.trim_matches('"')).unwrap_or(0);
                let least = self.max_age.map_or(age, |least| least.min(age));
                self.max_age = Some(least);
            }
        }
    }
}

/// The parts of a list divided by commas, those in quotes aside.
fn directives(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    value
        .split(move |c: char| {
            let divides = c == ',' && !quoted;
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ => {}
            }
            divides
        })
        .map(str::trim)
}

/// Whether a header's value can be sent back as it is.
fn is_sendable(value: &str) -> bool {
    let visible = |byte: &u8| matches!(byte, b' '..=b'~');
    !value.is_empty()
        && value.len() <= LONGEST
        && value.as_bytes().iter().all(visible)
}

/// A date in any of HTTP's three formats, in seconds since 1970.
fn date(value: &str) -> Option<u64> {
    let time: SystemTime = httpdate::parse_http_date(value).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// A number of seconds; one that is too large is the largest.
fn seconds(value: &str) -> Option<u64> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !value.is_empty())
        .then(|| value.parse().unwrap_or(MOST_SECONDS).min(MOST_SECONDS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Headers, one a line.
    fn caching(text: &str) -> Caching {
        let line = |line: &'static str| line.split_once(": ").unwrap();
        let text: &'static str = Box::leak(text.into());
        Caching::from_headers(text.lines().map(line))
    }

    const DATE: &str = "Date: Thu, 01 Jan 1970 00:16:40 GMT\n"; // 1000 s

    #[test]
    fn lifetimes() {
        let cases: &[(&str, Option<u64>)] = &[
            ("", None),
            ("Cache-Control: max-age=60", Some(60)),
            ("cache-control: Private, MAX-AGE = 60", Some(60)),
            ("Cache-Control: max-age=\"60\"", Some(60)),
            ("Cache-Control: s-maxage=5, max-age=60", Some(60)),
            ("Cache-Control: s-maxage=5", None),
            ("Cache-Control: max-age=60, max-age=50", Some(50)),
            ("Cache-Control: max-age=60\nCache-Control: max-age=50", Some(50)),
            ("Cache-Control: max-age=x", Some(0)),
            ("Cache-Control: max-age=-1", Some(0)),
            ("Cache-Control: max-age", Some(0)),
            ("Cache-Control: max-age=99999999999999999999", Some(1 << 31)),
            ("Cache-Control: x=\"max-age=5, no-cache\", max-age=7", Some(7)),
            ("Cache-Control: x=\"a\\\", no-store\", max-age=7", Some(7)),
            ("Cache-Control: x=\"max-age=5", None),
            ("Cache-Control: no-cache", Some(0)),
            ("Cache-Control: no-cache=\"Set-Cookie\"", Some(0)),
            ("Cache-Control: max-age=60, no-store", Some(0)),
            ("Cache-Control: max-age=60\nAge: 20", Some(40)),
            ("Cache-Control: max-age=60\nAge: 99", Some(0)),
            ("Cache-Control: max-age=60\nAge: x", Some(60)),
            ("Pragma: no-cache", None),
            ("Expires: Thu, 01 Jan 1970 00:18:20 GMT", Some(100)),
            ("Expires: Thursday, 01-Jan-70 00:18:20 GMT", Some(100)),
            ("Expires: Thu Jan  1 00:18:20 1970", Some(100)),
            ("Expires: 0", Some(0)),
            ("Expires: Thu, 01 Jan 1970 00:00:20 GMT", Some(0)),
            (
                "Expires: Thu, 01 Jan 1970 00:18:20 GMT\n\
                 Cache-Control: max-age=5",
                Some(5),
            ),
            ("Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT", Some(100)),
            ("Last-Modified: Thu, 01 Jan 1970 00:18:20 GMT", None),
            ("Last-Modified: yesterday", None),
            (
                "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\n\
                 Cache-Control: max-age=5",
                Some(5),
            ),
        ];
        for (text, lifetime) in cases {
            let lifetime = lifetime.map(Duration::from_secs);
            let dated = format!("{DATE}{text}");
            assert_eq!(caching(&dated).lifetime(9), lifetime, "{text}");
            // Without a date the time of receipt stands in.
            assert_eq!(caching(text).lifetime(1000), lifetime, "{text}");
        }
    }

    #[test]
    fn validators() {
        let long = format!("ETag: \"{}\"", "x".repeat(LONGEST));
        for (text, etag, modified) in [
            ("", None, None),
            ("ETag: \"a\"", Some("\"a\""), None),
            ("ETag: W/\"a\"", Some("W/\"a\""), None),
            // Servers that forget the quotes know it by this name.
            ("ETag: a b", Some("a b"), None),
            ("ETag: \"a\"\nETag: \"b\"", Some("\"a\""), None),
            ("ETag: a\u{e9}", None, None),
            ("ETag: a\u{1}", None, None),
            (&long, None, None),
            (
                "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT",
                None,
                Some("Thu, 01 Jan 1970 00:00:00 GMT"),
            ),
            ("Last-Modified: soon", None, None),
        ] {
            let caching = caching(text);
            assert_eq!(caching.etag(), etag, "{text}");
            assert_eq!(caching.last_modified(), modified, "{text}");
        }
    }

    #[test]
    fn what_must_be_confirmed() {
        for (text, must) in [
            ("", false),
            ("Cache-Control: max-age=0", false),
            ("Cache-Control: proxy-revalidate", false),
            ("Cache-Control: must-revalidate", true),
            ("Cache-Control: no-cache", true),
            ("Cache-Control: no-store", true),
        ] {
            assert_eq!(caching(text).must_be_confirmed(), must, "{text}");
        }
    }

    #[test]
    fn what_a_confirmation_says_counts() {
        let old = "ETag: \"a\"\nCache-Control: max-age=60\nAge: 50";
        for (new, etag, lifetime) in [
            ("", "\"a\"", 60),
            ("Age: 5", "\"a\"", 55),
            ("ETag: \"b\"", "\"b\"", 60),
            ("Cache-Control: max-age=7", "\"a\"", 7),
            ("Cache-Control: no-cache", "\"a\"", 0),
        ] {
            let both = caching(old).confirmed(caching(new));
            assert_eq!(both.etag(), Some(etag), "{new}");
            let lifetime = Duration::from_secs(lifetime);
            assert_eq!(both.lifetime(0), Some(lifetime), "{new}");
        }
        let old = format!("{DATE}Expires: Thu, 01 Jan 1970 00:18:20 GMT");
        let both = caching(&old).confirmed(caching(
            "Date: Thu, 01 Jan 1970 00:18:10 GMT\n\
             Expires: Thu, 01 Jan 1970 00:18:20 GMT",
        ));
        assert_eq!(both.lifetime(0), Some(Duration::from_secs(10)));
    }

    #[test]
    fn redirects_shorten_a_lifetime() {
        let second = Duration::from_secs(1);
        let long = caching("Cache-Control: max-age=60");
        assert_eq!(long.clone().at_most(second).lifetime(0), Some(second));
        let all = long.at_most(second).at_most(second * 2);
        assert_eq!(all.lifetime(0), Some(second));
        assert_eq!(caching("").at_most(second).lifetime(0), Some(second));
    }

    proptest! {
        #[test]
        fn any_header_is_read(
            name in "(Cache-Control|ETag|Last-Modified|Expires|Date|Age)",
            value in "[ -~]{0,60}",
            directives in "((max-age=[0-9]{0,20}|no-cache|\"|\\\\|x)[,=]?){0,9}",
        ) {
            let caching =
                Caching::from_headers([(&name, &value), (&name, &directives)]);
            let most = Duration::from_secs(MOST_SECONDS);
            prop_assert!(caching.lifetime(0).unwrap_or_default() <= most);
            prop_assert_eq!(caching.clone().confirmed(caching.clone()), caching);
        }
    }
}
