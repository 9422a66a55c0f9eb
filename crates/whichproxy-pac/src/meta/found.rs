//! What a script returned, perhaps read before.

use crate::syntax::Text;
use crate::{Ignored, Routes};

/// What a script returned.
#[derive(Debug)]
pub(crate) enum Found<'s> {
    Text(String),
    /// One of the results that the script has written down.
    Known(&'s Known),
}

impl Found<'_> {
    /// What it says to try.
    #[inline]
    pub(crate) fn into_routes(self) -> Routes {
        match self {
            Found::Text(result) => Routes::read(&result).0,
            Found::Known(known) => known.routes.clone(),
        }
    }
}

/// A result that was read once.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) text: Text,
    pub(crate) routes: Routes,
    pub(crate) ignored: Vec<Ignored>,
}

impl Known {
    /// Reads a result.
    pub(crate) fn new(text: &Text) -> Known {
        let (routes, ignored) = Routes::read(text);
        Known { text: text.clone(), routes, ignored }
    }
}
