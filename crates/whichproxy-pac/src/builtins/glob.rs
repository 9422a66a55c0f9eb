//! `shExpMatch`, which is a regular expression in disguise.

use std::collections::HashMap;

use regress::Regex;

use super::{Host, Throw, Value, argument};

/// `shExpMatch(text, pattern)`: whether the whole text matches.
///
/// The pattern is made a regular expression: `.` stands for itself, `*` for
/// `.*`, `?` for `.`, and everything else means what it means in one. So
/// `[bc]` is a class, `(a|b)` a choice, and an unbalanced `(` a
/// `SyntaxError`. Case counts, and `*` does not cross the end of a line.
///
/// Source: NETSCAPE-PAC (nine of ten, Firefox and Chromium among them),
/// community. Microsoft only says "shell expression".
pub(super) fn sh_exp_match(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let pattern = argument(arguments, 1).string("shExpMatch")?;
    let text = argument(arguments, 0).text();
    if is_special_glob(pattern) {
        return host.globs.matches(pattern, &text).map(Value::from);
    }
    Ok(plain(pattern, &text).into())
}

/// Whether a byte makes a pattern more than stars and question marks.
const fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b'$' | b'('
            | b')'
            | b'+'
            | b'['
            | b'\\'
            | b']'
            | b'^'
            | b'{'
            | b'|'
            | b'}'
    )
}

/// Matches a pattern of stars, question marks and plain characters.
pub(crate) fn plain(pattern: &str, text: &str) -> bool {
    if pattern.is_ascii() && text.is_ascii() {
        return matches(pattern.as_bytes(), text.as_bytes());
    }
    // JavaScript counts in units of UTF-16, so `?` is half of a pair.
    let pattern: Vec<u16> = pattern.encode_utf16().collect();
    let text: Vec<u16> = text.encode_utf16().collect();
    matches(&pattern, &text)
}

/// A star first takes nothing, and one more whenever the rest fails; only
/// the last star is ever tried again. That is enough, since what precedes it
/// matched as early as it could, and since no star crosses a line's end.
fn matches<T: Copy + Into<u32>>(pattern: &[T], text: &[T]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on when the rest fails: after the star, and in the text.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() || p < pattern.len() {
        if let Some(unit) = pattern.get(p) {
            let unit: u32 = (*unit).into();
            if unit == u32::from(b'*') {
                p += 1;
                again = Some((p, t));
                continue;
            }
            if let Some(other) = text.get(t) {
                let other: u32 = (*other).into();
                let any = unit == u32::from(b'?');
                if if any { !ends_line(other) } else { unit == other } {
                    p += 1;
                    t += 1;
                    continue;
                }
            }
        }
        match &mut again {
            Some((after, from))
                if *from < text.len() && !ends_line(text[*from].into()) =>
            {
                *from += 1;
                (p, t) = (*after, *from);
            }
            _ => return false,
        }
    }
    true
}

fn ends_line(unit: u32) -> bool {
    matches!(unit, 0x0a | 0x0d | 0x2028 | 0x2029)
}

/// Patterns that were compiled, so that each is compiled once.
#[derive(Debug, Default)]
pub(crate) struct Globs {
    compiled: HashMap<String, Result<Regex, String>>,
    bytes: usize,
}

/// Beyond these, all are forgotten.
const COMPILED_MOST: usize = 1_024;
const COMPILED_BYTES: usize = 256 << 10;

/// The longest pattern that is compiled: the compiler recurses from one
/// alternative to the next.
const PATTERN_BYTES: usize = 4 << 10;

impl Globs {
    fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, Throw> {
        if !self.compiled.contains_key(pattern) {
            if self.compiled.len() >= COMPILED_MOST
                || self.bytes + pattern.len() > COMPILED_BYTES
            {
                *self = Globs::default();
            }
            self.bytes += pattern.len();
            self.compiled.insert(pattern.to_owned(), compile(pattern));
        }
        match &self.compiled[pattern] {
            Ok(regex) => Ok(is_match(regex, text)),
            Err(message) => Err(Throw::Syntax(message.clone())),
        }
    }
}

fn is_match(regex: &Regex, text: &str) -> bool {
    if text.is_ascii() {
        return regex.find_ascii(text).is_some();
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    regex.find_from_ucs2(&units, 0).next().is_some()
}

/// Whether a pattern is more than stars, question marks and plain characters.
pub(crate) fn is_special_glob(pattern: &str) -> bool {
    pattern.bytes().any(|byte| SPECIAL[usize::from(byte)])
}

/// [`is_special`] by byte.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = is_special(byte as u8);
        byte += 1;
    }
    special
};

/// The regular expression of a pattern.
pub(crate) fn expression(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    out.push('^');
    for character in pattern.chars() {
        match character {
            '.' => out.push_str("\\."),
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            other => out.push(other),
        }
    }
    out.push('$');
    out
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > PATTERN_BYTES {
        return Err("shExpMatch: the pattern is too long".to_owned());
    }
    // Units of UTF-16 become one character each, as JavaScript's engine
    // reads an expression that has no flag `u`.
    let expression = expression(pattern);
    let units = expression.encode_utf16().map(u32::from);
    Regex::from_unicode(units, regress::Flags::default())
        .map_err(|error| format!("shExpMatch: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::builtins::tests::Fake;

    #[test]
    fn patterns() {
        let cases = [
            // The table of NETSCAPE-PAC.
            (r#"shExpMatch("abc","a[bc]c")"#, "true"),
            (r#"shExpMatch("a[b]c","a[b]c")"#, "false"),
            (r#"shExpMatch("a(b)c","a(b)c")"#, "false"),
            (r#"shExpMatch("abc","a(b)c")"#, "true"),
            (r#"shExpMatch("ab","a|b")"#, "true"),
            (r#"shExpMatch("a+b","a+b")"#, "false"),
            (r#"shExpMatch("aab","a+b")"#, "true"),
            (r#"shExpMatch("ABC.com","abc.com")"#, "false"),
            (r#"shExpMatch("a$b","a$b")"#, "false"),
            (r#"shExpMatch("a.b.c","**.c")"#, "true"),
            (r#"shExpMatch("a\nb","a*b")"#, "false"),
            (r#"shExpMatch("a\\b","a\\b")"#, "false"),
            (r#"shExpMatch("ab","a(b")"#, "throws"),
            (r#"shExpMatch("ab","a[b")"#, "throws"),
            (r#"shExpMatch(undefined,"*")"#, "true"),
            // Its notes.
            (r#"shExpMatch("a.b","a?b")"#, "true"),
            (r#"shExpMatch("ab","a?b")"#, "false"),
            (r#"shExpMatch("a\nb","a?b")"#, "false"),
            (r#"shExpMatch("a\nb","a\nb")"#, "true"),
            (r#"shExpMatch("axb","a.b")"#, "false"),
            (r#"shExpMatch("","")"#, "true"),
            (r#"shExpMatch("","*")"#, "true"),
            (r#"shExpMatch("a","")"#, "false"),
            (
                r#"shExpMatch("http://a.example/b?c","http://*.example/*")"#,
                "true",
            ),
            (r#"shExpMatch("a{1}","a{1}")"#, "false"),
            (r#"shExpMatch("a","a{1}")"#, "true"),
            (r#"shExpMatch("a\\x","a\\\\x")"#, "true"),
            (r#"shExpMatch("xé","?é")"#, "true"),
            (r#"shExpMatch("😀","?")"#, "false"),
            (r#"shExpMatch("😀","??")"#, "true"),
            (r#"shExpMatch("😀","(??)")"#, "true"),
            (r#"shExpMatch("é","[à-ü]")"#, "true"),
            (r#"shExpMatch(null,"nul?")"#, "true"),
            (r#"shExpMatch(15,"1*")"#, "true"),
            (r#"shExpMatch("a")"#, "throws"),
            (r#"shExpMatch("a",5)"#, "throws"),
            (r#"shExpMatch("a",null)"#, "throws"),
        ];
        for (expression, expected) in cases {
            let mut fake = Fake::default();
            assert_eq!(fake.eval(expression), expected, "{expression}");
        }
    }

    #[test]
    fn a_cache_that_is_full_begins_anew() {
        let mut globs = Globs::default();
        for number in 0..5_000 {
            let pattern = format!("({number})");
            assert!(globs.matches(&pattern, &number.to_string()).is_ok());
        }
        assert!(globs.compiled.len() <= COMPILED_MOST);
        let long = format!("({})", "a".repeat(PATTERN_BYTES));
        assert!(globs.matches(&long, "a").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn plain_patterns_mean_their_expression(
            pattern in "[ab.*?\n\ré😀\u{2028}]{0,8}",
            text in "[ab.\n\ré😀\u{2028}]{0,10}",
        ) {
            // The expression, read in units as JavaScript does.
            let units = expression(&pattern);
            let units = units.encode_utf16().map(u32::from);
            let flags = regress::Flags::default();
            let regex = Regex::from_unicode(units, flags).unwrap();
            prop_assert_eq!(
                plain(&pattern, &text),
                is_match(&regex, &text),
                "{:?} {:?}", pattern, text
            );
        }

        #[test]
        fn never_panics(pattern in "[a*?.()|\\[\\]{}^$+\\\\,0-9é-]{0,16}") {
            let mut globs = Globs::default();
            let _ = globs.matches(&pattern, "abc");
        }
    }
}
