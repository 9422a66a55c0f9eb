//! Answers that a thread keeps for itself.
//!
//! Whoever finds an answer here writes nothing that another thread reads:
//! there is no lock, and the answer itself is a copy of the thread's own, so
//! that even its count of references is not shared. Lookups on many threads
//! therefore do not slow each other down.
//!
//! The table is bounded, one for all resolvers that a thread asks, and each
//! of its sets has four places: what comes fifth takes the place of another.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use crate::answers::{Kept, Key};

/// How many answers a thread keeps at most: a power of two.
const ENTRIES: usize = 4096;

/// How many places there are for each hash.
const WAYS: usize = 4;

thread_local! {
    static NEAR: RefCell<Near> = RefCell::default();
}

/// An answer with the hash of its key.
type Place = (u64, Option<Box<Entry>>);

type Set = [Place; WAYS];

#[derive(Default)]
struct Near {
    /// Empty until the first answer is kept.
    sets: Vec<Set>,
    state: RandomState,
    /// Counts what was kept.
    kept: usize,
}

struct Entry {
    number: u64,
    key: (crate::answers::Scope, Box<str>),
    kept: Kept,
    /// Whether the answer is this thread's own copy.
    own: bool,
}

/// The answer that was kept under this number and key.
pub(crate) fn find(number: u64, key: Key<'_>) -> Option<Kept> {
    NEAR.try_with(|near| near.try_borrow_mut().ok()?.find(number, key))
        .ok()
        .flatten()
}

/// Keeps an answer for this thread, perhaps.
pub(crate) fn keep(number: u64, key: Key<'_>, kept: &Kept) {
    // A thread that ends keeps nothing.
    let _ = NEAR.try_with(|near| {
        if let Ok(mut near) = near.try_borrow_mut() {
            near.keep(number, key, kept);
        }
    });
}

impl Near {
    fn find(&mut self, number: u64, key: Key<'_>) -> Option<Kept> {
        let hash = self.hash(number, key);
        let set = self.set(hash)?;
        let entry = set.iter_mut().find_map(|(other, entry)| {
            let entry = entry.as_deref_mut().filter(|_| *other == hash)?;
            entry.is(number, key).then_some(entry)
        })?;
        if !entry.own {
            entry.kept.resolution = entry.kept.resolution.copy();
            entry.own = true;
        }
        Some(entry.kept.clone())
    }

    fn keep(&mut self, number: u64, key: Key<'_>, kept: &Kept) {
        if self.sets.is_empty() {
            self.sets.resize_with(ENTRIES / WAYS, Default::default);
        }
        self.kept = self.kept.wrapping_add(1);
        let count = self.kept;
        let hash = self.hash(number, key);
        let Some(set) = self.set(hash) else { return };
        let same = |(other, entry): &Place| {
            *other == hash
                && entry.as_ref().is_none_or(|entry| entry.is(number, key))
        };
        let free = |(_, entry): &Place| entry.is_none();
        let place = set.iter().position(same).or(set.iter().position(free));
        let place = match place {
            Some(place) => place,
            // Where there are more answers than places, most stay: each
            // replacement costs more than it gains.
            None if count.is_multiple_of(8) => count / 8 % WAYS,
            None => return,
        };
        if let Some(place) = set.get_mut(place) {
            let entry = Entry {
                number,
                key: (key.scope, key.text.into()),
                kept: kept.clone(),
                own: false,
            };
            *place = (hash, Some(Box::new(entry)));
        }
    }

    fn hash(&self, number: u64, key: Key<'_>) -> u64 {
        self.state.hash_one((number, key))
    }

    fn set(&mut self, hash: u64) -> Option<&mut Set> {
        self.sets.get_mut(hash as usize % (ENTRIES / WAYS))
    }
}

impl Entry {
    fn is(&self, number: u64, key: Key<'_>) -> bool {
        self.number == number
            && self.key.0 == key.scope
            && *self.key.1 == *key.text
    }
}
