//! The text of a `.reg` file, taken apart.

use super::{Change, Section, VERSION_4, VERSION_5, ansi};
use crate::registry::{Key, Value};
use crate::settings::shown;

/// What is wrong, and on which line.
pub(super) struct Problem {
    pub(super) line: u32,
    pub(super) text: String,
}

/// One pass over the text; `at` is always between two characters.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// Text in hexadecimal is in the code page, not in UTF-16.
    ansi: bool,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Parser<'t> {
        Parser { text, at: 0, line: 1, ansi: false }
    }

    /// The file's sections, in order.
    pub(super) fn file(&mut self) -> Result<Vec<Section>, Problem> {
        self.header()?;
        let mut sections: Vec<Section> = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return Ok(sections),
                Some(b'\n') => self.next_line(),
                Some(b';') => self.skip_comment(),
                Some(b'[') => sections.push(self.key()?),
                Some(b'"' | b'@') => {
                    let start = self.line;
                    let change = self.change()?;
                    match sections.last_mut() {
                        Some(section) if !section.delete => {
                            section.changes.push(change);
                        }
                        Some(_) => {
                            return Err(Problem {
                                line: start,
                                text: "expected no value under a key that \
                                       is deleted"
                                    .into(),
                            });
                        }
                        None => {
                            return Err(Problem {
                                line: start,
                                text: "expected a key such as \
                                       `[HKEY_LOCAL_MACHINE\\…]` before \
                                       the first value"
                                    .into(),
                            });
                        }
                    }
                }
                Some(_) if sections.is_empty() => {
                    return Err(self
                        .expected("a key such as `[HKEY_LOCAL_MACHINE\\…]`"));
                }
                Some(_) => {
                    return Err(self.expected("`\"name\"=` or `@=`"));
                }
            }
        }
    }

    fn header(&mut self) -> Result<(), Problem> {
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'\n') => self.next_line(),
                Some(b';') => self.skip_comment(),
                _ => break,
            }
        }
        let line = self.rest_of_line().trim_end();
        if line.eq_ignore_ascii_case(VERSION_4) {
            self.ansi = true;
        } else if !line.eq_ignore_ascii_case(VERSION_5) {
            return Err(
                self.expected(&format!("`{VERSION_5}` or `{VERSION_4}`"))
            );
        }
        self.at += line.len();
        self.end_of_line()
    }

    /// `[KEY]` or `[-KEY]`. A name may have a `]` in it: the one that ends
    /// the key has nothing but a comment behind it.
    fn key(&mut self) -> Result<Section, Problem> {
        let line = self.rest_of_line();
        let end = line.match_indices(']').map(|(at, _)| at).find(|at| {
            let rest = line.get(at + 1..).unwrap_or_default();
            let rest = rest.trim_start_matches(BLANKS);
            rest.is_empty() || rest.starts_with(';')
        });
        let Some(end) = end else {
            let bracket = line.rfind(']');
            self.at += bracket.map_or(line.len(), |at| at + 1);
            return Err(self.expected(match bracket {
                Some(_) => "the end of the line",
                None => "`]`",
            }));
        };
        self.at += 1;
        let path = line.get(1..end).unwrap_or_default();
        let (delete, path) = match path.strip_prefix('-') {
            Some(path) => (true, path),
            None => (false, path),
        };
        let key = Key::read(path).map_err(|what| self.expected(what))?;
        self.at += end;
        self.end_of_line()?;
        Ok(Section { key, delete, changes: Vec::new() })
    }

    /// `"name"=data`, `@=data` or `"name"=-`.
    fn change(&mut self) -> Result<Change, Problem> {
        let line = self.line;
        let name = if self.peek() == Some(b'@') {
            self.at += 1;
            String::new()
        } else {
            self.quoted()?
        };
        self.skip_blanks();
        if self.peek() != Some(b'=') {
            return Err(self.expected("`=`"));
        }
        self.at += 1;
        self.skip_blanks();
        let value = match self.peek() {
            Some(b'-') => {
                self.at += 1;
                None
            }
            Some(b'"') => Some(Value::String(self.quoted()?)),
            _ => Some(self.typed()?),
        };
        self.end_of_line()?;
        Ok(Change { name, value, line })
    }

    /// Text in quotes, with `\\` and `\"`; it may go over several lines.
    fn quoted(&mut self) -> Result<String, Problem> {
        let (start, line) = (self.at, self.line);
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(['"', '\\']) else {
                self.at = start;
                self.line = line;
                return Err(self.expected("a `\"` that ends the text"));
            };
            let plain = rest.get(..end).unwrap_or_default();
            text.push_str(plain);
            let lines = plain.bytes().filter(|&byte| byte == b'\n').count();
            self.line = u32::try_from(lines)
                .map_or(u32::MAX, |lines| self.line.saturating_add(lines));
            self.at += end;
            if self.peek() == Some(b'"') {
                self.at += 1;
                return Ok(text);
            }
            match rest.as_bytes().get(end + 1) {
                Some(b'\\') => text.push('\\'),
                Some(b'"') => text.push('"'),
                _ => {
                    return Err(
                        self.expected("`\\\\` or `\\\"` in a quoted text")
                    );
                }
            }
            self.at += 2;
        }
    }

    /// `dword:…`, `hex:…` or `hex(…):…`.
    fn typed(&mut self) -> Result<Value, Problem> {
        const DATA: &str = "`\"text\"`, `dword:`, `hex:`, `hex(…):` or `-`";
        if self.skip_word("dword:") {
            self.skip_blanks();
            let number = self.hex_number(8);
            let number = number.ok_or_else(|| {
                self.expected("one to eight hexadecimal digits")
            })?;
            return Ok(Value::Dword(number));
        }
        if self.skip_word("hex:") {
            return Ok(Value::Binary(self.hex_bytes()?));
        }
        if !self.skip_word("hex(") {
            return Err(self.expected(DATA));
        }
        let kind = self.hex_number(8);
        let kind = kind.ok_or_else(|| {
            self.expected("the number of a type, as `hex(2)`")
        })?;
        if !self.skip_word("):") {
            return Err(self.expected("`):`"));
        }
        let data = self.hex_bytes()?;
        let text = match (self.ansi, kind) {
            (true, 1 | 2 | 7) => {
                Value::from_text(kind, ansi(&data).into_owned())
            }
            _ => None,
        };
        Ok(text.unwrap_or_else(|| Value::from_data(kind, &data)))
    }

    /// Bytes with commas between them; `\` goes on in the next line.
    fn hex_bytes(&mut self) -> Result<Vec<u8>, Problem> {
        let mut data = Vec::new();
        self.skip_continuation()?;
        if self.at_end_of_data() {
            return Ok(data);
        }
        loop {
            let byte = self.hex_number(2).and_then(|n| u8::try_from(n).ok());
            match byte {
                Some(byte) => data.push(byte),
                None => {
                    return Err(self.expected(
                        "a byte of two hexadecimal \
                                              digits",
                    ));
                }
            }
            self.skip_continuation()?;
            if self.peek() != Some(b',') {
                return Ok(data);
            }
            self.at += 1;
            self.skip_continuation()?;
            // regedit ends some lists with a comma.
            if self.at_end_of_data() {
                return Ok(data);
            }
        }
    }

    /// Blanks, and `\` at the end of a line with the blanks and comments
    /// that begin the next.
    fn skip_continuation(&mut self) -> Result<(), Problem> {
        self.skip_blanks();
        while self.peek() == Some(b'\\') {
            self.at += 1;
            self.end_of_line()?;
            self.skip_blanks();
            while self.peek() == Some(b';') {
                self.skip_comment();
                self.next_line();
                self.skip_blanks();
            }
        }
        Ok(())
    }

    fn at_end_of_data(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b';'))
    }

    /// Up to `digits` hexadecimal digits, and no more of them after that.
    fn hex_number(&mut self, digits: usize) -> Option<u32> {
        let bytes = self.text.as_bytes();
        let mut number = 0;
        let mut at = self.at;
        while let Some(digit) =
            bytes.get(at).and_then(|&byte| char::from(byte).to_digit(16))
        {
            if at - self.at == digits {
                return None;
            }
            number = number << 4 | digit;
            at += 1;
        }
        if at == self.at {
            return None;
        }
        self.at = at;
        Some(number)
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = self.text.as_bytes().get(self.at..self.at + word.len());
        let found =
            found.is_some_and(|f| f.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Nothing but blanks and a comment up to the next line.
    fn end_of_line(&mut self) -> Result<(), Problem> {
        self.skip_blanks();
        if self.peek() == Some(b';') {
            self.skip_comment();
        }
        match self.peek() {
            None => Ok(()),
            Some(b'\n') => {
                self.next_line();
                Ok(())
            }
            Some(_) => Err(self.expected("the end of the line")),
        }
    }

    fn skip_blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        self.at += self.rest_of_line().len();
    }

    fn next_line(&mut self) {
        if self.peek() == Some(b'\n') {
            self.at += 1;
            self.line = self.line.saturating_add(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn rest_of_line(&self) -> &'t str {
        let rest = self.rest();
        rest.find('\n').and_then(|end| rest.get(..end)).unwrap_or(rest)
    }

    #[cold]
    fn expected(&self, what: &str) -> Problem {
        let found = self.rest_of_line().trim_end();
        let found = if !found.is_empty() {
            format!("`{}`", shown(found))
        } else if self.rest().is_empty() {
            "the end of the file".to_owned()
        } else {
            "the end of the line".to_owned()
        };
        Problem {
            line: self.line,
            text: format!("expected {what}, found {found}"),
        }
    }
}

const BLANKS: [char; 3] = [' ', '\t', '\r'];
