//! A list compiled, so that ten thousand entries cost what one does.
//!
//! The table proposes candidates, and [`Rule::matches`] decides on each: a
//! table that proposes too much is slow, but never wrong. That it proposes
//! enough is what the property test in [`super`] is about.
//!
//! * Whole names and `*.name` suffixes are found by hash. The hash runs over
//!   the host from its end, so that one pass has those of all its suffixes.
//! * Of every other glob one piece, the rarest in the list, is searched for
//!   by an automaton that finds all pieces in one pass over the host.
//! * Networks are found by hash, one probe for every prefix length in use.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::iter;
use std::net::IpAddr;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use ipnet::IpNet;

use super::Target;
use super::rule::{Host, Pattern, Rule};

/// The compiled form of a list of rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Rules about every host, and those that no index holds.
    any: Group,
    /// `<local>`.
    local: Group,
    names: Names,
    networks: Networks,
    pieces: Option<Pieces>,
}

impl Table {
    pub(super) fn new(rules: &[Rule]) -> Table {
        let mut table = Table::default();
        let mut globs = Vec::new();
        // A rule that says the same as one before it is never the first.
        let mut seen = HashSet::new();
        for (index, rule) in rules.iter().enumerate() {
            if !seen.insert((&rule.pattern, rule.scheme, rule.port)) {
                continue;
            }
            match &rule.pattern {
                Pattern::Any => table.any.push(index),
                Pattern::Domain(domain) => {
                    table.names.insert_exact(domain, index);
                    table.names.insert_below(domain, index);
                }
                Pattern::Glob(glob) => match glob.split_once('*') {
                    None => table.names.insert_exact(glob, index),
                    Some(("", suffix)) if is_label_suffix(suffix) => {
                        table.names.insert_suffix(suffix, index);
                    }
                    Some(_) => globs.push((index, &**glob)),
                },
                Pattern::Local => table.local.push(index),
                Pattern::Network(network) => {
                    table.networks.insert(*network, index);
                }
                Pattern::Never => {}
            }
        }
        if !globs.is_empty() {
            table.pieces = Pieces::new(rules, &globs);
            if table.pieces.is_none() {
                for (index, _) in globs {
                    table.any.push_sorted(index);
                }
            }
        }
        table
    }

    /// The first rule of `rules`, which this table was made of, that sends
    /// the target direct.
    pub(super) fn find(
        &self,
        rules: &[Rule],
        host: &Host<'_>,
        target: &Target<'_>,
    ) -> Option<usize> {
        let mut search = Search { rules, host, target, best: usize::MAX };
        search.offer(&self.any);
        search.offer(&self.local);
        self.names.search(&mut search);
        self.networks.search(&mut search);
        if let Some(pieces) = &self.pieces {
            pieces.search(&mut search);
        }
        (search.best != usize::MAX).then_some(search.best)
    }
}

/// `.contoso.com`, a suffix that starts where a label of the host ends.
fn is_label_suffix(suffix: &str) -> bool {
    suffix.starts_with('.') && !suffix.contains('*')
}

/// Indices of rules, in order.
#[derive(Clone, Debug, Default)]
struct Group {
    /// The first of them, which is nearly always the only one.
    first: Option<usize>,
    rest: Vec<usize>,
}

impl Group {
    /// Adds an index that is greater than those before it.
    fn push(&mut self, index: usize) {
        match self.first {
            None => self.first = Some(index),
            Some(_) => self.rest.push(index),
        }
    }

    /// Adds any index.
    fn push_sorted(&mut self, index: usize) {
        self.push(index);
        let mut all: Vec<usize> = self.iter().collect();
        all.sort_unstable();
        *self = Group::default();
        all.into_iter().for_each(|index| self.push(index));
    }

    fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.first.into_iter().chain(self.rest.iter().copied())
    }
}

/// A search under way: what is asked, and the best answer so far.
struct Search<'s> {
    rules: &'s [Rule],
    host: &'s Host<'s>,
    target: &'s Target<'s>,
    best: usize,
}

impl Search<'_> {
    /// Tries the rules of a group that are better than the best so far.
    #[inline]
    fn offer(&mut self, group: &Group) {
        for index in group.iter() {
            if index >= self.best {
                break;
            }
            let matches = self
                .rules
                .get(index)
                .is_some_and(|rule| rule.matches(self.host, self.target));
            if matches {
                self.best = index;
                break;
            }
        }
    }
}

/// Whole names, and suffixes that start with a dot, by their hash.
///
/// Names are not kept. Where two of them have the same hash, each is
/// proposed for the other, and refused.
#[derive(Clone, Debug)]
struct Names {
    seed: u64,
    exact: HashMap<u64, Group, Hashed>,
    suffix: HashMap<u64, Group, Hashed>,
}

impl Default for Names {
    fn default() -> Names {
        Names {
            // Nobody can choose names that have the same hash.
            seed: RandomState::new().hash_one(0_u8),
            exact: HashMap::default(),
            suffix: HashMap::default(),
        }
    }
}

impl Names {
    fn insert_exact(&mut self, name: &str, index: usize) {
        let hash = finish(self.hash(name));
        self.exact.entry(hash).or_default().push(index);
    }

    fn insert_suffix(&mut self, suffix: &str, index: usize) {
        let hash = finish(self.hash(suffix));
        self.suffix.entry(hash).or_default().push(index);
    }

    /// The names below `domain`, as by the suffix `.domain`.
    fn insert_below(&mut self, domain: &str, index: usize) {
        let hash = finish(step(self.hash(domain), b'.'));
        self.suffix.entry(hash).or_default().push(index);
    }

    fn hash(&self, text: &str) -> u64 {
        text.bytes().rev().fold(self.seed, step)
    }

    fn search(&self, search: &mut Search<'_>) {
        if self.exact.is_empty() && self.suffix.is_empty() {
            return;
        }
        let mut hash = self.seed;
        for byte in search.host.text.bytes().rev() {
            hash = step(hash, byte);
            if byte == b'.'
                && let Some(group) = self.suffix.get(&finish(hash))
            {
                search.offer(group);
            }
        }
        if let Some(group) = self.exact.get(&finish(hash)) {
            search.offer(group);
        }
    }
}

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Brings the upper bits, which depend on most of the text, to the lower.
fn finish(hash: u64) -> u64 {
    hash ^ (hash >> 32)
}

/// For keys that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Hashed(u64);

impl BuildHasher for Hashed {
    type Hasher = Hashed;

    fn build_hasher(&self) -> Hashed {
        Hashed(0)
    }
}

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().copied().fold(self.0, step);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Networks by their address and length.
#[derive(Clone, Debug, Default)]
struct Networks {
    groups: HashMap<IpNet, Group>,
    v4_lengths: Vec<u8>,
    v6_lengths: Vec<u8>,
}

impl Networks {
    /// Adds a network whose address has no bits beyond its length.
    fn insert(&mut self, network: IpNet, index: usize) {
        let lengths = match network {
            IpNet::V4(_) => &mut self.v4_lengths,
            IpNet::V6(_) => &mut self.v6_lengths,
        };
        if !lengths.contains(&network.prefix_len()) {
            lengths.push(network.prefix_len());
        }
        self.groups.entry(network).or_default().push(index);
    }

    fn search(&self, search: &mut Search<'_>) {
        let Some(address) = search.host.address else { return };
        let lengths = match address {
            IpAddr::V4(_) => &self.v4_lengths,
            IpAddr::V6(_) => &self.v6_lengths,
        };
        for &length in lengths {
            let network = IpNet::new(address, length).map(|net| net.trunc());
            let group = network.ok().and_then(|net| self.groups.get(&net));
            if let Some(group) = group {
                search.offer(group);
            }
        }
    }
}

/// Globs by one of the pieces between their stars.
#[derive(Clone, Debug)]
struct Pieces {
    automaton: NFA,
    /// By the number of the automaton's pattern.
    pieces: Vec<Piece>,
}

/// The rules that are proposed when a piece is found.
#[derive(Clone, Debug, Default)]
struct Piece {
    /// Those that have it before their first star.
    prefix: Group,
    /// Those that have it between two stars.
    inner: Group,
    /// Those that have it behind their last star.
    suffix: Group,
    /// The number of `inner`, which is to be tried where the piece is first
    /// found and not again.
    mark: usize,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Side {
    Prefix,
    Inner,
    Suffix,
}

impl Pieces {
    /// Compiles globs, each of which has a star and not only stars.
    fn new(rules: &[Rule], globs: &[(usize, &str)]) -> Option<Pieces> {
        let mut counts = HashMap::new();
        for (_, glob) in globs {
            for piece in pieces(glob) {
                *counts.entry(piece).or_insert(0_usize) += 1;
            }
        }
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut texts = Vec::new();
        let mut groups: Vec<Piece> = Vec::new();
        for &(index, glob) in globs {
            debug_assert!(index < rules.len());
            // The rarest piece is proposed for nothing least often; of
            // those, the longest.
            let (side, text) = pieces(glob).min_by_key(|piece| {
                let count = counts.get(piece).copied().unwrap_or(0);
                (count, usize::MAX - piece.1.len())
            })?;
            let number = *numbers.entry(text).or_insert_with(|| {
                texts.push(text);
                groups.push(Piece::default());
                groups.len() - 1
            });
            let piece = groups.get_mut(number)?;
            match side {
                Side::Prefix => piece.prefix.push(index),
                Side::Inner => piece.inner.push(index),
                Side::Suffix => piece.suffix.push(index),
            }
        }
        let with_inner = groups.iter_mut().filter(|p| !p.inner.is_empty());
        for (mark, piece) in with_inner.enumerate() {
            piece.mark = mark;
        }
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(&texts)
            .ok()?;
        Some(Pieces { automaton, pieces: groups })
    }

    fn search(&self, search: &mut Search<'_>) {
        let host = search.host.text.as_bytes();
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else {
            return; // The automaton was built for this.
        };
        let mut marks = Marks::default();
        for (end, &byte) in iter::zip(1.., host) {
            state = self.automaton.next_state(Anchored::No, state, byte);
            if !self.automaton.is_match(state) {
                continue;
            }
            for nth in 0..self.automaton.match_len(state) {
                let pattern = self.automaton.match_pattern(state, nth);
                let Some(piece) = self.pieces.get(pattern.as_usize()) else {
                    continue;
                };
                if end == self.automaton.pattern_len(pattern) {
                    search.offer(&piece.prefix);
                }
                if end == host.len() {
                    search.offer(&piece.suffix);
                }
                if !piece.inner.is_empty() && marks.insert(piece.mark) {
                    search.offer(&piece.inner);
                }
            }
        }
    }
}

/// The pieces of a glob that have a text, each with where it stands.
fn pieces(glob: &str) -> impl Iterator<Item = (Side, &str)> {
    let (prefix, rest) = glob.split_once('*').unwrap_or((glob, ""));
    let (inner, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
    iter::once((Side::Prefix, prefix))
        .chain(inner.split('*').map(|piece| (Side::Inner, piece)))
        .chain(iter::once((Side::Suffix, suffix)))
        .filter(|(_, piece)| !piece.is_empty())
}

/// A set of small numbers, on the stack as long as they are small enough.
#[derive(Debug, Default)]
struct Marks {
    near: [u64; 8],
    far: Vec<u64>,
}

impl Marks {
    /// Adds a number; `false` where it was there already.
    fn insert(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        let word = match self.near.len() {
            near if word < near => self.near.get_mut(word),
            near => {
                let word = word - near;
                if word >= self.far.len() {
                    self.far.resize(word + 1, 0);
                }
                self.far.get_mut(word)
            }
        };
        match word {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let mut marks = Marks::default();
        for number in [0, 63, 64, 511, 512, 513, 10_000] {
            assert!(marks.insert(number), "{number}");
            assert!(!marks.insert(number), "{number}");
        }
        assert!(marks.insert(9_999));
    }

    #[test]
    fn pieces_of_globs() {
        use Side::{Inner, Prefix, Suffix};
        for (glob, expected) in [
            ("ms*", &[(Prefix, "ms")][..]),
            ("*int*", &[(Inner, "int")]),
            ("*contoso.com", &[(Suffix, "contoso.com")]),
            (
                "a*b**c*d",
                &[(Prefix, "a"), (Inner, "b"), (Inner, "c"), (Suffix, "d")],
            ),
        ] {
            assert_eq!(pieces(glob).collect::<Vec<_>>(), expected, "{glob}");
        }
    }

    #[test]
    fn groups_stay_in_order() {
        let mut group = Group::default();
        [1, 5, 9].into_iter().for_each(|index| group.push(index));
        group.push_sorted(4);
        group.push_sorted(0);
        assert_eq!(group.iter().collect::<Vec<_>>(), [0, 1, 4, 5, 9]);
    }
}
