//! Tests, and how they are kept: all texts in one.

use crate::builtins;
use crate::syntax::Text;

/// A test of a subject, which is a host or a URL. Case counts.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Test {
    /// The subject is this.
    Exact(Text),
    /// The subject ends so.
    Suffix(Text),
    /// The subject begins so.
    Prefix(Text),
    /// The subject has this in it.
    Contains(Text),
    /// The whole subject matches, as `shExpMatch` would say. The pattern has
    /// no character that is special in a regular expression but `.`, `*` and
    /// `?`.
    Glob(Text),
}

impl Test {
    /// What the subject is compared with, or the glob.
    pub(crate) fn text(&self) -> &Text {
        match self {
            Test::Exact(text)
            | Test::Suffix(text)
            | Test::Prefix(text)
            | Test::Contains(text)
            | Test::Glob(text) => text,
        }
    }

    pub(super) fn parts(&self) -> (Kind, &str) {
        match self {
            Test::Exact(text) => (Kind::Exact, text),
            Test::Suffix(text) => (Kind::Suffix, text),
            Test::Prefix(text) => (Kind::Prefix, text),
            Test::Contains(text) => (Kind::Contains, text),
            Test::Glob(text) => (Kind::Glob, text),
        }
    }
}

/// What a test compares its text with, or that its text is a glob.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Exact,
    Suffix,
    Prefix,
    Contains,
    Glob,
}

/// Tests in the order of their rules, each known by its index.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    texts: String,
    /// Where each text ends, which is where the next one starts.
    ends: Vec<u32>,
    /// The number of each test's rule; nothing where it is the test's own.
    rules: Vec<u32>,
    kinds: Vec<Kind>,
}

impl Patterns {
    pub(super) fn new(
        tests: impl IntoIterator<Item = (Test, u32)>,
    ) -> Patterns {
        let tests = tests.into_iter();
        let count = tests.size_hint().0;
        let mut patterns = Patterns::default();
        patterns.ends.reserve(count);
        patterns.rules.reserve(count);
        patterns.kinds.reserve(count);
        for (test, rule) in tests {
            let (kind, text) = test.parts();
            patterns.texts.push_str(text);
            debug_assert!(
                patterns.rules.last().is_none_or(|last| *last <= rule),
                "the rules' numbers descend"
            );
            let end = u32::try_from(patterns.texts.len());
            // A script is not of 4 GiB; its tests' texts are in it.
            patterns.ends.push(end.unwrap_or(u32::MAX));
            patterns.rules.push(rule);
            patterns.kinds.push(kind);
        }
        if (0..).zip(&patterns.rules).all(|(test, rule)| test == *rule) {
            patterns.rules = Vec::new();
        }
        patterns.texts.shrink_to_fit();
        patterns.ends.shrink_to_fit();
        patterns.rules.shrink_to_fit();
        patterns.kinds.shrink_to_fit();
        patterns
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The indices from `start`.
    pub(super) fn indices(
        &self,
        start: u32,
    ) -> impl Iterator<Item = u32> + use<> {
        start..u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// The first test of the first rule whose number is `from` or greater.
    pub(super) fn start(&self, from: u32) -> u32 {
        let start = match self.rules.first() {
            Some(first) if *first < from => {
                self.rules.partition_point(|rule| *rule < from)
            }
            Some(_) => 0,
            None => return from,
        };
        u32::try_from(start).unwrap_or(u32::MAX)
    }

    /// The number of a test's rule.
    #[inline]
    pub(super) fn rule(&self, index: u32) -> Option<u32> {
        if self.rules.is_empty() {
            return ((index as usize) < self.ends.len()).then_some(index);
        }
        self.rules.get(index as usize).copied()
    }

    pub(super) fn kind(&self, index: u32) -> Kind {
        let kind = self.kinds.get(index as usize);
        kind.copied().unwrap_or(Kind::Exact)
    }

    #[inline]
    pub(super) fn text(&self, index: u32) -> &str {
        let end = |index: usize| Some(*self.ends.get(index)? as usize);
        let start = (index as usize).checked_sub(1).and_then(end);
        let range = start.unwrap_or(0)..end(index as usize).unwrap_or(0);
        self.texts.get(range).unwrap_or("")
    }

    /// A text without the stars that a glob begins and ends with.
    #[inline]
    pub(super) fn literal(&self, index: u32) -> &str {
        let text = self.text(index);
        match self.kind(index) {
            Kind::Glob => text.trim_matches('*'),
            _ => text,
        }
    }

    /// Whether a test matches any subject.
    pub(super) fn matches(&self, index: u32, subject: &str) -> bool {
        let text = self.text(index);
        match self.kind(index) {
            Kind::Exact => subject == text,
            Kind::Suffix => subject.ends_with(text),
            Kind::Prefix => subject.starts_with(text),
            Kind::Contains => subject.contains(text),
            Kind::Glob => builtins::glob_matches(text, subject),
        }
    }
}
