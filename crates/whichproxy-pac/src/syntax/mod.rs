//! The front end of the faster engines: from text to a [`Program`].
//!
//! What boa could read differently is refused: whatever the parser here
//! complains about, comments as in HTML, text that is not ASCII outside of
//! comments, and every construct that [`lower`] does not know. A construct
//! that it knows but does not model makes its function unusable; only where
//! the script can reach it, the script is refused.

mod keyed;
mod lower;
mod names;
mod needed;
mod outline;
mod parts;
mod pattern;
mod program;
mod purity;
mod scope;
mod settle;
mod shown;
mod suffixes;

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Program as Tree, Statement as Item, VariableDeclarationKind,
};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

pub(crate) use self::keyed::Keyed;
pub(crate) use self::lower::{Notes, Pieces, Variable, in_pieces};
pub(crate) use self::names::Names;
pub(crate) use self::parts::Part;
pub(crate) use self::pattern::{Groups, Pattern, Patterns};
pub(crate) use self::program::{
    Branch, Candidates, Capture, Cell, Column, Constant, Dispatch, Each,
    Expression, Frozen, Function, Loop, Map, Match, Method, Native, Operator,
    Place, Program, Rule, Rules, Scan, Statement, Tests, Text, Unary, Variant,
};
pub(crate) use self::purity::{Reach, Statics, writes_first};
pub(crate) use self::settle::settle;
pub(crate) use self::suffixes::Suffixes;
use crate::Refusal;
use crate::engine::HAS_THREADS;

/// The deepest nesting, by the measure of boa's stack, that is read on the
/// caller's. The parser needs a twentieth of what boa does.
const ON_THIS_THREAD: usize = 4 << 20;

/// The parser's stack, by the measure of boa's, with room to spare.
const SHARE: usize = 4;

/// What the stack of a thread has besides.
const BESIDES: usize = 2 << 20;

/// Reads a script.
///
/// `nesting` is the stack that boa would need for its nesting; `thaw` is set
/// where the script changes data that it wrote down. Where there are `notes`,
/// it is noted where conditions are.
pub(crate) fn read(
    source: &str,
    nesting: usize,
    thaw: bool,
    notes: &mut Option<Notes>,
) -> Result<Program, Refusal> {
    let mut parse = || {
        parse_and_lower(source, thaw, notes).map_err(
            |lower::Refuse(at, reason)| {
                let (line, column) = place(source, at);
                Refusal::new(line, column, reason)
            },
        )
    };
    // Where there is no other, less is let through.
    if nesting <= ON_THIS_THREAD || !HAS_THREADS {
        return parse();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(nesting / SHARE + BESIDES)
            .spawn_scoped(scope, parse);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            _ => Err(Refusal::new(0, 0, "the parser failed")),
        }
    })
}

/// Line and column, counted from 1, of an offset.
pub(crate) fn place(source: &str, at: u32) -> (u32, u32) {
    let before = source.get(..at as usize).unwrap_or(source);
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(start..).map_or(0, |text| text.chars().count());
    (small(line + 1), small(column + 1))
}

/// [`place`] of many offsets, the source being looked at once.
pub(crate) fn places(
    source: &str,
    mut offsets: Vec<u32>,
) -> BTreeMap<u32, (u32, u32)> {
    offsets.sort_unstable();
    offsets.dedup();
    let (mut at, mut line, mut column) = (0, 1, 1);
    let mut places = BTreeMap::new();
    for offset in offsets {
        let between = source.get(at..offset as usize).unwrap_or_default();
        for character in between.chars() {
            (line, column) = match character {
                '\n' => (line + 1, 1),
                _ => (line, column + 1),
            };
        }
        at += between.len();
        places.insert(offset, (line, column));
    }
    places
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn parse_and_lower(
    source: &str,
    thaw: bool,
    notes: &mut Option<Notes>,
) -> Result<Program, lower::Refuse> {
    let allocator = Allocator::default();
    lower::lower(&tree(&allocator, source)?, thaw, notes)
}

/// Parses a script.
fn tree<'a>(
    allocator: &'a Allocator,
    source: &'a str,
) -> Result<Tree<'a>, lower::Refuse> {
    let options =
        ParseOptions { preserve_parens: false, ..ParseOptions::default() };
    let parsed = Parser::new(allocator, source, SourceType::script())
        .with_options(options)
        .parse();
    if parsed.panicked || !parsed.errors.is_empty() {
        return Err(lower::Refuse(0, "the fast parser reports an error"));
    }
    check_text(source, &parsed.program)?;
    Ok(parsed.program)
}

/// Refuses what the two lexers could read differently.
fn check_text(source: &str, tree: &Tree<'_>) -> Result<(), lower::Refuse> {
    if tree.hashbang.is_some() {
        return Err(lower::Refuse(0, "a line `#!`"));
    }
    // A comment as in HTML is one for the parser, too: it begins there.
    let in_comment = |at: usize| {
        let at = small(at);
        let next = tree.comments.partition_point(|c| c.span.end <= at);
        // Not where the comment itself begins.
        tree.comments.get(next).is_some_and(|c| c.span.start < at)
    };
    if has_dashes(source) {
        let pairs = source.as_bytes().windows(2).enumerate();
        let dashes = pairs.filter(|(_, pair)| *pair == b"--");
        for (at, _) in dashes {
            let (before, after) = source.as_bytes().split_at(at);
            let marker = match () {
                () if before.ends_with(b"<!") => at.saturating_sub(2),
                () if after.starts_with(b"-->") => at,
                () => continue,
            };
            if !in_comment(marker) {
                let reason = "a comment as in HTML";
                return Err(lower::Refuse(small(marker), reason));
            }
        }
    }
    for statement in &tree.body {
        // boa fails at it.
        if let Item::VariableDeclaration(this) = statement
            && matches!(
                this.kind,
                VariableDeclarationKind::Using
                    | VariableDeclarationKind::AwaitUsing
            )
        {
            return Err(lower::Refuse(this.span.start, "`using`"));
        }
    }
    check_strict(source)?;
    if source.is_ascii() {
        return Ok(());
    }
    for (at, character) in source.char_indices() {
        if character.is_ascii() {
            continue;
        }
        if matches!(character, '\u{2028}' | '\u{2029}') || !in_comment(at) {
            let reason = "a character beyond ASCII outside of comments";
            return Err(lower::Refuse(small(at), reason));
        }
    }
    Ok(())
}

/// Whether a text has two dashes in a row.
fn has_dashes(text: &str) -> bool {
    let pairs = text.bytes().zip(text.bytes().skip(1));
    // Without an early end, which is what makes it fast.
    pairs.fold(false, |found, (one, other)| {
        found | ((one == b'-') & (other == b'-'))
    })
}

/// Refuses what is an error in strict code, and no error for the parser
/// here: numbers and escapes with a 0 before them, and variables `let`.
fn check_strict(source: &str) -> Result<(), lower::Refuse> {
    if !source.contains("use strict") {
        return Ok(());
    }
    let bytes = source.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(b'\n');
    for (index, byte) in source.bytes().enumerate() {
        let before = at(index.wrapping_sub(1));
        let odd = match byte {
            b'\\' => match (at(index + 1), at(index + 2)) {
                (b'0', next) => next.is_ascii_digit(),
                (next, _) => next.is_ascii_digit(),
            },
            b'0' => {
                at(index + 1).is_ascii_digit()
                    && !before.is_ascii_alphanumeric()
                    && !matches!(before, b'.' | b'_' | b'$')
            }
            b'l' => {
                bytes.get(index..).is_some_and(|b| b.starts_with(b"let"))
                    && !matches!(at(index + 3), b' ' | b'a'..=b'z' | b'A'..=b'Z')
                    && !before.is_ascii_alphanumeric()
            }
            // Perhaps a function with a label.
            b':' => source.get(index + 1..).is_some_and(|rest| {
                rest.trim_start().starts_with("function")
                    && begins_statement(source.get(..index).unwrap_or(""))
            }),
            _ => false,
        };
        if odd {
            let reason = "what could be an error in strict code";
            return Err(lower::Refuse(small(index), reason));
        }
    }
    Ok(())
}

/// Whether the name at the end of a text may be the first of a statement.
fn begins_statement(text: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let text = text.trim_end();
    let before = text.trim_end_matches(name);
    // Else it is a property, or the middle of `? :`.
    before.len() < text.len() && !before.trim_end().ends_with([',', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::constructs::{CONSTRUCTS, deepest};
    use crate::engine::nesting_bytes;

    /// The test is that the process lives on.
    #[test]
    fn the_stack_suffices() {
        // A script that is read on a stack that may be small; and one that
        // is given a stack of its own.
        for (most, stack) in [(ON_THIS_THREAD, 1 << 20), (32 << 20, 1 << 20)] {
            for (_, make) in CONSTRUCTS {
                let n = deepest(|n| {
                    nesting_bytes(&make(n)).is_ok_and(|bytes| bytes <= most)
                });
                let source = make(n);
                let nesting = nesting_bytes(&source).unwrap_or(most);
                let run = move || {
                    let _ = read(&source, nesting, false, &mut None);
                };
                let thread = std::thread::Builder::new().stack_size(stack);
                thread.spawn(run).unwrap().join().unwrap();
            }
        }
    }

    #[test]
    fn comments_as_in_html_are_found() {
        let refused = |source: &str| {
            read(source, 0, false, &mut None).is_err_and(|refusal| {
                refusal.reason() == "a comment as in HTML"
            })
        };
        for source in [
            "var a = 1 <!--b",
            "var a = 1\n--> b",
            "while (a-->b) {}",
            "var a = '<!--'",
            "var a = '-->'; // -->",
        ] {
            assert!(refused(source), "{source}");
        }
        for source in [
            "var a = 1 // <!--b",
            "var a = 1 /* --> -- <!-- */",
            "var a = 1; a--; --a; a - -1;",
            "var a = '<!-'; a = '->'; a = '--'",
        ] {
            assert!(!refused(source), "{source}");
        }
    }
}
