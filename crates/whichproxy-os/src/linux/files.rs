//! Files of the system, of which no more is read than a real one has.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A log of leases may be longer; then its end counts.
const MOST: u64 = 256 << 10;

/// At most so many files of a folder are looked at.
const MOST_FILES: usize = 1024;

/// The bytes of a file; `None` where it can't be read, or is no file.
pub(super) fn bytes(path: &Path) -> Option<Vec<u8>> {
    // A pipe would be waited for.
    let length = fs::metadata(path).ok().filter(|m| m.is_file())?.len();
    let mut file = File::open(path).ok()?;
    if length > MOST {
        file.seek(SeekFrom::Start(length - MOST)).ok()?;
    }
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The text of a file, without the blanks around it.
pub(super) fn text(path: &Path) -> Option<String> {
    let bytes = bytes(path)?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The files of a folder whose names are wanted, the newest last.
pub(super) fn newest_last(
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .take(MOST_FILES)
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(&wanted))
        .map(|entry| {
            let changed = entry.metadata().and_then(|m| m.modified()).ok();
            (changed, entry.path())
        })
        .collect();
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}
