//! What the command prints with `--format json`, for surfaces that tell the
//! same.

use serde::Serialize;
use whichproxy::{Error, Plan, Resolution, Settings, Trace};

use crate::output::json::{
    PlanObject, Resolved, SettingsObject, Traced, escaped,
};

/// The object that `resolve` prints of a URL, as it was asked about.
///
/// ```
/// use whichproxy::{Client, Machine, Resolver};
/// let resolver = Resolver::new(Client::Winhttp, Machine::offline())?;
/// let found = resolver.resolve_text("http://a.example/");
/// let plan = resolver.plan();
/// let url = "http://a.example/";
/// let text = whichproxy_cli::json::resolved(url, plan, found.as_ref());
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

fn text(object: &impl Serialize) -> String {
    // They are maps with texts as keys, so that nothing can fail.
    let text = serde_json::to_string(object).unwrap_or_default();
    escaped(&text).into_owned()
}
