//! Text from outside, made fit to be shown.

use std::borrow::Cow;

/// The text with everything that may be a user name and a password replaced
/// by `***`: what stands before an `@`, back to `://` or the `@` before it.
///
/// Rather too much is hidden than too little.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let Some((first, mut rest)) = text.split_once('@') else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    let mut before = first;
    loop {
        if let Some((scheme, _)) = before.rsplit_once("://") {
            out.push_str(scheme);
            out.push_str("://");
        }
        out.push_str("***@");
        match rest.split_once('@') {
            Some(split) => (before, rest) = split,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The same, shortened to what fits in a message, with control characters
/// escaped.
pub(crate) fn shown(text: &str) -> String {
    const LENGTH: usize = 80;
    let masked = masked(text);
    let end = masked.char_indices().nth(LENGTH).map(|(at, _)| at);
    match end.and_then(|end| masked.get(..end)) {
        Some(begin) => format!("{}…", begin.escape_debug()),
        None => masked.escape_debug().to_string(),
    }
    // Quotes need no escape between backticks.
    .replace("\\\"", "\"")
    .replace("\\'", "'")
    .replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden() {
        for (text, expected) in [
            ("proxy:80", "proxy:80"),
            ("user:pass@proxy:80", "***@proxy:80"),
            ("http://user:pass@proxy:80/", "http://***@proxy:80/"),
            ("http://us er:pa;ss@proxy", "http://***@proxy"),
            ("http://user:p@ss@proxy", "http://***@***@proxy"),
            ("http://a;http://u:p@b", "http://a;http://***@b"),
            ("a;u:p@b;v:q@c", "***@***@c"),
            ("@", "***@"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn messages_are_short_and_on_one_line() {
        assert_eq!(shown("C:\\x \"y\"\n\u{7}"), "C:\\x \"y\"\\n\\u{7}");
        assert_eq!(shown(&"ä".repeat(80)), "ä".repeat(80));
        assert_eq!(shown(&"ä".repeat(81)), format!("{}…", "ä".repeat(80)));
    }
}
