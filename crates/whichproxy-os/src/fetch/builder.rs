//! The limits of fetching.

use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use whichproxy::machine::Fault;

use super::{Settings, Web};

/// Makes a [`Web`] with limits of one's own.
///
/// ```
/// use std::time::Duration;
/// use whichproxy_os::Web;
/// let web = Web::builder()
///     .timeout(Duration::from_secs(20))
///     .connect_timeout(Duration::from_secs(3))
///     .redirects(2)
///     .build();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct WebBuilder {
    settings: Settings,
    roots: Option<Vec<Certificate<'static>>>,
}

impl WebBuilder {
    pub(super) fn new() -> WebBuilder {
        WebBuilder {
            settings: Settings {
                timeout: Web::TIMEOUT,
                connect_timeout: Web::CONNECT_TIMEOUT,
                redirects: Web::REDIRECTS,
                local: false,
            },
            roots: None,
        }
    }

    /// How long a page may take in all, redirects included; 60 seconds
    /// otherwise.
    pub fn timeout(mut self, timeout: Duration) -> WebBuilder {
        self.settings.timeout = timeout;
        self
    }

    /// How long a connection may take to come about, TLS included; 10
    /// seconds otherwise.
    pub fn connect_timeout(mut self, timeout: Duration) -> WebBuilder {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How many redirects are followed at most; 10 otherwise.
    pub fn redirects(mut self, most: usize) -> WebBuilder {
        self.settings.redirects = most;
        self
    }

    /// Whether `file:` and `data:` addresses are read, too; not otherwise.
    ///
    /// No redirect leads to them. A [`Resolver`](whichproxy::Resolver) asks
    /// for neither, since none of its clients does.
    pub fn local(mut self, local: bool) -> WebBuilder {
        self.settings.local = local;
        self
    }

    /// Believes in these certificates alone, instead of in the system's.
    ///
    /// ```
    /// use whichproxy_os::Web;
    /// assert!(Web::builder().roots(b"no certificate").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// When `pem` holds something else than certificates in PEM, or none.
    pub fn roots(mut self, pem: &[u8]) -> Result<WebBuilder, Fault> {
        let mut roots = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(root)) => roots.push(root),
                Ok(_) => return Err(Fault::new("a key among certificates")),
                Err(_) => return Err(Fault::new("certificates not in PEM")),
            }
        }
        if roots.is_empty() {
            return Err(Fault::new("no certificates in PEM"));
        }
        self.roots = Some(roots);
        Ok(self)
    }

    /// The finished one.
    pub fn build(self) -> Web {
        let roots = match self.roots {
            Some(roots) => RootCerts::from(roots),
            None => RootCerts::PlatformVerifier,
        };
        let tls = TlsConfig::builder().root_certs(roots).build();
        let agent = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(self.settings.connect_timeout))
            // A page is fetched now and then: no connection waits for it.
            .max_idle_connections(0)
            .tls_config(tls)
            .user_agent(concat!("whichproxy/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Web { agent, settings: self.settings }
    }
}
