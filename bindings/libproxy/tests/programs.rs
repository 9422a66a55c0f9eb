//! Programs that know nothing of whichproxy, with its `libproxy.so.1`:
//! Debian's `proxy`, openconnect, GLib's resolver of proxies, and one in C.
//!
//! `cargo xtask test dropin` builds the library and runs them; alone, they
//! are told so and passed over.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

/// The folder with the library, where there is one.
fn folder() -> Option<PathBuf> {
    let folder = env::var_os("WHICHPROXY_DROPIN").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: cargo xtask test dropin runs it");
    }
    folder
}

/// A folder for the files of one test.
fn place(name: &str) -> PathBuf {
    let of = format!("whichproxy-libproxy-{name}-{}", std::process::id());
    let place = env::temp_dir().join(of);
    fs::create_dir_all(&place).unwrap();
    place
}

fn shown(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A program with these variables and no others; with its own library, or
/// with this one.
fn program(
    name: &str,
    ours: Option<&Path>,
    variables: &[(&str, &str)],
) -> Command {
    let mut command = Command::new(name);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("LC_ALL", "C").envs(variables.iter().copied());
    if let Some(folder) = ours {
        command.env("LD_LIBRARY_PATH", folder);
    }
    command
}

/// What `proxy` prints about these URLs, one a line.
fn proxy(
    ours: Option<&Path>,
    variables: &[(&str, &str)],
    urls: &[&str],
) -> Vec<String> {
    let mut command = program("proxy", ours, variables);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = urls.join("\n") + "\n";
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    // Not even that there are no versions.
    assert_eq!(told, "", "{variables:?}");
    assert!(output.status.success(), "{variables:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

/// The names that a library exports, with their versions.
fn symbols(library: &Path) -> BTreeSet<String> {
    let mut command = Command::new("nm");
    command.args(["-D", "--defined-only", "--with-symbol-versions"]);
    let output = command.arg(library).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter(|line| line.contains(" T "));
    names.filter_map(|line| Some(line.split(' ').nth(2)?.into())).collect()
}

#[test]
fn the_symbols_are_those_that_are_listed() {
    let Some(folder) = folder() else { return };
    let listed = include_str!("../symbols.txt");
    let listed: BTreeSet<String> = listed.lines().map(Into::into).collect();
    assert_eq!(symbols(&folder.join("libproxy.so.1")), listed);
    let found = Command::new("sh")
        .args(["-c", "ldd \"$(command -v proxy)\""])
        .output()
        .unwrap();
    let text = String::from_utf8(found.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("libproxy"));
    let path = line.unwrap().split(' ').nth(2).unwrap();
    let theirs = symbols(Path::new(path));
    let functions: Vec<&String> =
        theirs.iter().filter(|name| name.starts_with("px_")).collect();
    assert!(functions.len() >= 4, "{theirs:?}");
    for function in functions {
        assert!(listed.contains(function), "{function}");
    }
}

#[test]
fn every_function_from_c() {
    let Some(folder) = folder() else { return };
    let place = place("c");
    let binary = place.join("every_function");
    let source =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/every_function.c");
    let built = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-g", "-o"])
        .arg(&binary)
        .arg(source)
        .arg("-L")
        .arg(&folder)
        .args(["-l:libproxy.so.1", "-lpthread", "-ldl"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", shown(&built));
    let name = binary.to_str().unwrap();
    let plain = program(name, Some(&folder), &[]).output().unwrap();
    assert!(plain.status.success(), "{}", shown(&plain));
    let text = shown(&plain);
    assert!(!text.contains("no GObject"), "{text}");
    let watched = program("valgrind", Some(&folder), &[])
        .args(["--quiet", "--leak-check=full", "--error-exitcode=9"])
        .arg("--errors-for-leak-kinds=definite,indirect")
        .arg(&binary)
        .output()
        .unwrap();
    assert!(watched.status.success(), "{}", shown(&watched));
    fs::remove_dir_all(place).unwrap();
}

const URLS: [&str; 9] = [
    "http://a.example/",
    "https://b.example/x",
    "ftp://f/",
    "imap://mail.example/",
    "a.example",
    "wss://x/",
    "http://u:p@h/",
    "http://10.1.2.3/",
    "http://[2001:db8::1]:8080/",
];

/// What is said the same way by both, `proxy` prints the same way.
#[test]
fn proxy_as_by_libproxy() {
    let Some(folder) = folder() else { return };
    let cases: [&[(&str, &str)]; 18] = [
        &[],
        &[("http_proxy", "http://p:3128")],
        &[("HTTP_PROXY", "http://p:3128")],
        &[("https_proxy", "http://p:3128")],
        &[("ftp_proxy", "http://p:3128")],
        &[("http_proxy", "http://p:1"), ("https_proxy", "http://q:2")],
        &[("HTTPS_PROXY", "http://p:1"), ("https_proxy", "http://q:2")],
        &[("http_proxy", "socks://p:1"), ("https_proxy", "socks5://q:2")],
        &[("http_proxy", "http://user:secret@p:3128")],
        &[("http_proxy", "http://us%40er:se%3Acret@p:3128")],
        &[("http_proxy", "http://[::1]:3128")],
        &[("http_proxy", "direct://")],
        &[("http_proxy", "no proxy^")],
        &[("http_proxy", "http://p:1"), ("no_proxy", "a.example")],
        &[("http_proxy", "http://p:1"), ("no_proxy", ".example, 10.1.2.3")],
        &[("http_proxy", "http://p:1"), ("NO_PROXY", "a.example,b.example")],
        &[("http_proxy", "http://p:1"), ("no_proxy", "10.0.0.0/8")],
        &[("http_proxy", "http://p:1"), ("no_proxy", "10.1.2.3")],
    ];
    for variables in cases {
        let theirs = proxy(None, variables, &URLS);
        let own = proxy(Some(&folder), variables, &URLS);
        assert_eq!(own, theirs, "{variables:?}");
        assert_eq!(own.len(), URLS.len());
    }
}

/// What differs on purpose; see DIFFERENCES.md.
#[test]
fn proxy_otherwise_than_by_libproxy() {
    let Some(folder) = folder() else { return };
    let url = ["http://www.a.example:8080/"];
    let no_proxy = |text| [("http_proxy", "http://p:1"), ("no_proxy", text)];
    for (variables, theirs, ours) in [
        (&[("http_proxy", "p:3128")][..], "p:3128", "http://p:3128"),
        (&[("http_proxy", "http://p:1/")], "http://p:1/", "http://p:1"),
        (&[("http_proxy", "http://p")], "http://p", "http://p:1080"),
        (&[("http_proxy", "https://p")], "https://p", "https://p:443"),
        (&[("http_proxy", "socks4://p:1")], "socks4://p:1", "socks://p:1"),
        (&[("all_proxy", "http://p:1")], "direct://", "http://p:1"),
        (&no_proxy("*"), "http://p:1", "direct://"),
        (&no_proxy("a.example"), "http://p:1", "direct://"),
        (&no_proxy(".example:8080"), "direct://", "http://p:1"),
    ] {
        assert_eq!(proxy(None, variables, &url), [theirs], "{variables:?}");
        let own = proxy(Some(&folder), variables, &url);
        assert_eq!(own, [ours], "{variables:?}");
    }
}

const SCRIPT: &str = "
function FindProxyForURL(url, host) {
    if (host == 'throw') throw 'on purpose';
    if (host == 'js') return eval(\"'HTTPS j:1'\");
    if (dnsDomainIs(host, '.example'))
        return 'PROXY p:8080; SOCKS s; SOCKS5 t:9; DIRECT';
    return 'DIRECT';
}
";

/// Scripts, of variables and of an export.
#[test]
fn proxy_asks_scripts() {
    let Some(folder) = folder() else { return };
    let place = place("scripts");
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    thread::spawn(move || {
        for connection in server.incoming().flatten() {
            serve(connection);
        }
    });
    let of_script = "http://p:8080 socks://s:1080 socks5://t:9 direct://";
    let web = format!("pac+http://{address}/a.pac");
    let worker = folder.join("whichproxy");
    let worker = worker.to_str().unwrap();
    let variables = [
        ("http_proxy", web.as_str()),
        ("https_proxy", "http://own:1"),
        ("WHICHPROXY_WORKER", worker),
    ];
    let urls = ["http://www.a.example/", "https://a.example/", "http://js/"];
    let found = proxy(Some(&folder), &variables, &urls);
    assert_eq!(found, [of_script, "http://own:1", "https://j:1"]);
    let export = place.join("a.reg");
    let text = format!(
        "Windows Registry Editor Version 5.00\n\n\
         [HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\\
         Internet Settings]\n\"AutoConfigURL\"=\"http://{address}/a.pac\"\n"
    );
    fs::write(&export, text).unwrap();
    let export = export.to_str().unwrap();
    let variables =
        [("WHICHPROXY_REG", export), ("http_proxy", "http://not:1")];
    // A scheme that the client does not know is no way around the script.
    let urls =
        ["http://www.a.example/", "http://b.test/", "wss://www.a.example/"];
    let found = proxy(Some(&folder), &variables, &urls);
    assert_eq!(found, [of_script, "direct://", of_script]);
    fs::remove_dir_all(place).unwrap();
}

/// Answers one request with the script.
fn serve(mut connection: std::net::TcpStream) {
    let mut request = [0; 4096];
    let _ = connection.read(&mut request);
    let length = SCRIPT.len();
    let _ = write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\
         \r\n\r\n{SCRIPT}"
    );
}

/// A file is not read, and its place is not taken by the direct way.
#[test]
fn scripts_in_files_are_refused() {
    let Some(folder) = folder() else { return };
    let variables = [("http_proxy", "pac+file:///etc/a.pac")];
    let mut child = program("proxy", Some(&folder), &variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"http://a.example/\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = shown(&output);
    assert!(text.contains("begins with http:// or https://"), "{text}");
    assert!(!text.contains("direct://"), "{text}");
}

/// What a client would use whose registry is named.
#[test]
fn clients_of_an_export() {
    let Some(folder) = folder() else { return };
    let export =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/contoso.reg");
    for (client, expected) in [
        ("winhttp", "http://netsh-proxy.contoso.example:8080"),
        ("defender-edr", "http://edr-proxy.contoso.example:8080 direct://"),
        ("defender-av", "http://av-proxy.contoso.example:3128 direct://"),
        ("environment", "http://dev:1"),
    ] {
        let variables = [
            ("WHICHPROXY_REG", export),
            ("WHICHPROXY_CLIENT", client),
            ("http_proxy", "http://dev:1"),
        ];
        let found =
            proxy(Some(&folder), &variables, &["https://www.example.com/"]);
        assert_eq!(found, [expected], "{client}");
    }
}

/// GLib asks its own resolver of proxies, which asks libproxy.
#[test]
fn resolver_of_glib() {
    let Some(folder) = folder() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/resolver.py");
    let export =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/contoso.reg");
    let run = |ours: Option<&Path>, variables: &[(&str, &str)]| {
        let output = program("/usr/bin/python3", ours, variables)
            .env("GIO_USE_PROXY_RESOLVER", "libproxy")
            .args([script, "http://a.example/", "https://b.example/"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", shown(&output));
        shown(&output)
    };
    let variables = [
        ("http_proxy", "http://p:1"),
        ("https_proxy", "socks5://s:2"),
        ("no_proxy", "b.example"),
    ];
    let (theirs, own) =
        (run(None, &variables), run(Some(&folder), &variables));
    assert_eq!(own, theirs);
    assert_eq!(
        own,
        "GLibproxyResolver\nhttp://a.example/ http://p:1\n\
         https://b.example/ direct://\n"
    );
    let variables =
        [("WHICHPROXY_REG", export), ("WHICHPROXY_CLIENT", "defender-edr")];
    let expected = "http://edr-proxy.contoso.example:8080 direct://";
    assert_eq!(
        run(Some(&folder), &variables),
        format!(
            "GLibproxyResolver\nhttp://a.example/ {expected}\n\
             https://b.example/ {expected}\n"
        )
    );
}

/// openconnect asks libproxy, and connects to the proxy that it names.
#[test]
fn openconnect_goes_through_the_proxy() {
    let Some(folder) = folder() else { return };
    let requests = [None, Some(folder.as_path())].map(|ours| {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://{}", server.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            let mut request = [0; 4096];
            let read = connection.read(&mut request).unwrap();
            let _ = connection.write_all(b"HTTP/1.1 403 no\r\n\r\n");
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let output = program("openconnect", ours, &[("https_proxy", &proxy)])
            .args(["--libproxy", "--authenticate", "--non-inter"])
            .arg("https://vpn.example.test/")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = shown(&output);
        assert!(text.contains("Requesting HTTP proxy connection"), "{text}");
        assert!(!text.contains("version information"), "{text}");
        asked.join().unwrap()
    });
    let [theirs, own] = requests;
    assert!(own.starts_with("CONNECT vpn.example.test:443 "), "{own}");
    assert_eq!(own, theirs);
}
