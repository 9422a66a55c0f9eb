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
            Page::Text(_) => None,
        }));
    }
    for folder in ["scripts", "registry"] {
        for entry in std::fs::read_dir(data().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(used.contains(&name), "{folder}/{name} is not used");
        }
    }
}
