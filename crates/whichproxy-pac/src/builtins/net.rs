//! Functions that compute with addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{Host, Throw, Value, argument, dns, text_number};

/// `isInNet(host, pattern, mask)`: whether an IPv4 address, or the one that
/// the host's name has, equals `pattern` in the bits of `mask`.
///
/// Pattern and mask must be four numbers of up to three digits and 255
/// (leading zeros are decimal), else the answer is `false` and nobody is
/// asked.
///
/// Source: NETSCAPE-PAC, community.
pub(super) fn is_in_net(
    arguments: &[Value<'_>],
    host: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let quads = |index| quad(&argument(arguments, index).text());
    let (Some(pattern), Some(mask)) = (quads(1), quads(2)) else {
        return Ok(false.into());
    };
    let subject = argument(arguments, 0);
    let address = match quad(&subject.text()) {
        Some(address) => address,
        None => match dns::ipv4(subject, host)? {
            Some(address) => address.to_bits(),
            None => return Ok(false.into()),
        },
    };
    Ok((address & mask == pattern & mask).into())
}

/// Four decimal numbers of one to three digits up to 255, with dots.
pub(crate) fn quad(text: &str) -> Option<u32> {
    let mut parts = text.split('.');
    let mut bits = 0;
    for _ in 0..4 {
        let part = parts.next()?;
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(1..=3).contains(&part.len()) {
            return None;
        }
        bits = bits << 8 | u32::from(part.parse::<u8>().ok()?);
    }
    parts.next().is_none().then_some(bits)
}

/// `isInNetEx(address, prefix)`: whether an address lies in `prefix/length`.
///
/// `false` where either cannot be read, or one is IPv4 and the other IPv6
/// (so no IPv4 address lies in `::ffff:0:0/96`); names are not resolved.
///
/// Source: WINHTTP-PAC-EX, documented; names, inferred.
pub(super) fn is_in_net_ex(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let address = argument(arguments, 0).as_str().and_then(address);
    let prefix = argument(arguments, 1).as_str().and_then(prefix);
    Ok(match (address, prefix) {
        (Some(address), Some(prefix)) => prefix.contains(&address),
        _ => false,
    }
    .into())
}

fn prefix(text: &str) -> Option<IpNet> {
    let (prefix, length) = text.split_once('/')?;
    if !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    IpNet::new(prefix.parse().ok()?, length.parse().ok()?).ok()
}

/// An address, an IPv6 one perhaps with a scope, which is dropped.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.into());
    }
    let (address, scope) = text.split_once('%').unwrap_or((text, "0"));
    if scope.is_empty() {
        return None;
    }
    address.parse::<Ipv6Addr>().ok().map(IpAddr::from)
}

/// `sortIpAddressList(list)`: IPv6 addresses in order, then IPv4 ones, as
/// they were written; an empty string where one cannot be read.
///
/// Source: WINHTTP-PAC-EX, documented. That the order is that of the
/// numbers is Chromium's, community: Microsoft's one example has a
/// link-local address before a global one.
pub(super) fn sort_addresses(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let Some(list) = argument(arguments, 0).as_str() else {
        return Ok("".into());
    };
    let read = list
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| Some((address(text)?, text)))
        .collect::<Option<Vec<_>>>();
    let Some(mut addresses) = read else { return Ok("".into()) };
    addresses.sort_by_key(|(address, _)| (address.is_ipv4(), *address));
    let texts: Vec<&str> = addresses.iter().map(|(_, text)| *text).collect();
    Ok(texts.join(";").into())
}

/// `convert_addr(text)`: the signed 32-bit number of a dotted quad; what is
/// missing, or not a number, is 0.
///
/// Source: NETSCAPE-PAC, community.
pub(super) fn convert_addr(
    arguments: &[Value<'_>],
    _: &mut Host<'_>,
) -> Result<Value<'static>, Throw> {
    let text = argument(arguments, 0).string("convert_addr")?;
    let mut bytes = [0; 4];
    for (byte, part) in bytes.iter_mut().zip(text.split('.')) {
        *byte = low_byte(text_number(part));
    }
    Ok(Value::Number(f64::from(i32::from_be_bytes(bytes))))
}

/// The low eight bits of a number, as `& 255` gives them.
fn low_byte(number: f64) -> u8 {
    if !number.is_finite() {
        return 0;
    }
    // Both are exact, and the second lies between 0 and 255.
    number.trunc().rem_euclid(256.0) as u8
}

#[cfg(test)]
mod tests {
    use crate::builtins::tests::Fake;

    #[test]
    fn addresses() {
        let cases = [
            // The table of NETSCAPE-PAC.
            (r#"isInNet("10.1.2.3","10.0.0.0","8")"#, "false"),
            (r#"isInNet("010.1.2.3","10.0.0.0","255.0.0.0")"#, "true"),
            (r#"isInNet("10.1.2.3","10.0.0","255.0.0.0")"#, "false"),
            (r#"isInNet(" 10.1.2.3","10.0.0.0","255.0.0.0")"#, "false"),
            (r#"isInNet("10.1.2","10.0.0.0","255.0.0.0")"#, "false"),
            (r#"convert_addr("10.0.0.1")"#, "#167772161"),
            (r#"convert_addr("192.168.0.1")"#, "#-1062731775"),
            (r#"convert_addr("10.1")"#, "#167837696"),
            (r#"isInNetEx("198.95.249.79","198.95.249.79/32")"#, "true"),
            (
                r#"isInNetEx("3ffe:8311:ffff:abcd::1","3ffe:8311:ffff::/48")"#,
                "true",
            ),
            (r#"isInNetEx("127.0.0.1","::ffff:127.0.0.0/104")"#, "false"),
            (r#"isInNetEx("10.0.0.1","10.0.0.0/8;11.0.0.0/8")"#, "false"),
            (
                r#"sortIpAddressList("10.0.0.2;::1;10.0.0.1")"#,
                r#""::1;10.0.0.1;10.0.0.2""#,
            ),
            (r#"sortIpAddressList("bad")"#, r#""""#),
            // Its notes.
            (r#"isInNet("10.1.2.3","10.0.0.0","255.0.0.0")"#, "true"),
            (r#"isInNet("11.1.2.3","10.0.0.0","255.0.0.0")"#, "false"),
            (r#"isInNet("10.1.2.3","10.9.9.9","255.0.0.0")"#, "true"),
            (r#"isInNet("10.9.2.3","10.0.2.0","255.0.255.0")"#, "true"),
            (r#"isInNet("10.1.2.256","10.0.0.0","255.0.0.0")"#, "false"),
            (r#"isInNet("10.1.2.0003","10.0.0.0","255.0.0.0")"#, "false"),
            (r#"isInNet("::1","0.0.0.0","0.0.0.0")"#, "false"),
            (r#"isInNet(null,"0.0.0.0","0.0.0.0")"#, "false"),
            (r#"isInNet(undefined,"0.0.0.0","0.0.0.0")"#, "false"),
            (r#"isInNet("1.2.3.4",null,"0.0.0.0")"#, "false"),
            (r#"isInNet("1.2.3.4")"#, "false"),
            ("isInNet()", "false"),
            (r#"isInNetEx("host.example","0.0.0.0/0")"#, "false"),
            (r#"isInNetEx("10.1.2.3","10.1.2.3/8")"#, "true"),
            (r#"isInNetEx("10.1.2.3","10.0.0.0/+8")"#, "false"),
            (r#"isInNetEx("10.1.2.3","10.0.0.0/33")"#, "false"),
            (r#"isInNetEx("10.1.2.3","10.0.0.0/")"#, "false"),
            (r#"isInNetEx("10.1.2.3","10.0.0.0")"#, "false"),
            (r#"isInNetEx("fe80::1%7","fe80::/10")"#, "true"),
            (r#"isInNetEx("::ffff:10.0.0.1","::ffff:0:0/96")"#, "true"),
            ("isInNetEx()", "false"),
            (
                r#"sortIpAddressList("fe80::2%4;157.59.139.22;FE80::1")"#,
                r#""FE80::1;fe80::2%4;157.59.139.22""#,
            ),
            (r#"sortIpAddressList(" ::2 ; ::1 ;")"#, r#""::1;::2""#),
            (r#"sortIpAddressList("::1;host")"#, r#""""#),
            (r#"sortIpAddressList("")"#, r#""""#),
            ("sortIpAddressList(5)", r#""""#),
            (r#"convert_addr("255.255.255.255")"#, "#-1"),
            (r#"convert_addr("x.0x10. 7 .")"#, "#1050368"),
            (r#"convert_addr("256.-1.1e2.99999999999")"#, "#16737535"),
            (r#"convert_addr("1.2.3.4.5")"#, "#16909060"),
            ("convert_addr(7)", "throws"),
        ];
        for (expression, expected) in cases {
            let mut fake = Fake::default();
            assert_eq!(fake.eval(expression), expected, "{expression}");
        }
    }

    #[test]
    fn names_are_resolved_once_both_masks_can_be_read() {
        let mut fake = Fake::default();
        let address = vec!["10.1.2.3".parse().unwrap()];
        fake.names.insert("a.example".into(), address);
        let cases = [
            (r#"isInNet("a.example","10.0.0.0","255.0.0.0")"#, "true", 1),
            (r#"isInNet("a.example","11.0.0.0","255.0.0.0")"#, "false", 1),
            (r#"isInNet("a.example","10.0.0.0","8")"#, "false", 0),
            (r#"isInNet("b.example","0.0.0.0","0.0.0.0")"#, "false", 1),
        ];
        for (expression, expected, asked) in cases {
            fake.asked.clear();
            assert_eq!(fake.eval(expression), expected, "{expression}");
            assert_eq!(fake.asked.len(), asked, "{expression}");
        }
    }
}
