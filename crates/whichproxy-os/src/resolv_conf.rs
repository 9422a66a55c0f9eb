//! The suffixes of `resolv.conf`.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use whichproxy::machine::{Fault, Suffixes};

/// A real one has a few lines.
const MOST: u64 = 64 << 10;

/// Those of `/etc/resolv.conf` under `root`.
pub(crate) fn read(root: &Path) -> Result<Suffixes, Fault> {
    let path = root.join("etc/resolv.conf");
    let fault =
        |error| Fault::new(format_args!("{}: {error}", path.display()));
    let file = match File::open(&path) {
        Ok(file) => file,
        // resolv.conf(5): there need not be one.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Suffixes::default());
        }
        Err(error) => return Err(fault(error)),
    };
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text).map_err(fault)?;
    Ok(suffixes(&String::from_utf8_lossy(&text)))
}

/// `domain` is the primary suffix, `search` the search list. "If more than
/// one instance of these keywords is present, the last instance wins"
/// (resolv.conf(5)).
fn suffixes(text: &str) -> Suffixes {
    let mut suffixes = Suffixes::default();
    for line in text.lines() {
        // A comment stands on a line of its own, from the first column.
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("domain") => {
                let primary = words.next().and_then(suffix);
                if primary.is_some() {
                    suffixes = Suffixes { primary, search: Vec::new() };
                }
            }
            Some("search") => {
                let search = words.filter_map(suffix).collect();
                suffixes = Suffixes { primary: None, search };
            }
            _ => {}
        }
    }
    suffixes
}

/// A suffix without its dots; `.` alone, as systemd-resolved writes it, is
/// none.
pub(crate) fn suffix(word: &str) -> Option<String> {
    let word = word.trim_matches('.');
    (!word.is_empty()).then(|| word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords() {
        let of = |text: &str| {
            let Suffixes { primary, search } = suffixes(text);
            (primary.unwrap_or_default(), search.join(" "))
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of(""), pair("", ""));
        assert_eq!(of("nameserver 10.0.0.1\n"), pair("", ""));
        assert_eq!(of("domain Corp.Example."), pair("corp.example", ""));
        assert_eq!(
            of("search a.example\tb.example\r\n"),
            pair("", "a.example b.example")
        );
        assert_eq!(
            of("domain a.example\nsearch b.example c.example"),
            pair("", "b.example c.example")
        );
        assert_eq!(
            of("search b.example\ndomain a.example"),
            pair("a.example", "")
        );
        assert_eq!(of("search .\n#domain x\n;domain y\n"), pair("", ""));
        assert_eq!(of("search\ndomain"), pair("", ""));
    }
}
