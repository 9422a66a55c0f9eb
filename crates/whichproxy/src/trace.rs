//! What happened, and why.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::discovery::Attempt;
use crate::evidence::Evidence;
use crate::plan::{Plan, Step};
use crate::settings::Origin;

/// What a resolution did, step by step, each with its source and grade.
///
/// `Display` is the explanation a person reads.
#[derive(Clone, Debug)]
pub struct Trace {
    plan: Arc<Plan>,
    events: Vec<Event>,
}

/// One step of a plan as it went.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) step: usize,
    pub(crate) outcome: Outcome,
    pub(crate) notes: Vec<Note>,
}

/// How a step went.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It says what to try first, or what to try next if all before fails.
    Routes {
        /// How many routes it added.
        count: usize,
        /// Whether they come after routes of an earlier step.
        fallback: bool,
    },
    /// A bypass list sends the URL direct.
    Bypassed,
    /// It has nothing to say of this URL.
    NotApplicable,
    /// It could not be carried out; the reason is among the notes.
    Unavailable,
    /// It failed, and the client reports that.
    Failed,
    /// An earlier step decided.
    NotReached,
}

impl Outcome {
    /// The outcome's name, such as `bypassed` or `not reached`.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Routes { fallback: false, .. } => "decided",
            Outcome::Routes { fallback: true, .. } => "fallback",
            Outcome::Bypassed => "bypassed",
            Outcome::NotApplicable => "not applicable",
            Outcome::Unavailable => "unavailable",
            Outcome::Failed => "failed",
            Outcome::NotReached => "not reached",
        }
    }
}

/// A remark on a step.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum Note {
    /// A script asked something of the machine.
    Asked(whichproxy_pac::Question),
    /// WPAD asked something.
    Attempt(Attempt),
    /// The entry of a bypass list that matched, with the source of the rule
    /// it matched by.
    Bypass {
        /// The entry as it was written, or what a built-in one is.
        entry: String,
        /// The source of the rule.
        source: &'static str,
        /// The rule's grade.
        evidence: Evidence,
    },
    /// A plain sentence.
    Text(String),
}

impl Note {
    pub(crate) fn text(text: impl fmt::Display) -> Note {
        Note::Text(text.to_string())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Asked(question) => write!(f, "the script asked: {question}"),
            Note::Attempt(attempt) => write!(f, "{attempt}"),
            Note::Bypass { entry, source, evidence } => write!(
                f,
                "bypass entry `{}` matches [{source}, {evidence}]",
                entry.escape_debug()
            ),
            Note::Text(text) => f.write_str(text),
        }
    }
}

/// One line of a [`Trace`]: a step and how it went.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct TraceStep<'a> {
    /// The step's number in the plan, from 1.
    pub number: usize,
    /// The step.
    pub step: &'a Step,
    /// How it went.
    pub outcome: &'a Outcome,
    /// Remarks, in the order they were made.
    pub notes: &'a [Note],
}

impl TraceStep<'_> {
    /// The setting that put the step into the plan.
    pub fn origin(&self) -> Option<&Origin> {
        self.step.origin.as_ref()
    }
}

impl Trace {
    pub(crate) fn new(plan: Arc<Plan>, events: Vec<Event>) -> Trace {
        Trace { plan, events }
    }

    /// The plan that was carried out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Every step of the plan, in order, with what came of it.
    pub fn steps(&self) -> impl Iterator<Item = TraceStep<'_>> {
        self.plan.steps().iter().enumerate().map(|(index, step)| {
            let event = self.events.iter().find(|event| event.step == index);
            TraceStep {
                number: index + 1,
                step,
                outcome: event
                    .map_or(&Outcome::NotReached, |event| &event.outcome),
                notes: event.map_or(&[], |event| &event.notes),
            }
        })
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &*self.plan;
        let reading = plan.reading();
        writeln!(f, "{} as {}", plan.client(), plan.identity())?;
        writeln!(
            f,
            "reading {}: {} [{}, {}]",
            reading.name, reading.basis, reading.source, reading.evidence
        )?;
        for line in self.steps() {
            let step = line.step;
            writeln!(
                f,
                "{:3}. {step} → {}  [{}, {}]",
                line.number,
                line.outcome.name(),
                step.source,
                step.evidence
            )?;
            if let Some(origin) = line.origin() {
                writeln!(f, "       because of {origin}")?;
            }
            for note in line.notes {
                writeln!(f, "       {note}")?;
            }
        }
        for skipped in plan.skipped() {
            write!(f, "   –  {}: {}", skipped.name, skipped.why)?;
            match &skipped.origin {
                Some(origin) => writeln!(f, " ({origin})")?,
                None => writeln!(f)?,
            }
        }
        for other in plan.other_readings() {
            writeln!(
                f,
                "other reading {}: {} [{}, {}]",
                other.name, other.basis, other.source, other.evidence
            )?;
        }
        Ok(())
    }
}

/// A URL as it is shown: without its user and password.
///
/// ```
/// use whichproxy::trace::MaskedUrl;
/// let url = "http://user:secret@a.example/p.pac".parse()?;
/// assert_eq!(MaskedUrl(&url).to_string(), "http://***@a.example/p.pac");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[allow(clippy::exhaustive_structs)] // there is nothing to add
pub struct MaskedUrl<'a>(pub &'a Url);

impl fmt::Display for MaskedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0;
        if url.username().is_empty() && url.password().is_none() {
            return f.write_str(url.as_str());
        }
        let mut masked = url.clone();
        if masked.set_username("***").is_err()
            || masked.set_password(None).is_err()
        {
            return write!(f, "{}:…", url.scheme());
        }
        f.write_str(masked.as_str())
    }
}
