//! WPAD: finding the address of a PAC script on the network.
//!
//! DHCP's option 252 first, then the name `wpad` under the machine's
//! suffixes (WINHTTP-AUTOPROXY-ISSUES, documented). Which names, in which
//! order, is not documented; see [`names`].
//!
//! Whoever answers first decides where all traffic goes, so some questions
//! that Windows was seen to ask are not asked; see
//! [`security`](crate::_documentation::security).

mod memory;
mod names;
mod network;
mod question;
mod search;

use std::fmt;
use std::time::Duration;

use url::Url;

pub(crate) use self::memory::{Look, Networks, Place};
use self::network::Network;
pub use self::question::{Attempt, Question};
use self::search::Search;
use crate::machine::{Fault, Machine};
use crate::settings::{NameSettings, shown};
use crate::trace::MaskedUrl;

/// The longest address that option 252 may hold.
///
/// Source: WININET-FUNCTIONALITY (`INTERNET_MAX_URL_LENGTH`), inferred.
const LONGEST_URL: usize = 2083;

/// What one search asked, and what it found.
#[non_exhaustive]
#[derive(Clone)]
pub struct Discovery<T> {
    /// Every question, in order, with what came of it.
    pub attempts: Vec<Attempt>,
    /// Where a script was found, and what `fetch` made of it.
    pub found: Option<(Url, T)>,
}

impl<T: fmt::Debug> fmt::Debug for Discovery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self
            .found
            .as_ref()
            .map(|(url, script)| (MaskedUrl(url).to_string(), script));
        f.debug_struct("Discovery")
            .field("attempts", &self.attempts)
            .field("found", &found)
            .finish()
    }
}

/// Searches the network that `machine` is in for a script, once, and
/// remembers nothing.
///
/// Each address that is offered is given to `fetch`, until one holds a
/// script: an `Ok` with what it is, and how it is to be told of. An `Err` is
/// why there is none; then the search goes on.
///
/// ```
/// use whichproxy::Machine;
/// use whichproxy::discovery::discover;
/// use whichproxy::machine::{Leases, Names, Pages, StaticInterfaces};
/// use whichproxy::machine::Suffixes;
/// use whichproxy::settings::NameSettings;
/// let machine = Machine::offline()
///     .with_dns(Names::new().with("wpad.corp.example", [[10, 0, 0, 5]]))
///     .with_interfaces(StaticInterfaces::new().with_suffixes(Suffixes {
///         primary: Some("eu.corp.example".to_owned()),
///         ..Suffixes::default()
///     }));
/// let names = NameSettings::default();
/// let found = discover(&machine, &names, |url| match url.host_str() {
///     Some("wpad.corp.example") => Ok((42, "a script".to_owned())),
///     _ => Err("no script".to_owned()),
/// });
/// assert_eq!(found.found.unwrap().1, 42);
/// let asked: Vec<String> =
///     found.attempts.iter().map(ToString::to_string).collect();
/// assert_eq!(asked, [
///     "DHCP option 252 on the default interface: not offered",
///     "DNS wpad.eu.corp.example: does not resolve",
///     "DNS wpad.corp.example: 10.0.0.5",
///     "page http://wpad.corp.example/wpad.dat: a script",
/// ]);
/// ```
pub fn discover<T>(
    machine: &Machine,
    names: &NameSettings,
    fetch: impl FnMut(&Url) -> Result<(T, String), String>,
) -> Discovery<T> {
    discover_on(machine, names, &Network::of(machine), fetch)
}

/// [`discover`] on a network that is known.
pub(crate) fn discover_on<T>(
    machine: &Machine,
    names: &NameSettings,
    network: &Network,
    mut fetch: impl FnMut(&Url) -> Result<(T, String), String>,
) -> Discovery<T> {
    let mut search = Search::new(machine, names, network);
    let mut found = None;
    while let Some(url) = search.next_offer() {
        let start = machine.clock().elapsed();
        let script = fetch(&url);
        let took: Duration = machine.clock().elapsed().saturating_sub(start);
        let (script, answer) = match script {
            Ok((script, answer)) => (Some(script), answer),
            // Source: WPAD-DRAFT ("MUST resume the search"), documented.
            Err(answer) => (None, answer),
        };
        search.note(Attempt {
            question: Question::Page { url: url.clone() },
            asked: String::new(),
            answer,
            found: script.is_some(),
            took,
        });
        if let Some(script) = script {
            found = Some((url, script));
            break;
        }
    }
    Discovery { attempts: search.into_attempts(), found }
}

/// The address in option 252, which servers end with NUL, line breaks or
/// blanks in practice.
///
/// ```
/// use whichproxy::discovery::option_url;
/// let url = option_url(b"http://10.0.0.5/wpad.dat\0")?;
/// assert_eq!(url.as_str(), "http://10.0.0.5/wpad.dat");
/// assert_eq!(option_url(b"\0").unwrap_err().to_string(), "offered, but empty");
/// # Ok::<(), whichproxy::machine::Fault>(())
/// ```
///
/// # Errors
///
/// When it is empty, too long, or no address with a host.
pub fn option_url(option: &[u8]) -> Result<Url, Fault> {
    // Source: WPAD-DRAFT (a string), documented; the padding, community.
    let end = option.iter().position(|b| *b == 0).unwrap_or(option.len());
    let text = option.get(..end).unwrap_or_default().trim_ascii();
    if text.is_empty() {
        return Err(Fault::new("offered, but empty"));
    }
    if text.len() > LONGEST_URL {
        return Err(Fault::new(format_args!(
            "it has {} bytes, more than an address may have ({LONGEST_URL})",
            text.len()
        )));
    }
    let text = String::from_utf8_lossy(text);
    let shown = || shown(&text);
    match Url::parse(&text) {
        Ok(url) if url.has_host() => Ok(url),
        Ok(_) => Err(Fault::new(format_args!("`{}` names no host", shown()))),
        Err(error) => Err(Fault::new(format_args!(
            "`{}` is no address: {error}",
            shown()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_trimmed() {
        for option in [
            "http://a.example/p.pac",
            "http://a.example/p.pac\0",
            "http://a.example/p.pac\0\0junk",
            " http://a.example/p.pac \r\n",
        ] {
            let url = option_url(option.as_bytes()).unwrap();
            assert_eq!(url.as_str(), "http://a.example/p.pac", "{option:?}");
        }
    }

    #[test]
    fn bad_options_say_why() {
        let why = |option: &[u8]| option_url(option).unwrap_err().to_string();
        assert_eq!(why(b"\0"), "offered, but empty");
        assert_eq!(why(b"data:x"), "`data:x` names no host");
        assert!(why(b"a b\x1b").contains(r"\u{1b}"));
        let long = format!("http://a.example/{}", "x".repeat(2100));
        assert!(why(long.as_bytes()).starts_with("it has 2117 bytes"));
        assert!(why(b"\xff\xfe").contains("is no address"));
    }
}
