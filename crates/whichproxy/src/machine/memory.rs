//! Borders whose answers are given beforehand.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use url::Url;
use whichproxy_pac::Family;

use super::{
    Caching, Dhcp, DhcpAnswer, Dns, Fault, Fetch, Fetched, Interface,
    Interfaces, Page, Suffixes,
};
use crate::settings::shown;
use crate::trace::MaskedUrl;

/// Names with their addresses, given beforehand.
///
/// Names are compared without case and without a final dot.
///
/// ```
/// use whichproxy::machine::{Dns, Names};
/// use whichproxy::Family;
/// let names = Names::new().with("Intranet.example", [[10, 0, 0, 9]]);
/// let found = names.lookup("intranet.example.", Family::V4).unwrap();
/// assert_eq!(found.len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: BTreeMap<String, Vec<IpAddr>>,
}

impl Names {
    /// No names.
    pub fn new() -> Names {
        Names::default()
    }

    /// One more name; its addresses are added to those it has.
    pub fn with(
        mut self,
        name: &str,
        addresses: impl IntoIterator<Item = impl Into<IpAddr>>,
    ) -> Names {
        let known = self.names.entry(canonical(name)).or_default();
        known.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Whether anything is known of `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains_key(&canonical(name))
    }
}

/// A name as names are compared: without case and a final dot.
pub(super) fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_lowercase()
}

impl Dns for Names {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        let all = self.names.get(&canonical(name));
        let all = all.map(Vec::as_slice).unwrap_or_default();
        Ok(all.iter().copied().filter(|a| family.contains(a)).collect())
    }
}

/// Pages by URL, given beforehand.
///
/// ```
/// use whichproxy::machine::{Fetch, Pages};
/// let url = "http://wpad.example/wpad.dat".parse()?;
/// let pages = Pages::new().with(&url, "function FindProxyForURL…");
/// assert!(pages.get(&url, 1 << 20).is_ok());
/// assert!(pages.get(&url, 10).is_err());
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Default)]
pub struct Pages {
    pages: BTreeMap<Url, Page>,
}

/// As derived, but for the passwords that addresses may have.
impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = self.pages.iter();
        let pages =
            pages.map(|(url, page)| (MaskedUrl(url).to_string(), page));
        f.write_str("Pages")?;
        f.debug_map().entries(pages).finish()
    }
}

impl Pages {
    /// No pages.
    pub fn new() -> Pages {
        Pages::default()
    }

    /// One more page, without a content type.
    pub fn with(self, url: &Url, body: impl Into<Vec<u8>>) -> Pages {
        self.with_page(url, Page { body: body.into(), ..Page::default() })
    }

    /// One more page.
    pub fn with_page(mut self, url: &Url, page: Page) -> Pages {
        self.pages.insert(url.clone(), page);
        self
    }

    /// Whether there is a page at `url`.
    pub fn contains(&self, url: &Url) -> bool {
        self.pages.contains_key(url)
    }
}

/// A fault where a page is longer than it may be.
pub(super) fn within(limit: usize, page: &Page) -> Result<(), Fault> {
    match page.body.len() {
        length if length > limit => Err(Fault::new(format_args!(
            "the page has {length} bytes, more than the limit of {limit}"
        ))),
        _ => Ok(()),
    }
}

impl Fetch for Pages {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        let page = self
            .pages
            .get(url)
            .ok_or_else(|| Fault::new("there is no such page"))?;
        within(limit, page).map(|()| page.clone())
    }

    /// A page has not changed where it has a validator, and the same one.
    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        let page = self.get(url, limit)?;
        let caching = &page.caching;
        let same = match (caching.etag(), known.etag()) {
            (Some(etag), Some(other)) => etag == other,
            (None, None) => {
                let modified = caching.last_modified();
                modified.is_some() && modified == known.last_modified()
            }
            _ => false,
        };
        Ok(match same {
            true => Fetched::Unchanged(page.caching),
            false => Fetched::Page(page),
        })
    }
}

/// DHCP answers given beforehand.
///
/// ```
/// use whichproxy::machine::{Dhcp, Interface, Leases};
/// let leases = Leases::new().with_wpad_on("eth0", "http://a.example/p");
/// let of = |name: &str| {
///     let interface = Interface { name: name.into(), ..Default::default() };
///     leases.wpad_option(&interface).unwrap().offers.len()
/// };
/// assert_eq!((of("eth0"), of("eth1")), (1, 0));
/// ```
#[derive(Clone, Default)]
pub struct Leases {
    everywhere: Option<Vec<u8>>,
    by_interface: BTreeMap<String, Vec<u8>>,
}

/// The options as text, with passwords masked.
impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &Vec<u8>| shown(&String::from_utf8_lossy(bytes));
        let named = self.by_interface.iter();
        let named: BTreeMap<_, _> =
            named.map(|(name, bytes)| (name, text(bytes))).collect();
        f.debug_struct("Leases")
            .field("everywhere", &self.everywhere.as_ref().map(text))
            .field("by_interface", &named)
            .finish()
    }
}

impl Leases {
    /// A network whose server offers no option 252.
    pub fn new() -> Leases {
        Leases::default()
    }

    /// A network whose server offers these bytes as option 252 on every
    /// interface that has no answer of its own.
    pub fn with_wpad(self, option: impl Into<Vec<u8>>) -> Leases {
        Leases { everywhere: Some(option.into()), ..self }
    }

    /// The same, with other bytes on the interface of this name.
    pub fn with_wpad_on(
        mut self,
        interface: &str,
        option: impl Into<Vec<u8>>,
    ) -> Leases {
        self.by_interface.insert(interface.to_owned(), option.into());
        self
    }
}

impl Dhcp for Leases {
    fn wpad_option(&self, interface: &Interface) -> Result<DhcpAnswer, Fault> {
        let own = self.by_interface.get(&interface.name);
        Ok(match own.or(self.everywhere.as_ref()) {
            Some(option) => DhcpAnswer::one(option.clone(), ""),
            None => DhcpAnswer::default(),
        })
    }
}

/// Interfaces and suffixes given beforehand.
#[derive(Clone, Debug, Default)]
pub struct StaticInterfaces {
    interfaces: Vec<Interface>,
    suffixes: Suffixes,
}

impl StaticInterfaces {
    /// No interfaces and no suffixes.
    pub fn new() -> StaticInterfaces {
        StaticInterfaces::default()
    }

    /// One more interface.
    pub fn with(mut self, interface: Interface) -> StaticInterfaces {
        self.interfaces.push(interface);
        self
    }

    /// One more interface with these addresses; none where there are none.
    pub fn with_addresses(self, addresses: Vec<IpAddr>) -> StaticInterfaces {
        if addresses.is_empty() {
            return self;
        }
        let name = "eth0".to_owned();
        self.with(Interface { name, addresses, ..Interface::default() })
    }

    /// The same interfaces with other suffixes.
    pub fn with_suffixes(self, suffixes: Suffixes) -> StaticInterfaces {
        StaticInterfaces { suffixes, ..self }
    }
}

impl Interfaces for StaticInterfaces {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        Ok(self.interfaces.clone())
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        Ok(self.suffixes.clone())
    }
}
