//! Regular expressions whose meaning is the same in linear time.
//!
//! Only a part of JavaScript's language is read: characters, classes,
//! groups, choices, repetitions and anchors. Text and pattern are ASCII. What
//! is matched is then the same as JavaScript's, with one exception: groups
//! inside of a repetition, which keep what an earlier round left; where
//! those matter, [`Pattern::groups_are_exact`] is false.

use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

/// A regular expression; compiled when it is first used.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    global: bool,
    exact: bool,
    regex: OnceLock<Option<Regex>>,
}

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
            exact: true,
            repeats: 1,
        };
        reader.choice()?;
        if reader.at != source.len() {
            return None;
        }
        let exact = reader.exact;
        let regex = OnceLock::new();
        Some(Arc::new(Pattern { text: out, global, exact, regex }))
    }

    /// Whether it has the flag `g`.
    pub(crate) fn is_global(&self) -> bool {
        self.global
    }

    /// Whether matches and groups are exactly JavaScript's, and not only
    /// whether there is a match.
    pub(crate) fn groups_are_exact(&self) -> bool {
        self.exact
    }

    /// The engine; `None` where it would be too large.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        let compiled = self.regex.get_or_init(|| {
            RegexBuilder::new(&self.text)
                .size_limit(SIZE_MOST)
                .unicode(false)
                .build()
                .ok()
        });
        compiled.as_ref()
    }
}

/// Reads JavaScript's expression, and writes the engine's.
struct Reader<'s> {
    bytes: &'s [u8],
    at: usize,
    out: &'s mut String,
    depth: u32,
    exact: bool,
    /// The product of the numbers in braces that are open.
    repeats: u32,
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

    fn choice(&mut self) -> Option<()> {
        loop {
            while let Some(byte) = self.peek() {
                if matches!(byte, b'|' | b')') {
                    break;
                }
                self.term()?;
            }
            if !self.eat(b'|') {
                return Some(());
            }
            self.out.push('|');
        }
    }

    fn term(&mut self) -> Option<()> {
        let mut group = false;
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
                self.out.push('(');
                if self.eat(b'?') {
                    if !self.eat(b':') {
                        return None;
                    }
                    self.out.push_str("?:");
                }
                self.choice()?;
                if !self.eat(b')') {
                    return None;
                }
                self.depth -= 1;
                self.out.push(')');
                group = true;
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

    fn no_repeat(&mut self) -> Option<()> {
        match self.peek() {
            Some(b'*' | b'+' | b'?' | b'{') => None,
            _ => Some(()),
        }
    }

    fn repeat(&mut self, group: bool) -> Option<()> {
        match self.peek() {
            Some(byte @ (b'*' | b'+' | b'?')) => {
                self.at += 1;
                self.out.push(char::from(byte));
            }
            Some(b'{') => {
                self.at += 1;
                let least = self.number()?;
                self.out.push_str(&format!("{{{least}"));
                let mut most = least;
                if self.eat(b',') {
                    self.out.push(',');
                    if self.peek() != Some(b'}') {
                        most = self.number()?;
                        if most < least {
                            return None;
                        }
                        self.out.push_str(&most.to_string());
                    }
                }
                if !self.eat(b'}') {
                    return None;
                }
                self.out.push('}');
                self.repeats = self.repeats.checked_mul(most.max(1))?;
                if self.repeats > REPEAT_MOST * 50 {
                    return None;
                }
            }
            _ => return Some(()),
        }
        // Rounds that match nothing, and what groups keep, may differ.
        self.exact &= !group;
        if self.eat(b'?') {
            self.out.push('?');
        }
        match self.peek() {
            Some(b'*' | b'+' | b'?' | b'{') => None,
            _ => Some(()),
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
            "(?=a)", "(?!a)", "(a)\\1", "a{", "a{2,1}", "[b-a]", "[", "(",
            ")", "a**", "^*", "\\u0041", "[]", "[^]", "\\c", "é", "*", "]",
            "(?<n>a)", "a{999}",
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
                |\\((\\?:)?[a-c|.]{0,3}\\)|[*+?|]|\\{[0-2](,[0-2]?)?\\}){0,6}\
                (\\$)?",
            flags in "[gi]?",
            text in "[a-cA-C1.\\-\n\r ]{0,8}",
        ) {
            let Some(pattern) = Pattern::new(&source, &flags) else {
                return Ok(());
            };
            let other = regress::Regex::with_flags(
                &source,
                flags.replace('g', "").as_str(),
            ).unwrap();
            let regex = pattern.regex().unwrap();
            let found = regex.captures(text.as_bytes());
            let other = other.find_ascii(&text);
            prop_assert_eq!(
                found.is_some(), other.is_some(), "{} {:?}", source, text
            );
            if let (Some(found), Some(other), true) =
                (found, other, pattern.groups_are_exact())
            {
                let groups: Vec<_> =
                    found.iter().map(|g| g.map(|g| g.range())).collect();
                let others: Vec<_> = other.groups().collect();
                prop_assert_eq!(groups, others, "{} {:?}", source, text);
            }
        }
    }
}
