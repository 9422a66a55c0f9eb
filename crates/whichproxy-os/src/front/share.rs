//! What many wait for, done once.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// Futures by key. All who ask for one key while it is under way await the
/// same future, which each of them drives: it goes on as long as one is left,
/// and is dropped with the last. What has ended is not kept.
pub(super) struct Shares<K, V> {
    table: Arc<Mutex<Table<K, V>>>,
}

struct Table<K, V> {
    futures: HashMap<K, (u64, WeakShared<BoxFuture<'static, V>>)>,
    /// Counts the futures.
    number: u64,
}

impl<K, V> Shares<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What comes of the future of this key, which is made where there is
    /// none under way.
    pub(super) async fn get<F>(&self, key: K, make: impl FnOnce() -> F) -> V
    where
        F: Future<Output = V> + Send + 'static,
    {
        self.join(key, make).await
    }

    fn join<F>(
        &self,
        key: K,
        make: impl FnOnce() -> F,
    ) -> Shared<BoxFuture<'static, V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut table = lock(&self.table);
        let known = table.futures.get(&key);
        if let Some(future) = known.and_then(|(_, weak)| weak.upgrade()) {
            return future;
        }
        table.number += 1;
        let number = table.number;
        let place =
            Place { table: Arc::clone(&self.table), key: key.clone(), number };
        let future = make();
        let future = async move {
            let value = future.await;
            drop(place);
            value
        };
        let future = future.boxed().shared();
        if let Some(weak) = future.downgrade() {
            table.futures.insert(key, (number, weak));
        }
        future
    }

    /// Who asks from now on, gets a future of his own.
    pub(super) fn forget(&self) {
        lock(&self.table).futures.clear();
    }
}

fn lock<K, V>(table: &Mutex<Table<K, V>>) -> MutexGuard<'_, Table<K, V>> {
    // Nothing is left half done while it is locked.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A key's place in the table, given up when the future ends or is dropped.
struct Place<K: Eq + Hash, V> {
    table: Arc<Mutex<Table<K, V>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, V> Drop for Place<K, V> {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        // It may be that of a later future already.
        let own = table.futures.get(&self.key);
        if own.is_some_and(|(number, _)| *number == self.number) {
            table.futures.remove(&self.key);
        }
    }
}

impl<K, V> Clone for Shares<K, V> {
    fn clone(&self) -> Shares<K, V> {
        Shares { table: Arc::clone(&self.table) }
    }
}

impl<K, V> Default for Shares<K, V> {
    fn default() -> Shares<K, V> {
        let table = Table { futures: HashMap::new(), number: 0 };
        Shares { table: Arc::new(Mutex::new(table)) }
    }
}

impl<K, V> fmt::Debug for Shares<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = lock(&self.table).futures.len();
        write!(f, "Shares({count})")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn one_future_for_all_who_wait() {
        let shares: Shares<&str, usize> = Shares::default();
        let (made, go) = (Arc::new(AtomicUsize::new(0)), Notify::new());
        let go = Arc::new(go);
        let start = || {
            let (made, go) = (Arc::clone(&made), Arc::clone(&go));
            move || async move {
                let number = made.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                number
            }
        };
        // The first who waits goes away; the others still have their answer.
        let mut first = Box::pin(shares.get("a", start()));
        assert!((&mut first).now_or_never().is_none());
        let rest: Vec<_> =
            (0..100).map(|_| shares.get("a", start())).collect();
        let mut rest = Box::pin(futures_util::future::join_all(rest));
        assert!((&mut rest).now_or_never().is_none());
        drop(first);
        go.notify_one();
        assert_eq!(rest.await, [0; 100]);
        assert_eq!(format!("{shares:?}"), "Shares(0)");
        // It is not kept.
        go.notify_one();
        assert_eq!(shares.get("a", start()).await, 1);
    }

    #[tokio::test]
    async fn who_goes_away_leaves_nothing_behind() {
        let shares: Shares<&str, ()> = Shares::default();
        let held = Arc::new(());
        let never = || {
            let held = Arc::clone(&held);
            || async move {
                let _held = held;
                std::future::pending().await
            }
        };
        let mut one = Box::pin(shares.get("a", never()));
        let mut two = Box::pin(shares.get("a", never()));
        assert!((&mut one).now_or_never().is_none());
        assert!((&mut two).now_or_never().is_none());
        assert_eq!(format!("{shares:?}"), "Shares(1)");
        drop(two);
        assert_eq!(format!("{shares:?}"), "Shares(1)");
        drop(one);
        assert_eq!(format!("{shares:?}"), "Shares(0)");
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[tokio::test]
    async fn a_future_that_was_forgotten_leaves_the_next_one_alone() {
        let shares: Shares<&str, usize> = Shares::default();
        let go = Arc::new(Notify::new());
        let waits = || {
            let go = Arc::clone(&go);
            || async move {
                go.notified().await;
                1
            }
        };
        let mut old = Box::pin(shares.get("a", waits()));
        assert!((&mut old).now_or_never().is_none());
        shares.forget();
        let mut new = Box::pin(shares.get("a", std::future::pending));
        assert!((&mut new).now_or_never().is_none());
        go.notify_one();
        assert_eq!(old.await, 1);
        assert_eq!(format!("{shares:?}"), "Shares(1)");
    }
}
