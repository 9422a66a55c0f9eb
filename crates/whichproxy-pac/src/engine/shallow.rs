//! What most scripts need, told in one look at their bytes.
//!
//! [`bound`] adds up what [`Scan`](super::nesting) does, by the same weights,
//! but looks at no token twice: it counts every word as if it were the
//! heaviest, ends a statement only where the scan does, and gives up where
//! text could be read in two ways. So what it says is never less than what
//! the scan says; it is that of plain scripts that it says anything at all.

use memchr::{memchr, memchr3};

use super::nesting::{ALTERNATIVE, BRACKET, OPERATOR, STATEMENT, SUFFIX};

/// The deepest brackets of a plain script.
const DEEPEST: usize = 32;

#[derive(Clone, Copy, Eq, PartialEq)]
enum Class {
    Space,
    Word,
    Quote,
    Open,
    Close,
    Comma,
    Semicolon,
    Slash,
    Operator,
    /// What plain scripts do not have outside of texts.
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 128 {
        // Less than 128, so it is a byte, and in the table.
        classes[byte] = match byte as u8 {
            b' ' | b'\t'..=b'\r' => Class::Space,
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'$' | b'_' => {
                Class::Word
            }
            b'"' | b'\'' => Class::Quote,
            b'(' | b'[' | b'{' => Class::Open,
            b')' | b']' | b'}' => Class::Close,
            b',' => Class::Comma,
            b';' => Class::Semicolon,
            b'/' => Class::Slash,
            b'!' | b'%' | b'&' | b'*' | b'+' | b'-' | b'.' | b':' | b'<'
            | b'=' | b'>' | b'?' | b'^' | b'|' | b'~' => Class::Operator,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// An open bracket, and what was counted in it since a statement, or an
/// element of a list, began.
#[derive(Clone, Copy)]
struct Frame {
    bracket: u8,
    sum: u64,
    /// What the commas of the statement are.
    commas: u64,
    /// An array or object, whose elements are not nested in each other.
    list: bool,
}

impl Frame {
    fn new(bracket: u8, list: bool) -> Frame {
        Frame { bracket, sum: 0, commas: 0, list }
    }
}

/// What may have ended just before.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Ended {
    Nothing,
    /// After a `}`.
    Brace,
    /// After a `;`.
    Statement,
}

/// At least what a script's nesting needs; `None` where it is more than
/// `most`, or is not plain to see.
pub(super) fn bound(source: &str, most: u64) -> Option<u64> {
    let bytes = source.as_bytes();
    let mut outer = [Frame::new(0, false); DEEPEST];
    let mut depth = 0;
    let mut frame = Frame::new(0, false);
    // The sum of the outer frames, and the greatest of all.
    let (mut base, mut peak) = (0, 0);
    let mut ended = Ended::Statement;
    // The last byte that was not space.
    let mut last = b';';
    let carriage = memchr(b'\r', bytes).is_some();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = class(byte);
        at += 1;
        if class == Class::Space {
            continue;
        }
        if class == Class::Slash
            && let Some(next @ (b'/' | b'*')) = bytes.get(at)
        {
            at = comment_end(bytes, at, *next)?;
            continue;
        }
        // Whatever is counted, is counted before it can be forgotten.
        let before = std::mem::replace(&mut ended, Ended::Nothing);
        match class {
            Class::Word => {
                let start = at - 1;
                let rest = bytes.get(at..)?;
                at += rest.iter().take_while(|b| is_word(**b)).count();
                let word = bytes.get(start..at)?;
                if before != Ended::Nothing && !goes_on(word) {
                    peak = peak.max(base + frame.sum);
                    (frame.sum, frame.commas) = (0, 0);
                }
                let is_block = matches!(frame.bracket, 0 | b'{');
                if (frame.list || !is_block) && is_statement(word) {
                    return None;
                }
                frame.sum += STATEMENT + SUFFIX;
            }
            Class::Quote => {
                at = text_end(bytes, at, byte, carriage)?;
                if before == Ended::Statement {
                    peak = peak.max(base + frame.sum);
                    (frame.sum, frame.commas) = (0, 0);
                }
                frame.sum += SUFFIX;
            }
            Class::Open => {
                if before == Ended::Statement {
                    peak = peak.max(base + frame.sum);
                    (frame.sum, frame.commas) = (0, 0);
                }
                let list = match byte {
                    b'[' => {
                        !is_word(last)
                            && !matches!(
                                last,
                                b')' | b']' | b'}' | b'"' | b'\'' | b'/'
                            )
                    }
                    b'{' => {
                        matches!(
                            last,
                            b'(' | b'[' | b',' | b'=' | b'?' | b'&' | b'|'
                        ) || last == b':'
                            && frame.list
                            && frame.bracket == b'{'
                    }
                    _ => false,
                };
                frame.sum += SUFFIX;
                *outer.get_mut(depth)? = frame;
                depth += 1;
                base += frame.sum + BRACKET;
                if base > most {
                    return None;
                }
                frame = Frame::new(byte, list);
            }
            Class::Close => {
                peak = peak.max(base + frame.sum);
                let fits = match frame.bracket {
                    b'(' => b')',
                    b'[' => b']',
                    b'{' => b'}',
                    _ => return None,
                };
                if byte != fits {
                    return None;
                }
                depth = depth.checked_sub(1)?;
                frame = *outer.get(depth)?;
                base -= frame.sum + BRACKET;
                if byte == b'}' {
                    ended = Ended::Brace;
                }
            }
            Class::Comma => {
                peak = peak.max(base + frame.sum);
                if !frame.list {
                    frame.commas += SUFFIX;
                }
                // A comma ends an expression, but no `if` before it.
                match frame.bracket {
                    b'(' | b'[' => frame.sum = frame.commas,
                    _ if frame.list => frame.sum = 0,
                    _ => frame.sum += SUFFIX,
                }
            }
            Class::Semicolon => ended = Ended::Statement,
            Class::Slash => {
                // A regular expression, or what may be a division.
                let regex = matches!(
                    last,
                    b'(' | b'['
                        | b'{'
                        | b','
                        | b';'
                        | b'='
                        | b':'
                        | b'?'
                        | b'!'
                        | b'&'
                        | b'|'
                );
                if !regex || before == Ended::Statement {
                    return None;
                }
                let (end, bars) = regex_end(bytes, at)?;
                at = end;
                frame.sum += SUFFIX + ALTERNATIVE * bars;
            }
            Class::Operator => {
                // Comments as in HTML.
                let rest = bytes.get(at - 1..)?;
                if rest.starts_with(b"<!") || rest.starts_with(b"-->") {
                    return None;
                }
                frame.sum += OPERATOR;
            }
            Class::Space | Class::Other => return None,
        }
        last = byte;
        if base + frame.sum > most {
            return None;
        }
    }
    Some(peak.max(base + frame.sum))
}

fn is_word(byte: u8) -> bool {
    class(byte) == Class::Word
}

/// Whether a word goes on with what a `;` or `}` before it seemed to end.
fn goes_on(word: &[u8]) -> bool {
    matches!(
        word,
        b"catch"
            | b"else"
            | b"extends"
            | b"finally"
            | b"in"
            | b"instanceof"
            | b"of"
            | b"while"
    )
}

/// Whether a word begins a statement that has another in it. No list has
/// such.
fn is_statement(word: &[u8]) -> bool {
    match word.len() {
        2 => matches!(word, b"do" | b"if"),
        3 => matches!(word, b"for" | b"try"),
        4 => matches!(word, b"case" | b"else" | b"with"),
        5 => matches!(word, b"while"),
        6 => matches!(word, b"switch"),
        7 => matches!(word, b"default"),
        _ => false,
    }
}

/// Where a text ends, whose quote stands before `at`; `carriage` tells that
/// the script has carriage returns.
fn text_end(
    bytes: &[u8],
    mut at: usize,
    quote: u8,
    carriage: bool,
) -> Option<usize> {
    loop {
        let rest = bytes.get(at..)?;
        let next = memchr3(quote, b'\\', b'\n', rest)?;
        if carriage && memchr(b'\r', rest.get(..next)?).is_some() {
            return None;
        }
        at += next + 1;
        match *rest.get(next)? {
            b'\\' => at += 1,
            b'\n' => return None,
            _ => return Some(at),
        }
    }
}

/// Where a comment ends; `at` is behind its first byte, and `next` is there.
fn comment_end(bytes: &[u8], at: usize, next: u8) -> Option<usize> {
    let rest = bytes.get(at + 1..)?;
    if next == b'*' {
        let end = rest.windows(2).position(|pair| pair == b"*/")?;
        return Some(at + 1 + end + 2);
    }
    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    let end = end.unwrap_or(rest.len());
    // Other characters that end a line.
    let line = rest.get(..end)?;
    let others = [[0xe2, 0x80, 0xa8], [0xe2, 0x80, 0xa9]];
    if !line.is_ascii()
        && line.windows(3).any(|three| others.iter().any(|o| three == o))
    {
        return None;
    }
    Some(at + 1 + end)
}

/// Where a regular expression ends, whose `/` stands before `at`, and how
/// many `|` it has.
fn regex_end(bytes: &[u8], mut at: usize) -> Option<(usize, u64)> {
    let (mut class, mut bars) = (false, 0);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'/' if !class => return Some((at, bars)),
            b'[' => class = true,
            b']' => class = false,
            b'|' => bars += 1,
            b'\\' => {
                bars += u64::from(bytes.get(at) == Some(&b'|'));
                at += 1;
            }
            b'\n' | b'\r' | 0x80.. => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::constructs::CONSTRUCTS;
    use super::super::nesting::tests::exactly;
    use super::*;

    fn never_less(source: &str) -> Result<(), TestCaseError> {
        if let Some(bound) = bound(source, u64::MAX) {
            let exact = exactly(source);
            prop_assert!(
                exact.is_some_and(|exact| exact <= bound),
                "{source:?}: {exact:?} > {bound}"
            );
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn never_less_than_the_scan(
            words in proptest::collection::vec(prop_oneof![
                "[(){};,.]",
                "[\\[\\]:=?!&|+<>/*-]",
                "if|else|for|while|do|try|catch|switch|case|default|with",
                "in|of|var|let|const|new|typeof|function|class|return|=>",
                "await|async|yield|extends|instanceof|finally|static|this",
                "a|b1|0|1\\.5|'x'|\"y\"|'\\\\''|/x\\|/|//z\n|/\\*/\\*/|\n| ",
                "\\(a\\)|\\{b\\}|\\[c\\]|;if\\(a\\)|\\}else\\{|\\{a:b,|[`\\\\#é]",
            ], 0..40),
            spaced: bool,
        ) {
            never_less(&words.join(if spaced { " " } else { "" }))?;
        }
    }

    #[test]
    fn deep_constructs() {
        for (_, make) in CONSTRUCTS {
            for n in [1, 3, 20, 400] {
                never_less(&make(n)).unwrap();
            }
        }
    }

    #[test]
    fn plain_scripts_are_told() {
        let rule = "  if (dnsDomainIs(host, \".a\")) return \"PROXY p:1\";\n";
        let block = "if (a == 'b' && /x/.test(c)) { d = [1, 2]; } // e\n";
        let set = "'a.example': 1, b: {c: [2]},\n";
        for (open, inner, close) in [
            ("function f(url, host) {", rule, "}"),
            ("function f(url, host) {", block, "}"),
            ("var a = {", set, "};"),
            ("var a = [", "'b',", "];"),
        ] {
            let source = format!("{open}{}{close}", inner.repeat(10_000));
            let bound = bound(&source, u64::MAX);
            assert!(bound.is_some_and(|b| b < 8 << 20), "{inner}");
        }
        assert_eq!(bound(&"(".repeat(100), u64::MAX), None);
    }
}
