//! The live machine for [`whichproxy`]: one type for each border, and
//! [`machine`], which puts them together.
//!
//! ```no_run
//! use whichproxy::{Client, Resolver};
//! let machine = whichproxy_os::machine();
//! let resolver = Resolver::new(Client::Environment, machine)?;
//! let routes = resolver.resolve(&"https://www.example.com/".parse()?)?;
//! println!("{}", routes.routes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | border | here |
//! | --- | --- |
//! | clock | [`SystemClock`] |
//! | DHCP | [`SystemDhcp`]: leases of other clients, then a question of our own; on Windows its DHCP client |
//! | names | [`SystemDns`]: `getaddrinfo`, remembered for a while |
//! | interfaces, own addresses | [`SystemInterfaces`] |
//! | web | [`Web`]: HTTP and HTTPS, with limits on everything; [`WebBuilder`] sets them |
//! | environment | [`environment()`] |
//! | registry | that of Windows: `SystemRegistry`; elsewhere there is none |
//!
//! Scripts that could hurt a process run in others: see [`worker`].
//!
//! A resolver that lives for long is told by a [`Watch`] when the registry or
//! the machine's addresses change.
//!
//! # tokio
//!
//! All of it blocks. With the feature `tokio` there is an asynchronous front,
//! `AsyncResolver`, which gives the same answers: it awaits names, of any
//! `AsyncDns`, and holds no thread meanwhile; what else blocks is done on a
//! few of tokio's blocking threads.
//!
//! # WinHTTP
//!
//! With the feature `winhttp`, Windows' own library can be asked beside ours:
//! see `winhttp`.
// `windows::api` and a worker's descriptors alone are allowed to: there is no
// safe crate for what they call.
#![deny(unsafe_code)]

mod clock;
pub mod dhcp;
mod dns;
mod environment;
mod fetch;
#[cfg(feature = "tokio")]
mod front;
mod interfaces;
#[cfg(all(test, any(target_os = "linux", windows)))]
mod own_process;
#[cfg(any(windows, test))]
mod places;
#[cfg(not(windows))]
mod resolv_conf;
mod watch;
#[cfg(feature = "winhttp")]
pub mod winhttp;
pub mod worker;

#[cfg(not(any(target_os = "linux", windows)))]
#[path = "elsewhere/mod.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod platform;

use whichproxy::Machine;

pub use crate::clock::SystemClock;
pub use crate::dhcp::SystemDhcp;
pub use crate::dns::SystemDns;
pub use crate::environment::environment;
pub use crate::fetch::{Web, WebBuilder};
#[cfg(feature = "tokio")]
pub use crate::front::{AsyncDns, AsyncResolver, BlockingDns, Lookup};
pub use crate::interfaces::SystemInterfaces;
#[cfg(windows)]
pub use crate::platform::SystemRegistry;
pub use crate::watch::Watch;

/// The machine this process runs on: its clock, names, interfaces, web and
/// environment variables; on Windows its registry, too.
pub fn machine() -> Machine {
    let machine = Machine::offline()
        .with_clock(SystemClock)
        .with_dhcp(SystemDhcp::new())
        .with_dns(SystemDns::new())
        .with_fetch(Web::new())
        .with_interfaces(SystemInterfaces);
    #[cfg(windows)]
    let machine = machine.with_registry(SystemRegistry);
    environment()
        .into_iter()
        .fold(machine, |machine, (name, value)| machine.with_env(name, value))
}

/// The example of the repository's front page.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_this_one() {
        let machine = machine();
        let known = std::env::vars_os().count();
        assert!(machine.env().len() <= known);
        assert!(machine.clock().now().unix_milliseconds() > 0);
        assert!(machine.interfaces().interfaces().is_ok());
    }

    #[test]
    fn borders_can_be_shared_between_threads() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<SystemClock>();
        shared::<SystemDns>();
        shared::<SystemInterfaces>();
        shared::<Watch>();
        shared::<Web>();
    }
}
