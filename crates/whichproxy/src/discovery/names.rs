//! The names under which WPAD looks for its server.

use url::Url;

use crate::machine::{Interface, Suffixes};
use crate::settings::NameSettings;

/// At most so many names are asked; a real machine has a handful.
const MOST: usize = 64;

/// The longest suffix that leaves room for `wpad.` in a name.
const LONGEST: usize = 248;

/// A name, and where a script would be under it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Name {
    /// Without a final dot, in lower case and ASCII.
    pub(super) name: String,
    /// What comes of it.
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// It is asked, and a script would be here.
    Asked(Url),
    /// It is not asked.
    Refused(String),
}

/// `wpad` under the primary suffix, the connections' suffixes and the
/// search list; then under the shortened primary suffix. The bare name and
/// public suffixes come up too, and are not asked.
///
/// Source: WPAD-NAMES, community: a test project saw these on Windows; the
/// official list and order are not documented. Shortening stops at two
/// labels, or at the configured level, and does not happen at all where a
/// global search list is set (DNS-DEVOLUTION, documented). The algorithm
/// that finds the forest's root is not documented and not reproduced.
pub(super) fn names(
    settings: &NameSettings,
    interfaces: &[Interface],
    system: &Suffixes,
) -> Vec<Name> {
    // What the system uses comes before what its registry says it should.
    let configured = settings.primary_suffix.value();
    let primary = system.primary.as_ref().or(configured);
    let search = match settings.search_list.value() {
        Some(configured) if system.search.is_empty() => configured,
        _ => &system.search,
    };
    let connections =
        interfaces.iter().filter_map(|interface| interface.suffix.as_ref());

    let mut names = Vec::new();
    for suffix in primary.into_iter().chain(connections).chain(search) {
        push(&mut names, suffix);
    }
    let devolves = settings.use_devolution.value().copied().unwrap_or(true);
    if devolves && search.is_empty() {
        let level = settings.devolution_level.value().copied().unwrap_or(2);
        for suffix in primary.into_iter().flat_map(|suffix| shorter(suffix)) {
            if suffix.split('.').count() >= level.max(2) as usize {
                push(&mut names, suffix);
            }
        }
    }
    if names.len() < MOST {
        // DIFFERENCE: Windows was seen to ask for the bare name, too
        // (WPAD-NAMES, community). Its DNS client makes of it the names
        // above; what is left is multicast, where whoever is near answers.
        let refused = "not asked: the bare name goes to whoever is near";
        names.push(Name {
            name: "wpad".to_owned(),
            kind: Kind::Refused(refused.to_owned()),
        });
    }
    names
}

/// `a.b.c` → `b.c`, `c`.
fn shorter(suffix: &str) -> impl Iterator<Item = &str> {
    let suffix = suffix.trim_matches('.');
    suffix.match_indices('.').filter_map(move |(i, _)| suffix.get(i + 1..))
}

fn push(names: &mut Vec<Name>, suffix: &str) {
    let suffix = suffix.trim().trim_matches('.');
    let plausible = !suffix.is_empty()
        && suffix.len() <= LONGEST
        && !suffix.contains(|c: char| {
            !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        });
    if !plausible || names.len() >= MOST {
        return;
    }
    // In lower case, and in ASCII where it is not; and what ends like an
    // address is no name.
    // Source: WPAD-NAMES (`http://wpad.<suffix>/wpad.dat`), community.
    let Ok(url) = Url::parse(&format!("http://wpad.{suffix}/wpad.dat")) else {
        return;
    };
    let Some(url::Host::Domain(name)) = url.host() else { return };
    let name = name.trim_end_matches('.').to_owned();
    if names.iter().any(|known| known.name == name) {
        return;
    }
    let kind = match name.strip_prefix("wpad.") {
        // `kobe.jp` is none, but all names under it are.
        Some(suffix) if !is_public(suffix) && !is_public(&name) => {
            Kind::Asked(url)
        }
        Some(suffix) => Kind::Refused(format!(
            "not asked: `{suffix}` is a public suffix, where anybody may be \
             called wpad"
        )),
        None => return,
    };
    names.push(Name { name, kind });
}

/// Whether `name` belongs to nobody, and what is under it to strangers: it
/// is a public suffix, or stands above one. What ends in no known top-level domain, such as
/// `corp.local`, belongs to the network from its second label on.
///
/// Source: PUBLIC-SUFFIX-LIST, community.
fn is_public(name: &str) -> bool {
    psl::Psl::domain(&psl::List, name.as_bytes()).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        primary: &str,
        search: &[&str],
        connection: Option<&str>,
    ) -> Vec<String> {
        let suffixes = Suffixes {
            primary: Some(primary.to_owned()),
            search: search.iter().map(ToString::to_string).collect(),
        };
        let interface = Interface {
            suffix: connection.map(ToOwned::to_owned),
            ..Interface::default()
        };
        let found = names(&NameSettings::default(), &[interface], &suffixes);
        let shown = found.into_iter().map(|name| match name.kind {
            Kind::Asked(url) => {
                let expected = format!("http://{}/wpad.dat", name.name);
                assert_eq!(url.as_str(), expected);
                name.name
            }
            Kind::Refused(_) => format!("({})", name.name),
        });
        shown.collect()
    }

    #[test]
    fn primary_connection_devolution() {
        assert_eq!(
            of("eu.corp.example", &[], Some("branch.example")),
            [
                "wpad.eu.corp.example",
                "wpad.branch.example",
                "wpad.corp.example",
                "(wpad)"
            ]
        );
    }

    #[test]
    fn a_search_list_ends_devolution() {
        assert_eq!(
            of("eu.corp.example", &["lab.example"], None),
            ["wpad.eu.corp.example", "wpad.lab.example", "(wpad)"]
        );
    }

    #[test]
    fn nothing_above_the_registrable_domain() {
        for (primary, expected) in [
            ("com", "(wpad.com) (wpad)"),
            ("co.uk", "(wpad.co.uk) (wpad)"),
            ("a.b.co.uk", "wpad.a.b.co.uk wpad.b.co.uk (wpad.co.uk) (wpad)"),
            ("example.co.uk", "wpad.example.co.uk (wpad.co.uk) (wpad)"),
            // A rule with an exception, and one with a wildcard.
            ("city.kobe.jp", "wpad.city.kobe.jp (wpad.kobe.jp) (wpad)"),
            ("a.kobe.jp", "(wpad.a.kobe.jp) (wpad.kobe.jp) (wpad)"),
            // Names that a hoster gives to strangers.
            ("me.github.io", "wpad.me.github.io (wpad.github.io) (wpad)"),
            // No top-level domain that is known.
            ("local", "(wpad.local) (wpad)"),
            ("corp.local", "wpad.corp.local (wpad)"),
            (
                "eu.corp.internal",
                "wpad.eu.corp.internal wpad.corp.internal (wpad)",
            ),
            // In whatever way it is written.
            ("CO.UK.", "(wpad.co.uk) (wpad)"),
            (
                "食狮.公司.cn",
                "wpad.xn--85x722f.xn--55qx5d.cn (wpad.xn--55qx5d.cn) (wpad)",
            ),
            ("公司.cn", "(wpad.xn--55qx5d.cn) (wpad)"),
        ] {
            assert_eq!(of(primary, &[], None).join(" "), expected);
        }
    }

    #[test]
    fn nonsense_is_no_name() {
        let long = "a.".repeat(124) + "example";
        for nonsense in [
            "",
            ".",
            "a/b.example",
            "x y.z",
            "1.2.3.4",
            "co\u{ff0e}uk",
            "a..b@c",
        ]
        .into_iter()
        .chain([long.as_str()])
        {
            let found = of(nonsense, &[nonsense], Some(nonsense));
            assert_eq!(found, ["(wpad)"], "{nonsense}");
        }
    }

    #[test]
    fn names_are_bounded() {
        let many: Vec<String> =
            (0..100).map(|n| format!("{n}.a.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(of("a.example", &many, None).len(), MOST);
    }
}
