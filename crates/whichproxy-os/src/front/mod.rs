//! A resolver that holds no thread while it waits.

mod bridge;
mod dns;
mod share;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use url::Url;
use whichproxy::machine::{Change, Fault, Machine};
use whichproxy::{
    Client, Error, Finished, Inquiry, Plan, Progress, Resolution, Resolver,
    Work,
};

use self::bridge::Bridge;
pub use self::dns::{AsyncDns, BlockingDns, Lookup};
use self::dns::{MachineDns, Names};
use self::share::Shares;
use crate::Watch;

/// A [`Resolver`] for tokio, which holds no thread while it waits for names.
///
/// Each lookup is an [`Inquiry`]: it walks the plan with what it has, awaits
/// what is missing, and walks again; routes, traces and errors are those of
/// [`Resolver::resolve`]. Clones share everything.
///
/// What can't be awaited is done on tokio's blocking threads, and bounded:
///
/// * Scripts are found and fetched by at most [`AsyncResolver::FETCHES`]
///   threads; all lookups that wait for one script wait for one fetch.
/// * Scripts that run as JavaScript (`js`) take a thread from beginning to
///   end, at most [`AsyncResolver::RUNS`] at a time. Compiled ones take none.
/// * Names are asked of the machine's own resolver by [`BlockingDns`], which
///   has a bound, too; [`AsyncResolver::with_dns`] replaces it. All lookups
///   that wait for one name ask once, and one that has no answer after
///   [`AsyncResolver::NAME_TIMEOUT`] does not resolve.
///
/// A lookup that is dropped leaves nothing behind but what already runs on a
/// blocking thread, whose end nobody waits for.
///
/// Like tokio's own, its futures panic where they are polled outside of a
/// runtime with a timer.
///
/// ```
/// use whichproxy::{Client, Machine};
/// use whichproxy_os::{AsyncResolver, SystemDns};
/// # let runtime = tokio::runtime::Builder::new_current_thread()
/// #     .enable_all()
/// #     .build()?;
/// # runtime.block_on(async {
/// let machine = Machine::offline().with_env("https_proxy", "proxy.corp:3128");
/// let resolver = AsyncResolver::new(Client::Environment, machine)?
///     .with_dns(SystemDns::new());
/// let url = "https://www.example.com/".parse()?;
/// let resolution = resolver.resolve(&url).await?;
/// assert_eq!(resolution.routes().to_string(), "PROXY proxy.corp:3128");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AsyncResolver {
    resolver: Resolver,
    names: Names,
    deadline: Option<Duration>,
    scripts: Shares<Box<str>, Option<Finished>>,
    fetches: Arc<Semaphore>,
    runs: Arc<Semaphore>,
    /// How many changes of the resolver it has gone by.
    changes: Arc<AtomicU64>,
}

impl AsyncResolver {
    /// How many threads find and fetch scripts at most.
    pub const FETCHES: usize = 4;

    /// How many threads wait for scripts at most that run as JavaScript.
    pub const RUNS: usize = 8;

    /// How long a name is waited for. It is more than what resolvers of their
    /// own allow themselves, for those that have no limit.
    pub const NAME_TIMEOUT: Duration = Duration::from_secs(30);

    /// How many lookups [`AsyncResolver::resolve_many`] has under way at
    /// most.
    pub const MANY: usize = 1024;

    /// As [`Resolver::new`]; the settings are read at once, on this thread.
    ///
    /// # Errors
    ///
    /// As [`Resolver::new`].
    pub fn new(
        client: Client,
        machine: Machine,
    ) -> Result<AsyncResolver, Error> {
        Resolver::new(client, machine).map(AsyncResolver::from)
    }

    /// The same, which asks `dns` for names, scripts' and WPAD's alike, and
    /// remembers nothing yet.
    pub fn with_dns(self, dns: impl AsyncDns + 'static) -> AsyncResolver {
        let names = Names::new(Arc::new(dns));
        let machine = self.resolver.machine().clone();
        let machine = machine.with_dns(Bridge::new(names.clone()));
        let resolver = self.resolver.with_machine(machine);
        let (scripts, changes) = (Shares::default(), Arc::default());
        AsyncResolver { resolver, names, scripts, changes, ..self }
    }

    /// The same, whose lookups end after `deadline` at the latest, with an
    /// error of kind [`Overdue`](whichproxy::ErrorKind::Overdue).
    ///
    /// There is none by default: what is waited for has limits of its own.
    pub fn with_deadline(self, deadline: Duration) -> AsyncResolver {
        AsyncResolver { deadline: Some(deadline), ..self }
    }

    /// As [`Resolver::plan`].
    pub fn plan(&self) -> Arc<Plan> {
        self.resolver.plan()
    }

    /// As [`Resolver::changed`], which reads the registry or asks the system
    /// for its interfaces on this thread. What is under way is not waited
    /// for, and what comes of it is not given to lookups that begin later.
    ///
    /// ```
    /// use whichproxy::machine::Change;
    /// use whichproxy::{Client, Machine};
    /// use whichproxy_os::AsyncResolver;
    /// let resolver = AsyncResolver::new(Client::Winhttp, Machine::offline())?;
    /// assert!(!resolver.changed(Change::Registry)?);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Resolver::changed`].
    pub fn changed(&self, change: Change) -> Result<bool, Error> {
        let changed = self.resolver.changed(change)?;
        let changes = [Change::Registry, Change::Addresses]
            .map(|change| self.resolver.changes(change));
        let now = changes.iter().sum();
        // Whoever has told the resolver.
        if self.changes.swap(now, Ordering::AcqRel) != now {
            self.scripts.forget();
            self.names.forget();
        }
        Ok(changed)
    }

    /// Watches this machine for it, as [`Watch::new`] does for a resolver
    /// that blocks; `told` is told on a thread of its own.
    ///
    /// ```
    /// use whichproxy::{Client, Machine};
    /// use whichproxy_os::AsyncResolver;
    /// let resolver = AsyncResolver::new(Client::Winhttp, Machine::offline())?;
    /// let watch = resolver.watch(|told| println!("{told:?}"))?;
    /// // Here a program goes on, and asks `resolver` now and then.
    /// drop(watch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Watch::new`].
    pub fn watch(
        &self,
        told: impl FnMut(Result<Change, Fault>) + Send + 'static,
    ) -> Result<Watch, Fault> {
        let changing = self.clone();
        let changed = move |change| changing.changed(change);
        Watch::with(&self.resolver, changed, told)
    }

    /// As [`Resolver::forget`].
    pub fn forget(&self) {
        self.resolver.forget();
        self.scripts.forget();
        self.names.forget();
    }

    /// As [`Resolver::resolve`].
    ///
    /// # Errors
    ///
    /// As [`Resolver::resolve`], and when the deadline has passed.
    pub async fn resolve(&self, url: &Url) -> Result<Resolution, Error> {
        match self.resolver.known(url.as_str()) {
            Some(known) => Ok(known),
            None => self.drive(self.resolver.inquire(url)).await,
        }
    }

    /// As [`Resolver::resolve_text`].
    ///
    /// # Errors
    ///
    /// As [`AsyncResolver::resolve`], and when `text` is no URL.
    pub async fn resolve_text(&self, text: &str) -> Result<Resolution, Error> {
        match self.resolver.known(text) {
            Some(known) => Ok(known),
            None => self.drive(self.resolver.inquire_text(text)?).await,
        }
    }

    /// As [`AsyncResolver::resolve_text`] for many URLs, in their order.
    pub async fn resolve_many(
        &self,
        urls: &[impl AsRef<str>],
    ) -> Vec<Result<Resolution, Error>> {
        stream::iter(urls)
            .map(|url| self.resolve_text(url.as_ref()))
            .buffered(AsyncResolver::MANY)
            .collect()
            .await
    }

    /// Goes on to the end.
    async fn drive(&self, mut inquiry: Inquiry) -> Result<Resolution, Error> {
        let start = Instant::now();
        // None for one so far away that no clock can show it.
        let end = self.deadline.and_then(|limit| start.checked_add(limit));
        loop {
            match inquiry.advance()? {
                Progress::Done(resolution) => return Ok(resolution),
                Progress::Resolve { name, family } => {
                    let answer = self.names.lookup(&name, family);
                    let Some(answer) = within(end, answer).await else {
                        break;
                    };
                    // As for any client, faults are names that do not
                    // resolve.
                    let found = answer.iter().flat_map(|found| found.iter());
                    inquiry.resolved(&name, family, found.copied());
                }
                Progress::Work(work) => {
                    let finished = within(end, self.work(work)).await;
                    let Some(Some(finished)) = finished else { break };
                    inquiry.worked(finished);
                }
            }
        }
        let limit = self.deadline.unwrap_or_else(|| start.elapsed());
        Err(inquiry.overdue(limit))
    }

    /// Does what blocks where that does no harm; `None` where it broke off.
    async fn work(&self, work: Work) -> Option<Finished> {
        self.names.enter();
        let Some(key) = work.shared() else {
            return run(Arc::clone(&self.runs), work).await;
        };
        let key = key.into();
        let fetches = &self.fetches;
        self.scripts.get(key, || run(Arc::clone(fetches), work)).await
    }
}

/// Does it on a blocking thread, one of those that `places` allows.
async fn run(places: Arc<Semaphore>, work: Work) -> Option<Finished> {
    let place = places.acquire_owned().await.ok()?;
    let running = tokio::task::spawn_blocking(move || {
        let finished = work.run();
        // It is held for as long as the thread is.
        drop(place);
        finished
    });
    running.await.ok()
}

/// What comes of it, if that is before the end.
async fn within<T>(
    end: Option<Instant>,
    future: impl Future<Output = T>,
) -> Option<T> {
    match end {
        None => Some(future.await),
        Some(end) => timeout_at(end, future).await.ok(),
    }
}

impl From<Resolver> for AsyncResolver {
    /// A front for this resolver, which shares what it remembers.
    fn from(resolver: Resolver) -> AsyncResolver {
        let machine = MachineDns(resolver.machine().clone());
        AsyncResolver {
            names: Names::new(Arc::new(BlockingDns::new(machine))),
            resolver,
            deadline: None,
            scripts: Shares::default(),
            fetches: Arc::new(Semaphore::new(AsyncResolver::FETCHES)),
            runs: Arc::new(Semaphore::new(AsyncResolver::RUNS)),
            changes: Arc::default(),
        }
    }
}

impl fmt::Debug for AsyncResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncResolver")
            .field("resolver", &self.resolver)
            .field("names", &self.names)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
