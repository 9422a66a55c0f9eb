//! How much a script may use.

use std::time::Duration;

/// How much a script may use before it is stopped with an error.
///
/// ```
/// use std::time::Duration;
/// use whichproxy_pac::{Limits, Pac};
/// let limits = Limits::new()
///     .with_source_bytes(4 << 20)
///     .with_deadline(Duration::from_secs(5));
/// let pac = Pac::builder().limits(limits).build("…");
/// # assert!(pac.is_err());
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    source_bytes: usize,
    deadline: Duration,
    loop_iterations: u64,
    recursion: usize,
    lookups: usize,
    alert_bytes: usize,
    result_bytes: usize,
}

impl Limits {
    /// The largest script that is run by default.
    ///
    /// Source: WINHTTP-AUTOPROXY-ISSUES ("rejects PAC files larger than
    /// 1MB"), documented. Whether that is 1,000,000 or 1,048,576 bytes is
    /// not documented.
    pub const SOURCE_BYTES: usize = 1 << 20;

    /// How long a question may take by default.
    ///
    /// Source: WINHTTP-AUTOPROXY-ISSUES ("not permitted to execute for
    /// longer than 60 seconds"), documented.
    pub const DEADLINE: Duration = Duration::from_secs(60);

    /// How many times the loops of one call of a function may go round by
    /// default: ours; real scripts stay below 100,000.
    pub const LOOP_ITERATIONS: u64 = 100_000_000;

    /// How deeply functions may call each other by default: ours.
    pub const RECURSION: usize = 1_000;

    /// The most that [`Limits::with_recursion`] accepts; the engine's
    /// native stack is sized for it.
    pub const RECURSION_MOST: usize = 4_000;

    /// How many different questions one evaluation may ask by default.
    ///
    /// Source: CHROMIUM (20 unique names for an evaluation),
    /// community.
    pub const LOOKUPS: usize = 20;

    /// How many bytes of alerts are kept of one evaluation by default.
    ///
    /// Source: CHROMIUM (2 KiB of alerts and errors), community.
    pub const ALERT_BYTES: usize = 2_048;

    /// The longest result by default: ours.
    pub const RESULT_BYTES: usize = 64 << 10;

    /// The default limits.
    pub fn new() -> Limits {
        Limits {
            source_bytes: Limits::SOURCE_BYTES,
            deadline: Limits::DEADLINE,
            loop_iterations: Limits::LOOP_ITERATIONS,
            recursion: Limits::RECURSION,
            lookups: Limits::LOOKUPS,
            alert_bytes: Limits::ALERT_BYTES,
            result_bytes: Limits::RESULT_BYTES,
        }
    }

    /// Sets the largest source, in bytes of UTF-8.
    pub fn with_source_bytes(self, source_bytes: usize) -> Limits {
        Limits { source_bytes, ..self }
    }

    /// Sets how long a question may take, what it waits for included.
    pub fn with_deadline(self, deadline: Duration) -> Limits {
        Limits { deadline, ..self }
    }

    /// Sets how many times the loops of one call of a function may go round.
    pub fn with_loop_iterations(self, loop_iterations: u64) -> Limits {
        Limits { loop_iterations, ..self }
    }

    /// Sets how deeply functions may call each other, at most
    /// [`Limits::RECURSION_MOST`].
    pub fn with_recursion(self, recursion: usize) -> Limits {
        Limits { recursion: recursion.min(Limits::RECURSION_MOST), ..self }
    }

    /// Sets how many different questions one evaluation may ask of the
    /// network: names, and own addresses.
    pub fn with_lookups(self, lookups: usize) -> Limits {
        Limits { lookups, ..self }
    }

    /// Sets how many bytes of alerts are kept; what exceeds them is dropped.
    pub fn with_alert_bytes(self, alert_bytes: usize) -> Limits {
        Limits { alert_bytes, ..self }
    }

    /// Sets the longest result, in bytes of UTF-8.
    pub fn with_result_bytes(self, result_bytes: usize) -> Limits {
        Limits { result_bytes, ..self }
    }

    /// The largest source, in bytes of UTF-8.
    pub fn source_bytes(&self) -> usize {
        self.source_bytes
    }

    /// How long a question may take.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How many times the loops of one call may go round.
    pub fn loop_iterations(&self) -> u64 {
        self.loop_iterations
    }

    /// How deeply functions may call each other.
    pub fn recursion(&self) -> usize {
        self.recursion
    }

    /// How many different questions may be asked of the network.
    pub fn lookups(&self) -> usize {
        self.lookups
    }

    /// How many bytes of alerts are kept.
    pub fn alert_bytes(&self) -> usize {
        self.alert_bytes
    }

    /// The longest result.
    pub fn result_bytes(&self) -> usize {
        self.result_bytes
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::new()
    }
}
