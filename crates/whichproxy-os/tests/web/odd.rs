//! Servers that are slow, lie, stop, or never do.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use url::Url;
use whichproxy::machine::Fetch;
use whichproxy_os::Web;

use crate::server::{Server, answer, write};
use crate::{LIMIT, fault, get, script};

/// Fifty MiB of zeros, coded as br by another's encoder.
const BROTLI_BOMB: &str = "cfffff7ff82700e2b14020f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c32200ddfbfffcffffc03f0110870500baf71f";

/// A hundred zeros, with a window of 1 GiB.
const BROTLI_LARGE: &str = "115e8c01e09f0008c402011d";

/// A script, coded as br by another's encoder.
const BROTLI: &str = "1b4300f8e5725baa7f4b1b7885be84691533d88003c78412c907919b854dd0f1097cb41e326b19af9b8e8bef68785f3a0e4c026fea459663463124cb351045462afc";

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[test]
fn a_page_its_type_and_what_was_asked() {
    let headers = "Content-Type: application/x-ns-proxy-autoconfig\r\n";
    let server = Server::bytes(answer("200 OK", headers, "hello"));
    let page = get(&server.url("/p.pac?x#fragment")).unwrap();
    assert_eq!(page.body, b"hello");
    let content_type = page.content_type.unwrap();
    assert_eq!(content_type, "application/x-ns-proxy-autoconfig");
    assert_eq!(page.caching.url().unwrap().path(), "/p.pac");
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/p.pac?x");
    assert_eq!(asked[0].header("accept-encoding"), Some("gzip, deflate, br"));
    assert_eq!(asked[0].header("if-none-match"), None);
}

#[test]
fn answers_that_are_no_page() {
    for (status, why) in [
        ("404 Not Found", "the server answers 404 Not Found"),
        ("204 No Content", "the server answers 204 No Content"),
        ("206 Partial Content", "the server answers 206 Partial Content"),
        ("304 Not Modified", "the server answers 304 Not Modified"),
        ("500 Oops", "the server answers 500 Internal Server Error"),
        (
            "401 Unauthorized",
            "the server answers 401 Unauthorized: it wants a user and a \
             password",
        ),
    ] {
        let server = Server::bytes(answer(status, "", "<html>"));
        assert_eq!(fault(&server.url("/")), why);
    }
}

#[test]
fn pages_that_end_too_early() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (rest, why) in [
        (
            "Content-Length: 100\r\n\r\nfunction",
            "the page ends too early, after 8 of 100 bytes",
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n8\r\nfunction\r\n8\r\nFind",
            "the page ends too early, after 12 bytes",
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n8\r\nfunction\r\n",
            "the page ends too early, after 8 bytes",
        ),
        (
            "Content-Le",
            "the server ends the connection before it has answered",
        ),
    ] {
        let server = Server::bytes(format!("{head}{rest}"));
        assert_eq!(fault(&server.url("/")), why, "{rest}");
    }
    let server = Server::bytes("");
    let why = "the server ends the connection before it has answered";
    assert_eq!(fault(&server.url("/")), why);
}

#[test]
fn answers_that_are_not_http() {
    for bytes in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\nab",
    ] {
        let server = Server::bytes(bytes);
        let fault = fault(&server.url("/"));
        assert!(fault.contains("not HTTP"), "{bytes} {fault}");
    }
    // Chunks whose size is none.
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunk in ["x\r\nab\r\n", "ffffffffffffffffffff\r\nab\r\n"] {
        let server = Server::bytes(format!("{head}{chunk}"));
        let fault = fault(&server.url("/"));
        assert!(fault.contains("after 0 bytes"), "{chunk} {fault}");
    }
}

/// What follows the length that was told is not of the page.
#[test]
fn a_length_that_is_too_short_is_believed() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let server = Server::bytes(format!("{head}hello, world"));
    assert_eq!(get(&server.url("/")).unwrap().body, b"hello");
}

#[test]
fn a_page_without_a_length_ends_with_the_connection() {
    let server = Server::bytes("HTTP/1.0 200 OK\r\n\r\nhello");
    assert_eq!(get(&server.url("/")).unwrap().body, b"hello");
}

/// Fetches with little time, and checks that it did not take long.
fn hurried(url: &str) -> String {
    let web = Web::builder().timeout(Duration::from_millis(300)).build();
    let start = Instant::now();
    let fault = web.get(&Url::parse(url).unwrap(), LIMIT).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(20));
    fault.to_string()
}

#[test]
fn slow_servers() {
    let drip = |head: &'static str, rest: &'static str| {
        Server::new(move |_, stream| {
            write(stream, head.as_bytes());
            // Ends when nobody reads any more.
            for byte in rest.bytes().cycle() {
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
                let _ = stream.flush();
                std::thread::sleep(Duration::from_millis(20));
            }
        })
    };
    for (head, rest) in [
        ("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
        ("HTTP/1.1 200 OK\r\n\r\n", "// nothing yet\n"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\nx\r\n",
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"),
        ("HTTP/1.1 302 Found\r\n", "X: y\r\n"),
    ] {
        let server = drip(head, rest);
        assert_eq!(hurried(&server.url("/")), "not had in 0.3 s", "{head}");
    }
    // One that says nothing at all.
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let ended = std::sync::Mutex::new(ended);
    let silent = Server::new(move |_, _| {
        let _ = ended.lock().unwrap().recv();
    });
    assert_eq!(hurried(&silent.url("/")), "not had in 0.3 s");
    drop(end);
}

#[test]
fn answers_without_an_end() {
    let endless = |head: &'static str, rest: &'static str| {
        Server::new(move |_, stream| {
            write(stream, head.as_bytes());
            while stream.write_all(rest.as_bytes()).is_ok() {}
        })
    };
    let long = "the page is longer than the limit of 1048576 bytes";
    let headers = "the answer has headers of more than 65536 bytes";
    for (head, rest, why) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "// for ever\n", long),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "4\r\nmore\r\n",
            long,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "x", long),
        ("HTTP/1.1 200 OK\r\n", "X-More: of the same\r\n", headers),
        ("HTTP/1.1 200 OK\r\nX: ", "one header without an end", headers),
    ] {
        let server = endless(head, rest);
        let fault = fault(&server.url("/"));
        // Too many headers are found before they are too long.
        let many = "the answer is not HTTP";
        assert!(fault == why || fault.starts_with(many), "{head} {fault}");
    }
    // A chunk size without an end, and interim answers without an end.
    for (head, rest) in [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ] {
        let server = endless(head, rest);
        let web = Web::builder().timeout(Duration::from_secs(2)).build();
        let start = Instant::now();
        let url = Url::parse(&server.url("/")).unwrap();
        assert!(web.get(&url, LIMIT).is_err(), "{head}{rest}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn large_headers_that_end() {
    let header = format!("X: {}\r\n", "x".repeat(30_000));
    let server = Server::bytes(answer("200 OK", &header, "hello"));
    assert_eq!(get(&server.url("/")).unwrap().body, b"hello");
}

#[test]
fn codings() {
    let text = script("coded");
    let gzip = |body: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(text.as_bytes()).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(text.as_bytes()).unwrap();
    let br = "function FindProxyForURL(url, host) \
              { return \"PROXY br.example:1\"; }";
    for (name, coded, plain) in [
        ("gzip", gzip(text.as_bytes()), &*text),
        ("deflate", zlib.finish().unwrap(), &text),
        ("deflate", deflate.finish().unwrap(), &text),
        ("br", unhex(BROTLI), br),
    ] {
        let header = format!("Content-Encoding: {name}\r\n");
        let server = Server::bytes(answer("200 OK", &header, &coded));
        let page = get(&server.url("/")).unwrap();
        assert_eq!(String::from_utf8(page.body).unwrap(), plain, "{name}");
        let cut = &coded[..coded.len() / 2];
        let server = Server::bytes(answer("200 OK", &header, cut));
        let fault = fault(&server.url("/"));
        assert!(fault.contains("ends too early"), "{name} {fault}");
    }
    let header = "Content-Encoding: zstd\r\n";
    let server = Server::bytes(answer("200 OK", header, "x"));
    let why = "the page comes coded as `zstd`, which was not asked for";
    assert_eq!(fault(&server.url("/")), why);
    let bombs =
        [("gzip", gzip(&vec![0; 50 << 20])), ("br", unhex(BROTLI_BOMB))];
    for (name, bomb) in bombs {
        let header = format!("Content-Encoding: {name}\r\n");
        let server = Server::bytes(answer("200 OK", &header, bomb));
        let why = "the page is longer than the limit of 1048576 bytes";
        assert_eq!(fault(&server.url("/")), why, "{name}");
    }
    let header = "Content-Encoding: br\r\n";
    let large = answer("200 OK", header, unhex(BROTLI_LARGE));
    let server = Server::bytes(large);
    assert!(fault(&server.url("/")).contains("br coding is broken"));
}

#[test]
fn nobody_listens() {
    let server = Server::bytes("");
    let url = server.url("/");
    let port = server.port();
    drop(server);
    // Until the listener is gone.
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {}
    assert!(fault(&url).contains("refused"), "{}", fault(&url));
}
