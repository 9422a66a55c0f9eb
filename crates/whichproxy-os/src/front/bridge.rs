//! From threads that may block to names that are awaited.

use std::net::IpAddr;
use std::sync::mpsc;
use std::time::Duration;

use whichproxy::Family;
use whichproxy::machine::{Dns, Fault};

use super::AsyncResolver;
use super::dns::Names;

/// Longer than any name takes, so that it comes to this only where nobody
/// drives the runtime any more.
const TIMEOUT: Duration =
    AsyncResolver::NAME_TIMEOUT.saturating_add(Duration::from_secs(1));

/// Names that are awaited, for work on tokio's blocking threads, and on those
/// that it begins.
#[derive(Debug)]
pub(super) struct Bridge {
    names: Names,
}

impl Bridge {
    pub(super) fn new(names: Names) -> Bridge {
        Bridge { names }
    }
}

impl Dns for Bridge {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        let runtime = self.names.runtime();
        let runtime = runtime.ok_or_else(|| Fault::new("no runtime"))?;
        let (names, name) = (self.names.clone(), name.to_owned());
        let (sender, receiver) = mpsc::sync_channel(1);
        // Where the runtime ends meanwhile, the sender is dropped.
        runtime.spawn(async move {
            let _ = sender.send(names.lookup(&name, family).await);
        });
        let answer = receiver.recv_timeout(TIMEOUT);
        let answer = answer
            .unwrap_or_else(|_| Err(Fault::new("the runtime has ended")));
        answer.map(|addresses| addresses.to_vec())
    }

    fn forget(&self) {
        self.names.forget();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::runtime::Builder;

    use super::*;
    use crate::front::dns::{AsyncDns, Lookup};

    #[derive(Debug)]
    struct Home;

    impl AsyncDns for Home {
        fn lookup<'a>(&'a self, _: &'a str, _: Family) -> Lookup<'a> {
            Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })
        }
    }

    #[test]
    fn threads_of_others_may_ask_while_there_is_a_runtime() {
        let names = Names::new(Arc::new(Home));
        let bridge = Arc::new(Bridge::new(names.clone()));
        let elsewhere = || {
            let bridge = Arc::clone(&bridge);
            let ask = move || bridge.lookup("a", Family::V4);
            std::thread::spawn(ask).join().unwrap()
        };
        assert_eq!(elsewhere().unwrap_err().to_string(), "no runtime");
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { names.enter() });
        assert_eq!(elsewhere().unwrap().len(), 1);
        drop(runtime);
        let fault = elsewhere().unwrap_err();
        assert_eq!(fault.to_string(), "the runtime has ended");
    }
}
