//! Many questions at once, on all cores.

use rayon::prelude::*;

use crate::{Embedder, Error, Evaluation, Pac, Query, Routes};

impl Pac {
    /// The routes for many questions, in their order, found on all cores.
    ///
    /// Threads are rayon's global ones. The embedder is called from several
    /// of them at a time.
    ///
    /// ```
    /// use whichproxy_pac::{Offline, Pac, Query};
    /// let pac = Pac::new(
    ///     "function FindProxyForURL(url, host) {
    ///         return host == 'a' ? 'DIRECT' : 'PROXY p:1';
    ///     }",
    /// )?;
    /// let queries = ["a", "b"].map(|host| Query::raw("http://x/", host));
    /// let routes = pac.find_proxy_many(&queries, &Offline);
    /// assert_eq!(routes[1].as_ref().unwrap().to_string(), "PROXY p:1");
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    pub fn find_proxy_many(
        &self,
        queries: &[Query<'_>],
        embedder: &(dyn Embedder + Sync),
    ) -> Vec<Result<Routes, Error>> {
        let ask = |query: &Query<'_>| {
            self.find_proxy(Query::raw(query.url(), query.host()), embedder)
        };
        on_all_cores(queries, ask)
    }

    /// What a script makes of many questions, in their order, found on all
    /// cores; as [`Pac::find_proxy_many`].
    pub fn evaluate_many(
        &self,
        queries: &[Query<'_>],
        embedder: &(dyn Embedder + Sync),
    ) -> Vec<Result<Evaluation, Error>> {
        let ask = |query: &Query<'_>| {
            self.evaluate(Query::raw(query.url(), query.host()), embedder)
        };
        on_all_cores(queries, ask)
    }
}

/// Asks each; one alone here, since to start threads would take longer than
/// the answer.
fn on_all_cores<T: Send>(
    queries: &[Query<'_>],
    ask: impl Fn(&Query<'_>) -> T + Send + Sync,
) -> Vec<T> {
    match queries {
        [query] => vec![ask(query)],
        queries => queries.par_iter().map(ask).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Offline;

    #[test]
    fn answers_keep_the_order_of_the_questions() {
        let pac = Pac::new(
            "function FindProxyForURL(url, host) {
                if (host == '7') throw 'no';
                return 'PROXY h' + host + ':1';
            }",
        )
        .unwrap();
        let hosts: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let queries: Vec<_> =
            hosts.iter().map(|host| Query::raw("http://x/", host)).collect();
        let found = pac.find_proxy_many(&queries, &Offline);
        for (host, found) in hosts.iter().zip(found) {
            match found {
                Ok(routes) => {
                    assert_eq!(routes.to_string(), format!("PROXY h{host}:1"));
                }
                Err(_) => assert_eq!(host, "7"),
            }
        }
    }
}
