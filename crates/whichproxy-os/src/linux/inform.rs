//! A question of our own to the DHCP servers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use dhcproto::Encodable;
use dhcproto::v4::{DhcpOption, Message, MessageType, OptionCode};
use socket2::{Domain, Protocol, Socket, Type};
use whichproxy::machine::{DhcpAnswer, DhcpOffer, Fault, Interface};

use super::leases::is_name;
use super::{files, own_addresses};
use crate::dhcp::Reply;

const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;

/// At most so many packets are looked at; a link has few servers, and only a
/// flood has more.
const MOST_PACKETS: usize = 64;

/// At most so many servers are listened to.
const MOST_OFFERS: usize = 8;

/// How long a second server is waited for, once one has answered.
const GRACE: Duration = Duration::from_millis(250);

/// One end of a link.
#[derive(Clone, Debug)]
pub(super) struct Link {
    name: String,
    address: Ipv4Addr,
    hardware: [u8; 6],
}

impl Link {
    /// The link of an interface that DHCP can be asked on.
    pub(super) fn of(
        root: &Path,
        interface: &Interface,
    ) -> Result<Link, Fault> {
        let name = interface.name.clone();
        let folder = root.join("sys/class/net").join(&name);
        let kind = is_name(&name).then(|| files::text(&folder.join("type")));
        let Some(kind) = kind.flatten() else {
            return Err(Fault::new("there is no such interface"));
        };
        let hardware = files::text(&folder.join("address"))
            .filter(|_| kind == "1") // ARPHRD_ETHER
            .and_then(|text| hardware(&text))
            .ok_or_else(|| Fault::new("not asked: it is no Ethernet"))?;
        let address = own_addresses(interface).next().ok_or_else(|| {
            Fault::new("not asked: it has no IPv4 address to ask with")
        })?;
        Ok(Link { name, address, hardware })
    }
}

/// `02:00:00:00:00:09`; all zeros are none.
fn hardware(text: &str) -> Option<[u8; 6]> {
    let parts = text.split(':').map(|part| u8::from_str_radix(part, 16));
    let bytes: Vec<u8> = parts.collect::<Result<_, _>>().ok()?;
    let bytes: [u8; 6] = bytes.try_into().ok()?;
    (bytes != [0; 6]).then_some(bytes)
}

/// A DHCPINFORM.
#[derive(Clone, Debug)]
pub(super) struct Inform {
    pub(super) link: Link,
    /// The server that alone is asked and believed, where it is known.
    pub(super) server: Option<Ipv4Addr>,
    pub(super) timeout: Duration,
}

impl Inform {
    /// Asks, and waits for answers.
    pub(super) fn ask(&self) -> Result<DhcpAnswer, Fault> {
        let (transaction, packet) = self.packet()?;
        let socket = self.socket()?;
        let to = self.server.unwrap_or(Ipv4Addr::BROADCAST);
        let to = SocketAddrV4::new(to, SERVER_PORT);
        let send = || {
            socket.send_to(&packet, to).map(|_| ()).map_err(|error| {
                Fault::new(format_args!("can't ask DHCP: {error}"))
            })
        };
        send()?;
        let start = Instant::now();
        let mut end = start + self.timeout;
        let mut again = Some(start + self.timeout / 3);
        let mut answers = Answers::default();
        for _ in 0..MOST_PACKETS {
            let now = Instant::now();
            let wake = match again {
                Some(again) if answers.servers.is_empty() => again.min(end),
                _ => end,
            };
            let wait = wake.saturating_duration_since(now);
            if wait.is_zero() {
                if now >= end {
                    break;
                }
                again = None;
                send()?;
                continue;
            }
            let Some((bytes, from)) = receive(&socket, wait)? else {
                continue;
            };
            match self.accept(transaction, &bytes, from) {
                Ok(reply) => {
                    answers.take(reply, *from.ip());
                    // Nobody else is believed.
                    if self.server.is_some() {
                        break;
                    }
                    end = end.min(Instant::now() + GRACE);
                }
                Err(fault) => answers.pass_over(*from.ip(), &fault),
            }
        }
        answers.finish(self)
    }

    /// The question and its transaction number, which is random.
    fn packet(&self) -> Result<(u32, Vec<u8>), Fault> {
        let mut message = Message::default();
        message.set_ciaddr(self.link.address).set_chaddr(&self.link.hardware);
        let options = message.opts_mut();
        options.insert(DhcpOption::MessageType(MessageType::Inform));
        // Domain name, and the address of a PAC script.
        options.insert(DhcpOption::ParameterRequestList(
            [15, 252].map(OptionCode::from).to_vec(),
        ));
        options.insert(DhcpOption::MaxMessageSize(1500));
        let transaction = message.xid();
        let mut packet = message.to_vec().map_err(Fault::new)?;
        // RFC 1542, 2.1: a BOOTP message has at least 300 bytes.
        packet.resize(packet.len().max(300), 0);
        Ok((transaction, packet))
    }

    /// A socket that hears what is sent to our address on our link. A DHCP
    /// client that listens there, too, gets no answer meant for us, and we
    /// none meant for it: ours is the newer one.
    fn socket(&self) -> Result<UdpSocket, Fault> {
        let socket =
            Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_broadcast(true)?;
        socket.bind_device(Some(self.link.name.as_bytes()))?;
        let own = SocketAddrV4::new(self.link.address, CLIENT_PORT);
        socket.bind(&own.into()).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Fault::new(
                "not asked: listening at port 68 takes root or \
                 CAP_NET_BIND_SERVICE",
            ),
            _ => Fault::new(format_args!("can't listen at {own}: {error}")),
        })?;
        Ok(socket.into())
    }

    /// The answer in a packet, if it is one to our question.
    fn accept(
        &self,
        transaction: u32,
        packet: &[u8],
        from: SocketAddrV4,
    ) -> Result<Reply, Fault> {
        if from.port() != SERVER_PORT {
            return Err(Fault::new(format_args!(
                "it comes from port {}",
                from.port()
            )));
        }
        if self.server.is_some_and(|server| server != *from.ip()) {
            return Err(Fault::new("it is not the server of the lease"));
        }
        let reply = Reply::read(packet)?;
        if reply.transaction != transaction {
            return Err(Fault::new("it answers another question"));
        }
        if reply.hardware != self.link.hardware {
            return Err(Fault::new("it is meant for somebody else"));
        }
        if reply.kind != Some(Reply::ACKNOWLEDGEMENT) {
            return Err(Fault::new("it is no acknowledgement"));
        }
        match reply.server {
            Some(server) if server == *from.ip() => Ok(reply),
            Some(server) => {
                Err(Fault::new(format_args!("it says that it is {server}")))
            }
            None => Err(Fault::new("it does not say who it is")),
        }
    }
}

/// A packet and its sender; `None` where there was none in time.
fn receive(
    socket: &UdpSocket,
    wait: Duration,
) -> Result<Option<(Vec<u8>, SocketAddrV4)>, Fault> {
    socket.set_read_timeout(Some(wait))?;
    // As long as a UDP packet can be: none is cut short.
    let mut buffer = vec![0; 1 << 16];
    let (length, from) = match socket.recv_from(&mut buffer) {
        Ok(received) => received,
        Err(error) => {
            return match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted => Ok(None),
                // An ICMP message about what was sent.
                io::ErrorKind::ConnectionRefused => Ok(None),
                _ => Err(Fault::new(format_args!("DHCP: {error}"))),
            };
        }
    };
    let SocketAddr::V4(from) = from else { return Ok(None) };
    buffer.truncate(length);
    Ok(Some((buffer, from)))
}

/// What was heard.
#[derive(Debug, Default)]
struct Answers {
    servers: Vec<Ipv4Addr>,
    offers: Vec<DhcpOffer>,
    passed_over: Vec<String>,
}

impl Answers {
    fn take(&mut self, reply: Reply, from: Ipv4Addr) {
        // A second answer of one server is to our second question.
        if self.servers.contains(&from) || self.servers.len() >= MOST_OFFERS {
            return;
        }
        self.servers.push(from);
        if let Some(option) = reply.wpad {
            let from = format!("server {from}");
            self.offers.push(DhcpOffer { option, from });
        }
    }

    fn pass_over(&mut self, from: Ipv4Addr, fault: &Fault) {
        let why = format!("{from}: {fault}");
        if self.passed_over.len() < MOST_OFFERS
            && !self.passed_over.contains(&why)
        {
            self.passed_over.push(why);
        }
    }

    fn finish(self, inform: &Inform) -> Result<DhcpAnswer, Fault> {
        let passed_over = match self.passed_over.as_slice() {
            [] => String::new(),
            some => format!("; passed over: {}", some.join(", ")),
        };
        if self.servers.is_empty() {
            let seconds = inform.timeout.as_secs_f32();
            return Err(match inform.server {
                Some(server) => Fault::new(format_args!(
                    "server {server}, which the lease names, is silent for \
                     {seconds} s{passed_over}"
                )),
                None => Fault::new(format_args!(
                    "no server answers in {seconds} s{passed_over}"
                )),
            });
        }
        let servers: Vec<String> =
            self.servers.iter().map(ToString::to_string).collect();
        let asked = format!("server {}{passed_over}", servers.join(", "));
        Ok(DhcpAnswer { offers: self.offers, asked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dhcp::tests::{MAC, packet};

    fn inform(server: Option<[u8; 4]>) -> Inform {
        Inform {
            link: Link {
                name: "eth0".to_owned(),
                address: [10, 0, 0, 7].into(),
                hardware: MAC,
            },
            server: server.map(Ipv4Addr::from),
            timeout: Duration::from_secs(3),
        }
    }

    #[test]
    fn the_question() {
        let (transaction, bytes) = inform(None).packet().unwrap();
        assert!(bytes.len() >= 300);
        assert_eq!(bytes[..4], [1, 1, 6, 0]);
        assert_eq!(bytes[4..8], transaction.to_be_bytes());
        assert_eq!(bytes[12..16], [10, 0, 0, 7]);
        assert_eq!(bytes[28..34], MAC);
        let has = |option: &[u8]| {
            bytes[240..].windows(option.len()).any(|part| part == option)
        };
        assert!(has(&[53, 1, 8]));
        assert!(has(&[55, 2, 15, 252]));
        // Nobody guesses it.
        assert_ne!(inform(None).packet().unwrap().0, transaction);
    }

    #[test]
    fn answers_that_are_believed() {
        let accept = |server, packet: &[u8], from: &str| {
            let from = from.parse().unwrap();
            let reply = inform(server).accept(7, packet, from);
            reply.map(|_| ()).map_err(|fault| fault.to_string())
        };
        let good = packet(7, &[252, 1, b'x', 255]);
        let server = Some([10, 0, 0, 1]);
        assert_eq!(accept(None, &good, "10.0.0.1:67"), Ok(()));
        assert_eq!(accept(server, &good, "10.0.0.1:67"), Ok(()));
        for (packet, from, expected) in [
            (good.clone(), "10.0.0.1:68", "it comes from port 68"),
            (good, "10.0.0.66:67", "it is not the server of the lease"),
            (packet(8, &[]), "10.0.0.1:67", "it answers another question"),
            (vec![], "10.0.0.1:67", "it is too short for DHCP"),
        ] {
            assert_eq!(accept(server, &packet, from).unwrap_err(), expected);
        }
        let mut other = packet(7, &[]);
        other[33] = 8;
        let mut offer = packet(7, &[]);
        offer[242] = 2;
        let mut nameless = packet(7, &[]);
        nameless.truncate(243);
        for (packet, expected) in [
            (packet(7, &[]), "it says that it is 10.0.0.1"),
            (other, "it is meant for somebody else"),
            (offer, "it is no acknowledgement"),
            (nameless, "it does not say who it is"),
        ] {
            let found = accept(None, &packet, "10.0.0.66:67");
            assert_eq!(found.unwrap_err(), expected);
        }
    }

    #[test]
    fn what_was_heard() {
        let reply = |wpad: Option<&str>| Reply {
            wpad: wpad.map(|text| text.as_bytes().to_vec()),
            ..Reply::default()
        };
        let mut answers = Answers::default();
        answers.take(reply(None), [10, 0, 0, 1].into());
        answers.take(reply(Some("a")), [10, 0, 0, 2].into());
        answers.take(reply(Some("b")), [10, 0, 0, 2].into());
        for last in 3..100 {
            answers.take(reply(Some("c")), [10, 0, 0, last].into());
            answers.pass_over([10, 0, 0, last].into(), &Fault::new("x"));
        }
        let answer = answers.finish(&inform(None)).unwrap();
        assert_eq!(answer.offers.len(), MOST_OFFERS - 1);
        assert_eq!(answer.offers[0].from, "server 10.0.0.2");
        assert_eq!(answer.offers[0].option, b"a");
        assert!(answer.asked.contains("passed over: 10.0.0.3: x"));

        let silence = |server| {
            let nothing = Answers::default().finish(&inform(server));
            nothing.unwrap_err().to_string()
        };
        assert_eq!(silence(None), "no server answers in 3 s");
        assert_eq!(
            silence(Some([10, 0, 0, 1])),
            "server 10.0.0.1, which the lease names, is silent for 3 s"
        );
    }

    #[test]
    fn hardware_addresses() {
        assert_eq!(hardware("02:00:00:00:00:09"), Some(MAC));
        for bad in ["", "02:00", "00:00:00:00:00:00", "02:00:00:00:00:zz"] {
            assert_eq!(hardware(bad), None, "{bad}");
        }
    }
}
