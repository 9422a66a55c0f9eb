//! Numbers of threads, by which they keep out of each other's way.

use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
}

/// The number of this thread, which no other has.
pub(crate) fn number() -> usize {
    // A thread that is about to end shares the first one's.
    NUMBER.try_with(|number| *number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_have_numbers_of_their_own() {
        let here = number();
        assert_eq!(number(), here);
        let there = std::thread::spawn(number).join().unwrap();
        assert_ne!(there, here);
    }
}
