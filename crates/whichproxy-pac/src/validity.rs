//! How long the clock's part in an answer stays what it is.

use crate::LocalTime;

/// The stretch of time in which what a script made of the clock stays the
/// same.
///
/// It begins when the script asked for the time, and ends before the first
/// moment at which `weekdayRange`, `dateRange` or `timeRange` may say
/// something else, or as soon as the time zone's offset changes. A script
/// that did not ask for the time has no such bounds.
///
/// ```
/// use whichproxy_pac::{Answers, LocalTime, Pac, Query, Step};
/// let pac = Pac::new(
///     "function FindProxyForURL(url, host) {
///          return timeRange(8, 17) ? 'PROXY a:1' : 'DIRECT';
///      }",
/// )?;
/// let time = |text: &str| text.parse::<LocalTime>().unwrap();
/// let mut answers = Answers::new();
/// answers.set_time(time("2026-11-22T09:30:00+01:00"));
/// let query = Query::raw("http://b/", "b");
/// let Step::Done(found) = pac.try_evaluate(query, &answers)? else {
///     unreachable!("it asks for nothing but the time");
/// };
/// let validity = found.validity();
/// assert!(validity.contains(time("2026-11-22T09:59:59+01:00")));
/// assert!(!validity.contains(time("2026-11-22T10:00:00+01:00")));
/// // The clocks were changed.
/// assert!(!validity.contains(time("2026-11-22T10:45:00+02:00")));
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    bounds: Option<Bounds>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Bounds {
    from: i64,
    /// Not included.
    until: i64,
    utc_offset_seconds: i32,
}

impl Validity {
    /// Without bounds: the clock has no part in it.
    pub const ALWAYS: Validity = Validity { bounds: None };

    /// From a time until before a moment, in milliseconds since 1970.
    pub(crate) fn new(from: LocalTime, until: i64) -> Validity {
        Validity {
            bounds: Some(Bounds {
                from: from.unix_milliseconds(),
                until,
                utc_offset_seconds: from.utc_offset_seconds(),
            }),
        }
    }

    /// Whether the answer is still the same at `time`.
    pub fn contains(self, time: LocalTime) -> bool {
        self.bounds.is_none_or(|bounds| {
            bounds.utc_offset_seconds == time.utc_offset_seconds()
                && (bounds.from..bounds.until)
                    .contains(&time.unix_milliseconds())
        })
    }

    /// The first moment that is not in it, as long as the time zone's offset
    /// stays what this time shows; `None` where there is none.
    ///
    /// Who can't watch the offset does better with [`Validity::contains`].
    pub fn until(self) -> Option<LocalTime> {
        self.bounds.map(|bounds| {
            LocalTime::new(bounds.until, bounds.utc_offset_seconds)
        })
    }

    /// What is in both.
    pub fn and(self, other: Validity) -> Validity {
        let (Some(one), Some(two)) = (self.bounds, other.bounds) else {
            let bounds = self.bounds.or(other.bounds);
            return Validity { bounds };
        };
        let same = one.utc_offset_seconds == two.utc_offset_seconds;
        let until = one.until.min(two.until);
        let bounds = Bounds {
            from: one.from.max(two.from),
            // Nothing is in both where the offset differs.
            until: if same { until } else { i64::MIN },
            ..one
        };
        Validity { bounds: Some(bounds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_milliseconds: i64, offset: i32) -> LocalTime {
        LocalTime::new(unix_milliseconds, offset)
    }

    #[test]
    fn bounds() {
        let all = Validity::ALWAYS;
        let one = Validity::new(at(1_000, 3_600), 5_000);
        let two = Validity::new(at(2_000, 3_600), 9_000);
        let far = Validity::new(at(2_000, 7_200), 9_000);
        let cases = [
            (all, at(0, 0), true),
            (all, at(i64::MAX, 0), true),
            (one, at(999, 3_600), false),
            (one, at(1_000, 3_600), true),
            (one, at(4_999, 3_600), true),
            (one, at(5_000, 3_600), false),
            (one, at(2_000, 0), false),
            (one.and(all), at(1_000, 3_600), true),
            (all.and(one), at(5_000, 3_600), false),
            (one.and(two), at(1_999, 3_600), false),
            (one.and(two), at(2_000, 3_600), true),
            (two.and(one), at(4_999, 3_600), true),
            (two.and(one), at(5_000, 3_600), false),
            (one.and(far), at(2_000, 3_600), false),
            (one.and(far), at(2_000, 7_200), false),
        ];
        for (validity, time, expected) in cases {
            assert_eq!(
                validity.contains(time),
                expected,
                "{validity:?} {time}"
            );
        }
        assert_eq!(all.until(), None);
        assert_eq!(one.until(), Some(at(5_000, 3_600)));
    }
}
