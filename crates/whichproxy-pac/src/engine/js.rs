//! boa, which runs all of JavaScript: somewhere else than on the caller's
//! thread, where there is anywhere else.

use std::fmt;
use std::sync::Arc;

use super::exchange::Job;
use super::here::Here;
use super::threads::Threads;
use super::{HAS_THREADS, nesting};
use crate::meta::{Found, Memo, Strategy};
use crate::worker::Remote;
use crate::{Error, ErrorKind, Isolation, Limits, Query};

/// A script that boa runs.
pub(crate) struct Js {
    stack_bytes: usize,
    place: Place,
}

/// Where it runs.
enum Place {
    Here(Here),
    Threads(Threads),
    Workers(Remote),
}

impl Js {
    /// Reads a script, and runs nothing of it.
    pub(crate) fn new(
        source: Arc<str>,
        limits: &Limits,
        isolation: &Isolation,
    ) -> Result<Js, Error> {
        let stack_bytes = nesting::stack_bytes(&source, limits.recursion())?;
        let place = match isolation {
            Isolation::Thread if !HAS_THREADS => {
                Place::Here(Here::new(source, limits))
            }
            Isolation::Worker(_) if !HAS_THREADS => {
                return Err(Error::new(
                    ErrorKind::Limit,
                    "no worker can be started here",
                ));
            }
            Isolation::Thread => {
                Place::Threads(Threads::new(source, limits, stack_bytes))
            }
            Isolation::Worker(workers) => Place::Workers(Remote::new(
                workers,
                source,
                limits,
                stack_bytes,
            )),
        };
        let js = Js { stack_bytes, place };
        js.run(Job::Read, None)?;
        Ok(js)
    }

    fn run(
        &self,
        job: Job,
        memo: Option<&mut Memo<'_>>,
    ) -> Result<String, Error> {
        match &self.place {
            Place::Here(here) => here.run(&job, memo),
            Place::Threads(threads) => threads.run(job, memo),
            Place::Workers(remote) => remote.run(&job, memo),
        }
    }
}

impl Strategy for Js {
    fn name(&self) -> &'static str {
        "js"
    }

    fn find_proxy(
        &self,
        query: &Query<'_>,
        memo: &mut Memo<'_>,
    ) -> Result<Found<'_>, Error> {
        memo.allow_js()?;
        memo.doubt();
        let url = query.url().to_owned();
        let host = query.host().to_owned();
        self.run(Job::Call { url, host }, Some(memo)).map(Found::Text)
    }
}

impl fmt::Debug for Js {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Js")
            .field("stack_bytes", &self.stack_bytes)
            .finish_non_exhaustive()
    }
}
