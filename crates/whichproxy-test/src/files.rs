//! Where the files of the data are read from.
//!
//! From the folder of the data; or, where there is no file system, from what
//! was handed in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::data;

static GIVEN: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Hands in a file of the data, by its path under [`data`]; once there is
/// one, no other files are looked for.
pub fn give(path: &str, bytes: Vec<u8>) {
    given().insert(data().join(path), bytes);
}

fn given() -> MutexGuard<'static, BTreeMap<PathBuf, Vec<u8>>> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes of a file.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let given = given();
    match given.is_empty() {
        true => fs::read(path),
        false => {
            given.get(path).cloned().ok_or(io::ErrorKind::NotFound.into())
        }
    }
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(bytes(path)?).map_err(io::Error::other)
}

/// Whether there is such a file.
pub(crate) fn exists(path: &Path) -> bool {
    let given = given();
    given.contains_key(path) || given.is_empty() && path.exists()
}

/// Every `.toml` under a folder, in any order.
pub(crate) fn tables(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_table =
        |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let given = given();
    if !given.is_empty() {
        let under = given.keys().filter(|path| path.starts_with(folder));
        return Ok(under.filter(|path| is_table(path)).cloned().collect());
    }
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let told = |error: io::Error| {
            let text = format!("{}: {error}", folder.display());
            io::Error::new(error.kind(), text)
        };
        for entry in fs::read_dir(&folder).map_err(told)? {
            let path = entry.map_err(told)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_table(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
