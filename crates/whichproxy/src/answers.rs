//! Answers that were given before.
//!
//! An answer is kept by exactly what it was proved to depend on: the origin
//! of the URL, or all of it. What depends on names, addresses or the clock
//! is never kept. (WinHTTP keeps answers by host, and is wrong for scripts
//! that look at the path.)

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use url::{Position, Url};
use whichproxy_pac::Dependencies;

use crate::resolver::Resolution;

/// How many parts the answers are divided into, so that threads seldom wait
/// for each other.
const SHARDS: usize = 16;

/// At most so many answers are in a part; then it starts anew.
const MOST: usize = 1024;

/// A URL that is longer is not kept.
const LONGEST: usize = 2048;

/// What an answer depends on, the least first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scope {
    /// Scheme, host and port.
    Origin,
    /// The whole URL.
    Url,
    /// More than the URL.
    More,
}

impl Scope {
    /// The scope of what depends on this.
    pub(crate) fn of(dependencies: Dependencies) -> Scope {
        let machine = dependencies.dns()
            || dependencies.own_addresses()
            || dependencies.clock();
        match machine {
            true => Scope::More,
            false if dependencies.path() => Scope::Url,
            false => Scope::Origin,
        }
    }

    /// The part of `url` that an answer of this scope is kept by.
    fn key(self, url: &Url) -> Option<&str> {
        let key = match self {
            Scope::Origin => &url[..Position::BeforePath],
            Scope::Url => url.as_str(),
            Scope::More => return None,
        };
        (key.len() <= LONGEST).then_some(key)
    }
}

/// The answers of a resolver.
pub(crate) struct Answers {
    shards: [RwLock<HashMap<Box<str>, Resolution>>; SHARDS],
    state: RandomState,
}

impl Answers {
    pub(crate) fn new() -> Answers {
        Answers {
            shards: std::array::from_fn(|_| RwLock::default()),
            state: RandomState::new(),
        }
    }

    /// The answer for `url`, if it is known.
    pub(crate) fn find(&self, url: &Url) -> Option<Resolution> {
        // What depends on the origin alone ends where the path begins, so
        // the two kinds of keys never meet.
        [Scope::Origin, Scope::Url].into_iter().find_map(|scope| {
            let key = scope.key(url)?;
            let shard = self.shard(key);
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.get(key).cloned()
        })
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, url: &Url, scope: Scope, found: &Resolution) {
        let Some(key) = scope.key(url) else { return };
        let shard = self.shard(key);
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= MOST {
            shard.clear();
        }
        shard.insert(key.into(), found.clone());
    }

    pub(crate) fn forget(&self) {
        for shard in &self.shards {
            shard.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    fn shard(&self, key: &str) -> &RwLock<HashMap<Box<str>, Resolution>> {
        let hash = self.state.hash_one(key);
        // The upper bits; the maps have hashes of their own.
        #[allow(clippy::indexing_slicing)] // four bits are less than SHARDS
        &self.shards[(hash >> 60) as usize]
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |shard: &RwLock<HashMap<_, _>>| {
            shard.read().unwrap_or_else(PoisonError::into_inner).len()
        };
        let count: usize = self.shards.iter().map(count).sum();
        write!(f, "Answers({count})")
    }
}
