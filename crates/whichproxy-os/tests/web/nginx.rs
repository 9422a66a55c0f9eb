//! nginx, with every combination of headers that it can send.

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use url::Url;
use whichproxy::machine::{Fetch, Fetched, SetClock};
use whichproxy_os::Web;

use crate::tls::{believes, root};
use crate::{LIMIT, resolve, resolver, script, web};

/// nginx with a configuration of ours; it ends when it is dropped.
struct Nginx {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Nginx {
    /// Starts it with these files and what is to stand in `server`; `None`
    /// where there is none.
    fn start(
        test: &str,
        files: &[(&str, &[u8])],
        locations: &str,
    ) -> Option<Nginx> {
        let Some(program) = program() else {
            println!("skipped: {test}: there is no nginx");
            let all = std::env::var("WHICHPROXY_REQUIRE");
            assert!(all.as_deref() != Ok("all"), "there is no nginx");
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("nginx-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("html")).unwrap();
        for (name, bytes) in files {
            fs::write(folder.join("html").join(name), bytes).unwrap();
        }
        // Somebody may take the port before nginx does.
        for _ in 0..20 {
            let found = Nginx::run(&program, &folder, locations);
            if found.is_some() {
                return found;
            }
        }
        let log = fs::read_to_string(folder.join("error.log"));
        panic!("nginx does not start: {}", log.unwrap_or_default());
    }

    fn run(program: &str, folder: &Path, locations: &str) -> Option<Nginx> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let here = folder.display();
        let text = format!(
            "daemon off; master_process off; pid {here}/pid;
             error_log {here}/error.log;
             events {{}}
             http {{
                 access_log {here}/access.log;
                 client_body_temp_path {here}/1; proxy_temp_path {here}/2;
                 fastcgi_temp_path {here}/3; uwsgi_temp_path {here}/4;
                 scgi_temp_path {here}/5;
                 server {{
                     listen 127.0.0.1:{port} @TLS@;
                     root {here}/html;
                     types {{}} default_type application/octet-stream;
                     {locations}
                 }}
             }}"
        );
        let tls =
            if locations.contains("ssl_certificate") { "ssl" } else { "" };
        let text =
            text.replace("@TLS@", tls).replace("@HERE@", &here.to_string());
        let path = folder.join("nginx.conf");
        fs::write(&path, text).unwrap();
        let process = Command::new(program)
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Nginx { process, folder: folder.to_owned(), port };
        let start = Instant::now();
        loop {
            if nginx.process.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(nginx);
            }
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join("html").join(name), bytes).unwrap();
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn program() -> Option<String> {
    let known = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"];
    known.into_iter().map(ToOwned::to_owned).find(|program| {
        let mut version = Command::new(program);
        version.arg("-v").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    })
}

/// Content types, codings, lifetimes and validators, in all combinations.
#[test]
fn every_combination_of_headers() {
    let types = [
        "application/x-ns-proxy-autoconfig",
        "application/x-javascript-config",
        "text/plain",
        "text/html",
        "application/octet-stream",
    ];
    let codings = [("plain", "gzip off;"), ("gzip", "gzip on;")];
    // What is to be said of keeping; the lifetime that it means.
    let lifetimes = [
        ("none", "", None),
        ("hour", "expires 1h;", Some(3600)),
        ("past", "expires epoch;", Some(0)),
        ("both", "expires 1h; add_header Cache-Control max-age=5;", Some(5)),
        (
            "never",
            "add_header Cache-Control \"no-store, max-age=60\";",
            Some(0),
        ),
        (
            "age",
            "add_header Cache-Control max-age=60; add_header Age 20;",
            Some(40),
        ),
    ];
    let validators = [
        ("both", "", true),
        ("date", "etag off;", true),
        ("neither", "etag off; add_header Last-Modified \"\";", false),
    ];
    let mut locations = "gzip_types *; gzip_min_length 1;".to_owned();
    let mut cases = Vec::new();
    for (index, kind) in types.into_iter().enumerate() {
        for (coding, gzip) in codings {
            for (keep, headers, lifetime) in lifetimes {
                for (validator, etag, confirms) in validators {
                    let path = format!("/{index}/{coding}/{keep}/{validator}");
                    let _ = write!(
                        locations,
                        "location {path} {{ default_type {kind}; {gzip}
                         {headers} {etag} alias @HERE@/html/p.pac; }}\n"
                    );
                    cases.push((path, kind, lifetime, confirms));
                }
            }
        }
    }
    let body = script("nginx").repeat(20);
    let files = [("p.pac", body.as_bytes())];
    let test = "every_combination_of_headers";
    let Some(nginx) = Nginx::start(test, &files, &locations) else { return };
    let web = web();
    assert_eq!(cases.len(), 180);
    for (path, kind, lifetime, confirms) in cases {
        let url = Url::parse(&nginx.url(&path)).unwrap();
        let page = web.get(&url, LIMIT).unwrap();
        assert_eq!(page.body, body.as_bytes(), "{path}");
        assert_eq!(page.content_type.as_deref(), Some(kind), "{path}");
        let told = page.caching.explicit_lifetime(0);
        let expected = lifetime.map(Duration::from_secs);
        assert_eq!(told, expected, "{path} {:?}", page.caching);
        let again = web.get_if_changed(&url, LIMIT, &page.caching).unwrap();
        let unchanged = matches!(again, Fetched::Unchanged(_));
        assert_eq!(unchanged, confirms, "{path} {again:?}");
    }
}

#[test]
fn charsets() {
    let text = "function FindProxyForURL(url, host) {
        return 'caf\u{e9}' == 'caf\\u00e9' ? 'PROXY good:1' : 'PROXY bad:1';
    }";
    let utf16 = |mark: &[u16]| -> Vec<u8> {
        let units = mark.iter().copied().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let (long, short) = (utf16(&[0xfeff]), utf16(&[]));
    let ascii = script("good");
    let files: [(&str, &[u8]); 6] = [
        ("utf-8", text.as_bytes()),
        ("utf-8-mark", &marked),
        ("latin-1", &latin),
        ("utf-16-mark", &long),
        ("utf-16", &short),
        ("ascii", ascii.as_bytes()),
    ];
    // A file, and what its header says.
    let cases = [
        ("utf-8", "text/plain"),
        ("utf-8", "\"text/plain; charset=utf-8\""),
        ("utf-8", "\"text/plain; charset=nonsense\""),
        ("utf-8-mark", "text/plain"),
        // The mark is right, and the header wrong.
        ("utf-8-mark", "\"text/plain; charset=iso-8859-1\""),
        ("latin-1", "\"text/plain; charset=iso-8859-1\""),
        ("latin-1", "\"text/plain; Charset=LATIN1\""),
        ("latin-1", "text/plain"),
        ("latin-1", "\"text/plain; charset=utf-8\""),
        ("utf-16-mark", "text/plain"),
        ("utf-16-mark", "\"text/plain; charset=utf-8\""),
        ("utf-16", "\"text/plain; charset=utf-16le\""),
        ("ascii", "\"text/plain; charset=us-ascii\""),
        ("ascii", "\"text/plain; charset=shift_jis\""),
    ];
    let mut locations = String::new();
    for (index, (file, kind)) in cases.iter().enumerate() {
        let _ = write!(
            locations,
            "location /{index}.pac {{ default_type {kind};
             alias @HERE@/html/{file}; }}\n"
        );
    }
    let test = "charsets";
    let Some(nginx) = Nginx::start(test, &files, &locations) else { return };
    for (index, case) in cases.iter().enumerate() {
        let url = nginx.url(&format!("/{index}.pac"));
        let resolver = resolver(&url, web(), &SetClock::default());
        let (routes, trace) = resolve(&resolver);
        assert_eq!(routes, "PROXY good:1", "{case:?} {trace}");
    }
}

#[test]
fn errors_redirects_and_pages_that_are_no_scripts() {
    let mut locations = "error_page 404 500 /error.html;
        location /error.html { default_type text/html; }
        location /broken { return 500; }
        location /portal { default_type text/html;
                           alias @HERE@/html/error.html; }
        location /round { return 302 /about; }
        location /about { return 302 /round; }
        location /file { return 302 file:///etc/passwd; }
        location /denied { deny all; }
        "
    .to_owned();
    for status in [301, 302, 303, 307, 308] {
        let _ = writeln!(
            locations,
            "location = /{status} {{ return {status} /p.pac; }}
             location = /{status}/far {{ return {status} \
             http://127.0.0.1:$server_port/{status}; }}"
        );
    }
    let html = b"<html><head><title>Oops</title></head></html>";
    let good = script("good");
    let files: [(&str, &[u8]); 3] =
        [("p.pac", good.as_bytes()), ("error.html", html), ("empty", b"")];
    let test = "errors_redirects_and_pages_that_are_no_scripts";
    let Some(nginx) = Nginx::start(test, &files, &locations) else { return };
    let trace = |path: &str| {
        let url = nginx.url(path);
        let resolver = resolver(&url, web(), &SetClock::default());
        let (routes, trace) = resolve(&resolver);
        (routes, trace)
    };
    for status in [301, 302, 303, 307, 308] {
        for path in [format!("/{status}"), format!("/{status}/far")] {
            let (routes, trace) = trace(&path);
            assert_eq!(routes, "PROXY good:1", "{path} {trace}");
            let there = format!(
                "a redirect led to the script at `{}`",
                nginx.url("/p.pac")
            );
            assert!(trace.contains(&there), "{path} {trace}");
        }
    }
    let round = format!(
        "no script from `@`: redirected to `{}`: a redirect loop: back to `@`",
        nginx.url("/about")
    );
    for (path, why) in [
        ("/missing", "no script from `@`: the server answers 404 Not Found"),
        ("/broken", "the server answers 500 Internal Server Error"),
        ("/denied", "the server answers 403 Forbidden"),
        ("/portal", "no script at `@`: it is a page of HTML or XML"),
        ("/empty", "no script at `@`: the page is empty"),
        ("/round", &round),
        ("/file", "by http: and https: only, not by file:"),
    ] {
        let (routes, trace) = trace(path);
        assert_eq!(routes, "DIRECT", "{path}");
        let why = why.replace('@', &nginx.url(path));
        assert!(trace.contains(&why), "{path} {trace}");
    }
}

#[test]
fn a_script_that_is_edited() {
    let first = script("one");
    let files = [("p.pac", first.as_bytes())];
    let locations = "add_header Cache-Control max-age=100;";
    let test = "a_script_that_is_edited";
    let Some(nginx) = Nginx::start(test, &files, locations) else { return };
    let clock = SetClock::default();
    let url = nginx.url("/p.pac");
    let resolver = resolver(&url, web(), &clock);
    assert_eq!(resolve(&resolver).0, "PROXY one:1");
    // Of another length, so that its ETag is another within the second.
    nginx.write("p.pac", script("another"));
    clock.pass(Duration::from_secs(99));
    assert_eq!(resolve(&resolver).0, "PROXY one:1");
    clock.pass(Duration::from_secs(1));
    resolver.refresh();
    assert_eq!(resolve(&resolver).0, "PROXY another:1");
    clock.pass(Duration::from_secs(100));
    resolver.refresh();
    assert_eq!(resolve(&resolver).0, "PROXY another:1");
    // It writes its log when the answer is gone.
    let start = Instant::now();
    let mut log = String::new();
    while log.lines().count() < 3 && start.elapsed().as_secs() < 30 {
        log = fs::read_to_string(nginx.folder.join("access.log")).unwrap();
    }
    let statuses: Vec<&str> =
        log.lines().filter_map(|line| line.split(' ').nth(8)).collect();
    assert_eq!(statuses, ["200", "200", "304"], "{log}");
}

#[test]
fn over_tls() {
    let root = root();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &root).unwrap().pem();
    let (script, key) = (script("tls"), key.serialize_pem());
    let files: [(&str, &[u8]); 3] = [
        ("p.pac", script.as_bytes()),
        ("certificate", certificate.as_bytes()),
        ("key", key.as_bytes()),
    ];
    let locations = "ssl_certificate @HERE@/html/certificate;
        ssl_certificate_key @HERE@/html/key;";
    let test = "over_tls";
    let Some(nginx) = Nginx::start(test, &files, locations) else { return };
    let url = nginx.url("/p.pac").replace("http:", "https:");
    let routes = |web: Web| {
        let resolver = resolver(&url, web, &SetClock::default());
        resolve(&resolver)
    };
    assert_eq!(routes(believes(&root)).0, "PROXY tls:1");
    let (refused, trace) = routes(web());
    assert_eq!(refused, "DIRECT");
    assert!(trace.contains("TLS: "), "{trace}");
}
