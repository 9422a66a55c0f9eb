//! Where in a registry: a root and a path.

use std::fmt;

use crate::client::Sid;

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

    /// The root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The path under the root.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "{}", self.root);
        }
        write!(f, "{}\\{}", self.root, self.path)
    }
}
