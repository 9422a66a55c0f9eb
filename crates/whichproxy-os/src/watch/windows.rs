//! What Windows tells of: keys of the registry, and addresses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use whichproxy::machine::{Change, Fault};
use whichproxy::registry::{Found, Key, Registry};
use whichproxy::{Identity, Machine, Settings};

use super::{Heard, LOOK};
use crate::SystemRegistry;
use crate::platform::api::{AddressChanges, Event, wait};
use crate::platform::{Watched, watched};

/// So often at most it begins again, where keys come and go meanwhile.
const ROUNDS: usize = 8;

/// Hears of changes.
pub(super) struct Signals {
    identity: Identity,
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
    pub(super) fn new(identity: Identity) -> Result<(Signals, Stop), Fault> {
        let stop = Arc::new(Event::new()?);
        let addresses = Arc::new(Event::new()?);
        let told = AddressChanges::new(&addresses).map_err(|error| {
            Fault::new(format_args!("NotifyUnicastIpAddressChange: {error}"))
        })?;
        let signals = Signals {
            identity,
            stop: Arc::clone(&stop),
            registry: None,
            addresses,
            told,
        };
        Ok((signals, Stop(stop)))
    }

    /// Listens to all keys that are asked for settings now.
    pub(super) fn arm(&mut self) -> Result<(), Fault> {
        if self.registry.is_some() {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let event = Event::new()?;
            let keys = watched(&asked(&self.identity)?)?;
            for key in &keys {
                key.listen(&event)?;
            }
            // What came or went before it was listened to.
            let now = watched(&asked(&self.identity)?)?;
            if now.iter().eq(&keys) {
                self.registry = Some(Armed { event, _keys: keys });
                return Ok(());
            }
        }
        Err(Fault::new("the keys of the registry do not come to rest"))
    }

    /// Waits for this long at most.
    pub(super) fn wait(
        &mut self,
        most: Option<Duration>,
    ) -> Result<Heard, Fault> {
        let looks = self.told.is_none().then_some(LOOK);
        let most = match (most, looks) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let (stop, addresses) = (&*self.stop, &*self.addresses);
        let heard = match &self.registry {
            Some(armed) => wait([stop, addresses, &armed.event], most)?,
            None => wait([stop, addresses], most)?,
        };
        Ok(Heard::Changes(match heard {
            Some(0) => return Ok(Heard::Stop),
            Some(1) => vec![Change::Addresses],
            Some(_) => {
                // What has told once, tells no more.
                self.registry = None;
                vec![Change::Registry]
            }
            None if looks.is_some() => vec![Change::Addresses],
            None => Vec::new(),
        }))
    }

    /// Waits for this long; true where it is over.
    pub(super) fn settle(&mut self, time: Duration) -> Result<bool, Fault> {
        Ok(wait([&*self.stop], Some(time))?.is_some())
    }
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
