//! PAC scripts that were fetched, and the one that WPAD found.

use std::collections::HashMap;
use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
};
use std::time::Duration;

use url::Url;
use whichproxy_pac::{Limits, Pac};

use crate::discovery::{Attempt, discover};
use crate::error::{Error, ErrorKind};
use crate::machine::{Machine, Page};
use crate::settings::NameSettings;
use crate::trace::MaskedUrl;

/// How long a failure is remembered before it is tried again.
///
/// Source: DOTNET-PROXY (120 s for a failed auto-detection), community;
/// WinHTTP's own time is not documented.
const FAILURE_HOLD: Duration = Duration::from_secs(120);

/// What a resolver remembers. Nothing here grows with the number of URLs:
/// scripts are kept by address, and a plan names at most two beside WPAD's.
#[derive(Debug)]
pub(crate) struct Scripts {
    limits: Limits,
    by_url: RwLock<HashMap<Url, Arc<Slot<Script>>>>,
    detected: RwLock<Arc<Slot<Detected>>>,
}

pub(crate) type Script = Result<Pac, Failure>;
pub(crate) type Detected = (Script, Vec<Attempt>);

/// A result, made by one thread while others wait for it.
#[derive(Debug)]
struct Slot<T>(RwLock<Option<Remembered<T>>>);

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot(RwLock::new(None))
    }
}

#[derive(Debug)]
struct Remembered<T> {
    value: T,
    at: Duration,
}

/// Why there is no answer of a script.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// As the client would report it.
    pub(crate) error: Error,
    /// Whether a script was had.
    pub(crate) had_script: bool,
    /// By the clock's [`elapsed`](crate::machine::Clock::elapsed), when it
    /// is tried again; `None` where that is at once.
    pub(crate) until: Option<Duration>,
}

impl Failure {
    fn none(kind: ErrorKind, code: u32, message: String) -> Failure {
        let error = Error::new(kind, message).with_winhttp_code(Some(code));
        Failure { error, had_script: false, until: None }
    }

    pub(crate) fn script(error: whichproxy_pac::Error) -> Failure {
        let ours = Error::new(ErrorKind::Pac, &error)
            .with_winhttp_code(error.winhttp_code())
            .with_source(error);
        Failure { error: ours, had_script: true, until: None }
    }
}

/// The same, which says how long a failure is remembered.
fn held(script: Script, at: Duration) -> Script {
    let until = Some(at.saturating_add(FAILURE_HOLD));
    script.map_err(|failure| Failure { until, ..failure })
}

// What is behind the locks is whole at every moment, so a panic of another
// thread does no harm to it.

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Clone> Remembered<T> {
    /// The result and when it was made, as long as it counts.
    fn value(
        &self,
        now: Duration,
        failed: impl Fn(&T) -> bool,
    ) -> Option<(T, Duration)> {
        let age = now.saturating_sub(self.at);
        let lasts = !failed(&self.value) || age < FAILURE_HOLD;
        lasts.then(|| (self.value.clone(), self.at))
    }
}

impl<T: Clone> Slot<T> {
    /// The result, where there is one; nobody is waited for.
    fn known(
        &self,
        now: Duration,
        failed: impl Fn(&T) -> bool,
    ) -> Option<(T, Duration)> {
        let slot = match self.0.try_read() {
            Ok(slot) => slot,
            Err(TryLockError::Poisoned(slot)) => slot.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        slot.as_ref()?.value(now, failed)
    }

    /// The result, and when it was made.
    fn value(
        &self,
        now: Duration,
        failed: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> (T, Duration) {
        let known =
            |slot: &Option<Remembered<T>>| slot.as_ref()?.value(now, &failed);
        if let Some(known) = known(&read(&self.0)) {
            return known;
        }
        let mut slot = write(&self.0);
        // Another thread may have been first.
        if let Some(known) = known(&slot) {
            return known;
        }
        let value = make();
        *slot = Some(Remembered { value: value.clone(), at: now });
        (value, now)
    }
}

impl Scripts {
    pub(crate) fn new(limits: Limits) -> Scripts {
        Scripts {
            limits,
            by_url: RwLock::default(),
            detected: RwLock::default(),
        }
    }

    pub(crate) fn forget(&self) {
        write(&self.by_url).clear();
        *write(&self.detected) = Arc::default();
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The script at `url`, where it is known; nobody is waited for.
    pub(crate) fn known(
        &self,
        url: &Url,
        machine: &Machine,
    ) -> Option<Script> {
        let slot = read(&self.by_url).get(url).cloned()?;
        let now = machine.clock().elapsed();
        let (script, at) = slot.known(now, Result::is_err)?;
        Some(held(script, at))
    }

    /// The script that WPAD found, where one did; nobody is waited for.
    pub(crate) fn known_detected(
        &self,
        machine: &Machine,
    ) -> Option<Detected> {
        let slot = Arc::clone(&read(&self.detected));
        let now = machine.clock().elapsed();
        let ((script, attempts), at) =
            slot.known(now, |(script, _)| script.is_err())?;
        Some((held(script, at), attempts))
    }

    /// The script at `url`.
    pub(crate) fn script(&self, url: &Url, machine: &Machine) -> Script {
        let slot = read(&self.by_url).get(url).cloned();
        let slot = slot.unwrap_or_else(|| {
            let mut by_url = write(&self.by_url);
            Arc::clone(by_url.entry(url.clone()).or_default())
        });
        let now = machine.clock().elapsed();
        let (script, at) = slot.value(now, Result::is_err, || {
            self.read(self.fetch(url, machine)?)
        });
        held(script, at)
    }

    /// The script that WPAD finds, and what was asked to find it.
    pub(crate) fn detect(
        &self,
        names: &NameSettings,
        machine: &Machine,
    ) -> Detected {
        let slot = Arc::clone(&read(&self.detected));
        let now = machine.clock().elapsed();
        let ((script, attempts), at) = slot.value(
            now,
            |(script, _)| script.is_err(),
            || self.search(names, machine),
        );
        (held(script, at), attempts)
    }

    fn search(&self, names: &NameSettings, machine: &Machine) -> Detected {
        let found = discover(machine, names, |url| {
            let page = self.fetch(url, machine);
            let page = page.map_err(|failure| failure.error.to_string())?;
            let told = format!("a script of {} bytes", page.body.len());
            Ok((page, told))
        });
        let attempts = found.attempts;
        if let Some((_, page)) = found.found {
            return (self.read(page), attempts);
        }
        // Source: WINHTTP-AUTOPROXY-OPTIONS (12180), documented.
        let failure = Failure::none(
            ErrorKind::Detect,
            12180,
            "auto-detection found no script".to_owned(),
        );
        (Err(failure), attempts)
    }

    fn fetch(&self, url: &Url, machine: &Machine) -> Result<Page, Failure> {
        // Source: WINHTTP-AUTOPROXY-SUPPORT ("supports only "http:" and
        // "https:" PAC URLs"), documented. WinINET gave `file:` up in
        // Windows 10, documented.
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::none(
                ErrorKind::Fetch,
                12006,
                format!(
                    "`{}`: a script is fetched by http: or https: only, \
                     not by `{}:`",
                    MaskedUrl(url),
                    url.scheme()
                ),
            ));
        }
        machine.fetch().get(url, self.limits.source_bytes()).map_err(|fault| {
            // Source: WINHTTP-AUTOPROXY-OPTIONS (12167), documented.
            Failure::none(
                ErrorKind::Fetch,
                12167,
                format!("no script from `{}`: {fault}", MaskedUrl(url)),
            )
        })
    }

    fn read(&self, page: Page) -> Script {
        let charset = page.content_type.as_deref().and_then(charset);
        Pac::builder()
            .limits(self.limits.clone())
            .build_bytes(&page.body, charset)
            .map_err(Failure::script)
    }
}

/// The `charset` of a `Content-Type` header.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets() {
        let of = charset;
        assert_eq!(of("text/plain; Charset=\"UTF-16LE\""), Some("UTF-16LE"));
        assert_eq!(of("a/b;x=y; charset=latin1"), Some("latin1"));
        assert_eq!(of("charset=utf-8"), None);
        assert_eq!(of(""), None);
    }
}
