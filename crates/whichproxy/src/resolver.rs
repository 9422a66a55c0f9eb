//! Carries out a plan for a URL.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rayon::prelude::*;
use url::Url;
use whichproxy_pac::{Isolation, Limits, Pac, host_as_written};

use crate::answers::Answers;
use crate::client::Client;
use crate::discovery::Discovery;
use crate::error::{Error, ErrorKind};
use crate::inquiry::Inquiry;
use crate::machine::{Change, Machine};
use crate::plan::Plan;
use crate::resolution::Resolution;
use crate::scripts::{Rules, Scripts};
use crate::settings::{Settings, masked};
use crate::supply::{AtOnce, Supply};
use crate::walk::{Halt, Walked, walk};

/// Answers which proxy one client on one machine would use, and why.
///
/// Cheap to clone; clones share what was discovered and fetched, and answers
/// that were given before, each kept by exactly what it depends on.
///
/// ```
/// use whichproxy::registry::{Key, Tree, Value};
/// use whichproxy::{Client, Machine, Resolver};
/// let key = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
/// let registry = Tree::new().with(
///     &Key::local_machine(key),
///     "TelemetryProxyServer",
///     Value::String("10.0.0.6:8080".to_owned()),
/// );
/// let machine = Machine::offline().with_registry(registry);
/// let resolver = Resolver::new(Client::DefenderEdr, machine)?;
/// let url = "https://winatp-gw-eus.microsoft.com/".parse()?;
/// let resolution = resolver.resolve(&url)?;
/// assert_eq!(
///     resolution.routes().to_string(),
///     "PROXY 10.0.0.6:8080; DIRECT"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Resolver {
    plan: Arc<Followed>,
    machine: Machine,
    scripts: Arc<Scripts>,
    /// `None` where no answers are kept.
    answers: Option<Arc<Answers>>,
}

/// The plan that a resolver and its clones follow.
struct Followed {
    plan: RwLock<Arc<Plan>>,
    /// The name of the reading that was asked for; of none, it is the best
    /// founded.
    reading: Option<&'static str>,
    /// Held by who replaces the plan, from before the settings are read, so
    /// that the latest reading stands.
    changing: Mutex<()>,
    /// How often the registry has changed, and the addresses.
    changes: [AtomicU64; 2],
}

impl Followed {
    fn new(plan: Arc<Plan>, reading: Option<&'static str>) -> Arc<Followed> {
        Arc::new(Followed {
            plan: RwLock::new(plan),
            reading,
            changing: Mutex::default(),
            changes: Default::default(),
        })
    }

    /// The same plan, for who is on his own from now on.
    fn copy(&self) -> Arc<Followed> {
        Followed::new(self.plan(), self.reading)
    }

    /// How often it has changed so.
    fn changes(&self, change: Change) -> &AtomicU64 {
        let [registry, addresses] = &self.changes;
        match change {
            Change::Registry => registry,
            Change::Addresses => addresses,
        }
    }

    fn plan(&self) -> Arc<Plan> {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&plan)
    }
}

impl Resolver {
    /// Reads the settings of `machine` for the account that `client` runs
    /// as, and follows the best founded plan.
    ///
    /// # Errors
    ///
    /// When the registry can't be read.
    pub fn new(client: Client, machine: Machine) -> Result<Resolver, Error> {
        let settings = Settings::read(&machine, &client.identity())?;
        let plan = Arc::new(Plan::new(client, &settings));
        Ok(Resolver::following(Followed::new(plan, None), machine))
    }

    /// Follows `plan` on `machine`; where the settings change, by the same
    /// reading whenever they allow it.
    pub fn with_plan(plan: Plan, machine: Machine) -> Resolver {
        let reading = Some(plan.reading().name);
        let plan = Followed::new(Arc::new(plan), reading);
        Resolver::following(plan, machine)
    }

    fn following(plan: Arc<Followed>, machine: Machine) -> Resolver {
        Resolver {
            plan,
            machine,
            scripts: Arc::new(Scripts::new(Rules::default())),
            answers: Some(Arc::new(Answers::new())),
        }
    }

    /// The same resolver with other limits on PAC scripts, and nothing
    /// remembered.
    pub fn with_limits(self, limits: Limits) -> Resolver {
        let rules = Rules { limits, ..self.scripts.rules().clone() };
        self.with_rules(rules)
    }

    /// The same resolver, whose PAC scripts run elsewhere where they run as
    /// JavaScript, and nothing remembered.
    ///
    /// They run on threads of this process by default, where no limit holds
    /// on memory. `whichproxy_os::worker` has processes for them.
    pub fn with_isolation(self, isolation: Isolation) -> Resolver {
        let rules = Rules { isolation, ..self.scripts.rules().clone() };
        self.with_rules(rules)
    }

    fn with_rules(self, rules: Rules) -> Resolver {
        Resolver {
            plan: self.plan.copy(),
            scripts: Arc::new(Scripts::new(rules)),
            answers: self.answers.map(|_| Arc::new(Answers::new())),
            ..self
        }
    }

    /// The same resolver, which works out each answer anew.
    pub fn without_answers(self) -> Resolver {
        Resolver { plan: self.plan.copy(), answers: None, ..self }
    }

    /// The same resolver on another machine, with nothing remembered. The
    /// plan stays what it is.
    pub fn with_machine(self, machine: Machine) -> Resolver {
        let rules = self.scripts.rules().clone();
        Resolver { machine, ..self }.with_rules(rules)
    }

    /// The machine it asks.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The plan it follows, until [`Resolver::changed`] finds another.
    pub fn plan(&self) -> Arc<Plan> {
        self.plan.plan()
    }

    /// Goes by what has changed of the machine, and forgets what is no
    /// longer so; true where that is anything. Clones go by it, too.
    ///
    /// * [`Change::Registry`]: the settings are read anew, for the account
    ///   that the plan was made for. Where they make another plan, it is
    ///   followed from now on, and all answers are forgotten. A reading that
    ///   was chosen ([`Resolver::with_plan`]) is gone by whenever they allow
    ///   it. WPAD searches again where it has other names to look for;
    ///   scripts stay, for as long as their servers say.
    /// * [`Change::Addresses`]: the machine's network is looked at. Where it
    ///   is another, or nobody had looked before and there are scripts that
    ///   may be another network's, names and answers are forgotten, scripts
    ///   that could not be had are tried again, and others are confirmed;
    ///   what WPAD found in a network is remembered for when the machine
    ///   comes back to it.
    ///
    /// It reads the registry, or asks the system for its interfaces; nothing
    /// that is under way in the network is waited for. `whichproxy_os::Watch`
    /// calls this when Windows or Linux tell of a change.
    ///
    /// ```
    /// use whichproxy::machine::Change;
    /// use whichproxy::{Client, Machine, Resolver};
    /// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// assert!(!resolver.changed(Change::Registry)?);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the registry can't be read ([`ErrorKind::Registry`]), or the
    /// interfaces can't be had ([`ErrorKind::Interfaces`]): the resolver goes
    /// on as it was.
    pub fn changed(&self, change: Change) -> Result<bool, Error> {
        let changing = &self.plan.changing;
        let _changing =
            changing.lock().unwrap_or_else(PoisonError::into_inner);
        match change {
            Change::Registry => {
                let before = self.plan();
                let plan = before.anew_by(self.plan.reading, &self.machine)?;
                if plan == *before {
                    return Ok(false);
                }
                let followed = &self.plan.plan;
                *followed.write().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(plan);
            }
            Change::Addresses => {
                let another = self.scripts.look(&self.machine);
                let another = another.map_err(|fault| {
                    let message = format_args!("interfaces: {fault}");
                    Error::new(ErrorKind::Interfaces, message)
                })?;
                if !another {
                    return Ok(false);
                }
                self.machine.dns().forget();
            }
        }
        // Last: an answer that is kept from now on was worked out after.
        if let Some(answers) = &self.answers {
            answers.forget();
        }
        self.plan.changes(change).fetch_add(1, Ordering::Release);
        Ok(true)
    }

    /// How many changes of this kind it and its clones have gone by: how
    /// often [`Resolver::changed`] said so, whoever called it.
    ///
    /// ```
    /// use whichproxy::machine::Change;
    /// use whichproxy::{Client, Machine, Resolver};
    /// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// assert_eq!(resolver.changes(Change::Registry), 0);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn changes(&self, change: Change) -> u64 {
        self.plan.changes(change).load(Ordering::Acquire)
    }

    /// Drops what was discovered and fetched, and what the machine's
    /// resolver of names remembers.
    pub fn forget(&self) {
        self.machine.dns().forget();
        self.scripts.forget();
        if let Some(answers) = &self.answers {
            answers.forget();
        }
    }

    /// Asks for each script that is known and no longer fresh whether it has
    /// changed, and waits for that.
    ///
    /// Nobody needs to call it: a lookup that meets such a script has it
    /// asked for beside. It is for who wants to wait for that, or to have it
    /// done before the next lookup comes.
    pub fn refresh(&self) {
        self.scripts.refresh(&self.machine);
    }

    /// What the client would try for `url`, in order, and why.
    ///
    /// # Errors
    ///
    /// What the client itself would report: a URL it does not know
    /// ([`ErrorKind::Url`]), or a failure that its plan makes final.
    /// [`Error::trace`] tells how it came to that.
    pub fn resolve(&self, url: &Url) -> Result<Resolution, Error> {
        let text = url.as_str();
        if let Some(known) = self.known(text) {
            return Ok(known);
        }
        self.run(text, url)
    }

    /// As [`Resolver::resolve`], for a URL as a person wrote it: the case
    /// of its host, which `Url` does not keep, reaches a PAC script where
    /// the client would let it.
    ///
    /// ```
    /// # use whichproxy::{Client, Machine, Resolver};
    /// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// let resolution = resolver.resolve_text("http://WWW.Example.com/")?;
    /// assert_eq!(resolution.routes().to_string(), "DIRECT");
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Resolver::resolve`], and when `text` is no URL.
    pub fn resolve_text(&self, text: &str) -> Result<Resolution, Error> {
        if let Some(known) = self.known(text) {
            return Ok(known);
        }
        self.run(text, &parse_url(text)?)
    }

    /// As [`Resolver::resolve`], step by step, for those who wait in a way
    /// of their own.
    pub fn inquire(&self, url: &Url) -> Inquiry {
        Inquiry::new(self.clone(), url.as_str(), url.clone())
    }

    /// As [`Resolver::resolve_text`], step by step.
    ///
    /// # Errors
    ///
    /// When `text` is no URL.
    pub fn inquire_text(&self, text: &str) -> Result<Inquiry, Error> {
        Ok(Inquiry::new(self.clone(), text, parse_url(text)?))
    }

    /// As [`Resolver::resolve_text`] for many URLs, in their order, on all
    /// cores: rayon's global threads.
    ///
    /// ```
    /// # use whichproxy::{Client, Machine, Resolver};
    /// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// let found = resolver.resolve_many(&["http://a/", "nonsense"]);
    /// assert_eq!(found[0].as_ref().unwrap().routes().to_string(), "DIRECT");
    /// assert!(found[1].is_err());
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn resolve_many(
        &self,
        urls: &[impl AsRef<str> + Sync],
    ) -> Vec<Result<Resolution, Error>> {
        match urls {
            // To start threads would take longer than the answer.
            [url] => vec![self.resolve_text(url.as_ref())],
            urls => {
                let urls = urls.par_iter();
                urls.map(|url| self.resolve_text(url.as_ref())).collect()
            }
        }
    }

    /// Searches the machine's network for a script by WPAD, now and
    /// whatever the plan says, and tells each question. Nothing of it is
    /// remembered.
    ///
    /// ```
    /// # use whichproxy::{Client, Machine, Resolver};
    /// let resolver = Resolver::new(Client::WinhttpAuto, Machine::offline())?;
    /// let discovery = resolver.discover();
    /// assert!(discovery.found.is_none());
    /// assert_eq!(discovery.attempts[0].answer, "not offered");
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn discover(&self) -> Discovery<Result<Pac, Error>> {
        self.scripts.discover(self.plan().names(), &self.machine)
    }

    /// The answer for a URL's text that was given before and still counts;
    /// nobody is asked or waited for.
    ///
    /// ```
    /// # use whichproxy::{Client, Machine, Resolver};
    /// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
    /// assert!(resolver.known("http://a/").is_none());
    /// resolver.resolve_text("http://a/")?;
    /// assert!(resolver.known("http://a/x").is_some());
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn known(&self, text: &str) -> Option<Resolution> {
        self.answers.as_ref()?.find(text, self.machine.clock())
    }

    #[cfg(test)]
    pub(crate) fn answers(&self) -> Option<&Arc<Answers>> {
        self.answers.as_ref()
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// Works out the answer for a URL, and keeps it.
    fn run(&self, text: &str, url: &Url) -> Result<Resolution, Error> {
        let begun = self.begin();
        let supply = AtOnce { resolver: self, plan: &begun.plan };
        self.run_with(&begun, text, url, supply).map_err(|halt| match halt {
            Halt::Error(error) => error,
            Halt::Want(never) => match never {},
        })
    }

    /// What a walk goes by from now on.
    pub(crate) fn begin(&self) -> Begun {
        // In this order: see `changed`.
        let number = self.answers.as_ref().map(|answers| answers.number());
        Begun { number, plan: self.plan() }
    }

    /// Works out the answer with what the supply has, and keeps it.
    pub(crate) fn run_with<S: Supply>(
        &self,
        begun: &Begun,
        text: &str,
        url: &Url,
        supply: S,
    ) -> Result<Resolution, Halt<S::Want>> {
        let host = host_as_written(text, url);
        let Walked { resolution, scope, hold } =
            walk(&begun.plan, url, host, supply)?;
        if let (Some(answers), Some(number)) = (&self.answers, begun.number) {
            answers.keep(number, text, scope, hold, &resolution);
        }
        Ok(resolution)
    }
}

/// What a walk goes by that began at some moment, whatever changes
/// meanwhile.
#[derive(Clone)]
pub(crate) struct Begun {
    /// What answers are kept under that are worked out by it.
    number: Option<u64>,
    pub(crate) plan: Arc<Plan>,
}

/// The plan alone: the machine holds values as they are, passwords too.
impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("plan", &self.plan())
            .finish_non_exhaustive()
    }
}

/// The URL that a text is.
///
/// ```
/// let error = whichproxy::parse_url("nonsense").unwrap_err();
/// assert_eq!(error.winhttp_code(), Some(12005));
/// ```
///
/// # Errors
///
/// [`ErrorKind::Url`] where it is none; its text is shown without a password.
pub fn parse_url(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| {
        let masked = masked(text);
        let shown: String = masked.chars().take(200).collect();
        let shown = shown.escape_debug();
        // Source: WINHTTP-AUTOPROXY-OPTIONS (12005), documented.
        Error::new(
            ErrorKind::Url,
            format_args!("`{shown}` is no URL: {error}"),
        )
        .with_winhttp_code(Some(12005))
    })
}
