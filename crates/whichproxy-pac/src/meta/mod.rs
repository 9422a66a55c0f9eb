//! Which engine answers, and what stands between it and the machine.
//!
//! An engine is a [`Strategy`]. It never sees the embedder: it asks a
//! [`Memo`], which asks each question once, so that whichever engine runs,
//! and however often, one evaluation has one answer for each.

mod found;
mod memo;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::found::{Found, Known};
pub(crate) use self::memo::{Answer, Memo, Told};
use crate::engine::Js;
use crate::machine::Compiled;
use crate::{Config, Dependencies, Error, Isolation, Limits, Query, Refusal};

/// An engine with a script in it.
pub(crate) trait Strategy: fmt::Debug + Send + Sync {
    /// Its name, as users read it.
    fn name(&self) -> &'static str;

    /// What the answers may depend on.
    fn depends_on(&self) -> Dependencies {
        Dependencies::ALL
    }

    /// What the script returns.
    fn find_proxy(
        &self,
        query: &Query<'_>,
        memo: &mut Memo<'_>,
    ) -> Result<Found<'_>, Error>;
}

/// The fastest engine that takes the script, and why others refused.
pub(crate) fn strategy(
    source: Arc<str>,
    limits: &Limits,
    config: &Config,
    isolation: &Isolation,
) -> Result<(Box<dyn Strategy>, Vec<Refusal>), Error> {
    let mut refusals = Vec::new();
    if config.compiles() {
        match Compiled::new(source.clone(), limits, config, isolation) {
            Ok(compiled) => return Ok((Box::new(compiled), refusals)),
            Err(all) => refusals = all,
        }
    }
    if !config.has_js() {
        return Err(Error::refused(refusals));
    }
    Ok((Box::new(Js::new(source, limits, isolation)?), refusals))
}
