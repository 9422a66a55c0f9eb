//! The system's clock.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

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
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> LocalTime {
        let now = jiff::Timestamp::now();
        let offset = TimeZone::system().to_offset(now);
        LocalTime::new(now.as_millisecond(), offset.seconds())
    }

    fn elapsed(&self) -> Duration {
        START.elapsed()
    }
}
