//! What a registry holds under a name.

use std::fmt;

use crate::settings::masked;

/// A registry value of any type.
///
/// `Debug` masks what looks like credentials.
#[non_exhaustive]
#[derive(Clone, Eq, Hash, PartialEq)]
pub enum Value {
    /// `REG_BINARY`.
    Binary(Vec<u8>),
    /// `REG_DWORD`.
    Dword(u32),
    /// `REG_DWORD_BIG_ENDIAN`.
    DwordBigEndian(u32),
    /// `REG_EXPAND_SZ`, unexpanded.
    ExpandString(String),
    /// `REG_MULTI_SZ`.
    MultiString(Vec<String>),
    /// `REG_QWORD`.
    Qword(u64),
    /// `REG_SZ`.
    String(String),
    /// Any other type, or data that does not fit its type: the type's
    /// number and the bytes as they are.
    Other {
        /// The number of the type, such as 0 for `REG_NONE`.
        kind: u32,
        /// The data.
        data: Vec<u8>,
    },
}

impl Value {
    /// The name of the value's type, such as `REG_SZ`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Binary(_) => "REG_BINARY",
            Value::Dword(_) => "REG_DWORD",
            Value::DwordBigEndian(_) => "REG_DWORD_BIG_ENDIAN",
            Value::ExpandString(_) => "REG_EXPAND_SZ",
            Value::MultiString(_) => "REG_MULTI_SZ",
            Value::Qword(_) => "REG_QWORD",
            Value::String(_) => "REG_SZ",
            Value::Other { kind, .. } => match kind {
                0 => "REG_NONE",
                1 => "REG_SZ",
                2 => "REG_EXPAND_SZ",
                4 => "REG_DWORD",
                5 => "REG_DWORD_BIG_ENDIAN",
                6 => "REG_LINK",
                7 => "REG_MULTI_SZ",
                8 => "REG_RESOURCE_LIST",
                9 => "REG_FULL_RESOURCE_DESCRIPTOR",
                10 => "REG_RESOURCE_REQUIREMENTS_LIST",
                11 => "REG_QWORD",
                _ => "a value of unknown type",
            },
        }
    }

    /// The number of the value's type, such as 1 for `REG_SZ`.
    pub fn kind(&self) -> u32 {
        match self {
            Value::Other { kind, .. } => *kind,
            Value::String(_) => 1,
            Value::ExpandString(_) => 2,
            Value::Binary(_) => 3,
            Value::Dword(_) => 4,
            Value::DwordBigEndian(_) => 5,
            Value::MultiString(_) => 7,
            Value::Qword(_) => 11,
        }
    }

    /// Makes a value of a type's number and its bytes as Windows keeps
    /// them.
    ///
    /// One final NUL of a string, and the one that ends a list of strings,
    /// are dropped. Data that does not fit the type becomes
    /// [`Value::Other`].
    ///
    /// ```
    /// use whichproxy::registry::Value;
    /// assert_eq!(Value::from_data(4, &[26, 0, 0, 0]), Value::Dword(26));
    /// let short = Value::from_data(4, &[26, 0, 0]);
    /// assert_eq!(short.type_name(), "REG_DWORD");
    /// assert!(matches!(short, Value::Other { kind: 4, .. }));
    /// ```
    pub fn from_data(kind: u32, data: &[u8]) -> Value {
        let value = match kind {
            1 => wide(data).map(|text| Value::String(one_string(text))),
            2 => wide(data).map(|text| Value::ExpandString(one_string(text))),
            3 => Some(Value::Binary(data.to_owned())),
            4 => {
                data.try_into().ok().map(u32::from_le_bytes).map(Value::Dword)
            }
            5 => data
                .try_into()
                .ok()
                .map(u32::from_be_bytes)
                .map(Value::DwordBigEndian),
            7 => wide(data).map(|text| Value::MultiString(strings(&text))),
            11 => {
                data.try_into().ok().map(u64::from_le_bytes).map(Value::Qword)
            }
            _ => None,
        };
        value.unwrap_or_else(|| Value::Other { kind, data: data.to_owned() })
    }

    /// The same from text whose encoding is known, for the three types that
    /// hold text.
    pub(super) fn from_text(kind: u32, text: String) -> Option<Value> {
        match kind {
            1 => Some(Value::String(one_string(text))),
            2 => Some(Value::ExpandString(one_string(text))),
            7 => Some(Value::MultiString(strings(&text))),
            _ => None,
        }
    }

    /// The value's bytes as Windows keeps them; the inverse of
    /// [`Value::from_data`].
    ///
    /// A string of a list that has a NUL in it comes back as two.
    pub fn to_data(&self) -> Vec<u8> {
        match self {
            Value::Binary(data) | Value::Other { data, .. } => data.clone(),
            Value::Dword(number) => number.to_le_bytes().to_vec(),
            Value::DwordBigEndian(number) => number.to_be_bytes().to_vec(),
            Value::Qword(number) => number.to_le_bytes().to_vec(),
            Value::ExpandString(text) | Value::String(text) => {
                let mut data = Vec::with_capacity(2 * text.len() + 2);
                push_wide(&mut data, text);
                data
            }
            Value::MultiString(texts) => {
                let mut data = Vec::new();
                texts.iter().for_each(|text| push_wide(&mut data, text));
                data.extend([0, 0]);
                data
            }
        }
    }
}

/// UTF-16LE, if that is what it is.
fn wide(data: &[u8]) -> Option<String> {
    let (units, rest) = data.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .collect::<Result<String, _>>()
        .ok()
}

/// Text and its NUL, as UTF-16LE.
fn push_wide(data: &mut Vec<u8>, text: &str) {
    data.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    data.extend([0, 0]);
}

fn one_string(mut text: String) -> String {
    if text.ends_with('\0') {
        text.pop();
    }
    text
}

fn strings(text: &str) -> Vec<String> {
    let text = text.strip_suffix('\0').unwrap_or(text);
    text.split_terminator('\0').map(str::to_owned).collect()
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Binary(data) => {
                write!(f, "Binary({})", Hex(data))
            }
            Value::Dword(number) => write!(f, "Dword({number})"),
            Value::DwordBigEndian(number) => {
                write!(f, "DwordBigEndian({number})")
            }
            Value::ExpandString(text) => {
                write!(f, "ExpandString({:?})", masked(text))
            }
            Value::MultiString(texts) => {
                f.write_str("MultiString")?;
                f.debug_list()
                    .entries(texts.iter().map(|t| masked(t)))
                    .finish()
            }
            Value::Qword(number) => write!(f, "Qword({number})"),
            Value::String(text) => write!(f, "String({:?})", masked(text)),
            Value::Other { kind, data } => {
                write!(f, "Other({kind}, {})", Hex(data))
            }
        }
    }
}

/// The first bytes in hexadecimal: no more, since blobs hold credentials
/// further on.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        for (at, byte) in self.0.iter().take(SHOWN).enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{byte:02x}")?;
        }
        match self.0.len() {
            0 => f.write_str("no bytes"),
            len if len > SHOWN => write!(f, " … ({len} bytes)"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn data_that_does_not_fit_is_kept_whole() {
        for (kind, data) in [
            (1, &b"a"[..]),
            (2, &[0x00, 0xd8, 0, 0]),
            (4, &[1, 2, 3]),
            (5, &[1, 2, 3, 4, 5]),
            (7, &[0x00, 0xdc]),
            (11, &[1, 2, 3, 4]),
            (0, &[]),
            (8, &[1]),
        ] {
            let value = Value::from_data(kind, data);
            let expected = Value::Other { kind, data: data.to_owned() };
            assert_eq!(value, expected, "{kind}");
        }
    }

    #[test]
    fn lists_of_strings() {
        for (data, expected) in [
            ("", &[][..]),
            ("\0", &[]),
            ("a", &["a"]),
            ("a\0", &["a"]),
            ("a\0\0", &["a"]),
            ("a\0b\0\0", &["a", "b"]),
            ("\0\0", &[""]),
            ("a\0\0\0", &["a", ""]),
        ] {
            let bytes: Vec<u8> =
                data.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let expected = expected.iter().map(|&s| s.to_owned()).collect();
            assert_eq!(
                Value::from_data(7, &bytes),
                Value::MultiString(expected),
                "{data:?}"
            );
        }
    }

    #[test]
    fn debug_masks_credentials() {
        let text = "http://user:secret@proxy:80";
        let values = [
            Value::String(text.into()),
            Value::ExpandString(text.into()),
            Value::MultiString(vec![text.into()]),
            Value::Binary([&[0; 16][..], text.as_bytes()].concat()),
        ];
        for value in values {
            let shown = format!("{value:?}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn data_round_trips(
            kind in 0u32..14,
            data in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let value = Value::from_data(kind, &data);
            prop_assert_eq!(value.kind(), kind);
            let again = Value::from_data(kind, &value.to_data());
            prop_assert_eq!(&value, &again);
            if !matches!(kind, 1 | 2 | 7) {
                prop_assert_eq!(value.to_data(), data);
            }
        }
    }
}
