//! Where the thread that asks and the thread that runs the script meet.
//!
//! The script's thread must not call the embedder, which need not be `Send`:
//! it leaves its questions here, and the caller answers them while it waits
//! for the result.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::link::{Peer, cancelled};
use crate::meta::{Answer, Memo};
use crate::{Error, ErrorKind, Question};

/// Threads of this process that overran their deadline, and still run.
static ABANDONED: AtomicUsize = AtomicUsize::new(0);

/// How many of those there may be before nothing more is started.
const ABANDONED_MOST: usize = 16;

/// What a worker is to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// Read the script, and run nothing.
    Read,
    /// Call the function with a URL and a host.
    Call { url: String, host: String },
}

/// One meeting place; a worker has it for its lifetime.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    state: Mutex<State>,
    to_caller: Condvar,
    to_worker: Condvar,
    cancelled: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    step: Step,
    alerts: Vec<String>,
    dropped: u64,
    /// The first moment at which the clock may change the answer.
    until: Option<i64>,
}

#[derive(Debug, Default)]
enum Step {
    #[default]
    Idle,
    Job(Job),
    Running,
    Question(Question),
    Answer(Result<Answer, Error>),
    Done(Result<String, Error>),
    Close,
}

/// What became of a job.
pub(super) enum Outcome {
    Done(Result<String, Error>),
    /// The worker did not answer in time, and was left to itself.
    Abandoned,
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a step, and wakes who waits for it; without the lock, which
    /// would only send it to sleep again.
    fn tell(&self, step: Step, whom: &Condvar) -> MutexGuard<'_, State> {
        self.lock().step = step;
        whom.notify_one();
        self.lock()
    }

    /// Has the worker do a job, and answers its questions meanwhile.
    pub(super) fn run(
        &self,
        job: Job,
        deadline: Option<Instant>,
        mut memo: Option<&mut Memo<'_>>,
    ) -> Outcome {
        let mut state = self.tell(Step::Job(job), &self.to_worker);
        loop {
            match std::mem::take(&mut state.step) {
                Step::Done(result) => {
                    deliver(&mut state, memo);
                    return Outcome::Done(result);
                }
                Step::Question(question) => {
                    deliver(&mut state, memo.as_deref_mut());
                    drop(state);
                    let answer = match memo.as_deref_mut() {
                        Some(memo) => memo.ask(question),
                        // Nothing runs while a script is only read.
                        None => Err(Error::new(
                            ErrorKind::Exception,
                            "a question while the script was read",
                        )),
                    };
                    state = self.tell(Step::Answer(answer), &self.to_worker);
                    // The worker may have gone on since.
                    continue;
                }
                other => state.step = other,
            }
            let left = deadline.map(|deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            state = match left {
                None => self
                    .to_caller
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    deliver(&mut state, memo.as_deref_mut());
                    if let Step::Done(result) = std::mem::take(&mut state.step)
                    {
                        return Outcome::Done(result);
                    }
                    // Under the lock, so the worker has not ended yet.
                    ABANDONED.fetch_add(1, Ordering::SeqCst);
                    self.cancelled.store(true, Ordering::SeqCst);
                    state.step = Step::Close;
                    self.to_worker.notify_one();
                    return Outcome::Abandoned;
                }
                Some(left) => {
                    self.to_caller
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// Lets an idle worker end.
    pub(super) fn close(&self) {
        self.lock().step = Step::Close;
        self.to_worker.notify_one();
    }

    /// The worker's next job; `None` when it is to end.
    pub(super) fn next_job(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            match std::mem::replace(&mut state.step, Step::Running) {
                Step::Job(job) => return Some(job),
                Step::Close => {
                    state.step = Step::Close;
                    return None;
                }
                other => state.step = other,
            }
            state = self
                .to_worker
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands in the result of a job.
    pub(super) fn done(&self, result: Result<String, Error>) {
        let mut state = self.lock();
        if !matches!(state.step, Step::Close) {
            state.step = Step::Done(result);
            drop(state);
            self.to_caller.notify_one();
        }
    }
}

impl Peer for Arc<Exchange> {
    fn ask(&self, question: Question) -> Result<Answer, Error> {
        let mut state = self.lock();
        if matches!(state.step, Step::Close) {
            return Err(cancelled());
        }
        state.step = Step::Question(question);
        drop(state);
        self.to_caller.notify_one();
        let mut state = self.lock();
        loop {
            match std::mem::replace(&mut state.step, Step::Running) {
                Step::Answer(answer) => return answer,
                Step::Close => {
                    state.step = Step::Close;
                    return Err(cancelled());
                }
                other => state.step = other,
            }
            state = self
                .to_worker
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn alert(&self, message: &str) {
        self.lock().alerts.push(message.to_owned());
    }

    fn drop_alert(&self) {
        let mut state = self.lock();
        state.dropped = state.dropped.saturating_add(1);
    }

    fn hold(&self, until: i64) {
        let mut state = self.lock();
        state.until = Some(state.until.map_or(until, |u| u.min(until)));
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

fn deliver(state: &mut State, memo: Option<&mut Memo<'_>>) {
    if let Some(memo) = memo {
        state.alerts.drain(..).for_each(|alert| memo.alert(alert));
        memo.drop_alerts(std::mem::take(&mut state.dropped));
        state.until.take().into_iter().for_each(|until| memo.hold(until));
    }
}

/// Refuses to start anything while too many workers are out of control.
pub(super) fn check_abandoned() -> Result<(), Error> {
    let count = ABANDONED.load(Ordering::SeqCst);
    if count < ABANDONED_MOST {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Limit,
        format!(
            "{count} scripts that overran their deadline are still running \
             in this process"
        ),
    ))
}

/// Held by a worker's thread; its end is the thread's.
pub(super) struct Running(pub(super) Arc<Exchange>);

impl Drop for Running {
    fn drop(&mut self) {
        // Only reached without a result where the worker itself failed.
        let message = "the engine's thread ended";
        self.0.done(Err(Error::new(ErrorKind::Exception, message)));
        let _state = self.0.lock();
        if self.0.is_cancelled() {
            ABANDONED.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
