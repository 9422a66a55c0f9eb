//! Answers to a script's questions, given beforehand.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use crate::meta::Answer;
use crate::{Embedder, Evaluation, Family, LocalTime, Question};

/// Answers to a script's questions, known before it is asked.
///
/// With these, [`Pac::try_evaluate`](crate::Pac::try_evaluate) comes to the
/// end, or to the first question that is not among them. Whoever waits for
/// names in a way of their own (as asynchronous code does) asks, adds the
/// answer, and evaluates again; no thread is held meanwhile.
///
/// ```
/// use whichproxy_pac::{Answers, Family, LocalTime, Pac, Query, Question, Step};
/// let pac = Pac::new(
///     "function FindProxyForURL(url, host) {
///          if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';
///          return weekdayRange('SAT', 'SUN') ? 'PROXY idle:1' : 'PROXY a:1';
///      }",
/// )?;
/// let query = Query::raw("http://www.example/", "www.example");
/// let mut answers = Answers::new();
/// let evaluation = loop {
///     let question = match pac.try_evaluate(&query, &answers)? {
///         Step::Done(evaluation) => break evaluation,
///         Step::Ask(question) => question,
///     };
///     match &question {
///         Question::Resolve { name, family, .. } => {
///             // Here one would wait for DNS.
///             let found = [[192, 0, 2, 7].into()];
///             answers.add_addresses(name, *family, found);
///         }
///         Question::OwnAddresses { family, .. } => {
///             answers.add_own_addresses(*family, [[10, 9, 8, 7].into()]);
///         }
///         _ => answers.set_time("2026-11-22T09:30:00+01:00".parse().unwrap()),
///     }
/// };
/// assert_eq!(evaluation.result(), "PROXY idle:1");
/// assert_eq!(evaluation.asked().len(), 2);
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Answers {
    known: HashMap<Question, Answer>,
}

impl Answers {
    /// No answers.
    pub fn new() -> Answers {
        Answers::default()
    }

    /// Adds what `name` resolves to: nothing, where it does not.
    ///
    /// The answer is to exactly this name and family, as
    /// [`Question::Resolve`] has them; addresses of another family are left
    /// out.
    pub fn add_addresses(
        &mut self,
        name: impl Into<String>,
        family: Family,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) {
        let question = Question::Resolve { name: name.into(), family };
        self.known.insert(question, Answer::of(addresses, family));
    }

    /// Adds the machine's own addresses, the preferred one first, as
    /// [`Question::OwnAddresses`] asks for them; those of another family are
    /// left out.
    pub fn add_own_addresses(
        &mut self,
        family: Family,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) {
        let question = Question::OwnAddresses { family };
        self.known.insert(question, Answer::of(addresses, family));
    }

    /// Sets the time, as [`Question::Time`] asks for it.
    pub fn set_time(&mut self, time: LocalTime) {
        self.known.insert(Question::Time, Answer::Time(time));
    }

    /// Adds the answer of an embedder, whatever the question is.
    ///
    /// ```
    /// use whichproxy_pac::{Answers, Offline, Pac, Query, Step};
    /// let pac = Pac::new("function FindProxyForURL(url, host) {
    ///     return isResolvable(host) ? 'DIRECT' : 'PROXY a:1';
    /// }")?;
    /// let query = Query::raw("http://b/", "b");
    /// let mut answers = Answers::new();
    /// while let Step::Ask(question) = pac.try_evaluate(&query, &answers)? {
    ///     answers.ask(&question, &Offline);
    /// }
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    pub fn ask(&mut self, question: &Question, embedder: &dyn Embedder) {
        let answer = Answer::ask(question, embedder);
        self.known.insert(question.clone(), answer);
    }

    /// An embedder that gives these answers, and asks `embedder` for the rest.
    ///
    /// ```
    /// use whichproxy_pac::{Answers, Embedder, Family, Offline};
    /// let mut answers = Answers::new();
    /// answers.add_addresses("a", Family::V4, [[10, 0, 0, 1].into()]);
    /// let embedder = answers.or(&Offline);
    /// assert_eq!(embedder.resolve("a", Family::V4).len(), 1);
    /// assert_eq!(embedder.resolve("b", Family::V4).len(), 0);
    /// ```
    pub fn or<'e>(&'e self, embedder: &'e dyn Embedder) -> AnswersOr<'e> {
        AnswersOr { answers: self, embedder }
    }

    /// Whether a question has its answer here.
    pub fn contains(&self, question: &Question) -> bool {
        self.known.contains_key(question)
    }

    /// Whether nothing has an answer here.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn find(&self, question: &Question) -> Option<&Answer> {
        self.known.get(question)
    }
}

/// An embedder that has some answers beforehand; see [`Answers::or`].
#[derive(Clone, Copy)]
pub struct AnswersOr<'e> {
    answers: &'e Answers,
    embedder: &'e dyn Embedder,
}

impl fmt::Debug for AnswersOr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswersOr")
            .field("answers", &self.answers)
            .finish_non_exhaustive()
    }
}

impl AnswersOr<'_> {
    fn addresses(&self, question: &Question) -> Option<Vec<IpAddr>> {
        match self.answers.find(question)? {
            Answer::Addresses(addresses) => Some(addresses.to_vec()),
            Answer::Time(_) => None,
        }
    }
}

impl Embedder for AnswersOr<'_> {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        let question = Question::Resolve { name: name.to_owned(), family };
        self.addresses(&question)
            .unwrap_or_else(|| self.embedder.resolve(name, family))
    }

    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        self.addresses(&Question::OwnAddresses { family })
            .unwrap_or_else(|| self.embedder.own_addresses(family))
    }

    fn now(&self) -> LocalTime {
        match self.answers.find(&Question::Time) {
            Some(Answer::Time(time)) => *time,
            _ => self.embedder.now(),
        }
    }

    fn alert(&self, message: &str) {
        self.embedder.alert(message);
    }
}

/// How far an evaluation came with the answers that it was given.
// Most are the end; a box would cost each of those an allocation.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// It has come to its end.
    Done(Evaluation),
    /// It needs the answer to this, and then to start again.
    Ask(Question),
}
