//! A server that does what it is told, however odd.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection, with TLS or without.
pub(crate) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// What a client asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Such as `/p.pac?x`.
    pub(crate) path: String,
    headers: HashMap<String, String>,
}

impl Request {
    /// The header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

type Answer = dyn Fn(&Request, &mut dyn Stream) + Send + Sync;

/// A server on loopback; it ends when it is dropped.
pub(crate) struct Server {
    scheme: &'static str,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
    ends: Arc<AtomicBool>,
}

impl Server {
    /// Answers each connection's one request.
    pub(crate) fn new(
        answer: impl Fn(&Request, &mut dyn Stream) + Send + Sync + 'static,
    ) -> Server {
        Server::start(None, Arc::new(answer))
    }

    /// The same over TLS.
    pub(crate) fn tls(
        config: ServerConfig,
        answer: impl Fn(&Request, &mut dyn Stream) + Send + Sync + 'static,
    ) -> Server {
        Server::start(Some(Arc::new(config)), Arc::new(answer))
    }

    /// Answers each request with these bytes.
    pub(crate) fn bytes(answer: impl Into<Vec<u8>>) -> Server {
        let answer = answer.into();
        Server::new(move |_, stream| write(stream, &answer))
    }

    fn start(tls: Option<Arc<ServerConfig>>, answer: Arc<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            scheme: if tls.is_some() { "https" } else { "http" },
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            ends: Arc::default(),
        };
        let (asked, ends) =
            (Arc::clone(&server.asked), Arc::clone(&server.ends));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let (tls, answer) = (tls.clone(), Arc::clone(&answer));
                let asked = Arc::clone(&asked);
                let stream = stream.unwrap();
                thread::spawn(move || serve(stream, tls, &*answer, &asked));
            }
        });
        server
    }

    /// The address of this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// The paths of that.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|request| request.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // So that the listener looks.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    answer: &Answer,
    asked: &Mutex<Vec<Request>>,
) {
    // So that no thread stays behind.
    let most = Some(Duration::from_secs(60));
    stream.set_read_timeout(most).unwrap();
    stream.set_write_timeout(most).unwrap();
    let mut stream: Box<dyn Stream> = match tls {
        Some(config) => {
            let connection = ServerConnection::new(config).unwrap();
            Box::new(StreamOwned::new(connection, stream))
        }
        None => Box::new(stream),
    };
    let Some(request) = read(&mut *stream) else { return };
    asked.lock().unwrap().push(request.clone());
    answer(&request, &mut *stream);
    let _ = stream.flush();
}

fn read(stream: &mut dyn Stream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    Some(Request { path, headers })
}

/// Writes, as long as somebody reads.
pub(crate) fn write(stream: &mut dyn Stream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

/// A whole answer; each header ends with a line break.
pub(crate) fn answer(
    status: &str,
    headers: &str,
    body: impl AsRef<[u8]>,
) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
