//! The border to the web.

use std::fmt;

use url::Url;

use super::Fault;

/// Fetches pages, never through a proxy.
pub trait Fetch: fmt::Debug + Send + Sync {
    /// The page at `url`, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// When there is no such page, it is longer than `limit`, or it can't
    /// be had; the fault says which.
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault>;
}

/// A page that was fetched.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The bytes, with no transfer or content coding.
    pub body: Vec<u8>,
    /// The `Content-Type` header, where there was one.
    pub content_type: Option<String>,
}

/// A network without a web.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFetch;

impl Fetch for NoFetch {
    fn get(&self, _url: &Url, _limit: usize) -> Result<Page, Fault> {
        Err(Fault::new("there is no network"))
    }
}
