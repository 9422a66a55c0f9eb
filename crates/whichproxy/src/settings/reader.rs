//! Values as they stand in a registry, made into settings.

use std::collections::BTreeMap;

use url::Url;

use super::mask::shown;
use super::{Malformed, Origin, ProxyMap, Setting, Sourced, Warning};
use crate::bypass::{BypassList, Profile};
use crate::error::{Error, ErrorKind};
use crate::machine::Machine;
use crate::registry::{Found, Hex, Key, Value};

/// Asks a machine for values, and collects what is odd about them.
pub(super) struct Reader<'a> {
    machine: &'a Machine,
    warnings: Vec<Warning>,
}

/// What is odd about one value.
pub(super) type Odd = Vec<String>;

impl<'a> Reader<'a> {
    pub(super) fn new(machine: &'a Machine) -> Reader<'a> {
        Reader { machine, warnings: Vec::new() }
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    pub(super) fn env(&self) -> &'a BTreeMap<String, String> {
        self.machine.env()
    }

    pub(super) fn warn(&mut self, origin: &Origin, text: impl Into<String>) {
        let origin = origin.clone();
        self.warnings.push(Warning { origin, text: text.into() });
    }

    pub(super) fn find(
        &self,
        key: &Key,
        name: &str,
    ) -> Result<Option<Sourced<Value>>, Error> {
        match self.machine.registry().value(key, name) {
            Ok(None) => Ok(None),
            Ok(Some(Found { value, place })) => {
                let name = name.to_owned();
                let origin =
                    Origin::Registry { key: key.clone(), name, place };
                Ok(Some(Sourced::new(value, origin)))
            }
            Err(fault) => Err(Error::new(
                ErrorKind::Registry,
                format_args!("{key}\\{name}: {fault}"),
            )
            .with_source(fault)),
        }
    }

    /// The value called `name` of `key`, as `read` understands it.
    ///
    /// `read` gives `None` for a value that sets nothing, as empty text, and
    /// an error that says why the value is none.
    pub(super) fn setting<T>(
        &mut self,
        key: &Key,
        name: &str,
        read: impl FnOnce(&Value, &mut Odd) -> Result<Option<T>, String>,
    ) -> Result<Setting<T>, Error> {
        let Some(Sourced { value, origin }) = self.find(key, name)? else {
            return Ok(Setting::Unset);
        };
        Ok(self.judge(origin, &display(&value), |odd| read(&value, odd)))
    }

    /// The same where the value is at hand: `text` is how to show it.
    pub(super) fn judge<T>(
        &mut self,
        origin: Origin,
        text: &str,
        read: impl FnOnce(&mut Odd) -> Result<Option<T>, String>,
    ) -> Setting<T> {
        let mut odd = Odd::new();
        let result = read(&mut odd);
        odd.into_iter().for_each(|text| self.warn(&origin, text));
        match result {
            Ok(Some(value)) => Setting::Set(Sourced { value, origin }),
            Ok(None) => Setting::Unset,
            Err(reason) => {
                let malformed = Malformed { text: shown(text), reason };
                self.warn(&origin, format!("can't be read: {malformed}"));
                Setting::Malformed(Sourced { value: malformed, origin })
            }
        }
    }

    pub(super) fn number(
        &mut self,
        key: &Key,
        name: &str,
    ) -> Result<Setting<u32>, Error> {
        self.setting(key, name, |value, odd| number(value, odd).map(Some))
    }

    /// A number of which 0 means no and 1 means yes.
    pub(super) fn flag(
        &mut self,
        key: &Key,
        name: &str,
    ) -> Result<Setting<bool>, Error> {
        self.setting(key, name, |value, odd| {
            let number = number(value, odd)?;
            if number > 1 {
                odd.push(format!("is {number}, neither 0 nor 1: read as 1"));
            }
            Ok(Some(number != 0))
        })
    }

    /// Text that is not empty.
    pub(super) fn text<T>(
        &mut self,
        key: &Key,
        name: &str,
        read: impl FnOnce(&str, &mut Odd) -> Result<Option<T>, String>,
    ) -> Result<Setting<T>, Error> {
        let env = self.env();
        self.setting(key, name, |value, odd| {
            let text = text(value, env, odd)?;
            match text.trim().is_empty() {
                true => Ok(None),
                false => read(&text, odd),
            }
        })
    }

    pub(super) fn url(
        &mut self,
        key: &Key,
        name: &str,
    ) -> Result<Setting<Url>, Error> {
        self.text(key, name, |text, odd| read_url(text, odd).map(Some))
    }

    pub(super) fn bypass(
        &mut self,
        key: &Key,
        name: &str,
        profile: Profile,
    ) -> Result<Setting<BypassList>, Error> {
        self.text(key, name, |text, odd| {
            Ok(Some(read_bypass(text, profile, odd)))
        })
    }
}

/// A bypass list; what is odd about its first entries is told.
pub(super) fn read_bypass(
    text: &str,
    profile: Profile,
    odd: &mut Odd,
) -> BypassList {
    const MOST: usize = 16;
    let list = BypassList::new(text, profile);
    let oddities = list.oddities();
    odd.extend(oddities.iter().take(MOST).map(ToString::to_string));
    if let Some(more) = oddities.len().checked_sub(MOST).filter(|n| *n > 0) {
        odd.push(format!("bypass list: {more} more entries are odd"));
    }
    list
}

/// The value as a person would write it.
pub(super) fn display(value: &Value) -> String {
    match value {
        Value::Binary(data) | Value::Other { data, .. } => {
            Hex(data).to_string()
        }
        Value::Dword(number) | Value::DwordBigEndian(number) => {
            number.to_string()
        }
        Value::ExpandString(text) | Value::String(text) => text.clone(),
        Value::MultiString(texts) => texts.join(";"),
        Value::Qword(number) => number.to_string(),
    }
}

/// A `REG_DWORD`, or what plainly means one.
pub(super) fn number(value: &Value, odd: &mut Odd) -> Result<u32, String> {
    let number = match value {
        Value::Dword(number) => return Ok(*number),
        Value::DwordBigEndian(number) => Some(*number),
        Value::Qword(number) => u32::try_from(*number).ok(),
        Value::String(text) | Value::ExpandString(text) => {
            let text = until_nul(text).trim();
            let (digits, radix) = match text.get(..2) {
                Some("0x" | "0X") => (text.get(2..).unwrap_or_default(), 16),
                _ => (text, 10),
            };
            match digits.starts_with(['+', '-']) {
                true => None,
                false => u32::from_str_radix(digits, radix).ok(),
            }
        }
        Value::Binary(data) => {
            <[u8; 4]>::try_from(data.as_slice()).ok().map(u32::from_le_bytes)
        }
        _ => None,
    };
    let name = value.type_name();
    let number =
        number.ok_or_else(|| format!("expected a REG_DWORD, found {name}"))?;
    odd.push(format!("is {name}, not REG_DWORD: read as {number}"));
    Ok(number)
}

/// Text up to its first NUL, with variables filled in; several texts joined
/// by `;`.
fn text(
    value: &Value,
    env: &BTreeMap<String, String>,
    odd: &mut Odd,
) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(until_nul(text).to_owned()),
        Value::ExpandString(text) => expand(until_nul(text), env, odd),
        Value::MultiString(texts) => Ok(texts.join(";")),
        _ => Err(format!("expected a REG_SZ, found {}", value.type_name())),
    }
}

fn until_nul(text: &str) -> &str {
    text.split_once('\0').map_or(text, |(text, _)| text)
}

/// Replaces `%NAME%` by what the variable holds, whatever its case; others
/// stay as they are.
fn expand(
    text: &str,
    env: &BTreeMap<String, String>,
    odd: &mut Odd,
) -> Result<String, String> {
    /// Windows' own limit for expanded text.
    const LONGEST: usize = 32_767;
    let mut out = String::new();
    let mut rest = text;
    let mut unknown = false;
    while let Some((plain, tail)) = rest.split_once('%') {
        out.push_str(plain);
        rest = tail;
        let Some((name, tail)) = tail.split_once('%') else {
            out.push('%');
            break;
        };
        let found = env.get(name).or_else(|| {
            let mut all = env.iter();
            let same = |known: &str| known.eq_ignore_ascii_case(name);
            all.find(|(known, _)| same(known)).map(|(_, value)| value)
        });
        match found {
            Some(value) => {
                out.push_str(value);
                rest = tail;
            }
            // The second `%` may begin another name.
            None => {
                out.push('%');
                out.push_str(name);
                rest = tail_with_percent(rest, name);
                if !unknown {
                    odd.push(format!(
                        "has `%{}%`, which is no variable of the machine: \
                         kept as it is",
                        shown(name)
                    ));
                }
                unknown = true;
            }
        }
        if out.len() > LONGEST {
            return Err(format!(
                "longer than {LONGEST} characters once its variables are \
                 filled in"
            ));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What follows `name`, the `%` behind it included.
fn tail_with_percent<'t>(rest: &'t str, name: &str) -> &'t str {
    rest.get(name.len()..).unwrap_or_default()
}

/// An absolute URL of a PAC script.
pub(super) fn read_url(text: &str, odd: &mut Odd) -> Result<Url, String> {
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        odd.push("has blanks around it".to_owned());
    }
    let url = Url::parse(trimmed)
        .map_err(|error| format!("expected an absolute URL: {error}"))?;
    // `C:\proxy.pac` is no URL of scheme `c`.
    if url.scheme().len() < 2 || url.cannot_be_a_base() {
        return Err("expected an absolute URL, as `http://host/file`".into());
    }
    if !matches!(url.scheme(), "http" | "https") {
        // Source: WINHTTP-AUTOPROXY-SUPPORT, documented.
        odd.push(format!(
            "has the scheme `{}`, and WinHTTP fetches scripts by http and \
             https only",
            url.scheme()
        ));
    }
    Ok(url)
}

/// A proxy list of which at least one element can be read.
pub(super) fn read_proxies(
    text: &str,
    odd: &mut Odd,
) -> Result<ProxyMap, String> {
    let (map, notes) = ProxyMap::parse(text);
    match map.is_empty() {
        false => {
            odd.extend(notes);
            Ok(map)
        }
        true if notes.is_empty() => Err("there is no proxy in it".into()),
        true => Err(notes.join(", ")),
    }
}

/// A URL with its credentials masked.
pub(super) fn masked_url(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut masked = url.clone();
    // Both succeed on a URL that has credentials; if not, none are shown.
    match (masked.set_username("***"), masked.set_password(None)) {
        (Ok(()), Ok(())) => masked.into(),
        _ => super::mask::masked(url.as_str()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_types() {
        for (value, expected, notes) in [
            (Value::Dword(7), Some(7), 0),
            (Value::String("1".into()), Some(1), 1),
            (Value::String(" 0x1F\0".into()), Some(31), 1),
            (Value::String("+1".into()), None, 0),
            (Value::String("yes".into()), None, 0),
            (Value::String("é".into()), None, 0),
            (Value::Qword(3), Some(3), 1),
            (Value::Qword(u64::MAX), None, 0),
            (Value::DwordBigEndian(5), Some(5), 1),
            (Value::Binary(vec![1, 0, 0, 0]), Some(1), 1),
            (Value::Binary(vec![1]), None, 0),
            (Value::Other { kind: 4, data: vec![1] }, None, 0),
        ] {
            let mut odd = Odd::new();
            assert_eq!(number(&value, &mut odd).ok(), expected, "{value:?}");
            assert_eq!(odd.len(), notes, "{odd:?}");
        }
    }

    #[test]
    fn variables_are_filled_in() {
        let env = [("ProxyHost", "proxy"), ("Empty", "")];
        let env = env.map(|(n, v)| (n.to_owned(), v.to_owned()));
        let env = BTreeMap::from(env);
        for (text, expected, notes) in [
            ("%PROXYHOST%:80", "proxy:80", 0),
            ("a%proxyhost%%empty%b", "aproxyb", 0),
            ("100%", "100%", 0),
            ("%no%ProxyHost%", "%noproxy", 1),
            ("%no%no%no", "%no%no%no", 1),
            ("%%", "%%", 1),
        ] {
            let mut odd = Odd::new();
            assert_eq!(expand(text, &env, &mut odd).unwrap(), expected);
            assert_eq!(odd.len(), notes, "{text}: {odd:?}");
        }
        let env = BTreeMap::from([("A".to_owned(), "x".repeat(1000))]);
        let bomb = "%a%".repeat(33);
        assert!(expand(&bomb, &env, &mut Odd::new()).is_err());
        let fine = "%a%".repeat(32);
        assert!(expand(&fine, &env, &mut Odd::new()).is_ok());
    }

    #[test]
    fn urls_are_shown_without_credentials() {
        for (text, expected) in [
            ("http://u:p@h/a@b", "http://***@h/a@b"),
            ("http://u@h/", "http://***@h/"),
            ("http://:p@h/", "http://***@h/"),
            ("http://h/?u=a@b", "http://h/?u=a@b"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(masked_url(&url), expected);
        }
    }

    #[test]
    fn urls() {
        for (text, expected, notes) in [
            ("http://h/p.pac", Some("http://h/p.pac"), 0),
            (" https://H/ ", Some("https://h/"), 1),
            ("file:///C:/p.pac", Some("file:///C:/p.pac"), 1),
            (r"C:\p.pac", None, 0),
            ("wpad.dat", None, 0),
            ("mailto:x", None, 0),
            ("//h/p.pac", None, 0),
        ] {
            let mut odd = Odd::new();
            let url = read_url(text, &mut odd).ok();
            assert_eq!(url.as_ref().map(Url::as_str), expected, "{text}");
            assert_eq!(odd.len(), notes, "{text}");
        }
    }
}
