//! WPAD: finding the address of a PAC script on the network.
//!
//! DHCP's option 252 first, then the name `wpad` under the machine's
//! suffixes (WINHTTP-AUTOPROXY-ISSUES, documented). Which names, in which
//! order, is not documented; see [`names`].

mod names;

use std::fmt;

use url::Url;
use whichproxy_pac::Family;

use crate::evidence::Evidence;
use crate::machine::{Interface, Machine};
use crate::settings::{NameSettings, shown};
use crate::trace::MaskedUrl;

/// An address that WPAD offers, and the question that brought it.
#[non_exhaustive]
#[derive(Clone)]
pub struct Offer {
    /// Where a script may be.
    pub url: Url,
    /// What was asked to learn it.
    pub question: Question,
}

/// As derived, but for the password that an address may have.
impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("url", &MaskedUrl(&self.url).to_string())
            .field("question", &self.question)
            .finish()
    }
}

/// A question that WPAD asks.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Question {
    /// DHCP's option 252 on an interface.
    Dhcp {
        /// The interface's name.
        interface: String,
    },
    /// The addresses of a name.
    Dns {
        /// The name.
        name: String,
    },
}

impl Question {
    /// The key of [`sources`](crate::_documentation::sources) for asking.
    pub fn source(&self) -> &'static str {
        match self {
            Question::Dhcp { .. } => "WINHTTP-AUTOPROXY-ISSUES",
            Question::Dns { .. } => "WPAD-NAMES",
        }
    }

    /// How well it is founded that Windows asks.
    pub fn evidence(&self) -> Evidence {
        match self {
            Question::Dhcp { .. } => Evidence::Documented,
            Question::Dns { .. } => Evidence::Community,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Dhcp { interface } => {
                write!(f, "DHCP option 252 on {interface}")
            }
            Question::Dns { name } => write!(f, "DNS {name}"),
        }
    }
}

/// One question and what came of it.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The question.
    pub question: Question,
    /// The answer, or why there is none, in words.
    pub answer: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.question, self.answer)
    }
}

/// The questions of one discovery, asked one by one.
///
/// The iterator of offers: each [`next_offer`](Search::next_offer) goes on
/// where the last one stopped, since a client "MUST resume the search" when
/// an address turns out to hold no script (WPAD-DRAFT).
#[derive(Debug)]
pub(crate) struct Search<'a> {
    machine: &'a Machine,
    interfaces: std::vec::IntoIter<Interface>,
    names: std::vec::IntoIter<String>,
    attempts: Vec<Attempt>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        machine: &'a Machine,
        settings: &NameSettings,
    ) -> Search<'a> {
        let mut attempts = Vec::new();
        let mut interfaces =
            machine.interfaces().interfaces().unwrap_or_else(|fault| {
                attempts.push(Attempt {
                    question: Question::Dhcp { interface: "any".into() },
                    answer: format!("the interfaces are not known: {fault}"),
                });
                Vec::new()
            });
        let names = names::names(machine, settings, &interfaces);
        if interfaces.is_empty() {
            interfaces.push(Interface {
                name: "the default interface".into(),
                ..Interface::default()
            });
        }
        Search {
            machine,
            interfaces: interfaces.into_iter(),
            names: names.into_iter(),
            attempts,
        }
    }

    /// The next address that somebody offers, if anybody does.
    pub(crate) fn next_offer(&mut self) -> Option<Offer> {
        while let Some(interface) = self.interfaces.next() {
            if let Some(offer) = self.ask_dhcp(&interface) {
                return Some(offer);
            }
        }
        while let Some(name) = self.names.next() {
            if let Some(offer) = self.ask_dns(name) {
                return Some(offer);
            }
        }
        None
    }

    /// What was asked since the last call.
    pub(crate) fn take_attempts(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.attempts)
    }

    fn ask_dhcp(&mut self, interface: &Interface) -> Option<Offer> {
        let question = Question::Dhcp { interface: interface.name.clone() };
        let answer = self.machine.dhcp().wpad_option(interface);
        let (answer, url) = match answer {
            Err(fault) => (fault.to_string(), None),
            Ok(None) => ("not offered".to_owned(), None),
            Ok(Some(option)) => match read_option(&option) {
                Ok(url) => (MaskedUrl(&url).to_string(), Some(url)),
                Err(why) => (why, None),
            },
        };
        self.attempts.push(Attempt { question: question.clone(), answer });
        Some(Offer { url: url?, question })
    }

    fn ask_dns(&mut self, name: String) -> Option<Offer> {
        let question = Question::Dns { name: name.clone() };
        let answer = self.machine.dns().lookup(&name, Family::Any);
        let (answer, found) = match answer {
            Err(fault) => (fault.to_string(), false),
            Ok(addresses) if addresses.is_empty() => {
                ("does not resolve".to_owned(), false)
            }
            Ok(addresses) => {
                let text: Vec<String> = addresses
                    .iter()
                    .take(8)
                    .map(ToString::to_string)
                    .collect();
                (text.join(", "), true)
            }
        };
        self.attempts.push(Attempt { question: question.clone(), answer });
        // Source: WPAD-NAMES (`http://wpad.<suffix>/wpad.dat`), community.
        let url = Url::parse(&format!("http://{name}/wpad.dat"));
        Some(Offer { url: url.ok().filter(|_| found)?, question })
    }
}

/// Reads the bytes of option 252: an address, which servers end with NUL,
/// line breaks or blanks in practice.
///
/// Source: WPAD-DRAFT (a string), documented; the padding, community.
fn read_option(option: &[u8]) -> Result<Url, String> {
    let end = option.iter().position(|b| *b == 0).unwrap_or(option.len());
    let text = String::from_utf8_lossy(option.get(..end).unwrap_or_default());
    let text = text.trim();
    let shown = || shown(text);
    if text.is_empty() {
        return Err("offered, but empty".to_owned());
    }
    match Url::parse(text) {
        Ok(url) if url.has_host() => Ok(url),
        Ok(_) => Err(format!("`{}` names no host", shown())),
        Err(error) => Err(format!("`{}` is no address: {error}", shown())),
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
            let url = read_option(option.as_bytes()).unwrap();
            assert_eq!(url.as_str(), "http://a.example/p.pac", "{option:?}");
        }
    }

    #[test]
    fn bad_options_say_why() {
        assert_eq!(read_option(b"\0").unwrap_err(), "offered, but empty");
        assert_eq!(
            read_option(b"data:x").unwrap_err(),
            "`data:x` names no host"
        );
        assert!(read_option(b"a b\x1b").unwrap_err().contains(r"\u{1b}"));
    }
}
