//! Long chains of tests on one text, answered as if there were one.
//!
//! A script asks `if (dnsDomainIs(host, "a")) …; if (shExpMatch(host, "b"))
//! …`, and the first test that matches decides. A [`Table`] of the tests has
//! the answer without trying each, and [`Networks`] has it for `isInNet`.
//!
//! * Whole texts, fronts and backs (`text*`, `*text`) are found by hash.
//! * Of every other test a few bytes in a row, rare among all tests, are
//!   looked for at every place of the subject; then the test is tried.
//!
//! Either way a subject costs what its length does, however many the tests.

mod glob;
mod grams;
mod hash;
mod literals;
mod networks;
mod patterns;

use self::grams::{Grams, WIDEST};
use self::hash::End;
pub(crate) use self::hash::{Secret, Slots};
use self::literals::Literals;
pub(crate) use self::networks::Networks;
pub(crate) use self::patterns::Test;
use self::patterns::{Kind, Patterns};

/// Tests, each with the number of its rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    patterns: Patterns,
    /// None where the tests are so few that each is tried.
    index: Option<Index>,
}

/// So many tests are tried one by one.
const FEW: usize = 8;

/// For so many tried tests for each of a table's the shadowed ones are
/// looked for.
const TRIED_MOST: usize = 100;

impl Table {
    /// Makes a table of tests whose rules' numbers never descend. Several
    /// tests may have one number.
    pub(crate) fn new(tests: impl IntoIterator<Item = (Test, u32)>) -> Table {
        let patterns = Patterns::new(tests);
        let index = (patterns.len() > FEW).then(|| Index::new(&patterns));
        Table { patterns, index }
    }

    /// The smallest number of a rule with a test that matches.
    pub(crate) fn first(&self, subject: &str) -> Option<u32> {
        self.first_from(subject, 0)
    }

    /// The smallest number, `from` or greater, of a rule with a test that
    /// matches.
    ///
    /// A subject that is not ASCII, or has a line's end in it, takes as long
    /// as all the tests do.
    pub(crate) fn first_from(&self, subject: &str, from: u32) -> Option<u32> {
        let start = self.patterns.start(from);
        self.patterns.rule(self.find(subject, start, &mut 0)?)
    }

    /// The first test, `start` or one behind it, that matches. Adds how
    /// many were tried to `tried`.
    fn find(
        &self,
        subject: &str,
        start: u32,
        tried: &mut usize,
    ) -> Option<u32> {
        let patterns = &self.patterns;
        match &self.index {
            Some(index) if is_plain(subject) => {
                let best = u32::MAX;
                let mut search =
                    Search { patterns, subject, start, best, tried: 0 };
                index.search(&mut search);
                *tried += search.tried;
                (search.best != u32::MAX).then_some(search.best)
            }
            _ => {
                let mut tests = patterns.indices(start);
                tests.find(|test| patterns.matches(*test, subject))
            }
        }
    }

    /// The smallest number of a rule that matches whatever `test` matches,
    /// as far as that is certain.
    ///
    /// Of subjects that are not ASCII, or have a line's end in them, nothing
    /// is said; no host and no URL is such.
    pub(crate) fn covering(&self, test: &Test) -> Option<u32> {
        let (kind, text) = test.parts();
        self.patterns.rule(self.cover(kind, text, &mut 0)?)
    }

    /// Rules that never are the first, each of whose tests is covered by one
    /// of an earlier rule, each with the number of that rule; where there
    /// are several such, a pair for each. In order.
    ///
    /// All are certain, as in [`Table::covering`]. There may be more, above
    /// all where globs are made so that most must be tried for most others:
    /// then it ends early.
    pub(crate) fn shadowed(&self) -> Vec<(u32, u32)> {
        let patterns = &self.patterns;
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let (mut tried, most) = (0, TRIED_MOST * patterns.len());
        // Where the pairs of the present rule begin, and one that is alive.
        let (mut begin, mut alive) = (0, None);
        for test in patterns.indices(0) {
            let Some(rule) = patterns.rule(test) else { break };
            if pairs.last().is_some_and(|pair| pair.0 != rule) {
                begin = pairs.len();
            }
            if alive == Some(rule) {
                continue;
            }
            let (kind, text) = (patterns.kind(test), patterns.text(test));
            let cover = self.cover(kind, text, &mut tried);
            if tried > most {
                pairs.truncate(begin);
                break;
            }
            match cover.and_then(|test| patterns.rule(test)) {
                Some(by) if by < rule => pairs.push((rule, by)),
                _ => {
                    alive = Some(rule);
                    pairs.truncate(begin);
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// A test that matches what the given one matches.
    ///
    /// One subject stands for all of them: each wildcard is made a byte that
    /// no test can have but by a wildcard of its own. A `?` may only stand
    /// for a `?`, since a star is not always one byte.
    fn cover(&self, kind: Kind, text: &str, tried: &mut usize) -> Option<u32> {
        const WILD: &str = "\u{1}";
        // So often a test is passed over that matches by a `?`.
        const TRIES: usize = 4;
        if !is_plain(text) {
            return None;
        }
        let (mut front, mut back) = ("", "");
        if matches!(kind, Kind::Suffix | Kind::Contains) {
            front = WILD;
        }
        if matches!(kind, Kind::Prefix | Kind::Contains) {
            back = WILD;
        }
        let mut has_star = kind != Kind::Exact;
        let subject = if kind == Kind::Glob {
            has_star = text.contains('*');
            text.replace(['*', '?'], WILD)
        } else {
            [front, text, back].concat()
        };
        let mut start = 0;
        for _ in 0..TRIES {
            let found = self.find(&subject, start, tried)?;
            let text = self.patterns.text(found);
            let is_glob = self.patterns.kind(found) == Kind::Glob;
            let by_question_mark = has_star && is_glob && text.contains('?');
            if !by_question_mark && !text.contains(WILD) {
                return Some(found);
            }
            start = found + 1;
        }
        None
    }
}

/// A search under way.
struct Search<'s> {
    patterns: &'s Patterns,
    /// ASCII, without a line's end.
    subject: &'s str,
    /// The first test that counts.
    start: u32,
    /// The first test that matches, of those found so far; or the greatest
    /// number.
    best: u32,
    /// How many tests were tried that are not found by hash.
    tried: usize,
}

/// Whether a text is ASCII and has no line's end: then a star stands for
/// anything.
fn is_plain(text: &str) -> bool {
    // Without an early end, which is what makes it fast.
    !text.bytes().fold(false, |found, byte| {
        found | (byte >= 0x80) | (byte == b'\n') | (byte == b'\r')
    })
}

/// Where tests are found, for subjects that are plain.
#[derive(Clone, Debug, Default)]
struct Index {
    /// Tests that match every subject.
    any: Vec<u32>,
    whole: Option<Literals>,
    front: Option<Literals>,
    back: Option<Literals>,
    grams: [Option<Grams>; WIDEST],
    /// Globs of wildcards only.
    wild: Vec<Wild>,
}

#[derive(Clone, Copy, Debug)]
struct Wild {
    test: u32,
    length: u32,
    /// Whether longer subjects match, too.
    has_star: bool,
}

/// Where a test belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Any,
    Whole,
    Front,
    Back,
    Inside,
    /// No plain subject matches.
    Nowhere,
}

impl Index {
    fn new(patterns: &Patterns) -> Index {
        let secret = Secret::new();
        let mut index = Index::default();
        let (mut whole, mut front) = (Vec::new(), Vec::new());
        let (mut back, mut inside) = (Vec::new(), Vec::new());
        for test in patterns.indices(0) {
            let list = match place(patterns, test) {
                Place::Any => &mut index.any,
                Place::Whole => &mut whole,
                Place::Front => &mut front,
                Place::Back => &mut back,
                Place::Inside => &mut inside,
                Place::Nowhere => continue,
            };
            list.push(test);
        }
        let literals =
            |end, tests: &[u32]| Literals::new(secret, end, patterns, tests);
        index.whole = literals(End::Front, &whole);
        index.front = literals(End::Front, &front);
        index.back = literals(End::Back, &back);
        if !inside.is_empty() {
            let chosen = grams::choose(secret, patterns, &inside);
            let all = index.grams.iter_mut().zip(&chosen.grams);
            for (width, (grams, pairs)) in (1..).zip(all) {
                *grams = Grams::new(secret, width, pairs);
            }
            let wild = chosen.none.iter();
            index.wild = wild.map(|test| Wild::new(patterns, *test)).collect();
        }
        index
    }

    fn search(&self, search: &mut Search<'_>) {
        let any = match search.start {
            0 => 0,
            start => self.any.partition_point(|test| *test < start),
        };
        if let Some(test) = self.any.get(any) {
            search.best = *test;
        }
        if let Some(whole) = &self.whole {
            whole.search_whole(search);
        }
        for end in [&self.back, &self.front].into_iter().flatten() {
            end.search_end(search);
        }
        for grams in self.grams.iter().rev().flatten() {
            grams.search(search);
        }
        let wild = self.wild.iter().find(|wild| {
            wild.test >= search.best
                || wild.test >= search.start && wild.matches(search.subject)
        });
        if let Some(wild) = wild {
            search.best = search.best.min(wild.test);
        }
    }
}

impl Wild {
    fn new(patterns: &Patterns, test: u32) -> Wild {
        let text = patterns.text(test).bytes();
        let length = text.filter(|byte| *byte == b'?').count();
        Wild {
            test,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            has_star: patterns.text(test).contains('*'),
        }
    }

    fn matches(self, subject: &str) -> bool {
        let (length, least) = (subject.len(), self.length as usize);
        length == least || self.has_star && length > least
    }
}

fn place(patterns: &Patterns, test: u32) -> Place {
    let (kind, text) = (patterns.kind(test), patterns.text(test));
    if !is_plain(text) {
        return Place::Nowhere;
    }
    if kind != Kind::Glob {
        return match kind {
            Kind::Suffix | Kind::Prefix | Kind::Contains
                if text.is_empty() =>
            {
                Place::Any
            }
            // Which is the empty one.
            Kind::Exact if text.is_empty() => Place::Inside,
            Kind::Exact => Place::Whole,
            Kind::Suffix => Place::Back,
            Kind::Prefix => Place::Front,
            Kind::Contains | Kind::Glob => Place::Inside,
        };
    }
    let literal = patterns.literal(test);
    match (text.starts_with('*'), text.ends_with('*')) {
        _ if text.is_empty() => Place::Inside,
        _ if literal.is_empty() => Place::Any,
        _ if literal.contains(['*', '?']) => Place::Inside,
        (false, false) => Place::Whole,
        (true, false) => Place::Back,
        (false, true) => Place::Front,
        (true, true) => Place::Inside,
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::builtins::tests::Fake;
    use crate::builtins::{Throw, Value};

    /// Asks the functions of scripts.
    fn naive(tests: &[(Test, u32)], subject: &str, from: u32) -> Option<u32> {
        let mut fake = Fake::default();
        let mut ask = |name: &str, text: &str| {
            let arguments = [subject, text].map(|a| Value::String(a.into()));
            let answer: Result<_, Throw> = fake.call(name, &arguments);
            answer.unwrap() == Value::Bool(true)
        };
        let found = tests.iter().find(|(test, rule)| {
            *rule >= from
                && match test {
                    Test::Exact(text) => subject == &**text,
                    Test::Suffix(text) => ask("dnsDomainIs", text),
                    Test::Prefix(text) => subject.starts_with(&**text),
                    Test::Contains(text) => subject.contains(&**text),
                    Test::Glob(text) => ask("shExpMatch", text),
                }
        });
        found.map(|(_, rule)| *rule)
    }

    fn test(kind: usize, text: &str) -> Test {
        let text = text.into();
        match kind {
            0 => Test::Exact(text),
            1 => Test::Suffix(text),
            2 => Test::Prefix(text),
            3 => Test::Contains(text),
            _ => Test::Glob(text),
        }
    }

    fn globs<'a>(
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Vec<(Test, u32)> {
        (0..).zip(texts).map(|(n, text)| (test(4, text), n)).collect()
    }

    /// Tests whose rules' numbers go up by none, one or more.
    fn tests(
        text: impl Strategy<Value = String>,
        most: usize,
    ) -> impl Strategy<Value = Vec<(Test, u32)>> {
        let one = (0_usize..7, text, prop_oneof![0_u32..3, 90_u32..99]);
        vec(one, 0..most).prop_map(|all| {
            let mut rule = 0;
            let all = all.into_iter();
            all.map(|(kind, text, more)| {
                rule += more;
                (test(kind, &text), rule)
            })
            .collect()
        })
    }

    fn agrees(
        tests: &[(Test, u32)],
        subject: &str,
        from: u32,
    ) -> Result<(), TestCaseError> {
        let table = Table::new(tests.iter().cloned());
        let mut from = Some(from);
        // From there, and then all that follow.
        while let Some(number) = from {
            let found = table.first_from(subject, number);
            let expected = naive(tests, subject, number);
            prop_assert_eq!(found, expected, "{:?}", subject);
            from = found.and_then(|rule| rule.checked_add(1));
        }
        prop_assert_eq!(table.first(subject), naive(tests, subject, 0));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn small_alphabets(
            tests in tests("[ab.*?]{0,5}", 40),
            subject in "[ab.]{0,9}",
            from in 0_u32..40,
        ) {
            agrees(&tests, &subject, from)?;
        }

        #[test]
        fn odd_characters(
            tests in tests("[a*?\n\r\u{1}\u{0}\u{7f}é\u{2028}]{0,4}", 20),
            subject in "[a\n\r\u{1}\u{0}\u{7f}é\u{2028}]{0,5}",
            from in 0_u32..20,
        ) {
            agrees(&tests, &subject, from)?;
        }

        #[test]
        fn like_names(
            tests in tests(
                r"(\*?\.?)(ad|www)?\*?(foo|bar|ba)?\.(example|test)\*?",
                60,
            ),
            subject in r"(x\.)?(ad1?|www)?(\.)?(foo|bar|ba)\.(example|test)",
            from in 0_u32..60,
        ) {
            agrees(&tests, &subject, from)?;
        }

        #[test]
        fn long_repeated(
            tests in tests(r"[*?b]?a{0,90}[*?b]?a{0,9}\*?", 30),
            subject in "b?a{0,150}b?a{0,20}",
            from in 0_u32..40,
        ) {
            agrees(&tests, &subject, from)?;
        }

        #[test]
        fn what_covers_matches(
            tests in tests("[ab.*?\u{1}]{0,4}", 16),
            subjects in vec("[ab.\u{1}]{0,7}", 8),
        ) {
            let table = Table::new(tests.iter().cloned());
            for (test, _) in &tests {
                let Some(by) = table.covering(test) else { continue };
                let by = tests.iter().filter(|(_, rule)| *rule == by);
                let by: Vec<_> = by.cloned().collect();
                let test = [(test.clone(), 0)];
                for subject in &subjects {
                    if naive(&test, subject, 0).is_some() {
                        let found = naive(&by, subject, 0);
                        prop_assert!(found.is_some(), "{subject:?}");
                    }
                }
            }
            let shadowed = table.shadowed();
            for subject in &subjects {
                let Some(first) = naive(&tests, subject, 0) else { continue };
                prop_assert!(shadowed.iter().all(|pair| pair.0 != first));
            }
        }
    }

    #[test]
    fn shadows() {
        type Tests = &'static [(&'static str, u32)];
        type Pairs = &'static [(u32, u32)];
        let cases: &[(Tests, Pairs)] = &[
            (&[("4*x", 0), ("4*.x", 1)], &[(1, 0)]),
            (&[("4*.x", 0), ("4*x", 1)], &[]),
            (&[("1.x", 0), ("0a.x", 1), ("4*.a.x", 2)], &[(1, 0), (2, 0)]),
            (&[("4*a*x*", 0), ("4*bab*xb", 1), ("3ax", 2)], &[(1, 0), (2, 0)]),
            (&[("4*?x", 0), ("4*.x", 1), ("4a?x", 2)], &[(2, 0)]),
            (&[("4*x", 0), ("4*?x", 1)], &[(1, 0)]),
            (&[("4*?x", 0), ("4*x", 1)], &[]),
            (&[("4*?.x", 0), ("1x", 1), ("4*.x", 2)], &[(2, 1)]),
            (&[("0a", 0), ("0a", 0), ("0b", 1), ("0a", 1)], &[]),
            (&[("0a", 0), ("0b", 1), ("0b", 2), ("0a", 2)], &[(2, 0), (2, 1)]),
            (&[("0b", 0), ("0b", 1), ("0a", 1), ("0b", 1)], &[]),
            (&[("1", 3), ("4a", 4), ("2a", 5)], &[(4, 3), (5, 3)]),
            (&[("4**", 0), ("4*é", 1), ("4*", 2)], &[(2, 0)]),
            (&[("3\u{1}", 0), ("4*", 1), ("1x", 2)], &[(2, 1)]),
        ];
        // The same behind tests that bring an index.
        for others in [0, FEW] {
            for (tests, expected) in cases {
                let tests = tests.iter().map(|(text, rule)| {
                    let (kind, text) = text.split_at(1);
                    (test(kind.parse().unwrap(), text), rule + 100)
                });
                let others =
                    (0..others).map(|n| (test(0, &format!("{n}")), 0));
                let table = Table::new(others.take(FEW).chain(tests));
                let found = table.shadowed();
                let found = found.iter().filter(|pair| pair.0 >= 100);
                let found: Vec<_> =
                    found.map(|pair| (pair.0 - 100, pair.1 - 100)).collect();
                assert_eq!(found, *expected, "{tests:?}", tests = table);
            }
        }
    }

    #[test]
    fn rules_of_any_number() {
        let numbers = [0, 7, u32::MAX - 1, u32::MAX];
        let tests = numbers.map(|number| (test(4, "*.a"), number));
        let some = |n| iter::repeat_n((test(0, "b"), 0), n);
        for few in [0, 20] {
            let table = Table::new(some(few).chain(tests.clone()));
            for (from, expected) in [
                (0, 0),
                (1, 7),
                (7, 7),
                (8, u32::MAX - 1),
                (u32::MAX, u32::MAX),
            ] {
                assert_eq!(table.first_from("x.a", from), Some(expected));
                assert_eq!(table.first_from("x.b", from), None);
            }
        }
        assert_eq!(Table::default().first_from("", 0), None);
    }

    /// How many tests were tried is what makes a table slow.
    #[test]
    fn the_rarest_gram_is_looked_for() {
        let texts: Vec<String> =
            (0..2_000).map(|n| format!("*ad{n}-*.example.*")).collect();
        let tests = globs(texts.iter().map(String::as_str));
        let table = Table::new(tests);
        let grams = &table.index.as_ref().unwrap().grams;
        assert!(grams[..3].iter().all(Option::is_none));
        let most = grams[3].as_ref().unwrap().longest_bucket();
        assert!(most < 20, "{most}");
    }

    #[test]
    fn hostile_tables_end() {
        let long = "a".repeat(20_000);
        let many = |make: &dyn Fn(usize) -> String| -> Vec<String> {
            (0..20_000).map(make).collect()
        };
        let all = [
            // All the same.
            many(&|_| "*.example".to_owned()),
            many(&|_| "*exa*ple*".to_owned()),
            // All the same gram, and another length.
            many(&|n| format!("*aaaa{}", "?".repeat(n % 50))),
            many(&|n| format!("*{}b*", "a".repeat(n % 60))),
            many(&|n| "?".repeat(n % 60)),
            // All that one byte at a place can be.
            many(&|n| format!("*.{n}\0")),
            many(&|n| format!("{n:016b}*")),
        ];
        for texts in all {
            let tests = globs(texts.iter().map(String::as_str));
            let table = Table::new(tests.clone());
            for subject in ["x.example", &long[..100], "aaab", ""] {
                for from in [0, 10_000, 19_999] {
                    assert_eq!(
                        table.first_from(subject, from),
                        naive(&tests, subject, from)
                    );
                }
            }
            table.shadowed();
        }
        // Each must be tried for each other, so that the last, which is the
        // first once more, is not reached.
        let mut texts = many(&|n| {
            let text = format!("{n:015b}*");
            text.replace('0', "*aaaa").replace('1', "*bbbb")
        });
        texts.push(texts[0].clone());
        let tests = globs(texts.iter().map(String::as_str));
        assert_eq!(Table::new(tests).shadowed(), []);
        let table = Table::new(globs(iter::repeat_n(&*long, 20)));
        assert_eq!(table.first(&long), Some(0));
        let tests = globs(iter::repeat_n("*aaab*", 2_000));
        assert_eq!(Table::new(tests).first(&long), None);
    }
}
