//! Trying routes, one after the other, by the client's own rules.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use whichproxy_pac::{Proxy, Route, Routes};

use crate::client::Client;
use crate::evidence::Evidence;
use crate::failover::Failover;
use crate::settings::Settings;

/// What all attempts of one client have learnt of proxies: which failed, and
/// which worked last. Clones share it, from any thread.
///
/// It waits for nothing and connects to nothing: whoever does, asks for the
/// route to try and says what came of it. Time is handed in, as
/// [`Clock::elapsed`](crate::machine::Clock::elapsed) tells it.
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use std::time::Duration;
/// use whichproxy::{Attempts, Client, Failure, Route, Routes};
///
/// /// What one would do with sockets.
/// fn connect(route: &Route) -> Result<&'static str, Error> {
///     match route.to_string().as_str() {
///         "PROXY a:80" => Err(ErrorKind::ConnectionRefused.into()),
///         _ => Ok("connected"),
///     }
/// }
///
/// fn try_all(attempts: &Attempts, routes: &Routes, now: Duration) -> String {
///     let mut attempt = attempts.begin(routes, now);
///     while let Some(route) = attempt.route() {
///         match connect(route) {
///             Ok(stream) => {
///                 let told = format!("{stream} by {route}");
///                 attempt.worked(now);
///                 return told;
///             }
///             Err(error) => {
///                 attempt.failed(Failure::of(&error));
///             }
///         }
///     }
///     format!("given up:\n{attempt}")
/// }
///
/// let attempts = Attempts::new(Client::Wininet);
/// let routes: Routes = "PROXY a:80; PROXY b:80".parse()?;
/// let now = Duration::ZERO;
/// assert_eq!(try_all(&attempts, &routes, now), "connected by PROXY b:80");
/// // For half an hour `b` is tried first.
/// let first = attempts.begin(&routes, now).route().cloned();
/// assert_eq!(first.unwrap().to_string(), "PROXY b:80");
/// # Ok::<(), whichproxy::RoutesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Attempts {
    client: Client,
    memory: Arc<Mutex<Failover>>,
}

impl Attempts {
    /// Those of `client`, with the hold time that is known, or supposed, of
    /// it; see [`Failover::new`].
    pub fn new(client: Client) -> Attempts {
        Attempts::with_memory(client, Failover::new(client))
    }

    /// As [`Attempts::new`], with the hold time that `settings` give; see
    /// [`Failover::with_settings`].
    pub fn with_settings(client: Client, settings: &Settings) -> Attempts {
        let memory = Failover::with_settings(client, settings);
        Attempts::with_memory(client, memory)
    }

    /// Those of `client`, with a memory of one's own making.
    pub fn with_memory(client: Client, memory: Failover) -> Attempts {
        Attempts { client, memory: Arc::new(Mutex::new(memory)) }
    }

    /// Starts to try `routes`, in the order of [`Failover::order`] at `now`:
    /// those that were put aside come last, and where all were, the order is
    /// that of the routes.
    pub fn begin(&self, routes: &Routes, now: Duration) -> Attempt {
        let mut left: Vec<Route> =
            self.lock().order(routes, now).into_iter().cloned().collect();
        // The next one is taken from the end.
        left.reverse();
        Attempt { attempts: self.clone(), left, tried: Vec::new() }
    }

    /// What is known of proxies now.
    pub fn memory(&self) -> Failover {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Failover> {
        // Nothing is left half done while it is locked.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Routes that are being tried, for one request; see [`Attempts`].
///
/// `Display` tells what was tried, a line for each.
#[derive(Clone, Debug)]
pub struct Attempt {
    attempts: Attempts,
    /// What is left, the next one last.
    left: Vec<Route>,
    tried: Vec<Tried>,
}

/// A route that failed, and what followed.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tried {
    /// The route.
    pub route: Route,
    /// How it failed.
    pub failure: Failure,
    /// What the client does then.
    pub rule: Rule,
}

impl Attempt {
    /// What to try now; `None` where nothing is left, or the client gives
    /// up.
    pub fn route(&self) -> Option<&Route> {
        self.left.last()
    }

    /// Notes how the route that was to be tried failed. What to try then is
    /// the next one, unless the client gives up.
    ///
    /// Nobody else learns of it before another route has worked: where none
    /// does, the fault is not the proxies'.
    ///
    /// Source: CHROMIUM-FALLBACK, community; that Windows does so,
    /// inferred.
    pub fn failed(&mut self, failure: Failure) -> Rule {
        let rule = Rule::of(self.attempts.client, failure);
        if let Some(route) = self.left.pop() {
            self.tried.push(Tried { route, failure, rule });
        }
        if !rule.moves_on {
            self.left.clear();
        }
        rule
    }

    /// Notes that the route that was to be tried works: those before it are
    /// put aside, from `now` on.
    ///
    /// An answer of the server, whatever its status, is one that works.
    pub fn worked(self, now: Duration) {
        let Some(good) = self.left.last() else { return };
        let mut memory = self.attempts.lock();
        for proxy in self.tried.iter().filter_map(|it| it.route.proxy()) {
            memory.failed(proxy, now);
        }
        memory.worked(good);
    }

    /// What failed so far, in order.
    pub fn tried(&self) -> &[Tried] {
        &self.tried
    }

    /// The proxy that is to be tried now, where it is one.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.route()?.proxy()
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tried) in self.tried.iter().enumerate() {
            let line = if index > 0 { "\n" } else { "" };
            write!(f, "{line}{tried}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tried { route, failure, rule } = self;
        let then = if rule.moves_on { "next" } else { "final" };
        let Rule { source, evidence, .. } = rule;
        write!(f, "{route}: {failure} → {then} [{source}, {evidence}]")
    }
}

/// How a route failed: of a proxy what lies between the client and it, of
/// `DIRECT` what lies between the client and the server.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Failure {
    /// Its name does not resolve.
    Unresolved,
    /// It refused the connection.
    Refused,
    /// There is no way to it.
    Unreachable,
    /// There was no connection, or no answer on it, in time.
    TimedOut,
    /// It ended the connection before its answer began.
    Reset,
    /// TLS with the proxy itself failed, as where a captive portal answers.
    Tls,
    /// The proxy answered for itself with this status: 407, or any but 2xx
    /// to `CONNECT`.
    Answered(u16),
    /// Anything else.
    Other,
}

impl Failure {
    /// The failure that an error of a socket is.
    ///
    /// ```
    /// use std::io::{Error, ErrorKind};
    /// use whichproxy::Failure;
    /// let error = Error::from(ErrorKind::ConnectionRefused);
    /// assert_eq!(Failure::of(&error), Failure::Refused);
    /// ```
    pub fn of(error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::Refused,
            io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable => Failure::Unreachable,
            // A socket with a limit of its own gives the second.
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                Failure::TimedOut
            }
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => Failure::Reset,
            _ => Failure::Other,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Unresolved => "its name does not resolve",
            Failure::Refused => "the connection was refused",
            Failure::Unreachable => "there is no way to it",
            Failure::TimedOut => "no answer in time",
            Failure::Reset => "the connection ended before an answer",
            Failure::Tls => "TLS failed",
            Failure::Answered(status) => {
                return write!(f, "it answered {status}");
            }
            Failure::Other => "it failed",
        })
    }
}

/// What a client does when a route has failed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Whether it tries the next one.
    pub moves_on: bool,
    /// The key of [`sources`](crate::_documentation::sources) that says so.
    pub source: &'static str,
    /// How well it is founded.
    pub evidence: Evidence,
}

impl Rule {
    /// What `client` does then:
    ///
    /// | client | a proxy that can't be reached | that breaks off, or fails in TLS | that answers for itself |
    /// | --- | --- | --- | --- |
    /// | `wininet` | next (KB320507, documented) | next (CHROMIUM-FALLBACK, inferred) | final (CHROMIUM-FALLBACK, inferred) |
    /// | `winhttp-auto` | next (WINHTTP-OPEN: "attempts to handle failover", documented) | the same | the same |
    /// | `defender-edr` | next (MDE-VERIFY, documented) | the same | the same |
    /// | `defender-av` | next (ADMX-AV-PROXY, documented) | the same | the same |
    /// | `winhttp` | final (WINHTTP-AUTOPROXY-ISSUES, documented) | final | final |
    /// | `environment` | final (CURL-MAN: exit codes 5 and 7, documented) | final | final |
    ///
    /// No answer in time is a proxy that can't be reached. A 407 is
    /// answered with credentials or ends the request; sensor and antivirus
    /// have none to offer. That a tunnel which the proxy refuses is final,
    /// is what browsers do, since companies block sites that way.
    pub fn of(client: Client, failure: Failure) -> Rule {
        let rule =
            |moves_on, source, evidence| Rule { moves_on, source, evidence };
        let documented = Evidence::Documented;
        let reached = match client {
            Client::Environment => return rule(false, "CURL-MAN", documented),
            Client::Winhttp => {
                return rule(false, "WINHTTP-AUTOPROXY-ISSUES", documented);
            }
            Client::DefenderAv => "ADMX-AV-PROXY",
            Client::DefenderEdr => "MDE-VERIFY",
            Client::WinhttpAuto => "WINHTTP-OPEN",
            Client::Wininet => "KB320507",
        };
        match failure {
            Failure::Unresolved
            | Failure::Refused
            | Failure::Unreachable
            | Failure::TimedOut => rule(true, reached, documented),
            Failure::Reset | Failure::Tls => {
                rule(true, "CHROMIUM-FALLBACK", Evidence::Inferred)
            }
            Failure::Answered(_) | Failure::Other => {
                rule(false, "CHROMIUM-FALLBACK", Evidence::Inferred)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use whichproxy_pac::{Credentials, ProxyScheme};

    use super::*;

    const ALL: [Failure; 8] = [
        Failure::Unresolved,
        Failure::Refused,
        Failure::Unreachable,
        Failure::TimedOut,
        Failure::Reset,
        Failure::Tls,
        Failure::Answered(407),
        Failure::Other,
    ];

    fn routes(text: &str) -> Routes {
        text.parse().unwrap()
    }

    /// What is tried where everything fails in this way.
    fn tried(
        attempts: &Attempts,
        text: &str,
        failure: Failure,
    ) -> Vec<String> {
        let mut attempt = attempts.begin(&routes(text), Duration::ZERO);
        let mut tried = Vec::new();
        while let Some(route) = attempt.route() {
            tried.push(route.to_string());
            attempt.failed(failure);
        }
        assert_eq!(attempt.tried().len(), tried.len());
        assert_eq!(attempt.to_string().lines().count(), tried.len());
        tried
    }

    /// The routes in the order of a new attempt.
    fn order(attempts: &Attempts, text: &str, now: u64) -> String {
        let mut attempt =
            attempts.begin(&routes(text), Duration::from_secs(now));
        attempt.left.reverse();
        let left: Vec<String> =
            attempt.left.iter().map(ToString::to_string).collect();
        left.join("; ")
    }

    #[test]
    fn which_failures_move_on() {
        for client in Client::ALL {
            let first = match client {
                Client::Environment | Client::Winhttp => 0,
                _ => 6,
            };
            for (index, failure) in ALL.into_iter().enumerate() {
                let rule = Rule::of(client, failure);
                assert_eq!(rule.moves_on, index < first, "{client} {failure}");
                let expected: &[&str] = match rule.moves_on {
                    true => &["PROXY a:1", "DIRECT", "PROXY b:2"],
                    false => &["PROXY a:1"],
                };
                let attempts = Attempts::new(client);
                let text = "PROXY a:1; DIRECT; PROXY b:2";
                let tried = tried(&attempts, text, failure);
                assert_eq!(tried, expected, "{client} {failure}");
                // Where nothing works, nothing is put aside.
                assert_eq!(order(&attempts, text, 0), text);
            }
        }
    }

    /// Every rule rests on a source that is told.
    #[test]
    fn sources_are_told() {
        let sources = include_str!("../docs/SOURCES.md");
        for client in Client::ALL {
            for failure in ALL {
                let key = Rule::of(client, failure).source;
                assert!(sources.contains(&format!("\n| `{key}` |")), "{key}");
            }
        }
    }

    #[test]
    fn what_failed_is_put_aside_when_another_works() {
        let text = "PROXY a:1; PROXY b:2; DIRECT";
        for (client, hold) in [
            (Client::Wininet, 1800),
            (Client::WinhttpAuto, 1800),
            (Client::DefenderEdr, 1800),
            (Client::Winhttp, 0),
            (Client::Environment, 0),
        ] {
            let attempts = Attempts::new(client);
            let mut attempt = attempts.begin(&routes(text), Duration::ZERO);
            attempt.failed(Failure::Refused);
            if hold == 0 {
                assert_eq!(attempt.route(), None, "{client}");
                attempt.worked(Duration::ZERO);
                assert_eq!(order(&attempts, text, 0), text, "{client}");
                continue;
            }
            attempt.worked(Duration::from_secs(10));
            let held = "PROXY b:2; DIRECT; PROXY a:1";
            assert_eq!(order(&attempts, text, 10), held, "{client}");
            assert_eq!(order(&attempts, text, 9 + hold), held, "{client}");
            assert_eq!(order(&attempts, text, 10 + hold), text, "{client}");
            // One that works again is put back.
            let attempt = attempts.begin(&routes("PROXY a:1"), Duration::ZERO);
            attempt.worked(Duration::from_secs(11));
            assert_eq!(order(&attempts, text, 12), text, "{client}");
        }
    }

    #[test]
    fn where_all_are_held_the_order_is_that_of_the_routes() {
        let attempts = Attempts::new(Client::Wininet);
        let text = "PROXY a:1; PROXY b:2; PROXY c:3";
        let mut attempt = attempts.begin(&routes(text), Duration::ZERO);
        attempt.failed(Failure::TimedOut);
        attempt.failed(Failure::Refused);
        attempt.worked(Duration::ZERO);
        assert_eq!(
            order(&attempts, text, 1),
            "PROXY c:3; PROXY a:1; PROXY b:2"
        );
        let held = "PROXY b:2; PROXY a:1";
        assert_eq!(order(&attempts, held, 1), held);
        assert!(attempts.memory().is_held(
            routes(held).first().proxy().unwrap(),
            Duration::from_secs(1)
        ));
    }

    #[test]
    fn antivirus_starts_with_what_worked_last() {
        let attempts = Attempts::new(Client::DefenderAv);
        let text = "PROXY a:1; PROXY b:2; DIRECT";
        let mut attempt = attempts.begin(&routes(text), Duration::ZERO);
        attempt.failed(Failure::Unreachable);
        attempt.worked(Duration::ZERO);
        // Also after `a` is tried again.
        let after = "PROXY b:2; PROXY a:1; DIRECT";
        assert_eq!(order(&attempts, text, 3600), after);
        // It stays the last known one where nothing works.
        let mut attempt = attempts.begin(&routes(text), Duration::ZERO);
        while attempt.route().is_some() {
            attempt.failed(Failure::Unreachable);
        }
        attempt.worked(Duration::ZERO);
        assert_eq!(order(&attempts, text, 3600), after);
        // And no longer where another does.
        let mut attempt =
            attempts.begin(&routes(text), Duration::from_secs(3600));
        attempt.failed(Failure::Reset);
        attempt.worked(Duration::from_secs(3600));
        assert_eq!(
            order(&attempts, text, 3600),
            "PROXY a:1; DIRECT; PROXY b:2"
        );
    }

    #[test]
    fn attempts_tell_what_was_tried() {
        let attempts = Attempts::new(Client::DefenderEdr);
        let proxy = Proxy::new(ProxyScheme::Http, "a", 1)
            .with_credentials(Credentials::new("u", Some("secret".into())));
        let mut all = vec![Route::Proxy(proxy)];
        all.extend(routes("HTTPS b:2; DIRECT").iter().cloned());
        let all = Routes::from_list(all).unwrap();
        let mut attempt = attempts.begin(&all, Duration::ZERO);
        attempt.failed(Failure::Refused);
        attempt.failed(Failure::Answered(407));
        let told = attempt.to_string();
        assert_eq!(
            told.lines().collect::<Vec<_>>(),
            [
                "PROXY a:1: the connection was refused → next \
                 [MDE-VERIFY, documented]",
                "HTTPS b:2: it answered 407 → final [CHROMIUM-FALLBACK, \
                 inferred]",
            ]
        );
        assert!(!format!("{attempt:?}").contains("secret"));
        assert_eq!(attempt.route(), None);
        assert_eq!(attempt.proxy(), None);
        // Nothing is left that could fail.
        attempt.failed(Failure::Refused);
        assert_eq!(attempt.tried().len(), 2);
    }

    #[test]
    fn many_threads_share_what_they_learn() {
        let attempts = Attempts::new(Client::Wininet);
        let text = "PROXY a:1; PROXY b:2";
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let mut attempt =
                            attempts.begin(&routes(text), Duration::ZERO);
                        if attempt.route().unwrap().to_string() == "PROXY a:1"
                        {
                            attempt.failed(Failure::Refused);
                        }
                        attempt.worked(Duration::ZERO);
                    }
                });
            }
        });
        assert_eq!(order(&attempts, text, 0), "PROXY b:2; PROXY a:1");
    }
}
