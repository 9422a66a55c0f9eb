//! The threads of this process that a script runs on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::exchange::{Exchange, Job, Outcome, check_abandoned};
use super::worker;
use crate::meta::Memo;
use crate::{Error, ErrorKind, Limits};

/// How many threads one script may have.
const WORKERS_MOST: usize = 8;

/// How many threads of this process may wait for work; what exceeds them
/// ends after its work.
const IDLE_MOST: usize = 64;

static IDLE: AtomicUsize = AtomicUsize::new(0);

/// A script that boa runs in this process.
pub(super) struct Threads {
    source: Arc<str>,
    limits: Limits,
    stack_bytes: usize,
    pool: Mutex<Pool>,
    freed: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Worker>,
    live: usize,
}

/// A thread that waits for work; dropping this lets it end.
struct Worker {
    exchange: Arc<Exchange>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.exchange.close();
    }
}

impl Threads {
    pub(super) fn new(
        source: Arc<str>,
        limits: &Limits,
        stack_bytes: usize,
    ) -> Threads {
        Threads {
            source,
            limits: limits.clone(),
            stack_bytes,
            pool: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a thread do a job, and answers its questions meanwhile.
    pub(super) fn run(
        &self,
        job: Job,
        memo: Option<&mut Memo<'_>>,
    ) -> Result<String, Error> {
        let limit = self.limits.deadline();
        // None for a deadline so far away that no clock can show it.
        let deadline = Instant::now().checked_add(limit);
        let worker = self.take(deadline)?;
        match worker.exchange.run(job, deadline, memo) {
            Outcome::Done(result) => {
                self.give_back(worker);
                result
            }
            Outcome::Abandoned => {
                drop(worker);
                self.lost();
                Err(overran(&self.limits))
            }
        }
    }

    /// An idle worker, or a new one, or the next that is free.
    fn take(&self, deadline: Option<Instant>) -> Result<Worker, Error> {
        check_abandoned()?;
        let mut pool = self.lock();
        loop {
            if let Some(worker) = pool.idle.pop() {
                IDLE.fetch_sub(1, Ordering::Relaxed);
                return Ok(worker);
            }
            if pool.live < WORKERS_MOST {
                pool.live += 1;
                drop(pool);
                return self.start().inspect_err(|_| self.lost());
            }
            let Some(deadline) = deadline else {
                pool = self
                    .freed
                    .wait(pool)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(overran(&self.limits));
            }
            pool = self
                .freed
                .wait_timeout(pool, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn start(&self) -> Result<Worker, Error> {
        let exchange = Arc::new(Exchange::default());
        worker::start(
            self.source.clone(),
            self.limits.clone(),
            self.stack_bytes,
            exchange.clone(),
        )
        .map_err(|error| {
            Error::new(
                ErrorKind::Limit,
                format!(
                    "no thread with a stack of {} MiB: {error}",
                    self.stack_bytes >> 20
                ),
            )
        })?;
        Ok(Worker { exchange })
    }

    fn give_back(&self, worker: Worker) {
        if IDLE.fetch_add(1, Ordering::Relaxed) < IDLE_MOST {
            self.lock().idle.push(worker);
        } else {
            IDLE.fetch_sub(1, Ordering::Relaxed);
            self.lock().live -= 1;
            drop(worker);
        }
        self.freed.notify_one();
    }

    fn lost(&self) {
        self.lock().live -= 1;
        self.freed.notify_one();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let idle = self.lock().idle.len();
        IDLE.fetch_sub(idle, Ordering::Relaxed);
    }
}

fn overran(limits: &Limits) -> Error {
    let limit = limits.deadline();
    Error::new(ErrorKind::Deadline, format!("no answer within {limit:?}"))
}
