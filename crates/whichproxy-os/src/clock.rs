//! The system's clock.

#[cfg(not(target_os = "linux"))]
use std::sync::LazyLock;
use std::time::Duration;
#[cfg(not(target_os = "linux"))]
use std::time::Instant;

use jiff::tz::TimeZone;
use whichproxy::LocalTime;
use whichproxy::machine::Clock;

/// The system's clock, in the system's time zone.
///
/// ```
/// use whichproxy::machine::Clock;
/// use whichproxy_os::SystemClock;
/// let clock = SystemClock;
/// assert!(clock.now().unix_milliseconds() > 1_700_000_000_000);
/// assert!(clock.elapsed() <= clock.elapsed());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The fixed moment of [`Clock::elapsed`], the same for all clocks of this
/// process.
#[cfg(not(target_os = "linux"))]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> LocalTime {
        let now = jiff::Timestamp::now();
        let offset = TimeZone::system().to_offset(now);
        LocalTime::new(now.as_millisecond(), offset.seconds())
    }

    /// The time since the computer was started, or since a fixed moment of
    /// this process; where the system tells it, with the time it slept.
    fn elapsed(&self) -> Duration {
        // `Instant` stands still while the computer sleeps there.
        #[cfg(target_os = "linux")]
        {
            use rustix::time::{ClockId, clock_gettime};
            let now = clock_gettime(ClockId::Boottime);
            let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
            let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or(0);
            Duration::new(seconds, nanoseconds)
        }
        #[cfg(not(target_os = "linux"))]
        START.elapsed()
    }
}
