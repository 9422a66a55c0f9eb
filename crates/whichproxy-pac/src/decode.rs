//! From the bytes of a script to its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of `bytes`, without a byte order mark.
///
/// A byte order mark decides (UTF-8, UTF-16LE, UTF-16BE), then the declared
/// charset if it is known, then whether the bytes look like UTF-16 or are
/// UTF-8; the rest is Latin-1, as the encoding standard means it
/// (windows-1252), which can decode anything.
///
/// A header that declares UTF-8 says no more than no header: many servers
/// declare it of whatever they send.
///
/// That Chromium prefers the mark to the header, and reads UTF-8 else, is
/// community; that WinHTTP's own engine was an ANSI one, inferred.
pub(crate) fn decode<'b>(
    bytes: &'b [u8],
    declared_charset: Option<&str>,
) -> Cow<'b, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    // `for_label` trims, and knows no empty label. "replacement" would
    // decode to nothing.
    let declared = declared_charset
        .and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()))
        .filter(|encoding| *encoding != UTF_8);
    if let Some(encoding) = declared {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Some(encoding) = utf16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// UTF-16, where bytes without a mark begin like ASCII written in it: in
/// UTF-8 a NUL there would be no JavaScript.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(UTF_16LE),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_charsets_and_guesses() {
        let cases: &[(&[u8], Option<&str>, &str)] = &[
            (b"abc", None, "abc"),
            (b"\xef\xbb\xbfabc", None, "abc"),
            (b"\xff\xfea\0b\0", None, "ab"),
            (b"\xfe\xff\0a\0b", None, "ab"),
            // The mark is stronger than the header.
            (b"\xff\xfea\0b\0", Some("utf-8"), "ab"),
            ("café".as_bytes(), None, "café"),
            (b"caf\xe9", None, "café"),
            // A header that is wrong about UTF-8.
            (b"caf\xe9", Some("utf-8"), "café"),
            (b"caf\xe9", Some(" ISO-8859-1 "), "café"),
            (b"\x82\xa0", Some("Shift_JIS"), "あ"),
            ("あ".as_bytes(), Some("no such charset"), "あ"),
            (b"a\0b\0", Some("utf-16le"), "ab"),
            (b"a\0b\0", Some("iso-8859-1"), "a\0b\0"),
            // UTF-16 without a mark.
            (b"a\0b\0", None, "ab"),
            (b"a\0b\0\xe9\0", Some("utf-8"), "abé"),
            (b"\0a\0b", None, "ab"),
            (b"a\0b\0c", None, "ab\u{fffd}"),
            (b"a\0b", None, "a\0b"),
            (b"\x80", None, "€"),
            // Labels that would decode to nothing, or are none.
            (b"abc", Some("iso-2022-kr"), "abc"),
            (b"abc", Some("utf-7"), "abc"),
            (b"abc", Some(""), "abc"),
            (b"abc", Some("\u{e9}"), "abc"),
            (b"", None, ""),
            (b"\xff\xfe", None, ""),
        ];
        for (bytes, charset, text) in cases {
            assert_eq!(decode(bytes, *charset), *text, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(
            bytes: Vec<u8>,
            label in proptest::option::of(".{0,12}"),
        ) {
            let text = decode(&bytes, label.as_deref());
            prop_assert!(text.len() <= bytes.len() * 3 + 3);
        }

        #[test]
        fn utf8_stays(text in "[^\u{feff}\0][^\0].{0,40}") {
            prop_assert_eq!(decode(text.as_bytes(), None), text.as_str());
        }
    }
}
