//! Scripts that want to hurt whoever runs them: `data/hostile/scripts.toml`.
//!
//! They are no cases of the suite: what comes of one depends on how fast the
//! machine is, and each has to be survived by the process that asks.

use std::collections::HashSet;

use serde::Deserialize;

use crate::{LoadError, data, files};

/// One script, and what may come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Hostile {
    /// What it tries; unique.
    pub name: String,
    source: Option<String>,
    whole: Option<String>,
    around: Option<(String, String, usize, String)>,
    host: Option<String>,
    long_host: Option<usize>,
    /// Kinds of errors, as the command spells them, or `answer`.
    pub outcomes: Vec<String>,
    /// What an answer's text begins with.
    pub result: Option<String>,
    /// Whether a process that runs it itself survives.
    #[serde(default = "yes")]
    pub thread: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    script: Vec<Hostile>,
}

impl Hostile {
    /// The whole script.
    pub fn script(&self) -> String {
        if let Some(body) = &self.source {
            return format!(
                "function FindProxyForURL(url, host) {{ {body} }}"
            );
        }
        match &self.around {
            Some((start, unit, count, end)) => {
                format!("{start}{}{end}", unit.repeat(*count))
            }
            None => self.whole.clone().unwrap_or_default(),
        }
    }

    /// What the script is told of the host.
    pub fn host(&self) -> String {
        match (&self.host, self.long_host) {
            (Some(host), _) => host.clone(),
            (None, Some(length)) => "x".repeat(length),
            (None, None) => "www.example.com".to_owned(),
        }
    }

    /// Whether a host that no URL has is given.
    pub fn has_odd_host(&self) -> bool {
        self.host.is_some() || self.long_host.is_some()
    }

    /// What is wrong with an outcome: a kind of error, or the text of an
    /// answer.
    pub fn fault(&self, outcome: Result<&str, &str>) -> Option<String> {
        let kind = match outcome {
            Ok(_) => "answer",
            Err(kind) => kind,
        };
        if !self.outcomes.iter().any(|one| one == kind) {
            return Some(format!("gives {outcome:?}"));
        }
        match (outcome, &self.result) {
            (Ok(text), Some(start)) if !text.starts_with(start) => {
                Some(format!("answers {text:?}"))
            }
            _ => None,
        }
    }
}

/// All of them.
///
/// # Errors
///
/// When the file can't be read, or has two scripts of one name or one that
/// is not given in one way.
pub fn hostile() -> Result<Vec<Hostile>, LoadError> {
    let path = data().join("hostile").join("scripts.toml");
    let fault =
        |what: String| LoadError::new(format!("{}: {what}", path.display()));
    let text = files::text(&path).map_err(|e| fault(e.to_string()))?;
    let File { script } =
        toml::from_str(&text).map_err(|e| fault(e.to_string()))?;
    let mut names = HashSet::new();
    for one in &script {
        let given =
            [one.source.is_some(), one.whole.is_some(), one.around.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            return Err(fault(format!("`{}` is not one script", one.name)));
        }
        if !names.insert(&one.name) {
            return Err(fault(format!("two are called `{}`", one.name)));
        }
    }
    Ok(script)
}
