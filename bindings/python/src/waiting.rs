//! Awaiting what may take a while.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static ASKER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let asker = ASKER.get_or_try_init(py, || {
        let asyncio = py.import("asyncio")?;
        asyncio.getattr("get_running_loop").map(Bound::unbind)
    })?;
    asker.bind(py).call0()
}

/// A future of the running loop that has its result, or its exception.
pub(crate) fn done<'py>(
    py: Python<'py>,
    result: PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let future = running_loop(py)?.call_method0("create_future")?;
    match result {
        Ok(value) => future.call_method1("set_result", (value,))?,
        Err(error) => future.call_method1("set_exception", (error,))?,
    };
    Ok(future)
}

/// A future of the running loop: a method, called on one of the threads that
/// the loop has for what blocks.
pub(crate) fn elsewhere<'py>(
    object: &Bound<'py, PyAny>,
    method: &str,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let mut all = vec![py.None().into_bound(py), object.getattr(method)?];
    all.extend(arguments.iter());
    let all = PyTuple::new(py, all)?;
    running_loop(py)?.call_method1("run_in_executor", all)
}
