//! Where redirects lead.

use std::time::Duration;

use ureq::http::StatusCode;
use url::Url;
use whichproxy::machine::{Caching, Fault};
use whichproxy::trace::MaskedUrl;

use super::shown;

/// The redirects that were followed so far.
pub(super) struct Redirects {
    /// Where they led; the first is where it began.
    path: Vec<Url>,
    most: usize,
    /// For how long they are good, where one of them says so.
    fresh: Option<Duration>,
}

impl Redirects {
    pub(super) fn new(url: &Url, most: usize) -> Redirects {
        let mut start = url.clone();
        start.set_fragment(None);
        Redirects { path: vec![start], most, fresh: None }
    }

    /// Where they have led.
    pub(super) fn url(&self) -> &Url {
        // There is one from the start.
        #[allow(clippy::unwrap_used)]
        self.path.last().unwrap()
    }

    /// Follows one more, which is good for so long, where that is said.
    pub(super) fn follow(
        &mut self,
        location: Option<&str>,
        fresh: Option<Duration>,
    ) -> Result<(), Fault> {
        let from = self.url();
        let location = location
            .ok_or_else(|| Fault::new("a redirect that names no address"))?;
        let mut to = from.join(location).map_err(|error| {
            Fault::new(format_args!(
                "a redirect to `{}`: {error}",
                shown(location)
            ))
        })?;
        to.set_fragment(None);
        check_scheme(&to).map_err(|fault| {
            Fault::new(format_args!("a redirect to another scheme: {fault}"))
        })?;
        // Source: WINHTTP-REDIRECTS (by default HTTPS is not redirected to
        // HTTP), documented; that it holds for PAC scripts, inferred.
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(Fault::new("a redirect from https: to http:"));
        }
        if self.path.contains(&to) {
            return Err(Fault::new(format_args!(
                "a redirect loop: back to `{}`",
                MaskedUrl(&to)
            )));
        }
        if self.path.len() > self.most {
            return Err(Fault::new(format_args!(
                "more than {} redirects, the last to `{}`",
                self.most,
                MaskedUrl(&to)
            )));
        }
        self.fresh = match (self.fresh, fresh) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        self.path.push(to);
        Ok(())
    }

    /// What is said of keeping a page that they led to.
    pub(super) fn caching(&self, caching: Caching) -> Caching {
        let caching = caching.with_url(self.url().clone());
        match self.fresh {
            Some(fresh) => caching.at_most(fresh),
            None => caching,
        }
    }

    /// The same fault, which says where it came about if that is not where
    /// it began.
    pub(super) fn placed(&self, fault: Fault) -> Fault {
        match self.path.len() {
            1 => fault,
            _ => Fault::new(format_args!(
                "redirected to `{}`: {fault}",
                MaskedUrl(self.url())
            )),
        }
    }
}

pub(super) fn check_scheme(url: &Url) -> Result<(), Fault> {
    match url.scheme() {
        "http" | "https" => Ok(()),
        scheme => Err(Fault::new(format_args!(
            "pages are fetched by http: and https: only, not by {scheme}:"
        ))),
    }
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where these lead, from `http://u:secret@a.example/x/y?q#f`.
    fn follow(locations: &[&str]) -> Result<String, String> {
        let start = "http://u:secret@a.example/x/y?q#f".parse().unwrap();
        let mut path = Redirects::new(&start, 3);
        for location in locations {
            path.follow(Some(location), None)
                .map_err(|fault| path.placed(fault).to_string())?;
        }
        Ok(path.url().to_string())
    }

    #[test]
    fn redirects() {
        for (locations, expected) in [
            (&["z"][..], "http://u:secret@a.example/x/z"),
            (&["/z#here"], "http://u:secret@a.example/z"),
            (&["//b.example"], "http://b.example/"),
            (&["https://b/", "/c", "d"], "https://b/d"),
        ] {
            assert_eq!(follow(locations), Ok(expected.into()));
        }
    }

    #[test]
    fn those_that_are_not_followed() {
        for (locations, why) in [
            (
                &["file:///etc/passwd"][..],
                "a redirect to another scheme: pages are fetched by http: \
                 and https: only, not by file:",
            ),
            (
                &["data:,x"],
                "a redirect to another scheme: pages are fetched by http: \
                 and https: only, not by data:",
            ),
            (
                &["http://[x"],
                "a redirect to `http://[x`: invalid IPv6 address",
            ),
            (
                &["?q#other"],
                "a redirect loop: back to `http://***@a.example/x/y?q`",
            ),
            (
                &["/b", "/c", "/b"],
                "redirected to `http://***@a.example/c`: a redirect loop: \
                 back to `http://***@a.example/b`",
            ),
            (
                &["/1", "/2", "/3", "/4"],
                "redirected to `http://***@a.example/3`: more than 3 \
                 redirects, the last to `http://***@a.example/4`",
            ),
            (
                &["https://b/", "http://b/"],
                "redirected to `https://b/`: a redirect from https: to http:",
            ),
        ] {
            assert_eq!(follow(locations).unwrap_err(), why);
        }
        let start = "http://a.example/".parse().unwrap();
        let fault = Redirects::new(&start, 3).follow(None, None);
        let fault = fault.unwrap_err().to_string();
        assert_eq!(fault, "a redirect that names no address");
    }

    #[test]
    fn the_shortest_lifetime_on_the_way_counts() {
        let start = "http://a.example/".parse().unwrap();
        let second = Duration::from_secs(1);
        let mut path = Redirects::new(&start, 3);
        let long = || Caching::from_headers([("Cache-Control", "max-age=60")]);
        let lifetime = |path: &Redirects| path.caching(long()).lifetime(0);
        path.follow(Some("/b"), None).unwrap();
        assert_eq!(lifetime(&path), Some(second * 60));
        path.follow(Some("/c"), Some(second)).unwrap();
        path.follow(Some("/d"), Some(second * 2)).unwrap();
        assert_eq!(lifetime(&path), Some(second));
        let url = path.caching(long()).url().cloned().unwrap();
        assert_eq!(url.as_str(), "http://a.example/d");
    }
}
