//! The machine that is asked about.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pyo3::prelude::*;
use whichproxy::machine::{
    Caching, FixedClock, Leases, Names, Pages, StaticInterfaces, Suffixes,
};
use whichproxy::registry::{RegFile, Tree};
use whichproxy::{LocalTime, parse_url};
use whichproxy_os::SystemClock;

use crate::errors::{Fault, usage};

/// Everything that cannot be known beforehand, as a value: the registry,
/// names, DHCP, the web, interfaces, the clock, the environment.
///
/// It is never changed: each ``with_…`` gives another one.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    machine: whichproxy::Machine,
    live: bool,
    registry: Tree,
    names: Names,
    pages: Pages,
}

impl Machine {
    pub(crate) fn inner(&self) -> &whichproxy::Machine {
        &self.machine
    }

    fn of(machine: whichproxy::Machine, live: bool) -> Machine {
        Machine {
            machine,
            live,
            registry: Tree::new(),
            names: Names::new(),
            pages: Pages::new(),
        }
    }

    fn machine(&self) -> whichproxy::Machine {
        self.machine.clone()
    }
}

#[pymethods]
impl Machine {
    /// A machine on which nothing is configured, that asks nobody, and whose
    /// clock stands at the beginning of 1970.
    #[staticmethod]
    pub(crate) fn offline() -> Machine {
        Machine::of(whichproxy::Machine::offline(), false)
    }

    /// This computer: its clock, names, interfaces, web, environment
    /// variables as they are now, and on Windows its registry.
    #[staticmethod]
    pub(crate) fn live(py: Python<'_>) -> Machine {
        Machine::of(py.detach(whichproxy_os::machine), true)
    }

    /// The same machine with the registry of an export, on top of those that
    /// it was given before; this computer's own registry does not count any
    /// more.
    ///
    /// Args:
    ///     text: what regedit wrote: its bytes, or its text.
    ///     name: what the export is called where its lines are named.
    ///
    /// Raises:
    ///     RegistryError: it is no export.
    #[pyo3(signature = (text, *, name = "export.reg"))]
    fn with_reg(
        &self,
        py: Python<'_>,
        text: Content,
        name: &str,
    ) -> PyResult<Machine> {
        let bytes = text.bytes();
        let read = py.detach(|| {
            let mut registry = self.registry.clone();
            RegFile::parse(&bytes, name)?.apply(&mut registry);
            Ok(registry)
        });
        let registry: Tree = read.map_err(|e| Fault::Other(e).raised(py))?;
        let machine = self.machine().with_registry(registry.clone());
        Ok(Machine { machine, registry, ..self.clone() })
    }

    /// The same machine on which these names have these addresses, beside
    /// those that it was given before; no others resolve, and nobody is
    /// asked.
    ///
    /// Raises:
    ///     UsageError: an address is none.
    fn with_dns(
        &self,
        py: Python<'_>,
        names: BTreeMap<String, Vec<String>>,
    ) -> PyResult<Machine> {
        let mut all = self.names.clone();
        for (name, texts) in names {
            all = all.with(&name, addresses(py, &texts)?);
        }
        let machine = self.machine().with_dns(all.clone());
        Ok(Machine { machine, names: all, ..self.clone() })
    }

    /// The same machine on which these addresses have these pages, beside
    /// those that it was given before; there are no others, and nobody is
    /// asked.
    ///
    /// Raises:
    ///     UrlError: an address is no URL.
    fn with_pages(
        &self,
        py: Python<'_>,
        pages: BTreeMap<String, Served<'_>>,
    ) -> PyResult<Machine> {
        let mut all = self.pages.clone();
        for (url, page) in pages {
            let url =
                parse_url(&url).map_err(|e| Fault::Other(e).raised(py))?;
            all = all.with_page(&url, page.into_page());
        }
        let machine = self.machine().with_fetch(all.clone());
        Ok(Machine { machine, pages: all, ..self.clone() })
    }

    /// The same machine at another time: a ``datetime`` (one without a zone
    /// is of this computer's), or a text such as
    /// ``2026-11-22T09:30:00+01:00``; there, time stands still. Without one,
    /// the time is this computer's, and passes.
    ///
    /// Raises:
    ///     UsageError: the text is no time with an offset.
    #[pyo3(signature = (now = None))]
    fn with_now(
        &self,
        py: Python<'_>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Machine> {
        let machine = match now {
            None => self.machine().with_clock(SystemClock),
            Some(now) => {
                self.machine().with_clock(FixedClock::new(time(py, now)?))
            }
        };
        Ok(Machine { machine, ..self.clone() })
    }

    /// The same machine with these environment variables, beside those that
    /// it has.
    fn with_env(&self, variables: BTreeMap<String, String>) -> Machine {
        let machine = variables
            .into_iter()
            .fold(self.machine(), |machine, (name, value)| {
                machine.with_env(name, value)
            });
        Machine { machine, ..self.clone() }
    }

    /// The same machine in another network.
    ///
    /// Args:
    ///     addresses: the machine's own.
    ///     domain: its primary DNS suffix.
    ///     search: its suffix search list.
    ///
    /// Raises:
    ///     UsageError: an address is none.
    #[pyo3(signature = (addresses = Vec::new(), *, domain = None, search = Vec::new()))]
    fn with_network(
        &self,
        py: Python<'_>,
        addresses: Vec<String>,
        domain: Option<String>,
        search: Vec<String>,
    ) -> PyResult<Machine> {
        let addresses = self::addresses(py, &addresses)?;
        let suffixes = Suffixes { primary: domain, search };
        let interfaces = StaticInterfaces::new()
            .with_addresses(addresses)
            .with_suffixes(suffixes);
        let machine = self.machine().with_interfaces(interfaces);
        Ok(Machine { machine, ..self.clone() })
    }

    /// The same machine, to which DHCP offers this as option 252; ``None``
    /// is no offer.
    #[pyo3(signature = (option))]
    fn with_dhcp_wpad(&self, option: Option<&str>) -> Machine {
        let leases = match option {
            Some(option) => Leases::new().with_wpad(option),
            None => Leases::new(),
        };
        let machine = self.machine().with_dhcp(leases);
        Machine { machine, ..self.clone() }
    }

    fn __repr__(&self) -> &'static str {
        if self.live { "<Machine, live>" } else { "<Machine, offline>" }
    }
}

fn addresses(py: Python<'_>, texts: &[String]) -> PyResult<Vec<IpAddr>> {
    let address = |text: &String| {
        text.parse().map_err(|_| {
            let shown: String = text.chars().take(80).collect();
            let shown = shown.escape_debug();
            usage(py, &format!("`{shown}` is no IP address"))
        })
    };
    texts.iter().map(address).collect()
}

fn time(py: Python<'_>, now: &Bound<'_, PyAny>) -> PyResult<LocalTime> {
    if let Ok(text) = now.extract::<&str>() {
        let parsed = text.parse::<LocalTime>();
        return parsed.map_err(|error| usage(py, &error.to_string()));
    }
    let mut now = now.clone();
    if now.getattr("tzinfo")?.is_none() {
        now = now.call_method0("astimezone")?;
    }
    let seconds: f64 = now.call_method0("timestamp")?.extract()?;
    let offset = now.call_method0("utcoffset")?;
    let offset: f64 = offset.call_method0("total_seconds")?.extract()?;
    // Casts of floats keep to the ends of the numbers' ranges.
    let milliseconds = (seconds * 1000.0).round() as i64;
    Ok(LocalTime::new(milliseconds, offset as i32))
}

/// Text, or bytes of it.
#[derive(FromPyObject)]
pub(crate) enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

impl Content {
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Content::Text(text) => text.into_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }
}

/// A page, and what its server says of it.
///
/// Args:
///     body: its bytes, or its text.
///     content_type: the header ``Content-Type``.
///     headers: the other headers.
#[pyclass(frozen, module = "whichproxy")]
#[derive(Clone, Debug)]
pub(crate) struct Page(whichproxy::machine::Page);

#[pymethods]
impl Page {
    #[new]
    #[pyo3(signature = (body, *, content_type = None, headers = BTreeMap::new()))]
    fn new(
        body: Content,
        content_type: Option<String>,
        headers: BTreeMap<String, String>,
    ) -> Page {
        Page(whichproxy::machine::Page {
            body: body.bytes(),
            content_type,
            caching: Caching::from_headers(&headers),
        })
    }

    fn __repr__(&self) -> String {
        format!("<Page of {} bytes>", self.0.body.len())
    }
}

/// A page, however it is given.
#[derive(FromPyObject)]
pub(crate) enum Served<'py> {
    Whole(PyRef<'py, Page>),
    Body(Content),
}

impl Served<'_> {
    fn into_page(self) -> whichproxy::machine::Page {
        match self {
            Served::Whole(page) => page.0.clone(),
            Served::Body(body) => whichproxy::machine::Page {
                body: body.bytes(),
                ..whichproxy::machine::Page::default()
            },
        }
    }
}
