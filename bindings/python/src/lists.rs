//! Bypass lists and proxy lists alone.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use whichproxy::bypass::{Profile, Target};
use whichproxy::settings::Dialect;
use whichproxy::{Error, parse_url};

use crate::errors::Fault;
use crate::routes::Route;

/// A bypass list, by the rules of a ``profile``: ``curl``, ``defender-av``,
/// ``winhttp`` or ``wininet``.
///
/// Any text is one; ``oddities`` says what can hardly be meant.
///
/// Raises:
///     UsageError: there is no such profile.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Debug)]
pub(crate) struct BypassList(whichproxy::bypass::BypassList);

#[pymethods]
impl BypassList {
    #[new]
    #[pyo3(signature = (text, *, profile = "winhttp"))]
    fn new(py: Python<'_>, text: &str, profile: &str) -> PyResult<BypassList> {
        let raised = |error: Error| Fault::Other(error).raised(py);
        let profile: Profile = profile.parse().map_err(raised)?;
        Ok(BypassList(whichproxy::bypass::BypassList::new(text, profile)))
    }

    /// The entry that sends ``url`` direct, or None where there is none.
    ///
    /// Raises:
    ///     UrlError: ``url`` is no URL.
    fn find(&self, py: Python<'_>, url: &str) -> PyResult<Option<String>> {
        let url = parse_url(url).map_err(|e| Fault::Other(e).raised(py))?;
        let found = self.0.find(Target::from(&url));
        Ok(found.map(|found| found.entry))
    }

    /// What can hardly be meant, each with its place.
    #[getter]
    fn oddities<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let oddities = self.0.oddities().iter().map(ToString::to_string);
        PyTuple::new(py, oddities.collect::<Vec<_>>())
    }

    fn __len__(&self) -> usize {
        self.0.entries().len()
    }

    fn __repr__(&self) -> String {
        let (count, profile) = (self.0.entries().len(), self.0.profile());
        format!("<BypassList of {}, {count} entries>", profile.name())
    }
}

/// A proxy list in Windows' grammar, such as ``http=a:80;b:81``.
///
/// What is no proxy is left out, and told by ``oddities``.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Debug)]
pub(crate) struct ProxyList {
    map: whichproxy::settings::ProxyMap,
    oddities: Vec<String>,
}

#[pymethods]
impl ProxyList {
    #[new]
    fn new(text: &str) -> ProxyList {
        let (map, oddities) = whichproxy::settings::ProxyMap::parse(text);
        ProxyList { map, oddities }
    }

    /// The proxies for URLs of ``scheme``, in order; ``dialect`` says whose
    /// keys count, ``winhttp`` or ``wininet``.
    ///
    /// Raises:
    ///     UsageError: there is no such dialect.
    #[pyo3(signature = (scheme, *, dialect = "winhttp"))]
    fn proxies_for<'py>(
        &self,
        py: Python<'py>,
        scheme: &str,
        dialect: &str,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let raised = |error: Error| Fault::Other(error).raised(py);
        let dialect: Dialect = dialect.parse().map_err(raised)?;
        let proxies = self.map.proxies_for(scheme, dialect).iter();
        let routes = proxies.map(|proxy| Route(proxy.clone().into()));
        PyTuple::new(py, routes.collect::<Vec<_>>())
    }

    /// What was left out, and why.
    #[getter]
    fn oddities<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.oddities)
    }

    fn __str__(&self) -> String {
        self.map.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<ProxyList {}>", self.map)
    }
}
