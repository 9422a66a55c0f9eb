//! Errors of the crates, as exceptions of Python.
//!
//! The classes are written in Python (`_errors.py`): a class that derives
//! from an exception can be made here only for Python 3.12 and later.

use std::error::Error as _;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use whichproxy::ErrorKind;

use crate::trace::Trace;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A script's error.
    Pac(whichproxy_pac::Error),
    /// Any other.
    Other(whichproxy::Error),
}

impl From<whichproxy_pac::Error> for Fault {
    fn from(error: whichproxy_pac::Error) -> Fault {
        Fault::Pac(error)
    }
}

impl From<whichproxy::Error> for Fault {
    fn from(error: whichproxy::Error) -> Fault {
        Fault::Other(error)
    }
}

impl Fault {
    /// The exception, ready to be raised or to be given away.
    pub(crate) fn exception(
        self,
        py: Python<'_>,
    ) -> PyResult<Bound<'_, PyAny>> {
        let fields = PyDict::new(py);
        match self {
            Fault::Pac(error) => {
                of_script(&fields, &error)?;
                fields.set_item("kind", error.kind().name())?;
                fields.set_item("winhttp_code", error.winhttp_code())?;
                made(py, "PacError", &error.to_string(), &fields)
            }
            Fault::Other(error) => {
                fields.set_item("kind", error.kind().name())?;
                fields.set_item("winhttp_code", error.winhttp_code())?;
                let trace = error.trace().cloned().map(Trace::new);
                fields.set_item("trace", trace)?;
                if error.kind() == ErrorKind::Pac {
                    let script = error.source();
                    let script = script.and_then(|it| it.downcast_ref());
                    if let Some(script) = script {
                        of_script(&fields, script)?;
                    }
                }
                let class = match error.kind() {
                    ErrorKind::Detect => "DetectError",
                    ErrorKind::Fetch => "FetchError",
                    ErrorKind::Pac => "PacError",
                    ErrorKind::Registry => "RegistryError",
                    ErrorKind::Url => "UrlError",
                    ErrorKind::Usage => "UsageError",
                    _ => "Error",
                };
                made(py, class, &error.to_string(), &fields)
            }
        }
    }

    /// The same, raised.
    pub(crate) fn raised(self, py: Python<'_>) -> PyErr {
        match self.exception(py) {
            Ok(exception) => PyErr::from_value(exception),
            Err(error) => error,
        }
    }
}

/// A name or a text that the caller gave, and that means nothing.
pub(crate) fn usage(py: Python<'_>, message: &str) -> PyErr {
    let fields = PyDict::new(py);
    let made = fields
        .set_item("kind", ErrorKind::Usage.name())
        .and_then(|()| made(py, "UsageError", message, &fields));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

fn of_script(
    fields: &Bound<'_, PyDict>,
    error: &whichproxy_pac::Error,
) -> PyResult<()> {
    let py = fields.py();
    let asked = error.asked().iter().map(ToString::to_string);
    let asked: Vec<String> = asked.collect();
    let refusals = error.refusals().iter().map(ToString::to_string);
    let refusals: Vec<String> = refusals.collect();
    fields.set_item("line", error.line())?;
    fields.set_item("column", error.column())?;
    fields.set_item("asked", PyTuple::new(py, asked)?)?;
    fields.set_item("alerts", PyTuple::new(py, error.alerts())?)?;
    fields.set_item("refusals", PyTuple::new(py, refusals)?)
}

fn made<'py>(
    py: Python<'py>,
    class: &str,
    message: &str,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || {
        py.import("whichproxy._errors").map(Bound::unbind)
    })?;
    module.bind(py).getattr(class)?.call((message,), Some(fields))
}
