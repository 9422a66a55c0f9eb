//! Functions that look at a host's text, and two that look at nothing.

use super::{Host, Throw, Value, argument};

/// `isPlainHostName(host)`: no dot, no colon.
///
/// Source: NETSCAPE-PAC, community: all read "no dot", but differ in IPv6
/// addresses and `name:port`. We do as Firefox does, since an address is no
/// name of the local domain.
pub(super) fn is_plain_host_name(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let host = argument(arguments, 0).string("isPlainHostName")?;
    Ok(is_plain(host).into())
}

pub(super) fn is_plain(host: &str) -> bool {
    !host.bytes().any(|byte| matches!(byte, b'.' | b':'))
}

/// `dnsDomainIs(host, domain)`: whether the host's text ends in the
/// domain's; case and dots count.
///
/// Source: NETSCAPE-PAC, community.
pub(super) fn dns_domain_is(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let (host, domain) = (argument(arguments, 0), argument(arguments, 1));
    if let (Some(host), Some(domain)) = (host.as_str(), domain.as_str()) {
        return Ok(ends(host, domain).into());
    }
    // `undefined` and `null` have no length to compare; other values have
    // one that no text is as long as.
    for value in [host, domain] {
        if matches!(value, Value::Undefined | Value::Null) {
            value.string("dnsDomainIs")?;
        }
    }
    Ok(false.into())
}

pub(super) fn ends(host: &str, domain: &str) -> bool {
    host.ends_with(domain)
}

/// `localHostOrDomainIs(host, hostdom)`: equal, or `hostdom` continues
/// `host` after a dot.
///
/// Source: NETSCAPE-PAC, community.
pub(super) fn local_host_or(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let (host, whole) = (argument(arguments, 0), argument(arguments, 1));
    let none = |value| matches!(value, &Value::Undefined | &Value::Null);
    if host == whole || (none(host) && none(whole)) {
        return Ok(true.into());
    }
    let whole = whole.string("localHostOrDomainIs")?;
    Ok(is_continued(&host.text(), whole).into())
}

pub(super) fn is_continued(host: &str, whole: &str) -> bool {
    let rest = whole.strip_prefix(host);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `dnsDomainLevels(host)`: how many dots there are.
pub(super) fn dns_domain_levels(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let host = argument(arguments, 0).string("dnsDomainLevels")?;
    Ok(Value::Number(dots(host)))
}

pub(super) fn dots(host: &str) -> f64 {
    host.bytes().filter(|byte| *byte == b'.').count() as f64
}

/// `alert(message)`: the message goes to the embedder.
pub(super) fn alert(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    host.ask.alert(&argument(arguments, 0).text())?;
    Ok(Value::Undefined)
}

/// `getClientVersion()`: always `1.0`.
///
/// Source: WINHTTP-PAC-EX, documented.
pub(super) fn client_version(
    _: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    Ok("1.0".into())
}

#[cfg(test)]
mod tests {
    use crate::builtins::tests::Fake;

    #[test]
    fn hosts() {
        let cases = [
            // The table of NETSCAPE-PAC.
            (r#"dnsDomainIs("WWW.EXAMPLE.COM",".example.com")"#, "false"),
            (r#"dnsDomainIs("a","")"#, "true"),
            (r#"localHostOrDomainIs("www","www.example.com")"#, "true"),
            (r#"localHostOrDomainIs("ww","www.example.com")"#, "false"),
            (
                r#"localHostOrDomainIs("www.example","www.example.com")"#,
                "true",
            ),
            (r#"localHostOrDomainIs("","www.example.com")"#, "false"),
            (r#"localHostOrDomainIs("WWW","www.example.com")"#, "false"),
            (r#"isPlainHostName("::1")"#, "false"),
            (r#"isPlainHostName("[::1]")"#, "false"),
            (r#"isPlainHostName("foo:1")"#, "false"),
            (r#"getClientVersion()"#, r#""1.0""#),
            // Its notes.
            (r#"dnsDomainIs("notexample.com","example.com")"#, "true"),
            (r#"dnsDomainIs("www.example.com.",".example.com")"#, "false"),
            (r#"dnsDomainIs("example.com","www.example.com")"#, "false"),
            (
                r#"localHostOrDomainIs("www.example.com","www.example.com")"#,
                "true",
            ),
            (r#"localHostOrDomainIs("a.b.c","a.b.c.d")"#, "true"),
            (
                r#"localHostOrDomainIs("www.other.com","www.example.com")"#,
                "false",
            ),
            (r#"isPlainHostName("www")"#, "true"),
            (r#"isPlainHostName("")"#, "true"),
            (r#"isPlainHostName("www.example.com")"#, "false"),
            (r#"dnsDomainLevels("www")"#, "#0"),
            (r#"dnsDomainLevels("www.example.com")"#, "#2"),
            (r#"dnsDomainLevels("a.")"#, "#1"),
            // What is not a string.
            ("isPlainHostName(null)", "throws"),
            ("isPlainHostName(5)", "throws"),
            ("isPlainHostName()", "throws"),
            (r#"dnsDomainIs(undefined,"a")"#, "throws"),
            (r#"dnsDomainIs("a",null)"#, "throws"),
            (r#"dnsDomainIs(5,"5")"#, "false"),
            ("localHostOrDomainIs(undefined,null)", "true"),
            (r#"localHostOrDomainIs("a",null)"#, "throws"),
            (r#"localHostOrDomainIs(5,"5.example")"#, "true"),
            ("dnsDomainLevels()", "throws"),
        ];
        for (expression, expected) in cases {
            let mut fake = Fake::default();
            assert_eq!(fake.eval(expression), expected, "{expression}");
            assert!(fake.asked.is_empty(), "{expression}");
        }
    }

    #[test]
    fn alerts() {
        let mut fake = Fake::default();
        for call in [r#"alert("a b")"#, "alert()", "alert(1.5)", "alert(null)"]
        {
            assert_eq!(fake.eval(call), "undefined");
        }
        assert_eq!(fake.alerts, ["a b", "undefined", "1.5", "null"]);
    }
}
