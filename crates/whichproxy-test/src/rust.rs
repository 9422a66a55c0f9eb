//! The surface of Rust: the crates themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;
use whichproxy::bypass::{BypassList, Profile, Target};
use whichproxy::machine::{
    Caching, Fault, Fetch, Fetched, FixedClock, Leases, Names, Page, Pages,
    SetClock, StaticInterfaces, Suffixes,
};
use whichproxy::registry::{RegFile, Tree};
use whichproxy::settings::{Dialect, ProxyMap};
use whichproxy::{
    Client, Error, Identity, Machine, Plan, Resolution, Resolver, Route,
    Settings, Sid,
};
use whichproxy_pac::{Config, Pac, Query};

use crate::case::OneOrMany;
use crate::{Case, Kind, Observed, ObservedError};

/// Runs a case on the crates; fit for every case.
///
/// # Panics
///
/// When the case itself is wrong, as an address that is none.
pub fn observe(case: &Case) -> Observed {
    observe_with(case, Config::new())
}

/// As [`observe`], with only these engines for a script that a case asks
/// itself.
///
/// # Panics
///
/// As [`observe`].
pub fn observe_with(case: &Case, config: Config) -> Observed {
    match case.kind() {
        Kind::Bypass => bypass(case),
        Kind::Pac => pac(case, config),
        Kind::Proxies => proxies(case),
        Kind::Resolve => observe_resolving(case, Resolver::resolve_text),
        Kind::Settings => {
            let mut seen = Observed::default();
            if let Err(error) = settings(case, &mut seen) {
                failed(&error, &mut seen);
            }
            seen
        }
    }
}

/// Runs a case about a client, which is asked in this way.
///
/// # Panics
///
/// As [`observe`], and when the case is about no client.
pub fn observe_resolving(
    case: &Case,
    ask: impl FnOnce(&Resolver, &str) -> Result<Resolution, Error>,
) -> Observed {
    assert_eq!(case.kind(), Kind::Resolve, "case: it is about no client");
    let mut seen = Observed::default();
    if let Err(error) = resolve(case, &mut seen, ask) {
        failed(&error, &mut seen);
    }
    seen
}

/// The machine that a case describes.
///
/// # Errors
///
/// When an export is none.
///
/// # Panics
///
/// When the case itself is wrong.
pub fn machine(case: &Case) -> Result<Machine, Error> {
    let files = case
        .registries()
        .iter()
        .map(|(name, bytes)| RegFile::parse(bytes, name))
        .collect::<Result<Vec<RegFile>, Error>>()?;
    let mut machine = Machine::offline()
        .with_registry(Tree::from_reg_files(&files))
        .with_dns(names(case))
        .with_fetch(pages(&case.pages))
        .with_interfaces(interfaces(case));
    if let Some(option) = &case.dhcp_wpad {
        let leases = Leases::new().with_wpad(option.as_bytes());
        machine = machine.with_dhcp(leases);
    }
    if let Some(now) = &case.now {
        machine = machine.with_clock(FixedClock::new(valid(now)));
    }
    for (name, value) in &case.env {
        machine = machine.with_env(name, value);
    }
    Ok(machine)
}

fn valid<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Display,
{
    text.parse().unwrap_or_else(|error| panic!("case: `{text}`: {error}"))
}

fn names(case: &Case) -> Names {
    case.dns.iter().fold(Names::new(), |names, (name, addresses)| {
        names
            .with(name, addresses.iter().map(|a| valid::<std::net::IpAddr>(a)))
    })
}

fn pages(pages: &BTreeMap<String, crate::Page>) -> Pages {
    pages.iter().fold(Pages::new(), |pages, (url, page)| {
        let served = Page {
            body: page.bytes(),
            content_type: page.content_type().map(ToOwned::to_owned),
            caching: Caching::from_headers(page.headers()),
        };
        pages.with_page(&valid::<Url>(url), served)
    })
}

/// A web whose pages change.
#[derive(Clone, Debug, Default)]
struct Web(Arc<Mutex<Pages>>);

impl Web {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch for Web {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        self.pages().get(url, limit)
    }

    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        self.pages().get_if_changed(url, limit, known)
    }
}

/// A resolver that was asked what the case says was asked before.
fn asked_before(case: &Case, plan: Plan, machine: Machine) -> Resolver {
    let (web, clock) = (Web::default(), SetClock::new(machine.clock().now()));
    let machine = machine.with_fetch(web.clone()).with_clock(clock.clone());
    let resolver = Resolver::with_plan(plan, machine);
    let url = case.url.as_deref().unwrap_or_default();
    for earlier in &case.earlier {
        *web.pages() = pages(&earlier.pages);
        // What came of it then is not what the case is about.
        let _ = resolver.resolve_text(url);
        // What was asked for beside has come before time passes.
        resolver.refresh();
        clock.pass(Duration::from_secs(earlier.seconds));
    }
    *web.pages() = pages(&case.pages);
    if case.refreshed {
        resolver.refresh();
    }
    resolver
}

fn interfaces(case: &Case) -> StaticInterfaces {
    let suffixes =
        Suffixes { primary: case.domain.clone(), search: case.search.clone() };
    let addresses =
        case.my_ip.iter().flat_map(OneOrMany::all).map(|a| valid(a)).collect();
    StaticInterfaces::new().with_addresses(addresses).with_suffixes(suffixes)
}

fn resolve(
    case: &Case,
    seen: &mut Observed,
    ask: impl FnOnce(&Resolver, &str) -> Result<Resolution, Error>,
) -> Result<(), Error> {
    let client: Client = case.client.as_deref().unwrap_or("").parse()?;
    let identity = identity(case, client.identity())?;
    let machine = machine(case)?;
    let settings = Settings::read(&machine, &identity)?;
    tell_settings(&settings, seen);
    let plans = Plan::readings(client, &settings);
    let names = plans.iter().map(|plan| plan.reading().name.to_owned());
    seen.readings = Some(names.collect());
    let plan = match &case.reading {
        None => Plan::new(client, &settings),
        Some(name) => Plan::with_reading(client, &settings, name)?,
    };
    seen.plan = Some(plan.steps().iter().map(ToString::to_string).collect());
    let skipped = plan.skipped().iter();
    seen.skipped =
        Some(skipped.map(|skipped| skipped.name.to_owned()).collect());
    print(seen, &plan);
    let Some(url) = &case.url else { return Ok(()) };
    let resolver = match case.earlier.is_empty() {
        true => Resolver::with_plan(plan, machine),
        false => asked_before(case, plan, machine),
    };
    print(seen, &format_args!("{resolver:?}"));
    let resolution = ask(&resolver, url)?;
    let routes = resolution.routes();
    seen.routes = Some(routes.to_string());
    seen.kinds = Some(routes.iter().map(kind).collect());
    seen.decided_by = resolution.candidates().next().map(|(_, step)| step);
    tell_trace(resolution.trace(), seen);
    print(seen, &format_args!("{resolution:?}"));
    Ok(())
}

fn settings(case: &Case, seen: &mut Observed) -> Result<(), Error> {
    let identity = identity(case, Identity::CurrentUser)?;
    let settings = Settings::read(&machine(case)?, &identity)?;
    tell_settings(&settings, seen);
    Ok(())
}

fn identity(case: &Case, otherwise: Identity) -> Result<Identity, Error> {
    match &case.user {
        None => Ok(otherwise),
        Some(sid) => sid.parse::<Sid>().map(Identity::from),
    }
}

fn tell_settings(settings: &Settings, seen: &mut Observed) {
    let warnings = settings.warnings.iter().map(ToString::to_string);
    seen.warnings = Some(warnings.collect());
    let entries = settings.entries().into_iter().map(|entry| {
        let value = match entry.value {
            Ok(value) => value,
            Err(malformed) => format!("malformed {malformed}"),
        };
        let (component, name) = (entry.component, entry.name);
        format!("{component}: {name} = {value} ({})", entry.origin)
    });
    seen.entries = Some(entries.collect());
    let printed = [seen.warnings.as_deref(), seen.entries.as_deref()];
    let printed = printed.into_iter().flatten().flatten();
    let printed: Vec<String> = printed.cloned().collect();
    print(seen, &printed.join("\n"));
    print(seen, &format_args!("{settings:?}"));
}

fn tell_trace(trace: &whichproxy::Trace, seen: &mut Observed) {
    let outcomes = trace.steps().map(|s| s.outcome.name().to_owned());
    seen.outcomes = Some(outcomes.collect());
    let notes = trace.steps().flat_map(|step| step.notes);
    seen.notes = Some(notes.map(ToString::to_string).collect());
    print(seen, trace);
}

fn failed(error: &Error, seen: &mut Observed) {
    seen.error = Some(ObservedError {
        kind: Some(error.kind().name().to_owned()),
        message: error.to_string(),
        winhttp_code: error.winhttp_code(),
    });
    if let Some(trace) = error.trace() {
        tell_trace(trace, seen);
    }
    print(seen, &format_args!("{error} {error:?}"));
}

fn print(seen: &mut Observed, what: &dyn std::fmt::Display) {
    let printed = seen.printed.get_or_insert_default();
    printed.push_str(&what.to_string());
    printed.push('\n');
}

/// The name of a route's kind.
fn kind(route: &Route) -> String {
    match route {
        Route::Bypass => "bypass".to_owned(),
        Route::Direct => "direct".to_owned(),
        Route::Proxy(_) => "proxy".to_owned(),
        other => format!("{other:?}"),
    }
}

fn bypass(case: &Case) -> Observed {
    let profile: Profile = valid(case.profile.as_deref().unwrap_or_default());
    let list = case.list.as_deref().unwrap_or_default();
    let list = BypassList::new(list, profile);
    let url: Url = valid(case.url.as_deref().unwrap_or_default());
    let found = list.find(Target::from(&url));
    let oddities = list.oddities().iter().map(ToString::to_string);
    let oddities: Vec<String> = oddities.collect();
    Observed {
        bypassed: Some(found.is_some()),
        printed: Some(format!("{list:?} {found:?} {oddities:?}")),
        entry: found.map(|found| found.entry),
        oddities: Some(oddities),
        ..Observed::default()
    }
}

fn proxies(case: &Case) -> Observed {
    let dialect: Dialect = valid(case.dialect.as_deref().unwrap_or_default());
    let list = case.list.as_deref().unwrap_or_default();
    let (map, oddities) = ProxyMap::parse(list);
    let scheme = case.scheme.as_deref().unwrap_or_default();
    let found = map.proxies_for(scheme, dialect).iter();
    let found = found.map(|proxy| Route::Proxy(proxy.clone()).to_string());
    Observed {
        proxies: Some(found.collect()),
        printed: Some(format!("{map} {map:?} {oddities:?}")),
        oddities: Some(oddities),
        ..Observed::default()
    }
}

fn pac(case: &Case, config: Config) -> Observed {
    let machine = machine(case).unwrap_or_else(|e| panic!("case: {e}"));
    let url = case.url.as_deref().unwrap_or("http://www.example.com/");
    let query = match &case.host {
        Some(host) => Query::raw(url.to_owned(), host.clone()),
        None => Query::from(&valid::<Url>(url)),
    };
    let text = |questions: &[whichproxy_pac::Question]| {
        Some(questions.iter().map(ToString::to_string).collect())
    };
    let answer = Pac::builder()
        .config(config)
        .build_bytes(&case.script_bytes(), None)
        .and_then(|pac| pac.evaluate(query, &machine));
    match answer {
        Ok(answer) => {
            let ignored = answer.ignored().iter();
            let ignored = ignored.filter(|ignored| !ignored.text().is_empty());
            Observed {
                routes: Some(answer.routes().to_string()),
                kinds: Some(answer.routes().iter().map(kind).collect()),
                result: Some(answer.result().to_owned()),
                asked: text(answer.asked()),
                alerts: Some(answer.alerts().to_vec()),
                ignored: Some(ignored.map(|i| i.text().to_owned()).collect()),
                printed: Some(format!("{answer:?}")),
                ..Observed::default()
            }
        }
        Err(error) => Observed {
            error: Some(ObservedError {
                kind: Some(error.kind().name().to_owned()),
                message: error.to_string(),
                winhttp_code: error.winhttp_code(),
            }),
            asked: text(error.asked()),
            alerts: Some(error.alerts().to_vec()),
            printed: Some(format!("{error} {error:?}")),
            ..Observed::default()
        },
    }
}
