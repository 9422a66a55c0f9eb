//! ureq, by all routes that WinHTTP would try, in order.

use std::error::Error;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode};
use url::Url;
use whichproxy::machine::Clock;
use whichproxy::{Attempts, Client, Failure, Resolver, Route, Routes};
use whichproxy_os::SystemClock;

/// How long a proxy may be silent.
const LIMIT: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let (url, machine) = whichproxy_examples::arguments()?;
    let resolver = Resolver::new(Client::WinhttpAuto, machine)?;
    // One for all requests: it remembers which proxies failed.
    let attempts = Attempts::new(Client::WinhttpAuto);
    let found = resolver.resolve(&url)?;
    let mut answer = get(&url, found.routes(), &attempts)?;
    print!("{}", answer.body_mut().read_to_string()?);
    Ok(())
}

fn get(
    url: &Url,
    routes: &Routes,
    attempts: &Attempts,
) -> Result<Response<ureq::Body>, Box<dyn Error>> {
    let mut attempt = attempts.begin(routes, SystemClock.elapsed());
    while let Some(route) = attempt.route() {
        match agent(route)?.get(url.as_str()).call() {
            Ok(answer) => {
                let status = answer.status();
                if status != StatusCode::PROXY_AUTHENTICATION_REQUIRED {
                    attempt.worked(SystemClock.elapsed());
                    return Ok(answer);
                }
                attempt.failed(Failure::Answered(status.as_u16()));
            }
            Err(error) => {
                attempt.failed(failure(&error));
            }
        }
    }
    Err(format!("no route works:\n{attempt}").into())
}

fn agent(route: &Route) -> Result<Agent, ureq::Error> {
    let proxy = match route.proxy() {
        None => None,
        Some(proxy) => {
            let address = format!("{}://{proxy}", proxy.scheme());
            Some(ureq::Proxy::new(&address)?)
        }
    };
    let config = Agent::config_builder()
        .proxy(proxy)
        .http_status_as_error(false)
        .timeout_connect(Some(LIMIT))
        .timeout_recv_response(Some(LIMIT))
        .build();
    Ok(config.new_agent())
}

fn failure(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::Io(error) => Failure::of(error),
        ureq::Error::Timeout(_) => Failure::TimedOut,
        ureq::Error::HostNotFound => Failure::Unresolved,
        _ => Failure::Other,
    }
}
