//! Questions that were not asked, for want of `--online`.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use crate::output::{masked, shortened};

/// At most so many questions are named: a script that looks up every host
/// of a long list would name them all.
const MOST: usize = 1000;

/// A question that nobody answered.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Unanswered {
    /// DHCP's option 252.
    Dhcp,
    /// The addresses of a name.
    Dns(String),
    /// The machine's own address.
    OwnAddress,
    /// A page.
    Page(Url),
}

impl Unanswered {
    /// The question and what answers it: an option, or that the network is
    /// asked.
    fn told(&self, or: &str) -> String {
        match self {
            Unanswered::Dhcp => format!(
                "DHCP option 252 (answer with --dhcp-wpad URL, or {or})"
            ),
            Unanswered::Dns(name) => {
                // WPAD's names have a final dot, to be asked as they are.
                let name = name.strip_suffix('.').unwrap_or(name);
                let name = shortened(name);
                format!("DNS {name} (answer with --dns {name}=IP, or {or})")
            }
            Unanswered::OwnAddress => {
                format!("own address (answer with --my-ip IP, or {or})")
            }
            Unanswered::Page(url) => {
                let url = shortened(&masked(url));
                format!("page {url} (answer with --page {url}=FILE, or {or})")
            }
        }
    }
}

/// Writes down questions that nobody answered, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    seen: HashSet<Unanswered>,
    fresh: Vec<String>,
    /// How the network would have been asked.
    or: &'static str,
}

impl Default for State {
    fn default() -> State {
        State { seen: HashSet::new(), fresh: Vec::new(), or: "--online" }
    }
}

impl Notes {
    /// Says from now on that the network is asked `or`, where that is not
    /// `--online`.
    pub(crate) fn asked_by(&self, or: &'static str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.or = or;
    }

    /// Writes down a question.
    pub(crate) fn add(&self, question: Unanswered) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.seen.len() > MOST || state.seen.contains(&question) {
            return;
        }
        let message = match state.seen.len() {
            MOST => "not asked: more questions, not named".to_owned(),
            _ => format!("not asked: {}", question.told(state.or)),
        };
        state.fresh.push(message);
        state.seen.insert(question);
    }

    /// The messages about what was written down since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.fresh)
    }

    /// Puts what was written down since the last [`Notes::take`] into an
    /// order that does not depend on which thread came first.
    pub(crate) fn sort(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.fresh.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_once_and_not_too_many() {
        let notes = Notes::default();
        notes.add(Unanswered::Dhcp);
        notes.add(Unanswered::Dhcp);
        assert_eq!(notes.take().len(), 1);
        assert_eq!(notes.take().len(), 0);
        (0..2000).for_each(|n| notes.add(Unanswered::Dns(n.to_string())));
        let named = notes.take();
        assert_eq!(named.len(), MOST); // one is DHCP, one is the last word
        assert!(named.last().unwrap().contains("more questions"));
    }

    #[test]
    fn foreign_text_is_escaped_and_passwords_are_not_shown() {
        let name = Unanswered::Dns("a\u{1b}[2J".to_owned());
        assert!(!name.told("--online").contains('\u{1b}'));
        let url = Url::parse("http://me:secret@a.example/p.pac").unwrap();
        let text = Unanswered::Page(url).told("--online");
        assert!(!text.contains("secret") && !text.contains("me"), "{text}");
    }
}
