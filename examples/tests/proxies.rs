//! Every example, with a proxy that refuses, one that hangs and one that
//! answers.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

/// Listens on loopback for as long as the process lives, and gives each
/// connection with the head of its request to `answer`.
fn serve(
    answer: impl Fn(TcpStream, &[String]) -> io::Result<()>
    + Clone
    + Send
    + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let head = head(&stream)?;
                answer(stream, &head)
            });
        }
    });
    address
}

/// The lines of a request up to the empty one; not a byte more is read.
fn head(mut stream: &TcpStream) -> io::Result<Vec<String>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    BufReader::new(&bytes[..]).lines().collect()
}

/// A server that has one page, `script` at `/p.pac` and a greeting elsewhere.
fn origin(script: Arc<Mutex<String>>) -> SocketAddr {
    serve(move |mut stream, head| {
        let body = match head[0].contains("/p.pac") {
            true => script.lock().unwrap().clone(),
            false => format!("hello from {}\n", head[0]),
        };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\
             \r\n{body}",
            body.len()
        )
    })
}

/// A forward proxy, which finds all servers at `origin`, and writes down the
/// first line of each request.
fn forward(origin: SocketAddr, log: Arc<Mutex<Vec<String>>>) -> SocketAddr {
    serve(move |mut stream, head| {
        log.lock().unwrap().push(head[0].clone());
        let mut server = TcpStream::connect(origin)?;
        if head[0].starts_with("CONNECT ") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            let (mut from, mut to) =
                (stream.try_clone()?, server.try_clone()?);
            thread::spawn(move || io::copy(&mut from, &mut to));
        } else {
            let rest = head[0].splitn(4, '/').nth(3).unwrap_or_default();
            write!(server, "GET /{rest}\r\nHost: x\r\n\r\n")?;
        }
        io::copy(&mut server, &mut stream).map(drop)
    })
}

/// A network with these proxies: one refuses, one hangs, one answers.
struct Network {
    origin: SocketAddr,
    script: Arc<Mutex<String>>,
    hanging: TcpListener,
    forward: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Network {
    fn new() -> Network {
        let (script, log) = (Arc::default(), Arc::default());
        let origin = origin(Arc::clone(&script));
        Network {
            origin,
            script,
            hanging: TcpListener::bind("127.0.0.1:0").unwrap(),
            forward: forward(origin, Arc::clone(&log)),
            log,
        }
    }

    /// Runs an example where a script answers `result`, in which `{refuses}`,
    /// `{hangs}` and `{answers}` are proxies.
    fn run(&self, program: &str, url: &str, result: &str) -> Output {
        let result = result
            .replace("{refuses}", "PROXY 127.0.0.1:1")
            .replace(
                "{hangs}",
                &format!("PROXY {}", self.hanging.local_addr().unwrap()),
            )
            .replace("{answers}", &format!("PROXY {}", self.forward));
        *self.script.lock().unwrap() = format!(
            "function FindProxyForURL(url, host) {{ return '{result}'; }}"
        );
        let folder = env!("CARGO_TARGET_TMPDIR");
        let name = format!("{}.reg", self.origin.port());
        let export = std::path::Path::new(folder).join(name);
        let text = format!(
            "Windows Registry Editor Version 5.00\r\n\r\n\
             [HKEY_CURRENT_USER\\SOFTWARE\\Microsoft\\Windows\\\
             CurrentVersion\\Internet Settings]\r\n\
             \"AutoConfigURL\"=\"http://{}/p.pac\"\r\n",
            self.origin
        );
        std::fs::write(&export, text).unwrap();
        let mut command = Command::new(program);
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        let output = command.arg(url).arg(&export).output().unwrap();
        std::fs::remove_file(&export).unwrap();
        output
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

const EXAMPLES: [(&str, &str); 3] = [
    ("reqwest", env!("CARGO_BIN_EXE_reqwest-failover")),
    ("hyper", env!("CARGO_BIN_EXE_hyper-connector")),
    ("ureq", env!("CARGO_BIN_EXE_ureq-failover")),
];

/// Nobody resolves this name but the proxy.
const URL: &str = "http://server.invalid/page";

fn told(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    format!("{out}{error}")
}

#[test]
fn the_first_refuses_the_second_hangs_the_third_answers() {
    let network = Network::new();
    for (name, program) in EXAMPLES {
        let result = "{refuses}; {hangs}; {answers}; DIRECT";
        let output = network.run(program, URL, result);
        let told = told(&output);
        assert!(output.status.success(), "{name}: {told}");
        assert_eq!(told, "hello from GET /page HTTP/1.1\n", "{name}");
        let expected = match name {
            "reqwest" => "GET http://server.invalid/page HTTP/1.1",
            _ => "CONNECT server.invalid:80 HTTP/1.1",
        };
        assert_eq!(network.log(), [expected], "{name}");
    }
}

#[test]
fn direct() {
    let network = Network::new();
    let url = format!("http://{}/page", network.origin);
    for (name, program) in EXAMPLES {
        let output = network.run(program, &url, "{refuses}; DIRECT");
        let told = told(&output);
        assert_eq!(told, "hello from GET /page HTTP/1.1\n", "{name}");
        assert_eq!(network.log(), [""; 0], "{name}");
    }
}

#[test]
fn where_nothing_works_it_is_told_why() {
    let network = Network::new();
    for (name, program) in EXAMPLES {
        let output = network.run(program, URL, "{refuses}");
        let told = told(&output);
        assert!(!output.status.success(), "{name}: {told}");
        let why = "PROXY 127.0.0.1:1: the connection was refused";
        assert!(told.contains(why), "{name}: {told}");
    }
}

/// A closure knows of the first route alone.
#[test]
fn reqwest_custom() {
    let network = Network::new();
    let program = env!("CARGO_BIN_EXE_reqwest-custom");
    let output = network.run(program, URL, "{answers}; {refuses}");
    assert_eq!(told(&output), "hello from GET /page HTTP/1.1\n");
    assert_eq!(network.log(), ["GET http://server.invalid/page HTTP/1.1"]);
    let output = network.run(program, URL, "{refuses}; {answers}");
    assert!(!output.status.success());
}
