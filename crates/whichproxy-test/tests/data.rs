//! The data as a whole.

use std::collections::BTreeSet;

use whichproxy_test::{Kind, Page, data, known_failures, load};

#[test]
fn every_kind_has_cases() {
    let cases = load(&data()).unwrap_or_else(|error| panic!("{error}"));
    for (kind, least) in [
        (Kind::Bypass, 100),
        (Kind::Pac, 250),
        (Kind::Proxies, 30),
        (Kind::Resolve, 250),
        (Kind::Settings, 60),
    ] {
        let count = cases.iter().filter(|case| case.kind() == kind).count();
        assert!(count >= least, "{kind:?} has {count} cases");
    }
}

#[test]
fn known_failures_have_reasons() {
    for known in known_failures(&data()).unwrap() {
        assert!(known.reason.len() > 20, "`{}`: why?", known.test);
    }
}

/// Every script and every registry export is used by a case.
#[test]
fn no_file_is_left_over() {
    let mut used = BTreeSet::new();
    for case in load(&data()).unwrap() {
        used.extend(case.script_file.clone());
        used.extend(case.registries().into_iter().map(|(name, _)| name));
        used.extend(case.pages.values().filter_map(|page| match page {
            Page::File { file, .. } => Some(file.clone()),
            Page::Text(_) | Page::Served { .. } => None,
        }));
    }
    for folder in ["scripts", "registry"] {
        for entry in std::fs::read_dir(data().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(used.contains(&name), "{folder}/{name} is not used");
        }
    }
}

/// Every key that the code names as a source has a line in `SOURCES.md`.
#[test]
fn every_source_of_the_code_is_listed() {
    let crates = data().ancestors().nth(2).unwrap().to_path_buf();
    let sources = crates.join("whichproxy/docs/SOURCES.md");
    let sources = std::fs::read_to_string(sources).unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        rust_files(&entry.unwrap().path().join("src"), &mut files);
    }
    let mut seen = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().enumerate();
        for (number, line) in lines.filter(|(_, l)| names_source(l)) {
            for key in keys(line) {
                seen += 1;
                assert!(
                    sources.contains(&format!("| `{key}` |")),
                    "{}:{}: `{key}` is not in SOURCES.md",
                    file.display(),
                    number + 1
                );
            }
        }
    }
    assert!(seen > 100, "only {seen} keys were found");
}

#[allow(clippy::unwrap_used)] // clippy takes it for no test
fn rust_files(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn names_source(line: &str) -> bool {
    line.contains("Source: ")
        || line.contains("source: \"")
        || ["documented", "measured", "community", "inferred"]
            .iter()
            .any(|grade| line.contains(&format!(", {grade}")))
}

/// Words of capitals and digits, joined by `-`: `MDE-PROXY`.
fn keys(line: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    line.split(move |c| !part(c)).filter(|word| {
        word.contains('-')
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.ends_with(|c: char| c.is_ascii_alphanumeric())
            && !word.contains(|c: char| c.is_ascii_lowercase())
            && !word.starts_with("UTF-")
            && !word.starts_with("ISO-")
    })
}
