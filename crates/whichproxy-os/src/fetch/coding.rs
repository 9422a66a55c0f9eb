//! Content codings, undone.

use std::io::{self, Read};

use brotli_decompressor::{BrotliDecoderParameter, Decompressor};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ureq::http::{HeaderMap, header};
use whichproxy::machine::Fault;

use super::{fault, shown};

/// What is asked for.
pub(super) const ACCEPTED: &str = "gzip, deflate, br";

/// So many codings may be on top of each other.
const MOST: usize = 3;

/// A content coding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
        }
    }
}

/// The codings that an answer's headers name, in the order they were done.
pub(super) fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, Fault> {
    let mut codings = Vec::new();
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes());
        for name in value.split(',').map(str::trim) {
            let is = |other| name.eq_ignore_ascii_case(other);
            if name.is_empty() || is("identity") {
                continue;
            }
            codings.push(if is("gzip") || is("x-gzip") {
                Coding::Gzip
            } else if is("deflate") {
                Coding::Deflate
            } else if is("br") {
                Coding::Brotli
            } else {
                return Err(Fault::new(format_args!(
                    "the page comes coded as `{}`, which was not asked for",
                    shown(name)
                )));
            });
            if codings.len() > MOST {
                let message = "the page comes coded more than three times";
                return Err(Fault::new(message));
            }
        }
    }
    Ok(codings)
}

/// How long a page of at most `limit` bytes may be while it is coded: what
/// can't be made shorter becomes a little longer.
pub(super) fn coded_limit(limit: usize) -> usize {
    limit.saturating_add(limit / 64).saturating_add(1024)
}

/// The page without its codings, of at most `limit` bytes, and never of many
/// more on the way.
pub(super) fn undo(
    codings: &[Coding],
    mut body: Vec<u8>,
    limit: usize,
) -> Result<Vec<u8>, Fault> {
    for (left, coding) in codings.iter().enumerate().rev() {
        // What is empty was not coded.
        if body.is_empty() {
            break;
        }
        let most = match left {
            0 => limit,
            _ => coded_limit(limit),
        };
        let take = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let mut plain = Vec::new();
        let read = decoder(*coding, &body).take(take).read_to_end(&mut plain);
        if plain.len() > most {
            return Err(fault::too_long(limit));
        }
        if let Err(error) = read {
            let what = match error.kind() {
                io::ErrorKind::UnexpectedEof => "ends too early",
                _ => "is broken, or ends too early",
            };
            return Err(Fault::new(format_args!(
                "the page's {} coding {what}, after {} bytes",
                coding.name(),
                plain.len()
            )));
        }
        body = plain;
    }
    Ok(body)
}

fn decoder(coding: Coding, coded: &[u8]) -> Box<dyn Read + '_> {
    match coding {
        Coding::Gzip => Box::new(MultiGzDecoder::new(coded)),
        // "deflate" means zlib, and some servers send it without.
        Coding::Deflate if is_zlib(coded) => Box::new(ZlibDecoder::new(coded)),
        Coding::Deflate => Box::new(DeflateDecoder::new(coded)),
        Coding::Brotli => {
            let mut decoder = Decompressor::new(coded, 4096);
            // A window of 16 MiB is enough, and of 1 GiB too much.
            decoder.set_parameter(
                BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW,
                0,
            );
            Box::new(decoder)
        }
    }
}

/// Whether the bytes begin with zlib's header (RFC 1950).
fn is_zlib(coded: &[u8]) -> bool {
    match coded {
        [method, flags, ..] => {
            let number = u16::from_be_bytes([*method, *flags]);
            method & 0x0f == 8 && number % 31 == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    /// `hello`, by another's encoder.
    const BROTLI: &[u8] = b"\x0b\x02\x80hello\x03";

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(body: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding() {
        let two = [gzip(b"hel"), gzip(b"lo")].concat();
        for (codings, coded) in [
            (&[][..], b"hello".to_vec()),
            (&[Coding::Gzip], gzip(b"hello")),
            (&[Coding::Gzip], two),
            (&[Coding::Deflate], zlib(b"hello")),
            (&[Coding::Deflate], deflate(b"hello")),
            (&[Coding::Brotli], BROTLI.to_vec()),
            (&[Coding::Deflate, Coding::Gzip], gzip(&zlib(b"hello"))),
        ] {
            let body = undo(codings, coded.clone(), 5).unwrap();
            assert_eq!(body, b"hello", "{codings:?}");
            let fault = undo(codings, coded.clone(), 4);
            let Err(fault) = fault else {
                assert!(codings.is_empty(), "{codings:?}");
                continue;
            };
            let long = "the page is longer than the limit of 4 bytes";
            assert_eq!(fault.to_string(), long, "{codings:?}");
            // Each cut is a fault: the end is known to be missing. What is
            // cut to nothing is an empty page.
            for length in 1..coded.len() {
                let cut = coded[..length].to_vec();
                let found = undo(codings, cut, 5);
                if coded.len() > 40 && found.as_deref() == Ok(b"hel") {
                    continue; // where the first of two ends
                }
                let why = found.unwrap_err().to_string();
                assert!(why.contains("ends too early"), "{codings:?} {why}");
            }
        }
    }

    #[test]
    fn a_bomb_is_no_longer_than_the_limit() {
        let zeros = vec![0; 50 << 20];
        let limit = 1 << 20;
        let bombs = [
            (vec![Coding::Gzip], gzip(&zeros)),
            (vec![Coding::Deflate], zlib(&zeros)),
            (vec![Coding::Gzip; 2], gzip(&gzip(&zeros))),
        ];
        for (codings, coded) in bombs {
            assert!(coded.len() < 60_000);
            let fault = undo(&codings, coded, limit).unwrap_err();
            assert!(fault.to_string().contains("1048576"), "{fault}");
        }
    }

    #[test]
    fn headers() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = value.parse().unwrap();
                headers.append(header::CONTENT_ENCODING, value);
            }
            codings(&headers).map_err(|fault| fault.to_string())
        };
        assert_eq!(read(&[]), Ok(vec![]));
        assert_eq!(read(&["", "Identity"]), Ok(vec![]));
        assert_eq!(
            read(&["deflate, X-GZIP", "br"]),
            Ok(vec![Coding::Deflate, Coding::Gzip, Coding::Brotli])
        );
        assert!(read(&["zstd"]).unwrap_err().contains("`zstd`"));
        assert!(read(&["br,br,br,br"]).unwrap_err().contains("three"));
    }

    #[test]
    fn garbage_is_a_fault() {
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli] {
            let garbage = b"function FindProxyForURL".to_vec();
            let fault = undo(&[coding], garbage, 1 << 20).unwrap_err();
            assert!(fault.to_string().contains(coding.name()), "{fault}");
        }
    }

    /// A window of 1 GiB may be announced only where it was agreed on.
    #[test]
    fn large_windows_are_refused() {
        let coded = b"\x11\x1e\x03".to_vec();
        assert!(undo(&[Coding::Brotli], coded, 1 << 20).is_err());
    }
}
