//! PAC strings: what is printed is read the same.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::Routes;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(routes) = text.parse::<Routes>() {
        let printed = routes.to_string();
        let again = printed.parse::<Routes>().expect("routes");
        assert_eq!(again.to_string(), printed);
    }
});
