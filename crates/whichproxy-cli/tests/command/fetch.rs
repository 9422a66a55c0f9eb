//! Scripts that come from addresses.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use super::whichproxy;

/// The address of a server on loopback that answers every request with
/// these bytes, for as long as the tests run.
fn serve(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines();
            lines.map_while(Result::ok).find(|line| line.is_empty());
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    address.to_string()
}

const GOOD: &str = "HTTP/1.0 200 OK\r\n\
    Content-Type: text/plain; charset=utf-16le\r\n\r\n\
    f\0u\0n\0c\0t\0i\0o\0n\0 \0F\0i\0n\0d\0P\0r\0o\0x\0y\0F\0o\0r\0U\0R\0L\0\
    (\0u\0,\0h\0)\0{\0r\0e\0t\0u\0r\0n\0 \0'\0P\0R\0O\0X\0Y\0 \0\
    a\0:\x001\0'\0}\0";

#[test]
fn a_script_from_an_address() {
    let url = format!("http://{}/p.pac", serve(GOOD));
    let told = whichproxy(&format!("pac eval {url} http://x/ --online"));
    assert!(told.contains("exit: 0"), "{told}");
    assert!(told.contains("PROXY a:1"), "{told}");
    let told = whichproxy(&format!("pac check {url} --online"));
    assert!(told.contains(&format!("{url}: loads")), "{told}");
    // A script of 120 bytes, by its length in UTF-16.
    let told = whichproxy(&format!("pac check {url} --online --max-bytes 20"));
    let why = format!(
        "whichproxy: {url}: the page is longer than the limit of 20 bytes"
    );
    assert!(told.contains(&why), "{told}");
    assert!(told.contains("exit: 2"), "{told}");
}

#[test]
fn an_address_is_not_asked_unless_online() {
    let told =
        whichproxy("pac eval http://u:secret@x.example/p.pac http://x/");
    let why = "whichproxy: http://***@x.example/p.pac: not asked of the \
               network without --online";
    assert!(told.contains(why), "{told}");
    assert!(told.contains("exit: 2"), "{told}");
}

#[test]
fn a_script_in_an_address() {
    let script = "data:,function%20FindProxyForURL(u,h){return%20\
                  'PROXY%20a:1'}";
    let told = whichproxy(&format!("pac eval {script} http://x/"));
    assert!(told.contains("PROXY a:1"), "{told}");
    let here = format!(
        "file://{}/tests/data/proxy.pac",
        env!("CARGO_MANIFEST_DIR").replace('\\', "/")
    );
    let told = whichproxy(&format!("pac check {here}"));
    // There a file's address has a drive.
    if !super::on_windows() {
        assert!(told.contains("loads"), "{told}");
    }
}

/// What goes wrong is told with the address.
#[test]
fn faults_are_told() {
    for (answer, why) in [
        (
            "HTTP/1.0 404 Not Found\r\n\r\n",
            "page @: the server answers 404 Not Found",
        ),
        (
            "HTTP/1.0 200 OK\r\n\r\n<html>",
            "page @: no script at `@`: it is a page of HTML or XML",
        ),
        (
            "HTTP/1.0 200 OK\r\n\r\n",
            "page @: no script at `@`: the page is empty",
        ),
        (
            "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nx",
            "page @: the page ends too early, after 1 of 9 bytes",
        ),
        (
            "HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
            "page @: a redirect to another scheme: pages are \
             fetched by http: and https: only, not by file:",
        ),
    ] {
        let address = serve(answer);
        let told = whichproxy(&format!(
            "resolve http://x/ --online --explain --reg wpad.reg --domain \
             localhost --dhcp-wpad http://u:secret@{address}/wpad.dat"
        ));
        let url = format!("http://***@{address}/wpad.dat");
        assert!(told.contains(&why.replace('@', &url)), "{told}");
        assert!(!told.contains("secret"), "{told}");
    }
}

/// A script is fetched directly, whatever the environment says.
#[test]
fn never_through_a_proxy() {
    let url = format!("http://{}/p.pac", serve(GOOD));
    let mut command = std::process::Command::new(super::program());
    command.args(["pac", "eval", &url, "http://x/", "--online"]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "PROXY a:1\n");
}
