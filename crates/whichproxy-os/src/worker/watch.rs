//! Kills processes that are late.
//!
//! Whoever waits for a worker waits on its pipe alone; that ends when the
//! process does, and one thread sees to it that it does in time.

use std::process::{self, Child};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;
use std::{io, thread};

/// A process, and when it is killed.
#[derive(Debug)]
pub(super) struct Watched {
    state: Mutex<Watch>,
}

#[derive(Debug)]
struct Watch {
    child: Child,
    until: Option<Instant>,
}

/// All of them.
struct All {
    list: Vec<Weak<Watched>>,
    /// When the thread looks again; `None` where that is not at all.
    wakes: Option<Instant>,
    /// The process in which the thread runs; 0 for none. A copy of a
    /// process, as `fork` makes it, has no other threads.
    runs_in: u32,
}

static ALL: Mutex<All> =
    Mutex::new(All { list: Vec::new(), wakes: None, runs_in: 0 });

static SOONER: Condvar = Condvar::new();

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watched {
    /// Watches a process from now on.
    pub(super) fn new(child: Child) -> io::Result<Arc<Watched>> {
        let state = Mutex::new(Watch { child, until: None });
        let watched = Arc::new(Watched { state });
        let mut all = all();
        all.list.retain(|one| one.strong_count() > 0);
        all.list.push(Arc::downgrade(&watched));
        let this = process::id();
        if all.runs_in != this {
            all.list
                .retain(|one| Weak::ptr_eq(one, &Arc::downgrade(&watched)));
            all.wakes = None;
            let thread = thread::Builder::new()
                .name("whichproxy-watch".to_owned())
                .spawn(watch);
            all.runs_in = if thread.is_ok() { this } else { 0 };
            thread.inspect_err(|_| {
                watched.with(|child| {
                    let _ = child.kill();
                    let _ = child.wait();
                });
            })?;
        }
        drop(all);
        Ok(watched)
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the process, which is not killed meanwhile.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Child) -> R) -> R {
        work(&mut self.lock().child)
    }

    /// Sets when it is killed.
    pub(super) fn kill_at(&self, moment: Option<Instant>) {
        self.lock().until = moment;
        let Some(moment) = moment else { return };
        let mut all = all();
        if all.wakes.is_none_or(|wakes| moment < wakes) {
            all.wakes = Some(moment);
            SOONER.notify_one();
        }
    }

    /// Kills it if it is late; else, tells when it will be.
    fn look(&self, now: Instant) -> Option<Instant> {
        let mut watch = self.lock();
        let until = watch.until?;
        if until > now {
            return Some(until);
        }
        watch.until = None;
        // It may have ended; whoever waits for it learns how.
        let _ = watch.child.kill();
        None
    }
}

/// Looks after all of them, as long as there is one.
fn watch() {
    let mut all = all();
    loop {
        let now = Instant::now();
        let list: Vec<Arc<Watched>> =
            all.list.iter().filter_map(Weak::upgrade).collect();
        all.wakes = list.iter().filter_map(|one| one.look(now)).min();
        let is_empty = list.is_empty();
        // The last of them may be dropped here, which takes no lock of ours.
        drop(list);
        if is_empty {
            all.runs_in = 0;
            return;
        }
        all = match all.wakes {
            None => SOONER.wait(all).unwrap_or_else(PoisonError::into_inner),
            Some(wakes) => {
                let left = wakes.saturating_duration_since(now);
                SOONER
                    .wait_timeout(all, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
    }
}
