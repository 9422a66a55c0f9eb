//! Which proxy will this Windows client use for this URL, and why?
//!
//! On Windows nobody can say: WinHTTP, a user's browser settings, Microsoft
//! Defender Antivirus and the sensor of Defender for Endpoint each read other
//! registry values, in another order, and fall back differently; PAC scripts
//! and WPAD sit on top. This crate answers exactly, on any system, from a
//! live machine or from an exported registry, with the reason for every
//! step.
//!
//! # Example
//!
//! ```
//! use whichproxy::registry::RegFile;
//! use whichproxy::{Client, Machine, Resolver};
//!
//! let export = br#"Windows Registry Editor Version 5.00
//!
//! [HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\DataCollection]
//! "TelemetryProxyServer"="10.0.0.6:8080"
//! "#;
//! let export = RegFile::parse(export, "contoso.reg")?;
//! let machine = Machine::offline().with_registry(export);
//!
//! let resolver = Resolver::new(Client::DefenderEdr, machine)?;
//! let url = "https://winatp-gw-eus.microsoft.com/".parse()?;
//! let resolution = resolver.resolve(&url)?;
//! assert_eq!(
//!     resolution.routes().to_string(),
//!     "PROXY 10.0.0.6:8080; DIRECT"
//! );
//! let why = resolution.trace().to_string();
//! assert!(why.contains(r"DataCollection\TelemetryProxyServer"));
//! assert!(why.contains("contoso.reg line 4"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The data's way
//!
//! ```text
//! Machine ──► Settings ──► Plan ──► (discovery ──► Pac) ──► Routes
//! ```
//!
//! * [`Machine`] is everything that can't be known beforehand, as a value:
//!   registry, names, DHCP, the web, interfaces, the clock, the environment.
//!   [`Machine::offline`] is empty and silent.
//! * [`Settings`] are what is configured, typed, each value with its
//!   [`Origin`](settings::Origin).
//! * A [`Plan`] is what a client would try, in order, as data.
//! * A [`Resolver`] carries it out for a URL and gives a [`Resolution`]: the
//!   [`Routes`] to try, in order, and the [`Trace`] that explains them. It
//!   reads the settings once; [`Resolver::changed`] reads them again.
//! * [`Attempts`] try the routes by the client's own rules: which failures move
//!   on, how long a proxy is put aside ([`Failover`]), and what is tried then.
//! * An [`Inquiry`] is a resolution step by step, for those who wait in a way
//!   of their own.
//!
//! # Clients
//!
//! | [`Client`] | order |
//! | --- | --- |
//! | `winhttp` | the static proxy of `WinHttpSettings` with its bypass list, or direct |
//! | `winhttp-auto` | auto-detect, setup script, manual proxy, direct |
//! | `wininet` | the same, by WinINET's bypass rules |
//! | `defender-edr` | static registry proxy, then direct; without one, netsh's proxy, WPAD or direct |
//! | `defender-av` | `ProxyServer`, `ProxyPacUrl`, none, Internet Explorer's settings, autodetect |
//! | `environment` | curl's rules for `HTTPS_PROXY` and its kin |
//!
//! # How sure is an answer?
//!
//! Windows is closed. Every step carries a source (a key of
//! [`sources`](_documentation::sources)) and a grade ([`Evidence`]):
//! documented, measured, community or inferred. Where the sources allow
//! several orders, [`Plan::readings`] gives all of them.
//!
//! # Untrusted input
//!
//! Registry exports, names, pages and scripts may come from an enemy. None of
//! them makes this crate panic; text is parsed in time linear in its size,
//! lists are compiled once, what is remembered is bounded. PAC scripts have
//! limits and a deadline, and run in processes of their own where
//! [`Resolver::with_isolation`] says so; what is promised in which case is told
//! in [`security`](_documentation::security).
#![forbid(unsafe_code)]

mod answers;
mod attempt;
pub mod bypass;
mod client;
pub mod discovery;
mod error;
mod evidence;
mod failover;
mod inquiry;
pub mod machine;
mod near;
pub mod plan;
pub mod registry;
mod resolution;
mod resolver;
mod scripts;
pub mod settings;
mod supply;
pub mod trace;
mod walk;

pub use whichproxy_pac::{
    Credentials, Family, Isolation, Limits, LocalTime, LocalTimeError, Pac,
    Proxy, ProxyScheme, Query, Route, Routes, RoutesError,
};

pub use crate::attempt::{Attempt, Attempts, Failure, Rule, Tried};
pub use crate::client::{Client, Identity, Sid};
pub use crate::error::{Error, ErrorKind};
pub use crate::evidence::Evidence;
pub use crate::failover::Failover;
pub use crate::inquiry::{Finished, Inquiry, Progress, Work};
pub use crate::machine::Machine;
pub use crate::plan::Plan;
pub use crate::resolution::Resolution;
pub use crate::resolver::{Resolver, parse_url};
pub use crate::settings::Settings;
pub use crate::trace::Trace;

/// The papers of the project.
#[doc(alias = "docs")]
pub mod _documentation {
    #[doc = include_str!("../docs/CHANGELOG.md")]
    pub mod changelog {}
    #[doc = include_str!("../docs/DEPENDENCIES.md")]
    pub mod dependencies {}
    #[doc = include_str!("../docs/DESIGN.md")]
    pub mod design {}
    #[doc = include_str!("../docs/DIFFERENCES.md")]
    pub mod differences {}
    #[doc = include_str!("../docs/PLATFORM.md")]
    pub mod platform {}
    #[doc = include_str!("../docs/SECURITY.md")]
    pub mod security {}
    #[doc = include_str!("../docs/SOURCES.md")]
    pub mod sources {}
}
