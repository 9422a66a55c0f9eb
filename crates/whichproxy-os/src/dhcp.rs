//! The system's DHCP client.

use whichproxy::machine::{Dhcp, Fault, Interface};

/// The system's DHCP client, which is not asked yet: every question is a
/// [`Fault`] that says so.
///
/// ```
/// use whichproxy::machine::{Dhcp, Interface};
/// use whichproxy_os::SystemDhcp;
/// let fault = SystemDhcp.wpad_option(&Interface::default()).unwrap_err();
/// assert_eq!(fault.to_string(), "this version does not ask DHCP yet");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDhcp;

impl Dhcp for SystemDhcp {
    fn wpad_option(
        &self,
        _interface: &Interface,
    ) -> Result<Option<Vec<u8>>, Fault> {
        Err(Fault::new("this version does not ask DHCP yet"))
    }
}
