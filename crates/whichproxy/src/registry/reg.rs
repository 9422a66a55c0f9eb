//! Exported registries: `.reg` files, read and written.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Found, Key, Place, Registry, Tree, Value};
use crate::error::{Error, ErrorKind};
use crate::machine::Fault;
use crate::settings::shown;

/// The first line of the newer form.
pub(super) const VERSION_5: &str = "Windows Registry Editor Version 5.00";
/// The first line of the older form.
const VERSION_4: &str = "REGEDIT4";

/// A registry export: a list of changes, in the order of the file.
///
/// Both forms are read: "Windows Registry Editor Version 5.00", which
/// regedit writes in UTF-16, and "REGEDIT4", written in the machine's code
/// page (read as UTF-8 where it is that, else as Windows-1252). A file may
/// also delete: `[-KEY]` and `"name"=-` act on what came before, in the same
/// file or in one applied earlier.
///
/// Asked as a [`Registry`], a file is applied to an empty one. To put several
/// on top of each other use [`Tree::from_reg_files`].
///
/// ```
/// use whichproxy::registry::{Key, RegFile, Registry, Value};
/// let text = r#"Windows Registry Editor Version 5.00
///
/// [HKEY_LOCAL_MACHINE\SOFTWARE\Contoso] ; a comment
/// "Proxy"="10.0.0.6:8080"
/// "#;
/// let file = RegFile::parse(text.as_bytes(), "contoso.reg")?;
/// let key = Key::local_machine(r"Software\Contoso");
/// let found = file.value(&key, "proxy").unwrap().unwrap();
/// assert_eq!(found.value, Value::String("10.0.0.6:8080".into()));
/// assert_eq!(found.place.unwrap().to_string(), "contoso.reg line 4");
/// # Ok::<(), whichproxy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegFile {
    name: Arc<str>,
    sections: Vec<Section>,
    /// What the file makes of an empty registry; made when first asked.
    tree: OnceLock<Tree>,
}

/// A key, and what happens to it.
#[derive(Clone, Debug)]
struct Section {
    key: Key,
    delete: bool,
    changes: Vec<Change>,
}

/// A value to be set, or removed where there is none.
#[derive(Clone, Debug)]
struct Change {
    name: String,
    value: Option<Value>,
    line: u32,
}

impl RegFile {
    /// Reads a file's bytes; `name` is what places and errors call it.
    ///
    /// # Errors
    ///
    /// When the bytes are no such file: the error
    /// ([`ErrorKind::Registry`]) names the line, what was expected and what
    /// was found.
    pub fn parse(bytes: &[u8], name: &str) -> Result<RegFile, Error> {
        let text = decode(bytes);
        let mut parser = Parser { text: &text, at: 0, line: 1, ansi: false };
        let name: Arc<str> = name.into();
        match parser.file() {
            Ok(sections) => {
                Ok(RegFile { name, sections, tree: OnceLock::new() })
            }
            Err(problem) => Err(Error::new(
                ErrorKind::Registry,
                format_args!("{name} line {}: {}", problem.line, problem.text),
            )),
        }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes the file's changes to `tree`, in order.
    pub fn apply(&self, tree: &mut Tree) {
        for section in &self.sections {
            if section.delete {
                tree.remove_key(&section.key);
                continue;
            }
            let mut values = tree.values_of(&section.key);
            for Change { name, value, line } in &section.changes {
                match value {
                    Some(value) => {
                        let file = Arc::clone(&self.name);
                        let place = Place { file, line: *line };
                        values.insert(
                            name.clone(),
                            value.clone(),
                            Some(place),
                        );
                    }
                    None => values.remove(name),
                }
            }
        }
    }

    fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| Tree::from_reg_files([self]))
    }
}

impl Registry for RegFile {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        self.tree().value(key, name)
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        self.tree().subkeys(key)
    }
}

/// The text of a file: by its byte order mark; UTF-16 without one is known
/// by the zero bytes of its first letter. Half surrogate pairs become U+FFFD.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let bytes = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match bytes {
        [b'W' | b'R', 0, ..] => UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, b'W' | b'R', ..] => UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => ansi(bytes),
    }
}

/// UTF-8, or else Windows-1252, in which every byte is a letter.
fn ansi(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// What is wrong, and on which line.
struct Problem {
    line: u32,
    text: String,
}

/// One pass over the text; `at` is always between two characters.
struct Parser<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// Text in hexadecimal is in the code page, not in UTF-16.
    ansi: bool,
}

impl<'t> Parser<'t> {
    fn file(&mut self) -> Result<Vec<Section>, Problem> {
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
            self.at += line.len();
            return Err(self.expected("`]`"));
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

/// Writes one line of a file, or several where the data is long.
pub(super) fn write_value(text: &mut String, name: &str, value: &Value) {
    if name.is_empty() {
        text.push('@');
    } else {
        push_quoted(text, name);
    }
    text.push('=');
    // Writing to a String can't fail.
    let _ = match value {
        // No program writes a NUL as text.
        Value::String(string) if !string.contains('\0') => {
            push_quoted(text, string);
            Ok(())
        }
        Value::Dword(number) => write!(text, "dword:{number:08x}"),
        Value::Binary(data) => {
            text.push_str("hex:");
            push_hex(text, data);
            Ok(())
        }
        other => {
            let written = write!(text, "hex({:x}):", other.kind());
            push_hex(text, &other.to_data());
            written
        }
    };
    text.push_str("\r\n");
}

fn push_quoted(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

fn push_hex(text: &mut String, data: &[u8]) {
    const BYTES_IN_LINE: usize = 25;
    for (at, byte) in data.iter().enumerate() {
        if at > 0 {
            text.push(',');
            if at % BYTES_IN_LINE == 0 {
                text.push_str("\\\r\n  ");
            }
        }
        let _ = write!(text, "{byte:02x}"); // to a String: can't fail
    }
}
