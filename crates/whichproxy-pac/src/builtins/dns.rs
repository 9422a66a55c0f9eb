//! Functions that ask for addresses.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Host, Throw, Value, argument};
use crate::Family;

/// The longest name that anybody is asked for: DNS has no longer ones.
const NAME_BYTES: usize = 255;

/// `dnsResolve(host)`: the first IPv4 address, or `null`.
///
/// An IPv4 address is its own answer, an IPv6 address has none, and what is
/// not a string has none either; nobody is asked for those.
///
/// Source: WINHTTP-PAC-EX (IPv4 only), documented; NETSCAPE-PAC, community.
pub(super) fn dns_resolve(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let address = ipv4(argument(arguments, 0), host)?;
    Ok(address.map_or(Value::Null, |address| address.to_string().into()))
}

/// `isResolvable(host)`: whether `dnsResolve(host)` is not `null`.
pub(super) fn is_resolvable(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    Ok(ipv4(argument(arguments, 0), host)?.is_some().into())
}

/// `dnsResolveEx(host)`: IPv6 addresses, then IPv4 ones, joined by `;`; an
/// empty string where there are none.
///
/// Source: WINHTTP-PAC-EX, documented.
pub(super) fn dns_resolve_ex(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    Ok(any(argument(arguments, 0), host)?.into())
}

/// `isResolvableEx(host)`: whether there is any address.
///
/// Source: WINHTTP-PAC-EX, documented.
pub(super) fn is_resolvable_ex(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    Ok((!any(argument(arguments, 0), host)?.is_empty()).into())
}

/// `myIpAddress()`: the machine's first IPv4 address, or `127.0.0.1`.
///
/// Source: WINHTTP-PAC-EX (IPv4 only), documented; what stands for none,
/// NETSCAPE-PAC, community.
pub(super) fn my_ip_address(
    _: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let own = host.ask.own_addresses(Family::V4)?;
    Ok(own.first().map_or("127.0.0.1".into(), |own| own.to_string().into()))
}

/// `myIpAddressEx()`: the machine's addresses as `dnsResolveEx` writes them.
///
/// Source: WINHTTP-PAC-EX, documented.
pub(super) fn my_ip_address_ex(
    _: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    Ok(joined(&host.ask.own_addresses(Family::Any)?).into())
}

/// The first IPv4 address of what may be a name.
pub(super) fn ipv4(
    value: &Value<'_>,
    host: &mut Host<'_>,
) -> Result<Option<Ipv4Addr>, Throw> {
    let Some(name) = value.as_str() else { return Ok(None) };
    if let Ok(address) = name.parse() {
        return Ok(Some(address));
    }
    if !may_be_name(name) {
        return Ok(None);
    }
    let found = host.ask.resolve(name, Family::V4)?;
    Ok(found.iter().find_map(|address| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    }))
}

fn any(value: &Value<'_>, host: &mut Host<'_>) -> Result<String, Throw> {
    let Some(name) = value.as_str() else { return Ok(String::new()) };
    if is_address(name) {
        return Ok(name.to_owned());
    }
    if !may_be_name(name) {
        return Ok(String::new());
    }
    Ok(joined(&host.ask.resolve(name, Family::Any)?))
}

fn is_address(text: &str) -> bool {
    let (address, _) = text.split_once('%').unwrap_or((text, ""));
    text.parse::<Ipv4Addr>().is_ok() || address.parse::<Ipv6Addr>().is_ok()
}

/// Whether it is worth asking: a colon stands in no name, but in addresses.
fn may_be_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_BYTES
        && !name.contains(|c: char| c == ':' || c.is_control())
}

fn joined(addresses: &[IpAddr]) -> String {
    let mut out = String::new();
    let (v6, v4) = (Family::V6, Family::V4);
    for family in [v6, v4] {
        for address in addresses.iter().filter(|a| family.contains(a)) {
            let separator = if out.is_empty() { "" } else { ";" };
            // Writing to a string cannot fail.
            let _ = write!(out, "{separator}{address}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::builtins::tests::Fake;

    fn fake() -> Fake {
        let mut fake = Fake::default();
        let both = ["192.0.2.7", "2001:db8::7", "192.0.2.8"];
        let both = both.map(|text| text.parse().unwrap());
        fake.names.insert("both.example".into(), both.into());
        let six = vec!["2001:db8::9".parse().unwrap()];
        fake.names.insert("six.example".into(), six);
        let own = ["fe80::1", "10.9.8.7", "10.9.8.6"];
        fake.own = own.map(|text| text.parse().unwrap()).into();
        fake
    }

    #[test]
    fn lookups() {
        let cases: &[(&str, &str, &str)] = &[
            // The table of NETSCAPE-PAC.
            (
                r#"dnsResolve("nonexistent.invalid")"#,
                "null",
                "nonexistent.invalid v4",
            ),
            (r#"dnsResolve("::1")"#, "null", ""),
            ("myIpAddress()", r#""10.9.8.7""#, "my-ip v4"),
            (
                r#"dnsResolveEx("nonexistent.invalid")"#,
                r#""""#,
                "nonexistent.invalid any",
            ),
            // Its notes, and Microsoft's pages.
            (
                r#"dnsResolve("both.example")"#,
                r#""192.0.2.7""#,
                "both.example v4",
            ),
            (r#"dnsResolve("six.example")"#, "null", "six.example v4"),
            (
                r#"dnsResolveEx("both.example")"#,
                r#""2001:db8::7;192.0.2.7;192.0.2.8""#,
                "both.example any",
            ),
            (r#"isResolvable("both.example")"#, "true", "both.example v4"),
            (r#"isResolvable("six.example")"#, "false", "six.example v4"),
            (r#"isResolvableEx("six.example")"#, "true", "six.example any"),
            (r#"isResolvableEx("none.example")"#, "false", "none.example any"),
            ("myIpAddressEx()", r#""fe80::1;10.9.8.7;10.9.8.6""#, "my-ip any"),
            // Nobody is asked for an address, or for nothing.
            (r#"dnsResolve("192.0.2.1")"#, r#""192.0.2.1""#, ""),
            (r#"dnsResolve("[::1]")"#, "null", ""),
            (r#"dnsResolve("")"#, "null", ""),
            ("dnsResolve()", "null", ""),
            ("dnsResolve(null)", "null", ""),
            ("dnsResolve(5)", "null", ""),
            (r#"dnsResolveEx("fe80::1%3")"#, r#""fe80::1%3""#, ""),
            (r#"dnsResolveEx("192.0.2.1")"#, r#""192.0.2.1""#, ""),
            (r#"dnsResolveEx("a:80")"#, r#""""#, ""),
            ("dnsResolveEx()", r#""""#, ""),
            ("isResolvable(undefined)", "false", ""),
            (r#"isResolvableEx("::1")"#, "true", ""),
            // No address to a strict reader: the resolver may know.
            (r#"dnsResolve("010.1.2.3")"#, "null", "010.1.2.3 v4"),
        ];
        for (expression, expected, asked) in cases {
            let mut fake = fake();
            assert_eq!(fake.eval(expression), *expected, "{expression}");
            assert_eq!(fake.asked.join(", "), *asked, "{expression}");
        }
    }

    #[test]
    fn no_own_address() {
        let mut fake = Fake::default();
        assert_eq!(fake.eval("myIpAddress()"), r#""127.0.0.1""#);
        assert_eq!(fake.eval("myIpAddressEx()"), r#""""#);
    }

    #[test]
    fn names_longer_than_dns_has_are_not_asked() {
        let mut fake = Fake::default();
        let call = format!(r#"dnsResolve("{}")"#, "a".repeat(256));
        assert_eq!(fake.eval(&call), "null");
        assert!(fake.asked.is_empty());
    }
}
