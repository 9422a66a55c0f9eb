//! The sensor of Microsoft Defender for Endpoint.
//!
//! No order of it is published. Documented are two edges: a static proxy
//! that fails is followed by direct (MDE-VERIFY), and
//! `PreferStaticProxyForHttpRequest` makes the sensor prefer the static
//! proxy (MDE-PROXY). The rest is reading, and says so.

use super::winhttp::{FailsOver, automatic, detect, machine_proxy};
use super::{Action, Draft, OnUnavailable, OnUnreachable, Step};
use crate::evidence::Evidence::{Documented, Inferred};
use crate::settings::{Dialect, ProxyMap, Settings, Sourced};

pub(super) fn readings(settings: &Settings) -> Vec<Draft> {
    let edr = &settings.defender_edr;
    let fixed =
        edr.telemetry_proxy_server.set().filter(|set| !set.value.is_empty());
    let Some(fixed) = fixed else {
        return without_static(settings);
    };
    let prefer =
        edr.prefer_static_proxy_for_http_request.set().filter(|set| set.value);
    if prefer.is_some() {
        let mut draft = Draft::new(
            "static-preferred",
            "MDE-PROXY",
            Documented,
            "PreferStaticProxyForHttpRequest is 1, so the sensor prefers \
             TelemetryProxyServer",
        );
        static_then_direct(&mut draft, fixed);
        return vec![draft];
    }

    // H2 of the facts.
    let mut first = Draft::new(
        "static-first",
        "MDE-PREFER-STATIC",
        Inferred,
        "the sensor's own channel always starts with TelemetryProxyServer; \
         PreferStaticProxyForHttpRequest, not set here, only extends that \
         to requests of the system such as revocation lists",
    );
    static_then_direct(&mut first, fixed);

    // H1 of the facts.
    let mut last = Draft::new(
        "winhttp-first",
        "MDE-PREFER-STATIC",
        Inferred,
        "without PreferStaticProxyForHttpRequest the sensor's HTTP requests \
         start with WinHTTP's own proxy, or direct where it has none, and \
         TelemetryProxyServer follows",
    );
    if let Some(step) = machine_proxy(settings, FailsOver::Yes) {
        last.push(inferred(step));
    } else {
        last.skip_setting("WinHttpSettings", &settings.winhttp.proxy);
        if let Some(step) = detect(&mut last, settings) {
            last.push(inferred(step));
        }
        // WinHTTP without any proxy is a direct attempt.
        last.push(inferred(Step::new(
            Action::Direct,
            "MDE-PREFER-STATIC",
            Inferred,
        )));
    }
    static_then_direct(&mut last, fixed);
    vec![first, last]
}

fn inferred(step: Step) -> Step {
    Step { source: "MDE-PREFER-STATIC", evidence: Inferred, ..step }
        .on_unreachable(OnUnreachable::Next)
}

/// "falls back to direct connectivity if Defender for Endpoint fails to
/// access the defined proxy" (MDE-VERIFY).
fn static_then_direct(draft: &mut Draft, fixed: &Sourced<ProxyMap>) {
    let action = Action::Static {
        proxies: fixed.value.clone(),
        dialect: Dialect::Winhttp,
        bypass: Default::default(),
        first_only: false,
    };
    draft.push(
        Step::new(action, "MDE-PROXY", Documented)
            .from(&fixed.origin)
            .on_unreachable(OnUnreachable::Next),
    );
    draft.push(Step::new(Action::Direct, "MDE-VERIFY", Documented));
}

/// The ways the sensor's page lists: netsh's proxy, WPAD, or neither.
fn without_static(settings: &Settings) -> Vec<Draft> {
    let edr = &settings.defender_edr;
    let mut draft = Draft::new(
        "winhttp",
        "MDE-PROXY",
        Inferred,
        "netsh's proxy, else WPAD, else direct: the page lists the ways and \
         not their order",
    );
    draft.skip_setting("TelemetryProxyServer", &edr.telemetry_proxy_server);
    if let Some(step) = machine_proxy(settings, FailsOver::No) {
        draft.push(Step { source: "MDE-PROXY", ..step });
    } else {
        draft.skip_setting("WinHttpSettings", &settings.winhttp.proxy);
        if let Some(step) = detect(&mut draft, settings) {
            draft.push(Step { source: "MDE-PROXY", ..step });
        }
    }
    draft.push(Step::new(Action::Direct, "MDE-PROXY", Inferred));

    let mut automatic_proxy = Draft::new(
        "automatic-proxy",
        "MDE-DISCONNECTED-BLOG",
        Inferred,
        "the sensor opens WinHTTP in automatic mode and so sees \
         LocalSystem's Internet settings too",
    );
    automatic_proxy
        .skip_setting("TelemetryProxyServer", &edr.telemetry_proxy_server);
    automatic(&mut automatic_proxy, settings, OnUnavailable::Next);
    vec![draft, automatic_proxy]
}
