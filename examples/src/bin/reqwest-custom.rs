//! reqwest, by the first route that WinHTTP would try.
//!
//! The closure may not wait long, since it is asked on the thread that makes
//! the connection: this is for settings without scripts that ask for names.

use std::error::Error;

use whichproxy::{Client, Resolver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, machine) = whichproxy_examples::arguments()?;
    let resolver = Resolver::new(Client::WinhttpAuto, machine)?;
    let proxy = reqwest::Proxy::custom(move |url| {
        let found = resolver.resolve(url).ok()?;
        let proxy = found.routes().first().proxy()?;
        Some(format!("{}://{proxy}", proxy.scheme()))
    });
    let client = reqwest::Client::builder().proxy(proxy).build()?;
    print!("{}", client.get(url).send().await?.text().await?);
    Ok(())
}
