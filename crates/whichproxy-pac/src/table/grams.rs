//! Tests that have a text anywhere in the subject, found by a few bytes of
//! it that are rare among the tests.

use super::Search;
use super::glob;
use super::hash::{Filter, Secret};
use super::patterns::{Kind, Patterns};

/// The longest gram, and so the number of tables.
pub(super) const WIDEST: usize = 4;

/// Tests by a gram, some bytes in a row, of a width that all share.
#[derive(Clone, Debug)]
pub(super) struct Grams {
    secret: Secret,
    width: usize,
    filter: Filter,
    /// Where in `tests` a bucket begins; the next begins where it ends.
    buckets: Box<[u32]>,
    shift: u32,
    /// A gram, and a test that has it; by bucket, then by test.
    tests: Box<[(u32, u32)]>,
    first: u32,
    last: u32,
}

impl Grams {
    /// A table of tests, in order, each with a gram of `width` bytes.
    pub(super) fn new(
        secret: Secret,
        width: usize,
        pairs: &[(u32, u32)],
    ) -> Option<Grams> {
        let (first, last) = (pairs.first()?.1, pairs.last()?.1);
        let count = pairs.len().next_power_of_two().max(2);
        let shift = 64 - count.trailing_zeros();
        let mut filter = Filter::new(pairs.len());
        // What the shift leaves is less than `count`, so indexing is safe; and
        // a bucket goes down once for each time that it went up.
        let mut buckets = vec![0_u32; count + 1].into_boxed_slice();
        for &(gram, _) in pairs {
            let hash = secret.small(gram);
            filter.insert(hash);
            buckets[(hash >> shift) as usize] += 1;
        }
        // Where each ends; then each goes down to where it begins.
        let mut end = 0;
        for bucket in &mut buckets {
            end += *bucket;
            *bucket = end;
        }
        let mut tests = vec![(0, 0); pairs.len()].into_boxed_slice();
        for &(gram, test) in pairs.iter().rev() {
            let bucket = &mut buckets[(secret.small(gram) >> shift) as usize];
            *bucket -= 1;
            tests[*bucket as usize] = (gram, test);
        }
        Some(Grams {
            secret,
            width,
            filter,
            buckets,
            shift,
            tests,
            first,
            last,
        })
    }

    #[cfg(test)]
    pub(super) fn longest_bucket(&self) -> usize {
        let sizes = self.buckets.windows(2).map(|pair| pair[1] - pair[0]);
        sizes.max().unwrap_or(0) as usize
    }

    /// Offers the tests whose gram is in the subject.
    #[inline]
    pub(super) fn search(&self, search: &mut Search<'_>) {
        if self.first >= search.best || self.last < search.start {
            return;
        }
        match self.width {
            4 => self.search_width::<4>(search),
            3 => self.search_width::<3>(search),
            2 => self.search_width::<2>(search),
            _ => self.search_width::<1>(search),
        }
    }

    fn search_width<const WIDTH: usize>(&self, search: &mut Search<'_>) {
        let mut seen = Seen::default();
        let mut rest = search.subject.as_bytes();
        while rest.len() >= WIDTH {
            let part = rest.get(..64 + WIDTH - 1).unwrap_or(rest);
            let mut hits = 0;
            for (at, window) in part.windows(WIDTH).enumerate() {
                let hash = self.secret.small(gram(window));
                hits |= self.filter.bit(hash) << at;
            }
            while hits != 0 {
                let at = hits.trailing_zeros() as usize;
                hits &= hits - 1;
                let window = part.get(at..at + WIDTH).unwrap_or(&[]);
                self.offer(search, gram(window), &mut seen);
            }
            rest = rest.get(64..).unwrap_or(&[]);
        }
    }

    fn offer(&self, search: &mut Search<'_>, gram: u32, seen: &mut Seen) {
        let bucket = (self.secret.small(gram) >> self.shift) as usize;
        let bound = |at| self.buckets.get(at).map_or(0, |at| *at as usize);
        let bucket = bound(bucket)..bound(bucket + 1);
        let mut tests = self.tests.get(bucket).unwrap_or(&[]);
        if tests.len() > 8 && search.start > 0 {
            let from = tests.partition_point(|pair| pair.1 < search.start);
            tests = tests.get(from..).unwrap_or(&[]);
        }
        let mut is_new = false;
        for &(other, test) in tests {
            if test >= search.best {
                break;
            }
            if other != gram || test < search.start {
                continue;
            }
            // A gram's tests are tried once, however often it is found.
            if !is_new {
                if !seen.insert(gram) {
                    return;
                }
                is_new = true;
            }
            if search.matches(test) {
                search.best = test;
                break;
            }
        }
    }
}

#[inline]
fn gram(bytes: &[u8]) -> u32 {
    match *bytes {
        [a] => u32::from(a),
        [a, b] => u32::from(u16::from_le_bytes([a, b])),
        [a, b, c] => u32::from_le_bytes([a, b, c, 0]),
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

/// A set of grams, which seldom has many.
#[derive(Debug, Default)]
struct Seen {
    few: [u32; 16],
    count: usize,
    many: std::collections::HashSet<u32>,
}

impl Seen {
    /// Adds a gram; `false` where it was there already.
    fn insert(&mut self, gram: u32) -> bool {
        let few = self.few.get(..self.count).unwrap_or(&self.few);
        if few.contains(&gram) {
            return false;
        }
        match self.few.get_mut(self.count) {
            Some(free) => {
                *free = gram;
                self.count += 1;
                true
            }
            None => self.many.insert(gram),
        }
    }
}

/// Chooses for each test the gram that is rarest among all.
pub(super) fn choose(
    secret: Secret,
    patterns: &Patterns,
    tests: &[u32],
) -> Chosen {
    let size = (8 * tests.len()).next_power_of_two().clamp(256, 1 << 18);
    let shift = 64 - size.trailing_zeros();
    let place = |gram| (secret.small(gram) >> shift) as usize;
    let mut counts = vec![0_u16; size];
    for &test in tests {
        for_each_gram(patterns, test, |gram, _| {
            if let Some(count) = counts.get_mut(place(gram)) {
                *count = count.saturating_add(1);
            }
        });
    }
    let mut chosen = Chosen::default();
    for &test in tests {
        let mut best = None;
        for_each_gram(patterns, test, |gram, width| {
            let count = counts.get(place(gram));
            let count = u64::from(count.copied().unwrap_or(0));
            // What is shorter is found more often, in vain.
            let cost = count << (2 * (WIDEST - width));
            if best.is_none_or(|(least, _, _)| cost < least) {
                best = Some((cost, gram, width));
            }
        });
        match best {
            Some((_, gram, width)) => {
                if let Some(list) = chosen.grams.get_mut(width - 1) {
                    list.push((gram, test));
                }
            }
            None => chosen.none.push(test),
        }
    }
    chosen
}

/// Tests with their grams.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// By the width less one.
    pub(super) grams: [Vec<(u32, u32)>; WIDEST],
    /// Those that have none.
    pub(super) none: Vec<u32>,
}

/// Calls a function with each gram of a test, and its width: the widest that
/// a piece between wildcards has.
fn for_each_gram(
    patterns: &Patterns,
    test: u32,
    mut take: impl FnMut(u32, usize),
) {
    let text = patterns.text(test).as_bytes();
    let is_glob = patterns.kind(test) == Kind::Glob;
    let is_wild = |byte: &u8| is_glob && matches!(byte, b'*' | b'?');
    for piece in text.split(is_wild).filter(|piece| !piece.is_empty()) {
        let width = piece.len().min(WIDEST);
        for window in piece.windows(width) {
            take(gram(window), width);
        }
    }
}

impl Search<'_> {
    /// Whether a test that is not in a table of literals matches.
    fn matches(&mut self, test: u32) -> bool {
        self.tried += 1;
        let text = self.patterns.text(test);
        match self.patterns.kind(test) {
            Kind::Glob => glob::matches(text, self.subject),
            _ => self.subject.contains(text),
        }
    }
}
