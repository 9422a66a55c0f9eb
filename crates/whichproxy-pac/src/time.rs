//! The time as a script sees it.

use std::fmt;
use std::str::FromStr;

/// A moment, and the offset of the local time zone at that moment.
///
/// `FromStr` reads RFC 3339 (`2009-03-03T03:34:01-05:00`, `…Z`), and
/// `Display` writes it; the default is the start of 1970 in UTC.
///
/// ```
/// use whichproxy_pac::LocalTime;
/// let time: LocalTime = "2009-03-03T03:34:01-05:00".parse()?;
/// assert_eq!(time.unix_milliseconds(), 1_236_069_241_000);
/// assert_eq!(time.utc_offset_seconds(), -5 * 3600);
/// assert_eq!(time.to_string(), "2009-03-03T03:34:01-05:00");
/// # Ok::<(), whichproxy_pac::LocalTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct LocalTime {
    unix_milliseconds: i64,
    utc_offset_seconds: i32,
}

impl LocalTime {
    /// A moment in milliseconds since 1970 (UTC), and the offset of local
    /// time in seconds east of Greenwich.
    ///
    /// Both are clamped to what a calendar can show: the years -9999 to
    /// 9999, and offsets of less than 26 hours.
    pub fn new(unix_milliseconds: i64, utc_offset_seconds: i32) -> LocalTime {
        let least = jiff::Timestamp::MIN.as_millisecond();
        let most = jiff::Timestamp::MAX.as_millisecond();
        LocalTime {
            unix_milliseconds: unix_milliseconds.clamp(least, most),
            utc_offset_seconds: utc_offset_seconds.clamp(-93_599, 93_599),
        }
    }

    /// Milliseconds since the start of 1970 in UTC.
    pub fn unix_milliseconds(self) -> i64 {
        self.unix_milliseconds
    }

    /// Seconds by which local time is ahead of UTC.
    pub fn utc_offset_seconds(self) -> i32 {
        self.utc_offset_seconds
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = jiff::tz::Offset::from_seconds(self.utc_offset_seconds)
            .unwrap_or(jiff::tz::Offset::UTC);
        match jiff::Timestamp::from_millisecond(self.unix_milliseconds) {
            Ok(time) => write!(f, "{}", time.display_with_offset(offset)),
            Err(_) => write!(f, "{} ms", self.unix_milliseconds),
        }
    }
}

/// A text that is not a moment in RFC 3339.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalTimeError {
    text: String,
}

impl fmt::Display for LocalTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a time with an offset, such as \
             `2026-11-22T09:30:00+01:00`",
            self.text
        )
    }
}

impl std::error::Error for LocalTimeError {}

impl FromStr for LocalTime {
    type Err = LocalTimeError;

    fn from_str(text: &str) -> Result<LocalTime, LocalTimeError> {
        let error = || LocalTimeError { text: text.to_owned() };
        let pieces =
            jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text);
        let pieces = pieces.map_err(|_| error())?;
        let time: jiff::Timestamp = text.parse().map_err(|_| error())?;
        let offset = match pieces.offset().ok_or_else(error)? {
            jiff::fmt::temporal::PiecesOffset::Numeric(offset) => {
                offset.offset().seconds()
            }
            _ => 0,
        };
        Ok(LocalTime::new(time.as_millisecond(), offset))
    }
}
