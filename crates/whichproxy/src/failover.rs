//! Proxies that failed, and the one that worked last.

use std::collections::HashMap;
use std::time::Duration;

use whichproxy_pac::{Proxy, Route, Routes};

use crate::client::Client;
use crate::settings::Settings;

/// At most so many failed proxies are remembered.
const MOST: usize = 1024;

/// Remembers between attempts which proxies failed, and reorders routes by
/// it as the client would.
///
/// [`Attempts`](crate::Attempts) use it by the client's own rules, and from
/// many threads.
///
/// Time is handed in, as [`Clock::elapsed`](crate::machine::Clock::elapsed)
/// tells it.
///
/// ```
/// use std::time::Duration;
/// use whichproxy::{Client, Failover, Routes};
/// let routes: Routes = "PROXY a:80; PROXY b:80; DIRECT".parse()?;
/// let mut failover = Failover::new(Client::Wininet);
/// let now = Duration::from_secs(0);
/// failover.failed(routes.first().proxy().unwrap(), now);
/// let order = |failover: &Failover, now| -> Vec<String> {
///     let order = failover.order(&routes, now);
///     order.iter().map(ToString::to_string).collect()
/// };
/// assert_eq!(order(&failover, now), ["PROXY b:80", "DIRECT", "PROXY a:80"]);
/// let later = Duration::from_secs(31 * 60);
/// assert_eq!(order(&failover, later)[0], "PROXY a:80");
/// # Ok::<(), whichproxy::RoutesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Failover {
    hold: Duration,
    prefers_good: bool,
    failed: HashMap<Proxy, Duration>,
    good: Option<Route>,
}

impl Failover {
    /// With the hold time that is known, or supposed, of `client`:
    ///
    /// * `wininet` 30 minutes (KB320507, documented);
    /// * `winhttp-auto`, `defender-edr` and `defender-av` the same
    ///   (inferred: WinHTTP handles failover, its hold time is not
    ///   documented);
    /// * `winhttp` and `environment` none: a failed proxy is tried again
    ///   (WINHTTP-AUTOPROXY-ISSUES, documented; CURL-MAN, documented).
    ///
    /// `defender-av` also starts with the route that worked last (MDE-PROXY,
    /// documented; for how long, is not).
    pub fn new(client: Client) -> Failover {
        let hold = match client {
            Client::Environment | Client::Winhttp => 0,
            _ => 30 * 60,
        };
        Failover {
            hold: Duration::from_secs(hold),
            prefers_good: client == Client::DefenderAv,
            failed: HashMap::new(),
            good: None,
        }
    }

    /// As [`Failover::new`], with the hold time that `settings` give to
    /// `wininet` (`BadProxyExpiresTime`; KB320507, documented).
    pub fn with_settings(client: Client, settings: &Settings) -> Failover {
        let failover = Failover::new(client);
        let seconds = settings.wininet.bad_proxy_expires_seconds.value();
        match seconds {
            Some(seconds) if client == Client::Wininet => {
                failover.with_hold(Duration::from_secs((*seconds).into()))
            }
            _ => failover,
        }
    }

    /// The same with another hold time; zero holds nothing.
    pub fn with_hold(self, hold: Duration) -> Failover {
        Failover { hold, ..self }
    }

    /// How long a failed proxy is put aside.
    pub fn hold(&self) -> Duration {
        self.hold
    }

    /// The routes in the order to try them at `now`: the one that worked
    /// last (where the client remembers it), then those that are not put
    /// aside, then those that are.
    pub fn order<'r>(
        &self,
        routes: &'r Routes,
        now: Duration,
    ) -> Vec<&'r Route> {
        let good = self.good.as_ref().filter(|_| self.prefers_good);
        let mut order: Vec<&Route> = routes.iter().collect();
        order.sort_by_key(|route| {
            if Some(*route) == good {
                return 0;
            }
            match route.proxy() {
                Some(proxy) if self.is_held(proxy, now) => 2,
                _ => 1,
            }
        });
        order
    }

    /// Whether `proxy` is put aside at `now`.
    pub fn is_held(&self, proxy: &Proxy, now: Duration) -> bool {
        self.failed.get(proxy).is_some_and(|until| now < *until)
    }

    /// Puts `proxy` aside, from `now` on.
    pub fn failed(&mut self, proxy: &Proxy, now: Duration) {
        if self.good.as_ref().and_then(Route::proxy) == Some(proxy) {
            self.good = None;
        }
        if self.hold.is_zero() {
            return;
        }
        if self.failed.len() >= MOST && !self.failed.contains_key(proxy) {
            self.failed.retain(|_, until| now < *until);
        }
        if self.failed.len() >= MOST {
            // The one that comes back first makes room.
            let soonest = self.failed.iter().min_by_key(|(_, until)| **until);
            if let Some(proxy) = soonest.map(|(proxy, _)| proxy.clone()) {
                self.failed.remove(&proxy);
            }
        }
        self.failed.insert(proxy.clone(), now.saturating_add(self.hold));
    }

    /// Notes that `route` worked.
    pub fn worked(&mut self, route: &Route) {
        if let Some(proxy) = route.proxy() {
            self.failed.remove(proxy);
        }
        if self.prefers_good {
            self.good = Some(route.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(order: &[&Route]) -> Vec<String> {
        order.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn antivirus_starts_with_the_last_known_good_one() {
        let routes: Routes = "PROXY a:1; DIRECT; PROXY b:2".parse().unwrap();
        let mut failover = Failover::new(Client::DefenderAv);
        let now = Duration::ZERO;
        let b = routes.iter().nth(2).unwrap();
        failover.worked(b);
        assert_eq!(
            texts(&failover.order(&routes, now)),
            ["PROXY b:2", "PROXY a:1", "DIRECT"]
        );
        failover.failed(b.proxy().unwrap(), now);
        assert_eq!(
            texts(&failover.order(&routes, now)),
            ["PROXY a:1", "DIRECT", "PROXY b:2"]
        );
    }

    #[test]
    fn where_all_are_held_the_order_is_the_script_s() {
        let routes: Routes = "PROXY a:1; PROXY b:2".parse().unwrap();
        let mut failover = Failover::new(Client::WinhttpAuto);
        let now = Duration::from_secs(5);
        for route in routes.iter() {
            failover.failed(route.proxy().unwrap(), now);
        }
        assert_eq!(
            texts(&failover.order(&routes, now)),
            ["PROXY a:1", "PROXY b:2"]
        );
    }

    #[test]
    fn a_client_without_memory_holds_nothing() {
        let routes: Routes = "PROXY a:1; PROXY b:2".parse().unwrap();
        let mut failover = Failover::new(Client::Winhttp);
        failover.failed(routes.first().proxy().unwrap(), Duration::ZERO);
        assert_eq!(
            texts(&failover.order(&routes, Duration::ZERO)),
            ["PROXY a:1", "PROXY b:2"]
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut failover = Failover::new(Client::Wininet);
        for port in 1..=3000 {
            let proxy =
                Proxy::new(whichproxy_pac::ProxyScheme::Http, "a", port);
            failover.failed(&proxy, Duration::from_secs(port.into()));
        }
        assert_eq!(failover.failed.len(), MOST);
    }
}
