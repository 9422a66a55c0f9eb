//! The test format, the runner and the data of whichproxy.
//!
//! What whichproxy claims is written down as data: some hundred TOML cases
//! under `data/`, each with the source it rests on and the grade of that
//! source. Every surface (Rust, the command, later Python and C) runs the
//! same files. A surface is a closure that takes a [`Case`] and tells what
//! it [`Observed`]; the [`Runner`] compares, collects all failures, and
//! panics once.
//!
//! ```no_run
//! use whichproxy_test::{Runner, rust};
//! Runner::new("rust").complete().run(rust::observe);
//! ```
//!
//! # The files
//!
//! | path | what |
//! | --- | --- |
//! | `data/{settings,bypass,plan,discovery,pac,clients}/*.toml` | the cases |
//! | `data/scripts/*.pac` | scripts, one a behaviour |
//! | `data/registry/*.reg` | registry exports |
//! | `data/windows/` | answers recorded on real Windows |
//! | `data/known-failures.toml` | cases that fail, and why |
//!
//! A file is a list of `[[test]]` tables. The fields are those of [`Case`],
//! spelled with `-`; an unknown field is an error. What kind of case it is
//! follows from the fields that are there ([`Kind`]):
//!
//! | kind | has | asks |
//! | --- | --- | --- |
//! | resolve | `client` | what that client does (for `url`, if given) |
//! | settings | none of the others | what the machine's settings say |
//! | proxies | `dialect` | what a proxy `list` means for a `scheme` |
//! | bypass | `profile` | whether a bypass `list` sends `url` direct |
//! | pac | `script`, `script-file` or `expression` | what a script answers |
//!
//! # Known failures
//!
//! `known-failures.toml` is a list of `[[known-failure]]` tables with
//! `test` (a full name in which `*` stands for anything), `reason`, and
//! `surface` where only one fails. A known failure that passes fails the
//! run, and so does one that matches no case.
//!
//! # Choosing cases
//!
//! `WHICHPROXY_TEST=edr,-wpad` runs the cases whose full name
//! (`clients/defender-edr/static-then-direct`) contains `edr` and not
//! `wpad`; of several wanted parts, one must be there.
#![forbid(unsafe_code)]

mod case;
pub mod command;
mod compare;
pub mod engines;
mod files;
pub mod hostile;
mod load;
pub mod node;
mod runner;
pub mod rust;

pub use crate::case::{Case, Earlier, Grade, Kind, Page};
pub use crate::compare::{Observed, ObservedError};
pub use crate::files::give;
pub use crate::load::{KnownFailure, LoadError, data, known_failures, load};
pub use crate::runner::{Filter, Report, Runner, Verdict, glob};
