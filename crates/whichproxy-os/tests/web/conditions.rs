//! Pages that are asked for again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use url::Url;
use whichproxy::machine::{Fetch, Fetched, SetClock};

use crate::server::{Server, answer, write};
use crate::{LIMIT, resolve, resolver, script, web};

#[test]
fn validators_are_sent_back() {
    let date = "Mon, 02 Nov 2026 10:00:00 GMT";
    for (headers, name, value) in [
        ("ETag: W/\"7\"\r\n".to_owned(), "if-none-match", "W/\"7\""),
        (format!("Last-Modified: {date}\r\n"), "if-modified-since", date),
    ] {
        let server = Server::new(move |request, stream| {
            let bytes = match request.header(name) {
                Some(known) if known == value => {
                    let headers = "Cache-Control: max-age=77\r\n";
                    format!("HTTP/1.1 304 Not Modified\r\n{headers}\r\n")
                        .into_bytes()
                }
                _ => answer("200 OK", &headers, "hello"),
            };
            write(stream, &bytes);
        });
        let url = Url::parse(&server.url("/")).unwrap();
        let web = web();
        let known = web.get(&url, LIMIT).unwrap().caching;
        let fetched = web.get_if_changed(&url, LIMIT, &known).unwrap();
        let Fetched::Unchanged(caching) = fetched else {
            panic!("{fetched:?}");
        };
        let lifetime = known.confirmed(caching).lifetime(0);
        assert_eq!(lifetime, Some(Duration::from_secs(77)));
    }
}

/// Another address may give the same validator to another page.
#[test]
fn validators_are_sent_to_the_address_that_gave_them() {
    let moved = Arc::new(AtomicUsize::new(1));
    let to = Arc::clone(&moved);
    let server = Server::new(move |request, stream| {
        let location = format!("Location: /{}\r\n", to.load(Ordering::SeqCst));
        let bytes = match &*request.path {
            "/" => answer("302 Found", &location, ""),
            _ if request.header("if-none-match").is_some() => {
                b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()
            }
            path => answer("200 OK", "ETag: \"same\"\r\n", path),
        };
        write(stream, &bytes);
    });
    let url = Url::parse(&server.url("/")).unwrap();
    let web = web();
    let known = web.get(&url, LIMIT).unwrap().caching;
    let again = web.get_if_changed(&url, LIMIT, &known).unwrap();
    assert!(matches!(again, Fetched::Unchanged(_)), "{again:?}");
    moved.store(2, Ordering::SeqCst);
    match web.get_if_changed(&url, LIMIT, &known).unwrap() {
        Fetched::Page(page) => assert_eq!(page.body, b"/2"),
        unchanged => panic!("{unchanged:?}"),
    }
    let sent: Vec<bool> = server
        .asked()
        .iter()
        .map(|request| request.header("if-none-match").is_some())
        .collect();
    assert_eq!(sent, [false, false, false, true, false, false]);
}

#[test]
fn a_thousand_lookups_at_once_fetch_once() {
    let (open, opened) = channel::<()>();
    let opened = Mutex::new(opened);
    let server = Server::new(move |_, stream| {
        // Until all have asked, or the sender is gone.
        let _ = opened.lock().unwrap().recv();
        write(stream, &answer("200 OK", "", script("a")));
    });
    let url = server.url("/p.pac");
    let clock = SetClock::default();
    let resolver = &resolver(&url, web(), &clock).without_answers();
    let started = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..1000)
            .map(|_| {
                scope.spawn(move || {
                    started.fetch_add(1, Ordering::SeqCst);
                    resolve(resolver).0
                })
            })
            .collect();
        while started.load(Ordering::SeqCst) < 1000 {
            thread::yield_now();
        }
        drop(open);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), "PROXY a:1");
        }
    });
    assert_eq!(server.paths(), ["/p.pac"]);
}

#[test]
fn a_resolver_keeps_confirms_and_changes() {
    let version = Arc::new(AtomicUsize::new(1));
    let now = Arc::clone(&version);
    let server = Server::new(move |request, stream| {
        let version = now.load(Ordering::SeqCst);
        let headers =
            format!("ETag: \"{version}\"\r\nCache-Control: max-age=300\r\n");
        let etag = format!("\"{version}\"");
        let bytes = match request.header("if-none-match") {
            _ if version == 0 => answer("503 Busy", "", ""),
            Some(known) if known == etag => {
                format!("HTTP/1.1 304 Not Modified\r\n{headers}\r\n").into()
            }
            _ => answer("200 OK", &headers, script(&format!("v{version}"))),
        };
        write(stream, &bytes);
    });
    let url = server.url("/p.pac");
    let clock = SetClock::default();
    let resolver = resolver(&url, web(), &clock);
    let pass = |seconds| clock.pass(Duration::from_secs(seconds));
    let count = || server.asked().len();
    assert_eq!(resolve(&resolver).0, "PROXY v1:1");
    pass(299);
    assert_eq!((resolve(&resolver).0, count()), ("PROXY v1:1".into(), 1));
    pass(1);
    resolver.refresh();
    assert_eq!((resolve(&resolver).0, count()), ("PROXY v1:1".into(), 2));
    version.store(2, Ordering::SeqCst);
    pass(300);
    resolver.refresh();
    assert_eq!((resolve(&resolver).0, count()), ("PROXY v2:1".into(), 3));
    // It can't be had: the last good one goes on, and the trace says so.
    version.store(0, Ordering::SeqCst);
    pass(300);
    resolver.refresh();
    let (routes, trace) = resolve(&resolver);
    assert_eq!((routes, count()), ("PROXY v2:1".into(), 4));
    let why = format!(
        "the last good script, 5 min 0 s old, goes on, since there is no \
         other: no script from `{url}`: the server answers 503"
    );
    assert!(trace.contains(&why), "{trace}");
    // Nor is the server asked again at once.
    resolver.refresh();
    assert_eq!(count(), 4);
    version.store(3, Ordering::SeqCst);
    pass(120);
    resolver.refresh();
    assert_eq!((resolve(&resolver).0, count()), ("PROXY v3:1".into(), 5));
}

/// Whatever is wrong, the trace names the address and not its password.
#[test]
fn faults_in_a_trace() {
    let server = Server::new(|request, stream| {
        let bytes = match &*request.path {
            "/missing" => answer("404 Not Found", "", ""),
            "/html" => answer("200 OK", "", "<!doctype html><html>"),
            "/empty" => answer("200 OK", "", ""),
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_vec(),
        };
        write(stream, &bytes);
    });
    for (path, why) in [
        ("/missing", "no script from `@`: the server answers 404 Not Found"),
        ("/html", "no script at `@`: it is a page of HTML or XML"),
        ("/empty", "no script at `@`: the page is empty"),
        (
            "/cut",
            "no script from `@`: the page ends too early, after 1 of 9 bytes",
        ),
    ] {
        let url = server.url(path);
        let masked = url.replace("http://", "http://***@");
        let url = url.replace("http://", "http://u:secret@");
        let resolver = resolver(&url, web(), &SetClock::default());
        let (routes, trace) = resolve(&resolver);
        assert_eq!(routes, "DIRECT");
        assert!(trace.contains(&why.replace('@', &masked)), "{trace}");
        assert!(!trace.contains("secret"), "{trace}");
    }
}
