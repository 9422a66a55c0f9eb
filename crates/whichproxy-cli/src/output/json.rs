//! Answers as JSON: one object a line.

use std::borrow::Cow;

use serde::Serialize;
use url::Url;
use whichproxy::discovery::{Attempt, Question};
use whichproxy::plan::{Plan, Reading, Skipped, Step};
use whichproxy::settings::{Entry, Warning};
use whichproxy::{Client, Error, Resolution, Route, Routes, Settings, Trace};
use whichproxy_pac::{Evaluation, Pac};

use super::{masked, masked_text};

/// JSON in which nothing commands a terminal. What stands outside of ASCII
/// stands in strings, so an escape means the same.
pub(crate) fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(super::commands) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if super::commands(character) {
            // All of them are in the first plane.
            let number = u32::from(character);
            escaped.push_str(&format!("\\u{number:04x}"));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// What `resolve` prints of a URL.
#[derive(Serialize)]
pub(crate) struct Resolved<'a> {
    url: String,
    client: &'static str,
    reading: ReadingObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    routes: Option<Vec<RouteObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<TraceObject>>,
}

impl<'a> Resolved<'a> {
    pub(crate) fn new(
        url: &str,
        plan: &Plan,
        result: Result<&'a Resolution, &Error>,
    ) -> Resolved<'a> {
        let routes = result.ok().map(Resolution::routes);
        let trace = match &result {
            Ok(resolution) => Some(resolution.trace()),
            Err(error) => error.trace(),
        };
        // The one that was followed: there may be another by now.
        let plan = trace.map_or(plan, Trace::plan);
        Resolved {
            url: masked_text(url),
            client: plan.client().name(),
            reading: ReadingObject::new(plan.reading()),
            routes: routes.map(route_objects),
            pac: routes.map(ToString::to_string),
            error: result.err().map(ErrorObject::new),
            trace: trace.map(trace_objects),
        }
    }

    /// What stands on a line of a list, and is no URL.
    pub(crate) fn no_url(
        text: &str,
        plan: &Plan,
        message: String,
    ) -> Resolved<'a> {
        Resolved {
            url: masked_text(text),
            client: plan.client().name(),
            reading: ReadingObject::new(plan.reading()),
            routes: None,
            pac: None,
            error: Some(ErrorObject::no_url(message)),
            trace: None,
        }
    }
}

#[derive(Serialize)]
struct RouteObject<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

fn route_objects(routes: &Routes) -> Vec<RouteObject<'_>> {
    let of = |route| {
        let proxy = Route::proxy(route);
        RouteObject {
            kind: match route {
                Route::Bypass => "bypass",
                Route::Proxy(_) => "proxy",
                _ => "direct",
            },
            scheme: proxy.map(|proxy| proxy.scheme().name()),
            host: proxy.map(|proxy| proxy.host()),
            port: proxy.map(|proxy| proxy.port()),
        }
    };
    routes.iter().map(of).collect()
}

#[derive(Serialize)]
struct ReadingObject {
    name: &'static str,
    source: &'static str,
    grade: &'static str,
    basis: &'static str,
}

impl ReadingObject {
    fn new(reading: &Reading) -> ReadingObject {
        ReadingObject {
            name: reading.name,
            source: reading.source,
            grade: reading.evidence.name(),
            basis: reading.basis,
        }
    }
}

#[derive(Serialize)]
struct TraceObject {
    number: usize,
    step: String,
    source: &'static str,
    grade: &'static str,
    origin: Option<String>,
    outcome: &'static str,
    notes: Vec<String>,
}

/// What happened, for those who have no URL beside it.
#[derive(Serialize)]
pub(crate) struct Traced {
    client: &'static str,
    reading: ReadingObject,
    trace: Vec<TraceObject>,
}

impl Traced {
    pub(crate) fn new(trace: &Trace) -> Traced {
        Traced {
            client: trace.plan().client().name(),
            reading: ReadingObject::new(trace.plan().reading()),
            trace: trace_objects(trace),
        }
    }
}

fn trace_objects(trace: &Trace) -> Vec<TraceObject> {
    let steps = trace.steps().map(|line| TraceObject {
        number: line.number,
        step: line.step.to_string(),
        source: line.step.source,
        grade: line.step.evidence.name(),
        origin: line.origin().map(ToString::to_string),
        outcome: line.outcome.name(),
        notes: line.notes.iter().map(ToString::to_string).collect(),
    });
    steps.collect()
}

#[derive(Serialize)]
struct ErrorObject {
    kind: &'static str,
    message: String,
    winhttp_code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

impl ErrorObject {
    fn new(error: &Error) -> ErrorObject {
        ErrorObject {
            kind: error.kind().name(),
            message: error.to_string(),
            winhttp_code: error.winhttp_code(),
            line: None,
            column: None,
        }
    }

    fn no_url(message: String) -> ErrorObject {
        ErrorObject {
            kind: whichproxy::ErrorKind::Url.name(),
            message,
            // Source: WINHTTP-AUTOPROXY-OPTIONS, documented.
            winhttp_code: Some(12005),
            line: None,
            column: None,
        }
    }

    fn of_script(error: &whichproxy_pac::Error) -> ErrorObject {
        ErrorObject {
            kind: error.kind().name(),
            message: error.to_string(),
            winhttp_code: error.winhttp_code(),
            line: error.line(),
            column: error.column(),
        }
    }
}

/// What `pac eval` prints of a URL.
#[derive(Serialize)]
pub(crate) struct Evaluated<'a> {
    url: String,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routes: Option<Vec<RouteObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    asked: Vec<String>,
    alerts: &'a [String],
    ignored: Vec<IgnoredObject<'a>>,
}

#[derive(Serialize)]
struct IgnoredObject<'a> {
    text: &'a str,
    reason: &'a str,
}

impl<'a> Evaluated<'a> {
    pub(crate) fn new(
        url: &str,
        client: Client,
        script: Option<&Pac>,
        result: Result<&'a Evaluation, &'a whichproxy_pac::Error>,
    ) -> Evaluated<'a> {
        let (asked, alerts, ignored) = match result {
            Ok(e) => (e.asked(), e.alerts(), e.ignored()),
            Err(error) => (error.asked(), error.alerts(), &[][..]),
        };
        let routes = result.ok().map(Evaluation::routes);
        Evaluated {
            url: masked_text(url),
            client: client.name(),
            strategy: script.map(Pac::strategy),
            result: result.ok().map(Evaluation::result),
            pac: routes.map(ToString::to_string),
            routes: routes.map(route_objects),
            error: result.err().map(ErrorObject::of_script),
            asked: asked.iter().map(ToString::to_string).collect(),
            alerts,
            ignored: ignored
                .iter()
                .map(|i| IgnoredObject { text: i.text(), reason: i.reason() })
                .collect(),
        }
    }

    /// What stands on a line of a list, and is no URL.
    pub(crate) fn no_url(
        text: &str,
        client: Client,
        message: String,
    ) -> Evaluated<'a> {
        Evaluated {
            url: masked_text(text),
            client: client.name(),
            strategy: None,
            result: None,
            pac: None,
            routes: None,
            error: Some(ErrorObject::no_url(message)),
            asked: Vec::new(),
            alerts: &[],
            ignored: Vec::new(),
        }
    }
}

/// What `pac bench` prints.
#[derive(Serialize)]
pub(crate) struct Benched {
    pub(crate) file: String,
    pub(crate) strategy: &'static str,
    pub(crate) urls: usize,
    /// URLs for which the script gave an error.
    pub(crate) failures: usize,
    /// Median time from the script's bytes to one that can be asked.
    pub(crate) load_ms: f64,
    /// Median over passes through the URLs.
    pub(crate) ns_per_lookup: f64,
    pub(crate) ns_per_lookup_p99: f64,
    pub(crate) threads: usize,
    /// With every thread asking.
    pub(crate) lookups_per_second: f64,
}

/// What `pac check` prints.
#[derive(Serialize)]
pub(crate) struct Checked {
    file: String,
    loads: bool,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    refusals: Vec<PlacedObject>,
    /// Conditions that never decide.
    shadowed: Vec<ShadowedObject>,
    warnings: Vec<PlacedObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
}

#[derive(Serialize)]
struct PlacedObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    text: String,
}

#[derive(Serialize)]
struct ShadowedObject {
    line: u32,
    column: u32,
    text: String,
    by_line: u32,
    by_column: u32,
    by_text: String,
}

impl Checked {
    pub(crate) fn new(
        file: &str,
        bytes: usize,
        script: Option<&Pac>,
        error: Option<&whichproxy_pac::Error>,
        warnings: &[(Option<u32>, String)],
    ) -> Checked {
        let refusals = script.map(Pac::refusals).unwrap_or_default();
        Checked {
            file: file.to_owned(),
            loads: error.is_none(),
            bytes,
            strategy: script.map(Pac::strategy),
            refusals: refusals
                .iter()
                .map(|refusal| PlacedObject {
                    // 0 is no place.
                    line: Some(refusal.line()).filter(|line| *line > 0),
                    column: Some(refusal.column()).filter(|c| *c > 0),
                    text: refusal.reason().to_owned(),
                })
                .collect(),
            shadowed: script
                .map(Pac::shadowed)
                .unwrap_or_default()
                .iter()
                .map(|rule| ShadowedObject {
                    line: rule.line(),
                    column: rule.column(),
                    text: rule.text().to_owned(),
                    by_line: rule.by_line(),
                    by_column: rule.by_column(),
                    by_text: rule.by_text().to_owned(),
                })
                .collect(),
            warnings: warnings
                .iter()
                .map(|(line, text)| PlacedObject {
                    line: *line,
                    column: None,
                    text: text.clone(),
                })
                .collect(),
            error: error.map(ErrorObject::of_script),
        }
    }
}

/// What `discover` prints.
#[derive(Serialize)]
pub(crate) struct Discovered {
    client: &'static str,
    /// Every question, in order.
    attempts: Vec<AttemptObject>,
    /// The script that was found.
    found: Option<FoundObject>,
}

#[derive(Serialize)]
struct AttemptObject {
    kind: &'static str,
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    asked: String,
    answer: String,
    found: bool,
    took_ms: f64,
    source: &'static str,
    grade: &'static str,
}

#[derive(Serialize)]
struct FoundObject {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
}

impl Discovered {
    pub(crate) fn new(
        client: Client,
        attempts: &[Attempt],
        found: Option<&(Url, Result<Pac, Error>)>,
    ) -> Discovered {
        let attempt = |attempt: &Attempt| AttemptObject {
            kind: attempt.question.kind(),
            question: attempt.question.to_string(),
            interface: match &attempt.question {
                Question::Dhcp { interface } => Some(interface.clone()),
                _ => None,
            },
            name: match &attempt.question {
                Question::Dns { name } => Some(name.clone()),
                _ => None,
            },
            url: match &attempt.question {
                Question::Page { url } => Some(masked(url)),
                _ => None,
            },
            asked: attempt.asked.clone(),
            answer: attempt.answer.clone(),
            found: attempt.found,
            took_ms: attempt.took.as_secs_f64() * 1000.0,
            source: attempt.question.source(),
            grade: attempt.question.evidence().name(),
        };
        Discovered {
            client: client.name(),
            attempts: attempts.iter().map(attempt).collect(),
            found: found.map(|(url, script)| FoundObject {
                url: masked(url),
                strategy: script.as_ref().ok().map(Pac::strategy),
                error: script.as_ref().err().map(ErrorObject::new),
            }),
        }
    }
}

/// What `settings` prints.
#[derive(Serialize)]
pub(crate) struct SettingsObject {
    identity: String,
    settings: Vec<EntryObject>,
    warnings: Vec<WarningObject>,
}

#[derive(Serialize)]
struct EntryObject {
    component: &'static str,
    setting: &'static str,
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    malformed: Option<MalformedObject>,
    origin: String,
}

#[derive(Serialize)]
struct MalformedObject {
    text: String,
    reason: String,
}

#[derive(Serialize)]
struct WarningObject {
    origin: String,
    text: String,
}

impl SettingsObject {
    pub(crate) fn new(settings: &Settings) -> SettingsObject {
        let entries = settings.entries().into_iter().map(|entry| {
            let Entry { component, name, value, origin, .. } = entry;
            let (value, malformed) = match value {
                Ok(value) => (Some(value), None),
                Err(bad) => {
                    let (text, reason) = (bad.text, bad.reason);
                    (None, Some(MalformedObject { text, reason }))
                }
            };
            EntryObject {
                component,
                setting: name,
                value,
                malformed,
                origin: origin.to_string(),
            }
        });
        let warning = |warning: &Warning| WarningObject {
            origin: warning.origin.to_string(),
            text: warning.text.clone(),
        };
        SettingsObject {
            identity: settings.identity.to_string(),
            settings: entries.collect(),
            warnings: settings.warnings.iter().map(warning).collect(),
        }
    }
}

/// What `plan` prints of a reading.
#[derive(Serialize)]
pub(crate) struct PlanObject {
    client: &'static str,
    identity: String,
    reading: ReadingObject,
    steps: Vec<StepObject>,
    skipped: Vec<SkippedObject>,
    other_readings: Vec<ReadingObject>,
}

#[derive(Serialize)]
struct StepObject {
    number: usize,
    step: String,
    source: &'static str,
    grade: &'static str,
    origin: Option<String>,
}

#[derive(Serialize)]
struct SkippedObject {
    name: &'static str,
    why: String,
    origin: Option<String>,
}

impl PlanObject {
    pub(crate) fn new(plan: &Plan) -> PlanObject {
        let step = |(index, step): (usize, &Step)| StepObject {
            number: index + 1,
            step: step.to_string(),
            source: step.source,
            grade: step.evidence.name(),
            origin: step.origin.as_ref().map(ToString::to_string),
        };
        let skipped = |skipped: &Skipped| SkippedObject {
            name: skipped.name,
            why: skipped.why.clone(),
            origin: skipped.origin.as_ref().map(ToString::to_string),
        };
        PlanObject {
            client: plan.client().name(),
            identity: plan.identity().to_string(),
            reading: ReadingObject::new(plan.reading()),
            steps: plan.steps().iter().enumerate().map(step).collect(),
            skipped: plan.skipped().iter().map(skipped).collect(),
            other_readings: plan
                .other_readings()
                .iter()
                .map(ReadingObject::new)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_mean_the_same() {
        let text = "a\u{7f}\u{9b}\u{202e}é\u{1b}";
        let json = serde_json::to_string(text).unwrap();
        let escaped = escaped(&json);
        assert!(!escaped.contains(super::super::commands));
        let back: String = serde_json::from_str(&escaped).unwrap();
        assert_eq!(back, text);
    }
}
