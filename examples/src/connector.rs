//! A connector for hyper-util: it resolves which proxy to use, and tunnels
//! through it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;
use url::Url;
use whichproxy::machine::Clock;
use whichproxy::{Attempts, Failure, ProxyScheme, Route};
use whichproxy_os::{AsyncResolver, SystemClock};

/// How long a route may take until it is open.
const LIMIT: Duration = Duration::from_secs(2);

/// Opens connections to servers, directly or through a tunnel (`CONNECT`) of
/// the first proxy that opens one. For `https` URLs, give it to the connector
/// of a TLS crate.
///
/// Some proxies open tunnels to port 443 alone; for `http` URLs those want
/// whole requests instead, with the URL in their first line.
#[derive(Clone, Debug)]
pub struct ProxyConnector {
    resolver: AsyncResolver,
    attempts: Attempts,
}

impl ProxyConnector {
    /// Goes by the answers of `resolver`.
    pub fn new(resolver: AsyncResolver) -> ProxyConnector {
        let attempts = Attempts::new(resolver.plan().client());
        ProxyConnector { resolver, attempts }
    }

    async fn connect(self, uri: Uri) -> io::Result<TokioIo<TcpStream>> {
        let url: Url = uri.to_string().parse().map_err(io::Error::other)?;
        let found = self.resolver.resolve(&url).await;
        let found = found.map_err(io::Error::other)?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(80);
        let server = format!("{host}:{port}");
        let now = SystemClock.elapsed();
        let mut attempt = self.attempts.begin(found.routes(), now);
        while let Some(route) = attempt.route() {
            match timeout(LIMIT, open(route, &server)).await {
                Ok(Ok(stream)) => {
                    attempt.worked(SystemClock.elapsed());
                    return Ok(TokioIo::new(stream));
                }
                Ok(Err(failure)) => attempt.failed(failure),
                Err(_) => attempt.failed(Failure::TimedOut),
            };
        }
        Err(io::Error::other(format!("no route is open:\n{attempt}")))
    }
}

impl Service<Uri> for ProxyConnector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future =
        Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// A connection to the server, by this route.
async fn open(route: &Route, server: &str) -> Result<TcpStream, Failure> {
    let of = |error| Failure::of(&error);
    let Some(proxy) = route.proxy() else {
        return TcpStream::connect(server).await.map_err(of);
    };
    if proxy.scheme() != ProxyScheme::Http {
        return Err(Failure::Other);
    }
    let mut stream =
        TcpStream::connect((proxy.host(), proxy.port())).await.map_err(of)?;
    let ask = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(of)?;
    // Byte by byte: what follows the empty line is the server's already.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() > 8192 {
            return Err(Failure::Other);
        }
        answer.push(stream.read_u8().await.map_err(of)?);
    }
    match status(&answer) {
        Some(200..=299) => Ok(stream),
        Some(status) => Err(Failure::Answered(status)),
        None => Err(Failure::Other),
    }
}

/// The status of an answer, such as `HTTP/1.1 200 OK`.
fn status(answer: &[u8]) -> Option<u16> {
    let answer = std::str::from_utf8(answer).ok()?;
    answer.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.trim().parse().ok()
}
