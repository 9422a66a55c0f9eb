//! What was found, network by network.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use super::network::{Identity, Network};
use crate::machine::{Fault, Machine};

/// Whether the network is another one is looked at this often.
///
/// Our own choice, inferred: an answer is never older than the network by
/// more than a person waits for, and looking costs next to nothing then.
pub(crate) const CHECK: Duration = Duration::from_secs(5);

/// So many networks are remembered: office, home, and some on the way.
const MOST: usize = 8;

/// What was found in each network that the machine was in lately.
#[derive(Debug)]
pub(crate) struct Networks<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    /// When the network was looked at last.
    looked: Option<Duration>,
    /// The one that the machine is in is the last.
    places: Vec<Arc<Place<T>>>,
    /// The network that was seen last, by whomever.
    seen: Option<Identity>,
    /// Whether that has become another one since somebody was told.
    moved: bool,
}

/// What comes of a look at the network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Look {
    /// Nobody had looked before.
    First,
    /// It is the one that was there when somebody looked last.
    Same,
    /// It is another one, or has been meanwhile.
    Another,
}

/// A network, and what was found in it.
#[derive(Debug)]
pub(crate) struct Place<T> {
    pub(crate) network: Network,
    identity: Identity,
    found: RwLock<Option<(T, Duration)>>,
    /// Held by who searches.
    searching: Mutex<()>,
    /// Whether the machine has been elsewhere since that was found.
    returned: AtomicBool,
}

impl<T> Default for Networks<T> {
    fn default() -> Networks<T> {
        Networks(Mutex::new(State {
            looked: None,
            places: Vec::new(),
            seen: None,
            moved: false,
        }))
    }
}

impl<T> Networks<T> {
    /// The network that the machine is in, and until when (by the clock's
    /// [`elapsed`](crate::machine::Clock::elapsed)) nobody looks again.
    pub(crate) fn current(
        &self,
        machine: &Machine,
    ) -> (Arc<Place<T>>, Duration) {
        let mut state = self.lock();
        let now = machine.clock().elapsed();
        let looked = state.looked.map(|at| at.saturating_add(CHECK));
        if let (Some(until), Some(place)) = (looked, state.places.last())
            && now < until
        {
            return (Arc::clone(place), until);
        }
        let place = state.look(Network::of(machine), now);
        (place, now.saturating_add(CHECK))
    }

    /// Looks at the network now: whether it is another than when this was
    /// asked last, whoever else has looked meanwhile.
    ///
    /// # Errors
    ///
    /// When the interfaces can't be had: then nothing is known to have
    /// changed.
    pub(crate) fn look(&self, machine: &Machine) -> Result<Look, Fault> {
        let mut state = self.lock();
        let network = Network::of(machine);
        if let Some(fault) = network.fault {
            return Err(fault);
        }
        let first = state.seen.is_none();
        state.look(network, machine.clock().elapsed());
        Ok(match (first, std::mem::take(&mut state.moved)) {
            (true, _) => Look::First,
            (false, true) => Look::Another,
            (false, false) => Look::Same,
        })
    }

    /// Forgets all networks, but not which one was seen last.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.looked = None;
        state.places.clear();
    }

    /// What was found, network by network.
    pub(crate) fn all(&self) -> Vec<Arc<Place<T>>> {
        self.lock().places.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// The network that the machine is in, which becomes the last.
    fn look(&mut self, network: Network, now: Duration) -> Arc<Place<T>> {
        self.looked = Some(now);
        // Where the system does not tell, nothing is known to have changed.
        if network.fault.is_some()
            && let Some(place) = self.places.last()
        {
            return Arc::clone(place);
        }
        let identity = network.identity();
        if network.fault.is_none() {
            match &self.seen {
                Some(seen) if identity.may_be(seen) => {}
                Some(_) => {
                    self.moved = true;
                    self.seen = Some(identity.clone());
                }
                None => self.seen = Some(identity.clone()),
            }
        }
        let may_be = |place: &Arc<Place<T>>| identity.may_be(&place.identity);
        let known = self.places.iter().rposition(may_be);
        let place = match known {
            Some(at) => {
                let last = at + 1 == self.places.len();
                let place = self.places.remove(at);
                if !last {
                    place.returned.store(true, Ordering::Release);
                }
                place
            }
            None => Arc::new(Place {
                network,
                identity,
                found: RwLock::new(None),
                searching: Mutex::new(()),
                returned: AtomicBool::new(false),
            }),
        };
        if self.places.len() >= MOST {
            self.places.remove(0);
        }
        self.places.push(Arc::clone(&place));
        place
    }
}

impl<T: Clone> Place<T> {
    /// What was found and when, where that lasts; `hold` says how long it
    /// does.
    pub(crate) fn known(
        &self,
        now: Duration,
        hold: impl Fn(&T) -> Option<Duration>,
    ) -> Option<(T, Duration)> {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        lasting(&found, now, hold)
    }

    /// What was found and when; searched for by one caller where there is
    /// nothing that lasts, while others wait.
    pub(crate) fn value(
        &self,
        machine: &Machine,
        hold: impl Fn(&T) -> Option<Duration>,
        search: impl FnOnce() -> T,
    ) -> (T, Duration) {
        let now = machine.clock().elapsed();
        {
            let found =
                self.found.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = lasting(&found, now, &hold) {
                return known;
            }
        }
        let searching = self.searching.lock();
        let _searching = searching.unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been first.
        let now = machine.clock().elapsed();
        {
            let found =
                self.found.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = lasting(&found, now, &hold) {
                return known;
            }
        }
        // Before: the machine may be elsewhere, and come back, meanwhile.
        self.returned.store(false, Ordering::Release);
        let value = search();
        let at = machine.clock().elapsed();
        self.replace(value.clone(), at);
        (value, at)
    }

    /// What was found last; nobody is waited for who searches.
    pub(crate) fn last(&self) -> Option<T> {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        found.as_ref().map(|(value, _)| value.clone())
    }

    /// Whether what was found before the machine was elsewhere is to be
    /// searched for again; true for one caller.
    pub(crate) fn take_returned(&self) -> bool {
        self.returned.swap(false, Ordering::AcqRel)
    }

    /// What [`take_returned`](Place::take_returned) said is to be done by
    /// another.
    pub(crate) fn give_back_returned(&self) {
        self.returned.store(true, Ordering::Release);
    }

    /// What another search found.
    pub(crate) fn replace(&self, value: T, at: Duration) {
        let mut found =
            self.found.write().unwrap_or_else(PoisonError::into_inner);
        *found = Some((value, at));
    }
}

fn lasting<T: Clone>(
    found: &Option<(T, Duration)>,
    now: Duration,
    hold: impl Fn(&T) -> Option<Duration>,
) -> Option<(T, Duration)> {
    let (value, at) = found.as_ref()?;
    let lasts = hold(value).is_none_or(|hold| now.saturating_sub(*at) < hold);
    lasts.then(|| (value.clone(), *at))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::IpAddr;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::machine::{Fault, Interface, Interfaces, SetClock, Suffixes};

    /// Interfaces that are changed by hand.
    #[derive(Clone, Debug)]
    struct Wire(Arc<(Mutex<Result<u8, Fault>>, AtomicUsize)>);

    impl Wire {
        fn plug(&self, into: Result<u8, Fault>) {
            *self.0.0.lock().unwrap() = into;
        }
    }

    impl Interfaces for Wire {
        fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
            self.0.1.fetch_add(1, Ordering::Relaxed);
            let number = self.0.0.lock().unwrap().clone()?;
            Ok(vec![Interface {
                name: "eth0".to_owned(),
                addresses: vec![IpAddr::from([10, 0, 0, number])],
                suffix: None,
            }])
        }

        fn suffixes(&self) -> Result<Suffixes, Fault> {
            Ok(Suffixes::default())
        }
    }

    fn wire() -> (Wire, SetClock, Machine) {
        let wire = Wire(Arc::new((Mutex::new(Ok(1)), AtomicUsize::new(0))));
        let clock = SetClock::default();
        let machine = Machine::offline()
            .with_interfaces(wire.clone())
            .with_clock(clock.clone());
        (wire, clock, machine)
    }

    fn found(networks: &Networks<u8>, machine: &Machine, new: u8) -> u8 {
        let (place, _) = networks.current(machine);
        place.value(machine, |_| None, || new).0
    }

    #[test]
    fn each_network_has_its_own() {
        let (wire, clock, machine) = wire();
        let networks = Networks::default();
        assert_eq!(found(&networks, &machine, 11), 11);
        assert_eq!(found(&networks, &machine, 12), 11);
        wire.plug(Ok(2));
        // Nobody looks so soon.
        assert_eq!(found(&networks, &machine, 22), 11);
        clock.pass(CHECK);
        assert_eq!(found(&networks, &machine, 22), 22);
        assert!(!networks.current(&machine).0.take_returned());
        // Back again: known at once, and to be looked at again.
        wire.plug(Ok(1));
        clock.pass(CHECK);
        assert_eq!(found(&networks, &machine, 13), 11);
        let (place, _) = networks.current(&machine);
        assert!(place.take_returned());
        assert!(!place.take_returned());
        clock.pass(CHECK);
        assert!(!networks.current(&machine).0.take_returned());
        // A fault is no change.
        wire.plug(Err(Fault::new("ouch")));
        clock.pass(CHECK);
        assert_eq!(found(&networks, &machine, 14), 11);
        networks.forget();
        assert_eq!(found(&networks, &machine, 33), 33);
    }

    #[test]
    fn networks_are_bounded_and_looked_at_seldom() {
        let (wire, clock, machine) = wire();
        let networks = Networks::default();
        for number in 1..=20 {
            wire.plug(Ok(number));
            for _ in 0..100 {
                found(&networks, &machine, number);
            }
            clock.pass(CHECK);
        }
        assert_eq!(networks.all().len(), MOST);
        assert_eq!(wire.0.1.load(Ordering::Relaxed), 20);
        // The latest are known, the first is not.
        wire.plug(Ok(13));
        assert_eq!(found(&networks, &machine, 99), 13);
        clock.pass(CHECK);
        wire.plug(Ok(1));
        assert_eq!(found(&networks, &machine, 99), 99);
    }

    #[test]
    fn what_does_not_last_is_searched_for_again() {
        let (_, clock, machine) = wire();
        let place = Networks::default().current(&machine).0;
        let searches = Cell::new(0);
        let ask = || {
            let search = || searches.replace(searches.get() + 1);
            let hold = |_: &u8| Some(Duration::from_secs(120));
            place.value(&machine, hold, search).0
        };
        assert_eq!((ask(), ask()), (0, 0));
        clock.pass(Duration::from_secs(119));
        assert_eq!(ask(), 0);
        clock.pass(Duration::from_secs(1));
        assert_eq!(ask(), 1);
    }
}
