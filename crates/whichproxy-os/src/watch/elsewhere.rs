//! Systems that are not asked to tell: addresses are looked at now and then.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use whichproxy::Identity;
use whichproxy::machine::Fault;

use super::Heard;

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
    pub(super) fn new(_: Option<Identity>) -> Result<(Signals, Stop), Fault> {
        let (stop, stopped) = channel();
        Ok((Signals(stopped), Stop(stop)))
    }

    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn renew(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    pub(super) fn tells_of_addresses(&self) -> bool {
        false
    }

    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn arm(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Waits for this long at most.
    pub(super) fn wait(&mut self, most: Duration) -> Result<Heard, Fault> {
        Ok(match self.settle(most)? {
            true => Heard::Stop,
            false => Heard::Changes(Vec::new()),
        })
    }

    /// Waits for this long; true where it is over.
    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn settle(&mut self, time: Duration) -> Result<bool, Fault> {
        Ok(self.0.recv_timeout(time) != Err(RecvTimeoutError::Timeout))
    }
}
