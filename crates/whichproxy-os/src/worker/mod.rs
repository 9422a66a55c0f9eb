//! Worker processes, in which scripts run that could hurt this one.
//!
//! A worker is this same executable, started again: its `main` calls
//! [`serve_if_asked`] before anything else, which returns at once in every
//! other process. Or it is another one that does, such as the `whichproxy`
//! command.
//!
//! ```no_run
//! use whichproxy::{Client, Isolation, Resolver};
//! fn main() -> Result<(), whichproxy::Error> {
//!     whichproxy_os::worker::serve_if_asked();
//!     let workers = whichproxy_os::worker::workers();
//!     let machine = whichproxy_os::machine();
//!     let resolver = Resolver::new(Client::WinhttpAuto, machine)?
//!         .with_isolation(Isolation::Worker(workers));
//!     // …
//!     # drop(resolver);
//!     Ok(())
//! }
//! ```
//!
//! # What a worker can do
//!
//! | | Linux | other Unix | Windows |
//! | --- | --- | --- | --- |
//! | environment | empty | empty | `SystemRoot` |
//! | descriptors | its three pipes | its three pipes | what was not inherited by name |
//! | memory | `RLIMIT_AS` | `RLIMIT_AS`, where the system heeds it | its job's |
//! | time | killed at the deadline; `RLIMIT_CPU` | the same | killed at the deadline; its job's |
//! | files, sockets, processes | no system call for them (seccomp) | none can be opened (`RLIMIT_NOFILE`, `RLIMIT_NPROC`) | no process, no privilege, no writing to what is the user's (low integrity); reading and sockets are not forbidden |
//! | core dumps | none | none | no dialogue when it fails |
//!
//! It ends when its parent does. What Windows does with a job and with low
//! integrity is documented (JOB-OBJECTS, INTEGRITY-LEVELS) and was not
//! measured on Windows: Wine, under which it was run, heeds few of those
//! limits.

mod launch;
mod limits;
mod named;
mod quiet;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(unix)]
mod stdio;
mod watch;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::{process, thread};

use whichproxy_pac::worker::{Workers, fail, serve};

pub use self::launch::Executable;
pub use self::named::{named_by_environment, trusts_environment};

/// The first argument of a worker.
const ARGUMENT: &str = "whichproxy-worker";

/// What workers are, where they are not this executable.
static OTHER: OnceLock<Executable> = OnceLock::new();

/// A pool of workers that are this executable, whose `main` must begin with
/// [`serve_if_asked`]; or what [`start_as`] said.
pub fn workers() -> Workers {
    let other = OTHER.get().cloned();
    Workers::new(other.unwrap_or_else(Executable::this))
}

/// Makes `executable` what [`workers`] starts from now on: for a library in
/// an interpreter, which is itself not the one to call [`serve_if_asked`].
/// Tells whether nothing was said before; else, that stays.
pub fn start_as(executable: Executable) -> bool {
    OTHER.set(executable).is_ok()
}

/// A pool of workers that are another executable, whose `main` begins with
/// [`serve_if_asked`]: the `whichproxy` command, of this same version.
pub fn workers_at(path: impl Into<PathBuf>) -> Workers {
    Workers::new(Executable::at(path))
}

/// Runs scripts, and never returns, where this process was started to do
/// that; else, returns at once.
///
/// To be called first in `main`, before any thread is started or any file
/// opened.
pub fn serve_if_asked() {
    serve_as(std::env::args_os().skip(1));
}

/// As [`serve_if_asked`], with the arguments after the name of the program:
/// for an interpreter, which has taken some for itself.
///
/// To be called by the first thread, before another is started; what is open
/// beyond the three standard descriptors is closed.
pub fn serve_as(arguments: impl IntoIterator<Item = OsString>) {
    let mut arguments = arguments.into_iter();
    if arguments.next().as_deref() != Some(OsStr::new(ARGUMENT)) {
        return;
    }
    let numbers = arguments.map(|text| text.to_str()?.parse().ok());
    let numbers: Option<Vec<u64>> = numbers.collect();
    let Some([stack, memory, processor]) = numbers.as_deref() else {
        give_up(&io::Error::other("it was started with other arguments"));
    };
    let bounds =
        Bounds { stack: *stack, memory: *memory, processor: *processor };
    match work(bounds) {
        Ok(()) => process::exit(0),
        Err(error) => give_up(&error),
    }
}

/// Ends this process, and says why.
fn give_up(error: &io::Error) -> ! {
    // Where nobody listens, nobody needs to know.
    let _ = fail(&mut output(), &error.to_string());
    process::exit(1)
}

/// What a worker is told of its limits; 0 is none.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    stack: u64,
    memory: u64,
    /// Seconds.
    processor: u64,
}

fn work(bounds: Bounds) -> io::Result<()> {
    let said = |what: &str, error: io::Error| {
        io::Error::new(error.kind(), format!("{what}: {error}"))
    };
    #[cfg(unix)]
    stdio::close_others().map_err(|e| said("descriptors", e))?;
    #[cfg(target_os = "linux")]
    limits::begin_small().map_err(|e| said("a small beginning", e))?;
    limits::set(bounds).map_err(|e| said("limits", e))?;
    let stack = usize::try_from(bounds.stack).unwrap_or(usize::MAX);
    let thread = thread::Builder::new().name("pac".to_owned());
    let thread = thread.stack_size(stack).spawn(|| {
        let _last = Last;
        if let Err(error) = confine() {
            give_up(&error);
        }
        // What breaks is the pipe to the parent, which learns of it so.
        let _ = serve(input(), output());
    });
    let thread = thread.map_err(|e| said("a stack", e))?;
    // The parent may end while a script runs on.
    #[cfg(unix)]
    {
        let _ = thread;
        stdio::wait_until_unheard();
    }
    #[cfg(not(unix))]
    let _ = thread.join();
    Ok(())
}

/// Sets what holds while scripts run.
fn confine() -> io::Result<()> {
    limits::set_after_threads()?;
    #[cfg(target_os = "linux")]
    sandbox::enter()?;
    Ok(())
}

/// The process ends with its thread, however that does.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        process::exit(0);
    }
}

#[cfg(unix)]
fn input() -> impl io::Read + 'static {
    io::BufReader::new(stdio::Input)
}

#[cfg(unix)]
fn output() -> impl io::Write + 'static {
    stdio::Output
}

#[cfg(not(unix))]
fn input() -> impl io::Read + 'static {
    io::stdin()
}

#[cfg(not(unix))]
fn output() -> impl io::Write + 'static {
    io::stdout()
}
