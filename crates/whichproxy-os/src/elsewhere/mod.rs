//! What is known of systems that are neither Linux nor Windows.

use std::path::Path;

use whichproxy::machine::{DhcpAnswer, Fault, Interface, Suffixes};

use crate::dhcp::SystemDhcp;

/// Nobody is asked.
pub(crate) fn wpad_option(
    _dhcp: &SystemDhcp,
    _interface: &Interface,
) -> Result<DhcpAnswer, Fault> {
    Err(Fault::new("DHCP is not asked on this system yet"))
}

/// Those of `resolv.conf`, where there is one.
pub(crate) fn suffixes(root: &Path) -> Result<Suffixes, Fault> {
    crate::resolv_conf::read(root)
}

/// The suffix of a connection.
pub(crate) fn connection_suffix(
    _root: &Path,
    _interface: &Interface,
) -> Option<String> {
    None
}
