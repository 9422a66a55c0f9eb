//! What Linux tells of: links and addresses, by rtnetlink.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{
    EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll,
};
use rustix::io::{Errno, retry_on_intr, write};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with,
};
use whichproxy::Identity;
use whichproxy::machine::{Change, Fault};

use super::Heard;

/// The groups `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV6_IFADDR`:
/// a cable, and addresses.
///
/// Source: RTNETLINK, documented.
const GROUPS: u32 = 0x1 | 0x10 | 0x100;

/// So many messages are taken at a time; what is left is heard next.
const MOST: usize = 1024;

/// Hears of changes.
pub(super) struct Signals {
    stop: Arc<OwnedFd>,
    socket: OwnedFd,
}

/// Ends the hearing.
pub(super) struct Stop(Arc<OwnedFd>);

impl Stop {
    pub(super) fn stop(&self) {
        // It fails only where it has been told so often before that it is
        // over in any case.
        let _ = write(&self.0, &1_u64.to_ne_bytes());
    }
}

impl Signals {
    pub(super) fn new(_: Identity) -> Result<(Signals, Stop), Fault> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let stop = Arc::new(eventfd(0, flags).map_err(fault("eventfd"))?);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            flags,
            // `NETLINK_ROUTE`, which is 0.
            None,
        );
        let socket = socket.map_err(fault("a socket of rtnetlink"))?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))
            .map_err(fault("the groups of rtnetlink"))?;
        let signals = Signals { stop: Arc::clone(&stop), socket };
        Ok((signals, Stop(stop)))
    }

    /// It listens from the beginning.
    pub(super) fn arm(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Waits for this long at most.
    pub(super) fn wait(
        &mut self,
        most: Option<Duration>,
    ) -> Result<Heard, Fault> {
        let [stopped, told] = ready(most, [&self.stop, &self.socket])?;
        Ok(match (stopped, told) {
            (true, _) => Heard::Stop,
            (_, true) => Heard::Changes(vec![Change::Addresses]),
            _ => Heard::Changes(Vec::new()),
        })
    }

    /// Waits for this long; true where it is over.
    pub(super) fn settle(&mut self, time: Duration) -> Result<bool, Fault> {
        let [stopped] = ready(Some(time), [&self.stop])?;
        self.take();
        Ok(stopped)
    }

    /// Takes the messages, whatever they say: the system is asked.
    fn take(&self) {
        let mut buffer = [0_u8; 4096];
        for _ in 0..MOST {
            let flags = RecvFlags::DONTWAIT;
            let taken =
                retry_on_intr(|| recv(&self.socket, &mut buffer, flags));
            match taken {
                // There were more than it has room for: that is a change.
                Ok(_) | Err(Errno::NOBUFS) => {}
                Err(_) => return,
            }
        }
    }
}

/// Which of these can be read before that time has passed.
fn ready<const N: usize>(
    most: Option<Duration>,
    descriptors: [&OwnedFd; N],
) -> Result<[bool; N], Fault> {
    let end = most.and_then(|most| Instant::now().checked_add(most));
    let mut polled = descriptors.map(|it| PollFd::new(it, PollFlags::IN));
    loop {
        let left = end
            .map(|end| end.saturating_duration_since(Instant::now()))
            .and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut polled, left.as_ref()) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(fault("poll")(error)),
            Ok(_) => return Ok(polled.map(|it| !it.revents().is_empty())),
        }
    }
}

fn fault(what: &str) -> impl Fn(Errno) -> Fault {
    move |error| Fault::new(format_args!("{what}: {error}"))
}
