//! Which proxy will this client use for this URL, and why?
#![forbid(unsafe_code)]

pub mod bypass;
mod client;
pub mod discovery;
mod error;
mod evidence;
mod failover;
pub mod machine;
pub mod plan;
pub mod registry;
mod resolver;
mod scripts;
pub mod settings;
pub mod trace;

pub use whichproxy_pac::{
    Credentials, Family, LocalTime, LocalTimeError, Proxy, ProxyScheme, Route,
    Routes,
};

pub use crate::client::{Client, Identity, Sid};
pub use crate::error::{Error, ErrorKind};
pub use crate::evidence::Evidence;
pub use crate::failover::Failover;
pub use crate::machine::Machine;
pub use crate::plan::Plan;
pub use crate::resolver::{Resolution, Resolver};
pub use crate::settings::Settings;
pub use crate::trace::Trace;

/// The papers of the project, compiled and linked.
pub mod _documentation {
    /// Where each claim about Windows comes from.
    pub mod sources {}
}
