//! What the answers of a script depend on.

/// What the answers of a script may depend on, besides its text.
///
/// What is `false` is proved: two questions that differ in it alone have the
/// same answer.
///
/// ```
/// use whichproxy_pac::Pac;
/// let pac = Pac::new(
///     "function FindProxyForURL(url, host) {
///          if (url.substring(0, 6) == 'https:') return 'PROXY a:1';
///          return dnsDomainIs(host, '.b.example') ? 'DIRECT' : 'PROXY b:2';
///      }",
/// )?;
/// let depends = pac.depends_on();
/// assert!(depends.scheme() && depends.host());
/// assert!(!depends.path() && !depends.dns() && !depends.clock());
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dependencies {
    pub(crate) scheme: bool,
    pub(crate) host: bool,
    pub(crate) port: bool,
    pub(crate) path: bool,
    pub(crate) dns: bool,
    pub(crate) own_addresses: bool,
    pub(crate) clock: bool,
}

impl Dependencies {
    /// Everything, for a script of which nothing is proved.
    pub(crate) const ALL: Dependencies = Dependencies {
        scheme: true,
        host: true,
        port: true,
        path: true,
        dns: true,
        own_addresses: true,
        clock: true,
    };

    /// Nothing, for a script of one answer.
    pub(crate) const NONE: Dependencies = Dependencies {
        scheme: false,
        host: false,
        port: false,
        path: false,
        dns: false,
        own_addresses: false,
        clock: false,
    };

    /// The names of what answers depend on, which are those of the functions
    /// here.
    ///
    /// ```
    /// use whichproxy_pac::Pac;
    /// let pac = Pac::new("function FindProxyForURL(url, host) {
    ///     return isResolvable(host) ? 'DIRECT' : 'PROXY a:1';
    /// }")?;
    /// assert!(pac.depends_on().names().eq(["host", "dns"]));
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let all = [
            ("scheme", self.scheme),
            ("host", self.host),
            ("port", self.port),
            ("path", self.path),
            ("dns", self.dns),
            ("own_addresses", self.own_addresses),
            ("clock", self.clock),
        ];
        let on = all.into_iter().filter(|(_, on)| *on);
        on.map(|(name, _)| name)
    }

    /// The URL's scheme.
    pub fn scheme(&self) -> bool {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> bool {
        self.host
    }

    /// The URL's port.
    pub fn port(&self) -> bool {
        self.port
    }

    /// What follows the URL's host and port.
    pub fn path(&self) -> bool {
        self.path
    }

    /// The addresses of names.
    pub fn dns(&self) -> bool {
        self.dns
    }

    /// The machine's own addresses.
    pub fn own_addresses(&self) -> bool {
        self.own_addresses
    }

    /// The time.
    pub fn clock(&self) -> bool {
        self.clock
    }
}
