//! What a client would try, in order, as data.
//!
//! A plan is made of settings alone: it asks nothing of the machine and
//! can't fail. The documented order of each client is one file that reads
//! as the document it cites.

mod defender_av;
mod defender_edr;
mod environment;
mod step;
pub(crate) mod updates;
mod winhttp;
mod wininet;

use std::fmt;

pub use self::step::{Action, Applies, OnUnavailable, OnUnreachable, Step};
use crate::client::{Client, Identity};
use crate::error::{Error, ErrorKind};
use crate::evidence::Evidence;
use crate::machine::Machine;
use crate::settings::{Malformed, NameSettings, Origin, Setting, Settings};

/// What a client would try for any URL, in order, and why.
///
/// ```
/// use whichproxy::{Client, Machine, Plan, Settings};
/// let machine = Machine::offline();
/// let client = Client::DefenderEdr;
/// let settings = Settings::read(&machine, &client.identity())?;
/// let plan = Plan::new(client, &settings);
/// let steps: Vec<_> =
///     plan.steps().iter().map(ToString::to_string).collect();
/// assert_eq!(steps, ["detect", "direct"]);
/// # Ok::<(), whichproxy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    client: Client,
    identity: Identity,
    reading: Reading,
    others: Vec<Reading>,
    steps: Vec<Step>,
    skipped: Vec<Skipped>,
    names: NameSettings,
}

/// One way to understand what is not documented beyond doubt.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reading {
    /// Its name, as `--reading` takes it.
    pub name: &'static str,
    /// How well it is founded.
    pub evidence: Evidence,
    /// A key of [`sources`](crate::_documentation::sources).
    pub source: &'static str,
    /// The sentence it rests on, in our words.
    pub basis: &'static str,
}

/// A step that the client's order has and this machine has not.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    /// The setting or step that would have stood here.
    pub name: &'static str,
    /// Why it does not.
    pub why: String,
    /// The setting that says so, where one does.
    pub origin: Option<Origin>,
}

impl Plan {
    /// The best founded plan of `client` with these settings.
    pub fn new(client: Client, settings: &Settings) -> Plan {
        let mut plans = Plan::readings(client, settings);
        plans.swap_remove(0)
    }

    /// Every plan that the sources allow for `client`, the best founded
    /// first; never empty.
    pub fn readings(client: Client, settings: &Settings) -> Vec<Plan> {
        let drafts = match client {
            Client::DefenderAv => defender_av::readings(settings),
            Client::DefenderEdr => defender_edr::readings(settings),
            Client::Environment => environment::readings(settings),
            Client::Winhttp => winhttp::default_readings(settings),
            Client::WinhttpAuto => winhttp::automatic_readings(settings),
            Client::Wininet => wininet::readings(settings),
        };
        let readings: Vec<Reading> =
            drafts.iter().map(|draft| draft.reading).collect();
        let plans = drafts.into_iter().map(|draft| Plan {
            client,
            identity: settings.identity.clone(),
            others: readings
                .iter()
                .filter(|other| other.name != draft.reading.name)
                .copied()
                .collect(),
            reading: draft.reading,
            steps: draft.steps,
            skipped: draft.skipped,
            names: settings.names.clone(),
        });
        plans.collect()
    }

    /// The plan of `client` by the reading called `name`.
    ///
    /// # Errors
    ///
    /// When these settings allow no such reading
    /// ([`ErrorKind::Usage`]); the message names those there are.
    pub fn with_reading(
        client: Client,
        settings: &Settings,
        name: &str,
    ) -> Result<Plan, Error> {
        let plans = Plan::readings(client, settings);
        let names: Vec<&str> =
            plans.iter().map(|plan| plan.reading.name).collect();
        let names = names.join(", ");
        plans.into_iter().find(|plan| plan.reading.name == name).ok_or_else(
            || {
                Error::new(
                    ErrorKind::Usage,
                    format_args!(
                        "`{}` is no reading of `{client}` with these \
                         settings; there is {names}",
                        name.escape_debug()
                    ),
                )
            },
        )
    }

    /// The plan of the same client and account with the settings that
    /// `machine` has now, by the same reading where they allow it.
    ///
    /// ```
    /// use whichproxy::registry::{Key, Tree, Value};
    /// use whichproxy::{Client, Machine, Plan, Settings};
    /// let client = Client::DefenderEdr;
    /// let machine = Machine::offline();
    /// let settings = Settings::read(&machine, &client.identity())?;
    /// let plan = Plan::new(client, &settings);
    /// assert_eq!(plan.anew(&machine)?, plan);
    /// let key = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
    /// let key = Key::local_machine(key);
    /// let proxy = Value::String("10.0.0.6:8080".to_owned());
    /// let registry = Tree::new().with(&key, "TelemetryProxyServer", proxy);
    /// let machine = machine.with_registry(registry);
    /// assert_ne!(plan.anew(&machine)?, plan);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the registry can't be read.
    pub fn anew(&self, machine: &Machine) -> Result<Plan, Error> {
        self.anew_by(Some(self.reading.name), machine)
    }

    /// The same, by the reading of this name where the settings allow it, or
    /// else by the best founded.
    pub(crate) fn anew_by(
        &self,
        reading: Option<&str>,
        machine: &Machine,
    ) -> Result<Plan, Error> {
        let settings = Settings::read(machine, &self.identity)?;
        let mut plans = Plan::readings(self.client, &settings);
        let wanted = |plan: &Plan| Some(plan.reading.name) == reading;
        let at = plans.iter().position(wanted).unwrap_or(0);
        Ok(plans.swap_remove(at))
    }

    /// Whose plan it is.
    pub fn client(&self) -> Client {
        self.client
    }

    /// Whose settings it was made of.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The reading it follows.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The other readings that these settings allow.
    pub fn other_readings(&self) -> &[Reading] {
        &self.others
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the client's order has and this machine has not, in order.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// How well the plan's weakest step is founded.
    pub fn evidence(&self) -> Evidence {
        let steps = self.steps.iter().map(|step| step.evidence);
        steps.fold(self.reading.evidence, Evidence::max)
    }

    pub(crate) fn names(&self) -> &NameSettings {
        &self.names
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reading { name, evidence, source, basis } = self.reading;
        writeln!(f, "{} as {}", self.client, self.identity)?;
        writeln!(f, "reading {name}: {basis} [{source}, {evidence}]")?;
        for (number, step) in self.steps.iter().enumerate() {
            write!(f, "{:3}. {step}", number + 1)?;
            writeln!(f, "  [{}, {}]", step.source, step.evidence)?;
            if let Some(origin) = &step.origin {
                writeln!(f, "       because of {origin}")?;
            }
            let then = match (step.on_unavailable, step.on_unreachable) {
                _ if number + 1 == self.steps.len() => continue,
                (_, OnUnreachable::Next) => "if it can't be used or reached",
                (OnUnavailable::Next, _) if step.gives_script() => {
                    "if no script is had or it fails"
                }
                (OnUnavailable::FailOnScript, _) if step.gives_script() => {
                    "if no script is had"
                }
                _ => continue,
            };
            writeln!(f, "       {then}: on to the next")?;
        }
        for Skipped { name, why, origin } in &self.skipped {
            write!(f, "   –  {name}: {why}")?;
            match origin {
                Some(origin) => writeln!(f, " ({origin})")?,
                None => writeln!(f)?,
            }
        }
        for Reading { name, evidence, source, basis } in &self.others {
            writeln!(
                f,
                "also possible: {name}: {basis} \
                         [{source}, {evidence}]"
            )?;
        }
        Ok(())
    }
}

impl Step {
    fn gives_script(&self) -> bool {
        matches!(self.action, Action::Detect | Action::Pac { .. })
    }
}

/// A plan in the making.
struct Draft {
    reading: Reading,
    steps: Vec<Step>,
    skipped: Vec<Skipped>,
}

impl Draft {
    fn new(
        name: &'static str,
        source: &'static str,
        evidence: Evidence,
        basis: &'static str,
    ) -> Draft {
        Draft {
            reading: Reading { name, evidence, source, basis },
            steps: Vec::new(),
            skipped: Vec::new(),
        }
    }

    fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn skip(
        &mut self,
        name: &'static str,
        why: impl fmt::Display,
        origin: Option<&Origin>,
    ) {
        self.skipped.push(Skipped {
            name,
            why: why.to_string(),
            origin: origin.cloned(),
        });
    }

    /// Notes why a setting that is not usable gives no step.
    fn skip_setting<T>(&mut self, name: &'static str, setting: &Setting<T>) {
        match setting {
            Setting::Unset => self.skip(name, "not configured", None),
            Setting::Malformed(sourced) => {
                let Malformed { reason, .. } = &sourced.value;
                self.skip(
                    name,
                    format_args!("unusable: {reason}"),
                    Some(&sourced.origin),
                );
            }
            Setting::Set(sourced) => {
                self.skip(name, "says none", Some(&sourced.origin));
            }
        }
    }
}
