//! From threads that may block to names that are awaited.

use std::net::IpAddr;
use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::Handle;
use whichproxy::Family;
use whichproxy::machine::{Dns, Fault};

use super::AsyncResolver;
use super::dns::Names;

/// Longer than any name takes, so that it comes to this only where nobody
/// drives the runtime any more.
const TIMEOUT: Duration =
    AsyncResolver::NAME_TIMEOUT.saturating_add(Duration::from_secs(1));

/// Names that are awaited, for work on tokio's blocking threads.
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
        let handle = Handle::try_current().map_err(Fault::new)?;
        let (names, name) = (self.names.clone(), name.to_owned());
        let (sender, receiver) = mpsc::sync_channel(1);
        // Where the runtime ends meanwhile, the sender is dropped.
        handle.spawn(async move {
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
