//! Functions that ask for the time.
//!
//! They compute as JavaScript's `Date` does: a month that is set on the 31st
//! spills over, hours beyond 24 are the next day, and what is not a number
//! makes a date that compares to nothing. That shows, so it is kept.
//!
//! Source: NETSCAPE-PAC (what Firefox and Chromium agree on), community.

use super::date::{DAY, Date, HOUR, MINUTE, SECOND, Unit};
use super::{Host, Throw, Value, argument};
use crate::LocalTime;

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT",
    "NOV", "DEC",
];

/// `weekdayRange(day1, day2?, "GMT"?)`: whole days, both included; a range
/// may wrap round the week's end. Names are upper case.
pub(super) fn weekday_range(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let (arguments, gmt) = without_gmt(arguments);
    let now = Now::ask(gmt, host)?;
    let day = |index| position(&DAYS, argument(arguments, index));
    let Some(first) = day(0) else { return Ok(false.into()) };
    let last = if arguments.len() == 2 { day(1) } else { Some(first) };
    let Some(last) = last else { return Ok(false.into()) };
    now.hold(host, [now.subject.next(DAY)]);
    let today = now.subject.weekday();
    Ok(between(first, today, last).into())
}

/// `dateRange(…, "GMT"?)`: a day, month or year, or two of each kind.
///
/// The first half of the arguments is set on 1 January of this year, the
/// second on its 31 December. Therefore an end month of less than 31 days
/// spills into the next. Where two arguments begin with a day, both ends are
/// then moved to the current month.
pub(super) fn date_range(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let (arguments, gmt) = without_gmt(arguments);
    let now = Now::ask(gmt, host)?;
    let Now { local, subject, .. } = now;
    if let [only] = arguments {
        now.hold(host, [subject.next(DAY)]);
        return Ok(match unit(only) {
            Unit::Month(month) => subject.month() == month,
            Unit::Day(day) => subject.day() == day,
            Unit::Year(year) => subject.year() == year,
        }
        .into());
    }
    if arguments.is_empty() {
        return Ok(false.into());
    }
    let year = local.year();
    let mut first = Date::new(year, 0.0, 1.0, [0.0; 4]);
    let mut last = Date::new(year, 11.0, 31.0, [23.0, 59.0, 59.0, 0.0]);
    let (firsts, lasts) = arguments.split_at(arguments.len() / 2);
    let mut this_month = false;
    for argument in firsts {
        let unit = unit(argument);
        this_month |= matches!(unit, Unit::Day(_)) && arguments.len() == 2;
        first = first.with(unit);
    }
    for argument in lasts {
        last = last.with(unit(argument));
    }
    if this_month {
        first = first.with(Unit::Month(local.month()));
        last = last.with(Unit::Month(local.month()));
    }
    // The ends are others on another day.
    now.hold(host, [now.midnight(), first.0, last.0 + 1.0]);
    Ok(between(first.0, subject.0, last.0).into())
}

/// `timeRange(…, "GMT"?)`: an hour; two hours, of which the last is included
/// as a whole, and which never wrap; two times with minutes, the last minute
/// included; or two with seconds. The last two may wrap round midnight.
///
/// With `GMT` the last two lie on the local day, and the time in Greenwich
/// may be another day's: then it lies in neither.
pub(super) fn time_range(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let (arguments, gmt) = without_gmt(arguments);
    let now = Now::ask(gmt, host)?;
    let Now { local, subject, .. } = now;
    let at = |index: usize| arguments[index].number();
    let (first, last) = match arguments.len() {
        0 => return Ok(false.into()),
        1 => {
            now.hold(host, [subject.next(HOUR)]);
            return Ok((subject.hour() == at(0)).into());
        }
        2 => {
            now.hold(host, [subject.next(HOUR)]);
            let hour = subject.hour();
            return Ok((at(0) <= hour && hour <= at(1)).into());
        }
        4 => (
            local.at(at(0), at(1), local.second()),
            local.at(at(2), at(3), 59.0),
        ),
        6 => (local.at(at(0), at(1), at(2)), local.at(at(3), at(4), at(5))),
        count => {
            let message = format!("timeRange: {count} arguments");
            return Err(Throw::Type(message));
        }
    };
    // The ends have the second (of four arguments) and the millisecond of
    // the time itself, so what counts is the whole minutes or seconds.
    let unit = if arguments.len() == 4 { MINUTE } else { SECOND };
    if now.time.utc_offset_seconds() % 60 == 0 || unit == SECOND {
        let next = [now.midnight(), first.floor(unit), last.next(unit)];
        now.hold(host, next);
    } else {
        // Seconds of the local time that are not those of Greenwich.
        let local = local.next(MINUTE) - local.0 + subject.0;
        now.hold(host, [local, subject.next(MINUTE)]);
    }
    Ok(between(first.0, subject.0, last.0).into())
}

/// Whether `value` lies in a range that may wrap.
fn between(first: f64, value: f64, last: f64) -> bool {
    if first <= last {
        first <= value && value <= last
    } else {
        value <= last || value >= first
    }
}

fn without_gmt<'v, 'a>(arguments: &'v [Value<'a>]) -> (&'v [Value<'a>], bool) {
    match arguments.split_last() {
        Some((last, rest)) if last.as_str() == Some("GMT") => (rest, true),
        _ => (arguments, false),
    }
}

fn position(names: &[&str], value: &Value<'_>) -> Option<f64> {
    let name = value.as_str()?;
    names.iter().position(|other| *other == name).map(|index| index as f64)
}

fn unit(value: &Value<'_>) -> Unit {
    match leading_integer(value) {
        None => Unit::Month(position(&MONTHS, value).unwrap_or(-1.0)),
        Some(number) if number < 32.0 => Unit::Day(number),
        Some(number) => Unit::Year(number),
    }
}

/// The integer that a value begins with, as `parseInt` reads it.
fn leading_integer(value: &Value<'_>) -> Option<f64> {
    let text = value.text();
    let text = text.trim_start();
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let (digits, radix) =
        match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None => (digits, 10),
        };
    let mut number = None;
    for digit in digits.chars().map_while(|c| c.to_digit(radix)) {
        let before = number.unwrap_or(0.0) * f64::from(radix);
        number = Some(before + f64::from(digit));
    }
    number.map(|number| sign * number)
}

/// The time: as local clocks show it, and as the function asks for it.
#[derive(Clone, Copy)]
struct Now {
    time: LocalTime,
    local: Date,
    /// The same, or with `GMT`, what clocks in Greenwich show.
    subject: Date,
}

impl Now {
    fn ask(gmt: bool, host: &mut Host<'_>) -> Result<Now, Throw> {
        let time = host.ask.now()?;
        // Exact: a time lies far within 2⁵³ ms.
        let utc = Date(time.unix_milliseconds() as f64);
        let offset = f64::from(time.utc_offset_seconds()) * 1_000.0;
        let local = Date(utc.0 + offset);
        Ok(Now { time, local, subject: if gmt { utc } else { local } })
    }

    /// The next midnight of local clocks, as the subject shows it.
    fn midnight(self) -> f64 {
        self.local.next(DAY) - self.local.0 + self.subject.0
    }

    /// Tells that nothing changes before the subject shows the first of
    /// these that is still to come.
    ///
    /// Where one is no date, a millisecond may make it one.
    fn hold<const N: usize>(self, host: &mut Host<'_>, moments: [f64; N]) {
        let now = self.subject.0;
        let mut wait = f64::INFINITY;
        for moment in moments {
            if moment.abs() > 8.6e15 || moment.is_nan() {
                wait = 0.0;
            } else if moment > now {
                wait = wait.min(moment - now);
            }
        }
        if wait.is_finite() {
            // Whole milliseconds, far within an `i64`.
            let wait = wait as i64;
            host.ask.hold(self.time.unix_milliseconds() + wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::builtins::tests::Fake;

    /// A Sunday evening in summer time of New York: 02:30 on Monday in
    /// Greenwich.
    const SUNDAY: &str = "2026-06-14T22:30:30-04:00";

    fn at(now: &str) -> Fake {
        Fake { now: now.parse().unwrap(), ..Fake::default() }
    }

    fn check(cases: &[(&str, &str, &str)]) {
        for (now, expression, expected) in cases {
            let mut fake = at(now);
            assert_eq!(fake.eval(expression), *expected, "{now} {expression}");
        }
    }

    #[test]
    fn weekdays() {
        check(&[
            (SUNDAY, r#"weekdayRange("SUN")"#, "true"),
            (SUNDAY, r#"weekdayRange("MON")"#, "false"),
            (SUNDAY, r#"weekdayRange("MON","GMT")"#, "true"),
            (SUNDAY, r#"weekdayRange("SUN","GMT")"#, "false"),
            (SUNDAY, r#"weekdayRange("SAT","SUN")"#, "true"),
            (SUNDAY, r#"weekdayRange("SAT","MON")"#, "true"),
            (SUNDAY, r#"weekdayRange("MON","SAT")"#, "false"),
            (SUNDAY, r#"weekdayRange("FRI","MON","GMT")"#, "true"),
            (SUNDAY, r#"weekdayRange("mon","sun")"#, "false"),
            (SUNDAY, r#"weekdayRange("SUN","XXX")"#, "false"),
            (SUNDAY, r#"weekdayRange("GMT")"#, "false"),
            (SUNDAY, "weekdayRange()", "false"),
            (SUNDAY, "weekdayRange(0)", "false"),
            ("1969-12-31T12:00:00Z", r#"weekdayRange("WED")"#, "true"),
        ]);
        let mut fake = at(SUNDAY);
        let days = DAYS.map(|day| format!("weekdayRange(\"{day}\")"));
        let days = days.map(|call| fake.eval(&call));
        assert_eq!(days.iter().filter(|day| *day == "true").count(), 1);
    }

    #[test]
    fn dates() {
        const NEW_YEAR: &str = "2027-01-01T00:30:00+02:00";
        check(&[
            // The table of NETSCAPE-PAC.
            (SUNDAY, "dateRange(1,31)", "true"),
            (SUNDAY, r#"dateRange("JAN","DEC")"#, "true"),
            (SUNDAY, r#"dateRange("DEC","NOV")"#, "false"),
            (SUNDAY, r#"dateRange(1,"JAN",31,"DEC")"#, "true"),
            ("2026-11-22T09:00:00Z", r#"dateRange("NOV","MAR")"#, "true"),
            ("2026-03-31T23:59:59Z", r#"dateRange("NOV","MAR")"#, "true"),
            ("2026-04-01T00:00:00Z", r#"dateRange("NOV","MAR")"#, "false"),
            (SUNDAY, "dateRange(2000,2100)", "true"),
            (SUNDAY, r#"dateRange(1,"JAN",2000,31,"DEC",2100)"#, "true"),
            (SUNDAY, r#"dateRange("JAN",2000,"DEC",2100)"#, "true"),
            (SUNDAY, r#"dateRange("1","31")"#, "true"),
            (SUNDAY, r#"dateRange(2020,"JAN",2100,"DEC")"#, "true"),
            // One argument.
            (SUNDAY, "dateRange(14)", "true"),
            (SUNDAY, "dateRange(15)", "false"),
            (SUNDAY, r#"dateRange(15,"GMT")"#, "true"),
            (SUNDAY, r#"dateRange("JUN")"#, "true"),
            (SUNDAY, r#"dateRange("JUL")"#, "false"),
            (SUNDAY, r#"dateRange("jun")"#, "false"),
            (SUNDAY, "dateRange(2026)", "true"),
            (NEW_YEAR, "dateRange(2027)", "true"),
            (NEW_YEAR, r#"dateRange(2026,"GMT")"#, "true"),
            (NEW_YEAR, r#"dateRange("DEC","GMT")"#, "true"),
            (SUNDAY, "dateRange()", "false"),
            (SUNDAY, r#"dateRange("GMT")"#, "false"),
            // An end month that is shorter than 31 days spills over.
            ("2026-03-01T12:00:00Z", r#"dateRange("JAN","FEB")"#, "true"),
            ("2026-03-03T12:00:00Z", r#"dateRange("JAN","FEB")"#, "true"),
            ("2026-03-04T12:00:00Z", r#"dateRange("JAN","FEB")"#, "false"),
            ("2028-03-03T12:00:00Z", r#"dateRange("JAN","FEB")"#, "false"),
            ("2026-12-01T12:00:00Z", r#"dateRange("JAN","NOV")"#, "true"),
            ("2026-12-02T12:00:00Z", r#"dateRange("JAN","NOV")"#, "false"),
            ("2026-12-01T12:00:00Z", r#"dateRange("DEC","NOV")"#, "true"),
            ("2026-12-02T12:00:00Z", r#"dateRange("DEC","NOV")"#, "false"),
            ("2026-11-30T12:00:00Z", r#"dateRange("DEC","NOV")"#, "false"),
            // A day and a month: all months, but not the 2nd to the 14th.
            ("2026-06-15T12:00:00Z", r#"dateRange(15,"JUN")"#, "true"),
            ("2026-06-14T12:00:00Z", r#"dateRange(15,"JUN")"#, "false"),
            ("2026-03-02T12:00:00Z", r#"dateRange(15,"JUN")"#, "false"),
            ("2026-03-01T12:00:00Z", r#"dateRange(15,"JUN")"#, "true"),
            ("2026-03-31T12:00:00Z", r#"dateRange(15,"JUN")"#, "true"),
            ("2026-03-24T12:00:00Z", r#"dateRange(24,"DEC")"#, "true"),
            ("2026-03-23T12:00:00Z", r#"dateRange(24,"DEC")"#, "false"),
            ("2026-12-31T12:00:00Z", r#"dateRange(24,"DEC")"#, "true"),
            // Days wrap.
            ("2026-05-05T12:00:00Z", "dateRange(20,10)", "true"),
            ("2026-05-15T12:00:00Z", "dateRange(20,10)", "false"),
            ("2026-05-20T00:00:00Z", "dateRange(20,10)", "true"),
            // Three: from the first, of January, to the spilt month's.
            ("2026-01-14T12:00:00Z", r#"dateRange(15,"JUN",2026)"#, "false"),
            ("2026-01-15T12:00:00Z", r#"dateRange(15,"JUN",2026)"#, "true"),
            ("2026-07-01T12:00:00Z", r#"dateRange(15,"JUN",2026)"#, "true"),
            ("2026-07-02T12:00:00Z", r#"dateRange(15,"JUN",2026)"#, "false"),
            // A month and a year: to the year's end.
            ("2026-05-31T12:00:00Z", r#"dateRange("JUN",2026)"#, "false"),
            ("2026-06-01T00:00:00Z", r#"dateRange("JUN",2026)"#, "true"),
            ("2026-12-31T23:59:59Z", r#"dateRange("JUN",2026)"#, "true"),
            // What was meant.
            ("2026-06-15T12:00:00Z", r#"dateRange(1,"JUN",15,"AUG")"#, "true"),
            (
                "2026-08-16T00:00:00Z",
                r#"dateRange(1,"JUN",15,"AUG")"#,
                "false",
            ),
            (
                "2026-06-15T12:00:00Z",
                r#"dateRange(1,"JUN",1995,15,"AUG",1995)"#,
                "false",
            ),
            (SUNDAY, r#"dateRange(15,15,"GMT")"#, "true"),
        ]);
    }

    #[test]
    fn times() {
        check(&[
            // The table of NETSCAPE-PAC.
            (SUNDAY, "timeRange(12,0,11,59)", "true"),
            (SUNDAY, r#"timeRange("0","23")"#, "true"),
            (SUNDAY, "timeRange(22,22)", "true"),
            (SUNDAY, "timeRange(1,2,3)", "throws"),
            // Hours: the last is included, and there is no wrapping.
            (SUNDAY, "timeRange(22)", "true"),
            (SUNDAY, "timeRange(21)", "false"),
            (SUNDAY, r#"timeRange(2,"GMT")"#, "true"),
            (SUNDAY, "timeRange(9,22)", "true"),
            (SUNDAY, "timeRange(9,21)", "false"),
            (SUNDAY, "timeRange(22,6)", "false"),
            (SUNDAY, r#"timeRange(0,6,"GMT")"#, "true"),
            // Minutes: the last is included to its last second.
            (SUNDAY, "timeRange(22,30,22,30)", "true"),
            (SUNDAY, "timeRange(22,0,22,29)", "false"),
            (SUNDAY, "timeRange(22,31,23,0)", "false"),
            (SUNDAY, "timeRange(22,0,6,0)", "true"),
            (SUNDAY, "timeRange(23,0,6,0)", "false"),
            // Seconds.
            (SUNDAY, "timeRange(22,30,0,22,30,30)", "true"),
            (SUNDAY, "timeRange(22,30,0,22,30,29)", "false"),
            (SUNDAY, "timeRange(22,30,31,22,30,59)", "false"),
            (SUNDAY, "timeRange(22,30,30,6,0,0)", "true"),
            // Hours of the local day, and a time of the next.
            (SUNDAY, r#"timeRange(2,0,2,45,"GMT")"#, "false"),
            (
                "2026-06-14T12:30:00-04:00",
                r#"timeRange(16,0,16,45,"GMT")"#,
                "true",
            ),
            (SUNDAY, "timeRange()", "false"),
            (SUNDAY, r#"timeRange("GMT")"#, "false"),
            (SUNDAY, r#"timeRange("x")"#, "false"),
            (SUNDAY, r#"timeRange("x","y")"#, "false"),
            (SUNDAY, r#"timeRange("x","y","z","z")"#, "false"),
            (SUNDAY, "timeRange(1,2,3,4,5)", "throws"),
            (SUNDAY, "timeRange(1e300,0,1e300,0)", "false"),
            (SUNDAY, "timeRange(-1,0,25,0)", "true"),
        ]);
    }

    /// Calls an expression at a time; its result, and until when it holds.
    fn held(now: LocalTime, expression: &str) -> (String, Option<i64>) {
        let mut fake = Fake { now, ..Fake::default() };
        (fake.eval(expression), fake.until)
    }

    /// How long a result holds is no less than it could be, either.
    #[test]
    fn results_change_when_they_are_said_to() {
        for (now, expression, before, at) in [
            (SUNDAY, r#"weekdayRange("SUN")"#, "true", "false"),
            (SUNDAY, r#"weekdayRange("SUN","GMT")"#, "false", "false"),
            (SUNDAY, r#"weekdayRange("MON","GMT")"#, "true", "false"),
            (SUNDAY, "timeRange(22)", "true", "false"),
            (SUNDAY, "timeRange(23)", "false", "true"),
            (SUNDAY, "timeRange(22,0,22,44)", "true", "false"),
            (SUNDAY, "timeRange(22,31,22,44)", "false", "true"),
            (
                "2026-06-14T12:30:30-04:00",
                r#"timeRange(16,31,16,44,"GMT")"#,
                "false",
                "true",
            ),
            (SUNDAY, "timeRange(22,30,0,22,30,44)", "true", "false"),
            (SUNDAY, "timeRange(22,30,31,22,30,44)", "false", "true"),
            (SUNDAY, r#"dateRange(14,"JUN",14,"JUN")"#, "true", "false"),
            (SUNDAY, r#"dateRange(15,"JUN",20,"JUN")"#, "false", "true"),
            (SUNDAY, r#"dateRange(14)"#, "true", "false"),
        ] {
            let now: LocalTime = now.parse().unwrap();
            let (found, until) = held(now, expression);
            assert_eq!(found, before, "{expression}");
            let until = until.unwrap();
            let offset = now.utc_offset_seconds();
            for (after, expected) in
                [(-1_000, before), (-1, before), (0, at), (1_000, at)]
            {
                let time = LocalTime::new(until + after, offset);
                let found = held(time, expression).0;
                // The last second of a day is no part of a range of days.
                let gap = expression.starts_with("dateRange(14,");
                if !(gap && after == -1) {
                    assert_eq!(found, expected, "{expression} {after}");
                }
            }
        }
    }

    fn argument() -> impl Strategy<Value = String> {
        let days = DAYS.map(|day| format!("{day:?}")).to_vec();
        let months = MONTHS.map(|month| format!("{month:?}")).to_vec();
        prop_oneof![
            4 => (0..61_i32).prop_map(|number| number.to_string()),
            1 => (-40..90_i32).prop_map(|number| number.to_string()),
            1 => (2024..2028_i32).prop_map(|year| year.to_string()),
            2 => prop::sample::select(days),
            3 => prop::sample::select(months),
            1 => prop::sample::select(
                ["1.5", "1e300", "\"x\"", "null", "undefined", "-8.64e9"]
                    .map(str::to_owned).to_vec(),
            ),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 4_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// As long as a result is said to hold, it does: at random times,
        /// and at those where another minute, hour or day begins.
        #[test]
        fn results_hold_as_long_as_they_are_said_to(
            name in prop::sample::select(
                vec!["weekdayRange", "dateRange", "timeRange"],
            ),
            arguments in prop::collection::vec(argument(), 1..7),
            gmt: bool,
            now in 1_700_000_000_000_i64..1_900_000_000_000,
            round in prop::sample::select(
                vec![1, 1_000, 60_000, 3_600_000, 86_400_000],
            ),
            offset in prop_oneof![
                (-48..56).prop_map(|quarters| quarters * 900),
                -50_400..50_400_i32,
            ],
            steps in prop::collection::vec(any::<prop::sample::Index>(), 8),
        ) {
            let mut arguments = arguments;
            if gmt {
                arguments.push("\"GMT\"".to_owned());
            }
            let expression = format!("{name}({})", arguments.join(","));
            // Just before, at and after a round time of local clocks.
            let now = now / round * round - i64::from(offset) * 1_000
                + [0, 1, -1, -1_000][steps[0].index(4)];
            let (found, until) =
                held(LocalTime::new(now, offset), &expression);
            // A result without a bound holds for ever.
            let until = until.unwrap_or(now + 400 * 86_400_000);
            prop_assert!(until >= now);
            let mut times = vec![now, until - 1, until - 999, until - 1_000];
            for unit in [1, 999, 1_000, 60_000, 3_600_000, 86_400_000] {
                times.extend([now + unit, until - unit, now / unit * unit]);
                times.push((now / unit + 1) * unit);
                let local = i64::from(offset) * 1_000;
                times.push(((now + local) / unit + 1) * unit - local);
            }
            if until > now {
                let span = (until - now) as usize;
                times.extend(steps.iter().map(|s| now + s.index(span) as i64));
            }
            times.retain(|time| (now..until).contains(time));
            for time in times {
                let later = held(LocalTime::new(time, offset), &expression).0;
                prop_assert_eq!(
                    &found, &later, "{} at {} and {}", expression, now, time
                );
            }
        }
    }

    #[test]
    fn integers_as_parse_int_reads_them() {
        let text = |text: &str| leading_integer(&Value::from(text.to_owned()));
        assert_eq!(text(" 15th"), Some(15.0));
        assert_eq!(text("-3"), Some(-3.0));
        assert_eq!(text("0x1f"), Some(31.0));
        assert_eq!(text("JAN"), None);
        assert_eq!(text(""), None);
        assert_eq!(leading_integer(&Value::Number(2026.9)), Some(2026.0));
        assert_eq!(leading_integer(&Value::Undefined), None);
    }
}
