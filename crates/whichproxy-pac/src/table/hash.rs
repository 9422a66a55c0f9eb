//! Hashes of the texts at a subject's ends, and sets of hashes.

use std::hash::{BuildHasher, RandomState};

/// The secret of a table: whoever writes the tests cannot choose texts of
/// the same hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret {
    start: u64,
    factor: u64,
}

impl Secret {
    pub(crate) fn new() -> Secret {
        let state = RandomState::new();
        Secret {
            start: state.hash_one(0_u8),
            factor: state.hash_one(1_u8) | 1,
        }
    }

    /// The hash of nothing.
    #[inline]
    pub(crate) fn start(self) -> u64 {
        self.start
    }

    /// The hash of a text that goes on with eight bytes, or ends with fewer.
    #[inline]
    pub(crate) fn step(self, hash: u64, word: u64) -> u64 {
        let product = u128::from(hash ^ word) * u128::from(self.factor);
        (product ^ (product >> 64)) as u64
    }

    /// The hash of a small number. Only its upper bits are good.
    #[inline]
    pub(crate) fn small(self, number: u32) -> u64 {
        u64::from(number).wrapping_mul(self.factor)
    }
}

/// The end of a text that a hash begins at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    Front,
    Back,
}

impl End {
    /// The bytes at this end of a text.
    #[inline]
    pub(super) fn take(self, text: &[u8], length: usize) -> &[u8] {
        let bytes = match self {
            End::Front => text.get(..length),
            End::Back => {
                text.len().checked_sub(length).and_then(|at| text.get(at..))
            }
        };
        bytes.unwrap_or(text)
    }

    /// The byte farthest from this end of a text that is cut off after
    /// `length` bytes, which is not 0.
    #[inline]
    pub(super) fn last(self, text: &[u8], length: usize) -> u8 {
        let byte = match self {
            End::Front => text.get(length.wrapping_sub(1)),
            End::Back => text.get(text.len().wrapping_sub(length)),
        };
        byte.copied().unwrap_or(0)
    }

    /// Eight bytes, the `nth` eight from this end; what is beyond the text
    /// is zero.
    #[inline]
    pub(super) fn word(self, text: &[u8], nth: usize) -> u64 {
        let mut word = [0; 8];
        match self {
            End::Front => {
                let rest = text.get(8 * nth..).unwrap_or(&[]);
                if let Some(whole) = rest.first_chunk() {
                    return u64::from_le_bytes(*whole);
                }
                word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            }
            End::Back => {
                let end = text.len().saturating_sub(8 * nth);
                let rest = text.get(..end).unwrap_or(&[]);
                if let Some(whole) = rest.last_chunk() {
                    return u64::from_le_bytes(*whole);
                }
                let both = word.iter_mut().rev().zip(rest.iter().rev());
                both.for_each(|(to, from)| *to = *from);
            }
        }
        u64::from_le_bytes(word)
    }

    /// The bytes of a word, one to eight of them, that are next to this end.
    #[inline]
    pub(super) fn part(self, word: u64, bytes: usize) -> u64 {
        let shift = 64 - 8 * (bytes as u32 & 15).clamp(1, 8);
        match self {
            End::Front => word << shift,
            End::Back => word >> shift,
        }
    }

    /// The hash of a text, begun at this end.
    pub(super) fn hash(self, secret: Secret, text: &[u8]) -> u64 {
        let mut hash = secret.start();
        let whole = text.len().saturating_sub(1) / 8;
        for nth in 0..whole {
            hash = secret.step(hash, self.word(text, nth));
        }
        if text.is_empty() {
            return hash;
        }
        let part = self.part(self.word(text, whole), text.len() - 8 * whole);
        secret.step(hash, part)
    }
}

/// A set of hashes that says too often that it has one, and never too
/// seldom. It looks at the upper bits.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    words: Box<[u64]>,
    shift: u32,
}

impl Filter {
    /// A set for so many hashes; of others at most one in sixteen passes.
    pub(super) fn new(hashes: usize) -> Filter {
        let bits = (16 * hashes.max(4)).next_power_of_two();
        let words = vec![0; bits / 64].into_boxed_slice();
        Filter { words, shift: 64 - bits.trailing_zeros() }
    }

    pub(super) fn insert(&mut self, hash: u64) {
        let bit = hash >> self.shift;
        if let Some(word) = self.words.get_mut((bit / 64) as usize) {
            *word |= 1 << (bit % 64);
        }
    }

    /// 1 where the set has the hash, else 0.
    #[inline]
    pub(super) fn bit(&self, hash: u64) -> u64 {
        let bit = hash >> self.shift;
        let word = self.words.get((bit / 64) as usize).copied();
        word.unwrap_or(0) >> (bit % 64) & 1
    }
}

/// Small numbers by hash.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// A number plus one, and above it a part of its hash; or zero.
    slots: Box<[u32]>,
    /// The bits of the number.
    mask: u32,
}

impl Slots {
    /// For `count` numbers that are less than `below`.
    pub(crate) fn new(count: usize, below: usize) -> Slots {
        let below = u32::try_from(below).unwrap_or(u32::MAX);
        let mask = u32::MAX.checked_shr(below.leading_zeros()).unwrap_or(0);
        let slots = vec![0; count + count / 2 + 1].into_boxed_slice();
        Slots { slots, mask }
    }

    /// The numbers that were inserted with a hash, and sometimes others.
    #[inline]
    pub(crate) fn candidates(
        &self,
        hash: u64,
    ) -> impl Iterator<Item = u32> + '_ {
        let tag = (hash >> 32) as u32 & !self.mask;
        let (before, after) = self.slots.split_at(self.place(hash));
        after
            .iter()
            .chain(before)
            .take_while(|slot| **slot != 0)
            .filter(move |slot| **slot & !self.mask == tag)
            .map(|slot| (slot & self.mask).wrapping_sub(1))
    }

    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        let slot = (hash >> 32) as u32 & !self.mask
            | number.wrapping_add(1) & self.mask;
        let place = self.place(hash);
        let (before, after) = self.slots.split_at_mut(place);
        let free = after.iter_mut().chain(before).find(|slot| **slot == 0);
        if let Some(free) = free {
            *free = slot;
        }
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        let place = ((hash & 0xffff_ffff) * self.slots.len() as u64) >> 32;
        // Less than the length, as the compiler is told.
        (place as usize).min(self.slots.len())
    }
}
