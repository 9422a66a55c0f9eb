//! Regular expressions whose meaning is the same in linear time.
//!
//! Only a part of JavaScript's language is read: characters, classes,
//! groups, choices, repetitions and anchors. Text and pattern are ASCII. What
//! is matched is then the same as JavaScript's, with two exceptions. Where a
//! round of a repetition may match nothing, it may end elsewhere
//! ([`Pattern::ends_are_exact`]). Where a group need not take part in each
//! round, it keeps what an earlier round left
//! ([`Pattern::groups_are_exact`]).

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use regex::bytes::{Regex, RegexBuilder};

use super::needed;
use crate::lane;

/// A regular expression; compiled when it is first used.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// For the engine; without what it looks ahead for.
    text: String,
    global: bool,
    ends: bool,
    groups: bool,
    regex: OnceLock<Option<Regex>>,
    /// Of its own for each of some threads: who comes first to an engine has
    /// its memory without a lock.
    others: OnceLock<Box<[OnceLock<Regex>; OTHERS]>>,
    /// What it costs where it is not linear.
    cost: Option<Cost>,
    steps: OnceLock<Option<regress::Regex>>,
    source: Box<str>,
    ignore_case: bool,
}

/// What a step by step engine may need: so many ways to go, times the length of the text for each repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    ways: f64,
    repetitions: i32,
}

/// What is known of a part of an expression.
#[derive(Clone, Copy, Debug)]
struct Part {
    cost: Cost,
    /// Whether it may match nothing.
    empty: bool,
    /// Whether it has groups that are kept.
    kept: bool,
    /// Whether it may match without one of these.
    loose: bool,
    /// Whether it has groups that are repeated.
    counted: bool,
}

impl Cost {
    const ONE: Cost = Cost { ways: 1.0, repetitions: 0 };
}

impl Part {
    const ONE: Part = Part {
        cost: Cost::ONE,
        empty: false,
        kept: false,
        loose: false,
        counted: false,
    };

    const PLACE: Part = Part { empty: true, ..Part::ONE };
}

/// A match: where it and its groups begin and end.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

/// How many engines there are of an expression besides the first.
const OTHERS: usize = 15;

/// The steps that a search may take.
const STEPS_MOST: f64 = 3e6;

/// What a compiled expression may use of memory.
const SIZE_MOST: usize = 1 << 20;

/// The most that a number in braces may be.
const REPEAT_MOST: u32 = 200;

/// The deepest nesting of groups.
const DEPTH_MOST: u32 = 20;

impl Pattern {
    /// Reads an expression; `None` where its meaning is not proved equal.
    pub(crate) fn new(source: &str, flags: &str) -> Option<Arc<Pattern>> {
        let (mut global, mut ignore_case) = (false, false);
        for flag in flags.bytes() {
            match flag {
                b'g' if !global => global = true,
                b'i' if !ignore_case => ignore_case = true,
                _ => return None,
            }
        }
        if !source.is_ascii() || source.len() > 64 << 10 {
            return None;
        }
        let mut out = String::with_capacity(source.len() + 16);
        if ignore_case {
            out.push_str("(?i)");
        }
        let mut reader = Reader {
            bytes: source.as_bytes(),
            at: 0,
            out: &mut out,
            depth: 0,
            ends: true,
            groups: true,
            repeats: 1,
            looks: false,
            split: false,
        };
        let mut cost = reader.choice()?.cost;
        if reader.at != source.len() {
            return None;
        }
        let looks = reader.looks;
        // It is looked for at each place of a text, or at its start only.
        if reader.split || !source.starts_with('^') {
            cost.repetitions += 1;
        }
        if looks && cost.ways > 1e4 {
            return None;
        }
        let ends = reader.ends || looks;
        let groups = reader.ends && reader.groups || looks;
        Some(Arc::new(Pattern {
            text: out,
            global,
            ends,
            groups,
            regex: OnceLock::new(),
            others: OnceLock::new(),
            cost: looks.then_some(cost),
            steps: OnceLock::new(),
            source: if looks { source.into() } else { "".into() },
            ignore_case,
        }))
    }

    /// Whether it is found in a text; `None` where that takes too long.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        if self.cost.is_none() {
            return Some(self.regex()?.is_match(text.as_bytes()));
        }
        let steps = self.steps(text)?;
        Some(steps.find_from_ascii(text, 0).next().is_some())
    }

    /// The first match from a place on; the inner `None` where there is
    /// none.
    pub(crate) fn find(
        &self,
        text: &str,
        from: usize,
    ) -> Option<Option<(usize, usize)>> {
        if from > text.len() {
            return Some(None);
        }
        if self.cost.is_none() {
            let found = self.regex()?.find_at(text.as_bytes(), from);
            return Some(found.map(|found| (found.start(), found.end())));
        }
        let steps = self.steps(text)?;
        let found = steps.find_from_ascii(text, from).next();
        Some(found.map(|found| (found.range.start, found.range.end)))
    }

    /// The same with all groups.
    pub(crate) fn groups(
        &self,
        text: &str,
        from: usize,
    ) -> Option<Option<Groups>> {
        if from > text.len() {
            return Some(None);
        }
        if self.cost.is_none() {
            let found = self.regex()?.captures_at(text.as_bytes(), from);
            let range = |m: regex::bytes::Match<'_>| (m.start(), m.end());
            return Some(found.map(|found| {
                found.iter().map(|group| group.map(range)).collect()
            }));
        }
        let steps = self.steps(text)?;
        let found = steps.find_from_ascii(text, from).next();
        Some(found.map(|found| {
            let range = |r: std::ops::Range<usize>| (r.start, r.end);
            found.groups().map(|group| group.map(range)).collect()
        }))
    }

    /// The engine that goes step by step, where it cannot go for long.
    fn steps(&self, text: &str) -> Option<&regress::Regex> {
        let cost = self.cost?;
        let length = text.len() as f64 + 1.0;
        if cost.ways * length.powi(cost.repetitions) > STEPS_MOST
            || !text.is_ascii()
        {
            return None;
        }
        let compiled = self.steps.get_or_init(|| {
            let flags = if self.ignore_case { "i" } else { "" };
            regress::Regex::with_flags(&self.source, flags).ok()
        });
        compiled.as_ref()
    }

    /// Texts of which every text that it is found in has at least one;
    /// `None` where there are none worth looking for.
    pub(crate) fn needed(&self) -> Option<Vec<String>> {
        // Without what it looks ahead for, it matches all the more.
        needed::needed(&self.text)
    }

    /// Whether it has the flag `g`.
    pub(crate) fn is_global(&self) -> bool {
        self.global
    }

    /// Whether matches begin and end exactly where JavaScript's do.
    pub(crate) fn ends_are_exact(&self) -> bool {
        self.ends
    }

    /// Whether matches and their groups are exactly JavaScript's.
    pub(crate) fn groups_are_exact(&self) -> bool {
        self.groups
    }

    /// The engine; `None` where it would be too large.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        if self.cost.is_some() {
            return None;
        }
        let compiled = self.regex.get_or_init(|| {
            RegexBuilder::new(&self.text)
                .size_limit(SIZE_MOST)
                .unicode(false)
                .build()
                .ok()
        });
        let compiled = compiled.as_ref()?;
        let Some(number) = lane::number().checked_sub(1) else {
            return Some(compiled);
        };
        let others = self.others.get_or_init(Box::default);
        let other = others.get(number % OTHERS)?;
        Some(other.get_or_init(|| compiled.clone()))
    }
}

/// Expressions that a script makes for each question, kept from one to the
/// next.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: RwLock<HashMap<Box<str>, Option<Arc<Pattern>>>>,
}

/// The most expressions that are kept.
const PATTERNS_MOST: usize = 4_096;

/// The longest expression that is kept.
const SOURCE_MOST: usize = 2 << 10;

impl Patterns {
    /// An expression; `None` where its meaning is not proved equal.
    pub(crate) fn find(
        &self,
        source: &str,
        flags: &str,
    ) -> Option<Arc<Pattern>> {
        let mut key = String::with_capacity(flags.len() + source.len() + 1);
        key.push_str(flags);
        key.push('/');
        key.push_str(source);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(key.as_str()) {
            return pattern.clone();
        }
        let full = known.len() >= PATTERNS_MOST;
        drop(known);
        if full || source.len() > SOURCE_MOST {
            // To make it each time, boa is as good.
            return None;
        }
        let pattern = Pattern::new(source, flags);
        let mut known =
            self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.into(), pattern.clone());
        pattern
    }
}

/// Reads JavaScript's expression, and writes the engine's.
struct Reader<'s> {
    bytes: &'s [u8],
    at: usize,
    out: &'s mut String,
    depth: u32,
    ends: bool,
    groups: bool,
    /// The product of the numbers in braces that are open.
    repeats: u32,
    /// Whether it looks ahead; nothing of that is written.
    looks: bool,
    /// Whether it is a choice as a whole.
    split: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn choice(&mut self) -> Option<Part> {
        let mut all =
            Part { cost: Cost { ways: 0.0, repetitions: 0 }, ..Part::ONE };
        let mut choices = 0;
        loop {
            let mut one = Part::PLACE;
            while let Some(byte) = self.peek() {
                if matches!(byte, b'|' | b')') {
                    break;
                }
                let next = self.term()?;
                one.cost.ways *= next.cost.ways;
                one.cost.repetitions += next.cost.repetitions;
                one.empty &= next.empty;
                one.kept |= next.kept;
                one.loose |= next.loose;
                one.counted |= next.counted;
            }
            let cost = &mut all.cost;
            cost.ways += one.cost.ways;
            cost.repetitions = cost.repetitions.max(one.cost.repetitions);
            all.empty |= one.empty;
            all.kept |= one.kept;
            all.loose |= one.loose;
            all.counted |= one.counted;
            choices += 1;
            if !self.eat(b'|') {
                all.loose |= all.kept && choices > 1;
                return Some(all);
            }
            self.split |= self.depth == 0;
            self.out.push('|');
        }
    }

    fn term(&mut self) -> Option<Part> {
        let mut group = None;
        match self.take()? {
            b'^' => {
                self.out.push('^');
                return self.no_repeat();
            }
            b'$' => {
                self.out.push('$');
                return self.no_repeat();
            }
            b'.' => self.out.push_str("[^\\n\\r]"),
            b'(' => {
                self.depth += 1;
                if self.depth > DEPTH_MOST {
                    return None;
                }
                let start = self.out.len();
                self.out.push('(');
                let mut ahead = false;
                let mut kept = true;
                if self.eat(b'?') {
                    kept = false;
                    ahead = self.eat(b'=') || self.eat(b'!');
                    if !ahead && !self.eat(b':') {
                        return None;
                    }
                    self.looks |= ahead;
                    self.out.push_str("?:");
                }
                let mut part = self.choice()?;
                if !self.eat(b')') {
                    return None;
                }
                self.depth -= 1;
                self.out.push(')');
                if ahead {
                    self.out.truncate(start);
                    self.no_repeat()?;
                    return Some(Part { empty: true, ..part });
                }
                part.kept |= kept;
                group = Some(part);
            }
            b'[' => self.class()?,
            b'\\' => {
                if let b'b' | b'B' = self.peek()? {
                    let byte = self.take()?;
                    self.out.push_str(if byte == b'b' {
                        "\\b"
                    } else {
                        "\\B"
                    });
                    return self.no_repeat();
                }
                match self.escape()? {
                    Escape::Byte(byte) => self.literal(byte)?,
                    Escape::Class(name) => {
                        self.out.push('\\');
                        self.out.push(name);
                    }
                }
            }
            b'*' | b'+' | b'?' | b'{' | b'}' | b']' | b')' | b'|' => {
                return None;
            }
            byte => self.literal(byte)?,
        }
        self.repeat(group)
    }

    fn no_repeat(&mut self) -> Option<Part> {
        match self.peek() {
            Some(b'*' | b'+' | b'?' | b'{') => None,
            _ => Some(Part::PLACE),
        }
    }

    fn repeat(&mut self, group: Option<Part>) -> Option<Part> {
        let mut part = group.unwrap_or(Part::ONE);
        let mut cost = part.cost;
        let none;
        let mut several = true;
        // However often something is repeated that can go more than one
        // way, the ways multiply each time.
        let plain = cost == Cost::ONE;
        match self.peek() {
            Some(byte @ (b'*' | b'+' | b'?')) => {
                self.at += 1;
                self.out.push(char::from(byte));
                none = byte != b'+';
                several = byte != b'?';
                if byte == b'?' {
                    cost.ways += 1.0;
                } else if plain {
                    cost.repetitions = 1;
                } else {
                    cost.ways = f64::INFINITY;
                }
            }
            Some(b'{') => {
                self.at += 1;
                let least = self.number()?;
                none = least == 0;
                self.out.push_str(&format!("{{{least}"));
                let mut most = Some(least);
                if self.eat(b',') {
                    self.out.push(',');
                    most = None;
                    if self.peek() != Some(b'}') {
                        let number = self.number()?;
                        if number < least {
                            return None;
                        }
                        self.out.push_str(&number.to_string());
                        most = Some(number);
                    }
                }
                if !self.eat(b'}') {
                    return None;
                }
                self.out.push('}');
                match most {
                    Some(most) if plain => {
                        cost.ways = f64::from(most - least + 1);
                    }
                    Some(most) if cost.repetitions == 0 => {
                        cost.ways = (cost.ways + 1.0).powi(most as i32);
                    }
                    None if plain => cost.repetitions = 1,
                    _ => cost.ways = f64::INFINITY,
                }
                // The other engine has no group that never matches.
                self.groups &= most != Some(0) || !part.kept;
                let most = most.unwrap_or(least);
                self.repeats = self.repeats.checked_mul(most.max(1))?;
                if self.repeats > REPEAT_MOST * 50 {
                    return None;
                }
            }
            _ => return Some(part),
        }
        // boa's engine miscounts: `(([ab]a?)+){2}` is in `aaaa`.
        if several && part.counted {
            return None;
        }
        self.ends &= !part.empty;
        self.groups &= !(several && part.loose);
        part.cost = cost;
        part.counted |= several && group.is_some();
        part.empty |= none;
        part.loose |= none && part.kept;
        if self.eat(b'?') {
            self.out.push('?');
        }
        match self.peek() {
            Some(b'*' | b'+' | b'?' | b'{') => None,
            _ => Some(part),
        }
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.at += 1;
            let more = number.unwrap_or(0) * 10 + u32::from(digit - b'0');
            if more > REPEAT_MOST {
                return None;
            }
            number = Some(more);
        }
        number
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        if !byte.is_ascii() {
            return None;
        }
        if byte.is_ascii_alphanumeric() {
            self.out.push(char::from(byte));
        } else {
            self.out.push_str(&format!("\\x{byte:02X}"));
        }
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        let negated = self.eat(b'^');
        if negated {
            self.out.push('^');
        }
        if self.peek() == Some(b']') {
            return None;
        }
        loop {
            let low = match self.take()? {
                b']' => break,
                b'\\' => self.class_escape()?,
                byte => Escape::Byte(byte),
            };
            let Escape::Byte(low) = low else {
                if let Escape::Class(name) = low {
                    self.out.push('\\');
                    self.out.push(name);
                }
                // `[\d-x]`: the minus is one, or an error with flags.
                if self.peek() == Some(b'-')
                    && self.bytes.get(self.at + 1) != Some(&b']')
                {
                    return None;
                }
                continue;
            };
            self.literal(low)?;
            let ends = self.bytes.get(self.at + 1) == Some(&b']');
            if self.peek() == Some(b'-') && !ends {
                self.at += 1;
                let high = match self.take()? {
                    b'\\' => self.class_escape()?,
                    byte => Escape::Byte(byte),
                };
                let Escape::Byte(high) = high else { return None };
                if high < low {
                    return None;
                }
                self.out.push('-');
                self.literal(high)?;
            }
        }
        self.out.push(']');
        Some(())
    }

    fn class_escape(&mut self) -> Option<Escape> {
        match self.peek()? {
            b'b' | b'B' => None,
            b'-' => {
                self.at += 1;
                Some(Escape::Byte(b'-'))
            }
            _ => self.escape(),
        }
    }

    fn escape(&mut self) -> Option<Escape> {
        Some(match self.take()? {
            b'd' => Escape::Class('d'),
            b'D' => Escape::Class('D'),
            b's' => Escape::Class('s'),
            b'S' => Escape::Class('S'),
            b'w' => Escape::Class('w'),
            b'W' => Escape::Class('W'),
            b'n' => Escape::Byte(b'\n'),
            b'r' => Escape::Byte(b'\r'),
            b't' => Escape::Byte(b'\t'),
            b'f' => Escape::Byte(0x0c),
            b'v' => Escape::Byte(0x0b),
            byte if byte.is_ascii_alphanumeric() || !byte.is_ascii() => {
                return None;
            }
            byte => Escape::Byte(byte),
        })
    }
}

enum Escape {
    Byte(u8),
    Class(char),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_read() {
        for source in [
            "(?<=a)b",
            "(?!a)*",
            "(?=a)(b|c)*",
            "(a)\\1",
            "a{",
            "a{2,1}",
            "[b-a]",
            "[",
            "(",
            ")",
            "a**",
            "^*",
            "\\u0041",
            "[]",
            "[^]",
            "\\c",
            "é",
            "*",
            "]",
            "(?<n>a)",
            "a{999}",
            "(([ab]a?)+){2}",
        ] {
            assert!(Pattern::new(source, "").is_none(), "{source}");
        }
        for flags in ["m", "u", "y", "s", "gg", "x"] {
            assert!(Pattern::new("a", flags).is_none(), "{flags}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// boa's own engine is the second opinion.
        #[test]
        fn the_same_as_javascript(
            source in "(\\^)?([a-c.]|\\\\[.dwWsSDbB/-]|\\[\\^?[a-c1.-]{1,3}\\]\
                |\\((\\?[:=!])?[a-c|.]{0,3}\\)|[*+?|]|\\{[0-2](,[0-2]?)?\\}){0,6}\
                (\\$)?",
            flags in "[gi]?",
            text in "[a-cA-C1.\\-\n\r ]{0,8}",
        ) {
            same(&source, &flags, &text)?;
        }

        /// Groups in groups, repeated; without rounds that match nothing,
        /// of which boa's engine may need more memory than there is.
        #[test]
        fn groups_in_groups(
            source in nested(),
            text in "[abc]{0,8}",
        ) {
            let pattern = Pattern::new(&source, "");
            if pattern.is_some_and(|pattern| pattern.ends_are_exact()) {
                same(&source, "", &text)?;
            }
        }
    }

    fn nested() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "a",
            "b",
            "ab",
            "[ab]",
            ".",
            "a{1,2}",
            "[ab]{0,2}",
            "a*",
            "b?",
        ]);
        let leaf = leaf.prop_map(str::to_owned);
        leaf.prop_recursive(3, 10, 3, |inner| {
            let open = prop::sample::select(vec!["(", "(?:"]);
            let often = prop::sample::select(vec![
                "", "", "", "?", "*", "+", "{2}", "{0,2}", "{1,3}", "*?", "??",
            ]);
            let row = prop::collection::vec(inner, 1..4);
            (open, row, any::<bool>(), often).prop_map(
                |(open, row, choice, often)| {
                    let row = row.join(if choice { "|" } else { "" });
                    format!("{open}{row}){often}")
                },
            )
        })
    }

    fn same(
        source: &str,
        flags: &str,
        text: &str,
    ) -> Result<(), TestCaseError> {
        let Some(pattern) = Pattern::new(source, flags) else {
            return Ok(());
        };
        let other = regress::Regex::with_flags(
            source,
            flags.replace('g', "").as_str(),
        )
        .unwrap();
        let found = pattern.groups(text, 0).unwrap();
        let other = other.find_ascii(text);
        prop_assert_eq!(
            found.is_some(),
            other.is_some(),
            "{} {:?}",
            source,
            text
        );
        let (Some(found), Some(other)) = (found, other) else {
            return Ok(());
        };
        let others = other.groups();
        let others: Vec<_> =
            others.map(|g| g.map(|g| (g.start, g.end))).collect();
        if pattern.groups_are_exact() {
            prop_assert_eq!(&found, &others, "{} {:?}", source, text);
        }
        if pattern.ends_are_exact() {
            prop_assert_eq!(found[0], others[0], "{} {:?}", source, text);
        }
        Ok(())
    }
}
