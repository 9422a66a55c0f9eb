//! The PAC language: proxy auto-configuration scripts.
#![forbid(unsafe_code)]

mod embedder;
mod query;
mod route;
mod time;

pub use crate::embedder::{Embedder, Family, Offline};
pub use crate::query::Query;
pub use crate::route::{Credentials, Proxy, ProxyScheme, Route, Routes};
pub use crate::time::{LocalTime, LocalTimeError};
