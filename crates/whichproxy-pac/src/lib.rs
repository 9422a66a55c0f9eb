//! The PAC language: proxy auto-configuration scripts.
#![forbid(unsafe_code)]

mod builtins;
mod decode;
mod embedder;
mod engine;
mod error;
mod evaluation;
mod limits;
mod meta;
mod pac;
mod query;
mod route;
mod time;

pub use crate::embedder::{Embedder, Family, Offline};
pub use crate::error::{Error, ErrorKind};
pub use crate::evaluation::{Evaluation, Ignored, Question};
pub use crate::limits::Limits;
pub use crate::pac::{Builder, Config, Pac, Refusal};
pub use crate::query::Query;
pub use crate::route::{
    Credentials, Proxy, ProxyScheme, Route, Routes, RoutesError,
};
pub use crate::time::{LocalTime, LocalTimeError};
