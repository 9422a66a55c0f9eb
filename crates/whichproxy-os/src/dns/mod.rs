//! The system's resolver of names.

mod ask;
mod cache;
mod flight;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use whichproxy::Family;
use whichproxy::machine::{Clock, Dns, Fault};

use self::cache::Cache;
use self::flight::{Flight, Flights};
use crate::clock::SystemClock;

/// The longest name that DNS knows, with a final dot.
const LONGEST: usize = 254;

/// An answer: addresses, none where the name does not exist.
type Answer = Result<Arc<[IpAddr]>, Fault>;

/// Who asks the system.
type Asker = dyn Fn(&str, Family) -> Result<Vec<IpAddr>, Fault> + Send + Sync;

/// The system's resolver of names: `getaddrinfo`, which honours the hosts
/// file and the system's order of addresses, with a timeout that holds.
///
/// `getaddrinfo` can't be interrupted, so it runs on threads of its own, of
/// which there are at most [`SystemDns::MOST`] at a time, those included
/// whose callers have given up; a question beyond that is a fault at once.
/// Whoever asks for a name that is being asked for waits with the others.
///
/// Answers are remembered for a while, by [`Clock::elapsed`]: addresses a
/// minute, and that there are none (or that the system could not tell)
/// ten seconds. At most 1,024 are remembered, the latest.
///
/// Clones share what is remembered and under way.
///
/// ```
/// use whichproxy::Family;
/// use whichproxy::machine::Dns;
/// use whichproxy_os::SystemDns;
/// let dns = SystemDns::new();
/// assert_eq!(
///     dns.lookup("127.0.0.1", Family::V4)?,
///     [std::net::IpAddr::from([127, 0, 0, 1])]
/// );
/// # Ok::<(), whichproxy::machine::Fault>(())
/// ```
#[derive(Clone)]
pub struct SystemDns {
    timeout: Duration,
    ages: Ages,
    clock: Arc<dyn Clock>,
    ask: Arc<Asker>,
    state: Arc<Mutex<State>>,
    /// What asynchronous lookups queue for, so that they leave places to
    /// others.
    #[cfg(feature = "tokio")]
    places: Arc<tokio::sync::Semaphore>,
}

/// How long answers count.
#[derive(Clone, Copy, Debug)]
struct Ages {
    found: Duration,
    not_found: Duration,
}

/// What clones share.
#[derive(Debug, Default)]
struct State {
    cache: Cache,
    flights: Flights,
}

/// A name in the form that all its spellings have, and a family.
type Key = (Box<str>, Family);

impl SystemDns {
    /// How long an answer is waited for by default: ours, a little longer
    /// than the 5 seconds after which a common resolver asks a second time.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// How long addresses are remembered by default. `getaddrinfo` does not
    /// tell how long they last; a minute is what browsers take then.
    ///
    /// Source: BROWSER-DNS-AGE, community.
    pub const FOUND_AGE: Duration = Duration::from_secs(60);

    /// How long it is remembered by default that a name has no addresses:
    /// ours, short enough for a person who is mending the network.
    pub const NOT_FOUND_AGE: Duration = Duration::from_secs(10);

    /// At most so many lookups are under way at a time.
    pub const MOST: usize = 64;

    /// With the default timeout and ages.
    pub fn new() -> SystemDns {
        SystemDns::with_asker(ask::addresses)
    }

    fn with_asker(
        ask: impl Fn(&str, Family) -> Result<Vec<IpAddr>, Fault>
        + Send
        + Sync
        + 'static,
    ) -> SystemDns {
        SystemDns {
            timeout: SystemDns::TIMEOUT,
            ages: Ages {
                found: SystemDns::FOUND_AGE,
                not_found: SystemDns::NOT_FOUND_AGE,
            },
            clock: Arc::new(SystemClock),
            ask: Arc::new(ask),
            state: Arc::default(),
            #[cfg(feature = "tokio")]
            places: Arc::new(tokio::sync::Semaphore::new(SystemDns::MOST / 2)),
        }
    }

    /// The same with another timeout.
    pub fn with_timeout(self, timeout: Duration) -> SystemDns {
        SystemDns { timeout, ..self }
    }

    /// The same with other ages, up to which addresses, and that there are
    /// none, are remembered; zero remembers nothing.
    pub fn with_ages(self, found: Duration, not_found: Duration) -> SystemDns {
        SystemDns { ages: Ages { found, not_found }, ..self }
    }

    /// The same with another clock, which tells how old answers are; what
    /// was remembered by the other one is not shared.
    pub fn with_clock(self, clock: impl Clock + 'static) -> SystemDns {
        let clock: Arc<dyn Clock> = Arc::new(clock);
        SystemDns { clock, state: Arc::default(), ..self }
    }

    /// How many lookups are under way, those included whose callers have
    /// given up.
    pub fn under_way(&self) -> usize {
        self.lock().flights.under_way()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer that is remembered, or the flight that brings it.
    fn begin(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Answer, Arc<Flight>> {
        // What can't be a name does not exist; `getaddrinfo` would take the
        // empty one for this machine.
        if name.is_empty() || name.len() > LONGEST || name.contains('\0') {
            return Ok(Ok(Arc::default()));
        }
        let key: Key = (name.to_ascii_lowercase().into(), family);
        let now = self.clock.elapsed();
        let mut state = self.lock();
        if let Some(known) = state.cache.find(&key, now, self.ages) {
            return Ok(known);
        }
        if let Some(flight) = state.flights.find(&key) {
            return Err(flight);
        }
        let Some(flight) = state.flights.start(&key) else {
            return Ok(Err(Fault::new(format_args!(
                "{} lookups are under way already",
                SystemDns::MOST
            ))));
        };
        drop(state);
        self.fly(key, &flight);
        Err(flight)
    }

    /// Asks on a thread of its own.
    fn fly(&self, key: Key, flight: &Arc<Flight>) {
        let landing = Landing {
            dns: self.clone(),
            key,
            flight: Arc::clone(flight),
            answer: Err(Fault::new("the lookup broke off")),
        };
        let thread = thread::Builder::new().name("whichproxy-dns".to_owned());
        let spawned = thread.spawn(move || {
            let mut landing = landing;
            let (name, family) = &landing.key;
            let found = (landing.dns.ask)(name, *family);
            landing.answer = found.map(Into::into);
        });
        // Where there is no thread, the closure was dropped, and has landed.
        drop(spawned);
    }
}

/// Ends a flight when it is dropped, whatever happened.
struct Landing {
    dns: SystemDns,
    key: Key,
    flight: Arc<Flight>,
    answer: Answer,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let Landing { dns, key, flight, answer } = self;
        let now = dns.clock.elapsed();
        let mut state = dns.lock();
        // What was begun before all was forgotten is not remembered.
        if state.flights.end(key, flight) {
            state.cache.keep(key.clone(), answer.clone(), now);
        }
        drop(state);
        flight.land(answer.clone());
    }
}

impl Default for SystemDns {
    fn default() -> SystemDns {
        SystemDns::new()
    }
}

impl fmt::Debug for SystemDns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemDns")
            .field("timeout", &self.timeout)
            .field("ages", &self.ages)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// The fault of one who has waited for so long.
pub(crate) fn no_answer(timeout: Duration) -> Fault {
    Fault::new(format_args!("no answer in {} s", timeout.as_secs_f32()))
}

impl Dns for SystemDns {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        let answer = match self.begin(name, family) {
            Ok(answer) => answer,
            Err(flight) => flight
                .wait(self.timeout)
                .unwrap_or_else(|| Err(no_answer(self.timeout))),
        };
        answer.map(|addresses| addresses.to_vec())
    }

    fn forget(&self) {
        let mut state = self.lock();
        state.cache = Cache::default();
        state.flights.forget();
    }
}

/// Holds no thread but those of [`SystemDns::MOST`], of which it takes half
/// at most: who asks beyond that, waits for a place.
#[cfg(feature = "tokio")]
impl crate::AsyncDns for SystemDns {
    fn lookup<'a>(
        &'a self,
        name: &'a str,
        family: Family,
    ) -> crate::Lookup<'a> {
        Box::pin(async move {
            let place = self.places.acquire().await;
            let answer = match self.begin(name, family) {
                Ok(answer) => answer,
                Err(flight) => {
                    let landed = flight.landed();
                    let answer = tokio::time::timeout(self.timeout, landed);
                    answer
                        .await
                        .unwrap_or_else(|_| Err(no_answer(self.timeout)))
                }
            };
            drop(place);
            answer.map(|addresses| addresses.to_vec())
        })
    }

    fn forget(&self) {
        Dns::forget(self);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Instant;

    use whichproxy::machine::SetClock;

    use super::*;

    /// Counts its questions; `gone.…` does not exist, `broken.…` is a fault.
    fn counted() -> (SystemDns, SetClock, Arc<AtomicUsize>) {
        let (clock, asked) = (SetClock::default(), Arc::default());
        let count: Arc<AtomicUsize> = Arc::clone(&asked);
        let dns = SystemDns::with_asker(move |name, _| {
            count.fetch_add(1, Ordering::SeqCst);
            match name.split('.').next() {
                Some("gone") => Ok(Vec::new()),
                Some("broken") => Err(Fault::new("no server")),
                _ => Ok(vec![[10, 0, 0, 1].into()]),
            }
        });
        (dns.with_clock(clock.clone()), clock, asked)
    }

    /// Questions that wait until the sender is dropped.
    fn stuck() -> (SystemDns, mpsc::Sender<()>, Arc<AtomicUsize>) {
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let asked: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&asked);
        let dns = SystemDns::with_asker(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = held.lock().map(|held| held.recv());
            Ok(vec![[10, 0, 0, 1].into()])
        });
        (dns, release, asked)
    }

    fn until(condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(60), "it hangs");
            thread::yield_now();
        }
    }

    #[test]
    fn hosts_and_literals() {
        let dns = SystemDns::new();
        let v4 = dns.lookup("localhost", Family::V4).unwrap();
        assert!(v4.iter().all(|a| a.is_ipv4() && a.is_loopback()), "{v4:?}");
        assert!(!v4.is_empty());
        let v6 = dns.lookup("::1", Family::V6).unwrap();
        assert_eq!(v6, [IpAddr::from(Ipv6Addr::LOCALHOST)]);
        let any = dns.lookup("127.0.0.1", Family::Any).unwrap();
        assert_eq!(any, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
    }

    #[test]
    fn what_is_no_name_does_not_exist() {
        let (dns, _, asked) = counted();
        for name in ["", "a\0b", &"a".repeat(300)] {
            assert!(dns.lookup(name, Family::Any).unwrap().is_empty());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn answers_are_remembered_until_they_are_old() {
        let (dns, clock, asked) = counted();
        for (second, name, questions) in [
            (0, "a.example", 1),
            (0, "A.Example", 1),
            (0, "gone.example", 2),
            (0, "broken.example", 3),
            (9, "gone.example", 3),
            (9, "broken.example", 3),
            (10, "gone.example", 4),
            (10, "broken.example", 5),
            (59, "a.example", 5),
            (60, "a.example", 6),
            (119, "a.example", 6),
        ] {
            let now = Duration::from_secs(second);
            clock.pass(now.saturating_sub(clock.elapsed()));
            let found = dns.lookup(name, Family::V4);
            match name.split('.').next() {
                Some("gone") => assert_eq!(found.unwrap(), [0; 0].map(v4)),
                Some("broken") => assert!(found.is_err()),
                _ => assert_eq!(found.unwrap().len(), 1),
            }
            let place = format!("{name} at {second} s");
            assert_eq!(asked.load(Ordering::SeqCst), questions, "{place}");
        }
        // Families are questions of their own.
        dns.lookup("a.example", Family::Any).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 7);
        dns.forget();
        dns.lookup("a.example", Family::V4).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 8);
        let dns = dns.with_ages(Duration::ZERO, Duration::ZERO);
        dns.lookup("a.example", Family::V4).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 9);
        assert_eq!(dns.under_way(), 0);
    }

    fn v4(_: i32) -> IpAddr {
        Ipv4Addr::LOCALHOST.into()
    }

    #[test]
    fn a_thousand_ask_once() {
        const ASKERS: usize = 1000;
        let (dns, release, asked) = stuck();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..ASKERS)
                .map(|_| {
                    let small = thread::Builder::new().stack_size(128 << 10);
                    let ask = || dns.lookup("a.example", Family::V4);
                    small.spawn_scoped(scope, ask).unwrap()
                })
                .collect();
            let key = ("a.example".into(), Family::V4);
            // The table's own, this one, the thread's, and each asker's.
            until(|| {
                let flight = dns.lock().flights.find(&key);
                flight.is_some_and(|it| Arc::strong_count(&it) >= ASKERS + 3)
            });
            drop(release);
            for thread in threads {
                assert_eq!(thread.join().unwrap().unwrap().len(), 1);
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_timeout_holds_and_those_under_way_are_counted() {
        let (dns, release, asked) = stuck();
        let impatient = dns.clone().with_timeout(Duration::ZERO);
        let ask = |number: usize| {
            impatient.lookup(&format!("h{number}"), Family::V4)
        };
        for number in 0..SystemDns::MOST {
            let fault = ask(number).unwrap_err();
            assert_eq!(fault.to_string(), "no answer in 0 s");
            assert_eq!(dns.under_way(), number + 1);
        }
        let fault = ask(SystemDns::MOST).unwrap_err();
        assert_eq!(fault.to_string(), "64 lookups are under way already");
        // Who asks again for one of them does not add to them.
        let fault = ask(0).unwrap_err();
        assert_eq!(fault.to_string(), "no answer in 0 s");
        drop(release);
        until(|| dns.under_way() == 0);
        assert_eq!(asked.load(Ordering::SeqCst), SystemDns::MOST);
        // What came too late is remembered all the same.
        assert_eq!(ask(0).unwrap().len(), 1);
        assert_eq!(asked.load(Ordering::SeqCst), SystemDns::MOST);
    }

    #[test]
    fn what_is_under_way_when_all_is_forgotten_is_not_remembered() {
        let (dns, release, asked) = stuck();
        let impatient = dns.clone().with_timeout(Duration::ZERO);
        impatient.lookup("a", Family::V4).unwrap_err();
        dns.forget();
        impatient.lookup("a", Family::V4).unwrap_err();
        assert_eq!(dns.under_way(), 2, "asked anew");
        dns.forget();
        drop(release);
        until(|| dns.under_way() == 0);
        dns.lookup("a", Family::V4).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    /// Those that are awaited queue for half of the places.
    #[cfg(feature = "tokio")]
    #[tokio::test]
    async fn awaited_lookups_wait_for_a_place() {
        use futures_util::FutureExt;

        let (dns, release, asked) = stuck();
        let names: Vec<String> = (0..200).map(|n| format!("h{n}")).collect();
        let lookups = names
            .iter()
            .map(|name| crate::AsyncDns::lookup(&dns, name, Family::V4));
        let mut all = futures_util::future::join_all(lookups);
        assert!((&mut all).now_or_never().is_none());
        assert_eq!(dns.under_way(), SystemDns::MOST / 2);
        // There is room for those who block.
        let impatient = dns.clone().with_timeout(Duration::ZERO);
        let fault = impatient.lookup("blocks", Family::V4).unwrap_err();
        assert_eq!(fault.to_string(), "no answer in 0 s");
        drop(release);
        let most = Duration::from_secs(60);
        let found = tokio::time::timeout(most, all).await.unwrap();
        assert!(found.iter().all(|found| found.as_ref().unwrap().len() == 1));
        assert_eq!(asked.load(Ordering::SeqCst), 201);
    }

    /// Nobody waits for it any more, so it does not take a place for ever.
    #[cfg(feature = "tokio")]
    #[tokio::test(start_paused = true)]
    async fn awaited_lookups_have_a_timeout() {
        let (dns, _release, _) = stuck();
        for number in 0..SystemDns::MOST {
            let name = format!("h{number}");
            let lookup = crate::AsyncDns::lookup(&dns, &name, Family::V4);
            let fault = lookup.await.unwrap_err();
            assert_eq!(fault.to_string(), "no answer in 10 s");
        }
        let lookup = crate::AsyncDns::lookup(&dns, "another", Family::V4);
        let fault = lookup.await.unwrap_err();
        assert_eq!(fault.to_string(), "64 lookups are under way already");
    }

    #[test]
    fn a_lookup_that_breaks_off_keeps_nobody_waiting() {
        let dns = SystemDns::with_asker(|_, _| panic!("on purpose"));
        let fault = dns.lookup("a", Family::V4).unwrap_err();
        assert_eq!(fault.to_string(), "the lookup broke off");
        assert_eq!(dns.under_way(), 0);
    }
}
