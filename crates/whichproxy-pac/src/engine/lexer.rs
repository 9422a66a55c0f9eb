//! The tokens of a script, as far as their nesting needs them.
//!
//! This is no JavaScript lexer. It may take one token for several, and words
//! for what they are not, but it must not hide brackets and operators that
//! boa will see. Where it cannot tell (whether a `/` after a `}` divides),
//! it looks whether that matters, and gives up if it does.

/// One token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    /// Where it begins, in bytes.
    pub(super) at: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A number, a string, or a template without `${`.
    Literal,
    Regex,
    /// The part of a template up to a `${`.
    TemplateHead,
    Punctuator,
}

/// A place where the tokens could be read in two ways that differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unclear {
    pub(super) at: usize,
}

pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
    before: Before,
    /// Whether a word that follows is a property's name.
    after_dot: bool,
    /// The first string that has no end.
    pub(super) open_string: Option<usize>,
}

/// What stands before a `/`.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Before {
    /// The end of an operand: it divides.
    Operand,
    /// An operator or a keyword: it begins a regular expression.
    Operator,
    /// Either.
    Unclear,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Lexer<'s> {
        let mut lexer = Lexer {
            source,
            at: 0,
            before: Before::Operator,
            after_dot: false,
            open_string: None,
        };
        if source.starts_with("#!") {
            lexer.skip_line();
        }
        lexer
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        *self.source.as_bytes().get(self.at + ahead).unwrap_or(&0)
    }

    /// Told by who keeps the brackets: the last `)` closed the head of an
    /// `if` or a loop, so a statement follows.
    pub(super) fn after_head(&mut self) {
        self.before = Before::Operator;
    }

    pub(super) fn next(&mut self) -> Result<Option<Token<'s>>, Unclear> {
        self.skip_space();
        let start = self.at;
        let Some(&first) = self.source.as_bytes().get(start) else {
            return Ok(None);
        };
        let kind = match first {
            b'"' | b'\'' => self.string(first),
            b'`' => {
                self.at += 1;
                self.template()
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            b'/' => self.slash()?,
            // No space: that was skipped.
            0x80.. | b'\\' => self.word(),
            _ if is_word_byte(first) => self.word(),
            _ => self.punctuator(first)?,
        };
        let text = &self.source[start..self.at];
        self.before = match kind {
            Kind::Literal | Kind::Regex => Before::Operand,
            Kind::TemplateHead => Before::Operator,
            Kind::Word if self.after_dot => Before::Operand,
            Kind::Word => before_word(text),
            Kind::Punctuator => match text.as_bytes() {
                [b')' | b']'] => Before::Operand,
                [b'}'] | b"++" | b"--" => Before::Unclear,
                _ => Before::Operator,
            },
        };
        self.after_dot = matches!(text.as_bytes(), [b'.' | b'#']);
        Ok(Some(Token { kind, text, at: start }))
    }

    /// Goes on with a template after the `}` that ended its `${`.
    pub(super) fn resume_template(&mut self) -> Kind {
        let kind = self.template();
        self.before = match kind {
            Kind::TemplateHead => Before::Operator,
            _ => Before::Operand,
        };
        kind
    }

    fn template(&mut self) -> Kind {
        loop {
            match self.byte(0) {
                0 if self.at >= self.source.len() => return Kind::Literal,
                b'`' => {
                    self.at += 1;
                    return Kind::Literal;
                }
                b'$' if self.byte(1) == b'{' => {
                    self.at += 2;
                    return Kind::TemplateHead;
                }
                b'\\' => self.skip_escape(),
                _ => self.at += 1,
            }
        }
    }

    /// A backslash, and the character after it.
    fn skip_escape(&mut self) {
        self.at += 1;
        let next = self.source.get(self.at..).unwrap_or("");
        self.at += next.chars().next().map_or(0, char::len_utf8);
    }

    fn string(&mut self, quote: u8) -> Kind {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte(0) {
                0 if self.at >= self.source.len() => break,
                b'\n' | b'\r' => break,
                b'\\' => {
                    // A line that ends in `\` goes on.
                    if self.byte(1) == b'\r' && self.byte(2) == b'\n' {
                        self.at += 1;
                    }
                    self.skip_escape();
                }
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return Kind::Literal;
                    }
                }
            }
        }
        self.open_string.get_or_insert(start);
        Kind::Literal
    }

    fn number(&mut self) -> Kind {
        let more = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        while more(self.byte(0)) || self.byte(0) == b'.' {
            self.at += 1;
        }
        Kind::Literal
    }

    fn word(&mut self) -> Kind {
        let bytes = self.source.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(byte) if is_word_byte(*byte) => self.at += 1,
                Some(b'\\') => {
                    let rest = self.rest();
                    let end = rest
                        .strip_prefix("\\u{")
                        .map(|inner| inner.find('}').map_or(3, |end| end + 4));
                    self.at += end.unwrap_or(1);
                }
                Some(0x80..) => {
                    let next = self.rest().chars().next();
                    match next.filter(|next| is_word(*next)) {
                        Some(next) => self.at += next.len_utf8(),
                        None => return Kind::Word,
                    }
                }
                _ => return Kind::Word,
            }
        }
    }

    fn slash(&mut self) -> Result<Kind, Unclear> {
        let regex = match self.before {
            Before::Operand => None,
            Before::Operator => Some(self.regex_end()),
            Before::Unclear => match self.regex_end() {
                Some(end) if is_hazard(&self.source[self.at..end]) => {
                    return Err(Unclear { at: self.at });
                }
                _ => None,
            },
        };
        let Some(end) = regex else {
            self.at += 1;
            return Ok(Kind::Punctuator);
        };
        // Without an end, boa stops here.
        self.at = end.unwrap_or(self.source.len());
        Ok(Kind::Regex)
    }

    /// Where a regular expression that begins here would end, without its
    /// flags.
    fn regex_end(&self) -> Option<usize> {
        let mut class = false;
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '/' if !class => return Some(self.at + at + 1),
                '[' => class = true,
                ']' => class = false,
                '\\' => {
                    characters.next().filter(|(_, c)| !ends_line(*c))?;
                }
                other if ends_line(other) => return None,
                _ => {}
            }
        }
        None
    }

    fn punctuator(&mut self, first: u8) -> Result<Kind, Unclear> {
        let second = self.byte(1);
        if (first, second, self.byte(2)) == (b'-', b'-', b'>') {
            // The rest of the line is a comment, or is not.
            let rest = self.rest();
            let end = rest.find(ends_line).unwrap_or(rest.len());
            if is_hazard(&rest[..end]) {
                return Err(Unclear { at: self.at });
            }
        }
        let long = match first {
            b'=' => matches!(second, b'=' | b'>'),
            b'!' | b'<' | b'>' => second == b'=',
            b'+' | b'-' | b'&' | b'|' | b'?' => second == first,
            _ => false,
        };
        self.at += if long { 2 } else { 1 };
        Ok(Kind::Punctuator)
    }

    fn skip_space(&mut self) {
        let bytes = self.source.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t'..=b'\r') => self.at += 1,
                Some(b'/') => match self.byte(1) {
                    b'/' => self.skip_line(),
                    b'*' => {
                        let rest = self.rest();
                        let end = rest.get(2..).and_then(|r| r.find("*/"));
                        self.at += end.map_or(rest.len(), |end| end + 4);
                    }
                    _ => return,
                },
                Some(b'<') if self.rest().starts_with("<!--") => {
                    self.skip_line();
                }
                Some(0x80..) => {
                    let next = self.rest().chars().next();
                    match next.filter(|next| !is_word(*next)) {
                        Some(space) => self.at += space.len_utf8(),
                        None => return,
                    }
                }
                _ => return,
            }
        }
    }

    fn skip_line(&mut self) {
        let bytes = self.source.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\n' | b'\r' => return,
                // Of two characters that end a line, it is the first byte.
                0xe2 if self.rest().starts_with(ends_line) => return,
                _ => self.at += 1,
            }
        }
    }
}

fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Whether a byte goes on with a word; not for what is not ASCII, or escaped.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'_')
}

/// What a word, which is no property's name, is before a `/`.
fn before_word(word: &str) -> Before {
    // All words that matter are shorter than most others.
    if word.len() > 10 {
        return Before::Operand;
    }
    match word {
        // After these an operand begins.
        "case" | "delete" | "do" | "else" | "extends" | "in"
        | "instanceof" | "new" | "return" | "throw" | "typeof" | "void" => {
            Before::Operator
        }
        "await" | "of" | "yield" => Before::Unclear,
        _ => Before::Operand,
    }
}

fn is_word(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '$' | '_' | '\\' => true,
        '\0'..='\x7f' => false,
        '\u{feff}' => false,
        other => !other.is_whitespace() && !ends_line(other),
    }
}

/// Whether it matters if a text is code, or is not: it could begin what goes
/// on after it, or close a bracket.
fn is_hazard(text: &str) -> bool {
    text.contains(['"', '\'', '`', ')', ']', '}', '\\']) || text.contains("/*")
}
