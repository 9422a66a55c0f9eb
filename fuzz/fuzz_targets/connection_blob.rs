//! The blobs of WinHTTP and WinINET: what is read is written the same.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::settings::{ConnectionSettings, WinhttpConnection};

fuzz_target!(|data: &[u8]| {
    if let Ok(blob) = WinhttpConnection::parse(data) {
        assert_eq!(blob.to_bytes(), data);
        let _ = (blob.proxy(), blob.bypass(), format!("{blob:?}"));
    }
    if let Ok(blob) = ConnectionSettings::parse(data) {
        assert_eq!(blob.to_bytes(), data);
        let _ = (blob.auto_config_url(), format!("{blob:?}"));
    }
});
