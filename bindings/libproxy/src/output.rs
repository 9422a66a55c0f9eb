//! Routes as libproxy writes them: `http://host:port`, `direct://`.

use whichproxy::{ProxyScheme, Route};

/// A route as a URL.
///
/// `SOCKS` of a script is `socks://`, of which libproxy's header says that
/// version 5 is tried, then 4.
pub(crate) fn url(route: &Route) -> String {
    let Some(proxy) = route.proxy() else {
        return "direct://".to_owned();
    };
    proxy.url(match proxy.scheme() {
        ProxyScheme::Socks4 => "socks",
        other => other.name(),
    })
}

#[cfg(test)]
mod tests {
    use whichproxy::{Credentials, Proxy};

    use super::*;

    #[test]
    fn routes() {
        let proxy = |scheme, host| Proxy::new(scheme, host, 1);
        let with = |user, password: Option<&str>| {
            let password = password.map(ToOwned::to_owned);
            Route::Proxy(
                proxy(ProxyScheme::Http, "a")
                    .with_credentials(Credentials::new(user, password)),
            )
        };
        for (route, expected) in [
            (Route::Direct, "direct://"),
            (Route::Bypass, "direct://"),
            (proxy(ProxyScheme::Http, "a").into(), "http://a:1"),
            (proxy(ProxyScheme::Https, "a").into(), "https://a:1"),
            (proxy(ProxyScheme::Socks4, "a").into(), "socks://a:1"),
            (proxy(ProxyScheme::Socks5, "a").into(), "socks5://a:1"),
            (proxy(ProxyScheme::Http, "::1").into(), "http://[::1]:1"),
            (with("u", Some("p")), "http://u:p@a:1"),
            (with("u", None), "http://u@a:1"),
            (with("u@", Some("/:é")), "http://u%40:%2F%3A%C3%A9@a:1"),
        ] {
            assert_eq!(url(&route), expected);
        }
    }
}
