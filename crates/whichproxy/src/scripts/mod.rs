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
use whichproxy_pac::{Isolation, Limits, Pac};

use self::slot::Slot;
use crate::discovery::{
    Attempt, Discovery, Look, Networks, Place, discover, discover_on,
};
use crate::error::{Error, ErrorKind};
use crate::machine::{Fault, Machine};
use crate::settings::NameSettings;
use crate::trace::{MaskedUrl, Note};

/// How long a failure is remembered before it is tried again.
///
/// Source: DOTNET-PROXY (120 s for a failed auto-detection), community;
/// WinHTTP's own time is not documented.
const FAILURE_HOLD: Duration = Duration::from_secs(120);

/// So many scripts are kept: a plan names two at most, and WPAD finds some
/// more on its way.
const MOST_SCRIPTS: usize = 16;

/// How scripts are run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) isolation: Isolation,
}

/// What a resolver remembers. Nothing here grows with the number of URLs.
#[derive(Debug)]
pub(crate) struct Scripts {
    rules: Rules,
    slots: RwLock<Vec<Arc<Slot>>>,
    detected: Arc<Networks<Detection>>,
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

    /// For how long the same is to be expected, from when it failed.
    ///
    /// What a process did that somebody ended, another does not.
    pub(crate) fn hold(&self) -> Duration {
        let source = std::error::Error::source(&self.error);
        let source = source
            .and_then(|source| source.downcast_ref::<whichproxy_pac::Error>());
        match source.map(whichproxy_pac::Error::kind) {
            Some(whichproxy_pac::ErrorKind::Worker) => Duration::ZERO,
            _ => FAILURE_HOLD,
        }
    }
}

/// What WPAD found in a network, and what was asked.
#[derive(Clone, Debug)]
struct Detection {
    /// The place of the script: this network's own, since the same address
    /// may lead elsewhere in another.
    slot: Option<Arc<Slot>>,
    attempts: Vec<Attempt>,
    /// The names that were looked for.
    names: NameSettings,
}

impl Detection {
    /// How long it lasts for who looks for `names`; what was found stays
    /// while the network does.
    ///
    /// Source: WINHTTP-AUTOPROXY-CACHE, documented.
    fn hold(&self, names: &NameSettings) -> Option<Duration> {
        match &self.slot {
            _ if self.names != *names => Some(Duration::ZERO),
            Some(_) => None,
            None => Some(FAILURE_HOLD),
        }
    }
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
    pub(crate) fn new(rules: Rules) -> Scripts {
        Scripts { rules, slots: RwLock::default(), detected: Arc::default() }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn forget(&self) {
        write(&self.slots).clear();
        self.detected.forget();
    }

    /// Looks at the machine's network: whether what is kept may be of
    /// another one. Then scripts are no longer taken for fresh, nor for
    /// missing.
    pub(crate) fn look(&self, machine: &Machine) -> Result<bool, Fault> {
        let look = self.detected.look(machine)?;
        if look == Look::Same {
            return Ok(false);
        }
        let slots = self.all();
        slots.iter().for_each(|slot| slot.doubt());
        // Where nobody had looked before, nobody knows where they are from.
        Ok(look == Look::Another || !slots.is_empty())
    }

    /// Asks for every script that is kept and no longer fresh, and waits for
    /// them.
    pub(crate) fn refresh(&self, machine: &Machine) {
        for slot in self.all() {
            slot.refresh(machine, &self.rules);
        }
    }

    /// Every script that is kept, wherever its address is from.
    fn all(&self) -> Vec<Arc<Slot>> {
        let mut slots = read(&self.slots).clone();
        let places = self.detected.all();
        let found = places.iter().filter_map(|place| place.last()?.slot);
        slots.extend(found);
        slots
    }

    /// The script at `url`.
    pub(crate) fn script(&self, url: &Url, machine: &Machine) -> Script {
        self.slot(url).script(machine, &self.rules)
    }

    /// The script at `url`, where it can answer now; nobody is waited for.
    pub(crate) fn known(
        &self,
        url: &Url,
        machine: &Machine,
    ) -> Option<Script> {
        self.slot(url).known(machine, &self.rules)
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
        let (place, until) = self.detected.current(machine);
        self.look_again(&place, names, machine);
        let hold = |found: &Detection| found.hold(names);
        let (detection, at) = place.value(machine, hold, || {
            search(names, machine, &self.rules, &place)
        });
        let script = match &detection.slot {
            Some(slot) => slot.script(machine, &self.rules),
            None => nothing_detected(at),
        };
        (at_most(until, script), detection.attempts)
    }

    /// What WPAD found, where that is known; nobody is waited for.
    pub(crate) fn known_detected(
        &self,
        names: &NameSettings,
        machine: &Machine,
    ) -> Option<Detected> {
        let (place, until) = self.detected.current(machine);
        self.look_again(&place, names, machine);
        let now = machine.clock().elapsed();
        let (detection, at) = place.known(now, |it| it.hold(names))?;
        let script = match &detection.slot {
            Some(slot) => slot.known(machine, &self.rules)?,
            None => nothing_detected(at),
        };
        Some((at_most(until, script), detection.attempts))
    }

    /// Searches the machine's network now, and remembers nothing.
    pub(crate) fn discover(
        &self,
        names: &NameSettings,
        machine: &Machine,
    ) -> Discovery<Result<Pac, Error>> {
        let Discovery { attempts, found } =
            discover(machine, names, |url| offered(url, machine, &self.rules));
        let found = found.map(|(url, slot)| {
            let script = slot.script(machine, &self.rules).script;
            (url, script.map_err(|failure| failure.error))
        });
        Discovery { attempts, found }
    }

    /// Searches a network again that the machine has come back to, beside:
    /// what was found there before answers meanwhile.
    fn look_again(
        &self,
        place: &Arc<Place<Detection>>,
        names: &NameSettings,
        machine: &Machine,
    ) {
        if !place.take_returned() {
            return;
        }
        let again = {
            let (place, rules) = (Arc::clone(place), self.rules.clone());
            let (names, machine) = (names.clone(), machine.clone());
            move || {
                let found = search(&names, &machine, &rules, &place);
                place.replace(found, machine.clock().elapsed());
            }
        };
        if !slot::beside("whichproxy-wpad", again) {
            place.give_back_returned();
        }
    }
}

/// Searches a network.
fn search(
    names: &NameSettings,
    machine: &Machine,
    rules: &Rules,
    place: &Place<Detection>,
) -> Detection {
    let found = discover_on(machine, names, &place.network, |url| {
        offered(url, machine, rules)
    });
    let slot = found.found.map(|(_, slot)| slot);
    Detection { slot, attempts: found.attempts, names: names.clone() }
}

/// The script at an address that WPAD offers, and how it is told of.
fn offered(
    url: &Url,
    machine: &Machine,
    rules: &Rules,
) -> Result<(Arc<Slot>, String), String> {
    let slot = Slot::new(url.clone());
    let found = slot.script(machine, rules);
    match found.script {
        Ok(_) => Ok((slot, format!("a script of {} bytes", found.bytes))),
        // That a page which is no script is none, is inferred.
        Err(failure) => {
            let why = failure.error.to_string();
            // The question names the address already.
            let start = format!("no script from `{}`: ", MaskedUrl(url));
            let why = why.strip_prefix(&start).unwrap_or(&why).to_owned();
            match failure.had {
                Had::Script => Ok((slot, why)),
                Had::Page | Had::Nothing => Err(why),
            }
        }
    }
}

/// A script whose answers are kept no longer than until the network is
/// looked at again.
fn at_most(until: Duration, script: Script) -> Script {
    Script { until: script.until.map(|kept| kept.min(until)), ..script }
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
