//! Real scripts, where they are at hand.

use std::path::PathBuf;

/// The real scripts that lie beside the repository, in order; `None`, and a
/// line that says so, where there are none.
///
/// They belong to their authors, and are not part of the repository. The
/// folder above theirs is that of the environment variable
/// `WHICHPROXY_SHARED`, if it is set.
pub fn real_scripts() -> Option<Vec<PathBuf>> {
    let folder = match std::env::var_os("WHICHPROXY_SHARED") {
        Some(shared) => PathBuf::from(shared).join("pacs"),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/pacs"),
    };
    let Ok(entries) = folder.read_dir() else {
        println!("skipped: there is no folder {}", folder.display());
        return None;
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "pac"))
        .collect();
    paths.sort();
    Some(paths)
}
