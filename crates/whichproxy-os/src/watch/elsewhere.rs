//! Systems that are not asked to tell: addresses are looked at now and then.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use whichproxy::Identity;
use whichproxy::machine::{Change, Fault};

use super::{Heard, LOOK};

/// Hears of nothing but its end.
pub(super) struct Signals(Receiver<()>);

/// Ends the hearing.
pub(super) struct Stop(Sender<()>);

impl Stop {
    pub(super) fn stop(&self) {
        // Where nobody hears it, it is over.
        let _ = self.0.send(());
    }
}

impl Signals {
    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn new(_: Identity) -> Result<(Signals, Stop), Fault> {
        let (stop, stopped) = channel();
        Ok((Signals(stopped), Stop(stop)))
    }

    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn arm(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Waits for this long at most.
    pub(super) fn wait(
        &mut self,
        most: Option<Duration>,
    ) -> Result<Heard, Fault> {
        let most = most.map_or(LOOK, |most| most.min(LOOK));
        Ok(match self.settle(most)? {
            true => Heard::Stop,
            false => Heard::Changes(vec![Change::Addresses]),
        })
    }

    /// Waits for this long; true where it is over.
    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn settle(&mut self, time: Duration) -> Result<bool, Fault> {
        Ok(self.0.recv_timeout(time) != Err(RecvTimeoutError::Timeout))
    }
}
