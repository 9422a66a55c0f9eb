//! Option 252: what is taken for an address is one, and what is told of it
//! commands no terminal and shows no password.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::discovery::option_url;

fuzz_target!(|data: &[u8]| {
    match option_url(data) {
        Ok(url) => {
            assert!(url.has_host());
            // What is not ASCII becomes longer, but not by much.
            assert!(url.as_str().len() <= 16 * 2083);
            // Padding changes nothing.
            let first = data.split(|byte| *byte == 0).next();
            let first = first.unwrap_or(data);
            let padded = [b" ", first, b" \r\n\0junk"].concat();
            assert_eq!(option_url(&padded).ok(), Some(url));
        }
        Err(fault) => {
            let told = fault.to_string();
            assert!(!told.contains(|c: char| c.is_control()), "{told:?}");
            assert!(told.len() < 2000, "{told}");
        }
    }
});
