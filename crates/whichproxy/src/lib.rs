//! Which proxy will this client use for this URL, and why?
#![forbid(unsafe_code)]

pub mod bypass;
mod client;
mod error;
mod evidence;
pub mod machine;
pub mod registry;
pub mod settings;

pub use whichproxy_pac::{
    Credentials, Family, LocalTime, LocalTimeError, Proxy, ProxyScheme, Route,
    Routes,
};

pub use crate::client::{Client, Identity, Sid};
pub use crate::error::{Error, ErrorKind};
pub use crate::evidence::Evidence;
pub use crate::machine::Machine;
pub use crate::settings::Settings;

/// The papers of the project, compiled and linked.
pub mod _documentation {
    /// Where each claim about Windows comes from.
    pub mod sources {}
}
