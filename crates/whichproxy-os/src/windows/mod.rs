//! What only Windows knows.

use std::path::Path;

use whichproxy::machine::{DhcpAnswer, Fault, Interface, Suffixes};

use crate::dhcp::SystemDhcp;

/// `DhcpRequestParams` belongs here.
pub(crate) fn wpad_option(
    _dhcp: &SystemDhcp,
    _interface: &Interface,
) -> Result<DhcpAnswer, Fault> {
    Err(Fault::new("DHCP is not asked on Windows yet"))
}

/// The suffixes stand in the registry, where the core reads them.
pub(crate) fn suffixes(_root: &Path) -> Result<Suffixes, Fault> {
    Ok(Suffixes::default())
}

/// The suffix of a connection.
pub(crate) fn connection_suffix(
    _root: &Path,
    _interface: &Interface,
) -> Option<String> {
    None
}
