//! A DHCP server's answer, as it came from the network.

use std::fmt;
use std::net::Ipv4Addr;

use whichproxy::machine::Fault;

/// What counts of a DHCP server's answer.
///
/// The reader is our own, and takes only the options that are wanted: a
/// packet is a stranger's, and an option that nobody asked for must neither
/// hide those behind it nor do harm. An option that comes in parts is put
/// together (RFC 3396), those that continue in the fields for a file and a
/// server's name too (RFC 2132, option 52).
///
/// ```
/// use whichproxy_os::dhcp::Reply;
/// assert!(Reply::read(b"no packet").is_err());
/// ```
#[non_exhaustive]
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Reply {
    /// The transaction number.
    pub transaction: u32,
    /// The address that the client was given, in a lease.
    pub address: Option<Ipv4Addr>,
    /// The client's hardware address.
    pub hardware: Vec<u8>,
    /// Option 53, the type: 5 is an acknowledgement.
    pub kind: Option<u8>,
    /// Option 54, the server's own word on who it is.
    pub server: Option<Ipv4Addr>,
    /// Option 15, the domain name.
    pub domain: Option<Vec<u8>>,
    /// Option 252, the address of a PAC script.
    pub wpad: Option<Vec<u8>>,
}

/// Of option 252, whose address may have a password, the length alone.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("transaction", &self.transaction)
            .field("address", &self.address)
            .field("hardware", &self.hardware)
            .field("kind", &self.kind)
            .field("server", &self.server)
            .field("domain", &self.domain)
            .field("wpad_bytes", &self.wpad.as_ref().map(Vec::len))
            .finish()
    }
}

/// The fixed part, with the cookie that ends it.
const FIXED: usize = 240;

const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// No option in parts is longer; what is beyond is not kept.
const LONGEST: usize = 4096;

impl Reply {
    /// The type of an acknowledgement.
    pub const ACKNOWLEDGEMENT: u8 = 5;

    /// Reads a packet.
    ///
    /// # Errors
    ///
    /// When it is no answer of a server, or contradicts itself.
    pub fn read(packet: &[u8]) -> Result<Reply, Fault> {
        let (fixed, options) = packet
            .split_first_chunk::<FIXED>()
            .ok_or_else(|| Fault::new("it is too short for DHCP"))?;
        let field = |from: usize, length: usize| {
            fixed.get(from..from + length).unwrap_or_default()
        };
        let byte = |at: usize| fixed.get(at).copied().unwrap_or_default();
        if field(236, 4) != COOKIE {
            return Err(Fault::new("it is no DHCP packet"));
        }
        if byte(0) != 2 {
            return Err(Fault::new("it is no answer of a server"));
        }
        let length = usize::from(byte(2));
        if byte(1) != 1 || length != 6 {
            return Err(Fault::new("its hardware address is not Ethernet's"));
        }
        let mut found = Options::default();
        found.read(options)?;
        // RFC 2131, 4.1: the options first, then the file, then the name.
        let overload = found.overload.first().copied().unwrap_or_default();
        if overload & 1 != 0 {
            found.read(field(108, 128))?;
        }
        if overload & 2 != 0 {
            found.read(field(44, 64))?;
        }
        Ok(Reply {
            transaction: u32::from_be_bytes(array(field(4, 4))),
            address: Some(Ipv4Addr::from(array(field(16, 4))))
                .filter(|address| !address.is_unspecified()),
            hardware: field(28, length).to_vec(),
            kind: exact::<1>(&found.kind, 53)?.map(|[kind]| kind),
            server: exact(&found.server, 54)?.map(Ipv4Addr::from),
            domain: found.domain,
            wpad: found.wpad,
        })
    }
}

/// Never too short: the fixed part is as long as it is.
fn array(bytes: &[u8]) -> [u8; 4] {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// An option of a fixed length. Two of a kind are put together like parts
/// of one, so they are too long.
fn exact<const N: usize>(
    bytes: &Option<Vec<u8>>,
    code: u8,
) -> Result<Option<[u8; N]>, Fault> {
    let Some(bytes) = bytes else { return Ok(None) };
    bytes.as_slice().try_into().map(Some).map_err(|_| {
        Fault::new(format_args!(
            "its option {code} has {} bytes instead of {N}",
            bytes.len()
        ))
    })
}

#[derive(Default)]
struct Options {
    domain: Option<Vec<u8>>,
    overload: Vec<u8>,
    kind: Option<Vec<u8>>,
    server: Option<Vec<u8>>,
    wpad: Option<Vec<u8>>,
}

impl Options {
    fn read(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while let Some((&code, rest)) = bytes.split_first() {
            bytes = rest;
            match code {
                0 => continue,
                255 => return Ok(()),
                _ => {}
            }
            let cut = || {
                Fault::new(format_args!("its option {code} ends beyond it"))
            };
            let (&length, rest) = bytes.split_first().ok_or_else(cut)?;
            let (value, rest) =
                rest.split_at_checked(length.into()).ok_or_else(cut)?;
            bytes = rest;
            let kept = match code {
                15 => self.domain.get_or_insert_default(),
                52 => &mut self.overload,
                53 => self.kind.get_or_insert_default(),
                54 => self.server.get_or_insert_default(),
                252 => self.wpad.get_or_insert_default(),
                _ => continue,
            };
            let room = LONGEST.saturating_sub(kept.len());
            kept.extend(value.iter().take(room));
        }
        // A server that leaves the end mark out is understood.
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use dhcproto::Encodable;
    use dhcproto::v4::{
        DhcpOption, Message, MessageType, Opcode, OptionCode, UnknownOption,
    };
    use proptest::prelude::*;

    use super::*;

    pub(crate) const MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];

    /// An acknowledgement with these options behind its type and server.
    pub(crate) fn packet(transaction: u32, options: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; FIXED];
        packet[..4].copy_from_slice(&[2, 1, 6, 0]);
        packet[4..8].copy_from_slice(&transaction.to_be_bytes());
        packet[28..34].copy_from_slice(&MAC);
        packet[236..].copy_from_slice(&COOKIE);
        packet.extend([53, 1, 5, 54, 4, 10, 0, 0, 1]);
        packet.extend(options);
        packet
    }

    fn wpad(options: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let reply = Reply::read(&packet(7, options));
        reply.map(|reply| reply.wpad).map_err(|fault| fault.to_string())
    }

    #[test]
    fn options() {
        let of = |options| wpad(options).unwrap().unwrap_or_default();
        assert_eq!(of(&[252, 2, b'h', b'i', 255]), b"hi");
        assert_eq!(of(&[0, 0, 252, 1, b'x']), b"x");
        assert_eq!(of(&[252, 1, b'a', 3, 1, 9, 252, 1, b'b', 255]), b"ab");
        assert_eq!(of(&[252, 0, 255]), b"");
        assert_eq!(wpad(&[255, 252, 1, b'x']), Ok(None));
        // What nobody asked for is passed over, whatever it holds.
        assert_eq!(of(&[12, 1, 0xff, 80, 1, 1, 19, 0, 252, 1, b'x']), b"x");
        for (options, expected) in [
            (&[252][..], "its option 252 ends beyond it"),
            (&[252, 2, b'x'], "its option 252 ends beyond it"),
            (&[15, 255, b'x'], "its option 15 ends beyond it"),
            (&[53, 1, 5], "its option 53 has 2 bytes instead of 1"),
            (&[54, 1, 5], "its option 54 has 5 bytes instead of 4"),
        ] {
            assert_eq!(wpad(options).unwrap_err(), expected);
        }
    }

    #[test]
    fn options_go_on_in_the_fields_of_file_and_name() {
        let with = |overload: u8| {
            let mut packet = packet(7, &[52, 1, overload, 252, 1, b'a', 255]);
            packet[108..111].copy_from_slice(&[252, 1, b'b']);
            packet[111] = 255;
            packet[44..48].copy_from_slice(&[252, 1, b'c', 255]);
            Reply::read(&packet).unwrap().wpad.unwrap()
        };
        assert_eq!(with(0), b"a");
        assert_eq!(with(1), b"ab");
        assert_eq!(with(2), b"ac");
        assert_eq!(with(3), b"abc");
    }

    #[test]
    fn what_is_no_answer() {
        let good = packet(7, &[]);
        for (at, value) in [(0, 1), (1, 6), (2, 16), (2, 0), (236, 0)] {
            let mut packet = good.clone();
            packet[at] = value;
            assert!(Reply::read(&packet).is_err(), "{at}");
        }
        assert!(Reply::read(&good[..239]).is_err());
        let reply = Reply::read(&good).unwrap();
        assert_eq!(reply.transaction, 7);
        assert_eq!(reply.hardware, MAC);
        assert_eq!(reply.kind, Some(5));
        assert_eq!(reply.server, Some([10, 0, 0, 1].into()));
        assert_eq!(reply.address, None);
    }

    #[test]
    fn long_options_are_bounded() {
        let part = [&[252, 255][..], &[b'x'; 255]].concat();
        let found = wpad(&part.repeat(100)).unwrap().unwrap();
        assert_eq!(found.len(), LONGEST);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Reply::read(&bytes);
            let _ = Reply::read(&packet(1, &bytes));
        }

        /// What dhcproto writes is read the same, options in parts too.
        #[test]
        fn written_by_another(
            transaction: u32,
            hardware: [u8; 6],
            server: [u8; 4],
            domain in "[a-z.]{1,300}",
            wpad in prop::collection::vec(any::<u8>(), 1..600),
        ) {
            let zero = Ipv4Addr::UNSPECIFIED;
            let mut message = Message::new_with_id(
                transaction, zero, zero, zero, zero, &hardware);
            message.set_opcode(Opcode::BootReply);
            let options = message.opts_mut();
            options.insert(DhcpOption::MessageType(MessageType::Ack));
            options.insert(DhcpOption::ServerIdentifier(server.into()));
            options.insert(DhcpOption::DomainName(domain.clone()));
            let code = OptionCode::from(252);
            let unknown = UnknownOption::new(code, wpad.clone());
            options.insert(DhcpOption::Unknown(unknown));
            let reply = Reply::read(&message.to_vec().unwrap()).unwrap();
            prop_assert_eq!(reply, Reply {
                transaction,
                address: None,
                hardware: hardware.to_vec(),
                kind: Some(5),
                server: Some(server.into()),
                domain: Some(domain.into_bytes()),
                wpad: Some(wpad),
            });
        }
    }
}
