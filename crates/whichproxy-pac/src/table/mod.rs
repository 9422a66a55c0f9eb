//! Long chains of tests on one text, answered as if there were one.
//!
//! A script asks `if (dnsDomainIs(host, "a")) …; if (shExpMatch(host, "b"))
//! …`, and the first test that matches decides. A [`Table`] of the tests has
//! the answer without trying each.

use crate::builtins;

mod networks;

pub(crate) use self::networks::Networks;

/// A test of a subject, which is a host or a URL. Case counts.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Test {
    /// The subject is this.
    Exact(Box<str>),
    /// The subject ends so.
    Suffix(Box<str>),
    /// The subject begins so.
    Prefix(Box<str>),
    /// The subject has this in it.
    Contains(Box<str>),
    /// The whole subject matches, as `shExpMatch` would say. The pattern has
    /// no character that is special in a regular expression but `.`, `*` and
    /// `?`.
    Glob(Box<str>),
}

impl Test {
    /// Whether the test matches.
    fn matches(&self, subject: &str) -> bool {
        match self {
            Test::Exact(text) => subject == &**text,
            Test::Suffix(text) => subject.ends_with(&**text),
            Test::Prefix(text) => subject.starts_with(&**text),
            Test::Contains(text) => subject.contains(&**text),
            Test::Glob(pattern) => builtins::glob_matches(pattern, subject),
        }
    }
}

/// Tests, each with the number of its rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    tests: Vec<(Test, u32)>,
}

impl Table {
    /// Makes a table of tests whose rules' numbers never descend. Several
    /// tests may have one number.
    pub(crate) fn new(tests: impl IntoIterator<Item = (Test, u32)>) -> Table {
        Table { tests: tests.into_iter().collect() }
    }

    /// The smallest number of a rule with a test that matches.
    pub(crate) fn first(&self, subject: &str) -> Option<u32> {
        self.first_from(subject, 0)
    }

    /// The smallest number, `from` or greater, of a rule with a test that
    /// matches.
    pub(crate) fn first_from(&self, subject: &str, from: u32) -> Option<u32> {
        let start = self.tests.partition_point(|(_, rule)| *rule < from);
        let tests = self.tests.get(start..)?;
        tests
            .iter()
            .find(|(test, _)| test.matches(subject))
            .map(|(_, rule)| *rule)
    }

    /// The smallest number of a rule that matches whatever `test` matches,
    /// as far as that is certain.
    ///
    /// Of subjects that have a line's end in them nothing is said; no host
    /// and no URL has one.
    pub(crate) fn covering(&self, test: &Test) -> Option<u32> {
        let same = self.tests.iter().find(|(other, _)| other == test);
        same.map(|(_, rule)| *rule)
    }

    /// Rules that never are the first, each of whose tests is covered by one
    /// of an earlier rule, each with the number of that rule; where there
    /// are several such, a pair for each. In order.
    ///
    /// All are certain, as in [`Table::covering`]; there may be more.
    pub(crate) fn shadowed(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for tests in self.tests.chunk_by(|a, b| a.1 == b.1) {
            let mut found: Vec<(u32, u32)> = Vec::new();
            for (test, rule) in tests {
                match self.covering(test) {
                    Some(by) if by < *rule => found.push((*rule, by)),
                    _ => {
                        found.clear();
                        break;
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
            pairs.append(&mut found);
        }
        pairs
    }
}
