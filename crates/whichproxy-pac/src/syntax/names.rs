//! Objects of many names, as scripts write them down.

use hashbrown::HashTable;

use super::program::{Constant, Text};
use crate::table::Secret;

/// Names and their values, in the order in which they were written.
///
/// A name of a list takes little more than its text: all lie in one, and a
/// value that all have lies there once. Names are found by a hash with a
/// secret: whoever writes the script cannot choose names of the same hash.
#[derive(Debug)]
pub(crate) struct Names {
    texts: String,
    /// Where each text ends, which is where the next one begins.
    ends: Vec<u32>,
    values: Values,
    places: HashTable<u32>,
    secret: Secret,
    has_own: bool,
}

#[derive(Debug)]
enum Values {
    /// The same for all.
    One(Constant),
    Each(Vec<Constant>),
}

impl Names {
    /// None, with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Names {
        Names {
            texts: String::new(),
            ends: Vec::with_capacity(count),
            values: Values::Each(Vec::new()),
            places: HashTable::with_capacity(count),
            secret: Secret::new(),
            has_own: false,
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether `hasOwnProperty` is one of the names.
    #[inline]
    pub(crate) fn has_own(&self) -> bool {
        self.has_own
    }

    /// The value of a name.
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<&Constant> {
        let hash = hash(self.secret, name.as_bytes());
        let is_it = |place: &u32| self.name(*place) == name;
        let place = self.places.find(hash, is_it)?;
        self.value(*place)
    }

    /// The names, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|place| self.name(place))
    }

    /// The names and their values, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Constant)> {
        (0..self.ends.len() as u32)
            .filter_map(|at| Some((self.name(at), self.value(at)?)))
    }

    /// Gives a name a value; a name that is there keeps its place.
    pub(crate) fn insert(&mut self, name: &str, value: Constant) {
        let hash = hash(self.secret, name.as_bytes());
        let is_it = |place: &u32| self.name(*place) == name;
        let found = self.places.find(hash, is_it).copied();
        let count = self.ends.len();
        if let Values::One(one) = &self.values
            && !is_same(one, &value)
        {
            let one = one.clone();
            self.values = Values::Each(vec![one; count]);
        }
        match (&mut self.values, found) {
            (Values::One(_), _) => {}
            (Values::Each(all), Some(place)) => {
                if let Some(old) = all.get_mut(place as usize) {
                    *old = value;
                }
            }
            (this, None) if count == 0 => *this = Values::One(value),
            (Values::Each(all), None) => all.push(value),
        }
        if found.is_some() {
            return;
        }
        self.has_own |= name == "hasOwnProperty";
        self.texts.push_str(name);
        // A script has not 4 GiB of names.
        self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let Names { texts, ends, places, secret, .. } = self;
        let hash_of = |place: &u32| {
            self::hash(*secret, text(texts, ends, *place).as_bytes())
        };
        places.insert_unique(hash, count as u32, hash_of);
    }

    /// Gives back room that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
        if let Values::Each(all) = &mut self.values {
            all.shrink_to_fit();
        }
    }

    #[inline]
    fn name(&self, place: u32) -> &str {
        text(&self.texts, &self.ends, place)
    }

    fn value(&self, place: u32) -> Option<&Constant> {
        match &self.values {
            Values::One(value) => Some(value),
            Values::Each(all) => all.get(place as usize),
        }
    }
}

impl<K: AsRef<str>> FromIterator<(K, Constant)> for Names {
    fn from_iter<I: IntoIterator<Item = (K, Constant)>>(all: I) -> Names {
        let all = all.into_iter();
        let mut names = Names::with_capacity(all.size_hint().0);
        all.for_each(|(name, value)| names.insert(name.as_ref(), value));
        names.shrink();
        names
    }
}

impl From<super::program::Map<Text, Constant>> for Names {
    fn from(all: super::program::Map<Text, Constant>) -> Names {
        all.into_iter().collect()
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

#[inline]
fn text<'t>(texts: &'t str, ends: &[u32], place: u32) -> &'t str {
    let end = |at: usize| ends.get(at).map(|end| *end as usize);
    let start = (place as usize).checked_sub(1).and_then(end);
    let range = start.unwrap_or(0)..end(place as usize).unwrap_or(0);
    texts.get(range).unwrap_or("")
}

/// Whether two values are the same for certain.
fn is_same(one: &Constant, other: &Constant) -> bool {
    match (one, other) {
        (Constant::Undefined, Constant::Undefined)
        | (Constant::Null, Constant::Null) => true,
        (Constant::Bool(one), Constant::Bool(other)) => one == other,
        (Constant::Number(one), Constant::Number(other)) => {
            one.to_bits() == other.to_bits()
        }
        (Constant::Text(one), Constant::Text(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_is_found_and_no_other() {
        // Names of every length, each in two that differ in one byte.
        let text = "abcdefghijklmnopqrstuvwxyz";
        let pairs = (0..=text.len())
            .map(|length| (&text[..length], Constant::Number(length as f64)));
        let names: Names = pairs.collect();
        assert_eq!(names.len(), text.len() + 1);
        for length in 0..=text.len() {
            let name = &text[..length];
            let found = names.get(name);
            assert!(
                matches!(found, Some(Constant::Number(n)) if *n == length as f64),
                "{name}"
            );
            for at in 0..length {
                let mut other = name.as_bytes().to_vec();
                other[at] = b'A';
                let other = String::from_utf8(other).unwrap();
                assert!(names.get(&other).is_none(), "{other}");
            }
        }
        assert!(!names.has_own());
        let own = [("hasOwnProperty", Constant::Null)];
        assert!(own.into_iter().collect::<Names>().has_own());
    }

    proptest! {
        #[test]
        fn as_a_map_of_another_make(
            all in vec(("[ab]{0,3}", 0_u8..3), 0..20),
            one in "[ab]{0,3}",
        ) {
            let number = |n: &u8| Constant::Number(f64::from(*n));
            let shown = |value: Option<&Constant>| format!("{value:?}");
            let map: IndexMap<&str, u8> =
                all.iter().map(|(name, n)| (&**name, *n)).collect();
            let pairs = all.iter().map(|(name, n)| (name, number(n)));
            let names: Names = pairs.collect();
            prop_assert_eq!(names.len(), map.len());
            let keys: Vec<&str> = names.keys().collect();
            prop_assert_eq!(keys, map.keys().copied().collect::<Vec<_>>());
            for (name, value) in names.iter() {
                let expected = map.get(name).map(number);
                prop_assert_eq!(shown(Some(value)), shown(expected.as_ref()));
            }
            let expected = map.get(&*one).map(number);
            prop_assert_eq!(shown(names.get(&one)), shown(expected.as_ref()));
        }
    }
}
