//! The system's DHCP client.

use whichproxy::machine::{Dhcp, DhcpAnswer, Fault, Interface};

/// The system's DHCP client, which is not asked yet: every question is a
/// [`Fault`] that says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDhcp;

impl Dhcp for SystemDhcp {
    fn wpad_option(
        &self,
        _interface: &Interface,
    ) -> Result<DhcpAnswer, Fault> {
        Err(Fault::new("this version does not ask DHCP yet"))
    }
}
