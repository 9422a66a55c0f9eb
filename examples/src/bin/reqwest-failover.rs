//! reqwest, by all routes that WinHTTP would try, in order.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::StatusCode;
use url::Url;
use whichproxy::machine::Clock;
use whichproxy::{Attempts, Client, Failure, Route, Routes};
use whichproxy_os::{AsyncResolver, SystemClock, SystemDns};

/// How long a proxy may be silent.
const LIMIT: Duration = Duration::from_secs(2);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, machine) = whichproxy_examples::arguments()?;
    let resolver = AsyncResolver::new(Client::WinhttpAuto, machine)?
        .with_dns(SystemDns::new());
    // One for all requests: it remembers which proxies failed.
    let attempts = Attempts::new(Client::WinhttpAuto);
    let found = resolver.resolve(&url).await?;
    let answer = get(&url, found.routes(), &attempts).await?;
    print!("{}", answer.text().await?);
    Ok(())
}

async fn get(
    url: &Url,
    routes: &Routes,
    attempts: &Attempts,
) -> Result<reqwest::Response, Box<dyn Error>> {
    let mut attempt = attempts.begin(routes, SystemClock.elapsed());
    while let Some(route) = attempt.route() {
        // A program would keep one client for each route.
        let asked = client(route)?.get(url.clone()).send().await;
        match asked {
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

fn client(route: &Route) -> reqwest::Result<reqwest::Client> {
    let builder =
        reqwest::Client::builder().connect_timeout(LIMIT).read_timeout(LIMIT);
    let Some(proxy) = route.proxy() else {
        return builder.no_proxy().build();
    };
    let address = format!("{}://{proxy}", proxy.scheme());
    let mut all = reqwest::Proxy::all(address)?;
    if let Some(own) = proxy.credentials() {
        all = all.basic_auth(own.user(), own.password().unwrap_or_default());
    }
    builder.proxy(all).build()
}

fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::TimedOut;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Failure::of(error);
        }
        cause = error.source();
    }
    Failure::Other
}
