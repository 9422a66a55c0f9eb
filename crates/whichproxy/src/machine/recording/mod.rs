//! Recordings: everything that was asked of a machine, and what it said.

mod disguise;
mod file;
mod recorder;
mod secret;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use url::Url;
use whichproxy_pac::{Family, LocalTime};

pub use self::disguise::Disguise;
pub use self::recorder::Recorder;
use super::memory::{canonical, within};
use super::{
    Dhcp, DhcpAnswer, Dns, Fault, Fetch, FixedClock, Interface, Interfaces,
    Machine, Page, Suffixes,
};
use crate::error::{Error, ErrorKind};
use crate::registry::{Found, Key, Registry, Tree};

/// Everything that was asked of a machine, with its answers, as one file.
///
/// A [`Recorder`] makes it; [`Recording::machine`] answers as that machine
/// did, anywhere. What was not asked then is a fault now, never a guess.
/// User names and passwords before an `@` are masked where they are written
/// down, so that they are in no recording.
///
/// ```
/// use whichproxy::machine::{Machine, Names, Recorder, Recording};
/// use whichproxy::{Client, Resolver};
/// let machine = Machine::offline().with_env("http_proxy", "proxy:8080");
/// let recorder = Recorder::new(machine);
/// let resolver = Resolver::new(Client::Environment, recorder.machine())?;
/// let before = resolver.resolve_text("http://www.example.com/")?;
/// let text = recorder.recording().to_toml();
///
/// let machine = Recording::parse(&text, "machine.toml")?.machine();
/// let resolver = Resolver::new(Client::Environment, machine)?;
/// let again = resolver.resolve_text("http://www.example.com/")?;
/// assert_eq!(again.routes(), before.routes());
/// # Ok::<(), whichproxy::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recording {
    now: LocalTime,
    env: BTreeMap<String, String>,
    /// Keys of which values or the keys under them were asked for, as they
    /// are shown, in upper case.
    keys: BTreeSet<String>,
    tree: Tree,
    key_faults: BTreeMap<String, String>,
    interfaces: Option<Said<Vec<Interface>>>,
    addresses: Option<Said<Vec<IpAddr>>>,
    suffixes: Option<Said<Suffixes>>,
    names: BTreeMap<(String, Family), Said<Vec<IpAddr>>>,
    leases: BTreeMap<String, Said<DhcpAnswer>>,
    pages: BTreeMap<Url, Said<Page>>,
    /// More was asked than is kept.
    incomplete: bool,
}

/// An answer, or the fault in its words.
type Said<T> = Result<T, String>;

impl Recording {
    /// Reads the text of a recording; `name` is the file's, for messages.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Recording`] when it is none, or one of a later version;
    /// the message names the line.
    pub fn parse(text: &str, name: &str) -> Result<Recording, Error> {
        file::read(text, name)
    }

    /// The recording as TOML, which [`Recording::parse`] reads back.
    pub fn to_toml(&self) -> String {
        file::write(self)
    }

    /// Whether more was asked than a recording keeps, so that not every
    /// answer is in it.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// The time of the first question.
    pub fn now(&self) -> LocalTime {
        self.now
    }

    /// What of the registry was asked for.
    pub fn registry(&self) -> &Tree {
        &self.tree
    }

    /// The machine's own addresses, as they were told, or of its interfaces.
    pub fn own_addresses(&self) -> Vec<IpAddr> {
        match (&self.addresses, &self.interfaces) {
            (Some(Ok(addresses)), _) if !addresses.is_empty() => {
                addresses.clone()
            }
            (_, Some(Ok(interfaces))) => {
                let all = interfaces.iter().flat_map(|i| &i.addresses);
                all.copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The suffixes, where they were told.
    pub fn suffixes(&self) -> Option<&Suffixes> {
        self.suffixes.as_ref()?.as_ref().ok()
    }

    /// What DHCP offered as option 252.
    pub fn wpad_options(&self) -> impl Iterator<Item = &[u8]> {
        let answers = self.leases.values().flatten();
        answers.flat_map(|answer| &answer.offers).map(|offer| &*offer.option)
    }

    /// The names that were resolved; one stands here for each family.
    pub fn names(&self) -> impl Iterator<Item = (&str, &[IpAddr])> {
        self.names.iter().filter_map(|((name, _), said)| {
            Some((name.as_str(), said.as_deref().ok()?))
        })
    }

    /// The pages that were fetched.
    pub fn pages(&self) -> impl Iterator<Item = (&Url, &Page)> {
        self.pages
            .iter()
            .filter_map(|(url, said)| Some((url, said.as_ref().ok()?)))
    }

    /// The recording with other names in place of private ones: those that
    /// were asked for and those in scripts, settings and `named`, such as
    /// the URLs that were asked about.
    ///
    /// Scripts have no comments then. They are taken for JavaScript and not
    /// understood, so that it is for the caller to see that the answers are
    /// the same, but for their names ([`Disguise::text`]).
    ///
    /// ```
    /// use whichproxy::machine::{Machine, Recorder};
    /// use whichproxy::{Client, Resolver};
    /// let machine = Machine::offline().with_env("http_proxy", "gw.corp.example");
    /// let recorder = Recorder::new(machine);
    /// let resolver = Resolver::new(Client::Environment, recorder.machine())?;
    /// resolver.resolve_text("http://wiki.corp.example/")?;
    /// let (recording, disguise) =
    ///     recorder.recording().disguised(&["http://wiki.corp.example/"]);
    /// assert!(!recording.to_toml().contains("corp"));
    /// assert_eq!(disguise.text("http://wiki.corp.example/").len(), 25);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn disguised(&self, named: &[&str]) -> (Recording, Disguise) {
        let disguise = Disguise::new(self, named);
        (disguise.recording(self), disguise)
    }

    /// A machine that answers as the recorded one did.
    ///
    /// Its clock stands still at the time of the first question.
    pub fn machine(&self) -> Machine {
        let recorded = Recorded(Arc::new(self.clone()));
        let mut machine = Machine::offline()
            .with_registry(recorded.clone())
            .with_dns(recorded.clone())
            .with_dhcp(recorded.clone())
            .with_fetch(recorded.clone())
            .with_interfaces(recorded)
            .with_clock(FixedClock::new(self.now));
        for (name, value) in &self.env {
            machine = machine.with_env(name, value);
        }
        machine
    }
}

/// How keys are found again.
fn name_of(key: &Key) -> String {
    key.to_string().to_uppercase()
}

/// A page without its fragment, which is never sent, and without a password.
fn page_key(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    let masked = secret::hidden(url.as_str()).parse();
    masked.unwrap_or(url)
}

/// The borders of a recording.
#[derive(Clone)]
struct Recorded(Arc<Recording>);

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorded")
    }
}

fn answer<T: Clone>(said: Option<&Said<T>>) -> Result<T, Fault> {
    match said {
        Some(Ok(answer)) => Ok(answer.clone()),
        Some(Err(fault)) => Err(Fault::new(fault)),
        None => Err(Fault::new("it is not in the recording")),
    }
}

impl Recorded {
    fn asked(&self, key: &Key) -> Result<(), Fault> {
        let name = name_of(key);
        match self.0.key_faults.get(&name) {
            Some(fault) => Err(Fault::new(fault)),
            None if self.0.keys.contains(&name) => Ok(()),
            None => Err(Fault::new("it is not in the recording")),
        }
    }
}

impl Registry for Recorded {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        self.asked(key)?;
        self.0.tree.value(key, name)
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        self.asked(key)?;
        self.0.tree.subkeys(key)
    }
}

impl Dns for Recorded {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        answer(self.0.names.get(&(canonical(name), family)))
    }
}

impl Dhcp for Recorded {
    fn wpad_option(&self, interface: &Interface) -> Result<DhcpAnswer, Fault> {
        answer(self.0.leases.get(&interface.name))
    }
}

impl Fetch for Recorded {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        let page = answer(self.0.pages.get(&page_key(url)))?;
        within(limit, &page).map(|()| page)
    }
}

impl Interfaces for Recorded {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        answer(self.0.interfaces.as_ref())
    }

    fn addresses(&self) -> Result<Vec<IpAddr>, Fault> {
        answer(self.0.addresses.as_ref())
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        answer(self.0.suffixes.as_ref())
    }
}

/// An error of a recording's text.
fn bad(name: &str, what: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Recording, format_args!("{name}: {what}"))
}
