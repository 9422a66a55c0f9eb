//! The border to time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
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

/// A clock that is set by hand; clones are the same clock.
///
/// ```
/// use std::time::Duration;
/// use whichproxy::machine::{Clock, SetClock};
/// let clock = SetClock::new("2026-11-22T09:30:00+01:00".parse()?);
/// let same = clock.clone();
/// clock.pass(Duration::from_secs(90));
/// assert_eq!(same.elapsed(), Duration::from_secs(90));
/// assert_eq!(same.now().to_string(), "2026-11-22T09:31:30+01:00");
/// # Ok::<(), whichproxy::LocalTimeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SetClock(Arc<Mutex<FixedClock>>);

impl SetClock {
    /// A clock that shows `now` until it is told otherwise.
    pub fn new(now: LocalTime) -> SetClock {
        SetClock(Arc::new(Mutex::new(FixedClock::new(now))))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let mut clock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let now = clock.now.unix_milliseconds().saturating_add(passed);
        let offset = clock.now.utc_offset_seconds();
        clock.now = LocalTime::new(now, offset);
        clock.elapsed = clock.elapsed.saturating_add(time);
    }

    fn shown(&self) -> FixedClock {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SetClock {
    fn now(&self) -> LocalTime {
        self.shown().now
    }

    fn elapsed(&self) -> Duration {
        self.shown().elapsed
    }
}
