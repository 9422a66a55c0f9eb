//! Bypass lists: which hosts go direct although a proxy is set.
//!
//! There is no one grammar. A [`Profile`] says whose list it is:
//!
//! | | [`Winhttp`] | [`Wininet`] | [`DefenderAv`] | [`Curl`] |
//! | --- | --- | --- | --- | --- |
//! | separators | `;` blanks | `;` blanks | `;` `,` `\|` blanks | `,` blanks |
//! | `contoso.com` | that host | that host | that host | it and all below |
//! | `*.contoso.com` | all below | all below | all below | nothing |
//! | `www.*.com` | yes | yes | yes | nothing |
//! | `.contoso.com` | nothing | nothing | nothing | as without the dot |
//! | `10.0.0.0/8` | voids the list | voids the list | `10.0.0.0` | the network |
//! | `http://contoso.com` | of that scheme | of that scheme | that host | nothing |
//! | `contoso.com:443` | of that port | of that port | of that port | nothing |
//! | `<local>` | names without a dot | same | same | nothing |
//! | by itself | loopback, link-local | same, less of it | nothing | nothing |
//!
//! Names are compared without regard to ASCII case, and addresses as text
//! (but for curl's, which are compared as addresses). A dot at the end of a
//! host counts, but for curl. An entry that voids the list of Windows sends
//! *everything* direct.
//!
//! `<-loopback>` takes away what is bypassed by itself, which stands before
//! the first entry; what the list says in so many words stays. (WinHTTP
//! bypasses 127.0.0.0/8 all the same.)
//!
//! How well each of this is founded is on every [`Match`]. What an entry can
//! hardly have been meant to say is in [`BypassList::oddities`].
//!
//! # Untrusted input
//!
//! Nothing here fails or panics. Reading a list takes time in proportion to
//! its length, and [`find`](BypassList::find) to the host's, however many
//! entries there are. The exception takes intent: entries by the thousand
//! that have the same rarest piece of text in common, or differ in nothing
//! but port, are tried one by one.
//!
//! [`Curl`]: Profile::Curl
//! [`DefenderAv`]: Profile::DefenderAv
//! [`Winhttp`]: Profile::Winhttp
//! [`Wininet`]: Profile::Wininet

mod curl;
mod implicit;
mod parse;
mod rule;
mod table;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use url::Url;

use self::parse::Parsed;
use self::rule::{Grounds, Host, Rule};
use self::table::Table;
use crate::error::Error;
use crate::evidence::Evidence;

/// Whose rules a bypass list follows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Profile {
    /// curl's `NO_PROXY`.
    Curl,
    /// Defender Antivirus' `ProxyBypass`.
    DefenderAv,
    /// WinHTTP's, as `netsh winhttp set proxy` keeps it.
    #[default]
    Winhttp,
    /// WinINET's `ProxyOverride`.
    Wininet,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 4] = [
        Profile::Curl,
        Profile::DefenderAv,
        Profile::Winhttp,
        Profile::Wininet,
    ];

    /// The name by which every surface knows it.
    ///
    /// ```
    /// use whichproxy::bypass::Profile;
    /// assert_eq!("defender-av".parse::<Profile>()?, Profile::DefenderAv);
    /// assert_eq!(Profile::DefenderAv.name(), "defender-av");
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Profile::Curl => "curl",
            Profile::DefenderAv => "defender-av",
            Profile::Winhttp => "winhttp",
            Profile::Wininet => "wininet",
        }
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Profile, Error> {
        let known = Profile::ALL.map(|profile| (profile.name(), profile));
        Error::named("profile of bypass lists", name, &known)
    }
}

/// What is asked of a bypass list: scheme, host and port of a URL.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The scheme, in lower case.
    pub scheme: &'a str,
    /// The host as text; an IPv6 address with or without brackets.
    pub host: &'a str,
    /// The port, the scheme's own where the URL names none.
    pub port: u16,
}

impl<'a> From<&'a Url> for Target<'a> {
    fn from(url: &'a Url) -> Target<'a> {
        Target {
            scheme: url.scheme(),
            host: url.host_str().unwrap_or(""),
            port: url.port_or_known_default().unwrap_or(0),
        }
    }
}

/// Why a host bypasses the proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Match {
    /// The entry that matched, as it was written (a user name masked); for
    /// the built-in ones what they are, `loopback` or `link-local`.
    pub entry: String,
    /// A key of the sources.
    pub source: &'static str,
    /// How well the rule is founded.
    pub evidence: Evidence,
}

/// An entry that can hardly mean what its author meant.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Oddity {
    /// The entry, as it was written (a user name masked).
    pub entry: String,
    /// Where it starts in the list, in characters from 1.
    pub column: usize,
    /// What is odd about it, a sentence without a full stop.
    pub reason: &'static str,
}

/// Names the place, the entry (escaped, and cut if it is long) and the
/// reason.
impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.entry.chars().take(ENTRY_CHARS).collect();
        let cut = if shown.len() < self.entry.len() { "…" } else { "" };
        write!(
            f,
            "bypass list column {}: `{}{cut}`: {}",
            self.column,
            shown.escape_debug(),
            self.reason
        )
    }
}

/// How much of an entry a message shows.
const ENTRY_CHARS: usize = 80;

/// A compiled bypass list. Cheap to clone.
///
/// ```
/// use url::Url;
/// use whichproxy::bypass::{BypassList, Profile, Target};
///
/// let list = BypassList::new("*.contoso.com;<local>", Profile::Wininet);
/// let url = Url::parse("https://www.contoso.com/")?;
/// let found = list.find(Target::from(&url)).ok_or("proxied")?;
/// assert_eq!(found.entry, "*.contoso.com");
/// assert_eq!(found.source, "KB4551930");
///
/// // The bare name is not below itself.
/// let url = Url::parse("https://contoso.com/")?;
/// assert!(list.find(Target::from(&url)).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct BypassList {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    profile: Profile,
    text: String,
    parsed: Parsed,
    table: Table,
}

impl BypassList {
    /// Compiles the list `text` by the rules of `profile`.
    ///
    /// Entries that can't be understood match nothing, or void the whole
    /// list, as the profile has it; see
    /// [`oddities`](BypassList::oddities).
    pub fn new(text: &str, profile: Profile) -> BypassList {
        let parsed = parse::parse(text, profile);
        let table = Table::new(&parsed.rules);
        let inner = Inner { profile, text: text.to_owned(), parsed, table };
        BypassList { inner: Arc::new(inner) }
    }

    /// The first rule that sends `target` direct, if any.
    ///
    /// First of all comes an entry that voids the list, then what is
    /// bypassed by itself, then the entries in order. A target without a
    /// host matches nothing.
    pub fn find(&self, target: Target<'_>) -> Option<Match> {
        self.find_by(target, |rules, host, target| {
            self.inner.table.find(rules, host, target)
        })
    }

    /// The same answer as [`find`](BypassList::find), from asking entry by
    /// entry.
    ///
    /// This is the definition: `find` is tested, and may be measured,
    /// against it.
    pub fn find_naive(&self, target: Target<'_>) -> Option<Match> {
        self.find_by(target, |rules, host, target| {
            rules.iter().position(|rule| rule.matches(host, target))
        })
    }

    /// The list as it was written.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// Whose rules it follows.
    pub fn profile(&self) -> Profile {
        self.inner.profile
    }

    /// The entries as they were written, in order.
    ///
    /// ```
    /// use whichproxy::bypass::{BypassList, Profile};
    ///
    /// let list = BypassList::new("a; b,c ;;", Profile::Winhttp);
    /// assert!(list.entries().eq(["a", "b,c"]));
    /// ```
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.inner.parsed.rules.iter().map(|rule| self.inner.entry(rule))
    }

    /// Whether the list has no entry. (Some hosts may be bypassed all the
    /// same.)
    pub fn is_empty(&self) -> bool {
        self.inner.parsed.rules.is_empty()
    }

    /// What is odd about the entries, in their order.
    ///
    /// ```
    /// use whichproxy::bypass::{BypassList, Profile};
    ///
    /// let list = BypassList::new("<local>;.contoso.com", Profile::Wininet);
    /// assert_eq!(
    ///     list.oddities()[0].to_string(),
    ///     "bypass list column 9: `.contoso.com`: an entry with a leading \
    ///      dot never matches; `*.` in place of the dot would"
    /// );
    /// ```
    pub fn oddities(&self) -> &[Oddity] {
        &self.inner.parsed.oddities
    }

    fn find_by(
        &self,
        target: Target<'_>,
        find: impl Fn(&[Rule], &Host<'_>, &Target<'_>) -> Option<usize>,
    ) -> Option<Match> {
        let Inner { profile, parsed, .. } = &*self.inner;
        if target.host.is_empty() {
            return None;
        }
        if let Some(void) = parsed.void {
            return self.inner.rule_match(void);
        }
        with_lower_case(target.host, |host| {
            // Source: CURL-MEASURED, measured: one dot is taken off.
            let host = match profile {
                Profile::Curl => host.strip_suffix('.').unwrap_or(host),
                _ => host,
            };
            let host = Host::new(host);
            if let Some((set, grounds)) =
                implicit::find(*profile, parsed.removes_implicit, &host)
            {
                return Some(Match::new(set.to_owned(), grounds));
            }
            let index = find(&parsed.rules, &host, &target)?;
            self.inner.rule_match(index)
        })
    }
}

/// Lists of the same text that follow the same rules are equal.
impl PartialEq for BypassList {
    fn eq(&self, other: &BypassList) -> bool {
        (self.profile(), self.text()) == (other.profile(), other.text())
    }
}

impl Eq for BypassList {}

impl Inner {
    fn entry(&self, rule: &Rule) -> &str {
        // The range was made from this text, so that it is never missing.
        self.text.get(rule.entry.clone()).unwrap_or("")
    }

    fn rule_match(&self, index: usize) -> Option<Match> {
        let rule = self.parsed.rules.get(index)?;
        let is_cut =
            || self.text.rfind('@').is_some_and(|at| rule.entry.end < at);
        let entry = masked(self.entry(rule), is_cut).into_owned();
        Some(Match::new(entry, rule.grounds))
    }
}

impl Match {
    fn new(entry: String, grounds: Grounds) -> Match {
        let Grounds { source, evidence } = grounds;
        Match { entry, source, evidence }
    }
}

/// The list as it was written, with user names masked.
impl fmt::Display for BypassList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        let last = self.inner.text.rfind('@').unwrap_or(0);
        for rule in &self.inner.parsed.rules {
            let text = &self.inner.text;
            f.write_str(text.get(written..rule.entry.start).unwrap_or(""))?;
            let is_cut = || rule.entry.end < last;
            f.write_str(&masked(self.inner.entry(rule), is_cut))?;
            written = rule.entry.end;
        }
        f.write_str(self.inner.text.get(written..).unwrap_or(""))
    }
}

impl fmt::Debug for BypassList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BypassList")
            .field("profile", &self.inner.profile)
            .field("text", &self.to_string())
            .finish_non_exhaustive()
    }
}

/// An entry with the `user:password` of `http://user:password@host` masked;
/// `is_cut` tells whether an `@` follows later on, since a password may have a
/// separator in it.
fn masked(entry: &str, is_cut: impl Fn() -> bool) -> Cow<'_, str> {
    let after = entry.find("://").map_or(0, |at| at + 3);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric();
    let after = match entry.bytes().take_while(|&b| is_word(b)).count() {
        word if word + 3 == after => after,
        _ => 0,
    };
    let (scheme, name) = entry.split_at_checked(after).unwrap_or(("", entry));
    if let Some((_, host)) = name.rsplit_once('@') {
        return Cow::Owned(format!("{scheme}***@{host}"));
    }
    let cut = name.split_once(':').is_some_and(|(user, password)| {
        let is_port = password.bytes().all(|byte| byte.is_ascii_digit());
        !is_port && !user.starts_with('[') && is_cut()
    });
    match cut {
        true => Cow::Owned(format!("{scheme}***")),
        false => Cow::Borrowed(entry),
    }
}

/// Calls `f` with `host` in lower case, without allocating for any host that
/// DNS could have.
fn with_lower_case<T>(host: &str, f: impl FnOnce(&str) -> T) -> T {
    if !host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return f(host);
    }
    let mut buffer = [0; 256];
    if let Some(lower) = buffer.get_mut(..host.len()) {
        lower.copy_from_slice(host.as_bytes());
        lower.make_ascii_lowercase();
        if let Ok(lower) = str::from_utf8(lower) {
            return f(lower);
        }
    }
    f(&host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
