//! What a worker says: any frame is read or refused, and what is read is
//! written the same.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy_pac::worker::fuzz_reply;

fuzz_target!(|data: &[u8]| {
    if let Some(again) = fuzz_reply(data) {
        assert_eq!(fuzz_reply(&again), Some(again));
    }
});
