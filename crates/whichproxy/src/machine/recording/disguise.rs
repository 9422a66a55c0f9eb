//! Recordings that can be passed on: names are replaced by others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use url::Url;

use super::{Recording, page_key};
use crate::machine::{Page, Suffixes};
use crate::registry::Value;

/// Words of scripts and addresses, which are nobody's name.
const KNOWN: &str = "addeventlistener alert arguments array boolean break case \
    catch charat concat const continue convert_addr date daterange default \
    direct dns dnsdomainis dnsdomainlevels dnsresolve dnsresolveex do else \
    example exec false file finally findproxyforurl findproxyforurlex fri \
    ftp function getclientversion gmt hasownproperty host http https if in \
    indexof instanceof invalid isinnet isinnetex isplainhostname isresolvable \
    isresolvableex lastindexof length let local localhost \
    localhostordomainis match math microsoft mon msft myipaddress \
    myipaddressex nan new null number object of pac proxy push regexp \
    replace return sat search shexpmatch slice socks socks4 socks5 \
    sortipaddresslist split startswith endswith includes strict string substr substring sun \
    switch test this throw thu timerange toascii tolowercase tostring \
    touppercase true try tue typeof undefined url use var void wed \
    weekdayrange while windows windowsupdate wpad ws wss www jan feb mar apr may \
    jun jul aug sep oct nov dec";

/// Which names stand for which.
///
/// A part of a name is replaced by one of the same length, in whatever it
/// stands, so that lengths within blobs and scripts stay as they are. What
/// is public stays: the suffix of a name, `www`, `proxy` and the like, words
/// that scripts are made of. Addresses stay, too.
#[derive(Clone, Debug)]
pub struct Disguise {
    parts: BTreeMap<String, String>,
}

impl Disguise {
    pub(super) fn new(recording: &Recording, named: &[&str]) -> Disguise {
        let mut parts = BTreeSet::new();
        let mut add = |name: &str| parts.extend(private(name));
        for text in named {
            hosts(text).for_each(&mut add);
        }
        for (name, _) in recording.names.keys() {
            add(name);
        }
        if let Some(Ok(Suffixes { primary, search })) = &recording.suffixes {
            primary.iter().chain(search).for_each(|name| add(name));
        }
        if let Some(Ok(interfaces)) = &recording.interfaces {
            let suffixes = interfaces.iter().flat_map(|i| &i.suffix);
            suffixes.for_each(|name| add(name));
        }
        for value in recording.env.values() {
            hosts(value).for_each(&mut add);
        }
        for answer in recording.leases.values().flatten() {
            for offer in &answer.offers {
                let text = String::from_utf8_lossy(&offer.option);
                hosts(&text).for_each(&mut add);
            }
        }
        for (url, said) in &recording.pages {
            add(url.host_str().unwrap_or_default());
            let Ok(page) = said else { continue };
            let text = String::from_utf8_lossy(&page.body);
            for literal in literals(&text) {
                hosts(literal).for_each(&mut add);
            }
        }
        for value in recording.tree.values() {
            for text in texts(&value.to_data()) {
                hosts(&text).for_each(&mut add);
            }
        }
        // Those of one length are counted, so that each has its own.
        let mut counts = BTreeMap::<usize, usize>::new();
        let parts = parts.into_iter().map(|part| {
            let count = counts.entry(part.len()).or_default();
            let other = counted(*count, part.len());
            *count += 1;
            (part, other)
        });
        Disguise { parts: parts.collect() }
    }

    /// The text with other names, of as many bytes.
    pub fn text(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        self.replace(&mut bytes, 1);
        // Whole words of ASCII were replaced by others.
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Replaces words whose bytes are so far apart.
    fn replace(&self, bytes: &mut [u8], step: usize) {
        let mut start = 0;
        while start < bytes.len() {
            let mut end = start;
            while let Some(unit) = bytes.get(end..end + step)
                && let [first, rest @ ..] = unit
                && (first.is_ascii_alphanumeric() || b"-_".contains(first))
                && rest.iter().all(|byte| *byte == 0)
            {
                end += step;
            }
            let run = bytes.get_mut(start..end).unwrap_or_default();
            let word: Vec<u8> = run.iter().copied().step_by(step).collect();
            let word = String::from_utf8_lossy(&word).to_ascii_lowercase();
            if let Some(other) = self.parts.get(&word) {
                let places = run.iter_mut().step_by(step);
                for (place, byte) in places.zip(other.bytes()) {
                    *place = match place.is_ascii_uppercase() {
                        true => byte.to_ascii_uppercase(),
                        false => byte,
                    };
                }
            }
            start = end.max(start) + 1;
        }
    }

    /// Bytes with texts in them, of one byte a character or of two.
    fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        self.replace(&mut bytes, 1);
        self.replace(&mut bytes, 2);
        bytes
    }

    pub(super) fn recording(&self, recording: &Recording) -> Recording {
        let text = |text: &String| self.text(text);
        let mut other = Recording {
            now: recording.now,
            addresses: recording.addresses.clone(),
            incomplete: recording.incomplete,
            interfaces: recording.interfaces.clone(),
            suffixes: recording.suffixes.clone(),
            ..Recording::default()
        };
        for (name, value) in &recording.env {
            other.env.insert(name.clone(), self.text(value));
        }
        other.keys = recording.keys.clone();
        other.tree = recording.tree.map(|value| {
            let data = self.bytes(&value.to_data());
            Value::from_data(value.kind(), &data)
        });
        for (key, fault) in &recording.key_faults {
            other.key_faults.insert(key.clone(), self.text(fault));
        }
        if let Some(Ok(interfaces)) = &mut other.interfaces {
            for interface in interfaces {
                interface.suffix = interface.suffix.as_ref().map(text);
            }
        }
        if let Some(Ok(Suffixes { primary, search })) = &mut other.suffixes {
            *primary = primary.as_ref().map(text);
            *search = search.iter().map(text).collect();
        }
        for ((name, family), answer) in &recording.names {
            let key = (self.text(name), *family);
            other.names.insert(key, answer.clone().map_err(|e| text(&e)));
        }
        for (interface, answer) in &recording.leases {
            let mut answer = answer.clone();
            for offer in answer.iter_mut().flat_map(|a| &mut a.offers) {
                offer.option = self.bytes(&offer.option);
            }
            other.leases.insert(interface.clone(), answer);
        }
        for (url, said) in &recording.pages {
            // What is replaced in an address is nothing that ends its parts.
            let other_url = self.text(url.as_str()).parse::<Url>();
            let url = other_url.unwrap_or_else(|_| url.clone());
            let said = match said {
                Ok(page) => Ok(Page {
                    body: self.bytes(&uncommented(&page.body)),
                    ..page.clone()
                }),
                Err(fault) => Err(self.text(fault)),
            };
            other.pages.insert(page_key(&url), said);
        }
        other
    }
}

/// The parts of a name that are its own: neither its public suffix, nor what
/// everybody has.
fn private(name: &str) -> Vec<String> {
    let name = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let name = name.to_ascii_lowercase();
    let labels: Vec<&str> = name.split('.').collect();
    // An address has no name.
    let digits = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    if labels.iter().all(|label| digits(label)) || name.contains(':') {
        return Vec::new();
    }
    // Everybody asks for those, and clients treat some in their own way.
    let everybody = ["microsoft.com", "windows.com", "windowsupdate.com"];
    if everybody.iter().any(|domain| {
        let rest = name.strip_suffix(domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }) {
        return Vec::new();
    }
    let public = psl::Psl::suffix(&psl::List, name.as_bytes());
    let public = public.map_or(0, |suffix| {
        let dots = suffix.as_bytes().iter().filter(|byte| **byte == b'.');
        dots.count() + 1
    });
    let public = if labels.len() == 1 { 0 } else { public };
    let own = labels.len().saturating_sub(public);
    let own = labels.into_iter().take(own).filter(|label| {
        // Of one character, it says nothing.
        label.len() > 1
            && !digits(label)
            && KNOWN.split_ascii_whitespace().all(|known| known != *label)
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    });
    own.map(ToOwned::to_owned).collect()
}

/// What may be names within a text: words joined by dots, and others that
/// stand as an entry of a list does, or as the host of an address.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    let end = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    let names = text.split(end);
    let names = names.filter(|name| name.trim_matches('.').contains('.'));
    let between = |c: char| c.is_control() || "; ,<>|".contains(c);
    let entries = text.split(between).map(|entry| {
        let (_, host) = entry.rsplit_once("://").unwrap_or(("", entry));
        let (_, host) = host.rsplit_once('=').unwrap_or(("", host));
        host.split([':', '/']).next().unwrap_or_default()
    });
    names.chain(entries)
}

/// The texts in data, of one byte a character or of two.
fn texts(data: &[u8]) -> [String; 2] {
    let narrow = String::from_utf8_lossy(data).into_owned();
    let wide: Vec<u16> = data
        .chunks_exact(2)
        .map(|pair| match pair {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        })
        .collect();
    [narrow, String::from_utf16_lossy(&wide)]
}

/// A part of a script that is no code.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Part {
    Literal,
    Comment,
}

/// The texts in quotes, quotes included, and the comments of a script.
fn parts(script: &[u8]) -> impl Iterator<Item = (Part, Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = script.get(at) {
            let start = at;
            let part = match byte {
                b'"' | b'\'' | b'`' => {
                    Some((Part::Literal, quoted(script, at)))
                }
                _ => comment(script, at).map(|end| (Part::Comment, end)),
            };
            match part {
                Some((part, end)) => {
                    at = end;
                    return Some((part, start..end));
                }
                None => at += 1,
            }
        }
        None
    })
}

/// The texts between quotes.
fn literals(script: &str) -> impl Iterator<Item = &str> {
    let parts = parts(script.as_bytes());
    let literals = parts.filter(|(part, _)| *part == Part::Literal);
    // The last one may be without its end.
    literals.filter_map(|(_, at)| script.get(at.start + 1..at.end - 1))
}

/// The script with spaces in place of its comments.
fn uncommented(script: &[u8]) -> Vec<u8> {
    let mut other = script.to_vec();
    for (part, at) in parts(script) {
        if part == Part::Comment {
            for byte in other.get_mut(at).unwrap_or_default() {
                if !byte.is_ascii_control() {
                    *byte = b' ';
                }
            }
        }
    }
    other
}

/// Where a text in quotes ends that begins here: behind its last quote, or
/// where its line ends.
fn quoted(script: &[u8], start: usize) -> usize {
    let quote = script.get(start);
    let mut at = start + 1;
    while let Some(byte) = script.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' if quote != Some(&b'`') => return at,
            byte if Some(byte) == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    script.len()
}

/// Where a comment ends that begins here.
fn comment(script: &[u8], start: usize) -> Option<usize> {
    let rest = script.get(start..)?;
    let length = match rest {
        [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n'),
        [b'/', b'*', rest @ ..] => {
            let end = rest.windows(2).position(|pair| pair == b"*/");
            end.map(|end| end + 4)
        }
        _ => return None,
    };
    Some(start + length.unwrap_or(rest.len()))
}

/// The name of this number: of so many characters, the last of which count.
fn counted(mut count: usize, length: usize) -> String {
    let mut name = vec![b'n'; length];
    for byte in name.iter_mut().rev() {
        // Below 26, so that it is a letter.
        *byte = b'a' + u8::try_from(count % 26).unwrap_or_default();
        count /= 26;
    }
    String::from_utf8_lossy(&name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_of_a_name() {
        let of = |name| private(name).join(" ");
        assert_eq!(of("gw1.eu.Contoso.co.uk"), "gw1 eu contoso");
        assert_eq!(of("*.corp.local"), "corp");
        assert_eq!(of("www.contoso.com."), "contoso");
        assert_eq!(of("dl.delivery.mp.microsoft.com"), "");
        assert_eq!(of("notmicrosoft.com"), "notmicrosoft");
        assert_eq!(of("wpad"), "");
        assert_eq!(of("intranet"), "intranet");
        assert_eq!(of("10.0.0.1"), "");
        assert_eq!(of("DIRECT"), "");
        assert_eq!(of(""), "");
    }

    #[test]
    fn hosts_of_lists_and_addresses() {
        let of = |text: &str| {
            let parts: BTreeSet<_> = hosts(text).flat_map(private).collect();
            parts.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("http=gw:80;https=http://alt:81"), "alt gw");
        assert_eq!(of("<local>;*.corp.example;srv1"), "corp srv1");
        assert_eq!(of("PROXY gw.corp.example:80; DIRECT"), "corp gw");
        assert_eq!(of("http://wiki/a/b"), "wiki");
        assert_eq!(of("10.0.0.1:80"), "");
    }

    #[test]
    fn literals_and_comments() {
        let script = "// it's \"a.b\"\nx = 'c\\'d' /* 'e' */ + \"f//g\";\n'";
        let found: Vec<&str> = literals(script).collect();
        assert_eq!(found, ["c\\'d", "f//g"]);
        let without = uncommented(script.as_bytes());
        let without = String::from_utf8(without).unwrap();
        assert_eq!(without.len(), script.len());
        assert!(without.trim_start().starts_with("x = 'c\\'d'"));
        assert!(!without.contains('e') && without.contains("f//g"));
    }

    #[test]
    fn every_part_has_its_own_name() {
        let names: BTreeSet<String> =
            (0..676).map(|count| counted(count, 2)).collect();
        assert_eq!(names.len(), 676);
        assert_eq!(counted(27, 4), "aabb");
    }
}
