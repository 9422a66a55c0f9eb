//! PAC scripts made by chance from what real ones are made of.
//!
//! They show whether engines differ: what is made is JavaScript nearly
//! always, ends always, and asks what real scripts ask. A [`Script`] knows
//! the words it was made of, so that [`host`] and [`url`] find questions
//! that its rules are about, and near misses.
//!
//! Decisions come from a [`Chance`]: a seed in tests and long runs, bytes in
//! the fuzz target.
//!
//! ```
//! use whichproxy_grammar::{Chance, Script, host, url};
//! let mut chance = Chance::of_seed(1);
//! let script = Script::new(&mut chance);
//! assert!(script.source().contains("function FindProxyForURL"));
//! let host = host(&mut chance, script.words());
//! assert!(url(&mut chance, &host).contains(&host));
//! ```
#![forbid(unsafe_code)]

mod chain;
mod chance;
mod question;
mod real;
mod rounds;
mod script;
mod template;
mod text;

pub use crate::chance::Chance;
pub use crate::question::{host, url, words};
pub use crate::real::real_scripts;
pub use crate::rounds::{rounds, seed};
pub use crate::script::Script;
