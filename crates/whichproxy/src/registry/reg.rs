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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::registry::Root;

    const HEADER: &str = "Windows Registry Editor Version 5.00\r\n\r\n";

    fn parse(body: &str) -> Result<RegFile, Error> {
        RegFile::parse(format!("{HEADER}{body}").as_bytes(), "t.reg")
    }

    fn value(file: &dyn Registry, key: &str, name: &str) -> Option<Value> {
        let key: Key = key.parse().unwrap();
        file.value(&key, name).unwrap().map(|found| found.value)
    }

    fn string(text: &str) -> Value {
        Value::String(text.into())
    }

    #[test]
    fn every_type_of_value() {
        for (data, expected) in [
            (r#""""#, string("")),
            (r#""C:\\a \"b\" ; c]""#, string(r#"C:\a "b" ; c]"#)),
            ("\"one\r\ntwo\n\nfour\"", string("one\r\ntwo\n\nfour")),
            ("dword:0000001a", Value::Dword(26)),
            ("DWORD: 1 ", Value::Dword(1)),
            ("hex:", Value::Binary(vec![])),
            ("hex:18,00,FF", Value::Binary(vec![0x18, 0, 0xff])),
            ("hex:1,2,\\\r\n  3", Value::Binary(vec![1, 2, 3])),
            ("hex:\\\n  1 , 2 \\ \t\n, 3,", Value::Binary(vec![1, 2, 3])),
            ("hex:1,\\ ; why\n; not\n\t2", Value::Binary(vec![1, 2])),
            ("hex(0):", Value::Other { kind: 0, data: vec![] }),
            ("hex(1):61,00,00,00", string("a")),
            ("hex(2):25,00,41,00,00,00", Value::ExpandString("%A".into())),
            ("hex(3):01", Value::Binary(vec![1])),
            ("hex(4):1a,00,00,00", Value::Dword(26)),
            (
                "hex(4):1a,00,00",
                Value::Other { kind: 4, data: vec![26, 0, 0] },
            ),
            ("hex(5):00,00,00,1a", Value::DwordBigEndian(26)),
            ("hex(6):61", Value::Other { kind: 6, data: vec![0x61] }),
            (
                "hex(7):61,00,00,00,62,00,00,00,00,00",
                Value::MultiString(vec!["a".into(), "b".into()]),
            ),
            (
                "hex(7):61,00,00",
                Value::Other { kind: 7, data: vec![0x61, 0, 0] },
            ),
            ("hex(8):01", Value::Other { kind: 8, data: vec![1] }),
            ("hex(9):01", Value::Other { kind: 9, data: vec![1] }),
            ("hex(a):01", Value::Other { kind: 10, data: vec![1] }),
            ("hex(b):1a,0,0,0,0,0,0,0", Value::Qword(26)),
            (
                "hex(FFFF0011):01",
                Value::Other { kind: 0xffff_0011, data: vec![1] },
            ),
        ] {
            for end in ["", "\r\n", " \t; a comment\n\"b\"=\"x\"\n"] {
                let body = format!("[HKLM\\A]\n \"n\" = {data}{end}");
                let file = parse(&body).unwrap();
                let found = value(&file, r"hklm\a", "N");
                assert_eq!(found.as_ref(), Some(&expected), "{body}");
            }
        }
    }

    #[test]
    fn places_follow_lines_within_data() {
        let body = "; c\n[HKLM\\A]\n@=\"x\ny\"\n\n\"b\"=hex:1,\\\n\
                    ;\n  2\n\"c\"=dword:1\n";
        let file = parse(body).unwrap();
        let key = Key::local_machine("A");
        for (name, line) in [("", 5), ("b", 8), ("c", 11)] {
            let found = file.value(&key, name).unwrap().unwrap();
            let place = found.place.unwrap();
            assert_eq!((&*place.file, place.line), ("t.reg", line), "{name}");
        }
    }

    #[test]
    fn roots_and_keys() {
        for (written, key) in [
            (r"HKEY_LOCAL_MACHINE\A", r"HKLM\A"),
            (r"hklm\A\", r"HKLM\A"),
            ("HKEY_CURRENT_USER", "HKCU"),
            (r"HKCR\.reg", r"HKCR\.reg"),
            (r"HKEY_CURRENT_CONFIG\A", r"HKCC\A"),
            (r"HKU\.DEFAULT\A", r"HKU\S-1-5-18\A"),
            (r"HKEY_USERS\S-1-5-21-1-2-3-500", r"HKU\S-1-5-21-1-2-3-500"),
            (
                r"HKEY_USERS\S-1-5-21-1-2-3-500_Classes",
                r"HKU\S-1-5-21-1-2-3-500_Classes",
            ),
            (
                r"HKLM\SOFTWARE\WOW6432Node\A ; ] [",
                r"HKLM\software\wow6432node\A ; ] [",
            ),
            (r"HKLM\a]b", r"HKLM\a]b"),
        ] {
            let file = parse(&format!("[{written}]\n@=\"x\"\n")).unwrap();
            assert_eq!(value(&file, key, ""), Some(string("x")), "{written}");
        }
        let parsed: Key = r"HKEY_USERS\.default\A".parse().unwrap();
        assert!(matches!(parsed.root(), Root::User(_)));
    }

    #[test]
    fn every_encoding() {
        let text =
            format!("{HEADER}[HKLM\\Käse]\r\n\"Größe\"=\"€ 5\u{1f600}\"\r\n");
        let little: Vec<u8> =
            text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.clone().into_bytes(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &little].concat(),
            [&b"\xfe\xff"[..], &big].concat(),
            little,
            big,
        ] {
            let file = RegFile::parse(&bytes, "t.reg").unwrap();
            let found = value(&file, r"HKLM\KÄSE", "grÖße");
            assert_eq!(found, Some(string("€ 5\u{1f600}")));
        }
    }

    #[test]
    fn the_older_form_is_in_the_code_page() {
        let bytes = b"REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\
            \"n\"=\"5 \x80\"\r\n\
            \"e\"=hex(2):25,41,25,00\r\n\
            \"m\"=hex(7):61,00,e4,00,00\r\n\
            \"d\"=hex(4):01,00,00,00\r\n";
        let file = RegFile::parse(bytes, "t.reg").unwrap();
        let get = |name| value(&file, r"HKLM\A", name).unwrap();
        assert_eq!(get("n"), string("5 €"));
        assert_eq!(get("e"), Value::ExpandString("%A%".into()));
        let list = vec!["a".to_owned(), "ä".to_owned()];
        assert_eq!(get("m"), Value::MultiString(list));
        assert_eq!(get("d"), Value::Dword(1));
    }

    #[test]
    fn deletions_act_on_what_came_before() {
        let base = "[HKLM\\A]\n\"a\"=\"1\"\n\"b\"=\"1\"\n\
                    [HKLM\\A\\c]\n@=\"1\"\n[HKLM\\Ab]\n@=\"1\"\n";
        let base = parse(base).unwrap();
        let delta = "[HKLM\\a]\n\"B\"=-\n\"a\"=\"2\"\n[-HKLM\\a\\C]\n\
                     [HKLM\\A\\d]\n\"x\"=\"1\"\n\"x\"=-\n";
        let delta = parse(delta).unwrap();
        let tree = Tree::from_reg_files([&base, &delta]);
        assert_eq!(value(&tree, r"HKLM\A", "a"), Some(string("2")));
        assert_eq!(value(&tree, r"HKLM\A", "b"), None);
        assert_eq!(value(&tree, r"HKLM\Ab", ""), Some(string("1")));
        let a = Key::local_machine("A");
        assert_eq!(tree.subkeys(&a).unwrap(), ["d"]);
        // The other way round the deletions find nothing.
        let tree = Tree::from_reg_files([&delta, &base]);
        assert_eq!(value(&tree, r"HKLM\A", "b"), Some(string("1")));
        let gone = parse("[HKLM\\A]\n@=\"1\"\n[-HKLM\\A]\n").unwrap();
        assert_eq!(gone.subkeys(&Key::local_machine("")).unwrap(), [""; 0]);
    }

    #[test]
    fn errors_say_where_and_what() {
        let mut messages = String::new();
        for body in [
            "",
            "Windows Registry Editor Version 4.00",
            "[HKLM\\A]",
            "REGEDIT4 x",
        ] {
            let error = RegFile::parse(body.as_bytes(), "contoso.reg");
            match error {
                Ok(_) => panic!("{body}"),
                Err(error) => messages.push_str(&format!("{error}\n")),
            }
        }
        for body in [
            "foo",
            "\"a\"=\"b\"",
            "[HKLM\\A]\nfoo",
            "[HKLM\\A",
            "[HKLM\\A] x",
            "[HKEY_NOWHERE\\A]",
            "[HKLM\\A\\\\B]",
            "[]",
            "[-HKLM\\A]\n\"a\"=\"b\"",
            "[HKLM\\A]\n\"a",
            "[HKLM\\A]\n\"a\"",
            "[HKLM\\A]\n\"a\" \"b\"",
            "[HKLM\\A]\n\"a\"=",
            "[HKLM\\A]\n\"a\"=b",
            "[HKLM\\A]\n\"a\"=\"b\nc\n",
            "[HKLM\\A]\n\"a\"=\"b\n\" c",
            "[HKLM\\A]\n\"a\"=\"C:\\Windows\"",
            "[HKLM\\A]\n\"a\"=\"b\\",
            "[HKLM\\A]\n\"a\"=dword:",
            "[HKLM\\A]\n\"a\"=dword:123456789",
            "[HKLM\\A]\n\"a\"=dword:1g",
            "[HKLM\\A]\n\"a\"=hex",
            "[HKLM\\A]\n\"a\"=hex(:1",
            "[HKLM\\A]\n\"a\"=hex(2:1",
            "[HKLM\\A]\n\"a\"=hex:1,,2",
            "[HKLM\\A]\n\"a\"=hex:1,\\\n100",
            "[HKLM\\A]\n\"a\"=hex:1 2",
            "[HKLM\\A]\n\"a\"=hex:1,\\ 2",
            "[HKLM\\A]\n\"a\"=-1",
            "[HKLM\\A]\n@\n",
            "[HKLM\\A]\nProxy=\"http://user:secret@h\"\u{7}",
        ] {
            match parse(body) {
                Ok(_) => panic!("{body}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Registry);
                    messages.push_str(&format!("{error}\n"));
                }
            }
        }
        insta::assert_snapshot!(messages, @r##"
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found the end of the file
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found `Windows Registry Editor Version 4.00`
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found `[HKLM\A]`
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found `REGEDIT4 x`
t.reg line 3: expected a key such as `[HKEY_LOCAL_MACHINE\…]`, found `foo`
t.reg line 3: expected a key such as `[HKEY_LOCAL_MACHINE\…]` before the first value
t.reg line 4: expected `"name"=` or `@=`, found `foo`
t.reg line 3: expected `]`, found the end of the file
t.reg line 3: expected the end of the line, found ` x`
t.reg line 3: expected a root such as `HKEY_LOCAL_MACHINE` or `HKLM`, found `HKEY_NOWHERE\A]`
t.reg line 3: expected a path without empty names, found `HKLM\A\\B]`
t.reg line 3: expected a root such as `HKEY_LOCAL_MACHINE` or `HKLM`, found `]`
t.reg line 4: expected no value under a key that is deleted
t.reg line 4: expected a `"` that ends the text, found `"a`
t.reg line 4: expected `=`, found the end of the file
t.reg line 4: expected `=`, found `"b"`
t.reg line 4: expected `"text"`, `dword:`, `hex:`, `hex(…):` or `-`, found the end of the file
t.reg line 4: expected `"text"`, `dword:`, `hex:`, `hex(…):` or `-`, found `b`
t.reg line 4: expected a `"` that ends the text, found `"b`
t.reg line 5: expected the end of the line, found `c`
t.reg line 4: expected `\\` or `\"` in a quoted text, found `\Windows"`
t.reg line 4: expected `\\` or `\"` in a quoted text, found `\`
t.reg line 4: expected one to eight hexadecimal digits, found the end of the file
t.reg line 4: expected one to eight hexadecimal digits, found `123456789`
t.reg line 4: expected the end of the line, found `g`
t.reg line 4: expected `"text"`, `dword:`, `hex:`, `hex(…):` or `-`, found `hex`
t.reg line 4: expected the number of a type, as `hex(2)`, found `:1`
t.reg line 4: expected `):`, found `:1`
t.reg line 4: expected a byte of two hexadecimal digits, found `,2`
t.reg line 5: expected a byte of two hexadecimal digits, found `100`
t.reg line 4: expected the end of the line, found `2`
t.reg line 4: expected the end of the line, found `2`
t.reg line 4: expected the end of the line, found `1`
t.reg line 4: expected `=`, found the end of the line
t.reg line 4: expected `"name"=` or `@=`, found `Proxy="http://***@h"\u{7}`
"##);
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-c]{1,2}",
            "[a-zÀ-ž\\]\\[ ;=@\"€-]{1,8}",
            "[!-\\[\\]-~]{1,20}",
        ]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[ -~\r\n\té\u{1f600}\0]{0,30}".prop_map(Value::String),
            "\\PC{0,20}".prop_map(Value::String),
            "\\PC{0,20}".prop_map(Value::ExpandString),
            vec("\\PC{0,5}", 0..4).prop_map(Value::MultiString),
            (0u32..16, vec(any::<u8>(), 0..70))
                .prop_map(|(kind, data)| Value::from_data(kind, &data)),
            any::<u32>().prop_map(Value::Dword),
            any::<u32>().prop_map(Value::DwordBigEndian),
            any::<u64>().prop_map(Value::Qword),
            (any::<u32>(), vec(any::<u8>(), 0..9))
                .prop_map(|(kind, data)| Value::from_data(kind, &data)),
        ]
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let root = prop_oneof![
            Just(Root::LocalMachine),
            Just(Root::CurrentUser),
            Just(Root::ClassesRoot),
            Just(Root::CurrentConfig),
            Just(Root::Users),
            Just(Root::of(&crate::Identity::LocalSystem)),
        ];
        (root, vec(name(), 0..4)).prop_map(|(root, mut names)| {
            // `];` ends a key; nothing but that can't be written.
            names.iter_mut().for_each(|n| *n = n.replace(']', "]x"));
            Key::new(root, names.join("\\"))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            keys in vec((any_key(), vec(
                (prop_oneof![name(), Just(String::new())], any_value()),
                0..4,
            )), 0..6),
            utf16: bool,
        ) {
            let mut tree = Tree::new();
            for (key, values) in keys {
                tree.insert_key(&key);
                for (name, value) in values {
                    tree.insert_value(&key, name, value, None);
                }
            }
            let text = tree.to_reg();
            let bytes = match utf16 {
                true => ["\u{feff}", &text]
                    .concat()
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect(),
                false => text.clone().into_bytes(),
            };
            let file = match RegFile::parse(&bytes, "t.reg") {
                Ok(file) => file,
                Err(error) => panic!("{error}\n{text}"),
            };
            let read = Tree::from_reg_files([&file]);
            prop_assert_eq!(read.to_reg(), text);
            prop_assert!(read == tree);
        }

        #[test]
        fn garbage_does_no_harm(
            body in "(\\[|\\]|HKLM|HKU|\\\\|\"|a|=|@|hex|\\(|2|\\)|:|,|;|\n| |dword:|-|é){0,40}",
        ) {
            if let Ok(file) = parse(&body) {
                let tree = Tree::from_reg_files([&file]);
                let again = RegFile::parse(tree.to_reg().as_bytes(), "w");
                prop_assert!(again.is_ok(), "{}", tree.to_reg());
            }
        }
    }
}
