//! The questions of one evaluation, each asked once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::{
    Answers, Dependencies, Embedder, Error, ErrorKind, Limits, LocalTime,
    Question, Validity,
};

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Addresses(Arc<[IpAddr]>),
    Time(LocalTime),
}

/// Stands between an engine and the embedder, for one evaluation.
pub(crate) struct Memo<'e> {
    source: Source<'e>,
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
    /// The first question that nobody answered.
    unanswered: Option<Question>,
    /// The first moment, in milliseconds since 1970, at which the clock may
    /// change the answer.
    until: Option<i64>,
    /// Whether an engine had part in the answer of which nothing is proved.
    unproved: bool,
    /// Whether `js` may run, and whether it would have to.
    has_js: bool,
    needs_js: bool,
}

/// Who answers.
#[derive(Clone, Copy)]
enum Source<'e> {
    Embedder(&'e dyn Embedder),
    Answers(&'e Answers),
}

/// What happened in an evaluation.
pub(crate) struct Told {
    pub(crate) asked: Vec<Question>,
    pub(crate) alerts: Vec<String>,
    pub(crate) validity: Validity,
    pub(crate) unanswered: Option<Question>,
    /// Whether the evaluation ended since `js` was not to run.
    pub(crate) needs_js: bool,
    unproved: bool,
}

impl<'e> Memo<'e> {
    /// A memo that asks an embedder.
    #[inline]
    pub(crate) fn new(
        embedder: &'e dyn Embedder,
        limits: &'e Limits,
    ) -> Memo<'e> {
        Memo::with_source(Source::Embedder(embedder), limits)
    }

    /// A memo that has answers, and ends the evaluation where it has none.
    pub(crate) fn with_answers(
        answers: &'e Answers,
        limits: &'e Limits,
    ) -> Memo<'e> {
        Memo::with_source(Source::Answers(answers), limits)
    }

    #[inline]
    fn with_source(source: Source<'e>, limits: &'e Limits) -> Memo<'e> {
        Memo {
            source,
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
            unanswered: None,
            until: None,
            unproved: false,
            has_js: true,
            needs_js: false,
        }
    }

    /// The same, which ends the evaluation where `js` would have to run.
    pub(crate) fn without_js(self) -> Memo<'e> {
        Memo { has_js: false, ..self }
    }

    /// `js` is about to run, or the evaluation ends here; then nobody sees
    /// the error.
    pub(crate) fn allow_js(&mut self) -> Result<(), Error> {
        self.needs_js = !self.has_js;
        match self.has_js {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Unmodelled,
                "the engine `js` is not to run",
            )),
        }
    }

    /// Answers a question; asks the embedder the first time only.
    ///
    /// Where there is no answer, the error ends the evaluation, and nobody
    /// sees it.
    pub(crate) fn ask(&mut self, question: Question) -> Result<Answer, Error> {
        if let Some(answer) = self.answers.get(&question) {
            return Ok(answer.clone());
        }
        if self.unanswered.is_some() {
            return Err(unanswered());
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
        let answer = match self.source {
            Source::Embedder(embedder) => {
                self.asked.push(question.clone());
                Answer::ask(&question, embedder)
            }
            Source::Answers(answers) => match answers.find(&question) {
                Some(answer) => {
                    self.asked.push(question.clone());
                    answer.clone()
                }
                None => {
                    self.unanswered = Some(question);
                    return Err(unanswered());
                }
            },
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
        if let Source::Embedder(embedder) = self.source {
            embedder.alert(&message);
        }
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

    /// What was made of the clock may change at a moment, in milliseconds
    /// since 1970.
    pub(crate) fn hold(&mut self, until: i64) {
        self.until = Some(self.until.map_or(until, |u| u.min(until)));
    }

    /// An engine answers of which nothing is proved.
    pub(crate) fn doubt(&mut self) {
        self.unproved = true;
    }

    /// What was asked, the messages, and the rest.
    pub(crate) fn finish(mut self) -> Told {
        let dropped = self.dropped.saturating_add(self.lost);
        if dropped > 0 {
            let note = format!("({dropped} more alerts were dropped)");
            self.alerts.push(note);
        }
        let validity = match (self.answers.get(&Question::Time), self.until) {
            (Some(Answer::Time(time)), Some(until)) => {
                Validity::new(*time, until)
            }
            _ => Validity::ALWAYS,
        };
        Told {
            asked: self.asked,
            alerts: self.alerts,
            validity,
            unanswered: self.unanswered,
            needs_js: self.needs_js,
            unproved: self.unproved,
        }
    }
}

impl Told {
    /// What this one answer may depend on, where those of the script may
    /// depend on `all`.
    pub(crate) fn depends_on(&self, all: Dependencies) -> Dependencies {
        if self.unproved {
            return Dependencies::ALL;
        }
        let any = |test: fn(&Question) -> bool| self.asked.iter().any(test);
        Dependencies {
            dns: any(|one| matches!(one, Question::Resolve { .. })),
            own_addresses: any(|one| {
                matches!(one, Question::OwnAddresses { .. })
            }),
            clock: any(|one| *one == Question::Time),
            ..all
        }
    }
}

fn unanswered() -> Error {
    Error::new(ErrorKind::Exception, "a question without an answer")
}

impl Answer {
    /// An embedder's answer.
    pub(crate) fn ask(question: &Question, embedder: &dyn Embedder) -> Answer {
        match question {
            Question::OwnAddresses { family } => {
                Answer::of(embedder.own_addresses(*family), *family)
            }
            Question::Resolve { name, family } => {
                Answer::of(embedder.resolve(name, *family), *family)
            }
            Question::Time => Answer::Time(embedder.now()),
        }
    }

    /// Addresses of the right family only, whatever the embedder says.
    pub(crate) fn of(
        addresses: impl IntoIterator<Item = IpAddr>,
        family: crate::Family,
    ) -> Answer {
        Answer::Addresses(
            addresses
                .into_iter()
                .filter(|address| family.contains(address))
                .collect(),
        )
    }
}
