//! The place of one script: one thread asks for it, and others wait or go
//! on with what there is.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError, RwLock};
use std::thread;

use url::Url;

use super::kept::{Kept, Standing, Times};
use super::page::{fetch, load, remarks};
use super::{Failure, Rules, Script, read, write};
use crate::machine::{Caching, Fetched, Machine, Page};

/// So many threads ask for scripts, beside lookups, at a time, in all of the
/// process. What is not asked for then is asked for by a later lookup.
const BESIDE_MOST: usize = 8;

/// How many do.
static BESIDE: AtomicUsize = AtomicUsize::new(0);

/// The place of the script at one address.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) url: Url,
    kept: RwLock<Option<Arc<Kept>>>,
    /// Whether somebody asks for it.
    asked: Mutex<bool>,
    /// Told when somebody has.
    told: Condvar,
    /// How often it was doubted.
    doubts: AtomicUsize,
}

/// The right to ask, until it is dropped.
struct Turn(Arc<Slot>);

impl Drop for Turn {
    fn drop(&mut self) {
        let Turn(slot) = self;
        *slot.asked.lock().unwrap_or_else(PoisonError::into_inner) = false;
        slot.told.notify_all();
    }
}

impl Slot {
    pub(super) fn new(url: Url) -> Arc<Slot> {
        Arc::new(Slot {
            url,
            kept: RwLock::default(),
            asked: Mutex::default(),
            told: Condvar::new(),
            doubts: AtomicUsize::new(0),
        })
    }

    /// The script. Where it is not known, or has to be confirmed first, the
    /// caller asks for it, or waits for who does.
    pub(super) fn script(
        self: &Arc<Slot>,
        machine: &Machine,
        rules: &Rules,
    ) -> Script {
        loop {
            if let Some(script) = self.known(machine, rules) {
                return script;
            }
            let Some(turn) = self.turn_or_wait() else { continue };
            // Another may have been first.
            let now = machine.clock().elapsed();
            let kept = match self.kept() {
                Some(kept) if kept.standing(now) != Standing::Expired => kept,
                before => turn.ask(before, machine, rules),
            };
            drop(turn);
            return kept.script(&self.url, machine.clock().elapsed());
        }
    }

    /// The script, where it can answer now. Nobody is waited for; where it
    /// is no longer fresh, it is asked for beside.
    pub(super) fn known(
        self: &Arc<Slot>,
        machine: &Machine,
        rules: &Rules,
    ) -> Option<Script> {
        let kept = self.kept()?;
        let now = machine.clock().elapsed();
        match kept.standing(now) {
            Standing::Fresh(_) => {}
            Standing::Stale => self.ask_beside(machine, rules),
            Standing::Expired => return None,
        }
        Some(kept.script(&self.url, now))
    }

    /// Asks for the script if it is no longer fresh, and waits for that,
    /// whoever asks.
    pub(super) fn refresh(self: &Arc<Slot>, machine: &Machine, rules: &Rules) {
        loop {
            let Some(turn) = self.turn_or_wait() else { continue };
            let now = machine.clock().elapsed();
            if let Some(kept) = self.kept()
                && !matches!(kept.standing(now), Standing::Fresh(_))
            {
                turn.ask(Some(kept), machine, rules);
            }
            return;
        }
    }

    /// Takes the script no longer for fresh, nor for missing.
    pub(super) fn doubt(&self) {
        let mut kept = write(&self.kept);
        self.doubts.fetch_add(1, Ordering::AcqRel);
        *kept = kept.take().map(|kept| Arc::new(kept.doubted()));
    }

    fn kept(&self) -> Option<Arc<Kept>> {
        read(&self.kept).clone()
    }

    /// The right to ask; `None` after having waited for another who had it.
    fn turn_or_wait(self: &Arc<Slot>) -> Option<Turn> {
        let mut asked =
            self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !*asked {
            *asked = true;
            return Some(Turn(Arc::clone(self)));
        }
        while *asked {
            // However long it takes, `Fetch` bounds it.
            asked =
                self.told.wait(asked).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Asks on a thread of its own, unless somebody does already or there
    /// are too many.
    fn ask_beside(self: &Arc<Slot>, machine: &Machine, rules: &Rules) {
        let turn = {
            let mut asked =
                self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if *asked {
                return;
            }
            *asked = true;
            Turn(Arc::clone(self))
        };
        let (machine, rules) = (machine.clone(), rules.clone());
        let ask = move || {
            let now = machine.clock().elapsed();
            // Another may have been first.
            if let Some(kept) = turn.0.kept()
                && kept.standing(now) == Standing::Stale
            {
                turn.ask(Some(kept), &machine, &rules);
            }
        };
        // Where there are no threads, a later lookup waits for the script.
        beside("whichproxy-script", ask);
    }
}

/// Does `work` on a thread of its own; false where there are too many, or
/// none to be had, and it was not done.
pub(super) fn beside(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> bool {
    let Some(place) = Place::take() else { return false };
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned = thread.spawn(move || {
        let _place = place;
        work();
    });
    spawned.is_ok()
}

impl Turn {
    /// Asks for the script, and keeps what comes of it.
    fn ask(
        &self,
        before: Option<Arc<Kept>>,
        machine: &Machine,
        rules: &Rules,
    ) -> Arc<Kept> {
        let Turn(slot) = self;
        let url = &slot.url;
        let good = before.as_deref().filter(|kept| kept.script.is_ok());
        let clock = machine.clock();
        let doubts = slot.doubts.load(Ordering::Acquire);
        let asked = clock.elapsed();
        let fetched = fetch(url, machine, rules, good.map(|k| &k.caching));
        let seconds = clock.now().unix_milliseconds() / 1000;
        let times = Times {
            asked,
            came: clock.elapsed(),
            received: u64::try_from(seconds).unwrap_or(0),
        };
        let kept = match (fetched, good) {
            (Err(failure), _) => {
                Kept::new(Err(failure), Caching::default(), times)
            }
            (Ok(Fetched::Unchanged(newer)), Some(kept)) => {
                let caching = kept.caching.clone().confirmed(newer);
                Kept {
                    digest: kept.digest,
                    bytes: kept.bytes,
                    remarks: kept.remarks.clone(),
                    ..Kept::new(kept.script.clone(), caching, times)
                }
            }
            (Ok(Fetched::Unchanged(newer)), None) => {
                let message = "unchanged, which was not asked";
                Kept::new(Err(Failure::fetch(url, message)), newer, times)
            }
            (Ok(Fetched::Page(page)), _) => {
                let digest = digest(&page);
                // The same bytes are not read again.
                let same = good.filter(|kept| kept.digest == digest);
                let script = match same {
                    Some(kept) => kept.script.clone(),
                    None => load(url, &page, rules),
                };
                let remarks = remarks(url, &page);
                let bytes = page.body.len();
                let kept = Kept::new(script, page.caching, times);
                Kept { digest, bytes, remarks, ..kept }
            }
        };
        let kept = match &before {
            Some(before) => before.followed_by(kept, times.came),
            None => kept,
        };
        let mut place = write(&slot.kept);
        // Whoever doubts it while it comes, doubts what comes.
        let kept = match slot.doubts.load(Ordering::Acquire) == doubts {
            true => Arc::new(kept),
            false => Arc::new(kept.doubted()),
        };
        *place = Some(Arc::clone(&kept));
        kept
    }
}

/// A place among the threads that ask beside.
struct Place;

impl Place {
    fn take() -> Option<Place> {
        let more = |count| (count < BESIDE_MOST).then_some(count + 1);
        BESIDE
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .ok()
            .map(|_| Place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        BESIDE.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Bytes and charset of a page in short. Whoever serves it can't know the
/// keys of the hash.
fn digest(page: &Page) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one((&page.body, page.charset()))
}
