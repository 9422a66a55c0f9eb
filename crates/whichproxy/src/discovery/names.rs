//! The names under which WPAD looks for its server.

use crate::machine::{Interface, Machine};
use crate::settings::NameSettings;

/// At most so many names are asked; a real machine has a handful.
const MOST: usize = 64;

/// `wpad` under the primary suffix, the connections' suffixes and the
/// search list; then under the shortened primary suffix; then alone.
///
/// Source: WPAD-NAMES, community: a test project saw these on Windows; the
/// official list and order are not documented. Shortening stops at two
/// labels, or at the configured level, and does not happen at all where a
/// global search list is set (DNS-DEVOLUTION, documented). The algorithm
/// that finds the forest's root is not documented and not reproduced.
pub(super) fn names(
    machine: &Machine,
    settings: &NameSettings,
    interfaces: &[Interface],
) -> Vec<String> {
    let system = machine.interfaces().suffixes().unwrap_or_default();
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
        names.push("wpad".to_owned());
    }
    names
}

/// `a.b.c` → `b.c`, `c`.
fn shorter(suffix: &str) -> impl Iterator<Item = &str> {
    let suffix = suffix.trim_matches('.');
    suffix.match_indices('.').filter_map(move |(i, _)| suffix.get(i + 1..))
}

fn push(names: &mut Vec<String>, suffix: &str) {
    let suffix = suffix.trim().trim_matches('.').to_ascii_lowercase();
    // A bare top-level domain is never asked: its owner is a stranger.
    let plausible = suffix.len() <= 248
        && suffix.contains('.')
        && !suffix.contains(|c: char| {
            !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        });
    let name = format!("wpad.{suffix}");
    if plausible && names.len() < MOST && !names.contains(&name) {
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{StaticInterfaces, Suffixes};

    fn machine(primary: &str, search: &[&str]) -> Machine {
        let suffixes = Suffixes {
            primary: Some(primary.to_owned()),
            search: search.iter().map(ToString::to_string).collect(),
        };
        Machine::offline()
            .with_interfaces(StaticInterfaces::new().with_suffixes(suffixes))
    }

    fn of(machine: &Machine, suffix: Option<&str>) -> Vec<String> {
        let interface = Interface {
            suffix: suffix.map(ToOwned::to_owned),
            ..Interface::default()
        };
        names(machine, &NameSettings::default(), &[interface])
    }

    #[test]
    fn primary_connection_devolution_bare() {
        let machine = machine("eu.corp.example", &[]);
        assert_eq!(
            of(&machine, Some("branch.example")),
            [
                "wpad.eu.corp.example",
                "wpad.branch.example",
                "wpad.corp.example",
                "wpad"
            ]
        );
    }

    #[test]
    fn a_search_list_ends_devolution() {
        let machine = machine("eu.corp.example", &["lab.example"]);
        assert_eq!(
            of(&machine, None),
            ["wpad.eu.corp.example", "wpad.lab.example", "wpad"]
        );
    }

    #[test]
    fn no_bare_top_level_domain_and_no_nonsense() {
        let machine = machine("example", &["a/b.example", "", "x y.z"]);
        assert_eq!(of(&machine, Some("com.")), ["wpad"]);
    }
}
