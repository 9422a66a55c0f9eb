//! The way through a plan's steps, for one URL.

use std::sync::Arc;

use url::Url;
use whichproxy_pac::{Query, Route, Routes};

use crate::answers::{Hold, Scope};
use crate::bypass::{BypassList, Target};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::plan::{
    Action, Applies, OnUnavailable, OnUnreachable, Plan, Step, updates,
};
use crate::resolution::Resolution;
use crate::scripts::{Failure, Had, Script};
use crate::supply::Supply;
use crate::trace::{Event, Note, Outcome, Trace};

/// Walks the steps of `plan` for a URL, with what `supply` has.
pub(crate) fn walk<S: Supply>(
    plan: &Arc<Plan>,
    url: &Url,
    host: &str,
    supply: S,
) -> Result<Walked, Halt<S::Want>> {
    check(plan.client(), url)?;
    let steps = plan.steps();
    let mut walk = Walk {
        plan,
        supply,
        url,
        host,
        routes: Vec::with_capacity(2),
        steps: Vec::with_capacity(2),
        events: Vec::with_capacity(steps.len()),
        scope: Scope::Origin,
        hold: Hold::ALWAYS,
    };
    let for_updates = updates::is_update_host(host);
    for (index, step) in steps.iter().enumerate() {
        let skip = match step.applies {
            Applies::Always => false,
            Applies::ExceptUpdates => for_updates,
            Applies::OnlyUpdates => !for_updates,
        };
        if skip {
            walk.event(index, Outcome::NotApplicable, Vec::new());
            continue;
        }
        match walk.step(index, step) {
            Ok(Next::Stop) => break,
            Ok(Next::Step) => {}
            Err(Halt::Error(error)) => {
                let trace = Trace::new(Arc::clone(plan), walk.events);
                return Err(error.with_trace(trace).into());
            }
            Err(want) => return Err(want),
        }
    }
    Ok(walk.finish())
}

/// Refuses URLs that the client's own function refuses.
///
/// Source: PROXYWATCH-MEASURED (`ws:` and `gopher:` give
/// `UNRECOGNIZED_SCHEME`), measured.
fn check(client: Client, url: &Url) -> Result<(), Error> {
    let known: &[&str] = match client {
        Client::Environment => &["http", "https", "ftp", "ftps", "ws", "wss"],
        Client::Wininet => &["http", "https", "ftp"],
        _ => &["http", "https"],
    };
    if !known.contains(&url.scheme()) {
        let message = format_args!(
            "`{client}` does not know the scheme `{}`; it knows {}",
            url.scheme(),
            known.join(", ")
        );
        let code = (client != Client::Environment).then_some(12006);
        return Err(
            Error::new(ErrorKind::Url, message).with_winhttp_code(code)
        );
    }
    if url.host_str().is_none_or(str::is_empty) {
        let error = Error::new(ErrorKind::Url, "the URL names no host");
        return Err(error.with_winhttp_code(Some(12005)));
    }
    Ok(())
}

enum Next {
    Step,
    Stop,
}

/// Why a walk ends early.
pub(crate) enum Halt<W> {
    /// The client reports this.
    Error(Error),
    /// This has to be had first.
    Want(W),
}

impl<W> From<Error> for Halt<W> {
    fn from(error: Error) -> Halt<W> {
        Halt::Error(error)
    }
}

/// One resolution on its way.
struct Walk<'a, S> {
    plan: &'a Arc<Plan>,
    supply: S,
    url: &'a Url,
    host: &'a str,
    routes: Vec<Route>,
    /// For each route the index of the step that gave it.
    steps: Vec<usize>,
    events: Vec<Event>,
    /// What the answer depends on, so far.
    scope: Scope,
    /// How long it lasts, so far.
    hold: Hold,
}

/// A resolution, and what it depends on.
pub(crate) struct Walked {
    pub(crate) resolution: Resolution,
    pub(crate) scope: Scope,
    pub(crate) hold: Hold,
}

impl<S: Supply> Walk<'_, S> {
    fn event(&mut self, step: usize, outcome: Outcome, notes: Vec<Note>) {
        self.events.push(Event { step, outcome, notes });
    }

    fn step(
        &mut self,
        index: usize,
        step: &Step,
    ) -> Result<Next, Halt<S::Want>> {
        match &step.action {
            Action::Direct => {
                Ok(self.give(index, step, [Route::Direct], Vec::new()))
            }
            Action::Static { proxies, dialect, bypass, first_only } => {
                if self.bypassed(index, bypass) {
                    return Ok(Next::Stop);
                }
                let scheme = self.url.scheme();
                let mut found = proxies.proxies_for(scheme, *dialect);
                let mut notes = Vec::new();
                if found.is_empty() {
                    notes.push(Note::text(format_args!(
                        "names no proxy for {scheme}"
                    )));
                    self.event(index, Outcome::NotApplicable, notes);
                    return Ok(Next::Step);
                }
                if *first_only && found.len() > 1 {
                    notes.push(Note::text(format_args!(
                        "only the first of {} proxies is used \
                         [WINHTTP-AUTOPROXY-ISSUES, documented]",
                        found.len()
                    )));
                    found = found.get(..1).unwrap_or(found);
                }
                let routes = found.iter().cloned().map(Route::Proxy);
                Ok(self.give(index, step, routes, notes))
            }
            Action::Pac { url, bypass } => {
                if let Some(bypass) = bypass
                    && self.bypassed(index, bypass)
                {
                    return Ok(Next::Stop);
                }
                let script =
                    self.supply.script(index, url).map_err(Halt::Want)?;
                self.ask(index, step, script, Vec::new())
            }
            Action::Detect => {
                let (script, attempts) =
                    self.supply.detect(index).map_err(Halt::Want)?;
                let notes = attempts.into_iter().map(Note::Attempt).collect();
                self.ask(index, step, script, notes)
            }
        }
    }

    fn bypassed(&mut self, index: usize, bypass: &BypassList) -> bool {
        let target = Target { host: self.host, ..Target::from(self.url) };
        let Some(found) = bypass.find(target) else {
            return false;
        };
        self.routes.push(Route::Bypass);
        self.steps.push(index);
        let note = Note::Bypass {
            entry: found.entry,
            source: found.source,
            evidence: found.evidence,
        };
        self.event(index, Outcome::Bypassed, vec![note]);
        true
    }

    /// Asks a script that was found, or passes on why there is none.
    fn ask(
        &mut self,
        index: usize,
        step: &Step,
        script: Script,
        mut notes: Vec<Note>,
    ) -> Result<Next, Halt<S::Want>> {
        let Script { script, until, notes: mut remarks, .. } = script;
        notes.append(&mut remarks);
        match until {
            Some(until) => self.hold = self.hold.until(until),
            None => self.scope = Scope::More,
        }
        let script = match script {
            Ok(script) => script,
            Err(failure) => {
                return Ok(self.unavailable(index, step, failure, notes)?);
            }
        };
        let query = match self.plan.client() {
            Client::Wininet => Query::wininet(self.url),
            _ => Query::winhttp(self.url, self.host),
        };
        let evaluated =
            self.supply.evaluate(index, &script, query).map_err(Halt::Want)?;
        match evaluated {
            Ok(evaluation) => {
                let scope = Scope::of(evaluation.depends_on(), self.url);
                self.scope = self.scope.max(scope);
                self.hold = self.hold.and(evaluation.validity());
                notes.push(Note::text(format_args!(
                    "the script answered `{}`",
                    shown(evaluation.result())
                )));
                questions(&mut notes, evaluation.asked(), evaluation.alerts());
                for ignored in evaluation.ignored() {
                    notes.push(Note::text(format_args!(
                        "`{}` is passed over: {}",
                        shown(ignored.text()),
                        ignored.reason()
                    )));
                }
                let routes = evaluation.into_routes();
                Ok(self.give(index, step, routes.iter().cloned(), notes))
            }
            Err(error) => {
                // Nothing is proved of what throws or overruns.
                self.scope = Scope::More;
                questions(&mut notes, error.asked(), error.alerts());
                let failure = Failure::script(error);
                Ok(self.unavailable(index, step, failure, notes)?)
            }
        }
    }

    fn unavailable(
        &mut self,
        index: usize,
        step: &Step,
        failure: Failure,
        mut notes: Vec<Note>,
    ) -> Result<Next, Error> {
        notes.push(Note::text(&failure.error));
        let fails = match step.on_unavailable {
            OnUnavailable::Fail => true,
            OnUnavailable::FailOnScript => failure.had != Had::Nothing,
            OnUnavailable::Next => false,
        };
        // A step that is only a way out of an earlier one's failure does
        // not make the whole resolution fail.
        if fails && self.routes.is_empty() {
            self.event(index, Outcome::Failed, notes);
            return Err(failure.error);
        }
        self.event(index, Outcome::Unavailable, notes);
        Ok(Next::Step)
    }

    fn give(
        &mut self,
        index: usize,
        step: &Step,
        routes: impl IntoIterator<Item = Route>,
        mut notes: Vec<Note>,
    ) -> Next {
        let before = self.routes.len();
        for route in routes {
            let (known, _) = self.routes.split_at(before);
            if known.contains(&route) {
                notes.push(Note::text(format_args!(
                    "{route} is among the routes already"
                )));
            } else {
                self.routes.push(route);
                self.steps.push(index);
            }
        }
        let count = self.routes.len() - before;
        let outcome = Outcome::Routes { count, fallback: before > 0 };
        self.event(index, outcome, notes);
        match step.on_unreachable {
            OnUnreachable::Next => Next::Step,
            OnUnreachable::Stop => Next::Stop,
        }
    }

    fn finish(self) -> Walked {
        let mut steps = self.steps;
        let routes = Routes::from_list(self.routes).unwrap_or_else(|| {
            // Every plan ends in direct; this is for one that would not.
            steps.push(self.plan.steps().len().saturating_sub(1));
            Routes::direct()
        });
        let plan = Arc::clone(self.plan);
        let trace = Trace::new(plan, self.events);
        let resolution = Resolution::new(routes, steps, trace);
        Walked { resolution, scope: self.scope, hold: self.hold }
    }
}

/// A text of a script, fit to be shown.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 300;
    let mut shown: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}

fn questions(
    notes: &mut Vec<Note>,
    asked: &[whichproxy_pac::Question],
    alerts: &[String],
) {
    for question in asked {
        notes.push(Note::Asked(question.clone()));
    }
    for alert in alerts {
        notes.push(Note::text(format_args!(
            "the script says: `{}`",
            shown(alert)
        )));
    }
}
