//! Attempts with real sockets: a proxy that refuses, one that hangs, one that
//! answers.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use whichproxy::{Attempts, Client, Failure, Route, Routes};

/// How long a proxy has for its answer here.
const LIMIT: Duration = Duration::from_secs(1);

/// The address of a proxy that refuses: nobody listens on this port, which
/// the system gives to no test.
fn refusing() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}

/// A proxy that accepts, and never answers, as long as this lives.
fn hanging() -> TcpListener {
    // The system accepts for it.
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// A proxy that gives each of so many connections this answer, and ends.
fn answering(
    answer: &'static str,
    times: usize,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        for _ in 0..times {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(&stream).lines();
            while lines.next().is_some_and(|l| !l.unwrap().is_empty()) {}
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, thread)
}

/// The status of the server's answer by a proxy, and who gave it.
fn ask(route: &Route) -> Result<u16, Failure> {
    let Some(proxy) = route.proxy() else { return Err(Failure::Other) };
    let address = format!("{}:{}", proxy.host(), proxy.port());
    let get = || -> io::Result<String> {
        let mut stream =
            TcpStream::connect_timeout(&address.parse().unwrap(), LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(
            b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        )?;
        let mut line = String::new();
        match BufReader::new(stream).read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line),
        }
    };
    let line = get().map_err(|error| Failure::of(&error))?;
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    match status {
        407 => Err(Failure::Answered(status)),
        _ => Ok(status),
    }
}

/// Tries the routes; the status, and what was tried before.
fn try_all(
    attempts: &Attempts,
    routes: &Routes,
    now: Duration,
) -> (Option<u16>, Vec<Failure>) {
    let mut attempt = attempts.begin(routes, now);
    let failures = |attempt: &whichproxy::Attempt| {
        attempt.tried().iter().map(|tried| tried.failure).collect()
    };
    while let Some(route) = attempt.route() {
        match ask(route) {
            Ok(status) => {
                let failures = failures(&attempt);
                attempt.worked(now);
                return (Some(status), failures);
            }
            Err(failure) => {
                attempt.failed(failure);
            }
        }
    }
    (None, failures(&attempt))
}

fn routes(addresses: &[SocketAddr]) -> Routes {
    let all: Vec<String> =
        addresses.iter().map(|a| format!("PROXY {a}")).collect();
    all.join("; ").parse().unwrap()
}

#[test]
fn the_first_refuses_the_second_hangs_the_third_answers() {
    let hanging = hanging();
    // An answer of the server, whatever its status, is one that works.
    let (third, thread) =
        answering("HTTP/1.1 503 Service Unavailable\r\n\r\n", 2);
    let all = routes(&[refusing(), hanging.local_addr().unwrap(), third]);
    let attempts = Attempts::new(Client::Wininet);
    let now = Duration::from_secs(60);
    assert_eq!(
        try_all(&attempts, &all, now),
        (Some(503), vec![Failure::Refused, Failure::TimedOut])
    );
    // The second time the third is asked first.
    assert_eq!(try_all(&attempts, &all, now), (Some(503), vec![]));
    // A while later the others have their turn again, and the third is gone.
    thread.join().unwrap();
    let later = now + Duration::from_secs(1800);
    assert_eq!(
        try_all(&attempts, &all, later),
        (None, vec![Failure::Refused, Failure::TimedOut, Failure::Refused])
    );
    // Nothing worked, so nothing is put aside.
    let first = attempts.begin(&all, later).route().cloned();
    assert_eq!(first.as_ref(), all.iter().next());
}

#[test]
fn one_that_breaks_off_is_followed_by_the_next() {
    let (first, one) = answering("", 1);
    let (second, two) = answering("HTTP/1.1 204 No Content\r\n\r\n", 1);
    let attempts = Attempts::new(Client::WinhttpAuto);
    assert_eq!(
        try_all(&attempts, &routes(&[first, second]), Duration::ZERO),
        (Some(204), vec![Failure::Reset])
    );
    one.join().unwrap();
    two.join().unwrap();
}

#[test]
fn one_that_wants_credentials_is_not() {
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    let (first, one) = answering(answer, 1);
    let attempts = Attempts::new(Client::DefenderEdr);
    assert_eq!(
        try_all(&attempts, &routes(&[first, refusing()]), Duration::ZERO),
        (None, vec![Failure::Answered(407)])
    );
    one.join().unwrap();
}

#[test]
fn a_client_that_does_not_fail_over_tries_one() {
    let hanging = hanging();
    let all = routes(&[refusing(), hanging.local_addr().unwrap()]);
    for client in [Client::Winhttp, Client::Environment] {
        let attempts = Attempts::new(client);
        let tried = try_all(&attempts, &all, Duration::ZERO);
        assert_eq!(tried, (None, vec![Failure::Refused]), "{client}");
    }
}
