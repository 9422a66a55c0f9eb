//! Watching the computer, for resolvers that live for long.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyAny;
use whichproxy::machine::{Change, Fault};

use crate::errors::usage;

/// The change of this name.
pub(crate) fn change(py: Python<'_>, name: &str) -> PyResult<Change> {
    let known = [Change::Addresses, Change::Registry];
    let found = known.into_iter().find(|known| known.to_string() == name);
    found.ok_or_else(|| {
        let name = name.escape_debug();
        usage(
            py,
            &format!(
                "unknown change `{name}`; there is `addresses`, `registry`"
            ),
        )
    })
}

/// A thread that watches this computer, and tells a resolver what has
/// changed, until it is closed.
///
/// ``Resolver.watch`` makes them. ``with`` closes it at the end; it ends, too,
/// when nobody has it any more, which is never as long as what it calls leads
/// back to it: then it takes ``close``. A child that a process forks has no
/// such thread.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Debug)]
pub(crate) struct Watch(Mutex<Option<whichproxy_os::Watch>>);

impl Watch {
    pub(crate) fn new(
        resolver: &whichproxy::Resolver,
        told: Option<Py<PyAny>>,
        failed: Option<Py<PyAny>>,
    ) -> Result<Watch, Fault> {
        let tell = move |heard: Result<Change, Fault>| {
            // At the end of Python there is nobody to tell.
            Python::try_attach(|py| {
                let (callee, text) = match (heard, &told, &failed) {
                    (Ok(_), None, _) => return,
                    (Ok(change), Some(told), _) => (told, change.to_string()),
                    (Err(fault), _, Some(failed)) => {
                        (failed, fault.to_string())
                    }
                    (Err(fault), ..) => {
                        let error = PyOSError::new_err(fault.to_string());
                        return error.write_unraisable(py, None);
                    }
                };
                if let Err(error) = callee.call1(py, (text,)) {
                    error.write_unraisable(py, Some(callee.bind(py)));
                }
            });
        };
        let watch = whichproxy_os::Watch::new(resolver, tell)?;
        Ok(Watch(Mutex::new(Some(watch))))
    }

    fn take(&self) -> Option<whichproxy_os::Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl Watch {
    /// Ends it, and waits until it has ended; nothing is told after that. It
    /// waits for a call that goes on, too, unless that closes it: so it is not
    /// called with a lock that such a call takes.
    fn close(&self, py: Python<'_>) {
        let watch = self.take();
        // Its thread may be waiting for Python.
        py.detach(|| drop(watch));
    }

    fn __enter__(slf: Py<Watch>) -> Py<Watch> {
        slf
    }

    #[pyo3(signature = (*_args))]
    fn __exit__(&self, py: Python<'_>, _args: &Bound<'_, PyAny>) {
        self.close(py);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // This may be anywhere, with any locks: nobody is waited for.
        if let Some(watch) = self.take() {
            watch.end();
        }
    }
}
