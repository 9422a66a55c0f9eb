//! What the DHCP client of Windows says of option 252.
//!
//! No call of the system stands here, so that all of it is tested anywhere.

use std::fmt;

use whichproxy::machine::{DhcpAnswer, Fault};

/// The size of the first buffer. An option in one part has 255 bytes at
/// most.
const FIRST: usize = 1024;

/// The size of the largest buffer; no packet is larger.
const LARGEST: usize = 1 << 16;

/// `ERROR_SUCCESS` and `ERROR_MORE_DATA`.
const SUCCESS: u32 = 0;
const MORE_DATA: u32 = 234;

/// What one call of `DhcpRequestParams` left behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called {
    /// What it returned.
    pub(crate) code: u32,
    /// The size of the buffer that it asks for.
    pub(crate) size: u32,
    /// The address of the option, as a number: it is looked up in the
    /// buffer, never followed.
    pub(crate) address: usize,
    /// The option's length.
    pub(crate) length: u32,
}

/// Who is asked: an adapter of Windows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Adapter {
    /// The name that people see, such as `Ethernet`.
    pub(crate) name: String,
    /// The name that programs use: `{` a GUID `}`.
    pub(crate) guid: String,
    /// The connection's DNS suffix; may be empty.
    pub(crate) suffix: String,
    /// Whether its address comes from DHCP.
    pub(crate) uses_dhcp: bool,
}

impl Adapter {
    /// The connection's suffix, without its dots.
    pub(crate) fn suffix(&self) -> Option<String> {
        let suffix = self.suffix.trim().trim_matches('.');
        (!suffix.is_empty()).then(|| suffix.to_ascii_lowercase())
    }

    /// Asks for option 252: `call` is one call of the API, with a buffer for
    /// the answer. A larger buffer is given where it says that it needs one,
    /// four times at most.
    ///
    /// That an option is not there is not documented to be an error; it has
    /// no bytes then.
    ///
    /// Source: DHCP-REQUEST-PARAMS, documented: the buffer and its growth;
    /// an adapter whose address is set by hand is asked, too, for which the
    /// API sends a DHCPINFORM. An option without bytes: WINE-DHCPCSVC,
    /// community.
    pub(crate) fn wpad_option(
        &self,
        mut call: impl FnMut(&mut [u8]) -> Called,
    ) -> Result<DhcpAnswer, Fault> {
        let mut buffer = vec![0; FIRST];
        loop {
            let called = call(&mut buffer);
            match called.code {
                SUCCESS => {
                    let asked = "the DHCP client of Windows";
                    return Ok(match self.option(&buffer, called)? {
                        [] => DhcpAnswer::none(asked),
                        option => DhcpAnswer::one(option, asked),
                    });
                }
                MORE_DATA if buffer.len() < LARGEST => {
                    let wanted = usize::try_from(called.size).unwrap_or(0);
                    let size = wanted.max(buffer.len() * 4).min(LARGEST);
                    buffer = vec![0; size];
                }
                MORE_DATA => {
                    return Err(self.fault(format_args!(
                        "its answer has more than {LARGEST} bytes"
                    )));
                }
                code => return Err(self.refused(code)),
            }
        }
    }

    /// The option's bytes, which must stand in the buffer.
    fn option<'a>(
        &self,
        buffer: &'a [u8],
        called: Called,
    ) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(called.length).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(&[]);
        }
        called
            .address
            .checked_sub(buffer.as_ptr().addr())
            .and_then(|start| buffer.get(start..start.checked_add(length)?))
            .ok_or_else(|| {
                self.fault(format_args!(
                    "its answer, of {length} bytes, is not in the buffer"
                ))
            })
    }

    /// The fault behind an error of the API.
    fn refused(&self, code: u32) -> Fault {
        let by_hand = match self.uses_dhcp {
            true => "",
            false => "; the adapter does not use DHCP",
        };
        let error = std::io::Error::from_raw_os_error(code.cast_signed());
        self.fault(format_args!("{error}{by_hand}"))
    }

    fn fault(&self, what: fmt::Arguments<'_>) -> Fault {
        Fault::new(format_args!("DhcpRequestParams of {}: {what}", self.guid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter() -> Adapter {
        Adapter {
            name: "Ethernet".to_owned(),
            guid: "{00000004-0000-0000-0000-000000000000}".to_owned(),
            uses_dhcp: true,
            ..Adapter::default()
        }
    }

    /// A call that puts an option at some place of the buffer.
    fn filled(buffer: &mut [u8], at: usize, option: &[u8]) -> Called {
        buffer[at..at + option.len()].copy_from_slice(option);
        Called {
            code: SUCCESS,
            size: u32::try_from(at + option.len()).unwrap(),
            address: buffer.as_ptr().addr() + at,
            length: u32::try_from(option.len()).unwrap(),
        }
    }

    const NOTHING: Called =
        Called { code: SUCCESS, size: 0, address: 0, length: 0 };

    #[test]
    fn the_option_is_taken_as_it_is() {
        for at in [0, 7, FIRST - 11] {
            let option = b"http://a/\0\0";
            let answer =
                adapter().wpad_option(|buffer| filled(buffer, at, option));
            let answer = answer.unwrap();
            assert_eq!(answer.offers[0].option, option);
            assert_eq!(answer.offers[0].from, "the DHCP client of Windows");
        }
    }

    #[test]
    fn no_option_is_an_answer() {
        let answer = adapter().wpad_option(|_| NOTHING).unwrap();
        assert!(answer.offers.is_empty());
        assert_eq!(answer.asked, "the DHCP client of Windows");
    }

    #[test]
    fn the_buffer_grows_and_stops_growing() {
        let more = |size| Called { code: MORE_DATA, size, ..NOTHING };
        for (said, sizes) in [
            (0, &[1024, 4096, 16384, 65536][..]),
            (5000, &[1024, 5000, 20000, 65536]),
            (u32::MAX, &[1024, 65536]),
        ] {
            let mut seen = Vec::new();
            let fault = adapter().wpad_option(|buffer| {
                seen.push(buffer.len());
                more(said)
            });
            assert_eq!(seen, sizes);
            assert_eq!(
                fault.unwrap_err().to_string(),
                "DhcpRequestParams of {00000004-0000-0000-0000-000000000000}: \
                 its answer has more than 65536 bytes"
            );
        }
        let mut calls = 0;
        let answer = adapter().wpad_option(|buffer| {
            calls += 1;
            match calls {
                1 => more(3000),
                _ => filled(buffer, 0, &[b'x'; 3000]),
            }
        });
        assert_eq!(answer.unwrap().offers[0].option.len(), 3000);
        assert_eq!(calls, 2);
    }

    #[test]
    fn what_is_not_in_the_buffer_is_not_read() {
        for (before, length) in
            [(0, 1025), (1, 1), (-1024, 1), (-1, u32::MAX), (-1023, 2)]
        {
            let fault = adapter().wpad_option(|buffer| Called {
                address: buffer.as_ptr().addr().wrapping_add_signed(-before),
                length,
                ..NOTHING
            });
            let fault = fault.unwrap_err().to_string();
            assert!(fault.ends_with("is not in the buffer"), "{fault}");
        }
        let fault = adapter().wpad_option(|_| Called { length: 9, ..NOTHING });
        assert!(fault.is_err());
    }

    #[test]
    fn errors_say_who_and_what() {
        let refused = |adapter: Adapter| {
            let code = Called { code: 2, ..NOTHING };
            adapter.wpad_option(|_| code).unwrap_err().to_string()
        };
        let fault = refused(adapter());
        let start = "DhcpRequestParams of {00000004-";
        assert!(fault.starts_with(start), "{fault}");
        assert!(fault.ends_with("(os error 2)"), "{fault}");
        let fault = refused(Adapter { uses_dhcp: false, ..adapter() });
        let end = "(os error 2); the adapter does not use DHCP";
        assert!(fault.ends_with(end), "{fault}");
    }

    #[test]
    fn suffixes() {
        for (suffix, expected) in [
            ("", None),
            (".", None),
            ("Corp.Example.", Some("corp.example")),
            (" a.example ", Some("a.example")),
        ] {
            let suffix = suffix.to_owned();
            let found = Adapter { suffix, ..adapter() }.suffix();
            assert_eq!(found.as_deref(), expected);
        }
    }
}
