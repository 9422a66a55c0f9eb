//! Files in which other DHCP clients write their leases down.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy_os::dhcp::Lease;

fuzz_target!(|data: &[u8]| {
    let leases = Lease::read_all(data);
    assert!(leases.len() <= 64);
    for lease in leases {
        let domain = lease.domain.unwrap_or_default();
        assert!(!domain.starts_with('.') && !domain.ends_with('.'));
        let wpad = lease.wpad.unwrap_or_default();
        assert!(wpad.len() <= data.len());
    }
});
