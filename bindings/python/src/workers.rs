//! Where scripts run that have to run as JavaScript.

use std::path::PathBuf;
use std::sync::OnceLock;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use whichproxy::Isolation;
use whichproxy_os::worker::{Executable, start_as, workers};
use whichproxy_pac::worker::Workers;

use crate::errors::usage;

/// What an interpreter runs that is a worker: this library, without the
/// package around it, and nothing else.
const PROGRAM: &str = "\
import sys
from importlib.machinery import ExtensionFileLoader as Loader
from importlib.util import module_from_spec, spec_from_loader
spec = spec_from_loader('_whichproxy', Loader('_whichproxy', sys.argv[1]))
module = module_from_spec(spec)
spec.loader.exec_module(module)
module._serve(sys.argv[2:])
";

/// Where scripts run, by its name; one pool of workers for all.
pub(crate) fn isolation(py: Python<'_>, name: &str) -> PyResult<Isolation> {
    static POOL: OnceLock<Workers> = OnceLock::new();
    match name {
        "thread" => Ok(Isolation::Thread),
        "worker" => {
            prepare(py)?;
            let pool = POOL.get_or_init(workers);
            Ok(Isolation::Worker(pool.clone()))
        }
        _ => Err(usage(py, "isolation is `worker` or `thread`")),
    }
}

/// Makes this interpreter what workers are.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    static DONE: PyOnceLock<()> = PyOnceLock::new();
    DONE.get_or_try_init(py, || {
        let sys = py.import("sys")?;
        let executable: Option<PathBuf> =
            sys.getattr("executable")?.extract()?;
        let executable =
            executable.filter(|path| !path.as_os_str().is_empty());
        // A program that was made of scripts would only start itself.
        let frozen = sys.getattr_opt("frozen")?;
        let frozen = frozen.is_some_and(|it| it.is_truthy().unwrap_or(true));
        let Some(executable) = executable.filter(|_| !frozen) else {
            return Err(PyRuntimeError::new_err(
                "there is no Python interpreter to be a worker process; \
                 isolation=\"thread\" needs none",
            ));
        };
        let module = py.import("whichproxy._whichproxy")?;
        let file: String = module.getattr("__file__")?.extract()?;
        let arguments = ["-I", "-S", "-c", PROGRAM, &file];
        // What was said before was the same.
        start_as(Executable::at(executable).with_first_arguments(arguments));
        Ok(())
    })
    .copied()
}
