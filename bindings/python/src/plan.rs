//! What a client would try, and what is configured.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use whichproxy::{Client, Identity, Sid};

use crate::errors::Fault;
use crate::machine::Machine;

/// JSON, as Python's objects.
pub(crate) fn from_json<'py>(
    py: Python<'py>,
    json: &str,
) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// What a client would try, in order.
///
/// ``str()`` is what ``whichproxy plan`` prints.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Plan(pub(crate) whichproxy::Plan);

#[pymethods]
impl Plan {
    /// Every plan that a client may follow with these settings, the best
    /// founded first: where Microsoft does not document the order beyond
    /// doubt, there are several.
    #[staticmethod]
    fn readings(
        py: Python<'_>,
        client: &str,
        settings: &Settings,
    ) -> PyResult<Vec<Plan>> {
        let client: Client =
            client.parse().map_err(|e| Fault::Other(e).raised(py))?;
        let plans = whichproxy::Plan::readings(client, &settings.0);
        Ok(plans.into_iter().map(Plan).collect())
    }

    /// The client's name.
    #[getter]
    fn client(&self) -> &'static str {
        self.0.client().name()
    }

    /// The name of the reading of the client's order.
    #[getter]
    fn reading(&self) -> &'static str {
        self.0.reading().name
    }

    /// What is tried, in order, as it prints.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let steps = self.0.steps().iter().map(ToString::to_string);
        PyTuple::new(py, steps.collect::<Vec<_>>())
    }

    /// The names of what the client's order has, and this plan has not.
    #[getter]
    fn skipped<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let skipped = self.0.skipped().iter().map(|one| one.name);
        PyTuple::new(py, skipped.collect::<Vec<_>>())
    }

    /// Plain dictionaries, lists and texts, as ``--format json`` has them.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_json(py, &whichproxy_cli::json::plan(&self.0))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let steps = self.0.steps().len();
        format!("<Plan of {}, {steps} steps>", self.0.client())
    }
}

/// What is configured on a machine, for one account.
///
/// ``Settings(machine)`` reads it for the current user; with ``client``, for
/// the account that this client runs as; with ``user``, for that account.
///
/// Raises:
///     UsageError: there is no such client, or ``user`` is no SID.
///     RegistryError: the registry can't be read.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Settings(pub(crate) Arc<whichproxy::Settings>);

impl Settings {
    pub(crate) fn read(
        py: Python<'_>,
        machine: &Machine,
        client: Option<Client>,
        user: Option<&str>,
    ) -> PyResult<Settings> {
        let raised = |error| Fault::Other(error).raised(py);
        let identity = match (user, client) {
            (Some(user), _) => {
                Identity::from(user.parse::<Sid>().map_err(raised)?)
            }
            (None, Some(client)) => client.identity(),
            (None, None) => Identity::CurrentUser,
        };
        Settings::of(py, machine.inner(), &identity)
    }

    pub(crate) fn of(
        py: Python<'_>,
        machine: &whichproxy::Machine,
        identity: &Identity,
    ) -> PyResult<Settings> {
        let settings =
            py.detach(|| whichproxy::Settings::read(machine, identity));
        let settings = settings.map_err(|e| Fault::Other(e).raised(py))?;
        Ok(Settings(Arc::new(settings)))
    }
}

#[pymethods]
impl Settings {
    #[new]
    #[pyo3(signature = (machine, *, client = None, user = None))]
    fn new(
        py: Python<'_>,
        machine: &Machine,
        client: Option<&str>,
        user: Option<&str>,
    ) -> PyResult<Settings> {
        let client = client.map(str::parse::<Client>).transpose();
        let client = client.map_err(|e| Fault::Other(e).raised(py))?;
        Settings::read(py, machine, client, user)
    }

    /// What is set, a line each: ``component: name = value (origin)``, with
    /// passwords masked.
    #[getter]
    fn entries<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let entries = self.0.entries().into_iter().map(|entry| {
            let value = match entry.value {
                Ok(value) => value,
                Err(malformed) => format!("malformed {malformed}"),
            };
            let (component, name) = (entry.component, entry.name);
            format!("{component}: {name} = {value} ({})", entry.origin)
        });
        PyTuple::new(py, entries.collect::<Vec<_>>())
    }

    /// What is odd about them.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let warnings = self.0.warnings.iter().map(ToString::to_string);
        PyTuple::new(py, warnings.collect::<Vec<_>>())
    }

    /// Plain dictionaries, lists and texts, as ``--format json`` has them.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_json(py, &whichproxy_cli::json::settings(&self.0))
    }

    fn __repr__(&self) -> String {
        format!("<Settings, {} set>", self.0.entries().len())
    }
}
