//! The calls of Windows, each behind a safe function; what comes of them is
//! judged elsewhere.

mod job;
mod network;
mod notify;
mod registry;
mod token;
#[cfg(feature = "winhttp")]
mod winhttp;

use std::io;

pub(crate) use self::job::{Job, resident_bytes};
pub(super) use self::network::{DhcpClient, adapters, domain};
pub(crate) use self::notify::{AddressChanges, Event, wait};
pub(super) use self::registry::{Hive, OpenKey};
pub(crate) use self::token::confine;
#[cfg(feature = "winhttp")]
pub(crate) use self::winhttp::{
    default_configuration, detect, proxy_for_url, proxy_for_url_ex,
    user_configuration,
};

/// Text as Windows wants it: in UTF-16, ended by zero. What follows a zero
/// in the text is cut off.
fn wide(text: &str) -> Vec<u16> {
    let units = text.encode_utf16().take_while(|unit| *unit != 0);
    units.chain([0]).collect()
}

/// The size of something that is never that large.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// What a call says that returns 0 where it fails.
fn check(done: i32) -> io::Result<()> {
    match done {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
