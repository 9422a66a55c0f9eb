//! Exported registries: `.reg` files, read and written.

mod parser;
mod write;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use self::parser::Parser;
pub(super) use self::write::write_value;
use super::{Found, Key, Place, Registry, Tree, Value};
use crate::error::{Error, ErrorKind};
use crate::machine::Fault;

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
///
/// `Debug` tells only the name and how many keys there are.
#[derive(Clone)]
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
        let name: Arc<str> = name.into();
        match Parser::new(&text).file() {
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

impl fmt::Debug for RegFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegFile({}, {} keys)", self.name, self.sections.len())
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

#[cfg(test)]
mod tests;
