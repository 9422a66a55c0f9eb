//! Which engine answers, and what stands between it and the machine.
//!
//! An engine is a [`Strategy`]. It never sees the embedder: it asks a
//! [`Memo`], which asks each question once, so that whichever engine runs,
//! and however often, one evaluation has one answer for each.

mod memo;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::memo::{Answer, Memo};
use crate::engine::Js;
use crate::{Config, Error, Limits, Query};

/// An engine with a script in it.
pub(crate) trait Strategy: fmt::Debug + Send + Sync {
    /// Its name, as users read it.
    fn name(&self) -> &'static str;

    /// The string that the script returns.
    fn find_proxy(
        &self,
        query: &Query<'_>,
        memo: &mut Memo<'_>,
    ) -> Result<String, Error>;
}

/// The fastest engine that takes the script.
pub(crate) fn strategy(
    source: Arc<str>,
    limits: &Limits,
    _config: &Config,
) -> Result<Box<dyn Strategy>, Error> {
    Ok(Box::new(Js::new(source, limits)?))
}
