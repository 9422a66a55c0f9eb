//! Dates as JavaScript's `Date` computes them.

pub(super) const SECOND: f64 = 1_000.0;
pub(super) const MINUTE: f64 = 60_000.0;
pub(super) const HOUR: f64 = 3_600_000.0;
pub(super) const DAY: f64 = 86_400_000.0;

/// What a clock and a calendar show, in milliseconds since they showed the
/// start of 1970; not a number for no date at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date(pub(super) f64);

impl Date {
    pub(super) fn new(
        year: f64,
        month: f64,
        day: f64,
        time: [f64; 4],
    ) -> Date {
        let days = days_to_month(year, month) + day.trunc() - 1.0;
        let [hour, minute, second, millisecond] = time.map(f64::trunc);
        let time = ((hour * 60.0 + minute) * 60.0 + second) * 1_000.0;
        let value = days * DAY + time + millisecond;
        // The range of JavaScript's dates.
        if value.abs() <= 8.64e15 { Date(value) } else { Date(f64::NAN) }
    }

    pub(super) fn with(self, unit: Unit) -> Date {
        let (year, month, day) = self.civil();
        let time = self.time();
        match unit {
            Unit::Day(day) => Date::new(year, month, day, time),
            Unit::Month(month) => Date::new(year, month, day, time),
            // A year can be set on no date, which then is 1 January.
            Unit::Year(year) if self.0.is_nan() => {
                Date::new(year, 0.0, 1.0, [0.0; 4])
            }
            Unit::Year(year) => Date::new(year, month, day, time),
        }
    }

    /// The same day and millisecond at another time.
    pub(super) fn at(self, hour: f64, minute: f64, second: f64) -> Date {
        let (year, month, day) = self.civil();
        let millisecond = self.time()[3];
        Date::new(year, month, day, [hour, minute, second, millisecond])
    }

    /// The start of the unit of time that it lies in.
    pub(super) fn floor(self, unit: f64) -> f64 {
        (self.0 / unit).floor() * unit
    }

    /// The start of the unit after that.
    pub(super) fn next(self, unit: f64) -> f64 {
        self.floor(unit) + unit
    }

    pub(super) fn year(self) -> f64 {
        self.civil().0
    }

    pub(super) fn month(self) -> f64 {
        self.civil().1
    }

    pub(super) fn day(self) -> f64 {
        self.civil().2
    }

    pub(super) fn hour(self) -> f64 {
        self.time()[0]
    }

    pub(super) fn second(self) -> f64 {
        self.time()[2]
    }

    /// From 0, a Sunday; 1970 began on a Thursday.
    pub(super) fn weekday(self) -> f64 {
        ((self.0 / DAY).floor() + 4.0).rem_euclid(7.0)
    }

    pub(super) fn time(self) -> [f64; 4] {
        let in_day = self.0.rem_euclid(DAY);
        let part = |unit: f64, most| (in_day / unit).floor() % most;
        [
            part(3_600_000.0, 24.0),
            part(60_000.0, 60.0),
            part(1_000.0, 60.0),
            part(1.0, 1_000.0),
        ]
    }

    /// Year, month from 0, and day from 1.
    pub(super) fn civil(self) -> (f64, f64, f64) {
        if self.0.is_nan() {
            return (f64::NAN, f64::NAN, f64::NAN);
        }
        let days = (self.0 / DAY).floor();
        // Within a year of the truth, and then exactly it.
        let mut year = (days / 365.2425).floor() + 1970.0;
        while days_to_month(year, 0.0) > days {
            year -= 1.0;
        }
        while days_to_month(year + 1.0, 0.0) <= days {
            year += 1.0;
        }
        let mut month = 11.0;
        while days_to_month(year, month) > days {
            month -= 1.0;
        }
        (year, month, days - days_to_month(year, month) + 1.0)
    }
}

/// A part of a date that is set.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Day(f64),
    /// From 0; -1 where the name is unknown.
    Month(f64),
    Year(f64),
}

/// Days from the start of 1970 to that of a month, which counts from 0 and
/// may lie in another year.
fn days_to_month(year: f64, month: f64) -> f64 {
    let (year, month) = (year.trunc(), month.trunc());
    let year = year + (month / 12.0).floor();
    let month = month.rem_euclid(12.0);
    if !year.is_finite() || year.abs() > 1e6 {
        return f64::NAN;
    }
    // Counted from 1 March, so that leap days come last: a month's start is
    // then a straight line, rounded.
    let (year, month) = if month < 2.0 {
        (year - 1.0, month + 10.0)
    } else {
        (year, month - 2.0)
    };
    let leap_days =
        (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor();
    let in_year = ((153.0 * month + 2.0) / 5.0).floor();
    // 1 March of the year 0 is 719,468 days before 1970.
    year * 365.0 + leap_days + in_year - 719_468.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_agree_with_jiff() {
        let mut days = -800_000_i32;
        while days < 2_900_000 {
            let noon = (f64::from(days) + 0.5) * DAY;
            let (year, month, day) = Date(noon).civil();
            let time = jiff::Timestamp::from_millisecond(noon as i64).unwrap();
            let date = jiff::tz::TimeZone::UTC.to_datetime(time).date();
            let expected = (date.year(), date.month(), date.day());
            let shown = (year as i16, month as i8 + 1, day as i8);
            assert_eq!(shown, expected);
            let weekday = date.weekday().to_sunday_zero_offset();
            assert_eq!(Date(noon).weekday() as i8, weekday);
            assert_eq!(
                Date::new(year, month, day, [12.0, 0.0, 0.0, 0.0]).0,
                noon
            );
            days += 97;
        }
    }
}
