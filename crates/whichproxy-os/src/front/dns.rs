//! Names that are awaited.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use whichproxy::Family;
use whichproxy::machine::{Dns, Fault, Machine};

use super::AsyncResolver;
use super::share::Shares;

/// Resolves names to addresses, and holds no thread meanwhile.
///
/// ```
/// use whichproxy::Family;
/// use whichproxy::machine::Fault;
/// use whichproxy_os::{AsyncDns, Lookup};
///
/// /// Whatever the name, it is this machine.
/// #[derive(Debug)]
/// struct Home;
///
/// impl AsyncDns for Home {
///     fn lookup<'a>(&'a self, name: &'a str, family: Family) -> Lookup<'a> {
///         Box::pin(async move {
///             match name.len() {
///                 0 => Err(Fault::new("no name")),
///                 _ => Ok(vec![[127, 0, 0, 1].into()]),
///             }
///         })
///     }
/// }
/// ```
pub trait AsyncDns: fmt::Debug + Send + Sync {
    /// The addresses of `name`, in the order in which they are to be tried;
    /// none where it does not exist, and a fault where the question can't be
    /// asked or is not answered.
    fn lookup<'a>(&'a self, name: &'a str, family: Family) -> Lookup<'a>;

    /// Drops what is remembered of earlier answers; nothing by default.
    fn forget(&self) {}
}

/// What an [`AsyncDns`] gives: the addresses of a name, some time later.
pub type Lookup<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, Fault>> + Send + 'a>>;

/// Any [`Dns`], asked on tokio's blocking threads, at most
/// [`BlockingDns::MOST`] at a time; who asks beyond that, waits for a place.
///
/// For the system's own resolver there is a better way: a
/// [`SystemDns`](crate::SystemDns) can be awaited itself.
#[derive(Clone, Debug)]
pub struct BlockingDns {
    dns: Arc<dyn Dns>,
    places: Arc<Semaphore>,
}

impl BlockingDns {
    /// How many threads wait for it at most.
    pub const MOST: usize = 16;

    /// Asks `dns`.
    pub fn new(dns: impl Dns + 'static) -> BlockingDns {
        BlockingDns {
            dns: Arc::new(dns),
            places: Arc::new(Semaphore::new(BlockingDns::MOST)),
        }
    }
}

impl AsyncDns for BlockingDns {
    fn lookup<'a>(&'a self, name: &'a str, family: Family) -> Lookup<'a> {
        Box::pin(async move {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let (dns, name) = (Arc::clone(&self.dns), name.to_owned());
            let lookup = tokio::task::spawn_blocking(move || {
                let found = dns.lookup(&name, family);
                // It is held for as long as the thread is.
                drop(place);
                found
            });
            lookup.await.unwrap_or_else(|_| Err(broke_off()))
        })
    }

    fn forget(&self) {
        self.dns.forget();
    }
}

fn broke_off() -> Fault {
    Fault::new("the lookup broke off")
}

/// The names of a machine.
#[derive(Debug)]
pub(super) struct MachineDns(pub(super) Machine);

impl Dns for MachineDns {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        self.0.dns().lookup(name, family)
    }

    fn forget(&self) {
        self.0.dns().forget();
    }
}

/// Asks for each name once, however many wait for it.
#[derive(Clone, Debug)]
pub(super) struct Names {
    dns: Arc<dyn AsyncDns>,
    shares: Shares<(Box<str>, Family), Answer>,
    /// Where they are awaited, for threads that are none of tokio's.
    runtime: Arc<Mutex<Option<Handle>>>,
}

pub(super) type Answer = Result<Arc<[IpAddr]>, Fault>;

impl Names {
    pub(super) fn new(dns: Arc<dyn AsyncDns>) -> Names {
        Names { dns, shares: Shares::default(), runtime: Arc::default() }
    }

    /// Threads that begin from here on may ask, too.
    pub(super) fn enter(&self) {
        *self.lock() = Handle::try_current().ok();
    }

    /// Where a thread that blocks can have them awaited.
    pub(super) fn runtime(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| self.lock().clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Handle>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn lookup(&self, name: &str, family: Family) -> Answer {
        let key = (name.into(), family);
        let (dns, name) = (Arc::clone(&self.dns), name.to_owned());
        self.shares.get(key, || ask(dns, name, family)).await
    }

    pub(super) fn forget(&self) {
        self.dns.forget();
        self.shares.forget();
    }
}

async fn ask(dns: Arc<dyn AsyncDns>, name: String, family: Family) -> Answer {
    let lookup = AssertUnwindSafe(async { dns.lookup(&name, family).await });
    match tokio::time::timeout(
        AsyncResolver::NAME_TIMEOUT,
        lookup.catch_unwind(),
    )
    .await
    {
        Ok(Ok(found)) => found.map(Into::into),
        // An embedder's panic is not passed on to all who wait.
        Ok(Err(_)) => Err(broke_off()),
        Err(_) => Err(crate::dns::no_answer(AsyncResolver::NAME_TIMEOUT)),
    }
}
