//! A PAC script.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyFrozenSet, PyList, PyTuple};
use whichproxy::{Limits, parse_url};
use whichproxy_pac::{Config, Query};

use crate::errors::{Fault, usage};
use crate::machine::{Content, Machine};
use crate::many::answers;
use crate::routes::{Route, Routes};
use crate::{waiting, workers};

/// A PAC script that was read, and can be asked from many threads at once.
///
/// Args:
///     source: its text; of bytes, the encoding is found as browsers do.
///     machine: what the script's questions are put to; by default
///         ``Machine.offline()``, which asks nobody.
///     engine: ``auto``; ``compiled``, which refuses what is not compiled;
///         ``js``, which compiles nothing.
///     isolation: where JavaScript runs that is not compiled: ``worker``, in
///         a process whose time and memory are bounded, or ``thread``, here.
///     max_bytes: larger scripts are refused; 1 MiB by default.
///     deadline: how many seconds an answer may take; 60 by default.
///
/// Raises:
///     PacError: it is too large, nested too deeply, or no JavaScript.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Debug)]
pub(crate) struct Pac {
    script: whichproxy_pac::Pac,
    machine: whichproxy::Machine,
}

/// The limits, where some are given.
pub(crate) fn limits(
    py: Python<'_>,
    max_bytes: Option<usize>,
    deadline: Option<f64>,
) -> PyResult<Limits> {
    let mut limits = Limits::new();
    if let Some(bytes) = max_bytes {
        limits = limits.with_source_bytes(bytes);
    }
    if let Some(seconds) = deadline {
        let time = Duration::try_from_secs_f64(seconds)
            .map_err(|_| usage(py, "a deadline is a number of seconds"))?;
        limits = limits.with_deadline(time);
    }
    Ok(limits)
}

impl Pac {
    fn query<'q>(
        url: &'q str,
        host: Option<&'q str>,
    ) -> Result<Query<'q>, Fault> {
        if let Some(host) = host {
            return Ok(Query::raw(url, host));
        }
        match Query::of_plain_text(url) {
            Some(query) => Ok(query),
            None => Ok(Query::from(&parse_url(url)?)),
        }
    }

    fn ask(&self, url: &str, host: Option<&str>) -> Result<Routes, Fault> {
        let query = Pac::query(url, host)?;
        Ok(Routes(self.script.find_proxy(query, &self.machine)?))
    }

    /// The answer where nobody waits for it.
    fn at_once(
        &self,
        url: &str,
        host: Option<&str>,
    ) -> Option<Result<Routes, Fault>> {
        let query = match Pac::query(url, host) {
            Ok(query) => query,
            Err(fault) => return Some(Err(fault)),
        };
        let found = self.script.find_proxy_compiled(query)?;
        Some(found.map(Routes).map_err(Fault::from))
    }
}

#[pymethods]
impl Pac {
    #[new]
    #[pyo3(signature = (
        source, *, machine = None, engine = "auto", isolation = "worker",
        max_bytes = None, deadline = None,
    ))]
    fn new(
        py: Python<'_>,
        source: Content,
        machine: Option<&Machine>,
        engine: &str,
        isolation: &str,
        max_bytes: Option<usize>,
        deadline: Option<f64>,
    ) -> PyResult<Pac> {
        let config = match engine {
            "auto" => Config::new(),
            "compiled" => Config::new().only_compiled(),
            "js" => Config::new().only_js(),
            _ => {
                let message = "engine is `auto`, `compiled` or `js`";
                return Err(usage(py, message));
            }
        };
        let machine = match machine {
            Some(machine) => machine.inner().clone(),
            None => whichproxy::Machine::offline(),
        };
        let limits = limits(py, max_bytes, deadline)?;
        let isolation = workers::isolation(py, isolation)?;
        let builder = whichproxy_pac::Pac::builder()
            .config(config)
            .limits(limits)
            .isolation(isolation);
        let script = py.detach(|| match source {
            Content::Text(text) => builder.build(&text),
            Content::Bytes(bytes) => builder.build_bytes(&bytes, None),
        });
        match script {
            Ok(script) => Ok(Pac { script, machine }),
            Err(error) => Err(Fault::Pac(error).raised(py)),
        }
    }

    /// What to try for a URL, in order.
    ///
    /// The script is told what browsers tell it: of an ``https`` URL the
    /// origin alone, never a password. With ``host``, it is told exactly
    /// these two texts.
    ///
    /// Raises:
    ///     UrlError: ``url`` is no URL.
    ///     PacError: the script throws, is late, or returns no text.
    #[pyo3(signature = (url, host = None))]
    fn find_proxy(
        &self,
        py: Python<'_>,
        url: &str,
        host: Option<&str>,
    ) -> PyResult<Routes> {
        // What takes a microsecond does not let others run: they would not
        // stop so soon.
        let found = match self.at_once(url, host) {
            Some(found) => found,
            None => py.detach(|| self.ask(url, host)),
        };
        found.map_err(|fault| fault.raised(py))
    }

    /// As ``find_proxy``, awaited.
    #[pyo3(signature = (url, host = None))]
    fn find_proxy_async<'py>(
        slf: &Bound<'py, Self>,
        url: &str,
        host: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match slf.get().at_once(url, host) {
            Some(found) => {
                let found = found.map_err(|fault| fault.raised(py));
                let found =
                    found.and_then(|it| Ok(Bound::new(py, it)?.into_any()));
                waiting::done(py, found)
            }
            None => {
                let arguments = (url, host).into_pyobject(py)?;
                waiting::elsewhere(slf.as_any(), "find_proxy", &arguments)
            }
        }
    }

    /// As ``find_proxy``, for many URLs, in their order, on all cores.
    ///
    /// Args:
    ///     urls: an iterable of texts, a NumPy array of them, or an Arrow
    ///         array (``pyarrow``, ``polars`` and whatever else has the
    ///         PyCapsule interface).
    ///     hosts: what the script is told of the hosts; as many.
    ///     return_exceptions: puts what failed into the list, instead of
    ///         raising the first failure.
    #[pyo3(signature = (urls, hosts = None, *, return_exceptions = false))]
    fn find_proxy_many<'py>(
        &self,
        urls: &Bound<'py, PyAny>,
        hosts: Option<&Bound<'py, PyAny>>,
        return_exceptions: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let ask = |url: &str, host: Option<&str>| {
            self.ask(url, host).map(|routes| routes.0)
        };
        answers(urls, hosts, ask, return_exceptions)
    }

    /// What to try for a URL, and how the script came to it.
    ///
    /// Raises:
    ///     UrlError, PacError: as ``find_proxy``.
    #[pyo3(signature = (url, host = None))]
    fn evaluate(
        &self,
        py: Python<'_>,
        url: &str,
        host: Option<&str>,
    ) -> PyResult<Evaluation> {
        let found = py.detach(|| -> Result<_, Fault> {
            let query = Pac::query(url, host)?;
            Ok(self.script.evaluate(query, &self.machine)?)
        });
        match found {
            Ok(evaluation) => Ok(Evaluation(evaluation)),
            Err(fault) => Err(fault.raised(py)),
        }
    }

    /// Which engine answers, as long as it can: ``constant``, ``table``,
    /// ``compiled`` or ``js``.
    #[getter]
    fn strategy(&self) -> &'static str {
        self.script.strategy()
    }

    /// Why faster engines refused the script.
    #[getter]
    fn refusals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let refusals = self.script.refusals().iter().map(|one| Refusal {
            line: one.line(),
            column: one.column(),
            reason: one.reason().to_owned(),
        });
        PyTuple::new(py, refusals.collect::<Vec<_>>())
    }

    /// What answers may depend on, of ``scheme``, ``host``, ``port``,
    /// ``path``, ``dns``, ``own_addresses`` and ``clock``.
    #[getter]
    fn depends_on<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Bound<'py, PyFrozenSet>> {
        let names = self.script.depends_on().names();
        PyFrozenSet::new(py, names)
    }

    /// The text of the script.
    #[getter]
    fn source(&self) -> &str {
        self.script.source()
    }

    fn __repr__(&self) -> String {
        let (bytes, strategy) = (self.source().len(), self.strategy());
        format!("<Pac of {bytes} bytes, {strategy}>")
    }
}

/// Why a faster engine refused a script, and where.
#[pyclass(frozen, get_all, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The line, from 1; 0 where there is no place.
    line: u32,
    /// The column, from 1; 0 where there is no place.
    column: u32,
    /// What is not compiled.
    reason: String,
}

#[pymethods]
impl Refusal {
    fn __repr__(&self) -> String {
        let Refusal { line, column, reason } = self;
        format!("<Refusal line {line}, column {column}: {reason}>")
    }
}

/// What a script answered, and how it came to that.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Evaluation(whichproxy_pac::Evaluation);

#[pymethods]
impl Evaluation {
    /// What to try, in order.
    #[getter]
    fn routes(&self) -> Routes {
        Routes(self.0.routes().clone())
    }

    /// The script's own text.
    #[getter]
    fn result(&self) -> &str {
        self.0.result()
    }

    /// What the script asked of the machine, in order.
    #[getter]
    fn asked<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let asked = self.0.asked().iter().map(ToString::to_string);
        PyTuple::new(py, asked.collect::<Vec<_>>())
    }

    /// The script's messages, in order.
    #[getter]
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.alerts())
    }

    /// What of the result cannot be used: pairs of the text and the reason.
    #[getter]
    fn ignored<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let ignored = self.0.ignored().iter();
        let ignored = ignored.map(|one| (one.text(), one.reason()));
        PyTuple::new(py, ignored.collect::<Vec<_>>())
    }

    fn __repr__(&self) -> String {
        let routes = Route(self.0.routes().first().clone());
        format!("<Evaluation, first {}>", routes.0)
    }
}
