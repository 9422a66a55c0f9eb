//! The web, fetched directly.

mod builder;
mod coding;
mod fault;
mod local;
mod redirect;

use std::fmt;
use std::io::Read;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode, header};
use url::Url;
use whichproxy::machine::{Caching, Fault, Fetch, Fetched, Page};

pub use self::builder::WebBuilder;
use self::redirect::Redirects;

/// Pages of the real web over HTTP and HTTPS, never through a proxy.
///
/// Certificates are judged by the system's own store, where a company keeps
/// its own roots. A redirect is followed to `http:` and `https:` only, and
/// never from `https:` to `http:`. What comes as gzip, deflate or br is
/// undone, up to the limit and no further. A page that ends before its
/// length is a fault, not a page. Every wait has a limit; see
/// [`Web::builder`].
///
/// ```no_run
/// use whichproxy::machine::Fetch;
/// use whichproxy_os::Web;
/// let page = Web::new().get(&"http://wpad/wpad.dat".parse()?, 1 << 20)?;
/// println!("{} bytes", page.body.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Web {
    agent: Agent,
    settings: Settings,
}

/// What a [`WebBuilder`] sets.
#[derive(Clone, Copy, Debug)]
struct Settings {
    timeout: Duration,
    connect_timeout: Duration,
    redirects: usize,
    local: bool,
}

impl Web {
    /// How long a page may take in all, redirects included, by default.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// How long a connection may take to come about, by default.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// So many redirects are followed at most, by default: WinHTTP's own
    /// bound.
    ///
    /// Source: WINHTTP-REDIRECTS
    /// (`WINHTTP_OPTION_MAX_HTTP_AUTOMATIC_REDIRECTS`, 10 by default),
    /// documented; that it holds for PAC scripts, inferred.
    pub const REDIRECTS: usize = 10;

    /// With the default limits.
    pub fn new() -> Web {
        Web::builder().build()
    }

    /// With limits of one's own.
    pub fn builder() -> WebBuilder {
        WebBuilder::new()
    }

    fn fetch(
        &self,
        url: &Url,
        limit: usize,
        known: Option<&Caching>,
    ) -> Result<Fetched, Fault> {
        if self.settings.local
            && let Some(page) = local::page(url, limit)
        {
            return page.map(Fetched::Page);
        }
        redirect::check_scheme(url)?;
        let start = Instant::now();
        let mut path = Redirects::new(url, self.settings.redirects);
        loop {
            let at = path.url();
            // Validators are good for the address that gave them.
            let known = known.filter(|k| k.url().unwrap_or(url) == at);
            let step = self.step(at, limit, known, start);
            match step.map_err(|fault| path.placed(fault))? {
                Step::Page(mut page) => {
                    page.caching = path.caching(page.caching);
                    return Ok(Fetched::Page(page));
                }
                Step::Unchanged(caching) => {
                    return Ok(Fetched::Unchanged(path.caching(caching)));
                }
                Step::Redirect { location, caching } => {
                    let fresh = caching.explicit_lifetime(seconds_now());
                    path.follow(location.as_deref(), fresh)
                        .map_err(|fault| path.placed(fault))?;
                }
            }
        }
    }

    /// One request and its answer.
    fn step(
        &self,
        url: &Url,
        limit: usize,
        known: Option<&Caching>,
        start: Instant,
    ) -> Result<Step, Fault> {
        let left = self.settings.timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(self.too_slow());
        }
        let answer = self.ask(url, known, left)?;
        let headers = answer.headers();
        let caching = caching(headers);
        let asked = known.is_some_and(has_validator);
        match answer.status() {
            StatusCode::OK => {
                let content_type = text(headers, header::CONTENT_TYPE);
                let body = self.read(answer, limit)?;
                Ok(Step::Page(Page { body, content_type, caching }))
            }
            StatusCode::NOT_MODIFIED if asked => Ok(Step::Unchanged(caching)),
            status if redirect::is_redirect(status) => {
                let location = text(headers, header::LOCATION);
                Ok(Step::Redirect { location, caching })
            }
            status => Err(fault::status(status)),
        }
    }

    fn ask(
        &self,
        url: &Url,
        known: Option<&Caching>,
        left: Duration,
    ) -> Result<Answer, Fault> {
        let mut plain = url.clone();
        plain.set_fragment(None);
        let mut request = self
            .agent
            .get(plain.as_str())
            .header(header::ACCEPT_ENCODING, coding::ACCEPTED);
        if let Some(etag) = known.and_then(Caching::etag) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(modified) = known.and_then(Caching::last_modified) {
            request = request.header(header::IF_MODIFIED_SINCE, modified);
        }
        let request = request.config().timeout_global(Some(left)).build();
        request.call().map_err(|error| self.fault(error))
    }

    /// The page of an answer, with no coding.
    fn read(&self, answer: Answer, limit: usize) -> Result<Vec<u8>, Fault> {
        let codings = coding::codings(answer.headers())?;
        let most = match codings.is_empty() {
            true => limit,
            false => coding::coded_limit(limit),
        };
        let take = u64::try_from(most).unwrap_or(u64::MAX);
        let length = answer.body().content_length();
        if length.is_some_and(|length| length > take) {
            return Err(fault::too_long(limit));
        }
        let mut body = Vec::new();
        let mut reader =
            answer.into_body().into_reader().take(take.saturating_add(1));
        if let Err(error) = reader.read_to_end(&mut body) {
            let error = ureq::Error::from(error);
            return Err(match self.timed_out(&error) {
                Some(fault) => fault,
                None => fault::ends_early(body.len(), length, &error),
            });
        }
        if body.len() > most {
            return Err(fault::too_long(limit));
        }
        coding::undo(&codings, body, limit)
    }

    fn fault(&self, error: ureq::Error) -> Fault {
        match self.timed_out(&error) {
            Some(fault) => fault,
            None => fault::of(&error),
        }
    }

    fn timed_out(&self, error: &ureq::Error) -> Option<Fault> {
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect) => {
                let seconds = self.settings.connect_timeout.as_secs_f32();
                Some(Fault::new(format_args!("no connection in {seconds} s")))
            }
            ureq::Error::Timeout(_) => Some(self.too_slow()),
            _ => None,
        }
    }

    fn too_slow(&self) -> Fault {
        let seconds = self.settings.timeout.as_secs_f32();
        Fault::new(format_args!("not had in {seconds} s"))
    }
}

type Answer = ureq::http::Response<ureq::Body>;

/// What one request brought.
enum Step {
    Page(Page),
    Unchanged(Caching),
    Redirect { location: Option<String>, caching: Caching },
}

impl Default for Web {
    fn default() -> Web {
        Web::new()
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("settings", &self.settings).finish()
    }
}

impl Fetch for Web {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        match self.fetch(url, limit, None)? {
            Fetched::Page(page) => Ok(page),
            Fetched::Unchanged(_) => {
                Err(fault::status(StatusCode::NOT_MODIFIED))
            }
        }
    }

    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        self.fetch(url, limit, Some(known))
    }
}

fn has_validator(caching: &Caching) -> bool {
    caching.etag().or(caching.last_modified()).is_some()
}

fn caching(headers: &HeaderMap) -> Caching {
    Caching::from_headers(headers.iter().map(|(name, value)| {
        (name.as_str(), String::from_utf8_lossy(value.as_bytes()))
    }))
}

/// The first header of this name.
fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn seconds_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// A text of a server, fit to be shown.
fn shown(text: &str) -> String {
    let shown: String = text.chars().take(200).collect();
    shown.escape_debug().to_string()
}
