//! Lookups under way, each waited for by all who ask the same.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::{Answer, Key, SystemDns};

/// The lookups under way.
#[derive(Debug, Default)]
pub(super) struct Flights {
    by_key: HashMap<Key, Arc<Flight>>,
    /// Those of the table, and those that were forgotten.
    under_way: usize,
}

impl Flights {
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// The one that brings this answer, if any does.
    pub(super) fn find(&self, key: &Key) -> Option<Arc<Flight>> {
        self.by_key.get(key).cloned()
    }

    /// One more; none where there are as many as may be.
    pub(super) fn start(&mut self, key: &Key) -> Option<Arc<Flight>> {
        if self.under_way >= SystemDns::MOST {
            return None;
        }
        self.under_way += 1;
        let flight = Arc::new(Flight::default());
        self.by_key.insert(key.clone(), Arc::clone(&flight));
        Some(flight)
    }

    /// One less; whether it was not forgotten meanwhile.
    pub(super) fn end(&mut self, key: &Key, flight: &Arc<Flight>) -> bool {
        self.under_way = self.under_way.saturating_sub(1);
        let known = self.by_key.get(key);
        let known = known.is_some_and(|known| Arc::ptr_eq(known, flight));
        if known {
            self.by_key.remove(key);
        }
        known
    }

    /// Who asks from now on, asks anew.
    pub(super) fn forget(&mut self) {
        self.by_key.clear();
    }
}

/// A lookup under way.
#[derive(Debug, Default)]
pub(super) struct Flight {
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    answer: Option<Answer>,
    wakers: Vec<Waker>,
}

impl Flight {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives all who wait their answer.
    pub(super) fn land(&self, answer: Answer) {
        let mut state = self.lock();
        state.answer = Some(answer);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.landed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits without a thread.
    #[cfg(feature = "tokio")]
    pub(super) async fn landed(&self) -> Answer {
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            if let Some(answer) = &state.answer {
                return std::task::Poll::Ready(answer.clone());
            }
            let waker = context.waker();
            if !state.wakers.iter().any(|known| known.will_wake(waker)) {
                state.wakers.push(waker.clone());
            }
            std::task::Poll::Pending
        })
        .await
    }

    /// Waits, at most for so long.
    pub(super) fn wait(&self, timeout: Duration) -> Option<Answer> {
        let start = Instant::now();
        let mut state = self.lock();
        loop {
            if let Some(answer) = &state.answer {
                return Some(answer.clone());
            }
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return None;
            }
            let waited = self.landed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
