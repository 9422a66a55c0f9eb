//! The names of an object that never changes, and their values.

use super::program::Constant;
use crate::table::{Secret, Slots};

/// Names and their values, in the order in which they were first written.
///
/// Names are found by a hash with a secret: whoever writes the script cannot
/// choose names of the same hash.
#[derive(Debug)]
pub(crate) struct Names {
    entries: Box<[(Box<str>, Constant)]>,
    secret: Secret,
    slots: Slots,
    has_own: bool,
}

impl Names {
    /// Of a name that is there twice, the last value counts.
    pub(crate) fn new(pairs: Vec<(Box<str>, Constant)>) -> Names {
        let secret = Secret::new();
        let mut slots = Slots::new(pairs.len(), pairs.len());
        let mut entries: Vec<(Box<str>, Constant)> =
            Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let hash = hash(secret, name.as_bytes());
            let known = slots.candidates(hash).find(|number| {
                let entry = entries.get(*number as usize);
                entry.is_some_and(|(other, _)| *other == name)
            });
            let known = known.map(|number| number as usize);
            match known.and_then(|number| entries.get_mut(number)) {
                Some(entry) => entry.1 = value,
                None => {
                    slots.insert(hash, entries.len() as u32);
                    entries.push((name, value));
                }
            }
        }
        let entries = entries.into_boxed_slice();
        let mut names = Names { entries, secret, slots, has_own: false };
        names.has_own = names.get("hasOwnProperty").is_some();
        names
    }

    /// The value of a name.
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<&Constant> {
        let hash = hash(self.secret, name.as_bytes());
        for number in self.slots.candidates(hash) {
            let entry = self.entries.get(number as usize);
            if let Some((other, value)) = entry
                && **other == *name
            {
                return Some(value);
            }
        }
        None
    }

    /// Whether `hasOwnProperty` is one of the names.
    #[inline]
    pub(crate) fn has_own(&self) -> bool {
        self.has_own
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Constant)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }
}

/// Eight bytes at a time; the last eight may have been seen before.
#[inline]
fn hash(secret: Secret, text: &[u8]) -> u64 {
    let mut hash = secret.start() ^ text.len() as u64;
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        hash = secret.step(hash, u64::from_le_bytes(*word));
    }
    if rest.is_empty() {
        return hash;
    }
    let last = match text.last_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => short(text),
    };
    secret.step(hash, last)
}

/// Fewer than eight bytes; texts of one length differ in it if in anything.
#[inline]
fn short(text: &[u8]) -> u64 {
    if let (Some(front), Some(back)) =
        (text.first_chunk::<4>(), text.last_chunk::<4>())
    {
        let front = u32::from_le_bytes(*front);
        let back = u32::from_le_bytes(*back);
        return u64::from(front) << 32 | u64::from(back);
    }
    text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(names: &Names, name: &str) -> Option<f64> {
        match names.get(name) {
            Some(Constant::Number(number)) => Some(*number),
            _ => None,
        }
    }

    #[test]
    fn each_is_found_and_no_other() {
        // Names of every length, each in two that differ in one byte.
        let text = "abcdefghijklmnopqrstuvwxyz";
        let mut pairs = Vec::new();
        for length in 0..=text.len() {
            let name = &text[..length];
            pairs.push((name.into(), Constant::Number(length as f64)));
        }
        let names = Names::new(pairs);
        assert_eq!(names.len(), text.len() + 1);
        for length in 0..=text.len() {
            let name = &text[..length];
            assert_eq!(number(&names, name), Some(length as f64), "{name}");
            for at in 0..length {
                let mut other = name.as_bytes().to_vec();
                other[at] = b'A';
                let other = String::from_utf8(other).unwrap();
                assert_eq!(number(&names, &other), None, "{other}");
            }
        }
    }

    #[test]
    fn the_last_value_at_the_first_place() {
        let pair = |name: &str, n| (name.into(), Constant::Number(n));
        let pairs = vec![pair("a", 1.0), pair("b", 2.0), pair("a", 3.0)];
        let names = Names::new(pairs);
        assert_eq!(number(&names, "a"), Some(3.0));
        let all: Vec<&str> = names.iter().map(|(name, _)| name).collect();
        assert_eq!(all, ["a", "b"]);
        assert!(!names.has_own());
        let own = Names::new(vec![pair("hasOwnProperty", 1.0)]);
        assert!(own.has_own());
        assert_eq!(number(&Names::new(Vec::new()), ""), None);
    }
}
