//! A registry in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::{fmt, ops};

use super::{Found, Key, Place, RegFile, Registry, Root, Value};
use crate::machine::Fault;

/// A registry in memory.
///
/// Names are compared without case, and kept as they were first written.
/// `HKEY_USERS\.DEFAULT` is `HKEY_USERS\S-1-5-18`; every other root stands
/// for itself, so `HKEY_CURRENT_USER` is nobody's under `HKEY_USERS`.
///
/// Two trees are equal when they hold the same keys and values; where those
/// came from does not count. `Debug` tells only how many there are.
///
/// ```
/// use whichproxy::registry::{Key, Registry, Tree, Value};
/// let key = Key::local_machine(r"SOFTWARE\Contoso");
/// let tree = Tree::new().with(&key, "Answer", Value::Dword(42));
/// let found = tree.value(&Key::local_machine(r"software\CONTOSO"), "answer");
/// assert_eq!(found.unwrap().unwrap().value, Value::Dword(42));
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Tree {
    /// By path in upper case, root included. A key's ancestors need not be
    /// here: they exist because it does.
    keys: BTreeMap<String, Node>,
}

#[derive(Clone, Default, Eq, PartialEq)]
struct Node {
    /// The path as it was written, root included.
    path: String,
    /// By name in upper case.
    values: BTreeMap<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    name: String,
    value: Value,
    place: Option<Place>,
}

impl Eq for Entry {}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Tree {
    /// A registry without keys.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// The registry that these files make, applied in order.
    ///
    /// ```
    /// use whichproxy::registry::{RegFile, Tree};
    /// let header = "Windows Registry Editor Version 5.00\n\n";
    /// let base = format!("{header}[HKLM\\SOFTWARE\\Contoso]\n\"a\"=\"1\"\n");
    /// let base = RegFile::parse(base.as_bytes(), "base.reg")?;
    /// let delta = format!("{header}[-HKLM\\SOFTWARE\\Contoso]\n");
    /// let delta = RegFile::parse(delta.as_bytes(), "delta.reg")?;
    /// assert!(!Tree::from_reg_files([&base]).is_empty());
    /// assert!(Tree::from_reg_files([&base, &delta]).is_empty());
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn from_reg_files<'a>(
        files: impl IntoIterator<Item = &'a RegFile>,
    ) -> Tree {
        let mut tree = Tree::new();
        files.into_iter().for_each(|file| file.apply(&mut tree));
        tree
    }

    /// The same registry with one more value, in place of any other of its
    /// name.
    pub fn with(
        mut self,
        key: &Key,
        name: impl Into<String>,
        value: Value,
    ) -> Tree {
        self.insert_value(key, name, value, None);
        self
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a key, where it is missing.
    pub fn insert_key(&mut self, key: &Key) {
        self.values_of(key);
    }

    /// Sets a value, and where it stands; adds its key, where that is
    /// missing.
    pub fn insert_value(
        &mut self,
        key: &Key,
        name: impl Into<String>,
        value: Value,
        place: Option<Place>,
    ) {
        self.values_of(key).insert(name.into(), value, place);
    }

    /// Removes a key, with its values and all keys under it; says whether
    /// there was anything to remove.
    pub fn remove_key(&mut self, key: &Key) -> bool {
        let (path, _) = paths(key);
        let mut found = self.keys.remove(&path).is_some();
        let under = self.keys.extract_if(below(&path), |_, _| true);
        found |= under.count() > 0;
        found
    }

    /// Removes a value, and tells it, where it was there.
    pub fn remove_value(&mut self, key: &Key, name: &str) -> Option<Value> {
        let node = self.keys.get_mut(&paths(key).0)?;
        node.values.remove(&fold(name)).map(|entry| entry.value)
    }

    /// The keys that have values or were added themselves, as regedit writes
    /// them (`HKEY_LOCAL_MACHINE\SOFTWARE\…`), in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.values().map(|node| node.path.as_str())
    }

    /// The registry as the text of a `.reg` file, Version 5.00.
    ///
    /// [`RegFile::parse`] reads it back, except for names of keys that the
    /// format can't hold: those with a line break or `];` in them, and empty
    /// ones.
    ///
    /// ```
    /// use whichproxy::registry::{Key, Tree, Value};
    /// let key = Key::local_machine(r"SOFTWARE\Contoso");
    /// let tree = Tree::new().with(&key, "Answer", Value::Dword(42));
    /// assert_eq!(tree.to_reg(), "\
    /// Windows Registry Editor Version 5.00\r\n\r\n\
    /// [HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso]\r\n\
    /// \"Answer\"=dword:0000002a\r\n\r\n");
    /// ```
    pub fn to_reg(&self) -> String {
        let mut text = String::from(super::reg::VERSION_5);
        text.push_str("\r\n\r\n");
        for node in self.keys.values() {
            // Writing to a String can't fail.
            let _ = write!(text, "[{}]\r\n", node.path);
            for entry in node.values.values() {
                super::reg::write_value(&mut text, &entry.name, &entry.value);
            }
            text.push_str("\r\n");
        }
        text
    }

    /// All values.
    #[cfg(feature = "recording")]
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        let nodes = self.keys.values();
        nodes.flat_map(|node| node.values.values().map(|entry| &entry.value))
    }

    /// The registry with other values, which stand nowhere.
    #[cfg(feature = "recording")]
    pub(crate) fn map(&self, other: impl Fn(&Value) -> Value) -> Tree {
        let mut tree = self.clone();
        for node in tree.keys.values_mut() {
            for entry in node.values.values_mut() {
                entry.value = other(&entry.value);
                entry.place = None;
            }
        }
        tree
    }

    /// The values of a key, which is added where it is missing.
    pub(super) fn values_of(&mut self, key: &Key) -> Values<'_> {
        let (path, written) = paths(key);
        let node = self.keys.entry(path).or_insert_with(|| Node {
            path: written,
            values: BTreeMap::new(),
        });
        Values(&mut node.values)
    }
}

/// The values of one key, to be changed.
pub(super) struct Values<'a>(&'a mut BTreeMap<String, Entry>);

impl Values<'_> {
    pub(super) fn insert(
        &mut self,
        name: String,
        value: Value,
        place: Option<Place>,
    ) {
        let folded = fold(&name);
        match self.0.get_mut(&folded) {
            Some(entry) => {
                entry.value = value;
                entry.place = place;
            }
            None => {
                self.0.insert(folded, Entry { name, value, place });
            }
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(&fold(name));
    }
}

/// A key's path with its root: to look it up, and as it was written.
fn paths(key: &Key) -> (String, String) {
    let mut written = String::from(key.root().long_name());
    let mut path = key.path().trim_matches('\\');
    match key.root() {
        Root::User(sid) => {
            written.push('\\');
            written.push_str(sid.as_str());
        }
        Root::Users => {
            let (account, rest) = path.split_once('\\').unwrap_or((path, ""));
            if account.eq_ignore_ascii_case(".DEFAULT") {
                written.push_str("\\S-1-5-18");
                path = rest;
            }
        }
        _ => {}
    }
    if !path.is_empty() {
        written.push('\\');
        written.push_str(path);
    }
    (fold(&written), written)
}

/// A name in upper case, one character for one, so that names that differ in
/// case only become the same.
///
/// Windows folds with a table of its own; the differences concern letters
/// that no setting has.
pub(super) fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_uppercase();
    }
    let upper = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) => upper,
            _ => c,
        }
    };
    name.chars().map(upper).collect()
}

/// What stands under a folded path: everything that begins with it and `\`,
/// after which `]` comes next in the alphabet.
fn below(path: &str) -> ops::Range<String> {
    format!("{path}\\")..format!("{path}]")
}

impl Registry for Tree {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        let entry = self
            .keys
            .get(&paths(key).0)
            .and_then(|node| node.values.get(&fold(name)));
        Ok(entry.map(|entry| Found {
            value: entry.value.clone(),
            place: entry.place.clone(),
        }))
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        let (path, _) = paths(key);
        let mut names = Vec::new();
        let mut seen = BTreeSet::new();
        let ops::Range { mut start, end } = below(&path);
        let prefix = start.len();
        // One step for each child: whatever is deeper is skipped.
        while let Some((folded, node)) =
            self.keys.range(start.clone()..end.clone()).next()
        {
            let child = first_name(folded, prefix);
            if seen.insert(child.to_owned()) {
                // Folding keeps the number of `\`, not that of bytes.
                let depth = path.matches('\\').count() + 1;
                let written = node.path.split('\\').nth(depth);
                names.push(written.unwrap_or(child).to_owned());
            }
            start = if folded.len() == prefix + child.len() {
                format!("{folded}\0")
            } else {
                below(&folded[..prefix + child.len()]).end
            };
        }
        Ok(names)
    }
}

fn first_name(path: &str, from: usize) -> &str {
    let rest = path.get(from..).unwrap_or_default();
    rest.split_once('\\').map_or(rest, |(name, _)| name)
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: usize =
            self.keys.values().map(|node| node.values.len()).sum();
        write!(f, "Tree({} keys, {values} values)", self.keys.len())
    }
}

/// A tree can be shared by several machines.
impl Registry for Arc<Tree> {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        (**self).value(key, name)
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        (**self).subkeys(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn names_have_no_case_and_keep_it() {
        let tree = Tree::new()
            .with(&key(r"HKLM\Straße\Ünïcode"), "Näme", Value::Dword(1))
            .with(&key(r"HKLM\STRAßE\ÜNÏCODE"), "NÄME", Value::Dword(2));
        let found = tree.value(&key(r"HKLM\straße\üNÏcode\"), "näME").unwrap();
        assert_eq!(found.unwrap().value, Value::Dword(2));
        assert_eq!(tree.keys().count(), 1);
        assert_eq!(tree.subkeys(&key("HKLM")).unwrap(), ["Straße"]);
        assert!(tree.to_reg().contains("\"Näme\"=dword:00000002"));
        // Upper case has more letters: no simple upper case at all.
        let other = tree.value(&key(r"HKLM\STRASSE\Ünïcode"), "Näme");
        assert_eq!(other.unwrap(), None);
    }

    #[test]
    fn the_default_user_is_local_system() {
        let default = Key::new(Root::Users, r".Default\Software");
        let tree = Tree::new().with(&default, "", Value::Dword(1));
        for same in [
            Key::new(Root::of(&crate::Identity::LocalSystem), "software"),
            Key::new(Root::Users, r"s-1-5-18\SOFTWARE"),
            key(r"HKU\.DEFAULT\Software"),
        ] {
            assert!(tree.value(&same, "").unwrap().is_some(), "{same}");
        }
        let users = Key::new(Root::Users, "");
        assert_eq!(tree.subkeys(&users).unwrap(), ["S-1-5-18"]);
        let current = Key::new(Root::CurrentUser, "Software");
        assert_eq!(tree.value(&current, "").unwrap(), None);
    }

    #[test]
    fn subkeys_are_the_direct_ones() {
        let mut tree = Tree::new();
        for path in [
            r"HKLM\A\b\c\d",
            r"HKLM\A\b",
            r"HKLM\A\B c\d",
            r"HKLM\A\b\C2",
            r"HKLM\A\z",
            r"HKLM\A]\no",
            r"HKLM\A",
            r"HKLM\A b\no",
            r"HKCU\A\other",
        ] {
            tree.insert_key(&key(path));
        }
        let names = tree.subkeys(&key(r"hklm\a")).unwrap();
        assert_eq!(names, ["b", "B c", "z"]);
        let names = tree.subkeys(&key(r"hklm\a\B")).unwrap();
        assert_eq!(names, ["C2", "c"]);
        assert_eq!(tree.subkeys(&key("HKLM")).unwrap(), ["A", "A b", "A]"]);
        assert!(tree.subkeys(&key(r"HKLM\nowhere")).unwrap().is_empty());
    }

    #[test]
    fn removing() {
        let mut tree = Tree::new();
        for path in [r"HKLM\A", r"HKLM\A\b\c", r"HKLM\A b", r"HKLM\A]"] {
            tree.insert_value(&key(path), "x", Value::Dword(1), None);
        }
        assert_eq!(tree.remove_value(&key(r"HKLM\A\b"), "x"), None);
        let removed = tree.remove_value(&key(r"hklm\a\B\C"), "X");
        assert_eq!(removed, Some(Value::Dword(1)));
        assert!(tree.remove_key(&key(r"HKLM\a")));
        assert!(!tree.remove_key(&key(r"HKLM\A")));
        let left: Vec<_> = tree.keys().collect();
        assert_eq!(
            left,
            [r"HKEY_LOCAL_MACHINE\A b", r"HKEY_LOCAL_MACHINE\A]"]
        );
    }

    #[test]
    fn debug_is_short() {
        let tree = Tree::new().with(
            &key("HKLM"),
            "p",
            Value::String("u:secret@h".into()),
        );
        assert_eq!(format!("{tree:?}"), "Tree(1 keys, 1 values)");
    }
}
