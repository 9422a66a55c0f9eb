//! The border to time.

use std::fmt;
use std::time::Duration;

use whichproxy_pac::LocalTime;

/// Tells the time, in two ways.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The wall clock's time and the offset of its zone, for `dateRange`
    /// and its kin.
    fn now(&self) -> LocalTime;

    /// Time since some fixed moment, never going back, for caches and hold
    /// times.
    fn elapsed(&self) -> Duration;
}

/// A clock that stands still.
///
/// ```
/// use whichproxy::machine::{Clock, FixedClock};
/// let clock = FixedClock::new("2026-11-22T09:30:00+01:00".parse()?);
/// assert_eq!(clock.now().to_string(), "2026-11-22T09:30:00+01:00");
/// # Ok::<(), whichproxy::LocalTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedClock {
    now: LocalTime,
    elapsed: Duration,
}

impl FixedClock {
    /// A clock that always shows `now`.
    pub fn new(now: LocalTime) -> FixedClock {
        FixedClock { now, elapsed: Duration::ZERO }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> LocalTime {
        self.now
    }

    fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
