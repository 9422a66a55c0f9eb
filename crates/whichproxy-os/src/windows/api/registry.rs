//! Keys of the live registry.

use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::{
    ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS,
};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_CLASSES_ROOT, HKEY_CURRENT_CONFIG, HKEY_CURRENT_USER,
    HKEY_LOCAL_MACHINE, HKEY_USERS, KEY_WOW64_64KEY, RegCloseKey,
    RegEnumKeyExW, RegNotifyChangeKeyValue, RegOpenKeyExW, RegQueryValueExW,
};

use super::{Event, length, wide};

/// No value that anybody wants is larger, and no name of a key longer
/// (Windows allows 255 characters). No key has more keys of that kind.
const LARGEST: usize = 4 << 20;
const LONGEST: usize = 256;
const MOST_KEYS: u32 = 1 << 16;

/// A root that Windows has open.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Hive {
    ClassesRoot,
    CurrentConfig,
    CurrentUser,
    LocalMachine,
    Users,
}

/// A key that is open, until it is dropped.
#[derive(Debug)]
pub(in super::super) struct OpenKey {
    key: HKEY,
    /// Whether it is one of the roots, which stay open.
    root: bool,
}

impl OpenKey {
    /// Opens a key with these rights, as 64-bit programs see it.
    pub(in super::super) fn open(
        hive: Hive,
        path: &str,
        rights: u32,
    ) -> io::Result<OpenKey> {
        let root = match hive {
            Hive::ClassesRoot => HKEY_CLASSES_ROOT,
            Hive::CurrentConfig => HKEY_CURRENT_CONFIG,
            Hive::CurrentUser => HKEY_CURRENT_USER,
            Hive::LocalMachine => HKEY_LOCAL_MACHINE,
            Hive::Users => HKEY_USERS,
        };
        let path = wide(path);
        let mut key = ptr::null_mut();
        let rights = rights | KEY_WOW64_64KEY;
        // SAFETY: `root` is always open, `path` ends in zero, and `key` is
        // written where it succeeds.
        let code = unsafe {
            RegOpenKeyExW(root, path.as_ptr(), 0, rights, &raw mut key)
        };
        // Source: RegOpenKeyExW gives back what it was given where there is
        // no path; documented.
        done(code).map(|()| OpenKey { key, root: key == root })
    }

    /// The type and the bytes of a value.
    pub(in super::super) fn value(
        &self,
        name: &str,
    ) -> io::Result<(u32, Vec<u8>)> {
        let name = wide(name);
        let mut buffer = vec![0_u8; 1024];
        loop {
            let (mut kind, mut size) = (0, length(buffer.len()));
            // SAFETY: the key is open, `name` ends in zero, and at most
            // `size` bytes are written to `buffer`, which has as many.
            let code = unsafe {
                RegQueryValueExW(
                    self.key,
                    name.as_ptr(),
                    ptr::null(),
                    &raw mut kind,
                    buffer.as_mut_ptr(),
                    &raw mut size,
                )
            };
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if code == ERROR_MORE_DATA && buffer.len() < LARGEST {
                // It may grow meanwhile.
                let size = size.max(buffer.len() * 2).min(LARGEST);
                buffer = vec![0; size];
                continue;
            }
            done(code)?;
            buffer.truncate(size);
            return Ok((kind, buffer));
        }
    }

    /// The names of the keys under this one.
    pub(in super::super) fn subkeys(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut buffer = [0_u16; LONGEST];
        for index in 0..MOST_KEYS {
            let mut size = length(buffer.len());
            // SAFETY: the key is open, and at most `size` units are written
            // to `buffer`, which has as many. The rest may be null.
            let code = unsafe {
                RegEnumKeyExW(
                    self.key,
                    index,
                    buffer.as_mut_ptr(),
                    &raw mut size,
                    ptr::null(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                )
            };
            if code == ERROR_NO_MORE_ITEMS {
                break;
            }
            done(code)?;
            let size = usize::try_from(size).unwrap_or(0).min(buffer.len());
            let name = buffer.get(..size).unwrap_or_default();
            names.push(String::from_utf16_lossy(name));
        }
        Ok(names)
    }

    /// Sets `event` when what `filter` says changes next of this key, or it
    /// is closed, or this thread ends.
    ///
    /// Source: REG-NOTIFY, documented.
    pub(in super::super) fn notify(
        &self,
        filter: u32,
        event: &Event,
    ) -> io::Result<()> {
        // SAFETY: the key is open, and so is the event, which Windows holds
        // on to by itself from now on.
        let code = unsafe {
            RegNotifyChangeKeyValue(self.key, 0, filter, event.handle(), 1)
        };
        done(code)
    }
}

// SAFETY: a key is no thread's own.
unsafe impl Send for OpenKey {}

impl Drop for OpenKey {
    fn drop(&mut self) {
        if !self.root {
            // SAFETY: it is open, and nobody else has it.
            unsafe { RegCloseKey(self.key) };
        }
    }
}

fn done(code: u32) -> io::Result<()> {
    match code {
        ERROR_SUCCESS => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.cast_signed())),
    }
}
