//! Runs the cases on a surface.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compare::compare;
use crate::load::{data, known_failures, load};
use crate::{Case, KnownFailure, Observed};

/// What a surface makes of a case.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_enums, clippy::large_enum_variant)]
pub enum Verdict {
    /// It ran it.
    Observed(Observed),
    /// It has no way to run it, for this reason.
    Skipped(&'static str),
}

impl From<Observed> for Verdict {
    fn from(observed: Observed) -> Verdict {
        Verdict::Observed(observed)
    }
}

/// Which cases run: those whose full name contains one of the wanted parts
/// (or any, where none is wanted) and none of the unwanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

impl Filter {
    /// The variable that holds the filter.
    pub const VARIABLE: &'static str = "WHICHPROXY_TEST";

    /// Reads `part,-part,…`.
    ///
    /// ```
    /// use whichproxy_test::Filter;
    /// let filter = Filter::new("edr, -wpad");
    /// assert!(filter.takes("clients/defender-edr/static"));
    /// assert!(!filter.takes("clients/defender-edr/wpad-dns"));
    /// assert!(!filter.takes("pac/dates/wrap"));
    /// ```
    pub fn new(text: &str) -> Filter {
        let mut filter = Filter::default();
        for part in text.split(',').map(str::trim) {
            match part.strip_prefix('-') {
                Some("") => {}
                Some(part) => filter.unwanted.push(part.to_owned()),
                None if part.is_empty() => {}
                None => filter.wanted.push(part.to_owned()),
            }
        }
        filter
    }

    /// Whether a case of this full name runs.
    pub fn takes(&self, name: &str) -> bool {
        let has = |part: &String| name.contains(part.as_str());
        (self.wanted.is_empty() || self.wanted.iter().any(has))
            && !self.unwanted.iter().any(has)
    }

    fn takes_all(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }
}

/// Runs the cases on one surface, and tells all failures at once.
#[derive(Clone, Debug)]
pub struct Runner {
    surface: String,
    complete: bool,
}

/// How a run went.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many cases ran and were as expected.
    pub passed: usize,
    /// How many cases failed as known.
    pub known: usize,
    /// How many cases the surface can't run or tell.
    pub skipped: usize,
    /// How many cases the filter left out.
    pub filtered: usize,
    /// What failed, one text a case.
    pub failures: Vec<String>,
}

impl Runner {
    /// A runner for the surface of this name, as `known-failures.toml`
    /// knows it.
    pub fn new(surface: &str) -> Runner {
        Runner { surface: surface.to_owned(), complete: false }
    }

    /// The same runner for a surface that can run every case and tell all
    /// that is expected: what it leaves out is a failure.
    pub fn complete(self) -> Runner {
        Runner { complete: true, ..self }
    }

    /// Runs all cases of the repository that the filter takes.
    ///
    /// # Panics
    ///
    /// When the data can't be read or any case fails.
    pub fn run<V: Into<Verdict>>(&self, observe: impl FnMut(&Case) -> V) {
        let filter = std::env::var(Filter::VARIABLE).unwrap_or_default();
        let filter = Filter::new(&filter);
        let folder = data();
        let cases = load(&folder).unwrap_or_else(|error| panic!("{error}"));
        let known =
            known_failures(&folder).unwrap_or_else(|error| panic!("{error}"));
        let report = self.report(&cases, &known, &filter, observe);
        println!(
            "{}: {} passed, {} known failures, {} skipped, {} filtered",
            self.surface,
            report.passed,
            report.known,
            report.skipped,
            report.filtered
        );
        assert!(
            report.failures.is_empty(),
            "{} of {} cases failed on {}:\n\n{}",
            report.failures.len(),
            cases.len(),
            self.surface,
            report.failures.join("\n\n")
        );
        assert!(
            report.passed > 0 || !filter.takes_all(),
            "{} ran no case",
            self.surface
        );
    }

    /// Runs `cases` and tells how it went.
    pub fn report<V: Into<Verdict>>(
        &self,
        cases: &[Case],
        known: &[KnownFailure],
        filter: &Filter,
        mut observe: impl FnMut(&Case) -> V,
    ) -> Report {
        let known: Vec<&KnownFailure> = known
            .iter()
            .filter(|known| {
                known.surface.as_ref().is_none_or(|s| *s == self.surface)
            })
            .collect();
        let mut matched = vec![false; known.len()];
        let mut report = Report::default();
        for case in cases {
            let name = case.full_name();
            let mut reason = None;
            for (known, matched) in known.iter().zip(&mut matched) {
                if glob(&known.test, &name) {
                    *matched = true;
                    reason = Some(&known.reason);
                }
            }
            if !filter.takes(&name) {
                report.filtered += 1;
                continue;
            }
            let verdict =
                catch_unwind(AssertUnwindSafe(|| observe(case).into()));
            let differences = match verdict {
                Ok(Verdict::Skipped(_)) if !self.complete => {
                    report.skipped += 1;
                    continue;
                }
                Ok(Verdict::Skipped(why)) => vec![format!("skipped: {why}")],
                Ok(Verdict::Observed(seen)) => {
                    let comparison = compare(case, &seen);
                    let mut differences = comparison.differences;
                    if self.complete {
                        let untold = comparison.untold.iter();
                        differences.extend(
                            untold.map(|field| format!("{field}: untold")),
                        );
                    } else if comparison.compared == 0 {
                        report.skipped += 1;
                        continue;
                    }
                    differences
                }
                Err(panic) => vec![format!("panicked: {}", text(&*panic))],
            };
            match (differences.is_empty(), reason) {
                (true, None) => report.passed += 1,
                (false, Some(_)) => report.known += 1,
                (true, Some(reason)) => report.failures.push(format!(
                    "{case}\n    passes, but known-failures.toml says: \
                     {reason}"
                )),
                (false, None) => {
                    let mut failure = case.to_string();
                    for difference in differences {
                        let difference = difference.replace('\n', "\n    ");
                        let _ = write!(failure, "\n    {difference}");
                    }
                    report.failures.push(failure);
                }
            }
        }
        for (known, matched) in known.iter().zip(matched) {
            if !matched {
                report.failures.push(format!(
                    "known-failures.toml: `{}` matches no case",
                    known.test
                ));
            }
        }
        report
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        return text;
    }
    panic.downcast_ref::<String>().map_or("(no message)", String::as_str)
}

impl KnownFailure {
    /// Whether a case of this full name is known to fail on a surface.
    pub fn takes(&self, name: &str, surface: &str) -> bool {
        self.surface.as_deref().is_none_or(|one| one == surface)
            && glob(&self.test, name)
    }
}

/// Whether `name` is as `pattern` says, in which `*` stands for anything.
pub fn glob(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or("");
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::read;

    fn cases() -> Vec<Case> {
        let text = "[[test]]\nname = 'good'\nsource = ['K']\n\
                    evidence = 'documented'\nroutes = 'DIRECT'\n\
                    [[test]]\nname = 'bad'\nsource = ['K']\n\
                    evidence = 'documented'\nroutes = 'PROXY a:1'\n";
        read(text, "g").unwrap()
    }

    fn direct(_: &Case) -> Observed {
        let routes = Some("DIRECT".to_owned());
        Observed { routes, ..Observed::default() }
    }

    fn failures(known: &[&str], surface: Option<&str>) -> Vec<String> {
        let known: Vec<KnownFailure> = known
            .iter()
            .map(|test| KnownFailure {
                test: (*test).to_owned(),
                reason: "so".to_owned(),
                surface: surface.map(ToOwned::to_owned),
            })
            .collect();
        let runner = Runner::new("rust").complete();
        let filter = Filter::default();
        runner.report(&cases(), &known, &filter, direct).failures
    }

    #[test]
    fn what_differs_fails() {
        let failures = failures(&[], None);
        assert_eq!(failures.len(), 1);
        assert!(failures[0].starts_with("g/bad [K, Documented]"));
        assert!(failures[0].contains("expected \"PROXY a:1\""));
    }

    #[test]
    fn a_known_failure_is_none() {
        assert!(failures(&["g/ba*"], None).is_empty());
        assert!(failures(&["g/bad"], Some("rust")).is_empty());
        assert_eq!(failures(&["g/bad"], Some("command")).len(), 1);
    }

    #[test]
    fn a_known_failure_that_passes_fails() {
        let failures = failures(&["g/*"], None);
        assert_eq!(failures.len(), 1);
        assert!(failures[0].contains("passes, but"));
    }

    #[test]
    fn a_known_failure_of_nothing_fails() {
        let failures = failures(&["g/bad", "h/*"], None);
        assert_eq!(failures.len(), 1);
        assert!(failures[0].contains("`h/*` matches no case"));
    }

    #[test]
    fn a_panic_fails_its_case_only() {
        let runner = Runner::new("rust");
        let filter = Filter::default();
        let report = runner.report(&cases(), &[], &filter, |case| {
            assert_ne!(case.name, "bad", "ouch");
            direct(case)
        });
        assert_eq!((report.passed, report.failures.len()), (1, 1));
        assert!(report.failures[0].contains("ouch"));
    }

    #[test]
    fn what_a_surface_cannot_tell_is_skipped_unless_complete() {
        let silent = |_: &Case| Observed::default();
        let filter = Filter::default();
        let runner = Runner::new("rust");
        let report = runner.report(&cases(), &[], &filter, silent);
        assert_eq!((report.skipped, report.failures.len()), (2, 0));
        let report = runner.complete().report(&cases(), &[], &filter, silent);
        assert_eq!(report.failures.len(), 2);
    }

    #[test]
    fn an_unexpected_error_fails() {
        let runner = Runner::new("rust");
        let filter = Filter::new("good");
        let report = runner.report(&cases(), &[], &filter, |case| Observed {
            error: Some(crate::ObservedError::default()),
            ..direct(case)
        });
        assert_eq!((report.filtered, report.failures.len()), (1, 1));
    }

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("a/*", "a/bc", true),
            ("*c", "a/bc", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c2b", false),
            ("aa*aa", "aaa", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }
}
