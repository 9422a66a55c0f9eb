//! Reads the cases.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Case, files};

/// The folder of the data.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Why the data can't be read: the file, and what is wrong with it.
#[derive(Debug)]
pub struct LoadError(String);

impl LoadError {
    pub(crate) fn new(what: String) -> LoadError {
        LoadError(what)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

/// A case, or several, known to fail.
#[non_exhaustive]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KnownFailure {
    /// The full name; `*` stands for anything.
    pub test: String,
    /// Why it fails.
    pub reason: String,
    /// The surface on which it fails; all where not given.
    pub surface: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tests {
    #[serde(default)]
    test: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KnownFailures {
    #[serde(default)]
    known_failure: Vec<KnownFailure>,
}

/// Every case under `folder`, sorted by file, in the order of the files.
///
/// # Errors
///
/// When a file can't be read, has a field that the format has not, or has
/// two cases of one name; all such faults are told at once.
pub fn load(folder: &Path) -> Result<Vec<Case>, LoadError> {
    let mut tables =
        files::tables(folder).map_err(|error| LoadError(error.to_string()))?;
    tables.sort();
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    for file in &tables {
        if file.file_name().is_some_and(|name| name == KNOWN) {
            continue;
        }
        let group = file.strip_prefix(folder).unwrap_or(file);
        // Those scripts have a format of their own.
        if group.starts_with(HOSTILE) {
            continue;
        }
        let group = group.with_extension("");
        let group = group.to_string_lossy().replace('\\', "/");
        match files::text(file)
            .map_err(|error| error.to_string())
            .and_then(|text| read(&text, &group))
        {
            Ok(more) => cases.extend(more),
            Err(fault) => {
                faults.push(format!("{}: {fault}", file.display()));
            }
        }
    }
    if faults.is_empty() {
        Ok(cases)
    } else {
        Err(LoadError(faults.join("\n")))
    }
}

/// The folder of [`crate::hostile`].
const HOSTILE: &str = "hostile";

const KNOWN: &str = "known-failures.toml";

/// The known failures listed in `folder`.
///
/// # Errors
///
/// When the list can't be read; that there is none, is none.
pub fn known_failures(folder: &Path) -> Result<Vec<KnownFailure>, LoadError> {
    let path = folder.join(KNOWN);
    if !files::exists(&path) {
        return Ok(Vec::new());
    }
    let error =
        |error: String| LoadError(format!("{}: {error}", path.display()));
    let text = files::text(&path).map_err(|e| error(e.to_string()))?;
    let known: KnownFailures =
        toml::from_str(&text).map_err(|e| error(e.to_string()))?;
    Ok(known.known_failure)
}

/// The cases of one file.
pub(crate) fn read(text: &str, group: &str) -> Result<Vec<Case>, String> {
    let tests: Tests =
        toml::from_str(text).map_err(|error| error.to_string())?;
    let mut names = HashSet::new();
    let mut faults = Vec::new();
    let mut cases = tests.test;
    for case in &mut cases {
        case.group = group.to_owned();
        if let Some(fault) = case.fault() {
            faults.push(format!("`{}` {fault}", case.name));
        }
        if !names.insert(case.name.clone()) {
            faults.push(format!("two cases are called `{}`", case.name));
        }
    }
    if cases.is_empty() {
        faults.push("has no cases".to_owned());
    }
    if faults.is_empty() { Ok(cases) } else { Err(faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[[test]]\nname = 'a'\nsource = ['K']\n\
                        evidence = 'documented'\nroutes = 'DIRECT'\n";

    #[test]
    fn a_good_file() {
        let cases = read(GOOD, "g").unwrap();
        assert_eq!(cases[0].full_name(), "g/a");
    }

    #[test]
    fn bad_files_say_why() {
        for (text, why) in [
            (format!("{GOOD}{GOOD}"), "two cases are called `a`"),
            (format!("{GOOD}rotues = 'x'\n"), "unknown field `rotues`"),
            (GOOD.replace("['K']", "[]"), "keys in upper case"),
            (GOOD.replace("'K'", "'k'"), "keys in upper case"),
            (GOOD.replace("documented", "sure"), "unknown variant `sure`"),
            (GOOD.replace("evidence", "#"), "missing field `evidence`"),
            (GOOD.replace("source", "#"), "missing field `source`"),
            (GOOD.replace("routes", "#"), "expects nothing"),
            (GOOD.replace("'a'", "'A b'"), "lower-case words"),
            (format!("{GOOD}client='x'\nscript='y'\n"), "more than one"),
            (format!("{GOOD}expression='1'\n"), "go together"),
            (String::new(), "has no cases"),
        ] {
            let fault = read(&text, "g").unwrap_err();
            assert!(fault.contains(why), "{text}\n{fault}");
        }
    }
}
