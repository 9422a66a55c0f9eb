//! Where in a registry: a root and a path.

use std::fmt;
use std::str::FromStr;

use super::tree::fold;
use crate::client::{Identity, Sid};
use crate::error::{Error, ErrorKind};

/// A root of a registry.
///
/// `HKEY_USERS\<SID>` is a root of its own, since every reader of user
/// settings starts there.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Root {
    /// `HKEY_CLASSES_ROOT`.
    ClassesRoot,
    /// `HKEY_CURRENT_CONFIG`.
    CurrentConfig,
    /// `HKEY_CURRENT_USER`, whoever that is.
    CurrentUser,
    /// `HKEY_LOCAL_MACHINE`.
    LocalMachine,
    /// `HKEY_USERS\<SID>`; `HKEY_USERS\.DEFAULT` is `S-1-5-18`.
    User(Sid),
    /// `HKEY_USERS` itself, and what stands under it that is no account:
    /// `S-1-5-21-…_Classes`, for one.
    Users,
}

impl Root {
    /// The root where the settings of `identity` stand.
    ///
    /// ```
    /// use whichproxy::Identity;
    /// use whichproxy::registry::Root;
    /// let root = Root::of(&Identity::LocalSystem);
    /// assert_eq!(root.to_string(), r"HKU\S-1-5-18");
    /// ```
    pub fn of(identity: &Identity) -> Root {
        identity.sid().map_or(Root::CurrentUser, Root::User)
    }

    /// The root's name as regedit writes it; that of an account without its
    /// security identifier.
    pub(super) fn long_name(&self) -> &'static str {
        match self {
            Root::ClassesRoot => "HKEY_CLASSES_ROOT",
            Root::CurrentConfig => "HKEY_CURRENT_CONFIG",
            Root::CurrentUser => "HKEY_CURRENT_USER",
            Root::LocalMachine => "HKEY_LOCAL_MACHINE",
            Root::User(_) | Root::Users => "HKEY_USERS",
        }
    }

    /// The root of this name, long or short.
    fn named(name: &str) -> Option<Root> {
        const NAMES: [(&str, &str, Root); 5] = [
            ("HKEY_CLASSES_ROOT", "HKCR", Root::ClassesRoot),
            ("HKEY_CURRENT_CONFIG", "HKCC", Root::CurrentConfig),
            ("HKEY_CURRENT_USER", "HKCU", Root::CurrentUser),
            ("HKEY_LOCAL_MACHINE", "HKLM", Root::LocalMachine),
            ("HKEY_USERS", "HKU", Root::Users),
        ];
        NAMES
            .into_iter()
            .find(|(long, short, _)| {
                name.eq_ignore_ascii_case(long)
                    || name.eq_ignore_ascii_case(short)
            })
            .map(|(_, _, root)| root)
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Root::ClassesRoot => f.write_str("HKCR"),
            Root::CurrentConfig => f.write_str("HKCC"),
            Root::CurrentUser => f.write_str("HKCU"),
            Root::LocalMachine => f.write_str("HKLM"),
            Root::User(sid) => write!(f, "HKU\\{sid}"),
            Root::Users => f.write_str("HKU"),
        }
    }
}

/// A registry key: a root, and a path of names joined by `\`.
///
/// Names are compared without case; a key keeps the case it was written in.
/// `Display` is the short form, `HKLM\SOFTWARE\…`.
#[derive(Clone, Debug)]
pub struct Key {
    root: Root,
    path: String,
}

impl Key {
    /// The key at `path` under `root`; the path has no leading `\`.
    pub fn new(root: Root, path: impl Into<String>) -> Key {
        Key { root, path: path.into() }
    }

    /// A key under `HKEY_LOCAL_MACHINE`.
    pub fn local_machine(path: impl Into<String>) -> Key {
        Key::new(Root::LocalMachine, path)
    }

    /// Reads a key as regedit writes it; the error is what was expected.
    pub(super) fn read(text: &str) -> Result<Key, &'static str> {
        let (root, path) = match text.split_once('\\') {
            Some((root, path)) => {
                (root, path.strip_suffix('\\').unwrap_or(path))
            }
            None => (text, ""),
        };
        let root = Root::named(root)
            .ok_or("a root such as `HKEY_LOCAL_MACHINE` or `HKLM`")?;
        if !path.is_empty() && path.split('\\').any(str::is_empty) {
            return Err("a path without empty names");
        }
        if root != Root::Users {
            return Ok(Key::new(root, path));
        }
        let (account, rest) = path.split_once('\\').unwrap_or((path, ""));
        let sid = if account.eq_ignore_ascii_case(".DEFAULT") {
            Identity::LocalSystem.sid()
        } else {
            account.parse().ok()
        };
        Ok(match sid {
            Some(sid) => Key::new(Root::User(sid), rest),
            None => Key::new(Root::Users, path),
        })
    }

    /// The key under this one, at `path`.
    pub(crate) fn join(&self, path: &str) -> Key {
        if self.path.is_empty() {
            return Key::new(self.root.clone(), path);
        }
        Key::new(self.root.clone(), format!("{}\\{path}", self.path))
    }

    /// The root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The path under the root.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Names are compared without case.
impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.root == other.root
            && (self.path == other.path
                || fold(&self.path) == fold(&other.path))
    }
}

impl Eq for Key {}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "{}", self.root);
        }
        write!(f, "{}\\{}", self.root, self.path)
    }
}

/// Reads both forms of a root's name, `HKLM` and `HKEY_LOCAL_MACHINE`.
///
/// ```
/// use whichproxy::registry::{Key, Root};
/// let key: Key = r"HKEY_USERS\.DEFAULT\Software".parse()?;
/// assert_eq!(key.to_string(), r"HKU\S-1-5-18\Software");
/// assert!(r"HKEY_NOWHERE\Software".parse::<Key>().is_err());
/// # Ok::<(), whichproxy::Error>(())
/// ```
impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Key, Error> {
        Key::read(text).map_err(|expected| {
            let found: String = text.chars().take(60).collect();
            Error::new(
                ErrorKind::Usage,
                format_args!(
                    "key `{}`: expected {expected}",
                    found.escape_debug()
                ),
            )
        })
    }
}
