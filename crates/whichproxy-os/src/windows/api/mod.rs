//! The calls of Windows, each behind a safe function; what comes of them is
//! judged elsewhere.

mod network;
mod registry;

pub(super) use self::network::{DhcpClient, adapters, domain};
pub(super) use self::registry::{Hive, OpenKey};

/// Text as Windows wants it: in UTF-16, ended by zero. What follows a zero
/// in the text is cut off.
fn wide(text: &str) -> Vec<u16> {
    let units = text.encode_utf16().take_while(|unit| *unit != 0);
    units.chain([0]).collect()
}
