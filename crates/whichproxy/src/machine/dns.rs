//! The border to names.

use std::fmt;
use std::net::IpAddr;

use whichproxy_pac::Family;

use super::Fault;

/// Resolves names to addresses.
pub trait Dns: fmt::Debug + Send + Sync {
    /// The addresses of `name`, in the system's order; empty where it does
    /// not exist.
    ///
    /// # Errors
    ///
    /// When the question can't be asked or is not answered.
    fn lookup(&self, name: &str, family: Family)
    -> Result<Vec<IpAddr>, Fault>;

    /// Drops what is remembered of earlier answers; nothing by default.
    fn forget(&self) {}
}

/// A network where no name resolves.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDns;

impl Dns for NoDns {
    fn lookup(
        &self,
        _name: &str,
        _family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        Ok(Vec::new())
    }
}
