//! What the command prints with `--format json`, for surfaces that tell the
//! same.

use serde::Serialize;
use url::Url;
use whichproxy::bypass::{BypassList, Target};
use whichproxy::settings::{Dialect, ProxyMap};
use whichproxy::{Client, Error, Plan, Resolution, Route, Settings, Trace};
use whichproxy_pac::{Evaluation, Pac};

use crate::output::json::{
    Evaluated, PlanObject, Resolved, SettingsObject, Traced, escaped,
};

/// The object that `resolve` prints of a URL, as it was asked about.
///
/// ```
/// use whichproxy::{Client, Machine, Resolver};
/// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
/// let found = resolver.resolve_text("http://a.example/");
/// let plan = resolver.plan();
/// let url = "http://a.example/";
/// let text = whichproxy_cli::json::resolved(url, &plan, found.as_ref());
/// assert!(text.contains(r#""pac":"DIRECT""#));
/// # Ok::<(), whichproxy::Error>(())
/// ```
pub fn resolved(
    url: &str,
    plan: &Plan,
    result: Result<&Resolution, &Error>,
) -> String {
    text(&Resolved::new(url, plan, result))
}

/// The object that `pac eval` prints of a URL, as it was asked about.
pub fn evaluated(
    url: &str,
    script: &Pac,
    result: Result<&Evaluation, &whichproxy_pac::Error>,
) -> String {
    text(&Evaluated::new(url, Client::WinhttpAuto, Some(script), result))
}

/// The object that `plan` prints.
pub fn plan(plan: &Plan) -> String {
    text(&PlanObject::new(plan))
}

/// The object that `settings` prints.
pub fn settings(settings: &Settings) -> String {
    text(&SettingsObject::new(settings))
}

/// What `resolve` prints of a URL, without the URL and its routes.
pub fn trace(trace: &Trace) -> String {
    text(&Traced::new(trace))
}

/// What a bypass list says of a URL: whether it goes direct, by which entry,
/// and what is odd about the list.
///
/// ```
/// use whichproxy::bypass::{BypassList, Profile};
/// let list = BypassList::new("*.corp.example", Profile::Winhttp);
/// let url = "http://wiki.corp.example/".parse()?;
/// let text = whichproxy_cli::json::bypass(&list, &url);
/// assert!(text.starts_with(r#"{"bypassed":true,"entry":"*.corp.example""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bypass(list: &BypassList, url: &Url) -> String {
    let found = list.find(Target::from(url));
    let oddities = list.oddities().iter().map(ToString::to_string);
    text(&Bypassed {
        bypassed: found.is_some(),
        entry: found.as_ref().map(|found| found.entry.as_str()),
        source: found.as_ref().map(|found| found.source),
        evidence: found.as_ref().map(|found| found.evidence.name()),
        oddities: oddities.collect(),
    })
}

#[derive(Serialize)]
struct Bypassed<'a> {
    bypassed: bool,
    entry: Option<&'a str>,
    source: Option<&'static str>,
    evidence: Option<&'static str>,
    oddities: Vec<String>,
}

/// The proxies of a list for URLs of a scheme, as elements of a PAC string,
/// and what is odd about the list; credentials are masked.
///
/// ```
/// use whichproxy::settings::Dialect;
/// let text =
///     whichproxy_cli::json::proxies("a:80;b:x", Dialect::Winhttp, "http");
/// assert!(text.starts_with(r#"{"proxies":["PROXY a:80"],"oddities":["#));
/// ```
pub fn proxies(list: &str, dialect: Dialect, scheme: &str) -> String {
    let (map, oddities) = ProxyMap::parse(list);
    let found = map.proxies_for(scheme, dialect).iter();
    let found = found.map(|proxy| Route::Proxy(proxy.clone()).to_string());
    text(&Listed { proxies: found.collect(), oddities })
}

#[derive(Serialize)]
struct Listed {
    proxies: Vec<String>,
    oddities: Vec<String>,
}

fn text(object: &impl Serialize) -> String {
    // They are maps with texts as keys, so that nothing can fail.
    let text = serde_json::to_string(object).unwrap_or_default();
    escaped(&text).into_owned()
}
