//! PAC scripts that were fetched, and the one that WPAD found.
//!
//! A script is kept as its server says (RFC 9111), within bounds of our own;
//! see [`kept`]. While it is fresh it answers. When it is not, it goes on
//! answering for a while, and one thread asks the server whether it has
//! changed; where that fails, the last good one goes on, and the trace says
//! so. Nobody asks for a script that somebody else is asking for.

mod kept;
mod page;
mod slot;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use url::Url;
use whichproxy_pac::{Limits, Pac};

use self::slot::Slot;
use crate::discovery::{Attempt, discover};
use crate::error::{Error, ErrorKind};
use crate::machine::Machine;
use crate::settings::NameSettings;
use crate::trace::Note;

/// How long a failure is remembered before it is tried again.
///
/// Source: DOTNET-PROXY (120 s for a failed auto-detection), community;
/// WinHTTP's own time is not documented.
const FAILURE_HOLD: Duration = Duration::from_secs(120);

/// So many scripts are kept: a plan names two at most, and WPAD finds some
/// more on its way.
const MOST_SCRIPTS: usize = 16;

/// What a resolver remembers. Nothing here grows with the number of URLs.
#[derive(Debug)]
pub(crate) struct Scripts {
    limits: Limits,
    slots: RwLock<Vec<Arc<Slot>>>,
    detected: RwLock<Arc<Once<Detection>>>,
}

/// A script, or why there is none, as of now.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) script: Result<Pac, Failure>,
    /// By the clock's [`elapsed`](crate::machine::Clock::elapsed), until
    /// when what it answers may be kept; `None` where that is not at all.
    pub(crate) until: Option<Duration>,
    /// How long the page was.
    bytes: usize,
    /// How it was had, as far as that is odd.
    pub(crate) notes: Vec<Note>,
}

/// A script that WPAD found, and what was asked to find it.
pub(crate) type Detected = (Script, Vec<Attempt>);

/// Why there is no answer of a script.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// As the client would report it.
    pub(crate) error: Error,
    /// What was had.
    pub(crate) had: Had,
}

/// What was had of a script that fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Had {
    /// Nothing.
    Nothing,
    /// A page that is no script.
    Page,
    /// A script.
    Script,
}

impl Failure {
    pub(crate) fn script(error: whichproxy_pac::Error) -> Failure {
        let ours = Error::new(ErrorKind::Pac, &error)
            .with_winhttp_code(error.winhttp_code())
            .with_source(error);
        Failure { error: ours, had: Had::Script }
    }
}

/// What WPAD found, and where.
#[derive(Clone, Debug)]
struct Detection {
    url: Option<Url>,
    attempts: Vec<Attempt>,
}

// What is behind the locks is whole at every moment, so a panic of another
// thread does no harm to it.

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Scripts {
    pub(crate) fn new(limits: Limits) -> Scripts {
        Scripts {
            limits,
            slots: RwLock::default(),
            detected: RwLock::default(),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn forget(&self) {
        write(&self.slots).clear();
        *write(&self.detected) = Arc::default();
    }

    /// Asks for every script that is kept and no longer fresh, and waits for
    /// them.
    pub(crate) fn refresh(&self, machine: &Machine) {
        let slots = read(&self.slots).clone();
        for slot in slots {
            slot.refresh(machine, &self.limits);
        }
    }

    /// The script at `url`.
    pub(crate) fn script(&self, url: &Url, machine: &Machine) -> Script {
        self.slot(url).script(machine, &self.limits)
    }

    /// The script at `url`, where it can answer now; nobody is waited for.
    pub(crate) fn known(
        &self,
        url: &Url,
        machine: &Machine,
    ) -> Option<Script> {
        self.slot(url).known(machine, &self.limits)
    }

    fn slot(&self, url: &Url) -> Arc<Slot> {
        let of = |slots: &[Arc<Slot>]| {
            slots.iter().find(|slot| slot.url == *url).cloned()
        };
        if let Some(slot) = of(&read(&self.slots)) {
            return slot;
        }
        let mut slots = write(&self.slots);
        // Another thread may have been first.
        if let Some(slot) = of(&slots) {
            return slot;
        }
        if slots.len() >= MOST_SCRIPTS {
            slots.remove(0);
        }
        let slot = Slot::new(url.clone());
        slots.push(Arc::clone(&slot));
        slot
    }

    /// The script that WPAD finds, and what was asked to find it.
    pub(crate) fn detect(
        &self,
        names: &NameSettings,
        machine: &Machine,
    ) -> Detected {
        let slot = Arc::clone(&read(&self.detected));
        let now = machine.clock().elapsed();
        let (detection, at) = slot.value(
            now,
            |detection| detection.url.is_none(),
            || self.search(names, machine),
        );
        let script = match &detection.url {
            Some(url) => self.script(url, machine),
            None => nothing_detected(at),
        };
        (script, detection.attempts)
    }

    /// What WPAD found, where that is known; nobody is waited for.
    pub(crate) fn known_detected(
        &self,
        machine: &Machine,
    ) -> Option<Detected> {
        let slot = Arc::clone(&read(&self.detected));
        let now = machine.clock().elapsed();
        let (detection, at) = slot.known(now, |d| d.url.is_none())?;
        let script = match &detection.url {
            Some(url) => self.known(url, machine)?,
            None => nothing_detected(at),
        };
        Some((script, detection.attempts))
    }

    fn search(&self, names: &NameSettings, machine: &Machine) -> Detection {
        // That a page which is no script is none, is inferred.
        let found = discover(machine, names, |url| {
            let found = self.script(url, machine);
            match found.script {
                Err(failure) if failure.had != Had::Script => {
                    Err(failure.error.to_string())
                }
                _ => Ok(((), format!("a script of {} bytes", found.bytes))),
            }
        });
        let url = found.found.map(|(url, ())| url);
        Detection { url, attempts: found.attempts }
    }
}

/// The failure of a search that ended at `at`.
fn nothing_detected(at: Duration) -> Script {
    // Source: WINHTTP-AUTOPROXY-OPTIONS (12180), documented.
    let error =
        Error::new(ErrorKind::Detect, "auto-detection found no script")
            .with_winhttp_code(Some(12180));
    Script {
        script: Err(Failure { error, had: Had::Nothing }),
        until: Some(at.saturating_add(FAILURE_HOLD)),
        bytes: 0,
        notes: Vec::new(),
    }
}

/// A result, made by one thread while others wait for it.
#[derive(Debug)]
struct Once<T>(RwLock<Option<(T, Duration)>>);

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once(RwLock::new(None))
    }
}

impl<T: Clone> Once<T> {
    /// The result, and when it was made, where there is one and nobody is
    /// making it.
    fn known(
        &self,
        now: Duration,
        failed: impl Fn(&T) -> bool,
    ) -> Option<(T, Duration)> {
        let made = self.0.try_read().ok()?;
        lasting(&made, now, failed)
    }

    /// The result, and when it was made.
    fn value(
        &self,
        now: Duration,
        failed: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> (T, Duration) {
        if let Some(known) = lasting(&read(&self.0), now, &failed) {
            return known;
        }
        let mut made = write(&self.0);
        // Another thread may have been first.
        if let Some(known) = lasting(&made, now, &failed) {
            return known;
        }
        let value = make();
        *made = Some((value.clone(), now));
        (value, now)
    }
}

/// A failure does not last.
fn lasting<T: Clone>(
    made: &Option<(T, Duration)>,
    now: Duration,
    failed: impl Fn(&T) -> bool,
) -> Option<(T, Duration)> {
    let (value, at) = made.as_ref()?;
    let lasts = !failed(value) || now.saturating_sub(*at) < FAILURE_HOLD;
    lasts.then(|| (value.clone(), *at))
}
