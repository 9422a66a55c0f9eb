//! Runs a script's code outside of functions once, and reads what it made.
//!
//! What was asked of the machine, or could have seen that the script was
//! marked (see [`syntax::in_pieces`]), makes the run worthless.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::HAS_THREADS;
use super::datum::{Constants, Datum};
use super::exchange::{Exchange, Job, Outcome, Running, check_abandoned};
use super::link::{Nobody, Peer};
use super::loading::Loading;
use super::nesting;
use crate::syntax::{self, Constant, Program, Statics, Variable};
use crate::worker::RemoteLoader;
use crate::{Isolation, Limits, Refusal};

/// The most rounds of a loop while a script is read.
const ROUNDS_MOST: u64 = 3_000_000;

/// How long it may take while a script is read.
const PATIENCE: Duration = Duration::from_secs(5);

/// The stack that the marks need besides.
const STACK_FOR_MARKS: usize = 2 << 20;

/// A script, run and read back.
#[derive(Debug, Default)]
pub(crate) struct ReadBack {
    pub(crate) program: Program,
    /// The values of the script's variables.
    pub(crate) globals: Vec<Constant>,
    /// What functions took along; in boa, variables show none of that.
    pub(crate) cells: Vec<Constant>,
    /// The properties of functions; those that boa has are not read.
    pub(crate) statics: Statics,
    /// Variables whose values are none that programs have, and why.
    pub(crate) unread: HashMap<u32, String>,
}

/// Where boa runs a script once, and tells what it made.
pub(crate) trait Loader {
    /// Runs a script with marks in it: the names that it gave to the global
    /// object, or the reason of a refusal.
    fn load(
        &mut self,
        text: &str,
        mark: &str,
        limits: &Limits,
    ) -> Result<Vec<String>, String>;

    /// What a variable holds; `None` where it has no value.
    fn value(&mut self, variable: &Variable) -> Result<Option<Datum>, String>;

    /// Fails where the script could tell that it was read.
    fn end(&mut self) -> Result<(), String>;
}

/// How a script is run once.
fn once(limits: &Limits) -> Limits {
    limits
        .clone()
        .with_loop_iterations(limits.loop_iterations().min(ROUNDS_MOST))
        .with_deadline(limits.deadline().min(PATIENCE))
}

fn failed() -> Refusal {
    refuse("code outside of functions that cannot be run")
}

/// Runs a script once, where `isolation` says.
pub(crate) fn read_back(
    source: &Arc<str>,
    limits: &Limits,
    isolation: &Isolation,
) -> Result<ReadBack, Refusal> {
    let stack_bytes = nesting::stack_bytes(source, limits.recursion())
        .map_err(|_| refuse("nested too deeply"))?;
    let stack_bytes = stack_bytes.saturating_add(STACK_FOR_MARKS);
    match isolation {
        Isolation::Thread if !HAS_THREADS => on_this_thread(source, limits),
        Isolation::Worker(_) if !HAS_THREADS => Err(failed()),
        Isolation::Thread => on_a_thread(source, limits, stack_bytes),
        Isolation::Worker(workers) => {
            let mut loader = RemoteLoader::new(workers, stack_bytes);
            by_loader(source, limits, &mut loader)
        }
    }
}

/// Runs a script once, on the caller's thread.
fn on_this_thread(source: &str, limits: &Limits) -> Result<ReadBack, Refusal> {
    let mut here = Here { peer: Rc::new(Nobody), loading: None };
    run(source, &once(limits), &mut here)
}

/// Runs a script once, on a thread of its own.
fn on_a_thread(
    source: &Arc<str>,
    limits: &Limits,
    stack_bytes: usize,
) -> Result<ReadBack, Refusal> {
    check_abandoned().map_err(|_| failed())?;
    let exchange = Arc::new(Exchange::default());
    let found = Arc::new(Mutex::new(None));
    let limits = once(limits);
    let deadline = Instant::now().checked_add(limits.deadline());
    let (source, to, place) =
        (source.clone(), exchange.clone(), found.clone());
    thread::Builder::new()
        .name("pac".to_owned())
        .stack_size(stack_bytes)
        .spawn(move || {
            let running = Running(to.clone());
            if to.next_job().is_some() {
                let peer: Rc<dyn Peer> = Rc::new(to.clone());
                let mut here = Here { peer, loading: None };
                let result = catch_unwind(AssertUnwindSafe(|| {
                    run(&source, &limits, &mut here)
                }));
                let result = result.unwrap_or_else(|_| {
                    // Its destructors may panic as well.
                    std::mem::forget(here.loading.take());
                    Err(refuse("code outside of functions that fails"))
                });
                *place.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(result);
                to.done(Ok(String::new()));
            }
            drop(running);
        })
        .map_err(|_| failed())?;
    match exchange.run(Job::Read, deadline, None) {
        Outcome::Done(_) => {
            let mut found =
                found.lock().unwrap_or_else(PoisonError::into_inner);
            found.take().unwrap_or_else(|| Err(failed()))
        }
        Outcome::Abandoned => {
            Err(refuse("code outside of functions that takes too long"))
        }
    }
}

/// Runs a script once, wherever `loader` runs it.
fn by_loader(
    source: &str,
    limits: &Limits,
    loader: &mut (dyn Loader + Send),
) -> Result<ReadBack, Refusal> {
    let nesting = nesting::nesting_bytes(source)
        .map_err(|_| refuse("nested too deeply"))?;
    let limits = once(limits);
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("pac".to_owned())
            .stack_size(nesting.saturating_add(STACK_FOR_MARKS))
            .spawn_scoped(scope, || run(source, &limits, loader));
        let Ok(thread) = thread else { return Err(failed()) };
        thread.join().unwrap_or_else(|_| Err(failed()))
    })
}

/// Runs it on this thread.
struct Here {
    peer: Rc<dyn Peer>,
    loading: Option<Loading>,
}

impl Loader for Here {
    fn load(
        &mut self,
        text: &str,
        mark: &str,
        limits: &Limits,
    ) -> Result<Vec<String>, String> {
        let (loading, names) = Loading::new(text, mark, limits, &self.peer)?;
        self.loading = Some(loading);
        Ok(names)
    }

    fn value(&mut self, variable: &Variable) -> Result<Option<Datum>, String> {
        match &mut self.loading {
            Some(loading) => loading.value(variable),
            None => Ok(None),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.loading.as_ref().map_or(Ok(()), Loading::end)
    }
}

fn refuse(reason: impl Into<String>) -> Refusal {
    Refusal::new(0, 0, reason)
}

/// A name that no script can know.
fn unknown_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("whichproxy{:016x}x", RandomState::new().hash_one(()))
}

fn run(
    source: &str,
    limits: &Limits,
    loader: &mut dyn Loader,
) -> Result<ReadBack, Refusal> {
    let mark = unknown_name();
    syntax::in_pieces(source, &mark, |pieces| {
        // Where boa has to answer in any case, it is not started twice.
        if let Some((at, reason)) = pieces.refusal() {
            return Err(Refusal::at(source, at, reason));
        }
        let names = loader.load(pieces.text(), &mark, limits);
        for name in names.map_err(refuse)? {
            pieces.declare(&name);
        }
        for name in ["FindProxyForURLEx", "FindProxyForURL"] {
            pieces.declare(name);
        }
        let mut found = ReadBack::default();
        let mut constants = Constants::default();
        while let Some((slot, variable)) = pieces.next() {
            let value = loader.value(&variable);
            let value = value.and_then(|value| match value {
                Some(value) => {
                    constants.of(value, pieces).map_err(ToOwned::to_owned)
                }
                None => Ok(Constant::Unset),
            });
            found.globals.push(value.unwrap_or_else(|why| {
                found.unread.insert(slot, why);
                Constant::Unset
            }));
        }
        loader.end().map_err(refuse)?;
        found.program = pieces.finish();
        Ok(found)
    })?
}
