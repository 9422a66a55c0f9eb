//! From an address to a page, and from a page to a script.

use std::fmt;

use url::Url;
use whichproxy_pac::Pac;

use super::{Failure, Had, Rules};
use crate::error::{Error, ErrorKind};
use crate::machine::{Caching, Fetched, Machine, Page};
use crate::trace::MaskedUrl;

impl Failure {
    /// No page could be had.
    pub(super) fn fetch(url: &Url, why: impl fmt::Display) -> Failure {
        // Source: WINHTTP-AUTOPROXY-OPTIONS (12167), documented.
        let error = Error::new(
            ErrorKind::Fetch,
            format_args!("no script from `{}`: {why}", MaskedUrl(url)),
        );
        let error = error.with_winhttp_code(Some(12167));
        Failure { error, had: Had::Nothing }
    }

    /// There is a page, which is no script.
    ///
    /// Source: WINHTTP-AUTOPROXY-OPTIONS (12166, an error while executing),
    /// documented; that Windows tries to execute whatever comes, inferred.
    fn no_script(url: &Url, why: &str) -> Failure {
        let error = Error::new(
            ErrorKind::Pac,
            format_args!("no script at `{}`: {why}", MaskedUrl(url)),
        );
        let error = error.with_winhttp_code(Some(12166));
        Failure { error, had: Had::Page }
    }
}

/// The page at `url`, unless it is the one that is known.
pub(super) fn fetch(
    url: &Url,
    machine: &Machine,
    rules: &Rules,
    known: Option<&Caching>,
) -> Result<Fetched, Failure> {
    // Source: WINHTTP-AUTOPROXY-SUPPORT ("supports only "http:" and
    // "https:" PAC URLs"), documented. WinINET gave `file:` up in
    // Windows 10, documented.
    if !matches!(url.scheme(), "http" | "https") {
        let error = Error::new(
            ErrorKind::Fetch,
            format_args!(
                "`{}`: a script is fetched by http: or https: only, not by \
                 `{}:`",
                MaskedUrl(url),
                url.scheme()
            ),
        );
        let error = error.with_winhttp_code(Some(12006));
        return Err(Failure { error, had: Had::Nothing });
    }
    let most = rules.limits.source_bytes();
    let fetched = match known {
        Some(known) => machine.fetch().get_if_changed(url, most, known),
        None => machine.fetch().get(url, most).map(Fetched::Page),
    };
    fetched.map_err(|fault| Failure::fetch(url, fault))
}

/// The script that a page is.
pub(super) fn load(
    url: &Url,
    page: &Page,
    rules: &Rules,
) -> Result<Pac, Failure> {
    let start = page.body.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let start = start.trim_ascii_start();
    if start.is_empty() {
        return Err(Failure::no_script(url, "the page is empty"));
    }
    // A script can begin with a comment of HTML, and with no other tag.
    if start.starts_with(b"<") && !start.starts_with(b"<!--") {
        return Err(Failure::no_script(url, "it is a page of HTML or XML"));
    }
    Pac::builder()
        .limits(rules.limits.clone())
        .isolation(rules.isolation.clone())
        .build_bytes(&page.body, page.charset())
        .map_err(Failure::script)
}

/// What is worth to be told of how a page came, though it does not matter.
pub(super) fn remarks(url: &Url, page: &Page) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(at) = page.caching.url()
        && at != url
    {
        let at = MaskedUrl(at);
        remarks.push(format!("a redirect led to the script at `{at}`"));
    }
    if let Some(content_type) = &page.content_type
        && !is_script_type(content_type)
    {
        let shown: String = content_type.chars().take(100).collect();
        remarks.push(format!(
            "the server calls the script `{}`, which does not matter",
            shown.escape_debug()
        ));
    }
    remarks
}

fn is_script_type(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    [
        "application/x-ns-proxy-autoconfig",
        "application/x-javascript-config",
        "application/javascript",
        "application/x-javascript",
        "text/javascript",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_no_scripts() {
        let url = Url::parse("http://u:secret@a.example/p.pac").unwrap();
        for (body, why) in [
            ("", "the page is empty"),
            (" \r\n\t", "the page is empty"),
            ("\u{feff}\n", "the page is empty"),
            ("<!DOCTYPE html><html>", "it is a page of HTML or XML"),
            ("\u{feff} <html", "it is a page of HTML or XML"),
            ("\n<?xml version='1.0'?>", "it is a page of HTML or XML"),
        ] {
            let page = Page { body: body.into(), ..Page::default() };
            let failure = load(&url, &page, &Rules::default()).unwrap_err();
            let said =
                format!("no script at `http://***@a.example/p.pac`: {why}");
            assert_eq!(failure.error.to_string(), said);
            assert_eq!(failure.error.winhttp_code(), Some(12166));
            assert_eq!(failure.had, Had::Page);
        }
        for body in ["<!-- hidden\nvar a;", "var a = '<html>';"] {
            let page = Page { body: body.into(), ..Page::default() };
            assert!(load(&url, &page, &Rules::default()).is_ok(), "{body}");
        }
    }

    #[test]
    fn what_is_told() {
        let url = Url::parse("http://a.example/p.pac").unwrap();
        let told = |content_type: &str, caching: Caching| {
            let content_type = Some(content_type.to_owned());
            remarks(&url, &Page { content_type, caching, body: Vec::new() })
        };
        let plain = Caching::default;
        assert!(told("Text/JavaScript; charset=x", plain()).is_empty());
        assert!(
            told("text/html\u{1b}", plain())[0].contains("`text/html\\u{1b}`")
        );
        let here = plain().with_url(url.clone());
        assert!(told("text/javascript", here).is_empty());
        let there = plain().with_url("http://b/".parse().unwrap());
        assert!(told("text/javascript", there)[0].contains("`http://b/`"));
    }
}
