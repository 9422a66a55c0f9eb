//! Texts without one of which a regular expression does not match.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// Longer expressions are not looked into.
const LONGEST: usize = 2 << 10;

/// So many texts are worth looking for.
const MOST: usize = 8;

/// Shorter texts are nearly everywhere.
const SHORTEST: usize = 3;

/// Texts of which every text that matches has at least one; `None` where
/// there are no such that are worth looking for. The expression is one of
/// the `regex` crate, without Unicode.
pub(super) fn needed(expression: &str) -> Option<Vec<String>> {
    if expression.len() > LONGEST {
        return None;
    }
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let found = of(&parser.parse(expression).ok()?)?;
    let worth = found.len() <= MOST && shortest(&found) >= SHORTEST;
    worth.then_some(found)
}

fn shortest(texts: &[String]) -> usize {
    texts.iter().map(String::len).min().unwrap_or(0)
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![text.to_owned()])
        }
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            of(&repetition.sub)
        }
        // The part that tells most.
        HirKind::Concat(parts) => {
            let parts = parts.iter().filter_map(of);
            parts.max_by_key(|texts| {
                (shortest(texts), usize::MAX - texts.len())
            })
        }
        HirKind::Alternation(choices) => {
            let mut all = Vec::new();
            for choice in choices {
                all.append(&mut of(choice)?);
                if all.len() > MOST {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Repetition(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Empty => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::bytes::RegexBuilder;

    use super::*;

    #[test]
    fn what_is_needed() {
        for (expression, expected) in [
            (r"^(.+\.)?example\.com$", Some(&["example.com"][..])),
            (r"(^|\.)(one|three)\.test$", Some(&[".test"])),
            (r"^(first|other)[0-9]+$", Some(&["first", "other"])),
            (r"(abc)+", Some(&["abc"])),
            (r"(abc)*", None),
            (r"(abc)?d", None),
            (r"(?i)example", None),
            (r"abc|.*", None),
            (r"ab", None),
            (r"^.*$", None),
            (r"", None),
        ] {
            let found = needed(expression);
            let found = found.as_deref();
            let same = match (found, expected) {
                (Some(found), Some(expected)) => found == expected,
                (None, None) => true,
                _ => false,
            };
            assert!(same, "{expression}: {found:?}");
        }
        assert_eq!(needed(&"abc|".repeat(1000)), None);
    }

    proptest! {
        /// Whatever matches has one of them.
        #[test]
        fn no_match_without(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "abc", "(abc|bcd)", "(abc)?", "(abc)+", "[ab]", ".*",
                    "^", "$", "|", "d{2,3}", "(?:cab|a)", r"\.",
                ]),
                1..8,
            ),
            subject in "[abcd.]{0,12}",
        ) {
            let expression = parts.concat();
            let Some(texts) = needed(&expression) else { return Ok(()) };
            let regex = RegexBuilder::new(&expression).unicode(false).build();
            if regex.unwrap().is_match(subject.as_bytes()) {
                prop_assert!(texts.iter().any(|text| subject.contains(text)));
            }
        }
    }
}
