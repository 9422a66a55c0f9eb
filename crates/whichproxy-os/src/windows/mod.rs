//! What only Windows knows.

// There is no safe crate that calls DHCP's API; adapters, names and the
// registry come with it, since safe crates for those set no limits. Nor is
// there one for jobs that sets all of these limits.
#[allow(unsafe_code)]
pub(crate) mod api;
mod registry;

use std::path::Path;

use whichproxy::machine::{DhcpAnswer, Fault, Interface, Suffixes};

pub(crate) use self::api::{Job, confine, resident_bytes};
pub use self::registry::SystemRegistry;
pub(crate) use self::registry::{Watched, watched};
use crate::dhcp::SystemDhcp;
use crate::dhcp::params::Adapter;
use crate::places::Places;

/// The questions to the DHCP client that are under way.
static QUESTIONS: Places = Places::new(16);

/// What the DHCP client knows, else what the servers tell it.
pub(crate) fn wpad_option(
    dhcp: &SystemDhcp,
    interface: &Interface,
) -> Result<DhcpAnswer, Fault> {
    let adapter = adapter(&interface.name)?
        .ok_or_else(|| Fault::new("there is no such interface"))?;
    QUESTIONS.ask(dhcp.timeout, move || {
        let client = api::DhcpClient::new()?;
        adapter.wpad_option(|buffer| client.call(&adapter.guid, buffer))
    })
}

/// The primary suffix. The search list stands in the registry, where the
/// core reads it.
///
/// Source: COMPUTER-NAMES, documented: the name of the DNS domain that is
/// assigned to the computer.
pub(crate) fn suffixes(_root: &Path) -> Result<Suffixes, Fault> {
    let primary = Adapter { suffix: api::domain()?, ..Adapter::default() };
    Ok(Suffixes { primary: primary.suffix(), search: Vec::new() })
}

/// The suffix of a connection, from DHCP or set by hand: what Windows uses.
///
/// Source: ADAPTER-ADDRESSES (`DnsSuffix`), documented.
pub(crate) fn connection_suffix(
    _root: &Path,
    interface: &Interface,
) -> Option<String> {
    adapter(&interface.name).ok()??.suffix()
}

fn adapter(name: &str) -> Result<Option<Adapter>, Fault> {
    let mut adapters = api::adapters()?.into_iter();
    Ok(adapters.find(|adapter| adapter.name == name))
}

#[cfg(test)]
mod tests {
    use whichproxy::machine::Interfaces;

    use super::*;

    #[test]
    fn adapters_are_the_interfaces() {
        let names: Vec<String> = api::adapters()
            .unwrap()
            .into_iter()
            .map(|adapter| {
                assert!(adapter.guid.starts_with('{'), "{adapter:?}");
                adapter.name
            })
            .collect();
        for interface in crate::SystemInterfaces.interfaces().unwrap() {
            assert!(names.contains(&interface.name), "{names:?}");
        }
        let nobody =
            Interface { name: "?".to_owned(), ..Interface::default() };
        let fault = wpad_option(&SystemDhcp::new(), &nobody).unwrap_err();
        assert_eq!(fault.to_string(), "there is no such interface");
    }

    /// Wine's DHCP client knows nothing where NetworkManager does not run.
    #[test]
    fn the_dhcp_client_answers() {
        for interface in crate::SystemInterfaces.interfaces().unwrap() {
            match wpad_option(&SystemDhcp::new(), &interface) {
                Ok(answer) => {
                    assert_eq!(answer.asked, "the DHCP client of Windows");
                }
                Err(fault) => {
                    let fault = fault.to_string();
                    let known = fault.starts_with("DhcpRequestParams of {")
                        || fault.starts_with("no answer in");
                    assert!(known, "{fault}");
                }
            }
        }
    }

    #[test]
    fn an_adapter_that_is_gone_is_a_fault_or_has_no_option() {
        let guid = "{00000000-0000-0000-0000-00000000dead}".to_owned();
        let gone = Adapter { guid, ..Adapter::default() };
        let client = api::DhcpClient::new().unwrap();
        let call = |buffer: &mut [u8]| client.call(&gone.guid, buffer);
        match gone.wpad_option(call) {
            Ok(answer) => assert!(answer.offers.is_empty()),
            Err(fault) => {
                let fault = fault.to_string();
                assert!(fault.contains("dead}: "), "{fault}");
            }
        }
    }
}
