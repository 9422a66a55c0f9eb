//! The Python package `whichproxy`: conversions around the crates.
//!
//! Classes are frozen, and everything that may wait lets other threads of
//! Python run meanwhile. What Python sees is documented in
//! `python/whichproxy/_whichproxy.pyi` and in the classes' own texts here.
#![forbid(unsafe_code)]

mod attempts;
mod command;
mod errors;
mod lists;
mod machine;
mod many;
mod pac;
mod plan;
mod resolver;
mod routes;
mod trace;
mod waiting;
mod watch;
mod workers;

use pyo3::prelude::*;

/// What the package `whichproxy` is made of.
#[pymodule(gil_used = false)]
mod _whichproxy {
    #[pymodule_export]
    use crate::attempts::{Attempt, Attempts};
    #[pymodule_export]
    use crate::command::{command, serve};
    #[pymodule_export]
    use crate::lists::{BypassList, ProxyList};
    #[pymodule_export]
    use crate::machine::{Machine, Page};
    #[pymodule_export]
    use crate::pac::{Evaluation, Pac, Refusal};
    #[pymodule_export]
    use crate::plan::{Plan, Settings};
    #[pymodule_export]
    use crate::resolver::{Resolution, Resolver};
    #[pymodule_export]
    use crate::routes::{Route, Routes};
    #[pymodule_export]
    use crate::trace::{Trace, TraceStep};
    #[pymodule_export]
    use crate::watch::Watch;

    #[pymodule_export]
    const __VERSION: &str = env!("CARGO_PKG_VERSION");
}
