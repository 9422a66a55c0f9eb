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
    /// None where nobody may listen: in some sandboxes.
    socket: Option<OwnedFd>,
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
    pub(super) fn new(_: Option<Identity>) -> Result<(Signals, Stop), Fault> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let stop = Arc::new(eventfd(0, flags).map_err(fault("eventfd"))?);
        // Where nobody may listen, the addresses are looked at.
        let socket = socket().ok();
        let signals = Signals { stop: Arc::clone(&stop), socket };
        Ok((signals, Stop(stop)))
    }

    /// Listens anew, where that broke.
    pub(super) fn renew(&mut self) -> Result<(), Fault> {
        self.socket = Some(socket()?);
        Ok(())
    }

    /// As where nobody may listen.
    #[cfg(test)]
    pub(super) fn stop_listening(&mut self) {
        self.socket = None;
    }

    pub(super) fn tells_of_addresses(&self) -> bool {
        self.socket.is_some()
    }

    /// It listens from the beginning.
    #[allow(clippy::unnecessary_wraps)] // as on other systems
    pub(super) fn arm(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Waits for this long at most.
    pub(super) fn wait(&mut self, most: Duration) -> Result<Heard, Fault> {
        let [stopped, told] = match &self.socket {
            Some(socket) => ready(most, [&self.stop, socket])?,
            None => {
                let [stopped] = ready(most, [&self.stop])?;
                [stopped, false]
            }
        };
        Ok(match (stopped, told) {
            (true, _) => Heard::Stop,
            (_, true) => Heard::Changes(vec![Change::Addresses]),
            _ => Heard::Changes(Vec::new()),
        })
    }

    /// Waits for this long; true where it is over.
    pub(super) fn settle(&mut self, time: Duration) -> Result<bool, Fault> {
        let [stopped] = ready(time, [&self.stop])?;
        self.take()?;
        Ok(stopped)
    }

    /// Takes the messages, whatever they say: the system is asked.
    fn take(&self) -> Result<(), Fault> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let mut buffer = [0_u8; 4096];
        for _ in 0..MOST {
            let flags = RecvFlags::DONTWAIT;
            match retry_on_intr(|| recv(socket, &mut buffer, flags)) {
                // There were more than it has room for: that is a change.
                Ok(_) | Err(Errno::NOBUFS) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(fault("rtnetlink")(error)),
            }
        }
        Ok(())
    }
}

/// What is told of links and addresses comes by it.
fn socket() -> Result<OwnedFd, Fault> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
    // Of protocols, none is `NETLINK_ROUTE`, which is 0.
    let socket = socket_with(family, kind, flags, None)
        .map_err(fault("a socket of rtnetlink"))?;
    bind(&socket, &SocketAddrNetlink::new(0, GROUPS))
        .map_err(fault("the groups of rtnetlink"))?;
    Ok(socket)
}

/// Which of these can be read before that time has passed.
fn ready<const N: usize>(
    most: Duration,
    descriptors: [&OwnedFd; N],
) -> Result<[bool; N], Fault> {
    let end = Instant::now().checked_add(most);
    let mut polled = descriptors.map(|it| PollFd::new(it, PollFlags::IN));
    loop {
        let left = end
            .map(|end| end.saturating_duration_since(Instant::now()))
            .and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut polled, left.as_ref()) {
            Err(Errno::INTR) => continue,
            Err(error) => return Err(fault("poll")(error)),
            Ok(_) => {}
        }
        if polled.iter().any(|it| it.revents().contains(PollFlags::NVAL)) {
            let why = "poll: it was closed by somebody else in this process";
            return Err(Fault::new(why));
        }
        return Ok(polled.map(|it| !it.revents().is_empty()));
    }
}

fn fault(what: &str) -> impl Fn(Errno) -> Fault {
    move |error| Fault::new(format_args!("{what}: {error}"))
}
