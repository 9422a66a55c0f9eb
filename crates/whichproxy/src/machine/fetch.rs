//! The border to the web.

use std::fmt;

use url::Url;

use super::{Caching, Fault};

/// Fetches pages, never through a proxy.
///
/// Only [`Fetch::get`] has to be written. Whoever can ask a server whether a
/// page has changed, writes [`Fetch::get_if_changed`] too.
pub trait Fetch: fmt::Debug + Send + Sync {
    /// The page at `url`, of at most `limit` bytes.
    ///
    /// It takes a bounded time: others may wait for the same page.
    ///
    /// # Errors
    ///
    /// When there is no such page, it is longer than `limit`, or it can't
    /// be had; the fault says which.
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault>;

    /// The page at `url`, unless it is the one that was had before, of which
    /// the server said `known`.
    ///
    /// As it comes, it gets the whole page.
    ///
    /// # Errors
    ///
    /// As [`Fetch::get`].
    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        let _ = known;
        self.get(url, limit).map(Fetched::Page)
    }
}

/// What came of asking whether a page has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)] // there is no third
pub enum Fetched {
    /// It may have: here it is.
    Page(Page),
    /// It has not, and this is what the server says of keeping it now.
    Unchanged(Caching),
}

/// A page that was fetched.
///
/// ```
/// use whichproxy::machine::{Caching, Page};
/// let page = Page {
///     body: b"function FindProxyForURL(url, host) {}".to_vec(),
///     caching: Caching::from_headers([("Cache-Control", "max-age=60")]),
///     ..Page::default()
/// };
/// assert_eq!(page.content_type, None);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The bytes, with no transfer or content coding.
    pub body: Vec<u8>,
    /// The `Content-Type` header, where there was one.
    pub content_type: Option<String>,
    /// What the server said of keeping it.
    pub caching: Caching,
}

/// A network without a web.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFetch;

impl Fetch for NoFetch {
    fn get(&self, _url: &Url, _limit: usize) -> Result<Page, Fault> {
        Err(Fault::new("there is no network"))
    }
}
