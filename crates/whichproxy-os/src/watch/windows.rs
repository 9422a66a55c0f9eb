//! What Windows tells of: keys of the registry, and addresses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use whichproxy::machine::{Change, Fault};
use whichproxy::registry::{Found, Key, Registry};
use whichproxy::{Identity, Machine, Settings};

use super::Heard;
use crate::SystemRegistry;
use crate::platform::api::{AddressChanges, Event, wait};
use crate::platform::{Watched, watched};

/// So often at most it begins again, where keys come and go meanwhile.
const ROUNDS: usize = 8;

/// Hears of changes.
pub(super) struct Signals {
    /// Whose settings are listened to.
    identity: Option<Identity>,
    stop: Arc<Event>,
    registry: Option<Armed>,
    addresses: Arc<Event>,
    /// Whether Windows tells of those.
    told: Option<AddressChanges>,
}

/// Keys that are listened to, once.
struct Armed {
    /// Set by the first change.
    event: Event,
    /// Open for as long as they are listened to.
    _keys: Vec<Watched>,
}

/// Ends the hearing.
pub(super) struct Stop(Arc<Event>);

impl Stop {
    pub(super) fn stop(&self) {
        // It is open, and so it can be set.
        let _ = self.0.set();
    }
}

impl Signals {
    pub(super) fn new(
        identity: Option<Identity>,
    ) -> Result<(Signals, Stop), Fault> {
        let stop = Arc::new(Event::new()?);
        let addresses = Arc::new(Event::new()?);
        let told = told_of(&addresses)?;
        let signals = Signals {
            identity,
            stop: Arc::clone(&stop),
            registry: None,
            addresses,
            told,
        };
        Ok((signals, Stop(stop)))
    }

    /// Listens anew, where that broke.
    pub(super) fn renew(&mut self) -> Result<(), Fault> {
        self.registry = None;
        // First the old one ends.
        self.told = None;
        self.addresses = Arc::new(Event::new()?);
        self.told = told_of(&self.addresses)?;
        Ok(())
    }

    pub(super) fn tells_of_addresses(&self) -> bool {
        self.told.is_some()
    }

    /// Listens to all keys that are asked for settings now.
    pub(super) fn arm(&mut self) -> Result<(), Fault> {
        let Some(identity) = &self.identity else { return Ok(()) };
        if self.registry.is_some() {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let event = Event::new()?;
            let keys = watched(&asked(identity)?)?;
            let mut all = true;
            for key in &keys {
                all &= key.listen(&event)?;
            }
            // What came or went before it was listened to.
            let now = watched(&asked(identity)?)?;
            if all && now.iter().eq(&keys) {
                self.registry = Some(Armed { event, _keys: keys });
                return Ok(());
            }
        }
        Err(Fault::new("the keys of the registry do not come to rest"))
    }

    /// Waits for this long at most.
    pub(super) fn wait(&mut self, most: Duration) -> Result<Heard, Fault> {
        let (stop, addresses) = (&*self.stop, &*self.addresses);
        let heard = match &self.registry {
            Some(armed) => wait([stop, addresses, &armed.event], Some(most))?,
            None => wait([stop, addresses], Some(most))?,
        };
        let mut changes = Vec::new();
        let registry = match (heard, &self.registry) {
            (None, _) => false,
            (Some(0), _) => return Ok(Heard::Stop),
            (Some(1), armed) => {
                changes.push(Change::Addresses);
                // Addresses that come and go do not hide it.
                let now = Some(Duration::ZERO);
                match armed {
                    Some(armed) => wait([&armed.event], now)?.is_some(),
                    None => false,
                }
            }
            (Some(_), _) => true,
        };
        if registry {
            // What has told once, tells no more.
            self.registry = None;
            changes.push(Change::Registry);
        }
        Ok(Heard::Changes(changes))
    }

    /// Waits for this long; true where it is over.
    pub(super) fn settle(&mut self, time: Duration) -> Result<bool, Fault> {
        Ok(wait([&*self.stop], Some(time))?.is_some())
    }
}

/// Has `event` set when addresses change, where Windows tells of those.
fn told_of(event: &Arc<Event>) -> Result<Option<AddressChanges>, Fault> {
    AddressChanges::new(event).map_err(|error| {
        Fault::new(format_args!("NotifyUnicastIpAddressChange: {error}"))
    })
}

/// The keys that are asked for the settings of an account.
fn asked(identity: &Identity) -> Result<Vec<Key>, Fault> {
    let noting = Noting::default();
    let machine = Machine::offline().with_registry(noting.clone());
    Settings::read(&machine, identity).map_err(Fault::new)?;
    Ok(std::mem::take(&mut noting.keys()))
}

/// The registry of this computer, which notes what it is asked for.
#[derive(Clone, Debug, Default)]
struct Noting(Arc<Mutex<Vec<Key>>>);

impl Noting {
    fn keys(&self) -> MutexGuard<'_, Vec<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, key: &Key) {
        let mut keys = self.keys();
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
}

impl Registry for Noting {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        self.note(key);
        SystemRegistry.value(key, name)
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        self.note(key);
        SystemRegistry.subkeys(key)
    }
}
