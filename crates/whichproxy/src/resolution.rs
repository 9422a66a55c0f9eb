//! The answer for a URL.

use std::sync::Arc;

use whichproxy_pac::{Route, Routes};

use crate::trace::Trace;

/// What a client would try for a URL, in order, and why.
///
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Resolution {
    found: Arc<Found>,
}

#[derive(Clone, Debug)]
struct Found {
    routes: Routes,
    steps: Vec<usize>,
    trace: Trace,
}

impl Resolution {
    /// These routes, each by the step of this index.
    pub(crate) fn new(
        routes: Routes,
        steps: Vec<usize>,
        trace: Trace,
    ) -> Resolution {
        Resolution { found: Arc::new(Found { routes, steps, trace }) }
    }

    /// What to try, in order.
    pub fn routes(&self) -> &Routes {
        &self.found.routes
    }

    /// What to try, each with the number (from 1) of the plan's step that
    /// gave it.
    pub fn candidates(&self) -> impl Iterator<Item = (&Route, usize)> {
        let steps = self.found.steps.iter().map(|step| step + 1);
        self.found.routes.iter().zip(steps)
    }

    /// The same, which shares nothing that is written when it is cloned.
    pub(crate) fn copy(&self) -> Resolution {
        Resolution { found: Arc::new(Found::clone(&self.found)) }
    }

    /// What happened, and why.
    pub fn trace(&self) -> &Trace {
        &self.found.trace
    }
}
