//! What to try, in order.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use whichproxy::{Proxy, ProxyScheme};

use crate::errors::usage;

/// One thing to try for a URL: a proxy, or no proxy.
///
/// ``Route("PROXY a:80")`` reads an element of a PAC string; ``str()`` gives
/// it back.
#[pyclass(frozen, eq, hash, module = "whichproxy")]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Route(pub(crate) whichproxy::Route);

#[pymethods]
impl Route {
    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Route> {
        let routes = Routes::new(py, text)?.0;
        match routes.len() {
            1 => Ok(Route(routes.first().clone())),
            _ => Err(usage(py, "a route is one element of a PAC string")),
        }
    }

    /// ``proxy``, ``direct``, or ``bypass``: direct because a bypass list
    /// names the host.
    #[getter]
    fn kind(&self) -> &'static str {
        match self.0 {
            whichproxy::Route::Bypass => "bypass",
            whichproxy::Route::Proxy(_) => "proxy",
            _ => "direct",
        }
    }

    /// How the proxy is spoken to: ``http``, ``https``, ``socks4`` or
    /// ``socks5``; ``None`` without a proxy.
    #[getter]
    fn scheme(&self) -> Option<&'static str> {
        Some(self.0.proxy()?.scheme().name())
    }

    /// The proxy's name or address, an IPv6 address without brackets.
    #[getter]
    fn host(&self) -> Option<&str> {
        Some(self.0.proxy()?.host())
    }

    /// The proxy's port.
    #[getter]
    fn port(&self) -> Option<u16> {
        Some(self.0.proxy()?.port())
    }

    /// The user name that is configured with the proxy.
    #[getter]
    fn username(&self) -> Option<&str> {
        Some(self.0.proxy()?.credentials()?.user())
    }

    /// The password that is configured with the proxy, in the clear.
    #[getter]
    fn password(&self) -> Option<&str> {
        self.0.proxy()?.credentials()?.password()
    }

    /// The proxy's URL, as HTTP clients take it, with the credentials that
    /// are configured; ``None`` without a proxy.
    ///
    /// A SOCKS 5 proxy is ``socks5h``: it resolves names itself, as browsers
    /// have it.
    #[getter]
    pub(crate) fn url(&self) -> Option<String> {
        self.0.proxy().map(url)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        match self.kind() {
            "bypass" => "<Route DIRECT, bypassed>".to_owned(),
            _ => format!("Route('{}')", self.0.to_string().escape_debug()),
        }
    }
}

fn url(proxy: &Proxy) -> String {
    proxy.url(match proxy.scheme() {
        ProxyScheme::Socks5 => "socks5h",
        other => other.name(),
    })
}

/// What to try for a URL, in order; never empty. A sequence of ``Route``.
///
/// ``Routes("PROXY a:80; DIRECT")`` reads a PAC string; ``str()`` gives it
/// back.
///
/// Raises:
///     UsageError: the text is no list of routes.
#[pyclass(frozen, eq, sequence, module = "whichproxy")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Routes(pub(crate) whichproxy::Routes);

#[pymethods]
impl Routes {
    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Routes> {
        match text.parse() {
            Ok(routes) => Ok(Routes(routes)),
            Err(error) => {
                let error: whichproxy::RoutesError = error;
                Err(usage(py, &error.to_string()))
            }
        }
    }

    /// What to try first.
    #[getter]
    fn first(&self) -> Route {
        Route(self.0.first().clone())
    }

    /// What ``requests`` takes as ``proxies``, for what is to be tried first.
    ///
    /// Where that is no proxy, every value is ``None``: then ``requests``
    /// does not look for a proxy in the environment either.
    #[getter]
    pub(crate) fn proxies<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let url = self.0.first().proxy().map(url);
        let proxies = PyDict::new(py);
        for scheme in ["http", "https"] {
            proxies.set_item(scheme, &url)?;
        }
        if url.is_none() {
            proxies.set_item("all", url)?;
        }
        Ok(proxies)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<Route> {
        let size = self.0.len();
        let at = match usize::try_from(index) {
            Ok(at) => Some(at),
            Err(_) => size.checked_sub(index.unsigned_abs()),
        };
        let route = at.and_then(|at| self.0.iter().nth(at));
        match route {
            Some(route) => Ok(Route(route.clone())),
            None => Err(PyIndexError::new_err("there is no such route")),
        }
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let routes: Vec<Route> = self.0.iter().cloned().map(Route).collect();
        PyTuple::new(py, routes)?.call_method0("__iter__")
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Routes('{}')", self.0.to_string().escape_debug())
    }
}
