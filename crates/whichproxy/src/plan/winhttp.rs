//! WinHTTP's two modes.

use super::{Action, Applies, Draft, OnUnavailable, OnUnreachable, Step};
use crate::evidence::Evidence::{Community, Documented, Measured};
use crate::settings::{Dialect, Setting, Settings};

/// `WINHTTP_ACCESS_TYPE_DEFAULT_PROXY`: "the static proxy or direct
/// configuration from the registry", and nothing else.
pub(super) fn default_readings(settings: &Settings) -> Vec<Draft> {
    let mut draft = Draft::new(
        "static-or-direct",
        "WINHTTP-OPEN",
        Documented,
        "the static proxy of the registry, or direct; no WPAD and no \
         Internet settings",
    );
    match machine_proxy(settings, FailsOver::No) {
        Some(step) => draft.push(step),
        None => {
            draft.skip_setting("WinHttpSettings", &settings.winhttp.proxy);
        }
    }
    draft.push(Step::new(Action::Direct, "WINHTTP-OPEN", Documented));
    vec![draft]
}

/// `WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY`: the four steps of the NetworkProxy
/// CSP's documentation.
pub(super) fn automatic_readings(settings: &Settings) -> Vec<Draft> {
    let mut readings = Vec::new();
    let mut documented = Draft::new(
        "documented-order",
        "NETWORKPROXY-CSP",
        Documented,
        "auto-detect, setup script, proxy server, direct, each after the \
         one before failed",
    );
    automatic(&mut documented, settings, OnUnavailable::Next);
    let has_script = documented.steps.iter().any(Step::gives_script);
    let netsh = machine_proxy(settings, FailsOver::Yes);
    if let Some(netsh) = &netsh {
        documented.skip(
            "WinHttpSettings",
            "its rank in automatic mode is not documented; see the reading \
             netsh-overrides",
            netsh.origin.as_ref(),
        );
    }
    readings.push(documented);

    let mut strict = Draft::new(
        "script-error-is-final",
        "PROXYWATCH-MEASURED",
        Measured,
        "as WinHttpGetProxyForUrlEx reports it: a script that fails, or that \
         can't be had, is an error; only auto-detection that finds none is \
         passed over for a setup script",
    );
    automatic(&mut strict, settings, OnUnavailable::FailOnScript);
    let last = strict.steps.iter_mut().rfind(|step| step.gives_script());
    if let Some(last) = last {
        last.on_unavailable = OnUnavailable::Fail;
    }
    if has_script {
        readings.push(strict);
    }

    if let Some(step) = netsh {
        let mut overrides = Draft::new(
            "netsh-overrides",
            "NETSH-OVERRIDES",
            Community,
            "the machine's netsh proxy is said to override the rest; \
             Microsoft does not document its rank",
        );
        overrides.push(Step {
            source: "NETSH-OVERRIDES",
            evidence: Community,
            ..step
        });
        overrides.push(Step::new(
            Action::Direct,
            "NETSH-OVERRIDES",
            Community,
        ));
        readings.push(overrides);
    }
    readings
}

/// Whether all proxies of a list are tried, or only the first.
pub(super) enum FailsOver {
    No,
    Yes,
}

/// The step of `netsh winhttp set proxy`, where it names a proxy.
pub(super) fn machine_proxy(
    settings: &Settings,
    fails_over: FailsOver,
) -> Option<Step> {
    let set = settings.winhttp.proxy.set()?;
    if set.value.proxies.is_empty() {
        return None;
    }
    let action = Action::Static {
        proxies: set.value.proxies.clone(),
        dialect: Dialect::Winhttp,
        bypass: set.value.bypass.clone(),
        // Source: WINHTTP-AUTOPROXY-ISSUES ("uses only the first proxy
        // server in the list"), documented.
        first_only: matches!(fails_over, FailsOver::No),
    };
    let step = Step::new(action, "WINHTTP-OPEN", Documented);
    Some(step.from(&set.origin))
}

/// WPAD, unless `DisableWpad` forbids it to WinHTTP.
pub(super) fn detect(draft: &mut Draft, settings: &Settings) -> Option<Step> {
    // Source: DISABLE-WPAD, documented (Windows 10 1809, Server 2019).
    if let Some(disabled) =
        settings.winhttp.disable_wpad.set().filter(|set| set.value)
    {
        draft.skip(
            "auto-detect",
            "switched off for WinHTTP",
            Some(&disabled.origin),
        );
        return None;
    }
    Some(Step::new(Action::Detect, "WINHTTP-AUTOPROXY-ISSUES", Documented))
}

/// The Internet settings in the order of AUTOMATIC_PROXY.
pub(super) fn automatic(
    draft: &mut Draft,
    settings: &Settings,
    on_unavailable: OnUnavailable,
) {
    let wininet = &settings.wininet;
    match &wininet.auto_detect {
        Setting::Set(on) if on.value => {
            if let Some(step) = detect(draft, settings) {
                draft.push(
                    Step { source: "NETWORKPROXY-CSP", ..step }
                        .from(&on.origin)
                        .on_unavailable(on_unavailable),
                );
            }
        }
        setting => draft.skip_setting("auto-detect", setting),
    }
    internet_settings(draft, settings, on_unavailable);
    draft.push(Step::new(Action::Direct, "NETWORKPROXY-CSP", Documented));
}

/// Setup script and manual proxy, as WinHTTP and WinINET both order them.
pub(super) fn internet_settings(
    draft: &mut Draft,
    settings: &Settings,
    on_unavailable: OnUnavailable,
) {
    let wininet = &settings.wininet;
    match &wininet.auto_config_url {
        Setting::Set(url) => {
            let action = Action::Pac { url: url.value.clone(), bypass: None };
            draft.push(
                Step::new(action, "NETWORKPROXY-CSP", Documented)
                    .from(&url.origin)
                    .on_unavailable(on_unavailable),
            );
        }
        setting => draft.skip_setting("setup script", setting),
    }
    match &wininet.proxy {
        Setting::Set(set) if !set.value.proxies.is_empty() => {
            let action = Action::Static {
                proxies: set.value.proxies.clone(),
                dialect: Dialect::Wininet,
                bypass: set.value.bypass.clone(),
                first_only: false,
            };
            draft.push(
                Step::new(action, "NETWORKPROXY-CSP", Documented)
                    .applies(Applies::Always)
                    .from(&set.origin)
                    .on_unreachable(OnUnreachable::Stop),
            );
        }
        setting => draft.skip_setting("manual proxy", setting),
    }
}
