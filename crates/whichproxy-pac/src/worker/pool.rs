//! Workers that wait for work.

use std::fmt;
use std::io::{self, BufReader};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::message::{PLAIN_MOST, Reply, Request, VERSION, said};
use super::values::Room;
use super::wire::{Encoder, read_frame};
use super::{Ending, Launch, Needs, Process};
use crate::{Error, ErrorKind, Limits};

/// How many scripts a worker knows at most.
pub(super) const SCRIPTS_MOST: usize = 16;

/// How many workers there are at most, by default.
const WORKERS_MOST: usize = 8;

/// What a worker may use beside its stack, by default. The largest script
/// that is allowed by default takes a quarter of that.
const MEMORY: usize = 512 << 20;

/// Stacks are made in steps of this size, so that a worker fits more than
/// one script. No memory is used before it is touched.
const STACK_STEP: usize =
    if cfg!(target_pointer_width = "64") { 512 << 20 } else { 64 << 20 };

/// After so long, it is looked at how large a worker has become: that takes
/// little of this time, and much memory takes more to fill.
const WORTH_A_LOOK: Duration = Duration::from_millis(1);

/// How often a worker is started that ends before it says anything.
const STARTS_MOST: u32 = 3;

/// How long a worker may take to be told that a script is gone.
const FORGET: Duration = Duration::from_secs(1);

/// A bounded pool of worker processes, which any number of scripts share.
///
/// A worker is started when there is work and none is idle, and kept. It
/// keeps the scripts it knows loaded. One that is late, too large or dead is
/// ended, its question gets an error, and another takes its place. When the
/// pool is dropped, or this process ends, so do its workers.
///
/// Clones are the same pool.
#[derive(Clone)]
pub struct Workers {
    inner: Arc<Inner>,
}

struct Inner {
    launch: Box<dyn Launch>,
    most: usize,
    memory_bytes: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// The one that worked last is last.
    idle: Vec<Hand>,
    /// How many there are, idle or not.
    live: usize,
}

/// A script that workers may know.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: u64,
    pub(super) source: Arc<str>,
    pub(super) limits: Limits,
    pub(super) stack_bytes: usize,
    /// Gone once the script is.
    alive: Arc<()>,
}

impl Known {
    pub(super) fn new(
        source: Arc<str>,
        limits: Limits,
        stack_bytes: usize,
    ) -> Known {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let alive = Arc::default();
        Known { id, source, limits, stack_bytes, alive }
    }

    /// Nobody asks it any more.
    pub(super) fn end(&mut self) {
        self.alive = Arc::default();
    }
}

/// One worker.
pub(super) struct Hand {
    process: BufReader<Box<dyn Process>>,
    encoder: Encoder,
    frame: Vec<u8>,
    needs: Needs,
    scripts: Vec<(u64, Weak<()>)>,
    /// How long it has worked in all.
    busy: Duration,
}

impl Workers {
    /// A pool whose workers are started by `launch` when they are needed:
    /// as many as there are processors, eight at most, with 512 MiB of
    /// memory each.
    pub fn new(launch: impl Launch + 'static) -> Workers {
        let cores = std::thread::available_parallelism();
        Workers::with(
            Box::new(launch),
            cores.map_or(1, |it| it.get().min(WORKERS_MOST)),
            MEMORY,
        )
    }

    fn with(
        launch: Box<dyn Launch>,
        most: usize,
        memory_bytes: usize,
    ) -> Workers {
        let inner = Inner {
            launch,
            most: most.max(1),
            memory_bytes,
            state: Mutex::default(),
            freed: Condvar::new(),
        };
        Workers { inner: Arc::new(inner) }
    }

    /// Sets how many workers there are at most; for a pool that has not been
    /// used.
    pub fn with_count(self, count: usize) -> Workers {
        match Arc::try_unwrap(self.inner) {
            Ok(Inner { launch, memory_bytes, .. }) => {
                Workers::with(launch, count, memory_bytes)
            }
            Err(inner) => Workers { inner },
        }
    }

    /// Sets what a worker may use of memory, beside its stack; for a pool
    /// that has not been used.
    pub fn with_memory_bytes(self, memory_bytes: usize) -> Workers {
        match Arc::try_unwrap(self.inner) {
            Ok(Inner { launch, most, .. }) => {
                Workers::with(launch, most, memory_bytes)
            }
            Err(inner) => Workers { inner },
        }
    }

    /// What a worker may use of memory, beside its stack.
    pub fn memory_bytes(&self) -> usize {
        self.inner.memory_bytes
    }

    /// Starts a worker, so that the first question does not wait for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Worker`] when none can be started.
    pub fn warm(&self) -> Result<(), Error> {
        let limits = Limits::new();
        let hand = self.take(None, 0, &limits, deadline(&limits))?;
        self.give_back(hand);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker, best one that knows the script; waits until one is free.
    pub(super) fn take(
        &self,
        script: Option<u64>,
        stack_bytes: usize,
        limits: &Limits,
        deadline: Option<Instant>,
    ) -> Result<Hand, Error> {
        let needs = self.needs(stack_bytes, limits);
        let fits = |hand: &Hand| hand.fits(&needs, limits);
        let mut state = self.lock();
        loop {
            let knows = |hand: &Hand| {
                script.is_some_and(|id| hand.knows(id)) && fits(hand)
            };
            let found = state.idle.iter().rposition(knows);
            let found = found.or_else(|| state.idle.iter().rposition(fits));
            if let Some(found) = found {
                let mut hand = state.idle.remove(found);
                if hand.process.get_mut().is_alive() {
                    return Ok(hand);
                }
                state.live -= 1;
                continue;
            }
            if state.live >= self.inner.most && !state.idle.is_empty() {
                // The one that has been idle for the longest time.
                let old = state.idle.remove(0);
                state.live -= 1;
                drop(old);
            }
            if state.live < self.inner.most {
                state.live += 1;
                drop(state);
                let started =
                    Hand::start(&*self.inner.launch, &needs, deadline);
                return started.map_err(|error| {
                    self.lost();
                    match is_over(deadline) {
                        true => overran(limits),
                        false => no_worker(&error),
                    }
                });
            }
            state = match deadline {
                None => self
                    .inner
                    .freed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let now = Instant::now();
                    let left = deadline.saturating_duration_since(now);
                    if left.is_zero() {
                        return Err(overran(limits));
                    }
                    self.inner
                        .freed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    fn needs(&self, stack_bytes: usize, limits: &Limits) -> Needs {
        let stack_bytes =
            stack_bytes.max(1).checked_next_multiple_of(STACK_STEP);
        // Enough for questions that use their time up, now and then.
        let twice = limits.deadline().checked_mul(2);
        let processor = twice.map(|it| it + Duration::from_secs(60));
        Needs {
            stack_bytes: stack_bytes.unwrap_or(usize::MAX),
            memory_bytes: self.inner.memory_bytes,
            processor,
        }
    }

    /// Puts a worker back that did what it was told.
    pub(super) fn give_back(&self, mut hand: Hand) {
        let is_good = hand.forget_the_gone().is_ok();
        let mut state = self.lock();
        match is_good {
            true => {
                hand.process.get_mut().kill_at(None);
                state.idle.push(hand);
            }
            false => state.live -= 1,
        }
        drop(state);
        self.inner.freed.notify_one();
    }

    /// Ends a worker that did not, and says what became of its question.
    pub(super) fn discard(
        &self,
        mut hand: Hand,
        why: &io::Error,
        deadline: Option<Instant>,
        limits: &Limits,
    ) -> Error {
        let late = is_over(deadline);
        let ending = hand.process.get_mut().end();
        drop(hand);
        self.lost();
        if late {
            return overran(limits);
        }
        let limit = |message: String| Error::new(ErrorKind::Limit, message);
        match ending {
            Ending::Memory => limit(format!(
                "the script needs more than {} MiB of memory",
                self.inner.memory_bytes >> 20
            )),
            Ending::Stack => {
                limit("the script overflows the native stack".to_owned())
            }
            Ending::Processor => limit(
                "the script uses more time of a processor than it may"
                    .to_owned(),
            ),
            _ if why.kind() == io::ErrorKind::InvalidData => Error::new(
                ErrorKind::Worker,
                format!("the worker process was ended: it sent {why}"),
            ),
            Ending::Other(how) => Error::new(
                ErrorKind::Worker,
                format!("the worker process ended: {how}"),
            ),
        }
    }

    /// A worker that is too large or too old is not kept.
    pub(super) fn finish(&self, mut hand: Hand, took: Duration) {
        hand.busy = hand.busy.saturating_add(took);
        let is_large = took > WORTH_A_LOOK && {
            let half = self.inner.memory_bytes as u64 / 2;
            let resident = hand.process.get_mut().resident_bytes();
            resident.is_some_and(|bytes| bytes > half)
        };
        match is_large {
            true => {
                drop(hand);
                self.lost();
            }
            false => self.give_back(hand),
        }
    }

    fn lost(&self) {
        self.lock().live -= 1;
        self.inner.freed.notify_one();
    }

    /// A script is gone: idle workers are told.
    pub(super) fn forget(&self, id: u64) {
        let mut told = Vec::new();
        let mut state = self.lock();
        let mut next = 0;
        while let Some(hand) = state.idle.get(next) {
            match hand.knows(id) {
                true => told.push(state.idle.remove(next)),
                false => next += 1,
            }
        }
        drop(state);
        told.into_iter().for_each(|hand| self.give_back(hand));
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { launch, most, memory_bytes, .. } = &*self.inner;
        f.debug_struct("Workers")
            .field("launch", launch)
            .field("most", most)
            .field("memory_bytes", memory_bytes)
            .finish_non_exhaustive()
    }
}

impl Hand {
    /// Starts a worker; again, where somebody else ended it meanwhile.
    fn start(
        launch: &dyn Launch,
        needs: &Needs,
        deadline: Option<Instant>,
    ) -> io::Result<Hand> {
        let mut tries = 0;
        loop {
            tries += 1;
            match Hand::start_once(launch, needs, deadline) {
                Err(error)
                    if error.kind() == io::ErrorKind::UnexpectedEof
                        && tries < STARTS_MOST
                        && !is_over(deadline) => {}
                other => return other,
            }
        }
    }

    fn start_once(
        launch: &dyn Launch,
        needs: &Needs,
        deadline: Option<Instant>,
    ) -> io::Result<Hand> {
        let mut hand = Hand {
            process: BufReader::new(launch.launch(needs)?),
            encoder: Encoder::default(),
            frame: Vec::new(),
            needs: needs.clone(),
            scripts: Vec::new(),
            busy: Duration::ZERO,
        };
        hand.process.get_mut().kill_at(deadline);
        let said = hand.hear(PLAIN_MOST, &mut Room::new());
        match said {
            Ok(Reply::Ready { version }) if version == VERSION => Ok(hand),
            Ok(Reply::Ready { .. }) => Err(io::Error::other(
                "it is of another version than this process",
            )),
            Ok(Reply::Failed { why }) => Err(io::Error::other(why)),
            Ok(_) => Err(io::Error::other("it does not say that it is one")),
            Err(error) => {
                let how = match hand.process.get_mut().end() {
                    Ending::Other(how) => how,
                    Ending::Memory => "it has too little memory".to_owned(),
                    _ => error.to_string(),
                };
                Err(io::Error::new(error.kind(), how))
            }
        }
    }

    fn knows(&self, id: u64) -> bool {
        self.scripts.iter().any(|(known, _)| *known == id)
    }

    /// Whether it will do for another question.
    fn fits(&self, needs: &Needs, limits: &Limits) -> bool {
        let rested = match (self.needs.processor, needs.processor) {
            (Some(most), Some(_)) => {
                self.busy.saturating_add(limits.deadline()) < most
            }
            (None, _) => true,
            (Some(_), None) => false,
        };
        rested && self.needs.stack_bytes >= needs.stack_bytes
    }

    /// Sets when it is killed.
    pub(super) fn kill_at(&mut self, moment: Option<Instant>) {
        self.process.get_mut().kill_at(moment);
    }

    /// Tells it something.
    pub(super) fn tell(&mut self, request: &Request<'_>) -> io::Result<()> {
        self.encoder.begin();
        request.encode(&mut self.encoder);
        self.encoder.write(self.process.get_mut())
    }

    /// What it says next.
    pub(super) fn hear(
        &mut self,
        most: usize,
        room: &mut Room,
    ) -> io::Result<Reply> {
        if !read_frame(&mut self.process, most, &mut self.frame)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Reply::decode(&self.frame, room)?)
    }

    /// Makes sure that it knows a script.
    pub(super) fn teach(&mut self, script: &Known) -> io::Result<()> {
        let Known { id, source, limits, alive, .. } = script;
        if self.knows(*id) {
            return Ok(());
        }
        if self.scripts.len() >= SCRIPTS_MOST {
            // The one that it has known for the longest time.
            let (id, _) = self.scripts.remove(0);
            self.tell(&Request::Forget { id })?;
        }
        let (id, limits) = (*id, limits.clone());
        let source = (&**source).into();
        self.tell(&Request::Script { id, limits, source })?;
        self.scripts.push((id, Arc::downgrade(alive)));
        Ok(())
    }

    fn forget_the_gone(&mut self) -> io::Result<()> {
        let is_gone = |alive: &Weak<()>| alive.strong_count() == 0;
        if !self.scripts.iter().any(|(_, alive)| is_gone(alive)) {
            return Ok(());
        }
        self.kill_at(Instant::now().checked_add(FORGET));
        let (gone, kept) = std::mem::take(&mut self.scripts)
            .into_iter()
            .partition(|(_, alive)| is_gone(alive));
        self.scripts = kept;
        let gone: Vec<_> = gone;
        gone.into_iter()
            .try_for_each(|(id, _)| self.tell(&Request::Forget { id }))
    }
}

pub(super) fn deadline(limits: &Limits) -> Option<Instant> {
    // None for a deadline so far away that no clock can show it.
    Instant::now().checked_add(limits.deadline())
}

fn is_over(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

pub(super) fn overran(limits: &Limits) -> Error {
    let limit = limits.deadline();
    Error::new(ErrorKind::Deadline, format!("no answer within {limit:?}"))
}

fn no_worker(error: &io::Error) -> Error {
    let error = error.to_string();
    Error::new(
        ErrorKind::Worker,
        format!("no worker process to run the script: {}", said(&error)),
    )
}
