//! Scripts in processes of their own.
//!
//! A script that no program takes is run by an engine that nothing stops
//! from inside: it can use memory without end, overflow the native stack, or
//! run on after its deadline. With [`Isolation::Worker`] it runs in another
//! process, which has limits of its own, can do nothing but compute, and is
//! killed and replaced where it is late, too large or dead.
//!
//! Here are the parts that need no operating system: what both ends say to
//! each other, the worker's end ([`serve`]), and the pool of workers
//! ([`Workers`]). Whoever starts processes is a [`Launch`]; there is one in
//! the crate `whichproxy-os`.
//!
//! ```text
//! Pac ─ Workers ─ Process ──pipe──▶ serve ─ boa
//!          ▲         ◀──pipe── question, alert, result
//!          └ Embedder answers
//! ```
//!
//! The worker asks nobody but its parent: names, addresses and the time come
//! as answers on the pipe, each question once, as they do within a process.

mod message;
mod pool;
mod remote;
mod serve;
mod values;
mod wire;

use std::fmt;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

#[doc(hidden)]
pub use self::message::{fuzz_ready, fuzz_reply, fuzz_request};
pub use self::pool::Workers;
pub(crate) use self::remote::{Remote, RemoteLoader};
pub use self::serve::{fail, serve};

/// Where scripts run that do not become programs.
///
/// ```
/// use whichproxy_pac::{Isolation, Pac};
/// let builder = Pac::builder().isolation(Isolation::Thread);
/// let pac = builder.build("function FindProxyForURL() { return 'DIRECT'; }")?;
/// assert_eq!(pac.strategy(), "constant");
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub enum Isolation {
    /// On threads of this process.
    ///
    /// The caller has its answer or error by the deadline, but memory is not
    /// bounded, and a thread that was left behind goes on.
    #[default]
    Thread,
    /// In other processes, with limits that hold.
    Worker(Workers),
}

/// Starts processes that run [`serve`].
pub trait Launch: fmt::Debug + Send + Sync {
    /// Starts one; what is read from it, is what it says first.
    ///
    /// # Errors
    ///
    /// When there is no process to be had.
    fn launch(&self, needs: &Needs) -> io::Result<Box<dyn Process>>;
}

/// What a worker is to have, and what it must not exceed.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Needs {
    /// The stack of the thread that serves.
    pub stack_bytes: usize,
    /// The memory beside that stack.
    pub memory_bytes: usize,
    /// The time of a processor in all its life; `None` is no limit.
    pub processor: Option<Duration>,
}

/// A process that was started: what it says is read, and what it is told is
/// written. Dropping it kills it.
pub trait Process: Read + Write + Send {
    /// Kills it at a moment, unless another is set before; `None` is never.
    fn kill_at(&mut self, moment: Option<Instant>);

    /// Whether it still runs, as far as that can be known.
    fn is_alive(&mut self) -> bool;

    /// The memory that it uses, where that is known.
    fn resident_bytes(&mut self) -> Option<u64>;

    /// Kills it if it still runs, and says how it ended.
    fn end(&mut self) -> Ending;
}

/// How a process ended.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ending {
    /// It could have no more memory.
    Memory,
    /// Its stack overflowed.
    Stack,
    /// It used more time of a processor than it may.
    Processor,
    /// In some other way, in words: `signal 9`.
    Other(String),
}
