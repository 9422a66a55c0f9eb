//! The system's resolver of names.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dns_lookup::{
    AddrFamily, AddrInfoHints, LookupErrorKind, SockType, getaddrinfo,
};
use whichproxy::Family;
use whichproxy::machine::{Dns, Fault};

/// At most so many lookups wait at a time, those included whose caller has
/// given up: `getaddrinfo` can't be interrupted.
const MOST_WAITING: usize = 64;

/// The longest name that DNS knows, with a final dot.
const LONGEST: usize = 254;

/// The system's resolver of names: `getaddrinfo`, which honours the hosts
/// file, with a timeout that holds.
///
/// ```
/// use whichproxy::Family;
/// use whichproxy::machine::Dns;
/// use whichproxy_os::SystemDns;
/// let dns = SystemDns::new();
/// assert_eq!(
///     dns.lookup("127.0.0.1", Family::V4)?,
///     [std::net::IpAddr::from([127, 0, 0, 1])]
/// );
/// # Ok::<(), whichproxy::machine::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct SystemDns {
    timeout: Duration,
    waiting: Arc<AtomicUsize>,
}

impl SystemDns {
    /// How long an answer is waited for by default: ours, a little longer
    /// than the 5 seconds after which a common resolver asks a second time.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// With the default timeout.
    pub fn new() -> SystemDns {
        SystemDns { timeout: SystemDns::TIMEOUT, waiting: Arc::default() }
    }

    /// The same with another timeout.
    pub fn with_timeout(self, timeout: Duration) -> SystemDns {
        SystemDns { timeout, ..self }
    }

    /// Does `work` on a thread of its own and waits for it as long as the
    /// timeout allows.
    fn wait<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = Place::take(&self.waiting).ok_or_else(|| {
            Fault::new(format_args!(
                "{MOST_WAITING} lookups are waiting already"
            ))
        })?;
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new().name("whichproxy-dns".to_owned()).spawn(
            move || {
                let answer = work();
                drop(place);
                // Nobody listens any more if the timeout has passed.
                let _ = sender.send(answer);
            },
        )?;
        receiver.recv_timeout(self.timeout).unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f32();
            Err(Fault::new(format_args!("no answer in {seconds} s")))
        })
    }
}

impl Default for SystemDns {
    fn default() -> SystemDns {
        SystemDns::new()
    }
}

impl Dns for SystemDns {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        // What can't be a name does not exist; `getaddrinfo` would take the
        // empty one for this machine.
        if name.is_empty() || name.len() > LONGEST || name.contains('\0') {
            return Ok(Vec::new());
        }
        let name = name.to_owned();
        self.wait(move || addresses(&name, family))
    }
}

/// A place among those that wait, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Place> {
        let taken = waiting.fetch_update(
            Ordering::AcqRel,
            Ordering::Acquire,
            |count| (count < MOST_WAITING).then_some(count + 1),
        );
        taken.ok().map(|_| Place(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn addresses(name: &str, family: Family) -> Result<Vec<IpAddr>, Fault> {
    let hints = AddrInfoHints {
        // One answer for each address, not one for each kind of socket.
        socktype: SockType::Stream.into(),
        address: match family {
            Family::V4 => AddrFamily::Inet.into(),
            Family::V6 => AddrFamily::Inet6.into(),
            _ => 0,
        },
        ..AddrInfoHints::default()
    };
    let found = match getaddrinfo(Some(name), None, Some(hints)) {
        Ok(found) => found,
        Err(error) => {
            return match error.kind() {
                LookupErrorKind::NoName | LookupErrorKind::NoData => {
                    Ok(Vec::new())
                }
                _ => Err(Fault::new(std::io::Error::from(error))),
            };
        }
    };
    let mut addresses = Vec::new();
    for answer in found {
        let address = answer?.sockaddr.ip();
        if family.contains(&address) && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn hosts_and_literals() {
        let dns = SystemDns::new();
        let v4 = dns.lookup("localhost", Family::V4).unwrap();
        assert!(v4.iter().all(|a| a.is_ipv4() && a.is_loopback()), "{v4:?}");
        assert!(!v4.is_empty());
        let v6 = dns.lookup("::1", Family::V6).unwrap();
        assert_eq!(v6, [IpAddr::from(Ipv6Addr::LOCALHOST)]);
        let any = dns.lookup("127.0.0.1", Family::Any).unwrap();
        assert_eq!(any, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
    }

    #[test]
    fn what_is_no_name_does_not_exist() {
        let dns = SystemDns::new();
        for name in ["", "a\0b", &"a".repeat(300)] {
            assert!(dns.lookup(name, Family::Any).unwrap().is_empty());
        }
    }

    #[test]
    fn the_timeout_holds_and_those_who_wait_are_counted() {
        let dns = SystemDns::new().with_timeout(Duration::ZERO);
        let (release, held) = mpsc::channel::<()>();
        let fault = dns.wait(move || {
            let _ = held.recv();
            Ok(())
        });
        assert_eq!(fault.unwrap_err().to_string(), "no answer in 0 s");
        assert_eq!(dns.waiting.load(Ordering::Acquire), 1);

        let others: Vec<Place> = (1..MOST_WAITING)
            .filter_map(|_| Place::take(&dns.waiting))
            .collect();
        let fault = dns.wait(|| Ok(())).unwrap_err();
        assert_eq!(fault.to_string(), "64 lookups are waiting already");
        drop(others);
        drop(release);
    }
}
