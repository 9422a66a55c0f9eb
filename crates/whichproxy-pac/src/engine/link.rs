//! The script's side of what it asks and tells.

use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use crate::builtins::Ask;
use crate::meta::Answer;
use crate::{Error, ErrorKind, Family, LocalTime, Question};

/// Whom an evaluation asks and tells: another thread, or another process.
pub(crate) trait Peer: fmt::Debug {
    /// Asks, and waits.
    fn ask(&self, question: Question) -> Result<Answer, Error>;

    /// Tells a message that there is room for.
    fn alert(&self, message: &str);

    /// Tells that there was no room for a message.
    fn drop_alert(&self);

    /// Tells from when on the clock may change the answer, in milliseconds
    /// since 1970.
    fn hold(&self, until: i64);

    /// Whether nobody waits for the answer any more.
    fn is_cancelled(&self) -> bool;
}

/// Answers nothing: a script that is read back may not ask.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Peer for Nobody {
    fn ask(&self, _: Question) -> Result<Answer, Error> {
        Err(cancelled())
    }

    fn alert(&self, _: &str) {}

    fn drop_alert(&self) {}

    fn hold(&self, _: i64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// What an evaluation sees whose caller has left; no caller sees it.
pub(crate) fn cancelled() -> Error {
    Error::new(ErrorKind::Deadline, "the caller has left")
}

/// Asks each question once, for one evaluation after another.
#[derive(Debug)]
pub(super) struct Link {
    peer: Rc<dyn Peer>,
    /// Answers of this evaluation; a few, so a list.
    answers: Vec<(Question, Answer)>,
    /// Whether anything was asked of the machine, or told it.
    pub(super) touched: bool,
    /// Why the evaluation must end; stays once it is set.
    pub(super) stop: Option<Error>,
    alert_bytes: usize,
    alerts_left: usize,
}

impl Link {
    pub(super) fn new(peer: Rc<dyn Peer>, alert_bytes: usize) -> Link {
        let alerts_left = alert_bytes;
        Link {
            peer,
            answers: Vec::new(),
            touched: false,
            stop: None,
            alert_bytes,
            alerts_left,
        }
    }

    /// Forgets the last evaluation.
    pub(super) fn restart(&mut self) {
        self.answers.clear();
        self.touched = false;
        self.stop = None;
        self.alerts_left = self.alert_bytes;
    }

    /// Fails once the caller has left.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.peer.is_cancelled() { Err(cancelled()) } else { Ok(()) }
    }

    fn ask(
        &mut self,
        known: impl Fn(&Question) -> bool,
        question: impl FnOnce() -> Question,
    ) -> Result<Answer, Error> {
        self.touched = true;
        let found = self.answers.iter().find(|(other, _)| known(other));
        if let Some((_, answer)) = found {
            return Ok(answer.clone());
        }
        let question = question();
        let answer = self.peer.ask(question.clone())?;
        self.answers.push((question, answer.clone()));
        Ok(answer)
    }
}

fn addresses(answer: Answer) -> Arc<[IpAddr]> {
    match answer {
        Answer::Addresses(addresses) => addresses,
        Answer::Time(_) => Arc::new([]),
    }
}

impl Ask for Link {
    fn resolve(
        &mut self,
        name: &str,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error> {
        let known = |other: &Question| match other {
            Question::Resolve { name: n, family: f } => {
                n == name && *f == family
            }
            _ => false,
        };
        self.ask(known, || Question::Resolve { name: name.to_owned(), family })
            .map(addresses)
    }

    fn own_addresses(
        &mut self,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error> {
        let question = Question::OwnAddresses { family };
        self.ask(|other| *other == question, || question.clone())
            .map(addresses)
    }

    fn now(&mut self) -> Result<LocalTime, Error> {
        let known = |other: &Question| *other == Question::Time;
        match self.ask(known, || Question::Time)? {
            Answer::Time(time) => Ok(time),
            Answer::Addresses(_) => Ok(LocalTime::default()),
        }
    }

    fn hold(&mut self, until: i64) {
        self.peer.hold(until);
    }

    fn alert(&mut self, message: &str) -> Result<(), Error> {
        self.touched = true;
        // An empty message costs something too.
        let cost = message.len().max(1);
        if cost > self.alerts_left {
            self.peer.drop_alert();
        } else {
            self.alerts_left -= cost;
            self.peer.alert(message);
        }
        Ok(())
    }
}
