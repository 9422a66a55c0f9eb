//! Writes down what a machine is asked.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;
use whichproxy_pac::{Family, LocalTime};

use super::super::{
    Caching, Clock, Dhcp, DhcpAnswer, Dns, Fault, Fetch, Fetched, Interface,
    Interfaces, Machine, Page, Suffixes,
};
use super::secret::{hidden, hide, page, without_secrets};
use super::{Recording, Said, canonical, name_of, page_key};
use crate::registry::{Found, Key, Registry, Value};

/// How many answers of each kind are kept, and how many bytes of pages.
const MOST: usize = 16_384;
const PAGES_MOST: usize = 64 << 20;

/// Writes down everything that a machine is asked, and what it says.
///
/// [`Recorder::machine`] is to be asked in place of the machine; then
/// [`Recorder::recording`] has it all. See [`Recording`] for an example.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    machine: Machine,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recording: Recording,
    /// When the clock was asked first.
    began: Option<LocalTime>,
    page_bytes: usize,
}

impl Recorder {
    /// A recorder that has written nothing down yet but the variables that
    /// name proxies. Of the others, those are that a value refers to.
    pub fn new(machine: Machine) -> Recorder {
        let mut state = State::default();
        // Of a process' environment, much is nobody's business.
        for (name, value) in machine.env() {
            if name.to_lowercase().ends_with("_proxy") {
                let value = hidden(value).into_owned();
                state.recording.env.insert(name.clone(), value);
            }
        }
        Recorder { inner: Arc::new(Inner { machine, state: state.into() }) }
    }

    /// A machine that asks the first one, and is written down.
    pub fn machine(&self) -> Machine {
        let mut machine = Machine::offline()
            .with_registry(self.clone())
            .with_dns(self.clone())
            .with_dhcp(self.clone())
            .with_fetch(self.clone())
            .with_interfaces(self.clone())
            .with_clock(self.clone());
        for (name, value) in self.inner.machine.env() {
            machine = machine.with_env(name, value);
        }
        machine
    }

    /// What was written down until now.
    pub fn recording(&self) -> Recording {
        // A script may not have asked for the time.
        let now = self.now();
        let state = self.lock();
        let now = state.began.unwrap_or(now);
        Recording { now, ..state.recording.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer as it is written down.
fn said<T, U>(
    answer: Result<&T, &Fault>,
    as_kept: impl FnOnce(&T) -> U,
) -> Said<U> {
    match answer {
        Ok(answer) => Ok(as_kept(answer)),
        Err(fault) => Err(hidden(&fault.to_string()).into_owned()),
    }
}

/// Keeps an answer, where there are not too many of its kind.
fn keep<K: Ord, V>(
    kept: &mut BTreeMap<K, V>,
    incomplete: &mut bool,
    key: K,
    answer: V,
) {
    match kept.len() < MOST {
        true => _ = kept.insert(key, answer),
        false => *incomplete = true,
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { machine, .. } = &*self.inner;
        f.debug_struct("Recorder")
            .field("machine", machine)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    fn asked_key(&self, key: &Key, fault: Option<&Fault>) {
        let name = name_of(key);
        let mut state = self.lock();
        let recording = &mut state.recording;
        if recording.keys.len() >= MOST && !recording.keys.contains(&name) {
            recording.incomplete = true;
            return;
        }
        if let Some(fault) = fault {
            let fault = hidden(&fault.to_string()).into_owned();
            recording.key_faults.insert(name.clone(), fault);
        }
        recording.keys.insert(name);
    }

    /// Writes down the variables that a value refers to, as `%NAME%`.
    fn variables(&self, value: &Value) {
        let Value::ExpandString(text) = value else { return };
        let mut state = self.lock();
        for (name, value) in self.inner.machine.env() {
            // Any text between two signs may be a name.
            let is_it = |part: &str| part.eq_ignore_ascii_case(name);
            if text.split('%').any(is_it) {
                let value = hidden(value).into_owned();
                state.recording.env.insert(name.clone(), value);
            }
        }
    }

    fn page(&self, url: &Url, answer: Result<&Page, &Fault>) {
        let mut state = self.lock();
        let bytes = answer.map_or(0, |page| page.body.len());
        state.page_bytes = state.page_bytes.saturating_add(bytes);
        let is_much = state.page_bytes > PAGES_MOST;
        let Recording { pages, incomplete, .. } = &mut state.recording;
        if is_much {
            *incomplete = true;
            return;
        }
        let said = said(answer, |found| Page {
            body: page(&found.body),
            content_type: found.content_type.clone(),
            caching: Caching::default(),
        });
        keep(pages, incomplete, page_key(url), said);
    }
}

impl Registry for Recorder {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        let found = self.inner.machine.registry().value(key, name);
        self.asked_key(key, found.as_ref().err());
        if let Ok(Some(Found { value, .. })) = &found {
            self.variables(value);
            let value = without_secrets(value.clone());
            let tree = &mut self.lock().recording.tree;
            tree.insert_value(key, name, value, None);
        }
        found
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        let found = self.inner.machine.registry().subkeys(key);
        self.asked_key(key, found.as_ref().err());
        let mut state = self.lock();
        for name in found.iter().flatten().take(MOST) {
            state.recording.tree.insert_key(&key.join(name));
        }
        drop(state);
        found
    }

    fn is_live(&self) -> bool {
        self.inner.machine.registry().is_live()
    }
}

impl Dns for Recorder {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        let answer = self.inner.machine.dns().lookup(name, family);
        let said = said(answer.as_ref(), Vec::clone);
        let Recording { names, incomplete, .. } = &mut self.lock().recording;
        keep(names, incomplete, (canonical(name), family), said);
        answer
    }

    fn forget(&self) {
        self.inner.machine.dns().forget();
    }
}

impl Dhcp for Recorder {
    fn wpad_option(&self, interface: &Interface) -> Result<DhcpAnswer, Fault> {
        let answer = self.inner.machine.dhcp().wpad_option(interface);
        let said = said(answer.as_ref(), |answer| {
            let mut answer = answer.clone();
            for offer in &mut answer.offers {
                hide(&mut offer.option);
            }
            answer
        });
        let Recording { leases, incomplete, .. } = &mut self.lock().recording;
        keep(leases, incomplete, interface.name.clone(), said);
        answer
    }
}

impl Fetch for Recorder {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        let answer = self.inner.machine.fetch().get(url, limit);
        self.page(url, answer.as_ref());
        answer
    }

    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        let fetch = self.inner.machine.fetch();
        let answer = fetch.get_if_changed(url, limit, known);
        match &answer {
            Ok(Fetched::Page(page)) => self.page(url, Ok(page)),
            // It is written down already.
            Ok(Fetched::Unchanged(_)) => {}
            Err(fault) => self.page(url, Err(fault)),
        }
        answer
    }
}

impl Interfaces for Recorder {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        let answer = self.inner.machine.interfaces().interfaces();
        let said = said(answer.as_ref(), Vec::clone);
        self.lock().recording.interfaces = Some(said);
        answer
    }

    fn addresses(&self) -> Result<Vec<IpAddr>, Fault> {
        let answer = self.inner.machine.interfaces().addresses();
        let said = said(answer.as_ref(), Vec::clone);
        self.lock().recording.addresses = Some(said);
        answer
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        let answer = self.inner.machine.interfaces().suffixes();
        let said = said(answer.as_ref(), Suffixes::clone);
        self.lock().recording.suffixes = Some(said);
        answer
    }
}

impl Clock for Recorder {
    /// The first time that was told is the time of the recording.
    fn now(&self) -> LocalTime {
        let now = self.inner.machine.clock().now();
        self.lock().began.get_or_insert(now);
        now
    }

    fn elapsed(&self) -> Duration {
        self.inner.machine.clock().elapsed()
    }
}
