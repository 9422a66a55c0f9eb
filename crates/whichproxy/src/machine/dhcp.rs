//! The border to DHCP.

use std::fmt;

use super::{Fault, Interface};
use crate::settings::shown;

/// Asks DHCP for option 252, the address of a PAC script.
///
/// WPAD asks about several interfaces at a time, each on a thread of its own.
pub trait Dhcp: fmt::Debug + Send + Sync {
    /// What DHCP offers as option 252 on `interface`.
    ///
    /// # Errors
    ///
    /// When the question can't be asked, or nobody answers it.
    fn wpad_option(&self, interface: &Interface) -> Result<DhcpAnswer, Fault>;
}

/// What DHCP says of option 252 on an interface.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DhcpAnswer {
    /// What is offered, the first to be tried first; nothing where a server
    /// answers without the option.
    pub offers: Vec<DhcpOffer>,
    /// Who was asked, in words, such as `server 10.0.0.1`; empty where that
    /// is not known.
    pub asked: String,
}

/// The option 252 of one server.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct DhcpOffer {
    /// The option's bytes, as they came.
    pub option: Vec<u8>,
    /// Who says so, in words; empty where that is not known.
    pub from: String,
}

/// The option as text, with a password masked.
impl fmt::Debug for DhcpOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DhcpOffer")
            .field("option", &shown(&String::from_utf8_lossy(&self.option)))
            .field("from", &self.from)
            .finish()
    }
}

impl DhcpAnswer {
    /// No offer, from somebody who was asked.
    pub fn none(asked: impl Into<String>) -> DhcpAnswer {
        DhcpAnswer { offers: Vec::new(), asked: asked.into() }
    }

    /// One offer.
    pub fn one(
        option: impl Into<Vec<u8>>,
        from: impl Into<String>,
    ) -> DhcpAnswer {
        let from = from.into();
        let offer = DhcpOffer { option: option.into(), from: from.clone() };
        DhcpAnswer { offers: vec![offer], asked: from }
    }
}

/// A network without DHCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDhcp;

impl Dhcp for NoDhcp {
    fn wpad_option(
        &self,
        _interface: &Interface,
    ) -> Result<DhcpAnswer, Fault> {
        Ok(DhcpAnswer::default())
    }
}
