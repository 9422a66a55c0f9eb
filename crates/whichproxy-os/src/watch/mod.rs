//! Watches the machine, for resolvers that live longer than its settings.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(any(target_os = "linux", windows)), path = "elsewhere.rs")]
mod signals;

use std::fmt;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use whichproxy::machine::{Change, Fault};
use whichproxy::{Error, Identity, Resolver};

use self::signals::{Signals, Stop};

/// What could not be read or listened to is tried again this often.
///
/// Our own choice, inferred.
const AGAIN: Duration = match cfg!(test) {
    true => Duration::from_millis(50),
    false => Duration::from_secs(5),
};

/// Addresses are looked at this often where the system does not tell.
///
/// Our own choice, inferred: as often as a search by WPAD looks.
#[cfg(not(target_os = "linux"))]
const LOOK: Duration = Duration::from_secs(5);

/// What is told in this time is one change: `netsh` and group policies write
/// several values, and an address comes in several steps.
///
/// Our own choice, inferred: shorter than a person notices.
const SETTLE: Duration = Duration::from_millis(100);

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
/// | addresses | Windows (`NotifyUnicastIpAddressChange`), Linux (`rtnetlink`); elsewhere, and under Wine, they are looked at every five seconds |
///
/// What changes within a tenth of a second is one change. Nothing is watched
/// of what a machine does not have of this process's: an export of a registry
/// stays what it is.
///
/// While it lives, keys of the registry are open, those of the account whose
/// settings they are among them.
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
/// A child that a process forks has no such thread.
pub struct Watch {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch, for `resolver`.
    ///
    /// `told` is told, on the thread that watches, of each change that the
    /// resolver goes by from now on, and of what could not be read or
    /// listened to: once, though it is tried again every five seconds. The
    /// resolver goes on as it was meanwhile.
    ///
    /// # Errors
    ///
    /// When the system lets nobody listen, or has no thread.
    pub fn new(
        resolver: &Resolver,
        told: impl FnMut(Result<Change, Fault>) + Send + 'static,
    ) -> Result<Watch, Fault> {
        let identity = resolver.plan().identity().clone();
        let resolver = resolver.clone();
        Watch::start(identity, move |change| resolver.changed(change), told)
    }

    /// Begins to watch the addresses, and the settings of `identity`.
    pub(crate) fn start(
        identity: Identity,
        changed: impl FnMut(Change) -> Result<bool, Error> + Send + 'static,
        told: impl FnMut(Result<Change, Fault>) + Send + 'static,
    ) -> Result<Watch, Fault> {
        let (signals, stop) = Signals::new(identity)?;
        let mut watching =
            Watching { signals, changed, told, fault: None, due: Vec::new() };
        let thread = thread::Builder::new().name("whichproxy-watch".into());
        let thread = thread.spawn(move || watching.run())?;
        Ok(Watch { stop, thread: Some(thread) })
    }
}

impl Drop for Watch {
    /// Waits for the thread, unless this is it.
    fn drop(&mut self) {
        self.stop.stop();
        let Some(watching) = self.thread.take() else { return };
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
    /// Goes on until it is over, or nothing can be waited for.
    fn run(&mut self) {
        // The resolver may be older than this.
        self.due = vec![Change::Registry, Change::Addresses];
        let mut first = true;
        loop {
            let due = std::mem::take(&mut self.due);
            let mut faults = Vec::new();
            // First listen, then look: so nothing is missed between.
            if let Err(fault) = self.signals.arm() {
                faults.push(fault);
                self.due.push(Change::Registry);
            }
            for change in due {
                match (self.changed)(change) {
                    // That nobody had looked before is no change.
                    Ok(true) if !first || change == Change::Registry => {
                        (self.told)(Ok(change));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        faults.push(Fault::new(error));
                        self.due.push(change);
                    }
                }
            }
            first = false;
            let most = (!faults.is_empty()).then_some(AGAIN);
            self.tell(faults);
            let heard = self.signals.wait(most);
            match heard.and_then(|heard| self.settled(heard)) {
                Ok(Heard::Stop) => return,
                Ok(Heard::Changes(changes)) => self.due.extend(changes),
                Err(fault) => return (self.told)(Err(fault)),
            }
            self.due.sort_by_key(|change| *change != Change::Registry);
            self.due.dedup();
        }
    }

    /// Lets what follows a change come, too.
    fn settled(&mut self, heard: Heard) -> Result<Heard, Fault> {
        let over = match &heard {
            Heard::Stop => false,
            Heard::Changes(changes) if changes.is_empty() => false,
            Heard::Changes(_) => self.signals.settle(SETTLE)?,
        };
        Ok(if over { Heard::Stop } else { heard })
    }

    /// Tells of faults, unless it has told of the same.
    fn tell(&mut self, faults: Vec<Fault>) {
        let all: Vec<String> = faults.iter().map(Fault::to_string).collect();
        let fault = (!all.is_empty()).then(|| all.join("; "));
        if fault != self.fault {
            faults.into_iter().for_each(|fault| (self.told)(Err(fault)));
            self.fault = fault;
        }
    }
}

#[cfg(test)]
mod tests;
