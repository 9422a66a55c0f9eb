//! The questions of one evaluation, each asked once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::{Embedder, Error, ErrorKind, Limits, LocalTime, Question};

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Addresses(Arc<[IpAddr]>),
    Time(LocalTime),
}

/// Stands between an engine and the embedder, for one evaluation.
pub(crate) struct Memo<'e> {
    embedder: &'e dyn Embedder,
    limits: &'e Limits,
    answers: HashMap<Question, Answer>,
    asked: Vec<Question>,
    lookups: usize,
    alerts: Vec<String>,
    alert_bytes: usize,
    dropped: u64,
    /// Alerts that an engine dropped before they came here.
    lost: u64,
    /// Alerts that came here, kept or not.
    told: usize,
    /// Alerts that the engine which begins anew will repeat.
    repeats: usize,
}

impl<'e> Memo<'e> {
    pub(crate) fn new(
        embedder: &'e dyn Embedder,
        limits: &'e Limits,
    ) -> Memo<'e> {
        Memo {
            embedder,
            limits,
            answers: HashMap::new(),
            asked: Vec::new(),
            lookups: 0,
            alerts: Vec::new(),
            alert_bytes: 0,
            dropped: 0,
            lost: 0,
            told: 0,
            repeats: 0,
        }
    }

    /// Answers a question; asks the embedder the first time only.
    pub(crate) fn ask(&mut self, question: Question) -> Result<Answer, Error> {
        if let Some(answer) = self.answers.get(&question) {
            return Ok(answer.clone());
        }
        if question != Question::Time {
            if self.lookups == self.limits.lookups() {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("more than {} lookups", self.lookups),
                ));
            }
            self.lookups += 1;
        }
        self.asked.push(question.clone());
        let answer = match &question {
            Question::OwnAddresses { family } => {
                Answer::of(self.embedder.own_addresses(*family), *family)
            }
            Question::Resolve { name, family } => {
                Answer::of(self.embedder.resolve(name, *family), *family)
            }
            Question::Time => Answer::Time(self.embedder.now()),
        };
        self.answers.insert(question, answer.clone());
        Ok(answer)
    }

    /// Passes a message on, as long as there is room.
    pub(crate) fn alert(&mut self, message: String) {
        if let Some(left) = self.repeats.checked_sub(1) {
            self.repeats = left;
            return;
        }
        self.told += 1;
        let bytes = self.alert_bytes.saturating_add(message.len());
        // An empty message costs something too.
        if bytes > self.limits.alert_bytes() || self.alerts.len() == 1_000 {
            self.dropped += 1;
            return;
        }
        self.alert_bytes = bytes;
        self.embedder.alert(&message);
        self.alerts.push(message);
    }

    /// Counts messages that were dropped before they came here.
    pub(crate) fn drop_alerts(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
    }

    /// Another engine answers from the beginning; it gets the same answers,
    /// and what it repeats is not told again.
    pub(crate) fn restart(&mut self) {
        self.repeats = self.told;
        self.lost = 0;
    }

    /// What was asked, and the messages.
    pub(crate) fn finish(mut self) -> (Vec<Question>, Vec<String>) {
        let dropped = self.dropped.saturating_add(self.lost);
        if dropped > 0 {
            let note = format!("({dropped} more alerts were dropped)");
            self.alerts.push(note);
        }
        (self.asked, self.alerts)
    }
}

impl Answer {
    /// Addresses of the right family only, whatever the embedder says.
    fn of(addresses: Vec<IpAddr>, family: crate::Family) -> Answer {
        Answer::Addresses(
            addresses
                .into_iter()
                .filter(|address| family.contains(address))
                .collect(),
        )
    }
}
