//! The command, and the process that is a worker.

use std::ffi::OsString;
use std::iter;

use pyo3::prelude::*;

use crate::workers;

/// Runs the command ``whichproxy`` with these arguments; its exit status.
#[pyfunction]
#[pyo3(name = "_command")]
pub(crate) fn command(
    py: Python<'_>,
    arguments: Vec<OsString>,
) -> PyResult<u8> {
    workers::prepare(py)?;
    let name = iter::once(OsString::from("whichproxy"));
    Ok(py.detach(|| whichproxy_cli::run(name.chain(arguments))))
}

/// Serves as a worker, and never returns, where the arguments say so.
#[pyfunction]
#[pyo3(name = "_serve")]
pub(crate) fn serve(py: Python<'_>, arguments: Vec<OsString>) {
    py.detach(|| whichproxy_os::worker::serve_as(arguments));
}
