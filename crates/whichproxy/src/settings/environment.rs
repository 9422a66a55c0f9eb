//! The variables that curl follows.

use super::mask::shown;
use super::reader::{Odd, Reader, read_bypass};
use super::{Origin, ProxyMap, Setting};
use crate::bypass::{BypassList, Profile};

/// The variables that curl follows.
///
/// Each is looked for in lower case, then in upper case, then in any other
/// spelling, which counts on Windows, where names have no case. An empty
/// variable is none.
///
/// Source: CURL-MAN, documented.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct EnvironmentSettings {
    /// `http_proxy`, spelled in lower case: curl ignores `HTTP_PROXY` where
    /// names have case.
    pub http_proxy: Setting<ProxyMap>,
    /// `HTTP_PROXY` in any other spelling, which curl sees only on Windows,
    /// where names have no case.
    pub http_proxy_upper: Setting<ProxyMap>,
    /// `https_proxy`, else `HTTPS_PROXY`.
    pub https_proxy: Setting<ProxyMap>,
    /// `ftp_proxy`, else `FTP_PROXY`.
    pub ftp_proxy: Setting<ProxyMap>,
    /// `all_proxy`, else `ALL_PROXY`.
    pub all_proxy: Setting<ProxyMap>,
    /// `no_proxy`, else `NO_PROXY`.
    pub no_proxy: Setting<BypassList>,
}

impl EnvironmentSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> EnvironmentSettings {
        let env = reader.env();
        let lower = |name: &str| {
            env.get_key_value(name).filter(|(_, value)| !value.is_empty())
        };
        let upper = |name: &str| {
            let capitals = name.to_ascii_uppercase();
            let set = |(_, value): &(_, &String)| !value.is_empty();
            env.get_key_value(&capitals).filter(set).or_else(|| {
                env.iter().filter(set).find(|(known, _)| {
                    *known != name && known.eq_ignore_ascii_case(name)
                })
            })
        };
        let any = |name: &str| lower(name).or_else(|| upper(name));
        EnvironmentSettings {
            http_proxy: proxy(reader, lower("http_proxy")),
            http_proxy_upper: proxy(reader, upper("http_proxy")),
            https_proxy: proxy(reader, any("https_proxy")),
            ftp_proxy: proxy(reader, any("ftp_proxy")),
            all_proxy: proxy(reader, any("all_proxy")),
            no_proxy: read(reader, any("no_proxy"), |text, odd| {
                Ok(read_bypass(text, Profile::Curl, odd))
            }),
        }
    }
}

/// A variable's name and value.
type Variable<'a> = Option<(&'a String, &'a String)>;

fn proxy(
    reader: &mut Reader<'_>,
    variable: Variable<'_>,
) -> Setting<ProxyMap> {
    read(reader, variable, |text, odd| {
        let (map, notes) = ProxyMap::parse_curl(text)?;
        let notes = notes.iter();
        odd.extend(notes.map(|what| format!("`{}` {what}", shown(text))));
        Ok(map)
    })
}

fn read<T>(
    reader: &mut Reader<'_>,
    variable: Variable<'_>,
    read: impl FnOnce(&str, &mut Odd) -> Result<T, &'static str>,
) -> Setting<T> {
    let Some((name, value)) = variable else {
        return Setting::Unset;
    };
    let origin = Origin::Environment { name: name.clone() };
    reader.judge(origin, value, |odd| match read(value, odd) {
        Ok(value) => Ok(Some(value)),
        Err(why) => Err(why.to_owned()),
    })
}
