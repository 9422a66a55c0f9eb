//! Building libraries for use, and putting files where programs look for
//! them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::run::{cargo, program};

/// Builds packages for use.
pub(crate) fn release(root: &Path, packages: &[&str]) -> Result<(), String> {
    let mut build = cargo(root, &["build", "--locked", "--release"]);
    for package in packages {
        build.args(["--package", package]);
    }
    match build.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo: {status}")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// What cargo built, by its profile and name.
pub(crate) fn built(root: &Path, name: &str) -> Result<PathBuf, String> {
    program(root, name)
        .ok_or_else(|| "cargo does not tell its folder".to_owned())
}

/// What a file is made of.
pub(crate) enum Content<'a> {
    Copy(&'a Path),
    Link(&'a Path),
    Text(&'a str),
}

/// Puts a file into its place, in the place of any that is there; makes its
/// folder, where that is missing.
pub(crate) fn put(file: &Path, content: &Content<'_>) -> Result<(), String> {
    let put = || -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        // What runs with the one that was there, keeps it.
        if fs::symlink_metadata(file).is_ok() {
            fs::remove_file(file)?;
        }
        match content {
            Content::Copy(from) => fs::copy(from, file).map(drop),
            Content::Text(text) => fs::write(file, text),
            #[cfg(unix)]
            Content::Link(to) => std::os::unix::fs::symlink(to, file),
            #[cfg(not(unix))]
            Content::Link(_) => Ok(()),
        }
    };
    put().map_err(|error| format!("{}: {error}", file.display()))
}
