//! One search, question by question.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use url::Url;
use whichproxy_pac::Family;

use super::names::{Kind, Name, names};
use super::{Attempt, Question, option_url};
use crate::machine::{DhcpAnswer, DhcpOffer, Fault, Interface, Machine};
use crate::settings::NameSettings;
use crate::trace::MaskedUrl;

use super::network::Network;

/// At most so many interfaces are asked about; the preferred ones are first.
const MOST_INTERFACES: usize = 16;

/// At most so many offers of one interface are tried.
const MOST_OFFERS: usize = 4;

/// The questions of one discovery, asked one by one.
///
/// The iterator of offers: each [`next_offer`](Search::next_offer) goes on
/// where the last one stopped, since a client "MUST resume the search" when
/// an address turns out to hold no script (WPAD-DRAFT).
#[derive(Debug)]
pub(super) struct Search<'a> {
    machine: &'a Machine,
    /// Those that were not asked about yet.
    interfaces: Vec<Interface>,
    offers: VecDeque<Url>,
    names: std::vec::IntoIter<Name>,
    attempts: Vec<Attempt>,
}

/// What DHCP said of an interface, and how long that took.
type Asked = (Result<DhcpAnswer, Fault>, Duration);

impl<'a> Search<'a> {
    pub(super) fn new(
        machine: &'a Machine,
        settings: &NameSettings,
        network: &Network,
    ) -> Search<'a> {
        let unknown = |question, what: &str, fault: &Fault| Attempt {
            question,
            asked: String::new(),
            answer: format!("the {what} are not known: {fault}"),
            found: false,
            took: Duration::ZERO,
        };
        let mut attempts = Vec::new();
        if let Some(fault) = &network.fault {
            let question = Question::Dhcp { interface: "any".into() };
            attempts.push(unknown(question, "interfaces", fault));
        }
        if let Some(fault) = &network.suffixes_fault {
            let question = Question::Dns { name: "wpad".into() };
            attempts.push(unknown(question, "suffixes of names", fault));
        }
        let mut interfaces = network.interfaces.clone();
        let names = names(settings, &interfaces, &network.suffixes);
        interfaces.truncate(MOST_INTERFACES);
        if interfaces.is_empty() {
            interfaces.push(Interface {
                name: "the default interface".into(),
                ..Interface::default()
            });
        }
        Search {
            machine,
            interfaces,
            offers: VecDeque::new(),
            names: names.into_iter(),
            attempts,
        }
    }

    /// The next address that somebody offers, if anybody does.
    pub(super) fn next_offer(&mut self) -> Option<Url> {
        let interfaces = std::mem::take(&mut self.interfaces);
        for (interface, asked) in self.ask_dhcp(&interfaces) {
            self.take_answer(interface, asked);
        }
        if let Some(url) = self.offers.pop_front() {
            return Some(url);
        }
        while let Some(name) = self.names.next() {
            if let Some(url) = self.ask_dns(name) {
                return Some(url);
            }
        }
        None
    }

    /// Writes down what came of a question.
    pub(super) fn note(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
    }

    /// What was asked.
    pub(super) fn into_attempts(self) -> Vec<Attempt> {
        self.attempts
    }

    /// Asks about all interfaces at once, so that one where nobody answers
    /// does not hold up the rest; the answers are in their order.
    fn ask_dhcp<'i>(
        &self,
        interfaces: &'i [Interface],
    ) -> Vec<(&'i Interface, Asked)> {
        let machine = self.machine;
        let ask = |interface: &Interface| {
            let start = machine.clock().elapsed();
            let answer = machine.dhcp().wpad_option(interface);
            (answer, machine.clock().elapsed().saturating_sub(start))
        };
        let [first, rest @ ..] = interfaces else { return Vec::new() };
        thread::scope(|scope| {
            let rest: Vec<_> = rest
                .iter()
                .map(|interface| {
                    let thread = thread::Builder::new()
                        .name("whichproxy-dhcp".to_owned())
                        .spawn_scoped(scope, || ask(interface));
                    (interface, thread)
                })
                .collect();
            let mut asked = vec![(first, ask(first))];
            for (interface, thread) in rest {
                let answer = match thread {
                    Ok(thread) => thread.join().unwrap_or_else(|_| {
                        let fault = Fault::new("asking has panicked");
                        (Err(fault), Duration::ZERO)
                    }),
                    // There is no thread to be had.
                    Err(_) => ask(interface),
                };
                asked.push((interface, answer));
            }
            asked
        })
    }

    fn take_answer(&mut self, interface: &Interface, asked: Asked) {
        let (answer, took) = asked;
        let attempt = |asked: String, answer: String, found| Attempt {
            question: Question::Dhcp { interface: interface.name.clone() },
            asked,
            answer,
            found,
            took,
        };
        let DhcpAnswer { offers, asked } = match answer {
            Ok(answer) => answer,
            Err(fault) => {
                let answer = fault.to_string();
                self.attempts.push(attempt(String::new(), answer, false));
                return;
            }
        };
        if offers.is_empty() {
            let answer = "not offered".to_owned();
            self.attempts.push(attempt(asked, answer, false));
        }
        for DhcpOffer { option, from } in offers.into_iter().take(MOST_OFFERS)
        {
            let attempt = match option_url(&option) {
                Ok(url) => {
                    let shown = MaskedUrl(&url).to_string();
                    if !self.offers.contains(&url) {
                        self.offers.push_back(url);
                    }
                    attempt(from, shown, true)
                }
                Err(fault) => attempt(from, fault.to_string(), false),
            };
            self.attempts.push(attempt);
        }
    }

    fn ask_dns(&mut self, name: Name) -> Option<Url> {
        let Name { name, kind } = name;
        let attempt = |answer, found, took| Attempt {
            question: Question::Dns { name: name.clone() },
            asked: String::new(),
            answer,
            found,
            took,
        };
        let url = match kind {
            Kind::Asked(url) => url,
            Kind::Refused(why) => {
                self.attempts.push(attempt(why, false, Duration::ZERO));
                return None;
            }
        };
        // Source: WPAD-DRAFT ("should have the QNAME terminated with a
        // trailing '.'"), documented: without it, a resolver may try the
        // name under suffixes of its own, where it is a stranger's.
        let clock = self.machine.clock();
        let start = clock.elapsed();
        let answer =
            self.machine.dns().lookup(&format!("{name}."), Family::Any);
        let took = clock.elapsed().saturating_sub(start);
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
        self.attempts.push(attempt(answer, found, took));
        found.then_some(url)
    }
}
