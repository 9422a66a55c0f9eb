//! What a surface observed, and how it differs from what was expected.

use std::fmt::Debug;

use crate::Case;

/// What a surface observed of a case. `None` is what it can't tell.
#[derive(Clone, Debug, Default)]
#[allow(clippy::exhaustive_structs)] // surfaces build it
pub struct Observed {
    /// The error that came instead of an answer.
    pub error: Option<ObservedError>,
    /// The steps of the plan.
    pub plan: Option<Vec<String>>,
    /// The names of the client's readings.
    pub readings: Option<Vec<String>>,
    /// What the client's order has and the plan has not.
    pub skipped: Option<Vec<String>>,
    /// The routes as a PAC string.
    pub routes: Option<String>,
    /// The kinds of the routes.
    pub kinds: Option<Vec<String>>,
    /// The number of the step that gave the first route.
    pub decided_by: Option<usize>,
    /// How each step went.
    pub outcomes: Option<Vec<String>>,
    /// The notes of the trace.
    pub notes: Option<Vec<String>>,
    /// The warnings about settings.
    pub warnings: Option<Vec<String>>,
    /// The lines of the list of settings.
    pub entries: Option<Vec<String>>,
    /// All that was printed.
    pub printed: Option<String>,
    /// The proxies of a list.
    pub proxies: Option<Vec<String>>,
    /// The remarks about a list.
    pub oddities: Option<Vec<String>>,
    /// Whether a bypass list sends the URL direct.
    pub bypassed: Option<bool>,
    /// The entry that does.
    pub entry: Option<String>,
    /// The script's own string.
    pub result: Option<String>,
    /// What the script asked.
    pub asked: Option<Vec<String>>,
    /// The script's messages.
    pub alerts: Option<Vec<String>>,
    /// What of the result was passed over.
    pub ignored: Option<Vec<String>>,
}

/// An error as a surface shows it.
#[derive(Clone, Debug, Default)]
#[allow(clippy::exhaustive_structs)] // surfaces build it
pub struct ObservedError {
    /// Its kind; `None` where the surface does not tell.
    pub kind: Option<String>,
    /// Its message.
    pub message: String,
    /// WinHTTP's number.
    pub winhttp_code: Option<u32>,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// What differs, one line each.
    pub(crate) differences: Vec<String>,
    /// What was expected and the surface can't tell.
    pub(crate) untold: Vec<&'static str>,
    /// How many expectations were compared.
    pub(crate) compared: usize,
}

/// Compares what was expected with what was observed.
pub(crate) fn compare(case: &Case, seen: &Observed) -> Comparison {
    let mut c = Comparison::default();
    c.error(case, seen.error.as_ref());
    c.equal("plan", &case.plan, &seen.plan);
    c.equal("readings", &case.readings, &seen.readings);
    c.equal("skipped", &case.skipped, &seen.skipped);
    c.equal("routes", &case.routes, &seen.routes);
    c.equal("kinds", &case.kinds, &seen.kinds);
    c.equal("decided-by", &case.decided_by, &seen.decided_by);
    c.equal("outcomes", &case.outcomes, &seen.outcomes);
    c.parts("note-contains", &case.note_contains, &seen.notes);
    c.parts("warnings", &case.warnings, &seen.warnings);
    c.parts("entries", &case.entries, &seen.entries);
    c.equal("proxies", &case.proxies, &seen.proxies);
    c.parts("oddities", &case.oddities, &seen.oddities);
    c.equal("bypassed", &case.bypassed, &seen.bypassed);
    c.equal("entry", &case.entry, &seen.entry);
    c.equal("result", &case.result, &seen.result);
    c.equal("value", &case.value, &seen.result);
    c.equal("asked", &case.asked, &seen.asked);
    c.equal("alerts", &case.alerts, &seen.alerts);
    c.equal("ignored", &case.ignored, &seen.ignored);
    c.hidden(&case.hidden, &seen.printed);
    c
}

impl Comparison {
    fn equal<T: Debug + PartialEq>(
        &mut self,
        field: &'static str,
        expected: &Option<T>,
        seen: &Option<T>,
    ) {
        let Some(expected) = expected else { return };
        let Some(seen) = seen else { return self.untold.push(field) };
        self.compared += 1;
        if expected != seen {
            self.differences.push(format!(
                "{field}: expected {expected:?}\n{:w$}       got {seen:?}",
                "",
                w = field.len()
            ));
        }
    }

    fn parts(
        &mut self,
        field: &'static str,
        expected: &Option<Vec<String>>,
        seen: &Option<Vec<String>>,
    ) {
        let Some(expected) = expected else { return };
        let Some(seen) = seen else { return self.untold.push(field) };
        self.compared += 1;
        if expected.is_empty() && !seen.is_empty() {
            self.differences
                .push(format!("{field}: expected none, got {seen:#?}"));
        }
        for part in expected {
            if !seen.iter().any(|text| text.contains(part)) {
                self.differences.push(format!(
                    "{field}: nothing contains {part:?} in {seen:#?}"
                ));
            }
        }
    }

    fn error(&mut self, case: &Case, seen: Option<&ObservedError>) {
        let seen = match (&case.error, seen) {
            (None, None) => return,
            (Some(expected), None) => {
                self.compared += 1;
                self.differences
                    .push(format!("error: expected {expected:?}, got none"));
                return;
            }
            (_, Some(seen)) => seen,
        };
        self.compared += 1;
        let Some(expected) = &case.error else {
            self.differences.push(format!(
                "error: expected none, got {:?}: {}",
                seen.kind, seen.message
            ));
            return;
        };
        match &seen.kind {
            None => self.untold.push("error"),
            Some(kind) if kind != expected => self.differences.push(format!(
                "error: expected {expected:?}, got {kind:?}: {}",
                seen.message
            )),
            Some(_) => {}
        }
        if case.winhttp_code.is_some()
            && case.winhttp_code != seen.winhttp_code
        {
            self.differences.push(format!(
                "winhttp-code: expected {:?}, got {:?}",
                case.winhttp_code, seen.winhttp_code
            ));
        }
        for part in case.error_contains.iter().flatten() {
            if !seen.message.contains(part) {
                self.differences.push(format!(
                    "error-contains: no {part:?} in {:?}",
                    seen.message
                ));
            }
        }
    }

    fn hidden(&mut self, hidden: &Option<Vec<String>>, seen: &Option<String>) {
        let Some(hidden) = hidden else { return };
        let Some(seen) = seen else { return self.untold.push("hidden") };
        self.compared += 1;
        for text in hidden {
            if let Some(at) = seen.find(text.as_str()) {
                let around: String = seen
                    .chars()
                    .skip(seen[..at].chars().count().saturating_sub(40))
                    .take(120)
                    .collect();
                self.differences
                    .push(format!("hidden: {text:?} is shown: {around:?}"));
            }
        }
    }
}
