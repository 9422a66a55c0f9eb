//! A resolution that waits for nothing by itself.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;
use whichproxy_pac::{Answers, Family, Pac, Query, Question, Step};

use crate::error::{Error, ErrorKind};
use crate::plan::Plan;
use crate::resolution::Resolution;
use crate::resolver::{Begun, Resolver};
use crate::scripts::{Detected, Script};
use crate::supply::{Evaluated, Supply};
use crate::trace::MaskedUrl;
use crate::walk::{Halt, shown};

/// A resolution that waits for nothing by itself: each step comes to the
/// answer, or says what has to be had first.
///
/// It is what an asynchronous front is made of: nothing in it blocks but
/// [`Work::run`], which is to be called where that does no harm. Each step
/// walks the plan from its beginning, with all that has been had so far,
/// which takes microseconds. What comes of it is what [`Resolver::resolve`]
/// gives: the same routes and the same trace, kept for as long.
///
/// Own addresses and the time are asked of the machine at once, by
/// [`Inquiry::advance`]. Dropping an inquiry leaves nothing behind.
///
/// ```
/// use whichproxy::machine::{Dns, Names};
/// use whichproxy::{Client, Machine, Progress, Resolver};
/// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
/// let names = Names::new();
/// let mut inquiry = resolver.inquire(&"http://www.example.com/".parse()?);
/// let resolution = loop {
///     match inquiry.advance()? {
///         Progress::Done(resolution) => break resolution,
///         // Here one would wait.
///         Progress::Resolve { name, family } => {
///             inquiry.resolved(&name, family, names.lookup(&name, family)?);
///         }
///         // Here one would go to another thread.
///         Progress::Work(work) => inquiry.worked(work.run()),
///     }
/// };
/// assert_eq!(resolution.routes().to_string(), "DIRECT");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Inquiry {
    resolver: Resolver,
    text: Box<str>,
    url: Url,
    begun: Begun,
    known: Known,
    wants: Option<Want>,
}

/// How far an [`Inquiry`] came.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_enums)] // whoever drives an inquiry handles all
pub enum Progress {
    /// It has come to its end.
    Done(Resolution),
    /// A script asks for the addresses of a name: give them to
    /// [`Inquiry::resolved`], none where it does not resolve or the question
    /// could not be asked.
    Resolve {
        /// The name, as the script wrote it.
        name: String,
        /// Which addresses.
        family: Family,
    },
    /// Something has to be done that blocks: give what comes of it to
    /// [`Inquiry::worked`].
    Work(Work),
}

/// Something that blocks the thread it is done on: a script is to be found,
/// fetched, or run as JavaScript.
///
/// It asks the machine of the [`Resolver`] that it comes from, and takes as
/// long as that does, or as the script's deadline allows.
#[derive(Clone)]
pub struct Work(Box<Job>);

#[derive(Clone)]
struct Job {
    resolver: Resolver,
    plan: Arc<Plan>,
    task: Task,
}

/// What came of a [`Work`].
#[derive(Clone, Debug)]
pub struct Finished(Done);

#[derive(Clone, Debug)]
enum Done {
    Script(Box<Script>),
    Detected(Box<Detected>),
    Evaluated(Box<Evaluated>),
}

#[derive(Clone)]
enum Task {
    Fetch(Url),
    Detect,
    Evaluate { script: Pac, query: Query<'static>, answers: Answers },
}

/// What a walk wants before it goes on.
#[derive(Clone)]
enum Want {
    Name { name: String, family: Family },
    Task { step: usize, task: Task },
}

/// What has been had so far.
#[derive(Clone, Default)]
struct Known {
    answers: Answers,
    /// By the index of the step; a plan has a handful.
    scripts: Vec<(usize, Detected)>,
    evaluated: Vec<(usize, Evaluated)>,
}

impl Inquiry {
    pub(crate) fn new(resolver: Resolver, text: &str, url: Url) -> Inquiry {
        let begun = resolver.begin();
        let (text, known) = (text.into(), Known::default());
        Inquiry { resolver, text, url, begun, known, wants: None }
    }

    /// The URL that is asked about.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Goes as far as is possible with what has been had.
    ///
    /// # Errors
    ///
    /// As [`Resolver::resolve`].
    pub fn advance(&mut self) -> Result<Progress, Error> {
        let Inquiry { resolver, text, url, begun, known, .. } = self;
        if let Some(answer) = resolver.known(text) {
            return Ok(Progress::Done(answer));
        }
        let supply = Given { resolver, plan: &begun.plan, known };
        let want = match resolver.run_with(begun, text, url, supply) {
            Ok(resolution) => return Ok(Progress::Done(resolution)),
            Err(Halt::Error(error)) => return Err(error),
            Err(Halt::Want(want)) => self.wants.insert(want),
        };
        Ok(match want {
            Want::Name { name, family } => {
                Progress::Resolve { name: name.clone(), family: *family }
            }
            Want::Task { task, .. } => {
                let (resolver, task) = (self.resolver.clone(), task.clone());
                let plan = Arc::clone(&self.begun.plan);
                Progress::Work(Work(Box::new(Job { resolver, plan, task })))
            }
        })
    }

    /// Adds what `name` resolves to: nothing, where it does not.
    pub fn resolved(
        &mut self,
        name: &str,
        family: Family,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) {
        self.known.answers.add_addresses(name, family, addresses);
    }

    /// Adds what came of the work that was to be done.
    ///
    /// Where the inquiry waits for something else, it is dropped.
    pub fn worked(&mut self, finished: Finished) {
        let Some(Want::Task { step, task }) = &self.wants else { return };
        let step = *step;
        match (task, finished.0) {
            (Task::Fetch(_), Done::Script(script)) => {
                self.known.scripts.push((step, (*script, Vec::new())));
            }
            (Task::Detect, Done::Detected(detected)) => {
                self.known.scripts.push((step, *detected));
            }
            (Task::Evaluate { .. }, Done::Evaluated(evaluated)) => {
                self.known.evaluated.push((step, *evaluated));
            }
            _ => return,
        }
        self.wants = None;
    }

    /// The error of one who will not wait any longer, after `limit`: it says
    /// what for.
    ///
    /// ```
    /// # use whichproxy::{Client, ErrorKind, Machine, Resolver};
    /// # use std::time::Duration;
    /// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// let inquiry = resolver.inquire(&"http://a/".parse()?);
    /// let error = inquiry.overdue(Duration::from_millis(1500));
    /// assert_eq!(error.kind(), ErrorKind::Overdue);
    /// assert_eq!(error.to_string(), "no answer within 1.5s");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn overdue(&self, limit: Duration) -> Error {
        let waiting = match &self.wants {
            None => String::new(),
            Some(want) => format!(", waiting for {want}"),
        };
        Error::new(
            ErrorKind::Overdue,
            format_args!("no answer within {limit:?}{waiting}"),
        )
    }
}

impl Work {
    /// The name of what comes of it, where that is the same for all
    /// inquiries of one resolver that began before the same
    /// [`Resolver::changed`]: work of the same name need be done once for all
    /// of those that wait for it. `None` for what is one inquiry's own, a
    /// script that runs as JavaScript.
    pub fn shared(&self) -> Option<&str> {
        match &self.0.task {
            Task::Fetch(url) => Some(url.as_str()),
            Task::Detect => Some("wpad"),
            Task::Evaluate { .. } => None,
        }
    }

    /// Does it, on this thread.
    pub fn run(&self) -> Finished {
        let Job { resolver, plan, task } = &*self.0;
        let (scripts, machine) = (resolver.scripts(), resolver.machine());
        Finished(match task {
            Task::Fetch(url) => {
                Done::Script(Box::new(scripts.script(url, machine)))
            }
            Task::Detect => {
                let detected = scripts.detect(plan.names(), machine);
                Done::Detected(Box::new(detected))
            }
            Task::Evaluate { script, query, answers } => {
                let embedder = answers.or(machine);
                let evaluated = script.evaluate(query, &embedder);
                Done::Evaluated(Box::new(evaluated))
            }
        })
    }
}

/// The URL, without its password, and what it waits for.
impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wants = self.wants.as_ref().map(ToString::to_string);
        f.debug_struct("Inquiry")
            .field("url", &format_args!("{}", MaskedUrl(&self.url)))
            .field("wants", &wants)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Work({})", self.0.task)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Task::Fetch(url) => {
                write!(f, "the script at {}", MaskedUrl(url))
            }
            Task::Detect => f.write_str("auto-detection"),
            Task::Evaluate { .. } => f.write_str("the script to answer"),
        }
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Want::Name { name, family } => {
                write!(f, "dns {} {family}", shown(name))
            }
            Want::Task { task, .. } => write!(f, "{task}"),
        }
    }
}

/// Gives a walk what is known.
struct Given<'i> {
    resolver: &'i Resolver,
    plan: &'i Plan,
    known: &'i mut Known,
}

fn of<T: Clone>(all: &[(usize, T)], step: usize) -> Option<T> {
    let found = all.iter().find(|(index, _)| *index == step);
    found.map(|(_, value)| value.clone())
}

impl Supply for Given<'_> {
    type Want = Want;

    fn script(&mut self, step: usize, url: &Url) -> Result<Script, Want> {
        if let Some((script, _)) = of(&self.known.scripts, step) {
            return Ok(script);
        }
        let resolver = self.resolver;
        match resolver.scripts().known(url, resolver.machine()) {
            Some(script) => {
                // What it was once, it stays for this inquiry.
                let given = (script.clone(), Vec::new());
                self.known.scripts.push((step, given));
                Ok(script)
            }
            None => Err(Want::Task { step, task: Task::Fetch(url.clone()) }),
        }
    }

    fn detect(&mut self, step: usize) -> Result<Detected, Want> {
        if let Some(detected) = of(&self.known.scripts, step) {
            return Ok(detected);
        }
        let (resolver, names) = (self.resolver, self.plan.names());
        let scripts = resolver.scripts();
        match scripts.known_detected(names, resolver.machine()) {
            Some(detected) => {
                self.known.scripts.push((step, detected.clone()));
                Ok(detected)
            }
            None => Err(Want::Task { step, task: Task::Detect }),
        }
    }

    fn evaluate(
        &mut self,
        step: usize,
        script: &Pac,
        query: Query<'static>,
    ) -> Result<Evaluated, Want> {
        if let Some(evaluated) = of(&self.known.evaluated, step) {
            return Ok(evaluated);
        }
        let answers = &mut self.known.answers;
        loop {
            match script.try_evaluate_compiled(&query, answers) {
                Ok(Some(Step::Done(evaluation))) => return Ok(Ok(evaluation)),
                Ok(Some(Step::Ask(question))) => match &question {
                    Question::Resolve { name, family, .. } => {
                        let (name, family) = (name.clone(), *family);
                        return Err(Want::Name { name, family });
                    }
                    // Each is answered once, and there are few.
                    _ => answers.ask(&question, self.resolver.machine()),
                },
                Ok(None) => {
                    let (script, answers) = (script.clone(), answers.clone());
                    let task = Task::Evaluate { script, query, answers };
                    return Err(Want::Task { step, task });
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }
}
