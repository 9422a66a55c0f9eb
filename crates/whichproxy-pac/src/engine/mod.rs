//! The engines.

#[cfg(test)]
pub(crate) mod constructs;
pub(crate) mod datum;
mod exchange;
mod guard;
mod here;
mod js;
mod lexer;
mod link;
mod loading;
mod nesting;
mod readback;
mod reader;
mod sandbox;
mod session;
mod shallow;
mod standard;
mod threads;
mod thrown;
mod worker;

/// Whether threads and processes can be started; where not, boa runs on the
/// caller's stack, and nobody watches a deadline.
pub(crate) const HAS_THREADS: bool = !cfg!(target_family = "wasm");

pub(crate) use self::exchange::Job;
pub(crate) use self::js::Js;
pub(crate) use self::link::{Nobody, Peer, cancelled};
pub(crate) use self::loading::Loading;
pub(crate) use self::nesting::nesting_bytes;
pub(crate) use self::readback::{Loader, ReadBack, read_back};
pub(crate) use self::session::{Session, run_caught};
