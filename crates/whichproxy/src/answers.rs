//! Answers that were given before.
//!
//! An answer is kept by exactly what it was proved to depend on: the origin
//! of the URL, or all of it; and as long as the clock leaves it what it is.
//! What depends on names or own addresses is never kept, since nobody tells
//! how long those stay. (WinHTTP keeps answers by host, and is wrong for
//! scripts that look at the path.)
//!
//! Two stores stand behind each other. What a thread has seen lately, it
//! keeps for itself ([`crate::near`]), and finds without writing anything
//! that another thread reads; the rest is shared.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use url::Url;
use whichproxy_pac::{Dependencies, Query, Validity};

use crate::machine::Clock;
use crate::near;
use crate::resolution::Resolution;

/// How many parts the shared answers are divided into, so that threads
/// seldom wait for each other.
const SHARDS: usize = 16;

/// When so many answers are in the young half of a part, they become its old
/// half, and the old half goes.
const YOUNG_MOST: usize = 512;

/// A text that is longer is not kept.
const LONGEST: usize = 2048;

/// What an answer depends on, the least first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scope {
    /// Scheme, host and port.
    Origin,
    /// The whole URL.
    Url,
    /// More than the URL.
    More,
}

impl Scope {
    /// The scope of what a script that was asked about `url` says, where
    /// that depends on this. The clock has a bound of its own, see [`Hold`].
    pub(crate) fn of(dependencies: Dependencies, url: &Url) -> Scope {
        if dependencies.dns() || dependencies.own_addresses() {
            Scope::More
        } else if dependencies.path() && Query::tells_path(url) {
            Scope::Url
        } else {
            Scope::Origin
        }
    }

    /// The part of a URL's text that an answer of this scope is kept by.
    fn key(self, text: &str) -> Option<Key<'_>> {
        let text = match self {
            Scope::Origin => origin(text).unwrap_or(text),
            Scope::Url => text,
            Scope::More => return None,
        };
        (text.len() <= LONGEST).then_some(Key { scope: self, text })
    }
}

/// The part of a URL's text that says all of its origin; `None` where that
/// takes a parser. Two texts that begin with it are URLs of the same origin,
/// or neither is a URL.
fn origin(text: &str) -> Option<&str> {
    let start = ["http://", "https://", "ws://", "wss://", "ftp://"]
        .iter()
        .find(|start| text.starts_with(**start))?
        .len();
    let rest = text.as_bytes().get(start..)?;
    // A user, an IPv6 address or anything to be decoded is left to the
    // parser, and so is white space, which it passes over.
    let plain = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':')
    };
    let length = rest.iter().take_while(plain).count();
    let end = match rest.get(length) {
        None | Some(b'/' | b'?' | b'#') => start + length,
        Some(_) => return None,
    };
    (length > 0).then(|| text.get(..end)).flatten()
}

/// What an answer is kept by.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key<'t> {
    pub(crate) scope: Scope,
    pub(crate) text: &'t str,
}

/// How long an answer is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    /// By the wall clock, for what a script made of it.
    validity: Validity,
    /// By [`Clock::elapsed`], for what is tried again.
    until: Option<Duration>,
}

impl Hold {
    /// For ever.
    pub(crate) const ALWAYS: Hold =
        Hold { validity: Validity::ALWAYS, until: None };

    /// As long as this, and the clock leaves it what it is.
    pub(crate) fn and(self, validity: Validity) -> Hold {
        Hold { validity: self.validity.and(validity), ..self }
    }

    /// As long as this, and until that much time has elapsed.
    pub(crate) fn until(self, until: Duration) -> Hold {
        let until = self.until.map_or(until, |least| least.min(until));
        Hold { until: Some(until), ..self }
    }

    fn lasts(&self, clock: &dyn Clock) -> bool {
        self.until.is_none_or(|until| clock.elapsed() < until)
            && (self.validity == Validity::ALWAYS
                || self.validity.contains(clock.now()))
    }
}

/// An answer that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) resolution: Resolution,
    pub(crate) hold: Hold,
}

/// The answers of a resolver.
pub(crate) struct Answers {
    /// Says which answers these are, to threads that keep some of them. What
    /// was kept under another number was forgotten.
    number: AtomicU64,
    shards: Box<[RwLock<Shard>; SHARDS]>,
    state: RandomState,
}

#[derive(Default)]
struct Shard {
    young: Half,
    old: Half,
}

/// Answers with the number they were kept under, by scope and text.
#[derive(Default)]
struct Half {
    origins: HashMap<Box<str>, (u64, Kept)>,
    urls: HashMap<Box<str>, (u64, Kept)>,
}

/// The last number that was given away.
static NUMBER: AtomicU64 = AtomicU64::new(0);

fn next_number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed) + 1
}

impl Answers {
    pub(crate) fn new() -> Answers {
        Answers {
            number: AtomicU64::new(next_number()),
            shards: Box::new(std::array::from_fn(|_| RwLock::default())),
            state: RandomState::new(),
        }
    }

    /// The number to keep an answer under that is worked out from now on.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// The answer for a URL's text, if it is known.
    pub(crate) fn find(
        &self,
        text: &str,
        clock: &dyn Clock,
    ) -> Option<Resolution> {
        let number = self.number();
        let keys = [Scope::Origin, Scope::Url].map(|scope| scope.key(text));
        let keys = || keys.iter().flatten().copied();
        let near = keys().find_map(|key| near::find(number, key));
        let kept = near.or_else(|| {
            keys().find_map(|key| {
                let kept = self.shared(number, key)?;
                near::keep(number, key, &kept);
                Some(kept)
            })
        })?;
        kept.hold.lasts(clock).then_some(kept.resolution)
    }

    fn shared(&self, number: u64, key: Key<'_>) -> Option<Kept> {
        let shard = self.shard(key);
        let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
        let Shard { young, old } = &*shard;
        let found = [young, old]
            .into_iter()
            .find_map(|half| half.of(key.scope).get(key.text))?;
        (found.0 == number).then(|| found.1.clone())
    }

    /// Keeps an answer that was worked out while `number` was theirs.
    pub(crate) fn keep(
        &self,
        number: u64,
        text: &str,
        scope: Scope,
        hold: Hold,
        resolution: &Resolution,
    ) {
        let Some(key) = scope.key(text) else { return };
        let kept = Kept { resolution: resolution.clone(), hold };
        near::keep(number, key, &kept);
        let shard = self.shard(key);
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.young.len() >= YOUNG_MOST {
            shard.old = std::mem::take(&mut shard.young);
        }
        let young = shard.young.of_mut(scope);
        young.insert(key.text.into(), (number, kept));
    }

    /// Forgets all answers, those that are being worked out too.
    pub(crate) fn forget(&self) {
        self.number.store(next_number(), Ordering::Release);
        for shard in self.shards.iter() {
            let mut shard =
                shard.write().unwrap_or_else(PoisonError::into_inner);
            *shard = Shard::default();
        }
    }

    fn shard(&self, key: Key<'_>) -> &RwLock<Shard> {
        let hash = self.state.hash_one(key.text);
        // The upper bits; the maps have hashes of their own.
        #[allow(clippy::indexing_slicing)] // four bits are less than SHARDS
        &self.shards[(hash >> 60) as usize]
    }
}

impl Half {
    fn len(&self) -> usize {
        self.origins.len() + self.urls.len()
    }

    fn of(&self, scope: Scope) -> &HashMap<Box<str>, (u64, Kept)> {
        if scope == Scope::Origin { &self.origins } else { &self.urls }
    }

    fn of_mut(&mut self, scope: Scope) -> &mut HashMap<Box<str>, (u64, Kept)> {
        match scope {
            Scope::Origin => &mut self.origins,
            _ => &mut self.urls,
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |shard: &RwLock<Shard>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.young.len() + shard.old.len()
        };
        let count: usize = self.shards.iter().map(count).sum();
        write!(f, "Answers({count})")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI32, AtomicI64};

    use whichproxy_pac::LocalTime;

    use super::*;
    use crate::machine::{Caching, Machine, Names, Page, Pages};
    use crate::registry::{Key as RegistryKey, Root, Tree, Value};
    use crate::{Client, Resolver};

    #[test]
    fn origins() {
        for (text, expected) in [
            ("http://a.example/x", Some("http://a.example")),
            ("http://a.example", Some("http://a.example")),
            ("https://A-1.example:8443?q", Some("https://A-1.example:8443")),
            ("ws://a#b", Some("ws://a")),
            ("http://a\\b", None),
            ("http://u@a/", None),
            ("http://a /", None),
            ("http://a\t/", None),
            ("http://[::1]/", None),
            ("http://é/", None),
            ("http://%61/", None),
            ("http:///a", None),
            ("http://", None),
            (" http://a/", None),
            ("HTTP://a/", None),
            ("gopher://a/", None),
        ] {
            assert_eq!(origin(text), expected, "{text}");
        }
    }

    /// What is kept by the text of its origin has that origin, whatever
    /// follows.
    #[test]
    fn texts_that_begin_alike_have_one_origin() {
        let starts = ["http://a.b", "https://1.2:80", "ws://A:", "ftp://0x1f"];
        let rests = ["", "/", "/x?y#z", "?@b", "#\\", "/\u{e9} \t:8@c/"];
        for start in starts {
            let parsed = |rest: &&str| Url::parse(&format!("{start}{rest}"));
            let of = |url: Url| {
                let host = url.host_str().map(str::to_owned);
                (url.scheme().to_owned(), host, url.port())
            };
            let first = parsed(&"").map(of);
            for rest in rests {
                let text = format!("{start}{rest}");
                assert_eq!(origin(&text), Some(start), "{text}");
                assert_eq!(parsed(&rest).map(of), first, "{text}");
            }
        }
    }

    /// A clock that is set by hand: milliseconds, and the zone's offset.
    #[derive(Clone, Debug, Default)]
    struct Watch(Arc<(AtomicI64, AtomicI32)>);

    impl Watch {
        fn set(&self, time: &str) {
            let time: LocalTime = time.parse().unwrap();
            let Watch(state) = self;
            state.0.store(time.unix_milliseconds(), Ordering::SeqCst);
            state.1.store(time.utc_offset_seconds(), Ordering::SeqCst);
        }
    }

    impl Clock for Watch {
        fn now(&self) -> LocalTime {
            let Watch(state) = self;
            let offset = state.1.load(Ordering::SeqCst);
            LocalTime::new(state.0.load(Ordering::SeqCst), offset)
        }

        fn elapsed(&self) -> Duration {
            let milliseconds = self.now().unix_milliseconds();
            Duration::from_millis(milliseconds.try_into().unwrap())
        }
    }

    fn machine(script: &str, watch: &Watch) -> Machine {
        let key =
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
        let at = "http://pac.example/p.pac";
        let tree = Tree::new().with(
            &RegistryKey::new(Root::CurrentUser, key),
            "AutoConfigURL",
            Value::String(at.to_owned()),
        );
        let body = script.into();
        let day = [("Cache-Control", "max-age=86400")];
        let caching = Caching::from_headers(day);
        let page = Page { body, caching, ..Page::default() };
        let pages = Pages::new().with_page(&at.parse().unwrap(), page);
        Machine::offline()
            .with_registry(tree)
            .with_fetch(pages)
            .with_dns(Names::new().with("known.example", [[10, 0, 0, 1]]))
            .with_clock(watch.clone())
    }

    fn resolver(script: &str, watch: &Watch) -> Resolver {
        let machine = machine(script, watch);
        Resolver::new(Client::WinhttpAuto, machine).unwrap()
    }

    /// What is known after a question has been asked.
    #[test]
    fn what_is_kept() {
        let by_host = "return dnsDomainIs(host, '.example') ? 'a' : 'b';";
        let by_path = "return shExpMatch(url, '*/x*') ? 'a' : 'b';";
        let by_name = "if (host == 'plain.example') return 'PROXY a:1';
            return isResolvable(host) ? 'PROXY b:1' : 'PROXY c:1';";
        let by_own = "return myIpAddress() == 'x' ? 'a' : 'b';";
        let by_time = "return timeRange(8, 17) ? 'a' : 'b';";
        let by_boa = "return eval('host') == 'x' ? 'a' : 'b';";
        let throws = "if (host == 'x.example') throw 'x'; return 'a';";
        let (one, two) = ("http://x.example/x", "http://x.example/y");
        for (body, asked, other, known) in [
            (by_host, one, one, true),
            (by_host, one, two, true),
            (by_host, one, "http://x.example", true),
            (by_host, one, "https://x.example/x", false),
            (by_host, one, "http://x.example:81/x", false),
            (by_host, one, "http://X.example/x", false),
            (by_host, "http://X.example/x", "http://X.example/y", true),
            (by_host, "http://[::1]/x", "http://[::1]/x", true),
            (by_host, "http://[::1]/x", "http://[::1]/y", false),
            (by_path, one, one, true),
            (by_path, one, two, false),
            (by_path, "http://x.example", one, false),
            // Scripts are not told more than the origin.
            (by_path, "https://x.example/x", "https://x.example/y", true),
            // A question without an answer that lasts.
            (by_name, one, one, false),
            (by_name, "http://known.example/", "http://known.example/", false),
            // No question on the way.
            (by_name, "http://plain.example/", "http://plain.example/z", true),
            (by_own, one, one, false),
            (by_time, one, two, true),
            (by_boa, one, one, false),
            (throws, one, one, false),
        ] {
            let watch = Watch::default();
            watch.set("2026-11-22T09:30:00+01:00");
            let source =
                format!("function FindProxyForURL(url, host) {{ {body} }}");
            let resolver = resolver(&source, &watch);
            assert!(resolver.known(other).is_none());
            let first = resolver.resolve_text(asked).unwrap();
            for _ in 0..3 {
                let found = resolver.known(other);
                let place = format!("{body} {asked} {other}");
                assert_eq!(found.is_some(), known, "{place}");
                if let Some(found) = found {
                    assert_eq!(found.routes(), first.routes(), "{place}");
                    let trace = first.trace().to_string();
                    assert_eq!(found.trace().to_string(), trace, "{place}");
                }
            }
            let elsewhere = resolver.clone();
            let there = std::thread::scope(|scope| {
                scope.spawn(|| elsewhere.known(other)).join().unwrap()
            });
            assert_eq!(there.is_some(), known, "on another thread");
            resolver.forget();
            assert!(elsewhere.known(other).is_none(), "forgotten");
        }
    }

    #[test]
    fn what_the_clock_says_is_kept_until_it_says_something_else() {
        let source = "function FindProxyForURL(url, host) {
            return timeRange(8, 0, 16, 59) ? 'PROXY day:1' : 'PROXY night:1';
        }";
        let watch = Watch::default();
        let resolver = resolver(source, &watch);
        for (time, known, routes) in [
            ("2026-11-22T07:59:58+01:00", false, "PROXY night:1"),
            ("2026-11-22T07:59:59+01:00", true, "PROXY night:1"),
            ("2026-11-22T07:59:59.999+01:00", true, "PROXY night:1"),
            ("2026-11-22T08:00:00+01:00", false, "PROXY day:1"),
            ("2026-11-22T08:00:01+01:00", true, "PROXY day:1"),
            ("2026-11-22T16:59:59+01:00", true, "PROXY day:1"),
            // The clock is changed to summer time, and back.
            ("2026-11-22T17:10:00+02:00", false, "PROXY night:1"),
            ("2026-11-22T16:10:00+01:00", false, "PROXY day:1"),
            ("2026-11-22T17:00:00+01:00", false, "PROXY night:1"),
            ("2026-11-22T23:59:59+01:00", true, "PROXY night:1"),
            ("2026-11-23T00:00:00+01:00", false, "PROXY night:1"),
            ("2026-11-23T00:00:01+01:00", true, "PROXY night:1"),
            // Somebody sets it.
            ("2026-11-22T12:00:00+01:00", false, "PROXY day:1"),
        ] {
            watch.set(time);
            let text = "http://x.example/";
            assert_eq!(resolver.known(text).is_some(), known, "{time}");
            let found = resolver.resolve_text(text).unwrap();
            assert_eq!(found.routes().to_string(), routes, "{time}");
        }
    }

    /// A failure is an answer until it is time to try again.
    #[test]
    fn failures_are_kept_until_they_are_tried_again() {
        let watch = Watch::default();
        let machine = machine("x", &watch).with_fetch(Pages::new());
        let resolver = Resolver::new(Client::Wininet, machine).unwrap();
        for (time, known) in [
            ("2026-11-22T09:00:00Z", false),
            ("2026-11-22T09:01:59.999Z", true),
            ("2026-11-22T09:02:00Z", false),
            ("2026-11-22T09:03:59Z", true),
        ] {
            watch.set(time);
            let text = "http://x.example/";
            assert_eq!(resolver.known(text).is_some(), known, "{time}");
            let found = resolver.resolve_text(text).unwrap();
            assert_eq!(found.routes().to_string(), "DIRECT", "{time}");
        }
    }

    #[test]
    fn answers_are_bounded_and_right() {
        let source = "function FindProxyForURL(url, host) {
            return 'PROXY ' + host + ':1';
        }";
        let watch = Watch::default();
        watch.set("2026-11-22T09:00:00Z");
        let resolver = resolver(source, &watch);
        let answers = Arc::clone(resolver.answers().unwrap());
        std::thread::scope(|scope| {
            for start in [0, 10_000] {
                let resolver = &resolver;
                scope.spawn(move || {
                    for number in 0..20_000 {
                        let number = start + number * 7 % 20_000;
                        let text = format!("http://h{number}/");
                        let found = resolver.resolve_text(&text).unwrap();
                        let routes = found.routes().to_string();
                        assert_eq!(routes, format!("PROXY h{number}:1"));
                    }
                });
            }
        });
        let count = |shard: &RwLock<Shard>| {
            let shard = shard.read().unwrap();
            let count = shard.young.len() + shard.old.len();
            assert!(count <= 2 * YOUNG_MOST);
            count
        };
        let count: usize = answers.shards.iter().map(count).sum();
        assert!(count > SHARDS * YOUNG_MOST / 2, "{count}");
    }

    #[test]
    fn what_was_worked_out_before_all_was_forgotten_is_not_kept() {
        let watch = Watch::default();
        let resolver = resolver("", &watch);
        let answers = resolver.answers().unwrap();
        let found = resolver.resolve_text("http://x.example/").unwrap();
        let clock: &dyn Clock = &watch;
        let text = "http://y.example/";
        let number = answers.number();
        answers.forget();
        answers.keep(number, text, Scope::Origin, Hold::ALWAYS, &found);
        assert!(answers.find(text, clock).is_none());
        let number = answers.number();
        answers.keep(number, text, Scope::Origin, Hold::ALWAYS, &found);
        assert!(answers.find(text, clock).is_some());
    }
}
