//! The live registry.

use std::io;

use whichproxy::machine::Fault;
use whichproxy::registry::{Found, Key, Registry, Root, Value};
use windows_sys::Win32::Foundation::ERROR_KEY_DELETED;
use windows_sys::Win32::System::Registry::{
    KEY_ENUMERATE_SUB_KEYS, KEY_NOTIFY, KEY_QUERY_VALUE,
    REG_NOTIFY_CHANGE_LAST_SET, REG_NOTIFY_CHANGE_NAME,
};

use super::api::{Event, Hive, OpenKey};

/// The registry of this computer, as 64-bit programs see it: what 32-bit
/// programs see stands under `WOW6432Node` there.
///
/// Of `HKEY_USERS` there is what is loaded: the accounts that are logged on,
/// and the system's own, `S-1-5-18`. To ask for another account's is a
/// fault, since not to know is not the same as to find nothing.
///
/// ```no_run
/// use whichproxy::registry::{Key, Registry};
/// use whichproxy_os::SystemRegistry;
/// let key = Key::local_machine(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
/// let build = SystemRegistry.value(&key, "CurrentBuild")?;
/// # Ok::<(), whichproxy::machine::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRegistry;

impl Registry for SystemRegistry {
    fn value(&self, key: &Key, name: &str) -> Result<Option<Found>, Fault> {
        let Some(open) = open(key, QUERY)? else { return Ok(None) };
        match open.value(name) {
            Ok((kind, data)) => {
                let value = Value::from_data(kind, &data);
                Ok(Some(Found { value, place: None }))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(Fault::new(format_args!(
                "{key}\\{name}: {error}{}",
                missing(&error, QUERY)
            ))),
        }
    }

    fn subkeys(&self, key: &Key) -> Result<Vec<String>, Fault> {
        let Some(open) = open(key, ENUMERATE)? else {
            return Ok(Vec::new());
        };
        match open.subkeys() {
            Err(error) if is_gone(&error) => Ok(Vec::new()),
            names => names.map_err(|error| fault(key, &error, ENUMERATE)),
        }
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// Whether nothing is there: or no longer, of a key that was deleted after it
/// was opened.
fn is_gone(error: &io::Error) -> bool {
    let deleted = i32::try_from(ERROR_KEY_DELETED).ok();
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == deleted
}

/// A right, and its name.
type Right = (u32, &'static str);

const QUERY: Right = (KEY_QUERY_VALUE, "KEY_QUERY_VALUE");
const ENUMERATE: Right = (KEY_ENUMERATE_SUB_KEYS, "KEY_ENUMERATE_SUB_KEYS");
const NOTIFY: Right = (KEY_NOTIFY, "KEY_NOTIFY");

/// A key that is open to be listened to.
#[derive(Debug)]
pub(crate) struct Watched {
    key: Key,
    open: OpenKey,
    /// What is listened to: keys that come and go under it, and perhaps its
    /// values.
    filter: u32,
}

impl Watched {
    /// Sets `event` when it changes next, or is closed; false where it is no
    /// longer there.
    pub(crate) fn listen(&self, event: &Event) -> Result<bool, Fault> {
        match self.open.notify(self.filter, event) {
            Ok(()) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(fault(&self.key, &error, NOTIFY)),
        }
    }
}

/// The same key, listened to for the same.
impl PartialEq for Watched {
    fn eq(&self, other: &Watched) -> bool {
        (&self.key, self.filter) == (&other.key, other.filter)
    }
}

/// What has to be listened to, to hear when values of these keys change:
/// each of them that exists, and the next key above it that does, since keys
/// come and go.
pub(crate) fn watched(keys: &[Key]) -> Result<Vec<Watched>, Fault> {
    let mut all: Vec<Watched> = Vec::new();
    let mut add = |key: &Key, filter| -> Result<bool, Fault> {
        if let Some(known) = all.iter_mut().find(|known| known.key == *key) {
            known.filter |= filter;
            return Ok(true);
        }
        let open = open(key, NOTIFY)?;
        let exists = open.is_some();
        let key = key.clone();
        all.extend(open.map(|open| Watched { key, open, filter }));
        Ok(exists)
    };
    for key in keys {
        add(key, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET)?;
        let mut above = parent(key);
        while let Some(key) = above {
            if add(&key, REG_NOTIFY_CHANGE_NAME)? {
                break;
            }
            above = parent(&key);
        }
    }
    Ok(all)
}

/// The key above; `None` above a root.
fn parent(key: &Key) -> Option<Key> {
    let path = key.path();
    let above = match path.rsplit_once('\\') {
        Some((above, _)) => above,
        None if path.is_empty() => return None,
        None => "",
    };
    Some(Key::new(key.root().clone(), above))
}

/// The key, where it is there.
///
/// `HKU\S-1-5-18` is `HKU\.DEFAULT`, and where there is only one of the
/// names, it is that one.
///
/// Source: HKU-DEFAULT, documented.
fn open(key: &Key, right: Right) -> Result<Option<OpenKey>, Fault> {
    let hive = match key.root() {
        Root::ClassesRoot => Hive::ClassesRoot,
        Root::CurrentConfig => Hive::CurrentConfig,
        Root::CurrentUser => Hive::CurrentUser,
        Root::LocalMachine => Hive::LocalMachine,
        Root::Users => Hive::Users,
        Root::User(sid) => {
            let sid = sid.to_string();
            if let Some(open) = under(key, &sid, right)? {
                return Ok(Some(open));
            }
            let system = sid == "S-1-5-18";
            if system && let Some(open) = under(key, ".DEFAULT", right)? {
                return Ok(Some(open));
            }
            let account = Key::new(Root::Users, "");
            if !system && under(&account, &sid, QUERY)?.is_none() {
                return Err(Fault::new(format_args!(
                    "HKU\\{sid}: it is not loaded: the account is not \
                     logged on, or does not exist"
                )));
            }
            return Ok(None);
        }
        _ => return Ok(None),
    };
    found(OpenKey::open(hive, key.path(), right.0), key, right)
}

/// The key in the hive of an account.
fn under(
    key: &Key,
    account: &str,
    right: Right,
) -> Result<Option<OpenKey>, Fault> {
    let path = match key.path() {
        "" => account.to_owned(),
        path => format!("{account}\\{path}"),
    };
    found(OpenKey::open(Hive::Users, &path, right.0), key, right)
}

fn found(
    opened: io::Result<OpenKey>,
    key: &Key,
    right: Right,
) -> Result<Option<OpenKey>, Fault> {
    match opened {
        Ok(open) => Ok(Some(open)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(fault(key, &error, right)),
    }
}

fn fault(key: &Key, error: &io::Error, right: Right) -> Fault {
    Fault::new(format_args!("{key}: {error}{}", missing(error, right)))
}

/// The right that is missing, where one is.
fn missing(error: &io::Error, right: Right) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("; this takes the right {}", right.1)
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use whichproxy::registry::{RegFile, Tree};

    use super::*;

    /// Every type, in both views, of both users, with odd names.
    const EXPORT: &str = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\whichproxy test]
@="default"
"text"="a \"b\" \\ ü€"
"empty"=""
"number"=dword:0000001a
"long"=hex(b):01,02,03,04,05,06,07,08
"bytes"=hex:46,00,00,00,ff
"none"=hex(0):01
"expand"=hex(2):25,00,50,00,25,00,00,00
"list"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00

[HKEY_LOCAL_MACHINE\SOFTWARE\whichproxy test\One]

[HKEY_LOCAL_MACHINE\SOFTWARE\whichproxy test\Two]
"x"="y"

[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\whichproxy test]
"text"="of 32-bit programs"

[HKEY_CURRENT_USER\Software\whichproxy test]
"text"="of the user"

[HKEY_USERS\.DEFAULT\Software\whichproxy test]
"text"="of the system"
"#;

    const NAMES: [&str; 10] = [
        "",
        "text",
        "empty",
        "NUMBER",
        "long",
        "bytes",
        "none",
        "expand",
        "list",
        "not there",
    ];

    /// What regedit writes is read as the file is. Nobody's own registry is
    /// written to.
    #[test]
    fn live_is_as_exported() {
        if std::env::var_os("WINEPREFIX").is_none() {
            println!("skipped: writes to the registry of Wine alone");
            return;
        }
        let mut bytes = vec![0xff, 0xfe];
        let text = EXPORT.replace('\n', "\r\n");
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let name = format!("whichproxy-{}.reg", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, &bytes).unwrap();
        let done = Command::new("regedit").arg("/S").arg(&path).status();
        fs::remove_file(&path).unwrap();
        assert!(done.unwrap().success());

        let file = RegFile::parse(&bytes, "test.reg").unwrap();
        let tree = Tree::from_reg_files([&file]);
        let system = "S-1-5-18".parse().unwrap();
        let keys = [
            Key::local_machine(r"SOFTWARE\whichproxy test"),
            Key::local_machine(r"software\WHICHPROXY test\two"),
            Key::local_machine(r"SOFTWARE\whichproxy test\three"),
            Key::local_machine(r"SOFTWARE\WOW6432Node\whichproxy test"),
            Key::new(Root::CurrentUser, r"Software\whichproxy test"),
            Key::new(Root::User(system), r"Software\whichproxy test"),
        ];
        let mut seen = 0;
        for key in &keys {
            for name in NAMES {
                let value = |found: Option<Found>| found.map(|it| it.value);
                let live = value(SystemRegistry.value(key, name).unwrap());
                let read = value(tree.value(key, name).unwrap());
                assert_eq!(live, read, "{key} {name}");
                seen += usize::from(live.is_some());
            }
            let mut live = SystemRegistry.subkeys(key).unwrap();
            let mut read = tree.subkeys(key).unwrap();
            live.sort();
            read.sort();
            assert_eq!(live, read, "{key}");
        }
        // A root stays open, however often it is.
        let root = Key::new(Root::CurrentUser, "");
        for _ in 0..3 {
            let names = SystemRegistry.subkeys(&root).unwrap();
            assert!(names.contains(&"Software".to_owned()), "{names:?}");
        }
        // What goes while it is open, is not there.
        let gone = r"SOFTWARE\whichproxy test\Two";
        let gone = Key::local_machine(gone);
        let held = open(&gone, QUERY).unwrap().unwrap();
        let name = r"HKLM\SOFTWARE\whichproxy test\Two";
        let deleted =
            Command::new("reg").args(["delete", name, "/f"]).output();
        assert!(deleted.unwrap().status.success());
        assert!(is_gone(&held.value("x").unwrap_err()));
        assert_eq!(seen, 12);

        // And the other way: what regedit makes of it.
        let name = format!("whichproxy-{} €.reg", std::process::id());
        let path = std::env::temp_dir().join(name);
        let exported = r"HKEY_LOCAL_MACHINE\SOFTWARE\whichproxy test";
        let mut command = Command::new("regedit");
        command.arg("/E").arg(&path).arg(exported);
        assert!(command.status().unwrap().success());
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(bytes.starts_with(&[0xff, 0xfe]), "{bytes:?}");
        let file = RegFile::parse(&bytes, "test.reg").unwrap();
        for name in NAMES {
            let key = &keys[0];
            let written = tree.value(key, name).unwrap().map(|it| it.value);
            let read = file.value(key, name).unwrap().map(|it| it.value);
            assert_eq!(read, written, "{name}");
        }
        for line in text.lines().filter(|line| line.starts_with("[HKEY")) {
            let key = line.trim_matches(['[', ']']);
            let _ = Command::new("reg").args(["delete", key, "/f"]).output();
        }
    }

    #[test]
    fn an_account_that_is_not_loaded_is_a_fault() {
        let sid = "S-1-5-21-1-2-3-4".parse().unwrap();
        let key = Key::new(Root::User(sid), "Software");
        let fault = SystemRegistry.value(&key, "x").unwrap_err().to_string();
        assert!(fault.starts_with(r"HKU\S-1-5-21-1-2-3-4: "), "{fault}");
        assert!(SystemRegistry.subkeys(&key).is_err());
    }

    #[test]
    fn what_is_denied_names_the_key_and_the_right() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let key = Key::local_machine("SAM");
        let told = fault(&key, &denied, ENUMERATE).to_string();
        assert!(told.starts_with("HKLM\\SAM: "), "{told}");
        let end = "; this takes the right KEY_ENUMERATE_SUB_KEYS";
        assert!(told.ends_with(end), "{told}");
    }
}
