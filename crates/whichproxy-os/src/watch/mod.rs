//! Watches the machine, for resolvers that live longer than its settings.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(any(target_os = "linux", windows)), path = "elsewhere.rs")]
mod signals;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use whichproxy::machine::{Change, Fault};
use whichproxy::{Error, Identity, Resolver};

use self::signals::{Signals, Stop};

/// What could not be read or listened to is tried again this often.
///
/// Our own choice, inferred.
const AGAIN: Duration = seconds(5);

/// The network is looked at this often where the system does not tell of
/// addresses.
///
/// Our own choice, inferred: as often as a search by WPAD looks.
const LOOK: Duration = seconds(5);

/// The network is looked at this often where the system does: the suffixes of
/// names are part of it, and of those nobody tells.
///
/// Our own choice, inferred.
const SELDOM: Duration = seconds(30);

/// What is told in this time is one change: `netsh` and group policies write
/// several values, and an address comes in several steps.
///
/// Our own choice, inferred: shorter than a person notices.
const SETTLE: Duration = Duration::from_millis(100);

/// So many seconds, which tests do not wait for.
const fn seconds(seconds: u64) -> Duration {
    match cfg!(test) {
        true => Duration::from_millis(10 * seconds),
        false => Duration::from_secs(seconds),
    }
}

/// A thread that watches this machine and tells a [`Resolver`] what has
/// changed, until it is dropped.
///
/// A resolver reads the settings once, when it is made. One that lives for
/// long wants to know when somebody else sets them, or the machine moves to
/// another network: then it goes by what is so now, and forgets what it knew
/// (see [`Resolver::changed`]). Clones of it do the same.
///
/// | | told by |
/// | --- | --- |
/// | registry | Windows (`RegNotifyChangeKeyValue`): each key that was asked for a setting, and where there is none, the next key above that exists |
/// | addresses | Windows (`NotifyUnicastIpAddressChange`), Linux (`rtnetlink`); elsewhere, under Wine, and where Linux lets nobody listen, they are looked at every five seconds |
/// | suffixes of names | nobody: they are looked at with the addresses, every half minute at least |
///
/// What changes within a tenth of a second is one change. Nothing is watched
/// of what a machine does not have of this process's: an export of a registry
/// stays what it is.
///
/// While it lives, keys of the registry are open, those of the account whose
/// settings they are among them. It ends by itself where `told` panics, and
/// at nothing else: what it hears by is made anew where it breaks.
///
/// ```
/// use whichproxy::{Client, Resolver};
/// use whichproxy_os::Watch;
/// let resolver = Resolver::new(Client::Environment, whichproxy_os::machine())?;
/// let watch = Watch::new(&resolver, |told| match told {
///     Ok(change) => println!("another answer may come of: {change}"),
///     Err(fault) => eprintln!("{fault}"),
/// })?;
/// // Here a program goes on, and asks `resolver` now and then.
/// drop(watch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// To drop it waits for `told` where that is being told, unless `told` itself
/// drops it: whoever holds a lock that `told` takes, drops it afterwards.
/// Nothing is told after that. A child that a process forks has no such
/// thread, and drops nothing but its own copy.
pub struct Watch {
    end: Arc<End>,
    thread: Option<JoinHandle<()>>,
    /// The process that has the thread.
    process: u32,
}

/// Says that it is over.
struct End {
    over: AtomicBool,
    /// Wakes who hears.
    stop: Stop,
}

impl Watch {
    /// Begins to watch, for `resolver`.
    ///
    /// `told` is told, on the thread that watches, of each change that the
    /// resolver goes by from now on, whoever else tells the resolver; and of
    /// what could not be read or listened to: once, though it is tried again
    /// every five seconds. The resolver goes on as it was meanwhile.
    ///
    /// An `AsyncResolver` has a method for this.
    ///
    /// # Errors
    ///
    /// When the system has no event or no thread to give.
    pub fn new(
        resolver: &Resolver,
        told: impl FnMut(Result<Change, Fault>) + Send + 'static,
    ) -> Result<Watch, Fault> {
        let changing = resolver.clone();
        let changed = move |change| changing.changed(change);
        Watch::with(resolver, changed, told)
    }

    /// Begins to watch, for what `changed` tells `resolver` by.
    pub(crate) fn with(
        resolver: &Resolver,
        mut changed: impl FnMut(Change) -> Result<bool, Error> + Send + 'static,
        told: impl FnMut(Result<Change, Fault>) + Send + 'static,
    ) -> Result<Watch, Fault> {
        let live = resolver.machine().registry().is_live();
        let identity = live.then(|| resolver.plan().identity().clone());
        let resolver = resolver.clone();
        let mut registry = resolver.changes(Change::Registry);
        let mut addresses = resolver.changes(Change::Addresses);
        let changed = move |change| {
            changed(change)?;
            // Another watch may have been first.
            let seen = match change {
                Change::Registry => &mut registry,
                _ => &mut addresses,
            };
            let now = resolver.changes(change);
            Ok(std::mem::replace(seen, now) != now)
        };
        Watch::start(identity, changed, told)
    }

    /// Begins to watch the addresses, and the settings of `identity`.
    fn start(
        identity: Option<Identity>,
        changed: impl FnMut(Change) -> Result<bool, Error> + Send + 'static,
        told: impl FnMut(Result<Change, Fault>) + Send + 'static,
    ) -> Result<Watch, Fault> {
        let (signals, stop) = Signals::new(identity)?;
        let end = Arc::new(End { over: AtomicBool::new(false), stop });
        let mut watching = Watching {
            signals,
            changed,
            told,
            end: Arc::clone(&end),
            fault: None,
            // The resolver may be older than this.
            due: vec![Change::Registry, Change::Addresses],
        };
        let thread = thread::Builder::new().name("whichproxy-watch".into());
        let thread = thread.spawn(move || watching.run())?;
        let process = std::process::id();
        Ok(Watch { end, thread: Some(thread), process })
    }

    /// Ends it as to drop it does, but waits for nothing: what is being told
    /// at this moment, may be told to the end.
    ///
    /// ```
    /// # use whichproxy::{Client, Machine, Resolver};
    /// # let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// let watch = whichproxy_os::Watch::new(&resolver, |told| drop(told))?;
    /// watch.end();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn end(mut self) {
        self.say_it_is_over();
    }

    /// Gives the thread, which knows that it is over.
    fn say_it_is_over(&mut self) -> Option<JoinHandle<()>> {
        let watching = self.thread.take()?;
        if self.process != std::process::id() {
            // The thread is the other process's, and so is what it hears.
            std::mem::forget(watching);
            return None;
        }
        self.end.over.store(true, Ordering::Release);
        self.end.stop.stop();
        watching.thread().unpark();
        Some(watching)
    }
}

impl Drop for Watch {
    /// Waits for the thread, unless this is it.
    fn drop(&mut self) {
        let Some(watching) = self.say_it_is_over() else { return };
        if watching.thread().id() != thread::current().id() {
            // What it panicked of has been told by it.
            let _ = watching.join();
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// What was heard.
enum Heard {
    /// It is over.
    Stop,
    /// These may have changed; nothing, where no more was waited for.
    Changes(Vec<Change>),
}

/// The thread that watches.
struct Watching<C, T> {
    signals: Signals,
    changed: C,
    told: T,
    end: Arc<End>,
    /// What was told last, unless all has gone well since.
    fault: Option<String>,
    /// What may have changed and has not been gone by yet.
    due: Vec<Change>,
}

impl<C, T> Watching<C, T>
where
    C: FnMut(Change) -> Result<bool, Error>,
    T: FnMut(Result<Change, Fault>),
{
    /// Goes on until it is over.
    fn run(&mut self) {
        let mut broken = None;
        while !self.is_over() {
            let mut faults: Vec<Fault> = broken.iter().cloned().collect();
            // First listen, then look: so nothing is missed between.
            let due = std::mem::take(&mut self.due);
            if let Err(fault) = self.signals.arm() {
                faults.push(fault);
                self.due.push(Change::Registry);
            }
            for change in due {
                if self.is_over() {
                    return;
                }
                match (self.changed)(change) {
                    Ok(true) => self.tell(Ok(change)),
                    Ok(false) => {}
                    Err(error) => {
                        faults.push(Fault::new(error));
                        self.due.push(change);
                    }
                }
            }
            let well = faults.is_empty();
            self.tell_of(faults);
            let heard = match broken.take() {
                None => self.hear(well),
                Some(_) => {
                    // What it would be woken by is broken, too, perhaps.
                    thread::park_timeout(AGAIN);
                    // Nothing was heard until it is renewed.
                    let all = vec![Change::Registry, Change::Addresses];
                    self.signals.renew().map(|()| Heard::Changes(all))
                }
            };
            match heard {
                Ok(Heard::Stop) => return,
                Ok(Heard::Changes(changes)) if changes.is_empty() => {
                    self.due.push(Change::Addresses);
                }
                Ok(Heard::Changes(changes)) => self.due.extend(changes),
                Err(fault) => broken = Some(fault),
            }
            self.due.sort_by_key(|change| *change != Change::Registry);
            self.due.dedup();
        }
    }

    fn is_over(&self) -> bool {
        self.end.over.load(Ordering::Acquire)
    }

    /// Waits for something to be told, and lets what follows it come, too.
    fn hear(&mut self, well: bool) -> Result<Heard, Fault> {
        let look = match self.signals.tells_of_addresses() {
            true => SELDOM,
            false => LOOK,
        };
        let most = if well { look } else { AGAIN };
        let heard = self.signals.wait(most)?;
        let over = match &heard {
            Heard::Stop => false,
            Heard::Changes(changes) if changes.is_empty() => false,
            Heard::Changes(_) => self.signals.settle(SETTLE)?,
        };
        Ok(if over { Heard::Stop } else { heard })
    }

    /// Tells it, unless it is over.
    fn tell(&mut self, told: Result<Change, Fault>) {
        if !self.is_over() {
            (self.told)(told);
        }
    }

    /// Tells of faults, each once, unless it has told of the same.
    fn tell_of(&mut self, faults: Vec<Fault>) {
        let mut texts: Vec<String> = Vec::new();
        for text in faults.iter().map(Fault::to_string) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let fault = (!texts.is_empty()).then(|| texts.join("; "));
        if fault != self.fault {
            for text in texts {
                self.tell(Err(Fault::new(text)));
            }
            self.fault = fault;
        }
    }
}

#[cfg(test)]
mod tests;
