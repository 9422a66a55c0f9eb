//! The network that a machine is in.

use crate::machine::{Fault, Interface, Machine, Suffixes};

/// What tells one network from another: the interfaces with their addresses
/// and suffixes, and the machine's suffixes.
///
/// Source: WINHTTP-AUTOPROXY-CACHE ("until the IP address associated with
/// the computer changes"), documented; that suffixes count, inferred.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) interfaces: Vec<Interface>,
    pub(super) suffixes: Suffixes,
    /// Why the interfaces are not known.
    pub(super) fault: Option<Fault>,
}

impl Network {
    /// The network that `machine` is in now.
    pub(super) fn of(machine: &Machine) -> Network {
        let border = machine.interfaces();
        let suffixes = border.suffixes().unwrap_or_default();
        match border.interfaces() {
            Ok(interfaces) => Network { interfaces, suffixes, fault: None },
            Err(fault) => Network {
                interfaces: Vec::new(),
                suffixes,
                fault: Some(fault),
            },
        }
    }
}
