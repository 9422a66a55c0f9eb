//! The border to DHCP.

use std::fmt;

use super::{Fault, Interface};

/// Asks DHCP for option 252, the address of a PAC script.
pub trait Dhcp: fmt::Debug + Send + Sync {
    /// The bytes of option 252 on `interface`; `None` where no server
    /// offers it.
    ///
    /// # Errors
    ///
    /// When the question can't be asked.
    fn wpad_option(
        &self,
        interface: &Interface,
    ) -> Result<Option<Vec<u8>>, Fault>;
}

/// A network without DHCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDhcp;

impl Dhcp for NoDhcp {
    fn wpad_option(
        &self,
        _interface: &Interface,
    ) -> Result<Option<Vec<u8>>, Fault> {
        Ok(None)
    }
}
