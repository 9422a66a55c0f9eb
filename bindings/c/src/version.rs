//! Which version this is.

use crate::text::whichproxy_str;

/// The version of the library, in three bytes: 0x000100 is 0.1.0.
///
/// Functions and values are added by a new minor version; none is changed or
/// removed but by a major one (a minor one, before 1.0).
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_version() -> u32 {
    let part = |text: &str| text.parse::<u32>().unwrap_or(0);
    part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"))
}

/// The version in words: `0.1.0`. The text is constant.
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_version_text() -> whichproxy_str {
    whichproxy_str::of(env!("CARGO_PKG_VERSION"))
}
