//! Answers that were given a while ago.

use std::collections::HashMap;
use std::time::Duration;

use super::{Ages, Answer, Key};

/// When so many answers are in the young half, they become the old one, and
/// what was old is dropped.
const YOUNG_MOST: usize = 512;

/// Answers with the time at which they came, in two halves by age.
#[derive(Debug, Default)]
pub(super) struct Cache {
    young: HashMap<Key, (Answer, Duration)>,
    old: HashMap<Key, (Answer, Duration)>,
}

impl Cache {
    /// The answer, where it still counts.
    pub(super) fn find(
        &self,
        key: &Key,
        now: Duration,
        ages: Ages,
    ) -> Option<Answer> {
        let halves = [&self.young, &self.old];
        let (answer, at) = halves.into_iter().find_map(|it| it.get(key))?;
        let most = match answer {
            Ok(addresses) if !addresses.is_empty() => ages.found,
            _ => ages.not_found,
        };
        (now.saturating_sub(*at) < most).then(|| answer.clone())
    }

    /// Keeps an answer that came now.
    pub(super) fn keep(&mut self, key: Key, answer: Answer, now: Duration) {
        if self.young.len() >= YOUNG_MOST && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, (answer, now));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use whichproxy::Family;

    use super::*;

    #[test]
    fn it_is_bounded_and_keeps_the_latest() {
        let mut cache = Cache::default();
        let key = |number: u32| (number.to_string().into(), Family::V4);
        let ages = Ages { found: Duration::MAX, not_found: Duration::MAX };
        let now = Duration::ZERO;
        for number in 0..10_000 {
            cache.keep(key(number), Ok(Arc::default()), now);
            assert!(cache.find(&key(number), now, ages).is_some());
        }
        assert!(cache.young.len() + cache.old.len() <= 2 * YOUNG_MOST);
        assert!(cache.find(&key(9_500), now, ages).is_some());
        assert!(cache.find(&key(0), now, ages).is_none());
    }

    /// The newer answer counts, wherever the older one is.
    #[test]
    fn a_newer_answer_takes_the_place_of_an_older_one() {
        let mut cache = Cache::default();
        let ages = Ages { found: Duration::MAX, not_found: Duration::MAX };
        let key = |name: &str| (name.into(), Family::V4);
        let one: Answer = Ok(Arc::new([[10, 0, 0, 1].into()]));
        cache.keep(key("a"), Ok(Arc::default()), Duration::ZERO);
        for number in 0..YOUNG_MOST {
            let name = number.to_string();
            cache.keep(key(&name), Ok(Arc::default()), Duration::ZERO);
        }
        assert!(cache.old.contains_key(&key("a")));
        cache.keep(key("a"), one.clone(), Duration::ZERO);
        assert_eq!(cache.find(&key("a"), Duration::ZERO, ages), Some(one));
    }
}
