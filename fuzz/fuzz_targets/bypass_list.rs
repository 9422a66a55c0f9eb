//! Bypass lists: the table finds what the definition finds.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::bypass::{BypassList, Profile, Target};

const PROFILES: [Profile; 4] =
    [Profile::Curl, Profile::DefenderAv, Profile::Winhttp, Profile::Wininet];

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let Some((list, host)) = text.rsplit_once('\n') else { return };
    let profile = PROFILES[usize::from(first % 4)];
    let list = BypassList::new(list, profile);
    let scheme = if first & 4 == 0 { "http" } else { "https" };
    let port = if first & 8 == 0 { 80 } else { 8080 };
    let target = Target { scheme, host, port };
    assert_eq!(
        list.find(target),
        list.find_naive(target),
        "{host:?} {list:?}"
    );
    let _ = list.oddities().iter().map(ToString::to_string).count();
});
