//! Redirects of every kind.

use crate::server::{Server, answer, write};
use crate::{fault, get};

/// A server whose paths redirect: `/301/to` does so with 301 to `to`, and
/// what is no such path is a page.
fn redirects() -> Server {
    Server::new(|request, stream| {
        let path = request.path.trim_start_matches('/');
        let bytes = match path.split_once('/') {
            Some((status, to)) if status.len() == 3 => {
                let location = format!("Location: {to}\r\n");
                answer(&format!("{status} Redirect"), &location, "<html>")
            }
            _ => answer("200 OK", "", path),
        };
        write(stream, &bytes);
    })
}

#[test]
fn every_status_that_redirects() {
    let server = redirects();
    for status in [301, 302, 303, 307, 308] {
        let page = get(&server.url(&format!("/{status}//there"))).unwrap();
        assert_eq!(page.body, b"there", "{status}");
        assert_eq!(page.caching.url().unwrap().path(), "/there");
    }
    // These have a Location, and do not mean it.
    for status in [300, 304, 305, 306] {
        let fault = fault(&server.url(&format!("/{status}//there")));
        let why = format!("the server answers {status}");
        assert!(fault.starts_with(&why), "{fault}");
    }
}

#[test]
fn redirects_are_relative_to_where_they_come_from() {
    let server = Server::new(|request, stream| {
        let bytes = match &*request.path {
            "/a/x?q" => answer("302 Found", "Location: b/c.pac\r\n", ""),
            "/a/b/c.pac" => answer("308 Moved", "Location: ../d#e\r\n", ""),
            _ => answer("200 OK", "", "there"),
        };
        write(stream, &bytes);
    });
    assert_eq!(get(&server.url("/a/x?q#f")).unwrap().body, b"there");
    assert_eq!(server.paths(), ["/a/x?q", "/a/b/c.pac", "/a/d"]);
}

#[test]
fn those_that_are_not_followed() {
    let server = redirects();
    for (to, why) in [
        (
            "file:///etc/passwd",
            "a redirect to another scheme: pages are fetched by http: and \
             https: only, not by file:",
        ),
        (
            "data:text/javascript,x",
            "a redirect to another scheme: pages are fetched by http: and \
             https: only, not by data:",
        ),
        ("http://[x", "a redirect to `http://[x`: invalid IPv6 address"),
    ] {
        assert_eq!(fault(&server.url(&format!("/302/{to}"))), why);
    }
    let nowhere = Server::bytes(answer("302 Found", "", ""));
    let why = "a redirect that names no address";
    assert_eq!(fault(&nowhere.url("/")), why);
}

#[test]
fn loops_are_named() {
    let server = Server::new(|request, stream| {
        let to = match &*request.path {
            "/a" => "/b",
            "/b" => "/c",
            _ => "/a",
        };
        let location = format!("Location: {to}\r\n");
        write(stream, &answer("302 Found", &location, ""));
    });
    let why = format!(
        "redirected to `{}`: a redirect loop: back to `{}`",
        server.url("/c"),
        server.url("/a")
    );
    assert_eq!(fault(&server.url("/a")), why);
    assert_eq!(server.paths(), ["/a", "/b", "/c"]);
}

#[test]
fn ten_and_no_more() {
    // Counts down to a page.
    let server = Server::new(|request, stream| {
        let left: u32 = request.path[1..].parse().unwrap();
        let location = format!("Location: /{}\r\n", left.saturating_sub(1));
        let bytes = match left {
            0 => answer("200 OK", "", "there"),
            _ => answer("302 Found", &location, ""),
        };
        write(stream, &bytes);
    });
    assert_eq!(get(&server.url("/10")).unwrap().body, b"there");
    let why = format!(
        "redirected to `{}`: more than 10 redirects, the last to `{}`",
        server.url("/1"),
        server.url("/0")
    );
    assert_eq!(fault(&server.url("/11")), why);
}

#[test]
fn a_fault_says_where_redirects_led() {
    let server = Server::new(|request, stream| {
        let bytes = match &*request.path {
            "/a" => answer("301 Moved", "Location: /gone\r\n", ""),
            _ => answer("410 Gone", "", ""),
        };
        write(stream, &bytes);
    });
    let url = server.url("/a").replace("http://", "http://u:secret@");
    let there = server.url("/gone").replace("http://", "http://***@");
    let why = format!("redirected to `{there}`: the server answers 410 Gone");
    assert_eq!(fault(&url), why);
}
