//! Questions that can't be interrupted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use whichproxy::machine::Fault;

/// Places for questions that take as long as the system likes: each is asked
/// on a thread of its own, and there are only so many.
#[derive(Debug)]
pub(crate) struct Places {
    taken: AtomicUsize,
    most: usize,
}

impl Places {
    pub(crate) const fn new(most: usize) -> Places {
        Places { taken: AtomicUsize::new(0), most }
    }

    /// The answer to a question, if it comes in time. Where it does not, the
    /// question keeps its place until it ends.
    pub(crate) fn ask<T: Send + 'static>(
        &'static self,
        timeout: Duration,
        question: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = Place::take(self).ok_or_else(|| {
            Fault::new(format_args!(
                "{} questions are under way already",
                self.most
            ))
        })?;
        let (sender, answer) = mpsc::sync_channel(1);
        let thread = thread::Builder::new().name("whichproxy-ask".to_owned());
        thread.spawn(move || {
            let answer = question();
            // Whoever has the answer may ask again.
            drop(place);
            // Nobody waits any more.
            let _ = sender.send(answer);
        })?;
        answer.recv_timeout(timeout).unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => crate::dns::no_answer(timeout),
                RecvTimeoutError::Disconnected => {
                    Fault::new("the question broke off")
                }
            })
        })
    }
}

/// One that is given back when it is dropped.
struct Place(&'static Places);

impl Place {
    fn take(places: &'static Places) -> Option<Place> {
        let one_more = |taken| (taken < places.most).then_some(taken + 1);
        let taken = places.taken.fetch_update(
            Ordering::AcqRel,
            Ordering::Acquire,
            one_more,
        );
        taken.is_ok().then_some(Place(places))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn answers_come_back() {
        static PLACES: Places = Places::new(1);
        for number in 0..100 {
            let answer = PLACES.ask(LONG, move || Ok(number)).unwrap();
            assert_eq!(answer, number);
        }
        let fault = PLACES.ask(LONG, || Err::<(), _>(Fault::new("x")));
        assert_eq!(fault.unwrap_err().to_string(), "x");
        let broken =
            PLACES.ask(LONG, || -> Result<(), _> { panic!("on purpose") });
        assert_eq!(broken.unwrap_err().to_string(), "the question broke off");
    }

    #[test]
    fn the_timeout_holds_and_places_are_kept_until_the_end() {
        static PLACES: Places = Places::new(2);
        let mut held = Vec::new();
        for _ in 0..2 {
            let (release, wait) = mpsc::channel::<()>();
            held.push(release);
            let answer = PLACES.ask(Duration::ZERO, move || {
                let _ = wait.recv();
                Ok(())
            });
            assert_eq!(answer.unwrap_err().to_string(), "no answer in 0 s");
        }
        let full = PLACES.ask(LONG, || Ok(())).unwrap_err();
        assert_eq!(full.to_string(), "2 questions are under way already");
        drop(held);
        let start = std::time::Instant::now();
        while PLACES.ask(LONG, || Ok(())).is_err() {
            assert!(start.elapsed() < LONG, "it hangs");
            thread::yield_now();
        }
    }
}
