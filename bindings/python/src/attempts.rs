//! Trying routes, one after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use whichproxy::{Client, Failure};

use crate::errors::{Fault, usage};
use crate::resolver::elapsed;
use crate::routes::{Route, Routes};

/// What all attempts of one client have learnt of proxies: which failed, and
/// which worked last.
///
/// ``Attempts("wininet")`` has the hold time that is known of the client;
/// ``Resolver.attempts`` the one that is configured.
///
/// Raises:
///     UsageError: there is no such client.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Attempts(whichproxy::Attempts);

impl Attempts {
    pub(crate) fn of(
        client: Client,
        settings: &whichproxy::Settings,
    ) -> Attempts {
        Attempts(whichproxy::Attempts::with_settings(client, settings))
    }
}

#[pymethods]
impl Attempts {
    #[new]
    fn new(py: Python<'_>, client: &str) -> PyResult<Attempts> {
        let client: Client =
            client.parse().map_err(|e| Fault::Other(e).raised(py))?;
        Ok(Attempts(whichproxy::Attempts::new(client)))
    }

    /// Starts to try routes: those that were put aside come last.
    fn begin(&self, routes: &Routes) -> Attempt {
        let attempt = self.0.begin(&routes.0, elapsed());
        Attempt(Mutex::new(attempt))
    }

    fn __repr__(&self) -> &'static str {
        "<Attempts>"
    }
}

/// Routes that are being tried, for one request.
///
/// ``str()`` tells what was tried, a line for each.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Debug)]
pub(crate) struct Attempt(Mutex<whichproxy::Attempt>);

impl Attempt {
    fn lock(&self) -> MutexGuard<'_, whichproxy::Attempt> {
        // Nothing is left half done while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Attempt {
    /// What to try now; ``None`` where nothing is left, or the client gives
    /// up.
    #[getter]
    fn route(&self) -> Option<Route> {
        self.lock().route().cloned().map(Route)
    }

    /// Notes how the route that was to be tried failed; whether the client
    /// tries the next one.
    ///
    /// Args:
    ///     failure: ``unresolved``, ``refused``, ``unreachable``,
    ///         ``timed-out``, ``reset``, ``tls`` or ``other``; or the status
    ///         with which the proxy answered for itself.
    ///
    /// Raises:
    ///     UsageError: there is no such failure.
    fn failed(&self, py: Python<'_>, failure: How) -> PyResult<bool> {
        let failure = match &failure {
            How::Status(status) => Failure::Answered(*status),
            How::Name(name) => match name.as_str() {
                "unresolved" => Failure::Unresolved,
                "refused" => Failure::Refused,
                "unreachable" => Failure::Unreachable,
                "timed-out" => Failure::TimedOut,
                "reset" => Failure::Reset,
                "tls" => Failure::Tls,
                "other" => Failure::Other,
                _ => return Err(usage(py, "there is no such failure")),
            },
        };
        Ok(self.lock().failed(failure).moves_on)
    }

    /// Notes that the route that was to be tried works: those before it are
    /// put aside for a while.
    fn worked(&self) {
        self.lock().clone().worked(elapsed());
    }

    /// What failed so far, in order, as it prints.
    #[getter]
    fn tried(&self) -> Vec<String> {
        self.lock().tried().iter().map(ToString::to_string).collect()
    }

    fn __str__(&self) -> String {
        self.lock().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Attempt, {} tried>", self.lock().tried().len())
    }
}

/// How a route failed.
#[derive(FromPyObject)]
enum How {
    Status(u16),
    Name(String),
}
