//! WinINET: the identity's Internet settings.

use super::winhttp::internet_settings;
use super::{Action, Draft, OnUnavailable, Step};
use crate::evidence::Evidence::{Community, Documented};
use crate::settings::{Setting, Settings};

/// The same order as WinHTTP's automatic mode. `DisableWpad` is WinHTTP's
/// alone and does not count here (DISABLE-WPAD; inferred).
pub(super) fn readings(settings: &Settings) -> Vec<Draft> {
    let mut draft = Draft::new(
        "documented-order",
        "NETWORKPROXY-CSP",
        Documented,
        "auto-detect, setup script, proxy server, direct, each after the \
         one before failed",
    );
    match &settings.wininet.auto_detect {
        Setting::Set(on) if on.value => draft.push(
            Step::new(Action::Detect, "NETWORKPROXY-CSP", Documented)
                .from(&on.origin),
        ),
        setting => draft.skip_setting("auto-detect", setting),
    }
    internet_settings(&mut draft, settings, OnUnavailable::Next);
    draft.push(Step::new(Action::Direct, "IE-WPC", Community));
    vec![draft]
}
