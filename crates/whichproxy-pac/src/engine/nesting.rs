//! How much native stack a script could need.
//!
//! boa parses, compiles and drops a script by recursion, and a stack that
//! overflows takes the whole process with it. So a stack is measured out to
//! each script before boa sees it: [`stack_bytes`] adds up, token by token,
//! what is open at that place (brackets; operators whose right side is not
//! finished; statements without braces), each with a weight in bytes, and a
//! script whose sum is beyond [`MOST`] is refused.
//!
//! # What was measured
//!
//! boa 0.22.0 on x86-64 Linux, in bytes of stack for one level, found by
//! bisection of the depth at which an 8 MiB stack overflows while the script
//! is parsed, compiled, run and dropped; `release` is this workspace's
//! profile, `test` its profile for tests (boa at `opt-level` 2):
//!
//! | construct | release | test | weight |
//! | --- | --- | --- | --- |
//! | `(…)`, `[…]`, `{a:…}`, `f(…)`, `` `${…}` `` | 28,000 | 29,500 | bracket |
//! | `function(){return …}`, `class{static x=…}` | 33,300 | 35,500 | bracket |
//! | `{…}` of statements, with `if` or `=>` before it | 8,700 | 6,500 | bracket |
//! | <code>a \|\| b</code>, `a ? b : c`, `a = b`, `a => b`, `!a`, `new a` | 3,500 | 3,200 | operator |
//! | `for (…) …`, `switch`, `try`, `with`, `do`, `l: …` | 4,500 | 4,600 | statement |
//! | `if (…) …; else …` | 3,100 | 3,000 | condition |
//! | `a + b`, `a, b`, `a.b`, `a[b]`, `a(b)` in a row | 1,800 | 900 | suffix |
//! | a further alternative of a regular expression | 150 | 270 | alternative |
//!
//! The weights are at least twice that. Lists (statements, arguments,
//! elements, properties, declarations, cases) need none, however long.
//!
//! What is not optimised at all needs more: with boa and this crate at
//! `opt-level` 0 the numbers are up to seven times as large (200,000 for a
//! class), and the weights are multiplied by eight where this crate is built
//! so.
//!
//! # Where there are no threads
//!
//! In WebAssembly boa has what the host's stack leaves: V8 gives 984 KB to a
//! page and to node. There (node 20.20, the profile `wasm`) a level was found
//! to need 12,300 bytes for brackets, 1,100 for operators, 2,000 for
//! statements, 1,200 for conditions, 500 for suffixes and 160 for
//! alternatives; the weights are twice that, again. A script may need
//! [`HERE`]. While it runs, a nested call needs up to 2,500 bytes (through
//! `replace`), and there may be [`CALLS`].

use super::HAS_THREADS;
use super::lexer::{Kind, Lexer, Token};
use super::shallow;
use crate::{Error, ErrorKind, Limits};

/// How much larger weights are where nothing is optimised; see `build.rs`.
const UNOPTIMISED: u64 = if cfg!(whichproxy_unoptimised) { 8 } else { 1 };

pub(super) const BRACKET: u64 = weight(72 << 10, 25 << 10);
pub(super) const OPERATOR: u64 = weight(8 << 10, 2_300);
pub(super) const STATEMENT: u64 = weight(10 << 10, 4 << 10);
const CONDITION: u64 = weight(7 << 10, 2_400);
pub(super) const SUFFIX: u64 = weight(4 << 10, 1 << 10);
pub(super) const ALTERNATIVE: u64 = weight(1 << 10, 400);

/// A weight on a thread of our own, and on the host's stack.
const fn weight(thread: u64, here: u64) -> u64 {
    UNOPTIMISED * if HAS_THREADS { thread } else { here }
}

/// The most that a script may need: what an address space has room for. The
/// parser of programs needs less than boa.
const MOST: u64 = match (HAS_THREADS, cfg!(target_pointer_width = "64")) {
    (false, _) => HERE * 4,
    (true, true) => 3 << 30,
    (true, false) => 128 << 20,
};

/// The most that boa may need on the host's stack.
const HERE: u64 = 768 << 10;

/// How deeply functions may call each other on the host's stack.
const CALLS: usize = 200;

/// For what is not the script's text: nested values that are joined or
/// dropped, chains of prototypes, and so on.
const RUN: u64 =
    if cfg!(target_pointer_width = "64") { 256 << 20 } else { 32 << 20 };

/// One nested call of a function through one of boa's own (a callback, a
/// getter); at most 3,600 were measured for `JSON.parse` with a reviver.
const CALL: u64 = UNOPTIMISED * (10 << 10);

/// The most for a text that is compiled while the script runs.
const AT_RUN_TIME: u64 = weight(16 << 20, 256 << 10);

/// What a script may need to be plain.
const PLAIN: u64 = 4 << 20;

/// How deeply functions may call each other.
pub(super) fn calls(limits: &Limits) -> usize {
    let most = limits.recursion();
    if HAS_THREADS { most } else { most.min(CALLS) }
}

/// The stack that boa may need for a script's nesting alone, or where it is
/// nested too deeply.
pub(crate) fn nesting_bytes(source: &str) -> Result<usize, Error> {
    if let Some(bytes) = shallow::bound(source, PLAIN.min(MOST)) {
        return Ok(bytes.try_into().unwrap_or(usize::MAX));
    }
    needed(source, MOST).map(|bytes| bytes.try_into().unwrap_or(usize::MAX))
}

/// The stack that a script needs, or where it is nested too deeply.
pub(super) fn stack_bytes(
    source: &str,
    recursion: usize,
) -> Result<usize, Error> {
    if !HAS_THREADS {
        let needed = needed(source, HERE)?;
        return Ok(usize::try_from(needed).unwrap_or(usize::MAX));
    }
    let needed = needed(source, MOST)?;
    let calls = CALL.saturating_mul(recursion as u64);
    let all = RUN + AT_RUN_TIME + needed + calls;
    // Whole pages.
    let all = all.next_multiple_of(64 << 10);
    usize::try_from(all).map_err(|_| {
        Error::new(ErrorKind::Limit, "a stack larger than the address space")
    })
}

/// Fails for a text, given to `eval`, that is nested too deeply.
pub(super) fn check_at_run_time(text: &str) -> Result<(), Error> {
    needed(text, AT_RUN_TIME).map(drop)
}

/// Where the first string without an end begins.
pub(super) fn open_string(source: &str) -> Option<(u32, u32)> {
    let mut scan = Scan::new(source);
    // What it says of nesting is not of interest here.
    let _ = scan.run(u64::MAX);
    scan.lexer.open_string.map(|at| place(source, at))
}

/// The first use of a name at or after a place: where a `ReferenceError`
/// comes from, for which boa tells the place of something before it.
pub(super) fn use_of(
    source: &str,
    name: &str,
    after: (u32, u32),
) -> Option<(u32, u32)> {
    let (line, column) = after;
    let lines = source.split_inclusive('\n').take(line as usize);
    let start: usize = lines.clone().map(str::len).sum::<usize>()
        - lines.last().map_or(0, str::len);
    let after = start + column.saturating_sub(1) as usize;
    let mut lexer = Lexer::new(source);
    let mut dot = false;
    let mut best = None;
    while let Ok(Some(token)) = lexer.next() {
        if token.kind == Kind::Word && token.text == name && !dot {
            best = Some(token.at);
            if token.at >= after {
                break;
            }
        }
        dot = matches!(token.text, "." | "#");
    }
    best.map(|at| place(source, at))
}

fn needed(source: &str, most: u64) -> Result<u64, Error> {
    let mut scan = Scan::new(source);
    match scan.run(most) {
        Ok(()) => Ok(scan.peak),
        Err(stopped) => {
            let (message, at) = match stopped {
                Stopped::Deep(at) => ("nested too deeply", at),
                Stopped::Unclear(at) => (
                    "this could be a regular expression or a division, a \
                     comment or not",
                    at,
                ),
            };
            let (line, column) = place(source, at);
            Err(Error::new(ErrorKind::Source, message).at(line, column))
        }
    }
}

fn place(source: &str, at: usize) -> (u32, u32) {
    let before = &source[..at];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let column = before[start..].chars().count();
    let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
    (small(lines + 1), small(column + 1))
}

enum Stopped {
    Deep(usize),
    Unclear(usize),
}

/// An open bracket, and what is unfinished inside it.
#[derive(Clone, Copy)]
struct Frame {
    bracket: Bracket,
    /// Operators since the expression began.
    expression: u64,
    /// Commas since the statement began.
    commas: u64,
    /// Statements that wait for the one after them to end.
    statements: u64,
    /// `do`s that wait for their `while`.
    dos: u32,
    /// Commas separate elements, which are not nested in each other.
    list: bool,
    /// As above, until the statement ends: `var a, b`.
    declaring: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Bracket {
    Brace,
    /// Of a condition, or a loop: a statement follows it.
    Head,
    Parenthesis,
    Square,
    Template,
    Top,
}

impl Frame {
    fn new(bracket: Bracket, list: bool) -> Frame {
        Frame {
            bracket,
            expression: 0,
            commas: 0,
            statements: 0,
            dos: 0,
            list,
            declaring: false,
        }
    }

    fn sum(&self) -> u64 {
        self.expression + self.commas + self.statements
    }

    fn end_statement(&mut self) {
        *self = Frame::new(self.bracket, self.list);
    }
}

/// What the token before was.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Last {
    /// The end of an operand; not a bracket.
    Operand,
    /// A `)` or `]` that ends an operand.
    Close,
    /// A `}`.
    CloseBrace,
    /// A `)` after which a statement begins.
    CloseHead,
    /// A keyword after which an operand or a statement begins.
    Keyword,
    /// A keyword whose `(` is a head.
    HeadKeyword,
    /// The word after a `.`, or the `.`.
    Dot,
    Semicolon,
    /// An open bracket or a comma.
    Open,
    OpenBlock,
    Colon,
    Arrow,
    Operator,
    /// A word before an operand, if it is not one itself.
    Prefix,
}

struct Scan<'s> {
    lexer: Lexer<'s>,
    outer: Vec<Frame>,
    frame: Frame,
    /// The sum of `outer`, with its brackets.
    base: u64,
    peak: u64,
    last: Last,
}

impl<'s> Scan<'s> {
    fn new(source: &'s str) -> Scan<'s> {
        Scan {
            lexer: Lexer::new(source),
            outer: Vec::new(),
            frame: Frame::new(Bracket::Top, false),
            base: 0,
            peak: 0,
            last: Last::Semicolon,
        }
    }

    fn run(&mut self, most: u64) -> Result<(), Stopped> {
        loop {
            let token = self.lexer.next();
            let token =
                token.map_err(|unclear| Stopped::Unclear(unclear.at))?;
            let Some(token) = token else { return Ok(()) };
            let extra = self.token(token);
            let sum = self.base + self.frame.sum() + extra;
            self.peak = self.peak.max(sum);
            if self.peak > most {
                return Err(Stopped::Deep(token.at));
            }
        }
    }

    /// Takes a token in; what it alone needs is returned.
    fn token(&mut self, token: Token<'s>) -> u64 {
        match token.kind {
            Kind::Word => self.word(token.text),
            Kind::Literal => {
                self.operand_begins(true);
                // A template may follow a function that takes it.
                self.frame.expression += SUFFIX;
                self.last = Last::Operand;
            }
            Kind::Regex => {
                self.operand_begins(true);
                self.last = Last::Operand;
                let bars = token.text.bytes().filter(|b| *b == b'|').count();
                return ALTERNATIVE * bars as u64;
            }
            Kind::TemplateHead => {
                self.frame.expression += SUFFIX;
                self.open(Bracket::Template, false);
                self.last = Last::Open;
            }
            Kind::Punctuator => self.punctuator(token.text),
        }
        0
    }

    /// An operand that follows another begins a new statement: a line's end
    /// stood in for a `;`, or the script is wrong.
    fn operand_begins(&mut self, literal: bool) {
        match self.last {
            Last::Semicolon => self.frame.end_statement(),
            Last::CloseHead | Last::Keyword => self.frame.expression = 0,
            // A template that follows is an argument, as `(` would be.
            Last::Operand | Last::Close | Last::CloseBrace if !literal => {
                self.frame.end_statement();
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        if self.last == Last::Dot {
            self.last = Last::Operand;
            return;
        }
        if !is_keyword(word) {
            self.operand_begins(false);
            self.last = Last::Operand;
            return;
        }
        match word {
            "else" => {
                // Goes on with what the `;` or `}` before it seemed to end.
                self.frame.expression = 0;
                self.last = Last::Keyword;
                return;
            }
            "catch" | "finally" => {
                self.last = Last::HeadKeyword;
                return;
            }
            "while" if self.frame.dos > 0 => {
                self.frame.dos -= 1;
                self.frame.statements += STATEMENT;
                self.last = Last::HeadKeyword;
                return;
            }
            "extends" | "in" | "instanceof" => {
                self.frame.declaring = false;
                self.frame.expression += OPERATOR;
                self.last = Last::Operator;
                return;
            }
            // `for await (…)`
            "await" if self.last == Last::HeadKeyword => return,
            _ => {}
        }
        self.operand_begins(false);
        self.last = match word {
            "if" => {
                self.frame.statements += CONDITION;
                Last::HeadKeyword
            }
            "for" | "switch" | "while" | "with" => {
                self.frame.statements += STATEMENT;
                Last::HeadKeyword
            }
            "do" => {
                self.frame.statements += STATEMENT;
                self.frame.dos += 1;
                Last::Keyword
            }
            "try" => {
                self.frame.statements += STATEMENT;
                Last::Keyword
            }
            "case" | "default" => {
                self.frame.end_statement();
                Last::Keyword
            }
            // Not `let`, which may be a name.
            "const" | "var" => {
                self.frame.declaring = true;
                Last::Operator
            }
            "return" | "throw" => Last::Operator,
            "delete" | "typeof" | "void" => {
                self.frame.expression += OPERATOR;
                Last::Operator
            }
            // Some of these may be names as well.
            "async" | "await" | "class" | "function" | "let" | "new"
            | "of" | "yield" => {
                self.frame.declaring &= word != "of";
                self.frame.expression += OPERATOR;
                Last::Prefix
            }
            _ => Last::Operand,
        };
    }

    fn punctuator(&mut self, text: &'s str) {
        let operand = matches!(
            self.last,
            Last::Operand | Last::Close | Last::CloseBrace
        );
        match text.as_bytes() {
            b"(" => {
                if self.last == Last::Semicolon {
                    self.frame.end_statement();
                }
                let head = self.last == Last::HeadKeyword;
                let list = matches!(self.last, Last::Operand | Last::Close);
                if operand {
                    self.frame.expression += SUFFIX;
                }
                let bracket =
                    if head { Bracket::Head } else { Bracket::Parenthesis };
                self.open(bracket, list);
                self.last = Last::Open;
            }
            b"[" => {
                if self.last == Last::Semicolon {
                    self.frame.end_statement();
                }
                if operand {
                    self.frame.expression += SUFFIX;
                }
                self.open(Bracket::Square, !operand);
                self.last = Last::Open;
            }
            b"{" => {
                if matches!(self.last, Last::Semicolon | Last::CloseBrace) {
                    self.frame.end_statement();
                }
                // Certainly an object, and no block.
                let object = match self.last {
                    Last::Open | Last::Operator => true,
                    Last::Colon => {
                        self.frame.list && self.frame.bracket == Bracket::Brace
                    }
                    _ => false,
                };
                self.open(Bracket::Brace, object);
                self.last = if object { Last::Open } else { Last::OpenBlock };
            }
            b")" | b"]" | b"}" => self.close(text),
            b";" => {
                self.frame.expression = 0;
                self.last = Last::Semicolon;
            }
            b"," => {
                self.frame.expression = 0;
                if !self.frame.list && !self.frame.declaring {
                    self.frame.commas += SUFFIX;
                }
                self.last = Last::Open;
            }
            b"." | b"#" => {
                self.frame.expression += SUFFIX;
                self.last = Last::Dot;
            }
            b":" => {
                self.frame.expression += OPERATOR;
                self.last = Last::Colon;
            }
            b"=>" => {
                self.frame.expression += OPERATOR;
                self.last = Last::Arrow;
            }
            b"++" | b"--" => {
                // After an operand it ends one, before one it begins one.
                self.frame.expression += OPERATOR;
            }
            _ => {
                if matches!(text, "!" | "~") {
                    self.operand_begins(false);
                } else if self.last == Last::Semicolon {
                    self.frame.end_statement();
                }
                self.frame.expression += OPERATOR;
                self.last = Last::Operator;
            }
        }
    }

    fn open(&mut self, bracket: Bracket, list: bool) {
        self.base += self.frame.sum() + BRACKET;
        let frame = Frame::new(bracket, list);
        self.outer.push(std::mem::replace(&mut self.frame, frame));
    }

    fn close(&mut self, text: &str) {
        let open = self.frame.bracket;
        let fits = match text {
            ")" => matches!(open, Bracket::Head | Bracket::Parenthesis),
            "]" => open == Bracket::Square,
            _ => matches!(open, Bracket::Brace | Bracket::Template),
        };
        // What does not fit is an error, at which boa stops.
        let Some(outer) = self.outer.pop_if(|_| fits) else { return };
        self.frame = outer;
        self.base -= self.frame.sum() + BRACKET;
        self.last = match open {
            Bracket::Head => {
                self.lexer.after_head();
                Last::CloseHead
            }
            Bracket::Template => {
                if self.lexer.resume_template() == Kind::TemplateHead {
                    self.open(Bracket::Template, false);
                    Last::Open
                } else {
                    Last::Close
                }
            }
            Bracket::Brace => Last::CloseBrace,
            _ => Last::Close,
        };
    }
}

/// Whether a word has a meaning here.
fn is_keyword(word: &str) -> bool {
    match word.len() {
        2 => matches!(word, "do" | "if" | "in" | "of"),
        3 => matches!(word, "for" | "let" | "new" | "try" | "var"),
        4 => matches!(word, "case" | "else" | "void" | "with"),
        5 => matches!(
            word,
            "async"
                | "await"
                | "catch"
                | "class"
                | "const"
                | "throw"
                | "while"
                | "yield"
        ),
        6 => matches!(word, "delete" | "return" | "switch" | "typeof"),
        7 => matches!(word, "default" | "extends" | "finally"),
        8 => word == "function",
        10 => word == "instanceof",
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use boa_engine::{Context, Script, Source};
    use proptest::prelude::*;

    use super::super::constructs::{CONSTRUCTS, around, deepest};
    use super::*;

    /// What the scan says.
    pub(crate) fn exactly(source: &str) -> Option<u64> {
        needed(source, u64::MAX).ok()
    }

    /// Reads, compiles, runs and drops a script on a stack of so many bytes,
    /// none of which is to spare.
    fn run_on(stack: u64, script: String) {
        let run = move || {
            let mut context = Context::default();
            let limits = context.runtime_limits_mut();
            limits.set_stack_size_limit(usize::MAX);
            let source = Source::from_bytes(&script);
            if let Ok(script) = Script::parse(source, None, &mut context) {
                let _ = script.evaluate(&mut context);
            }
        };
        let stack = usize::try_from(stack).unwrap();
        let thread = std::thread::Builder::new().stack_size(stack);
        thread.spawn(run).unwrap().join().unwrap();
    }

    /// The test is that the process lives on.
    #[test]
    fn what_is_measured_out_suffices() {
        const STACK: u64 = 16 << 20;
        for (name, make) in CONSTRUCTS {
            // The deepest that this stack is said to be enough for.
            let n = deepest(|n| needed(&make(n), STACK).is_ok());
            assert!(n < 1 << 20, "{name}: no limit");
            println!("{name}: {n}");
            // A context itself needs some.
            run_on(STACK + (1 << 20), make(n));
        }
    }

    #[test]
    fn lists_of_any_length() {
        let n = 100_000;
        let lists = [
            format!("x=[{}]", "1,".repeat(n)),
            format!("x=f({}1)", "1,".repeat(n)),
            format!("x={{{}}}", "a:'b',".repeat(n)),
            format!("x={{a:{{{}}}}}", "a:'b',".repeat(n)),
            format!("var {}z", "a=1,".repeat(n)),
            "a=1;".repeat(n),
            "a=1\n".repeat(n),
            "a['b']=c()\n".repeat(n),
            "if(a)b();\n".repeat(n),
            "if(a)b()\n".repeat(n),
            "if(a){b()}".repeat(n),
            "if(a)return'b'\n".repeat(n),
            "function f(){}".repeat(n),
            format!("switch(1){{{}}}", "case 1:".repeat(n)),
            format!("switch(1){{{}}}", "case 1:a();break;".repeat(n)),
        ];
        for list in lists {
            let needed = needed(&list, 1 << 20);
            let start = &list[..20];
            assert!(needed.is_ok(), "{start}: {needed:?}");
        }
    }

    #[test]
    fn chains_of_real_scripts_fit() {
        let n = 49_193;
        let chains = [
            format!("x=0{}", "||dnsDomainIs(host,'.a')".repeat(n)),
            around(n, "if(shExpMatch(a,'b'))return'c';else ", ";", ""),
            around(n, "if(a=='b'){return'c'}else ", ";", ""),
            format!("x=''{}", "+'a'+b".repeat(n / 2)),
        ];
        for chain in chains {
            assert!(
                cfg!(whichproxy_unoptimised) || needed(&chain, MOST).is_ok()
            );
        }
    }

    #[test]
    fn refusals_have_places() {
        let deep = format!("a;\n  {}", "[".repeat(100_000));
        let error = stack_bytes(&deep, 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source);
        assert_eq!(error.line(), Some(2));
        assert!(error.to_string().ends_with(": nested too deeply"));
        let error = stack_bytes("{}\n/'/", 0).unwrap_err();
        assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
        assert_eq!(open_string("a;\n 'b\nc"), Some((2, 2)));
    }

    #[test]
    fn text_hides_no_code() {
        // All of these end with a hundred brackets that boa reads.
        let hidden = [
            "'abc' ",
            "'a\\'b' ",
            "'a\\\nb' ",
            "'a\\\r\nb' ",
            "// 'x\n",
            "// 'x\u{2028}",
            "// x\r",
            "<!-- ' `\n",
            "/* ' ` // */",
            "a = b / c; d = '/';",
            "a = /[/'\"]/;",
            "a = /\\/'/;",
            "a = b\n/c/ d;",
            "x.return / a; b = '/';",
            "if (a) /'/.test(b);",
            "for (;;) /`/.test(b);",
            "this.#if(a) / 1; b = 2 / 1;",
            "a++ / 2;",
            "`a${'}'}'`;",
            "`a\\${`;",
            "return\u{a0}/'/;",
            "return /'/;",
            "\\u{61} = 1;",
            "x = 0x1/2;",
            "({})\n-->",
        ];
        for before in hidden {
            let script = format!("{before}{}", "[".repeat(100));
            let needed = needed(&script, u64::MAX).unwrap();
            assert!(needed >= 100 * BRACKET, "{before}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(
            script in "([\\[\\](){}/*'\"`$\\\\;,.a0 \n<!>-]|if|else|é|=>){0,60}",
        ) {
            let _ = stack_bytes(&script, 0);
            let _ = open_string(&script);
        }

        #[test]
        fn never_panics_on_anything(script: String) {
            let _ = stack_bytes(&script, 0);
        }
    }
}
