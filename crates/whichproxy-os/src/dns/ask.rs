//! `getaddrinfo`.

use std::net::IpAddr;

use dns_lookup::{
    AddrFamily, AddrInfoHints, LookupErrorKind, SockType, getaddrinfo,
};
use whichproxy::Family;
use whichproxy::machine::Fault;

/// The addresses of `name`, in the system's order; blocks for as long as
/// the system likes.
pub(super) fn addresses(
    name: &str,
    family: Family,
) -> Result<Vec<IpAddr>, Fault> {
    let hints = AddrInfoHints {
        // One answer for each address, not one for each kind of socket.
        socktype: SockType::Stream.into(),
        address: match family {
            Family::V4 => AddrFamily::Inet.into(),
            Family::V6 => AddrFamily::Inet6.into(),
            _ => 0,
        },
        ..AddrInfoHints::default()
    };
    let found = match getaddrinfo(Some(name), None, Some(hints)) {
        Ok(found) => found,
        Err(error) => {
            return match error.kind() {
                LookupErrorKind::NoName | LookupErrorKind::NoData => {
                    Ok(Vec::new())
                }
                _ => Err(Fault::new(std::io::Error::from(error))),
            };
        }
    };
    let mut addresses = Vec::new();
    for answer in found {
        let address = answer?.sockaddr.ip();
        if family.contains(&address) && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}
