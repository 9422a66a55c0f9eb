//! Proxy lists of Windows: what is printed is read the same.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::settings::{Dialect, ProxyMap};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (map, _) = ProxyMap::parse(&text);
    for scheme in ["http", "https", "ftp", ""] {
        let _ = map.proxies_for(scheme, Dialect::Wininet);
    }
    let secret = map.iter().any(|(_, proxy)| proxy.credentials().is_some());
    if !secret && !map.is_empty() {
        let printed = map.to_string();
        assert_eq!(ProxyMap::parse(&printed).0, map, "{printed:?}");
    }
});
