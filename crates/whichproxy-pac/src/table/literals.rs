//! Tests of a whole subject, its front or its back, found by hash.

use super::Search;
use super::hash::{End, Filter, Secret, Slots};
use super::patterns::Patterns;

/// Texts that a subject begins or ends with, or that it is.
#[derive(Clone, Debug)]
pub(super) struct Literals {
    secret: Secret,
    end: End,
    filter: Filter,
    /// The first test of each text.
    slots: Slots,
    /// By the byte that is farthest from the end, the lengths of texts that
    /// have it there: bit 0 for 1, and so on; bit 63 for all from 64. It is
    /// indexed by seven bits, which cannot fail.
    lengths: Box<[u64; 128]>,
    /// The greatest length.
    longest: usize,
    /// A text's first test, and another of its tests; in order.
    others: Vec<(u32, u32)>,
    first: u32,
    last: u32,
}

/// Texts of this length or longer share a bit.
const LONG: usize = 64;

impl Literals {
    /// A table of the tests, which have a text that is ASCII and not empty.
    pub(super) fn new(
        secret: Secret,
        end: End,
        patterns: &Patterns,
        tests: &[u32],
    ) -> Option<Literals> {
        let (&first, &last) = (tests.first()?, tests.last()?);
        let mut table = Literals {
            secret,
            end,
            filter: Filter::new(tests.len()),
            slots: Slots::new(tests.len(), patterns.len() + 1),
            lengths: Box::new([0; 128]),
            longest: 0,
            others: Vec::new(),
            first,
            last,
        };
        for &test in tests {
            table.insert(patterns, test);
        }
        table.others.sort_unstable();
        Some(table)
    }

    fn insert(&mut self, patterns: &Patterns, test: u32) {
        let text = patterns.literal(test);
        let hash = self.end.hash(self.secret, text.as_bytes());
        if self.filter.bit(hash) == 1 {
            let same = self
                .slots
                .candidates(hash)
                .find(|other| patterns.literal(*other) == text);
            if let Some(same) = same {
                self.others.push((same, test));
                return;
            }
        }
        self.filter.insert(hash);
        self.slots.insert(hash, test);
        let length = text.len();
        let byte = self.end.last(text.as_bytes(), length);
        if let Some(lengths) = self.lengths.get_mut(usize::from(byte)) {
            *lengths |= 1 << (length.min(LONG) - 1);
        }
        self.longest = self.longest.max(length);
    }

    /// Offers the tests whose text is the whole subject.
    #[inline]
    pub(super) fn search_whole(&self, search: &mut Search<'_>) {
        let text = search.subject.as_bytes();
        if self.is_useless(search) || text.is_empty() {
            return;
        }
        let byte = self.end.last(text, text.len());
        let bit = text.len().min(LONG) - 1;
        if self.lengths[usize::from(byte & 127)] >> bit & 1 == 1 {
            self.offer(search, self.end.hash(self.secret, text), text.len());
        }
    }

    /// Offers the tests whose text is at the subject's end.
    #[inline]
    pub(super) fn search_end(&self, search: &mut Search<'_>) {
        if self.is_useless(search) {
            return;
        }
        let text = search.subject.as_bytes();
        let most = self.longest.min(text.len());
        let near = self.end.take(text, most.min(LONG - 1));
        let mut lengths = 0;
        let length = |lengths: &mut u64, at: usize, byte: u8| {
            *lengths |= self.lengths[usize::from(byte & 127)] & 1 << at;
        };
        match self.end {
            End::Front => {
                let bytes = near.iter().enumerate();
                bytes.for_each(|(at, byte)| length(&mut lengths, at, *byte));
            }
            End::Back => {
                let bytes = near.iter().rev().enumerate();
                bytes.for_each(|(at, byte)| length(&mut lengths, at, *byte));
            }
        }
        let mut hash = self.secret.start();
        let mut nth = 0;
        while lengths != 0 {
            let word = self.end.word(text, nth);
            let mut here = lengths & 0xff;
            while here != 0 {
                let bytes = here.trailing_zeros() as usize + 1;
                here &= here - 1;
                let part = self.end.part(word, bytes);
                let hash = self.secret.step(hash, part);
                self.offer(search, hash, 8 * nth + bytes);
            }
            lengths >>= 8;
            hash = self.secret.step(hash, word);
            nth += 1;
        }
        if most >= LONG {
            self.search_long(search, most);
        }
    }

    /// Offers the tests whose text is longer.
    #[cold]
    fn search_long(&self, search: &mut Search<'_>, most: usize) {
        let text = search.subject.as_bytes();
        let mut hash = self.secret.start();
        for nth in 0..most.div_ceil(8) {
            let word = self.end.word(text, nth);
            for bytes in 1..=8 {
                let length = 8 * nth + bytes;
                if length < LONG || length > most {
                    continue;
                }
                let byte = self.end.last(text, length);
                if self.lengths[usize::from(byte & 127)] >> (LONG - 1) == 1 {
                    let part = self.end.part(word, bytes);
                    self.offer(search, self.secret.step(hash, part), length);
                }
            }
            hash = self.secret.step(hash, word);
        }
    }

    /// Whether no test here is between the search's bounds.
    #[inline]
    fn is_useless(&self, search: &Search<'_>) -> bool {
        self.first >= search.best || self.last < search.start
    }

    #[inline]
    fn offer(&self, search: &mut Search<'_>, hash: u64, length: usize) {
        if self.filter.bit(hash) == 1 {
            self.verify(search, hash, length);
        }
    }

    fn verify(&self, search: &mut Search<'_>, hash: u64, length: usize) {
        let text = self.end.take(search.subject.as_bytes(), length);
        for test in self.slots.candidates(hash) {
            if test >= search.best
                || search.patterns.literal(test).as_bytes() != text
            {
                continue;
            }
            if test >= search.start {
                search.best = test;
            } else {
                let key = (test, search.start);
                let at = self.others.partition_point(|pair| *pair < key);
                match self.others.get(at) {
                    Some(&(first, other)) if first == test => {
                        search.best = search.best.min(other);
                    }
                    _ => {}
                }
            }
            return;
        }
    }
}
