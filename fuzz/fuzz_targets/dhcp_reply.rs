//! A DHCP server's answer: whatever comes is read or refused, and what is
//! read is what another implementation reads of the same options.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::discovery::option_url;
use whichproxy_os::dhcp::{Lease, Reply};

fuzz_target!(|data: &[u8]| {
    let Ok(reply) = Reply::read(data) else { return };
    assert_eq!(reply.hardware.len(), 6);
    let wpad = reply.wpad.clone().unwrap_or_default();
    // No more comes out than went in.
    assert!(wpad.len() <= data.len().min(4096));
    if let Ok(url) = option_url(&wpad) {
        assert!(url.has_host());
    }
    // An end mark where the fields are at an end changes nothing.
    let ended = [data, &[0, 255]].concat();
    assert_eq!(Reply::read(&ended).ok(), Some(reply.clone()));
    // dhcpcd keeps such packets.
    let leases = Lease::read_all(data);
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].wpad, reply.wpad);
});
