//! hyper-util, by the routes that WinHTTP would try.

use std::error::Error;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use whichproxy::Client;
use whichproxy_examples::connector::ProxyConnector;
use whichproxy_os::{AsyncResolver, SystemDns};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, machine) = whichproxy_examples::arguments()?;
    let resolver = AsyncResolver::new(Client::WinhttpAuto, machine)?
        .with_dns(SystemDns::new());
    let client = legacy::Client::builder(TokioExecutor::new())
        .build::<_, Empty<Bytes>>(ProxyConnector::new(resolver));
    let answer = client.get(url.as_str().parse()?).await?;
    let body = answer.into_body().collect().await?.to_bytes();
    print!("{}", String::from_utf8_lossy(&body));
    Ok(())
}
