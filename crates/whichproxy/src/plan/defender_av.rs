//! Microsoft Defender Antivirus: the list of its policy, as it stands there.

use super::winhttp::FailsOver;
use super::winhttp::machine_proxy;
use super::{Action, Applies, Draft, OnUnavailable, OnUnreachable, Step};
use crate::bypass::{BypassList, Profile};
use crate::evidence::Evidence::{Documented, Inferred};
use crate::settings::{Dialect, Setting, Settings};

/// "1. Proxy server (if specified) 2. Proxy .pac URL (if specified) 3. None
/// 4. Internet Explorer proxy settings 5. Autodetect" (ADMX-AV-PROXY).
pub(super) fn readings(settings: &Settings) -> Vec<Draft> {
    let mut draft = Draft::new(
        "documented-order",
        "ADMX-AV-PROXY",
        Documented,
        "proxy server, .pac URL, none, Internet Explorer settings, \
         autodetect, each after the one before failed",
    );
    updates(&mut draft, settings);
    proxy_server(&mut draft, settings);
    proxy_pac_url(&mut draft, settings);
    draft.push(next(Step::new(Action::Direct, "ADMX-AV-PROXY", Documented)));
    internet_explorer(&mut draft, settings);
    autodetect(&mut draft, settings);
    vec![draft]
}

/// What a step of this list has in common: it stands aside for updates, and
/// when it fails the next one follows.
fn next(step: Step) -> Step {
    step.applies(Applies::ExceptUpdates)
        .on_unavailable(OnUnavailable::Next)
        .on_unreachable(OnUnreachable::Next)
}

/// Windows Update and Microsoft Update get the system-wide proxy.
///
/// Source: MDE-PROXY, documented. That "system-wide proxy" is the one of
/// netsh, and that there is no way round it, is inferred.
fn updates(draft: &mut Draft, settings: &Settings) {
    if let Some(step) = machine_proxy(settings, FailsOver::No) {
        let step = Step { source: "MDE-PROXY", ..step };
        draft.push(step.applies(Applies::OnlyUpdates));
    }
    let direct = Step::new(Action::Direct, "MDE-PROXY", Inferred);
    draft.push(direct.applies(Applies::OnlyUpdates));
}

/// Policy first, then preference, value by value (AV-PREFERENCE, inferred).
fn effective<'a, T>(
    policy: &'a Setting<T>,
    preference: &'a Setting<T>,
) -> &'a Setting<T> {
    match policy {
        Setting::Unset => preference,
        policy => policy,
    }
}

fn proxy_server(draft: &mut Draft, settings: &Settings) {
    let av = &settings.defender_av;
    let setting =
        effective(&av.policy.proxy_server, &av.preference.proxy_server);
    let Setting::Set(set) = setting else {
        return draft.skip_setting("ProxyServer", setting);
    };
    let action = Action::Static {
        proxies: set.value.clone(),
        dialect: Dialect::Winhttp,
        bypass: bypass(settings),
        first_only: false,
    };
    draft.push(next(
        Step::new(action, "ADMX-AV-PROXY", Documented).from(&set.origin),
    ));
}

fn proxy_pac_url(draft: &mut Draft, settings: &Settings) {
    let av = &settings.defender_av;
    let setting =
        effective(&av.policy.proxy_pac_url, &av.preference.proxy_pac_url);
    let Setting::Set(set) = setting else {
        return draft.skip_setting("ProxyPacUrl", setting);
    };
    let action =
        Action::Pac { url: set.value.clone(), bypass: Some(bypass(settings)) };
    draft.push(next(
        Step::new(action, "ADMX-AV-PROXY", Documented).from(&set.origin),
    ));
}

fn bypass(settings: &Settings) -> BypassList {
    let av = &settings.defender_av;
    effective(&av.policy.proxy_bypass, &av.preference.proxy_bypass)
        .value()
        .cloned()
        .unwrap_or_else(|| BypassList::new("", Profile::DefenderAv))
}

/// Step 4. Whose Internet Explorer settings count under LocalSystem is not
/// documented; the identity's are taken.
fn internet_explorer(draft: &mut Draft, settings: &Settings) {
    let mut own = Draft { steps: Vec::new(), ..blank() };
    super::winhttp::internet_settings(&mut own, settings, OnUnavailable::Next);
    for step in own.steps {
        draft.push(next(Step { source: "ADMX-AV-PROXY", ..step }));
    }
    draft.skipped.append(&mut own.skipped);
}

/// Step 5: WPAD, whatever the Internet settings say of it.
fn autodetect(draft: &mut Draft, settings: &Settings) {
    if let Some(step) = super::winhttp::detect(draft, settings) {
        draft.push(next(Step { source: "ADMX-AV-PROXY", ..step }));
    }
}

fn blank() -> Draft {
    Draft::new("", "", Documented, "")
}
