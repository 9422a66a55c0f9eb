//! What a client on a machine would try.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use whichproxy::{Client, Error};

use crate::attempts::Attempts;
use crate::errors::Fault;
use crate::machine::Machine;
use crate::many::{Kept, parallel};
use crate::pac::limits;
use crate::plan::{Plan, Settings, from_json};
use crate::routes::Routes;
use crate::trace::Trace;
use crate::watch::Watch;
use crate::{waiting, watch, workers};

/// Resolves URLs the way one client on one machine would.
///
/// What was discovered, fetched and answered is remembered, each as long as
/// it holds. It can be asked from many threads at once.
///
/// Args:
///     client: ``winhttp``, ``winhttp-auto``, ``wininet``, ``defender-edr``,
///         ``defender-av`` or ``environment``.
///     machine: the machine that it runs on.
///     reading: which of the client's readings it follows, by name; the best
///         founded by default.
///     user: the SID of the account whose settings count, instead of the one
///         that the client runs as.
///     isolation, max_bytes, deadline: as for ``Pac``.
///
/// Raises:
///     UsageError: there is no such client, reading or SID.
///     RegistryError: the registry can't be read.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Debug)]
pub(crate) struct Resolver {
    resolver: whichproxy::Resolver,
    /// The plan, and the settings that it was made of.
    settings: Mutex<(Arc<whichproxy::Plan>, Settings)>,
}

impl Resolver {
    /// The settings that the plan was made of.
    fn current(&self, py: Python<'_>) -> PyResult<Settings> {
        let plan = self.resolver.plan();
        let known =
            || self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let (of, settings) = &*known();
            if Arc::ptr_eq(of, &plan) {
                return Ok(settings.clone());
            }
        }
        let machine = self.resolver.machine();
        let settings = Settings::of(py, machine, plan.identity())?;
        *known() = (plan, settings.clone());
        Ok(settings)
    }
}

#[pymethods]
impl Resolver {
    #[new]
    #[pyo3(signature = (
        client, machine, *, reading = None, user = None,
        isolation = "worker", max_bytes = None, deadline = None,
    ))]
    #[allow(clippy::too_many_arguments)] // they have names
    fn new(
        py: Python<'_>,
        client: &str,
        machine: &Machine,
        reading: Option<&str>,
        user: Option<&str>,
        isolation: &str,
        max_bytes: Option<usize>,
        deadline: Option<f64>,
    ) -> PyResult<Resolver> {
        let raised = |error: Error| Fault::Other(error).raised(py);
        let client: Client = client.parse().map_err(raised)?;
        let settings = Settings::read(py, machine, Some(client), user)?;
        let plan = match reading {
            None => whichproxy::Plan::new(client, &settings.0),
            Some(name) => {
                whichproxy::Plan::with_reading(client, &settings.0, name)
                    .map_err(raised)?
            }
        };
        let machine = machine.inner().clone();
        let resolver = whichproxy::Resolver::with_plan(plan, machine)
            .with_limits(limits(py, max_bytes, deadline)?)
            .with_isolation(workers::isolation(py, isolation)?);
        let settings = Mutex::new((resolver.plan(), settings));
        Ok(Resolver { resolver, settings })
    }

    /// What the client would try for a URL, in order, and why.
    ///
    /// Raises:
    ///     UrlError: ``url`` is none that the client can ask about.
    ///     DetectError, FetchError, PacError: the client itself would report
    ///         a failure; ``trace`` tells how it came to that.
    fn resolve(&self, py: Python<'_>, url: &str) -> PyResult<Resolution> {
        let found = match self.resolver.known(url) {
            Some(known) => Ok(known),
            None => py.detach(|| self.resolver.resolve_text(url)),
        };
        match found {
            Ok(found) => Ok(Resolution::new(url, found)),
            Err(error) => Err(Fault::Other(error).raised(py)),
        }
    }

    /// As ``resolve``, awaited.
    fn resolve_async<'py>(
        slf: &Bound<'py, Self>,
        url: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match slf.get().resolver.known(url) {
            Some(known) => {
                let known = Bound::new(py, Resolution::new(url, known))?;
                waiting::done(py, Ok(known.into_any()))
            }
            None => {
                let arguments = (url,).into_pyobject(py)?;
                waiting::elsewhere(slf.as_any(), "resolve", &arguments)
            }
        }
    }

    /// As ``resolve``, for many URLs, in their order, on all cores.
    ///
    /// Args:
    ///     urls: as for ``Pac.find_proxy_many``.
    ///     return_exceptions: puts what failed into the list, instead of
    ///         raising the first failure.
    #[pyo3(signature = (urls, *, return_exceptions = false))]
    fn resolve_many<'py>(
        &self,
        py: Python<'py>,
        urls: &Bound<'py, PyAny>,
        return_exceptions: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let urls = Kept::new(urls)?;
        let urls = urls.texts(0..urls.len())?;
        let found: Vec<_> = py.detach(|| match parallel() {
            true => self.resolver.resolve_many(&urls),
            false => {
                let ask = |url: &&str| self.resolver.resolve_text(url);
                urls.iter().map(ask).collect()
            }
        });
        let mut list = Vec::with_capacity(found.len());
        for (url, found) in urls.into_iter().zip(found) {
            list.push(match found {
                Ok(found) => {
                    let found = Resolution::new(url, found);
                    Bound::new(py, found)?.into_any()
                }
                Err(error) if return_exceptions => {
                    Fault::Other(error).exception(py)?
                }
                Err(error) => return Err(Fault::Other(error).raised(py)),
            });
        }
        PyList::new(py, list)
    }

    /// The plan that it follows.
    #[getter]
    fn plan(&self) -> Plan {
        Plan(whichproxy::Plan::clone(&self.resolver.plan()))
    }

    /// The settings that the plan was made of.
    #[getter]
    fn settings(&self, py: Python<'_>) -> PyResult<Settings> {
        self.current(py)
    }

    /// What is to be known of proxies that fail, by this client's rules.
    fn attempts(&self, py: Python<'_>) -> PyResult<Attempts> {
        let client = self.resolver.plan().client();
        Ok(Attempts::of(client, &self.current(py)?.0))
    }

    /// Drops what was discovered, fetched and answered.
    fn forget(&self, py: Python<'_>) {
        py.detach(|| self.resolver.forget());
    }

    /// Goes by what has changed of the machine, and forgets what is no longer
    /// so.
    ///
    /// Args:
    ///     change: ``registry``, where the settings are read anew, or
    ///         ``addresses``, where the network is looked at.
    ///
    /// Returns:
    ///     Whether another answer may come of it.
    ///
    /// Raises:
    ///     UsageError: there is no such change.
    ///     RegistryError: the registry can't be read; the resolver goes on as
    ///         it was.
    fn changed(&self, py: Python<'_>, change: &str) -> PyResult<bool> {
        let change = watch::change(py, change)?;
        let changed = py.detach(|| self.resolver.changed(change));
        changed.map_err(|error| Fault::Other(error).raised(py))
    }

    /// Watches this computer, and does ``changed`` whenever its registry (on
    /// Windows) or its addresses change, on a thread of its own, until the
    /// watch is closed.
    ///
    /// Args:
    ///     told: is called with ``registry`` or ``addresses`` whenever another
    ///         answer may come of a change, on that thread.
    ///     failed: is called with what could not be read or listened to, once,
    ///         though it is tried again every five seconds; by default that
    ///         goes to ``sys.unraisablehook``.
    ///
    /// Raises:
    ///     OSError: the system lets nobody listen.
    #[pyo3(signature = (told = None, *, failed = None))]
    fn watch(
        &self,
        told: Option<Py<PyAny>>,
        failed: Option<Py<PyAny>>,
    ) -> PyResult<Watch> {
        Watch::new(&self.resolver, told, failed)
            .map_err(|fault| PyOSError::new_err(fault.to_string()))
    }

    /// Asks for each script that is no longer fresh whether it has changed,
    /// and waits for that. Nobody needs to call it.
    fn refresh(&self, py: Python<'_>) {
        py.detach(|| self.resolver.refresh());
    }

    fn __repr__(&self) -> String {
        format!("<Resolver, {}>", self.resolver.plan().client())
    }
}

/// What a client would try for a URL, and why.
///
/// ``str()`` is the PAC string of the routes.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Resolution {
    url: String,
    found: whichproxy::Resolution,
}

impl Resolution {
    fn new(url: &str, found: whichproxy::Resolution) -> Resolution {
        Resolution { url: url.to_owned(), found }
    }
}

#[pymethods]
impl Resolution {
    /// The URL, as it was asked about.
    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    /// What to try, in order.
    #[getter]
    fn routes(&self) -> Routes {
        Routes(self.found.routes().clone())
    }

    /// The number, in the plan, of the step that gave each route.
    #[getter]
    fn decided_by(&self) -> Vec<usize> {
        self.found.candidates().map(|(_, step)| step).collect()
    }

    /// How it came to that.
    #[getter]
    fn trace(&self) -> Trace {
        Trace::new(self.found.trace().clone())
    }

    /// What ``requests`` takes as ``proxies``; see ``Routes.proxies``.
    #[getter]
    fn proxies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.routes().proxies(py)
    }

    /// Plain dictionaries, lists and texts, as ``--format json`` has them.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let plan = self.found.trace().plan();
        let found = Ok(&self.found);
        from_json(py, &whichproxy_cli::json::resolved(&self.url, plan, found))
    }

    fn __str__(&self) -> String {
        self.found.routes().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Resolution {}>", self.found.routes())
    }
}

/// Time that never goes back.
pub(crate) fn elapsed() -> Duration {
    use std::sync::OnceLock;
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}
