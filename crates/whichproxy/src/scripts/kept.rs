//! A script that is kept, and for how long.

use std::fmt;
use std::time::Duration;

use url::Url;
use whichproxy_pac::Pac;

use super::{FAILURE_HOLD, Failure, Script};
use crate::machine::Caching;
use crate::trace::{MaskedUrl, Note};

/// A script is kept for so long, whatever its server says, so that nobody
/// hammers a server.
///
/// Source: WINE-PAC-CACHE (60 s), community; WinHTTP's own time is not
/// documented.
pub(super) const LEAST: Duration = Duration::from_secs(60);

/// A script is asked for again after so long, whatever its server says.
///
/// Our own choice, inferred: a script that somebody made fresh for a year by
/// mistake can be mended within a day.
pub(super) const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// For how long a script is fresh of which nothing is said at all.
///
/// Our own choice, inferred.
pub(super) const UNSAID: Duration = Duration::from_secs(10 * 60);

/// For how long a script that is no longer fresh answers while it is asked
/// for. After that, or where its server forbids it, lookups wait for the
/// server.
///
/// Our own choice, inferred.
pub(super) const GRACE: Duration = Duration::from_secs(60 * 60);

/// For how long a script goes on that can't be had again, from when its
/// server last confirmed it.
///
/// Our own choice, inferred: longer than a weekend.
pub(super) const LAST_GOOD: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A script as it was had last, or why it was not.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The script that answers.
    pub(super) script: Result<Pac, Failure>,
    /// What its server said of keeping it.
    pub(super) caching: Caching,
    /// The bytes it was made of, in short.
    pub(super) digest: u64,
    /// How many there were.
    pub(super) bytes: usize,
    /// Remarks on how it was had.
    pub(super) remarks: Vec<String>,
    /// When it was asked for, or confirmed, last.
    pub(super) confirmed: Duration,
    /// When it is no longer fresh.
    pub(super) until: Duration,
    /// Why it could not be had again, and when that was.
    pub(super) trouble: Option<(String, Duration)>,
    /// Whether it may be another by now, however fresh.
    pub(super) doubted: bool,
}

/// What is to be done with a script at some moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// It answers until then.
    Fresh(Duration),
    /// It answers, and is to be asked for meanwhile.
    Stale,
    /// It is to be asked for first.
    Expired,
}

/// When a script was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When it was asked for.
    pub(super) asked: Duration,
    /// When it came.
    pub(super) came: Duration,
    /// What the wall clock showed then, in seconds since 1970.
    pub(super) received: u64,
}

impl Times {
    /// When a script is no longer fresh of which this was said.
    fn fresh_until(self, caching: &Caching) -> Duration {
        let lifetime = caching.lifetime(self.received).unwrap_or(UNSAID);
        let until = self.asked.saturating_add(lifetime.min(MOST));
        // From when it came: that may have taken longer.
        until.max(self.came.saturating_add(LEAST))
    }
}

impl Kept {
    pub(super) fn new(
        script: Result<Pac, Failure>,
        caching: Caching,
        times: Times,
    ) -> Kept {
        let until = match &script {
            Ok(_) => times.fresh_until(&caching),
            Err(failure) => times.came.saturating_add(failure.hold()),
        };
        Kept {
            script,
            caching,
            digest: 0,
            bytes: 0,
            remarks: Vec::new(),
            confirmed: times.asked,
            until,
            trouble: None,
            doubted: false,
        }
    }

    pub(super) fn standing(&self, now: Duration) -> Standing {
        if now < self.until && !self.doubted {
            return Standing::Fresh(self.until);
        }
        if self.script.is_err() {
            return Standing::Expired;
        }
        let end = self.confirmed.saturating_add(LAST_GOOD);
        if now >= end.max(self.until) {
            return Standing::Expired;
        }
        if let Some((_, tried)) = &self.trouble {
            let again = tried.saturating_add(FAILURE_HOLD).min(end);
            return match now < again && !self.doubted {
                true => Standing::Fresh(again),
                false => Standing::Stale,
            };
        }
        let waits = self.caching.must_be_confirmed();
        match !waits && now < self.until.saturating_add(GRACE) {
            true => Standing::Stale,
            false => Standing::Expired,
        }
    }

    /// The script as a walk through a plan wants it.
    pub(super) fn script(&self, url: &Url, now: Duration) -> Script {
        let standing = self.standing(now);
        let mut notes: Vec<Note> =
            self.remarks.iter().map(Note::text).collect();
        let age = Age(now.saturating_sub(self.confirmed));
        if let (Ok(_), Some((why, _))) = (&self.script, &self.trouble) {
            notes.push(Note::text(format_args!(
                "the last good script, {age} old, goes on, since there is \
                 no other: {why}"
            )));
        } else if self.script.is_ok() && standing == Standing::Stale {
            notes.push(Note::text(format_args!(
                "the script is {age} old, and `{}` is being asked for it \
                 again",
                MaskedUrl(url)
            )));
        }
        let until = match standing {
            Standing::Fresh(until) => Some(until),
            Standing::Stale | Standing::Expired => None,
        };
        Script { script: self.script.clone(), until, bytes: self.bytes, notes }
    }

    /// The same, which is asked for again when it is wanted next.
    pub(super) fn doubted(&self) -> Kept {
        Kept { doubted: true, ..self.clone() }
    }

    /// What is kept when asking again brought `newer`.
    ///
    /// Where that failed, the last good script goes on for as long as it
    /// may.
    pub(super) fn followed_by(&self, newer: Kept, now: Duration) -> Kept {
        let good = self.script.is_ok()
            && now < self.confirmed.saturating_add(LAST_GOOD);
        match &newer.script {
            Err(failure) if good => {
                let trouble = Some((failure.error.to_string(), now));
                // What was doubted, is fresh no longer.
                let until = match self.doubted {
                    true => self.until.min(now),
                    false => self.until,
                };
                Kept { trouble, doubted: false, until, ..self.clone() }
            }
            _ => newer,
        }
    }
}

/// A stretch of time, for people: two of its units at most.
struct Age(Duration);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (minutes, hours) = (seconds / 60, seconds / 3600);
        match (hours / 24, hours, minutes) {
            (0, 0, 0) => write!(f, "{seconds} s"),
            (0, 0, _) => write!(f, "{minutes} min {} s", seconds % 60),
            (0, _, _) => write!(f, "{hours} h {} min", minutes % 60),
            (days, ..) => write!(f, "{days} d {} h", hours % 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn kept(headers: &[(&str, &str)]) -> Kept {
        let caching = Caching::from_headers(headers.iter().copied());
        let at = seconds(1000);
        let times = Times { asked: at, came: at, received: 0 };
        Kept::new(Ok(Pac::new("").unwrap()), caching, times)
    }

    #[test]
    fn standings() {
        let day = 24 * 60 * 60;
        let control = |value| [("Cache-Control", value)];
        // Headers; fresh until; answers until, when it waits.
        for (headers, fresh, stale) in [
            (&[][..], 600, 600 + 3600),
            (&control("max-age=90"), 90, 90 + 3600),
            (&control("max-age=0"), 60, 60 + 3600),
            (&control("no-cache"), 60, 60),
            (&control("no-store"), 60, 60),
            (&control("max-age=90, must-revalidate"), 90, 90),
            (&control("max-age=31536000"), day, day + 3600),
        ] {
            let kept = kept(headers);
            let standing = |age| kept.standing(seconds(1000 + age));
            let until = Standing::Fresh(seconds(1000 + fresh));
            assert_eq!(standing(0), until, "{headers:?}");
            assert_eq!(standing(fresh - 1), until, "{headers:?}");
            if stale > fresh {
                assert_eq!(standing(fresh), Standing::Stale, "{headers:?}");
                assert_eq!(standing(stale - 1), Standing::Stale);
            }
            assert_eq!(standing(stale), Standing::Expired, "{headers:?}");
        }
    }

    #[test]
    fn the_last_good_one_goes_on_for_a_week() {
        let good = kept(&[]);
        let failed = || {
            let url = Url::parse("http://a/").unwrap();
            let failure = Failure::fetch(&url, "ouch");
            Kept { script: Err(failure), ..kept(&[]) }
        };
        let end = 1000 + LAST_GOOD.as_secs();
        let tried = seconds(2000);
        let went_on = good.followed_by(failed(), tried);
        let (why, at) = went_on.trouble.clone().unwrap();
        assert_eq!(
            (why.as_str(), at),
            ("no script from `http://a/`: ouch", tried)
        );
        let standing = |now| went_on.standing(seconds(now));
        assert_eq!(standing(2001), Standing::Fresh(seconds(2120)));
        assert_eq!(standing(2120), Standing::Stale);
        assert_eq!(standing(end - 1), Standing::Stale);
        assert_eq!(standing(end), Standing::Expired);
        // One that was doubted is tried again as soon, however fresh it was.
        let day = kept(&[("Cache-Control", "max-age=86400")]);
        let went_on = day.doubted().followed_by(failed(), tried);
        let standing = |now| went_on.standing(seconds(now));
        assert_eq!(standing(2001), Standing::Fresh(seconds(2120)));
        assert_eq!(standing(2120), Standing::Stale);
        // Nobody is told to keep an answer for longer.
        let late = good.followed_by(failed(), seconds(end - 1));
        assert_eq!(
            late.standing(seconds(end - 1)),
            Standing::Fresh(seconds(end))
        );
        assert!(good.followed_by(failed(), seconds(end)).script.is_err());
        // A good one ends the trouble.
        let went_on = good.followed_by(failed(), tried);
        let better = went_on.followed_by(kept(&[]), tried);
        assert!(better.trouble.is_none());
    }

    #[test]
    fn a_slow_server_is_not_asked_at_once_again() {
        let caching = Caching::from_headers([("Cache-Control", "max-age=9")]);
        let (asked, came) = (seconds(0), seconds(50));
        let times = Times { asked, came, received: 0 };
        assert_eq!(times.fresh_until(&caching), seconds(110));
    }

    #[test]
    fn ages() {
        for (age, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3600, "1 h 0 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(Age(seconds(age)).to_string(), text);
        }
    }
}
