//! What is configured, typed, each value with the place that says so.
//!
//! Reading is parsing only: it knows every key and no order. What a client
//! does with the values is the business of its [`Plan`](crate::Plan).

mod connection;
mod defender;
mod entry;
mod environment;
mod mask;
mod names;
mod proxy_map;
mod reader;
mod sourced;
mod winhttp;
mod wininet;

pub use self::connection::{
    ConnectionFlags, ConnectionSettings, WinhttpConnection,
};
pub use self::defender::{
    DefenderAvProxy, DefenderAvSettings, DefenderEdrSettings,
};
pub use self::entry::Entry;
pub use self::environment::EnvironmentSettings;
pub(crate) use self::mask::{masked, shown};
pub use self::names::NameSettings;
pub use self::proxy_map::{Dialect, ProxyMap};
use self::reader::Reader;
pub use self::sourced::{Malformed, Origin, Setting, Sourced, Warning};
pub use self::winhttp::{StaticProxy, WinhttpSettings};
pub use self::wininet::WininetSettings;
use crate::client::Identity;
use crate::error::Error;
use crate::machine::Machine;

/// Everything on a machine that bears on proxies, for one identity.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose settings the per-user part was read from.
    pub identity: Identity,
    /// Microsoft Defender Antivirus.
    pub defender_av: DefenderAvSettings,
    /// The sensor of Microsoft Defender for Endpoint.
    pub defender_edr: DefenderEdrSettings,
    /// The environment variables.
    pub environment: EnvironmentSettings,
    /// Name suffixes and devolution, as WPAD's DNS search needs them.
    pub names: NameSettings,
    /// WinHTTP's machine-wide settings.
    pub winhttp: WinhttpSettings,
    /// WinINET's ("Internet Options") settings of the identity.
    pub wininet: WininetSettings,
    /// What is odd about the values that were found.
    pub warnings: Vec<Warning>,
}

impl Settings {
    /// Reads what is configured on `machine` for `identity`.
    ///
    /// Values that can't be read are kept as [`Setting::Malformed`], with a
    /// [`Warning`]; they are no error.
    ///
    /// # Errors
    ///
    /// When the registry itself can't be read
    /// ([`ErrorKind::Registry`](crate::ErrorKind::Registry)).
    pub fn read(
        machine: &Machine,
        identity: &Identity,
    ) -> Result<Settings, Error> {
        let mut reader = Reader::new(machine);
        Ok(Settings {
            identity: identity.clone(),
            defender_av: DefenderAvSettings::read(&mut reader)?,
            defender_edr: DefenderEdrSettings::read(&mut reader)?,
            environment: EnvironmentSettings::read(&mut reader),
            names: NameSettings::read(&mut reader)?,
            winhttp: WinhttpSettings::read(&mut reader)?,
            wininet: WininetSettings::read(identity, &mut reader)?,
            warnings: reader.into_warnings(),
        })
    }
}

#[cfg(test)]
mod tests;
