//! Who gives a walk through a plan its scripts, and what they answer.

use std::convert::Infallible;

use url::Url;
use whichproxy_pac::{Evaluation, Pac, Query};

use crate::plan::Plan;
use crate::resolver::Resolver;
use crate::scripts::{Detected, Script};

/// Gives a walk what takes time: either at once, on the thread that walks,
/// or as far as it is known already.
pub(crate) trait Supply {
    /// What has to be had before the walk can come to its end.
    type Want;

    /// The script at `url`, for the step of this index.
    fn script(&mut self, step: usize, url: &Url)
    -> Result<Script, Self::Want>;

    /// The script that WPAD finds, for the step of this index.
    fn detect(&mut self, step: usize) -> Result<Detected, Self::Want>;

    /// What the script of this step answers.
    fn evaluate(
        &mut self,
        step: usize,
        script: &Pac,
        query: Query<'static>,
    ) -> Result<Evaluated, Self::Want>;
}

pub(crate) type Evaluated = Result<Evaluation, whichproxy_pac::Error>;

/// Asks the machine at once, and waits for it.
pub(crate) struct AtOnce<'r> {
    pub(crate) resolver: &'r Resolver,
    /// The plan that is walked through.
    pub(crate) plan: &'r Plan,
}

impl Supply for AtOnce<'_> {
    type Want = Infallible;

    fn script(&mut self, _: usize, url: &Url) -> Result<Script, Infallible> {
        let AtOnce { resolver, .. } = self;
        Ok(resolver.scripts().script(url, resolver.machine()))
    }

    fn detect(&mut self, _: usize) -> Result<Detected, Infallible> {
        let AtOnce { resolver, plan } = self;
        Ok(resolver.scripts().detect(plan.names(), resolver.machine()))
    }

    fn evaluate(
        &mut self,
        _: usize,
        script: &Pac,
        query: Query<'static>,
    ) -> Result<Evaluated, Infallible> {
        Ok(script.evaluate(query, self.resolver.machine()))
    }
}
