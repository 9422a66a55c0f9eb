//! The PAC language: proxy auto-configuration scripts.
//!
//! A PAC script is a piece of JavaScript with a function
//! `FindProxyForURL(url, host)` that says which proxies a client may try for
//! a URL. This crate reads such a script once and answers for many URLs, with
//! one meaning for each function, without a network of its own, and with
//! limits.
//!
//! ```
//! use url::Url;
//! use whichproxy_pac::{Offline, Pac};
//!
//! let pac = Pac::new(
//!     r#"function FindProxyForURL(url, host) {
//!         if (dnsDomainIs(host, ".corp.example")) return "DIRECT";
//!         return "PROXY proxy.example:8080; DIRECT";
//!     }"#,
//! )?;
//! let routes = pac.find_proxy(&Url::parse("https://example.org/")?, &Offline)?;
//! assert_eq!(routes.to_string(), "PROXY proxy.example:8080; DIRECT");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The way of the data
//!
//! A [`Query`] is what the script is told of a URL. The script's questions
//! (names, own addresses, the time) go to an [`Embedder`], each once in an
//! evaluation, always on the caller's thread. [`Pac::find_proxy`] gives the
//! [`Routes`]; [`Pac::evaluate`] an [`Evaluation`], which also has the
//! script's own string, what was skipped in it, what was asked, and the
//! script's alerts. Who must not wait on a thread gives
//! [`Pac::try_evaluate`] the [`Answers`] there are. A failure is an [`Error`] with a kind, a line and a
//! column where there is one, and the number that WinHTTP reports.
//!
//! # What the functions mean
//!
//! Implementations disagree. Here it is what Microsoft documents; then what
//! Firefox and Chromium agree on; then the safer answer.
//!
//! | function | meaning |
//! | --- | --- |
//! | `isPlainHostName` | no dot and no colon |
//! | `dnsDomainIs` | the text ends so; `notexample.com` ends in `example.com` |
//! | `localHostOrDomainIs` | equal, or goes on after a dot |
//! | `shExpMatch` | a regular expression in which `.` is itself, `*` is `.*` and `?` is `.`; so `[`, <code>\|</code>, `(`, `+` and `$` are special, and an unbalanced one throws |
//! | `isInNet` | IPv4 only; pattern and mask must be dotted quads |
//! | `dnsResolve`, `isResolvable` | IPv4 only; `null` where there is none |
//! | `myIpAddress` | the first IPv4 address, or `127.0.0.1` |
//! | `convert_addr` | a signed 32-bit number |
//! | `weekdayRange`, `dateRange`, `timeRange` | as Firefox has them, with their surprises: `timeRange(22, 6)` never wraps, `dateRange("JAN", "FEB")` includes 3 March |
//! | `dnsResolveEx`, `myIpAddressEx` | IPv6, then IPv4, joined by `;`; or an empty string |
//! | `isInNetEx` | `false` for mixed families, and for names |
//! | `sortIpAddressList` | IPv6, then IPv4; empty where one is no address |
//! | `getClientVersion` | `1.0` |
//!
//! `FindProxyForURLEx` is called instead where it is defined.
//!
//! # State between questions
//!
//! A script whose code outside of functions asks nothing of the machine, and
//! shows no alert, is loaded once and keeps its global variables from one
//! question to the next. Any other is loaded anew for each question. Do not
//! rely on either: up to eight threads keep a copy each, and copies are
//! renewed from time to time. Whether WinHTTP keeps globals is not known.
//! Within one question, the time stands still.
//!
//! # Speed
//!
//! Most scripts are not run as JavaScript: they become programs of our own
//! when they are read, chains of tests in them become tables, and JavaScript
//! only answers what the program does not model ([`Pac::strategy`] and
//! [`Pac::refusals`] tell which it is). Answers, questions and alerts are the
//! same, with one exception: where the JavaScript engine would stop at a
//! limit of its own (nesting, nested calls, rounds), a program may still
//! answer.
//!
//! Code outside of functions is run once, while the script is read. What
//! programs do not model of it, JavaScript runs, and the variables that
//! functions use are read back: plain data, regular expressions, and
//! functions of the script, with the variables of the functions around them.
//! That is done only where nothing could tell: not where that code asks,
//! alerts, takes the time or a random number, looks at the text of a
//! function, or changes anything that JavaScript itself gives.
//!
//! # Untrusted input
//!
//! A program of ours has a budget: so many pieces of work (calls, rounds,
//! bytes of text that are looked at), 4 MiB of texts and 8 MiB of values (64
//! while its code outside of functions runs). What needs more is left to
//! JavaScript.
//!
//! JavaScript is run by [boa](https://boajs.dev), which has no `unsafe` access
//! to anything but memory: it sees no files, network, environment, clock or
//! chance, but the embedder's answers. Where it runs, is for the embedder to
//! say ([`Builder::isolation`](crate::Builder::isolation)):
//!
//! | | [`Thread`](Isolation::Thread) | [`Worker`](Isolation::Worker) |
//! | --- | --- | --- |
//! | a call returns by [`Limits::deadline`](Limits::with_deadline), unless the embedder takes longer | yes | yes |
//! | source, loop rounds, nested calls, questions, alerts and results are bounded, and a script cannot catch its end | yes | yes |
//! | a panic in the engine is an error | yes | yes |
//! | a script that is nested too deeply is refused with its place | yes | yes |
//! | a script that is late stops using a processor | no: it is left behind, and while 16 such threads run in a process, further questions are refused ([`ErrorKind::Limit`]) | yes: it is killed |
//! | memory is bounded | **no**: a script that doubles a string or fills an array takes the process with it | yes: 512 MiB for a worker, by default |
//! | native stack is bounded whatever values a script nests | **no**: prototypes chained, or values given to `JSON.stringify`, some hundred thousand deep, end the process | yes: only the worker ends |
//! | an error in the engine itself reaches nothing else | **no** | as far as the worker is confined: on Linux it can compute and use its pipes, and nothing else |
//!
//! A worker is killed and replaced where it is late, too large or dead; its
//! question has an error that says which, and the next one is answered. The
//! parser and the programs stay in the caller's process: they recurse no
//! deeper than was measured out, and are given their budget. See [`worker`].
//!
//! In WebAssembly there are neither: a script runs on the caller's stack, as
//! [`Thread`](Isolation::Thread) and with less room, no deadline is held, and
//! [`Worker`](Isolation::Worker) is refused.
//!
//! What a script writes is shown escaped, and cut, in every error. Its result,
//! its alerts and the names it asks for are given as they are: whoever prints
//! them, escapes them.
//!
//! # Features
//!
//! None.
#![forbid(unsafe_code)]

mod answers;
mod builtins;
mod chance;
mod decode;
mod dependencies;
mod dispatch;
mod embedder;
mod engine;
mod error;
mod evaluation;
mod lane;
mod limits;
mod machine;
mod many;
mod meta;
mod pac;
mod query;
mod route;
mod shadowed;
mod syntax;
mod table;
mod time;
mod validity;
pub mod worker;

pub use crate::answers::{Answers, AnswersOr, Step};
pub use crate::dependencies::Dependencies;
pub use crate::embedder::{Embedder, Family, Offline};
pub use crate::error::{Error, ErrorKind};
pub use crate::evaluation::{Evaluation, Ignored, Question};
pub use crate::limits::Limits;
pub use crate::pac::{Builder, Config, Pac, Refusal};
pub use crate::query::{Query, host_as_written};
pub use crate::route::{
    Credentials, Proxy, ProxyScheme, Route, Routes, RoutesError,
};
pub use crate::shadowed::Shadowed;
pub use crate::time::{LocalTime, LocalTimeError};
pub use crate::validity::Validity;
pub use crate::worker::Isolation;
