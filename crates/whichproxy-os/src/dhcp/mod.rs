//! Asking DHCP for the address of a PAC script.
//!
//! First what another DHCP client of this system was told already, then a
//! question of our own; see [`SystemDhcp`].

mod lease;
#[cfg(any(windows, test))]
pub(crate) mod params;
mod reply;

use std::path::PathBuf;
use std::time::Duration;

use whichproxy::machine::{Dhcp, DhcpAnswer, Fault, Interface};

pub use self::lease::Lease;
pub use self::reply::Reply;
use crate::platform;

#[cfg(all(test, target_os = "linux"))]
pub(crate) use self::reply::tests;

/// Option 252 of DHCP, from what the system knows already, else from the
/// servers.
///
/// On Linux, the leases of systemd-networkd, NetworkManager, dhclient and
/// dhcpcd are looked at; one counts where the address that it leases is the
/// interface's. Where none of them has the option, a DHCPINFORM is sent: to
/// the server of the lease, which alone is believed then, or to all. That
/// takes the right to listen at port 68 (root, or `CAP_NET_BIND_SERVICE`);
/// without it, every question is a [`Fault`] that says so.
///
/// On Windows its DHCP client is asked, which answers from its memory, else
/// sends a DHCPINFORM. It may take its time ("up to a maximum of 2
/// minutes"), so it is asked on a thread of its own, and of those there are
/// at most 16, those included whose askers have given up.
///
/// Source: DHCP-REQUEST-PARAMS, documented.
///
/// On other systems nobody is asked yet.
///
/// ```no_run
/// use whichproxy::machine::{Dhcp, Interfaces};
/// use whichproxy_os::{SystemDhcp, SystemInterfaces};
/// for interface in SystemInterfaces::default().interfaces()? {
///     match SystemDhcp::new().wpad_option(&interface) {
///         Ok(answer) => println!("{}: {answer:?}", interface.name),
///         Err(fault) => println!("{}: {fault}", interface.name),
///     }
/// }
/// # Ok::<(), whichproxy::machine::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct SystemDhcp {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code))]
    pub(crate) root: PathBuf,
    #[cfg_attr(not(any(target_os = "linux", windows)), expect(dead_code))]
    pub(crate) timeout: Duration,
}

impl SystemDhcp {
    /// How long answers are waited for by default: ours. On Linux, the
    /// question is asked a second time after a third of it.
    pub const TIMEOUT: Duration = Duration::from_secs(3);

    /// With the default timeout.
    pub fn new() -> SystemDhcp {
        SystemDhcp { root: PathBuf::from("/"), timeout: SystemDhcp::TIMEOUT }
    }

    /// The same, which waits another time for answers.
    pub fn with_timeout(self, timeout: Duration) -> SystemDhcp {
        SystemDhcp { timeout, ..self }
    }

    /// The same, which looks for the files of the system under another
    /// folder than `/`.
    pub fn with_root(self, root: impl Into<PathBuf>) -> SystemDhcp {
        SystemDhcp { root: root.into(), ..self }
    }
}

impl Default for SystemDhcp {
    fn default() -> SystemDhcp {
        SystemDhcp::new()
    }
}

impl Dhcp for SystemDhcp {
    fn wpad_option(&self, interface: &Interface) -> Result<DhcpAnswer, Fault> {
        platform::wpad_option(self, interface)
    }
}
