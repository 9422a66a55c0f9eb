//! Bytes on a pipe: frames, and what they are made of.
//!
//! A frame is its length in four bytes, little end first, and so many bytes.
//! Whoever reads says how many it takes at most, and takes memory as bytes
//! arrive, not as they are announced.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A message that is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed(pub(super) &'static str);

impl From<Malformed> for io::Error {
    fn from(Malformed(what): Malformed) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, what)
    }
}

/// A frame that is written.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
}

/// The bytes that a length takes.
const LENGTH: usize = 4;

/// What a buffer keeps from one frame to the next.
const KEPT: usize = 64 << 10;

impl Encoder {
    /// Begins a frame.
    pub(super) fn begin(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.bytes.extend([0; LENGTH]);
    }

    /// Writes the frame.
    pub(super) fn write(&mut self, to: &mut dyn Write) -> io::Result<()> {
        let length = self.bytes.len().saturating_sub(LENGTH);
        let length = u32::try_from(length)
            .map_err(|_| Malformed("a frame of more than 4 GiB"))?;
        if let Some(start) = self.bytes.get_mut(..LENGTH) {
            start.copy_from_slice(&length.to_le_bytes());
        }
        to.write_all(&self.bytes)?;
        to.flush()
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn small(&mut self, number: u32) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(super) fn large(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    /// A size; no longer than this process can count.
    pub(super) fn size(&mut self, size: usize) {
        self.large(u64::try_from(size).unwrap_or(u64::MAX));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend(text.as_bytes());
    }

    /// How many of something follow.
    pub(super) fn count(&mut self, count: usize) {
        // What is beyond makes the frame too long to be written.
        self.small(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(super) fn address(&mut self, address: &IpAddr) {
        match address {
            IpAddr::V4(four) => {
                self.byte(4);
                self.bytes.extend(four.octets());
            }
            IpAddr::V6(six) => {
                self.byte(6);
                self.bytes.extend(six.octets());
            }
        }
    }

    /// What was encoded, without its length.
    pub(super) fn into_payload(self) -> Vec<u8> {
        self.bytes.get(LENGTH..).unwrap_or_default().to_vec()
    }
}

/// Reads a frame of at most so many bytes; `false` at the end of the stream.
pub(super) fn read_frame(
    from: &mut dyn Read,
    most: usize,
    into: &mut Vec<u8>,
) -> io::Result<bool> {
    into.clear();
    into.shrink_to(KEPT);
    let mut length = [0; LENGTH];
    let mut got = 0;
    while let Some(left) = length.get_mut(got..)
        && !left.is_empty()
    {
        match from.read(left) {
            Ok(0) if got == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > most {
        return Err(Malformed("a frame that is too long").into());
    }
    into.reserve(length.min(KEPT));
    let count = from.take(length as u64).read_to_end(into)?;
    match count == length {
        true => Ok(true),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// A frame that is read.
#[derive(Debug)]
pub(super) struct Decoder<'b> {
    rest: &'b [u8],
}

type Decoded<T> = Result<T, Malformed>;

impl<'b> Decoder<'b> {
    pub(super) fn new(frame: &'b [u8]) -> Decoder<'b> {
        Decoder { rest: frame }
    }

    fn take(&mut self, count: usize) -> Decoded<&'b [u8]> {
        let (start, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Malformed("a message that ends too early"))?;
        self.rest = rest;
        Ok(start)
    }

    fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| Malformed("a message of no length"))
    }

    pub(super) fn byte(&mut self) -> Decoded<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn flag(&mut self) -> Decoded<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("a flag that is none")),
        }
    }

    pub(super) fn small(&mut self) -> Decoded<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn large(&mut self) -> Decoded<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn size(&mut self) -> Decoded<usize> {
        self.large().map(|size| usize::try_from(size).unwrap_or(usize::MAX))
    }

    pub(super) fn text(&mut self) -> Decoded<&'b str> {
        let count = self.small()?;
        let bytes = self.take(usize::try_from(count).unwrap_or(usize::MAX))?;
        std::str::from_utf8(bytes).map_err(|_| Malformed("a text not UTF-8"))
    }

    /// How many of something follow, that take a byte each at least.
    pub(super) fn count(&mut self) -> Decoded<usize> {
        let count = usize::try_from(self.small()?).unwrap_or(usize::MAX);
        match count <= self.rest.len() {
            true => Ok(count),
            false => Err(Malformed("more than there is")),
        }
    }

    pub(super) fn address(&mut self) -> Decoded<IpAddr> {
        match self.byte()? {
            4 => Ok(Ipv4Addr::from(self.array::<4>()?).into()),
            6 => Ok(Ipv6Addr::from(self.array::<16>()?).into()),
            _ => Err(Malformed("an address that is none")),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(self) -> Decoded<()> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => Err(Malformed("a message that is too long")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back() {
        let mut pipe = Vec::new();
        let mut encoder = Encoder::default();
        for text in ["", "a", "ä\0", &"x".repeat(200_000)] {
            encoder.begin();
            encoder.text(text);
            encoder.write(&mut pipe).unwrap();
        }
        let mut from = &pipe[..];
        let mut frame = Vec::new();
        for text in ["", "a", "ä\0", &"x".repeat(200_000)] {
            assert!(read_frame(&mut from, 1 << 20, &mut frame).unwrap());
            let mut decoder = Decoder::new(&frame);
            assert_eq!(decoder.text(), Ok(text));
            assert_eq!(decoder.end(), Ok(()));
        }
        assert!(!read_frame(&mut from, 1 << 20, &mut frame).unwrap());
    }

    #[test]
    fn what_is_announced_takes_no_memory() {
        let mut frame = Vec::new();
        // Four gigabytes are announced, of which three bytes come.
        let mut bytes = u32::MAX.to_le_bytes().to_vec();
        bytes.extend(b"abc");
        let error = read_frame(&mut &bytes[..], usize::MAX, &mut frame);
        let error = error.unwrap_err().kind();
        assert_eq!(error, io::ErrorKind::UnexpectedEof);
        assert!(frame.capacity() <= 2 * KEPT);
        let error = read_frame(&mut &bytes[..], 1 << 20, &mut frame);
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidData);
        // A length that ends itself.
        for cut in 1..LENGTH {
            let error = read_frame(&mut &bytes[..cut], 9, &mut frame);
            let error = error.unwrap_err().kind();
            assert_eq!(error, io::ErrorKind::UnexpectedEof);
        }
    }
}
