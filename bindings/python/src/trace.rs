//! What happened, and why.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::plan::{Plan, from_json};

/// What a resolution did, step by step, each with its source and grade.
///
/// ``str()`` is the explanation that a person reads.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Trace(whichproxy::Trace);

impl Trace {
    pub(crate) fn new(trace: whichproxy::Trace) -> Trace {
        Trace(trace)
    }
}

#[pymethods]
impl Trace {
    /// Every step of the plan, in order, with what came of it.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let steps = self.0.steps().map(|step| TraceStep {
            number: step.number,
            step: step.step.to_string(),
            source: step.step.source,
            grade: step.step.evidence.name(),
            origin: step.origin().map(ToString::to_string),
            outcome: step.outcome.name(),
            notes: step.notes.iter().map(ToString::to_string).collect(),
        });
        PyTuple::new(py, steps.collect::<Vec<_>>())
    }

    /// The plan that was carried out.
    #[getter]
    fn plan(&self) -> Plan {
        Plan(self.0.plan().clone())
    }

    /// Plain dictionaries, lists and texts, as ``--format json`` has them.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_json(py, &whichproxy_cli::json::trace(&self.0))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let count = self.0.steps().count();
        format!("<Trace of {}, {count} steps>", self.0.plan().client())
    }
}

/// A step of a plan, and how it went.
#[pyclass(frozen, get_all, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct TraceStep {
    /// Its number in the plan, from 1.
    number: usize,
    /// What is tried.
    step: String,
    /// The key of the source that says so.
    source: &'static str,
    /// How well that is founded: ``documented``, ``measured``, ``community``
    /// or ``inferred``.
    grade: &'static str,
    /// The setting that put the step into the plan, and where it stands.
    origin: Option<String>,
    /// ``decided``, ``fallback``, ``bypassed``, ``not applicable``,
    /// ``unavailable``, ``failed`` or ``not reached``.
    outcome: &'static str,
    /// Remarks, in the order they were made.
    notes: Vec<String>,
}

#[pymethods]
impl TraceStep {
    fn __str__(&self) -> String {
        format!("{}. {} → {}", self.number, self.step, self.outcome)
    }

    fn __repr__(&self) -> String {
        format!("<TraceStep {self}>", self = self.__str__())
    }
}
