//! The web, fetched directly.

use std::fmt;
use std::io::Read;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use url::Url;
use whichproxy::machine::{Fault, Fetch, Page};

/// At most so many redirects are followed: WinHTTP's own bound.
///
/// Source: WINHTTP-REDIRECTS (`WINHTTP_OPTION_MAX_HTTP_AUTOMATIC_REDIRECTS`,
/// 10 by default), documented; that it holds for PAC scripts, inferred.
const REDIRECTS: usize = 10;

/// Pages of the real web over HTTP and HTTPS, never through a proxy.
///
/// Certificates are judged by the system's own store, where a company keeps
/// its own roots. A redirect is followed to `http:` and `https:` only, and
/// never from `https:` to `http:`.
///
/// ```no_run
/// use whichproxy::machine::Fetch;
/// use whichproxy_os::Web;
/// let page = Web::new().get(&"http://wpad/wpad.dat".parse()?, 1 << 20)?;
/// println!("{} bytes", page.body.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Web {
    agent: Agent,
    timeout: Duration,
}

impl Web {
    /// How long a page may take in all, redirects included, by default.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// How long a connection may take to come about.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// With the default timeouts.
    pub fn new() -> Web {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Web::CONNECT_TIMEOUT))
            .tls_config(tls)
            .user_agent(concat!("whichproxy/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Web { agent, timeout: Web::TIMEOUT }
    }

    /// The same with another time for a page in all.
    pub fn with_timeout(self, timeout: Duration) -> Web {
        Web { timeout, ..self }
    }

    fn ask(&self, url: &Url, left: Duration) -> Result<Answer, Fault> {
        let mut plain = url.clone();
        plain.set_fragment(None);
        let request = self.agent.get(plain.as_str()).config();
        let request = request.timeout_global(Some(left)).build();
        request.call().map_err(|error| self.fault(error))
    }

    fn fault(&self, error: ureq::Error) -> Fault {
        match error {
            ureq::Error::Timeout(ureq::Timeout::Global) => self.too_slow(),
            ureq::Error::Timeout(ureq::Timeout::Connect) => {
                Fault::new(format_args!(
                    "no connection in {} s",
                    Web::CONNECT_TIMEOUT.as_secs_f32()
                ))
            }
            ureq::Error::HostNotFound => {
                Fault::new("the server's name does not resolve")
            }
            ureq::Error::Io(error) => Fault::new(error),
            error => Fault::new(error),
        }
    }

    fn too_slow(&self) -> Fault {
        let seconds = self.timeout.as_secs_f32();
        Fault::new(format_args!("not had in {seconds} s"))
    }
}

type Answer = ureq::http::Response<ureq::Body>;

impl Default for Web {
    fn default() -> Web {
        Web::new()
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("timeout", &self.timeout).finish()
    }
}

impl Fetch for Web {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        let start = Instant::now();
        let mut url = url.clone();
        check_scheme(&url)?;
        for _ in 0..=REDIRECTS {
            let left = self.timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(self.too_slow());
            }
            let answer = self.ask(&url, left)?;
            match answer.status() {
                StatusCode::OK => return self.read(answer, limit),
                status if is_redirect(status) => {
                    url = redirected(&url, answer.headers())?;
                }
                status => {
                    return Err(Fault::new(format_args!(
                        "the server answers {status}"
                    )));
                }
            }
        }
        Err(Fault::new(format_args!("more than {REDIRECTS} redirects")))
    }
}

impl Web {
    fn read(&self, answer: Answer, limit: usize) -> Result<Page, Fault> {
        let too_long = || {
            Fault::new(format_args!(
                "the page is longer than the limit of {limit} bytes"
            ))
        };
        let text = |name| {
            let value = answer.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        if let Some(coding) = text(header::CONTENT_ENCODING)
            && !coding.eq_ignore_ascii_case("identity")
        {
            return Err(Fault::new(format_args!(
                "the page comes coded as `{}`, which was not asked for",
                shown(&coding)
            )));
        }
        let content_type = text(header::CONTENT_TYPE);
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        if answer.body().content_length().is_some_and(|length| length > most) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        answer
            .into_body()
            .into_reader()
            .take(most.saturating_add(1))
            .read_to_end(&mut body)
            .map_err(|error| match ureq::Error::from(error) {
                error @ ureq::Error::Timeout(_) => self.fault(error),
                error => Fault::new(format_args!(
                    "the page ends too early: {}",
                    self.fault(error)
                )),
            })?;
        if body.len() > limit {
            return Err(too_long());
        }
        Ok(Page { body, content_type, ..Page::default() })
    }
}

fn check_scheme(url: &Url) -> Result<(), Fault> {
    match url.scheme() {
        "http" | "https" => Ok(()),
        scheme => Err(Fault::new(format_args!(
            "pages are fetched by http: and https: only, not by {scheme}:"
        ))),
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads.
fn redirected(from: &Url, headers: &HeaderMap) -> Result<Url, Fault> {
    let location = headers
        .get(header::LOCATION)
        .ok_or_else(|| Fault::new("a redirect that names no address"))?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let to = from.join(&location).map_err(|error| {
        Fault::new(format_args!(
            "a redirect to `{}`: {error}",
            shown(&location)
        ))
    })?;
    check_scheme(&to)
        .map_err(|fault| Fault::new(format_args!("a redirect: {fault}")))?;
    // Source: WINHTTP-REDIRECTS (by default HTTPS is not redirected to
    // HTTP), documented; that it holds for PAC scripts, inferred.
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(Fault::new("a redirect from https: to http:"));
    }
    Ok(to)
}

/// A text of a server, fit to be shown.
fn shown(text: &str) -> String {
    let shown: String = text.chars().take(200).collect();
    shown.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server on loopback that gives each connection the next of
    /// `answers`; returns its address and, at the end, what it was asked.
    fn serve(
        answers: Vec<String>,
    ) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let thread = thread::spawn(move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(&stream).lines();
                asked.push(lines.next().unwrap().unwrap());
                while lines.next().is_some_and(|l| !l.unwrap().is_empty()) {}
                stream.write_all(answer.as_bytes()).unwrap();
            }
            asked
        });
        (address, thread)
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn get(answers: &[String], path: &str) -> Result<Page, String> {
        let (address, thread) = serve(answers.to_vec());
        let url = Url::parse(&format!("{address}{path}")).unwrap();
        let page = Web::new().get(&url, 20);
        thread.join().unwrap();
        page.map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_page_and_its_type() {
        let headers = "Content-Type: application/x-ns-proxy-autoconfig\r\n";
        let page = get(&[answer("200 OK", headers, "hello")], "/").unwrap();
        assert_eq!(page.body, b"hello");
        assert_eq!(
            page.content_type.as_deref(),
            Some("application/x-ns-proxy-autoconfig")
        );
    }

    #[test]
    fn redirects_are_followed_relative_to_where_they_come_from() {
        let (address, thread) = serve(vec![
            answer("302 Found", "Location: b/c.pac\r\n", ""),
            answer("308 Permanent Redirect", "Location: /d\r\n", ""),
            answer("200 OK", "", "there"),
        ]);
        let url = Url::parse(&format!("{address}/a/x?q#fragment")).unwrap();
        assert_eq!(Web::new().get(&url, 20).unwrap().body, b"there");
        assert_eq!(
            thread.join().unwrap(),
            [
                "GET /a/x?q HTTP/1.1",
                "GET /a/b/c.pac HTTP/1.1",
                "GET /d HTTP/1.1"
            ]
        );
    }

    #[test]
    fn faults() {
        let redirect =
            |to: &str| answer("301 Moved", &format!("Location: {to}\r\n"), "");
        let cases = [
            (
                answer("404 Not Found", "", ""),
                "the server answers 404 Not Found",
            ),
            (
                answer("204 No Content", "", ""),
                "the server answers 204 No Content",
            ),
            (
                redirect("file:///etc/passwd"),
                "a redirect: pages are fetched by http: and https: only, not \
                 by file:",
            ),
            (
                redirect("http://[x"),
                "a redirect to `http://[x`: invalid IPv6 address",
            ),
            (answer("302 Found", "", ""), "a redirect that names no address"),
            (
                answer("200 OK", "", "twenty-one characters"),
                "the page is longer than the limit of 20 bytes",
            ),
            (
                // Its length is not told beforehand.
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\
                 twenty-one characters"
                    .to_owned(),
                "the page is longer than the limit of 20 bytes",
            ),
            (
                answer("200 OK", "Content-Encoding: gzip\r\n", "x"),
                "the page comes coded as `gzip`, which was not asked for",
            ),
        ];
        for (answer, fault) in cases {
            assert_eq!(get(&[answer], "/").unwrap_err(), fault);
        }
        let exact = answer("200 OK", "", "twenty characters ..");
        assert!(get(&[exact], "/").is_ok());
    }

    #[test]
    fn ten_redirects_and_no_more() {
        let redirect = answer("302 Found", "Location: /\r\n", "");
        let mut answers = vec![redirect; 10];
        answers.push(answer("200 OK", "", "end"));
        assert_eq!(get(&answers, "/").unwrap().body, b"end");
        answers.insert(0, answers[0].clone());
        answers.pop();
        let fault = get(&answers, "/").unwrap_err();
        assert_eq!(fault, "more than 10 redirects");
    }

    #[test]
    fn never_down_from_https() {
        let from = Url::parse("https://a.example/").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, "http://a.example/".parse().unwrap());
        let fault = redirected(&from, &headers).unwrap_err();
        assert_eq!(fault.to_string(), "a redirect from https: to http:");
    }

    #[test]
    fn other_schemes_are_not_fetched() {
        let url = Url::parse("file:///etc/passwd").unwrap();
        let fault = Web::new().get(&url, 9).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "pages are fetched by http: and https: only, not by file:"
        );
    }

    #[test]
    fn time_runs_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        let web = Web::new().with_timeout(Duration::from_millis(50));
        let fault = web.get(&url, 9).unwrap_err();
        assert_eq!(fault.to_string(), "not had in 0.05 s");
    }
}
