//! Programs that follow the environment variables as curl does.

use super::{Action, Draft, OnUnreachable, Step};
use crate::bypass::{BypassList, Profile};
use crate::evidence::Evidence::Documented;
use crate::settings::{Dialect, ProxyMap, Setting, Settings};

/// Two readings, by whether names of variables have case: on Windows they
/// have none, so curl finds `HTTP_PROXY` when it looks for `http_proxy`;
/// elsewhere it ignores the upper-case one on purpose.
pub(super) fn readings(settings: &Settings) -> Vec<Draft> {
    let mut windows = Draft::new(
        "windows",
        "CURL-MAN",
        Documented,
        "names of variables have no case, so HTTP_PROXY counts as \
         http_proxy",
    );
    let env = &settings.environment;
    let either = match &env.http_proxy {
        Setting::Unset => &env.http_proxy_upper,
        lower => lower,
    };
    variables(&mut windows, settings, either);
    let mut unix = Draft::new(
        "unix",
        "CURL-MAN",
        Documented,
        "names of variables have case, and curl ignores HTTP_PROXY, which \
         a web server could set for a CGI program",
    );
    variables(&mut unix, settings, &env.http_proxy);
    vec![windows, unix]
}

fn variables(
    draft: &mut Draft,
    settings: &Settings,
    http_proxy: &Setting<ProxyMap>,
) {
    let env = &settings.environment;
    let bypass = env
        .no_proxy
        .value()
        .cloned()
        .unwrap_or_else(|| BypassList::new("", Profile::Curl));
    let schemes = [
        ("http", "http_proxy", http_proxy),
        ("https", "https_proxy", &env.https_proxy),
        ("ftp", "ftp_proxy", &env.ftp_proxy),
        ("", "all_proxy", &env.all_proxy),
    ];
    for (scheme, name, setting) in schemes {
        match setting {
            Setting::Set(set) if !set.value.is_empty() => {
                let proxies = match scheme {
                    "" => set.value.clone(),
                    scheme => set.value.only_for(scheme),
                };
                let action = Action::Static {
                    proxies,
                    dialect: Dialect::Wininet,
                    bypass: bypass.clone(),
                    first_only: true,
                };
                draft.push(
                    Step::new(action, "CURL-MAN", Documented)
                        .from(&set.origin)
                        .on_unreachable(OnUnreachable::Stop),
                );
            }
            setting => draft.skip_setting(name, setting),
        }
    }
    draft.push(Step::new(Action::Direct, "CURL-MAN", Documented));
}
