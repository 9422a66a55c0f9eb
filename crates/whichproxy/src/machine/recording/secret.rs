//! What must not be written down.

use std::borrow::Cow;

use crate::registry::Value;

/// Where a user name begins at the latest: before it stands another entry of
/// a list, a scheme, or the text around it.
const DELIMITERS: &[u8] = b";=,\"'`<>()[]{}|";

/// The text with each character of a user name and a password before an `@`
/// replaced by `*`, so that lengths stay and it means the same.
///
/// All back to `://` counts, else all back to a delimiter or a space.
pub(super) fn hidden(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    hide(&mut bytes);
    // Whole characters were replaced, since no byte within one is ASCII, and
    // runs end at ASCII alone.
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The same within bytes, as blobs have texts.
pub(super) fn hide(bytes: &mut [u8]) {
    let mut from = 0;
    while let Some(at) = find(bytes, from, b'@') {
        let run = bytes.get_mut(from..at).unwrap_or_default();
        // A zero or another control character ends a text within a blob.
        let start = run.iter().rposition(|b| b.is_ascii_control());
        let run = start.map_or(0, |start| start + 1);
        let run = bytes.get_mut(from + run..at).unwrap_or_default();
        let scheme = run.windows(3).rposition(|w| w == b"://");
        let start = match scheme {
            Some(scheme) => scheme + 3,
            None => run
                .iter()
                .rposition(|b| DELIMITERS.contains(b) || *b == b' ')
                .map_or(0, |delimiter| delimiter + 1),
        };
        cover(run.get_mut(start..).unwrap_or_default());
        from = at + 1;
    }
}

/// Replaces a user name and a password. What divides them stays, so that
/// both are there.
fn cover(secret: &mut [u8]) {
    let colon = secret.iter().position(|b| *b == b':');
    for (at, byte) in secret.iter_mut().enumerate() {
        if Some(at) != colon {
            *byte = b'*';
        }
    }
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    Some(from + rest.iter().position(|byte| *byte == wanted)?)
}

/// The same of a value.
pub(super) fn without_secrets(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(hidden(&text).into_owned()),
        Value::ExpandString(text) => {
            Value::ExpandString(hidden(&text).into_owned())
        }
        Value::MultiString(texts) => Value::MultiString(
            texts.iter().map(|text| hidden(text).into_owned()).collect(),
        ),
        Value::Binary(mut bytes) => {
            hide(&mut bytes);
            Value::Binary(bytes)
        }
        Value::Other { kind, mut data } => {
            hide(&mut data);
            Value::Other { kind, data }
        }
        other => other,
    }
}

/// A page with the user names and passwords of proxies and addresses in it
/// hidden: in a script, other things stand before an `@` too.
pub(super) fn page(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    let mut from = 0;
    while let Some(at) = find(&body, from, b'@') {
        let run = body.get(from..at).unwrap_or_default();
        let start = run
            .iter()
            .rposition(|b| !is_credential(*b))
            .map_or(0, |start| start + 1);
        let before = run.get(..start).unwrap_or_default();
        if run.len() > start && introduces(before) {
            cover(body.get_mut(from + start..at).unwrap_or_default());
        }
        from = at + 1;
    }
    body
}

/// What may stand in a user name and a password, as they are written in
/// addresses.
fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&*+:".contains(&byte)
}

/// Whether a proxy or a host comes next.
fn introduces(before: &[u8]) -> bool {
    let before = before.to_ascii_uppercase();
    if before.ends_with(b"://") {
        return true;
    }
    let trimmed = before.trim_ascii_end();
    const KEYWORDS: [&[u8]; 6] =
        [b"PROXY", b"HTTP", b"HTTPS", b"SOCKS", b"SOCKS4", b"SOCKS5"];
    trimmed.len() < before.len()
        && KEYWORDS.iter().any(|keyword| trimmed.ends_with(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_replaced_and_lengths_kept() {
        for (text, expected) in [
            ("proxy:80", "proxy:80"),
            ("user:pass@proxy:80", "****:****@proxy:80"),
            ("http://user:pass@proxy:80/", "http://****:****@proxy:80/"),
            ("http://us er:pa;ss@proxy", "http://*****:*****@proxy"),
            ("http=u:p@a:1;https=v@b:2", "http=*:*@a:1;https=*@b:2"),
            ("a:1;u:p@b;c", "a:1;*:*@b;c"),
            ("ü:ß@b", "**:**@b"),
            ("@", "@"),
        ] {
            assert_eq!(hidden(text), expected);
            assert_eq!(hidden(text).len(), text.len());
        }
    }

    #[test]
    fn texts_within_a_blob() {
        let mut blob = b"\x18\0\0\0\x0a\0\0\0u:secret@p:1\0\0\0\0x".to_vec();
        hide(&mut blob);
        assert_eq!(blob, b"\x18\0\0\0\x0a\0\0\0*:******@p:1\0\0\0\0x");
    }

    #[test]
    fn scripts_keep_what_is_no_credential() {
        for (script, expected) in [
            ("'PROXY u:p@a:1'", "'PROXY *:*@a:1'"),
            ("'https  user@a:1'", "'https  ****@a:1'"),
            ("'http://u:p@a/'", "'http://*:*@a/'"),
            ("/^[^:]+:[^@]+@/.test(h)", "/^[^:]+:[^@]+@/.test(h)"),
            ("// me@example.com", "// me@example.com"),
            ("host == 'a@b'", "host == 'a@b'"),
        ] {
            assert_eq!(page(script.as_bytes()), expected.as_bytes());
        }
    }
}
