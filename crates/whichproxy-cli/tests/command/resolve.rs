//! `whichproxy resolve`.

use insta::assert_snapshot;

use super::{whichproxy, with_stdin};

#[test]
fn winhttp_uses_the_first_proxy_only() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ --as winhttp --reg machine.reg"), @r###"
    exit: 0
    ----- stdout -----
    PROXY first.example:80
    ----- stderr -----
    "###);
}

#[test]
fn winhttp_bypass() {
    assert_snapshot!(whichproxy("resolve http://intranet/ --as winhttp --reg machine.reg --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    winhttp as the current user
    reading static-or-direct: the static proxy of the registry, or direct; no WPAD and no Internet settings [WINHTTP-OPEN, documented]
      1. static first.example:80;second.example:81 → bypassed  [WINHTTP-OPEN, documented]
           because of HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (machine.reg line 13)
           bypass entry `<local>` matches [WINHTTP-PROXY-INFO, documented]
      2. direct → not reached  [WINHTTP-OPEN, documented]
    "###);
}

#[test]
fn winhttp_auto_by_scheme() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ https://www.example.com/ --reg machine.reg"), @r###"
    exit: 0
    ----- stdout -----
    http://www.example.com/	PROXY web.example:80
    https://www.example.com/	PROXY tls.example:443
    ----- stderr -----
    "###);
}

#[test]
fn wininet_bypass_list() {
    assert_snapshot!(whichproxy("resolve https://a.inside.example/ --as wininet --reg machine.reg --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    wininet as the current user
    reading documented-order: auto-detect, setup script, proxy server, direct, each after the one before failed [NETWORKPROXY-CSP, documented]
      1. static http=web.example:80;https=tls.example:443 → bypassed  [NETWORKPROXY-CSP, documented]
           because of HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\ProxyServer (machine.reg line 17)
           bypass entry `*.inside.example` matches [KB4551930, documented]
      2. direct → not reached  [IE-WPC, community]
       –  auto-detect: not configured
       –  setup script: not configured
    "###);
}

#[test]
fn defender_edr() {
    assert_snapshot!(whichproxy("resolve https://winatp-gw-eus.microsoft.com/ --as defender-edr --reg machine.reg --explain"), @r###"
    exit: 0
    ----- stdout -----
    PROXY edr.example:8080; DIRECT
    ----- stderr -----
    defender-edr as LocalSystem (S-1-5-18)
    reading static-first: the sensor's own channel always starts with TelemetryProxyServer; PreferStaticProxyForHttpRequest, not set here, only extends that to requests of the system such as revocation lists [MDE-PREFER-STATIC, inferred]
      1. static edr.example:8080 → decided  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (machine.reg line 5)
      2. direct → fallback  [MDE-VERIFY, documented]
    other reading winhttp-first: without PreferStaticProxyForHttpRequest the sensor's HTTP requests start with WinHTTP's own proxy, or direct where it has none, and TelemetryProxyServer follows [MDE-PREFER-STATIC, inferred]
    "###);
}

#[test]
fn defender_edr_by_the_other_reading() {
    assert_snapshot!(whichproxy("resolve https://winatp-gw-eus.microsoft.com/ --as defender-edr --reg machine.reg --reading winhttp-first"), @r###"
    exit: 0
    ----- stdout -----
    PROXY first.example:80; PROXY second.example:81; PROXY edr.example:8080; DIRECT
    ----- stderr -----
    "###);
}

#[test]
fn defender_av_and_its_script() {
    assert_snapshot!(whichproxy(r#"resolve https://wdcp.microsoft.com/ --as defender-av --reg machine.reg --dhcp-wpad "" --dns wpad= --page http://pac.example/av.pac=told.pac --explain"#), @r###"
    exit: 0
    ----- stdout -----
    PROXY av.example:3128; DIRECT
    ----- stderr -----
    defender-av as LocalSystem (S-1-5-18)
    reading documented-order: proxy server, .pac URL, none, Internet Explorer settings, autodetect, each after the one before failed [ADMX-AV-PROXY, documented]
      1. static first.example:80;second.example:81 [updates only] → not applicable  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (machine.reg line 13)
      2. direct [updates only] → not applicable  [MDE-PROXY, inferred]
      3. static av.example:3128 [not for updates] → decided  [ADMX-AV-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (machine.reg line 8)
      4. pac http://pac.example/av.pac [not for updates] → fallback  [ADMX-AV-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyPacUrl (machine.reg line 9)
           the script answered `DIRECT`
           the script says: `https://wdcp.microsoft.com/ wdcp.microsoft.com`
      5. direct [not for updates] → fallback  [ADMX-AV-PROXY, documented]
           DIRECT is among the routes already
      6. detect [not for updates] → unavailable  [ADMX-AV-PROXY, documented]
           DHCP option 252 on the default interface: not offered (--dhcp-wpad)
           DNS wpad: not asked: the bare name goes to whoever is near
           auto-detection found no script
       –  setup script: not configured
       –  manual proxy: not configured
    "###);
}

#[test]
fn defender_av_updates() {
    assert_snapshot!(whichproxy("resolve https://fe2.update.microsoft.com/ --as defender-av --reg machine.reg"), @r###"
    exit: 0
    ----- stdout -----
    PROXY first.example:80
    ----- stderr -----
    "###);
}

#[test]
fn environment() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ http://www.example.com/ https://a.local.example/ --as environment --env HTTPS_PROXY=http://me:secret@env.example:3128 --env NO_PROXY=local.example --explain"), @r###"
    exit: 0
    ----- stdout -----
    https://www.example.com/	PROXY env.example:3128
    http://www.example.com/	DIRECT
    https://a.local.example/	DIRECT
    ----- stderr -----
    https://www.example.com/
    environment as the current user
    reading windows: names of variables have no case, so HTTP_PROXY counts as http_proxy [CURL-MAN, documented]
      1. static https=***@env.example:3128 → decided  [CURL-MAN, documented]
           because of environment variable HTTPS_PROXY
      2. direct → not reached  [CURL-MAN, documented]
       –  http_proxy: not configured
       –  ftp_proxy: not configured
       –  all_proxy: not configured
    other reading unix: names of variables have case, and curl ignores HTTP_PROXY, which a web server could set for a CGI program [CURL-MAN, documented]
    http://www.example.com/
    environment as the current user
    reading windows: names of variables have no case, so HTTP_PROXY counts as http_proxy [CURL-MAN, documented]
      1. static https=***@env.example:3128 → not applicable  [CURL-MAN, documented]
           because of environment variable HTTPS_PROXY
           names no proxy for http
      2. direct → decided  [CURL-MAN, documented]
       –  http_proxy: not configured
       –  ftp_proxy: not configured
       –  all_proxy: not configured
    other reading unix: names of variables have case, and curl ignores HTTP_PROXY, which a web server could set for a CGI program [CURL-MAN, documented]
    https://a.local.example/
    environment as the current user
    reading windows: names of variables have no case, so HTTP_PROXY counts as http_proxy [CURL-MAN, documented]
      1. static https=***@env.example:3128 → bypassed  [CURL-MAN, documented]
           because of environment variable HTTPS_PROXY
           bypass entry `local.example` matches [CURL-MAN, documented]
      2. direct → not reached  [CURL-MAN, documented]
       –  http_proxy: not configured
       –  ftp_proxy: not configured
       –  all_proxy: not configured
    other reading unix: names of variables have case, and curl ignores HTTP_PROXY, which a web server could set for a CGI program [CURL-MAN, documented]
    "###);
}

#[test]
fn layers_and_deletions() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ --as defender-edr --reg machine.reg --reg prefer.reg --explain"), @r###"
    exit: 0
    ----- stdout -----
    PROXY edr.example:8080; DIRECT
    ----- stderr -----
    defender-edr as LocalSystem (S-1-5-18)
    reading static-preferred: PreferStaticProxyForHttpRequest is 1, so the sensor prefers TelemetryProxyServer [MDE-PROXY, documented]
      1. static edr.example:8080 → decided  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (machine.reg line 5)
      2. direct → fallback  [MDE-VERIFY, documented]
    "###);
}

#[test]
fn another_account() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ --reg user.reg --user S-1-5-21-1-2-3-1001"), @r###"
    exit: 0
    ----- stdout -----
    PROXY user.example:8080
    ----- stderr -----
    "###);
}

#[test]
fn no_registry() {
    if super::on_windows() {
        // It has its own, and whatever stands there.
        let told = whichproxy("resolve https://www.example.com/");
        assert!(!told.contains("no registry was given"), "{told}");
        return;
    }
    assert_snapshot!(whichproxy("resolve https://www.example.com/"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: no registry was given (--reg FILE), so it counts as empty
    "###);
}

// resolve: what is not asked

#[test]
fn questions_are_named_with_the_option_that_answers() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ --as wininet --reg wpad.reg --domain corp.example"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL, or --online)
    whichproxy: not asked: DNS wpad.corp.example (answer with --dns wpad.corp.example=IP, or --online)
    "###);
}

#[test]
fn answered_questions_are_not_named() {
    assert_snapshot!(whichproxy(r#"resolve http://www.example.com/ --as wininet --reg wpad.reg --domain corp.example --dhcp-wpad "" --dns wpad.corp.example=10.0.0.5 --page http://wpad.corp.example/wpad.dat=told.pac --explain"#), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    wininet as the current user
    reading documented-order: auto-detect, setup script, proxy server, direct, each after the one before failed [NETWORKPROXY-CSP, documented]
      1. detect → decided  [NETWORKPROXY-CSP, documented]
           because of HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\AutoDetect (wpad.reg line 4)
           DHCP option 252 on the default interface: not offered (--dhcp-wpad)
           DNS wpad.corp.example: 10.0.0.5
           page http://wpad.corp.example/wpad.dat: a script of 86 bytes
           the script answered `DIRECT`
           the script says: `http://www.example.com/ www.example.com`
      2. direct → not reached  [IE-WPC, community]
       –  setup script: not configured
       –  manual proxy: not configured
    "###);
}

#[test]
fn dhcp_offers_a_script() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --as wininet --reg wpad.reg --dhcp-wpad http://pac.example/x.pac --page http://pac.example/x.pac=alert.pac"), @r###"
    exit: 0
    ----- stdout -----
    PROXY a.example:80
    ----- stderr -----
    "###);
}

#[test]
fn own_address_of_a_script() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg script.reg --page http://pac.example/proxy.pac=proxy.pac --dns inside.example="), @r###"
    exit: 0
    ----- stdout -----
    PROXY outside.example:8080
    ----- stderr -----
    whichproxy: not asked: own address (answer with --my-ip IP, or --online)
    "###);
}

#[test]
fn own_address_given() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg script.reg --page http://pac.example/proxy.pac=proxy.pac --my-ip 10.1.2.3"), @r###"
    exit: 0
    ----- stdout -----
    PROXY office.example:8080; DIRECT
    ----- stderr -----
    "###);
}

#[test]
fn a_page_that_is_not_given() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg script.reg"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: not asked: page http://pac.example/proxy.pac (answer with --page http://pac.example/proxy.pac=FILE, or --online)
    "###);
}

#[test]
fn each_question_once() {
    assert_snapshot!(whichproxy("resolve http://a.example/ http://b.example/ --reg script.reg"), @r###"
    exit: 0
    ----- stdout -----
    http://a.example/	DIRECT
    http://b.example/	DIRECT
    ----- stderr -----
    whichproxy: not asked: page http://pac.example/proxy.pac (answer with --page http://pac.example/proxy.pac=FILE, or --online)
    "###);
}

#[test]
fn passwords_are_never_shown() {
    assert_snapshot!(whichproxy(r#"resolve http://www.example.com/ --as defender-av --reg secret.reg --dhcp-wpad "" --dns wpad= --explain"#), @r###"
    exit: 0
    ----- stdout -----
    PROXY av.example:3128; DIRECT
    ----- stderr -----
    whichproxy: not asked: page http://***@pac.example/av.pac (answer with --page http://***@pac.example/av.pac=FILE, or --online)
    defender-av as LocalSystem (S-1-5-18)
    reading documented-order: proxy server, .pac URL, none, Internet Explorer settings, autodetect, each after the one before failed [ADMX-AV-PROXY, documented]
      1. direct [updates only] → not applicable  [MDE-PROXY, inferred]
      2. static ***@av.example:3128 [not for updates] → decided  [ADMX-AV-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (secret.reg line 4)
      3. pac http://***@pac.example/av.pac [not for updates] → unavailable  [ADMX-AV-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyPacUrl (secret.reg line 5)
           no script from `http://***@pac.example/av.pac`: not asked
      4. direct [not for updates] → fallback  [ADMX-AV-PROXY, documented]
      5. detect [not for updates] → unavailable  [ADMX-AV-PROXY, documented]
           DHCP option 252 on the default interface: not offered (--dhcp-wpad)
           DNS wpad: not asked: the bare name goes to whoever is near
           auto-detection found no script
       –  setup script: not configured
       –  manual proxy: not configured
    "###);
}

#[test]
fn control_characters_are_escaped() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --as defender-edr --reg control.reg --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (control.reg line 4): can't be read: `evil\\u{1b}[2J.example:8080`: `evil\u{1b}[2J.example:8080` is left out: it has a control character
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL, or --online)
    defender-edr as LocalSystem (S-1-5-18)
    reading winhttp: netsh's proxy, else WPAD, else direct: the page lists the ways and not their order [MDE-PROXY, inferred]
      1. detect → unavailable  [MDE-PROXY, documented]
           DHCP option 252 on the default interface: not asked
           DNS wpad: not asked: the bare name goes to whoever is near
           auto-detection found no script
      2. direct → decided  [MDE-PROXY, inferred]
       –  TelemetryProxyServer: unusable: `evil\u{1b}[2J.example:8080` is left out: it has a control character (HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (control.reg line 4))
       –  WinHttpSettings: not configured
    other reading automatic-proxy: the sensor opens WinHTTP in automatic mode and so sees LocalSystem's Internet settings too [MDE-DISCONNECTED-BLOG, inferred]
    "###);
}

// resolve: scripts and errors

#[test]
fn a_script_that_fails_is_passed_over() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg script.reg --page http://pac.example/proxy.pac=throws.pac --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    winhttp-auto as the current user
    reading documented-order: auto-detect, setup script, proxy server, direct, each after the one before failed [NETWORKPROXY-CSP, documented]
      1. pac http://pac.example/proxy.pac → unavailable  [NETWORKPROXY-CSP, documented]
           because of HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\AutoConfigURL (script.reg line 4)
           the script says: `on my way`
           line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`
      2. direct → decided  [NETWORKPROXY-CSP, documented]
       –  auto-detect: not configured
       –  manual proxy: not configured
    other reading script-error-is-final: as WinHttpGetProxyForUrlEx reports it: a script that fails, or that can't be had, is an error; only auto-detection that finds none is passed over for a setup script [PROXYWATCH-MEASURED, measured]
    "###);
}

#[test]
fn a_script_error_that_is_final() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg script.reg --page http://pac.example/proxy.pac=throws.pac --reading script-error-is-final"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: http://www.example.com/: line 3, column 10: the script threw `ReferenceError: undefinedName is not defined` (WinHTTP error 12177)
    "###);
}

#[test]
fn a_script_that_is_too_large() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg script.reg --page http://pac.example/proxy.pac=told.pac --max-bytes 10 --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    winhttp-auto as the current user
    reading documented-order: auto-detect, setup script, proxy server, direct, each after the one before failed [NETWORKPROXY-CSP, documented]
      1. pac http://pac.example/proxy.pac → unavailable  [NETWORKPROXY-CSP, documented]
           because of HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\AutoConfigURL (script.reg line 4)
           no script from `http://pac.example/proxy.pac`: the page has 86 bytes, more than the limit of 10
      2. direct → decided  [NETWORKPROXY-CSP, documented]
       –  auto-detect: not configured
       –  manual proxy: not configured
    other reading script-error-is-final: as WinHttpGetProxyForUrlEx reports it: a script that fails, or that can't be had, is an error; only auto-detection that finds none is passed over for a setup script [PROXYWATCH-MEASURED, measured]
    "###);
}

#[test]
fn a_list_of_urls() {
    assert_snapshot!(whichproxy("resolve --urls urls.txt --as winhttp --reg machine.reg"), @r###"
    exit: 2
    ----- stdout -----
    http://a.example/	PROXY first.example:80
    https://intranet/	DIRECT
    ----- stderr -----
    whichproxy: urls.txt line 4: `not a url` is no URL: relative URL without a base
    whichproxy: urls.txt line 6: ftp://c.example/: `winhttp` does not know the scheme `ftp`; it knows http, https (WinHTTP error 12006)
    "###);
}

#[test]
fn a_list_from_stdin() {
    assert_snapshot!(with_stdin("resolve --urls - --as winhttp --reg machine.reg", "http://a.example/\r\n# no\nhttp://b.example/"), @r###"
    exit: 0
    ----- stdout -----
    http://a.example/	PROXY first.example:80
    http://b.example/	PROXY first.example:80
    ----- stderr -----
    "###);
}

#[test]
fn no_url() {
    assert_snapshot!(whichproxy("resolve www.example.com --reg machine.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `www.example.com` is no URL: relative URL without a base; perhaps `https://www.example.com`
    "###);
}

#[test]
fn no_url_with_a_password() {
    assert_snapshot!(whichproxy(r#"resolve "http://me:secret@a b/" --reg machine.reg"#), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `http://***@a b/` is no URL: invalid international domain name
    "###);
}

#[test]
fn unknown_reading() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --reg machine.reg --reading nonsense"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `nonsense` is no reading of `winhttp-auto` with these settings; there is documented-order, netsh-overrides
    "###);
}

#[test]
fn unknown_client() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --as netscape"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'netscape' for '--as <CLIENT>'
      [possible values: winhttp, winhttp-auto, wininet, defender-edr, defender-av, environment]

    For more information, try '--help'.
    "###);
}

#[test]
fn nothing_to_resolve() {
    assert_snapshot!(whichproxy("resolve --as winhttp"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: the following required arguments were not provided:
      <URL>...

    Usage: whichproxy resolve --as <CLIENT> <URL>...

    For more information, try '--help'.
    "###);
}

#[test]
fn no_such_export() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --reg nowhere.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: nowhere.reg: there is no such file
    "###);
}

#[test]
fn an_export_with_an_error() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --reg bad.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: bad.reg line 4: expected a `"` that ends the text, found `"no end`
    "###);
}

#[test]
fn malformed_values_are_named() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ --as defender-edr --reg odd.reg"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (odd.reg line 8): can't be read: `http://***@av.example:port`: `http://***@av.example:port` is left out: its port is no number
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (odd.reg line 4): can't be read: `10`: expected a REG_SZ, found REG_DWORD
    whichproxy: warning: HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (odd.reg line 6): can't be read: `18 00 00`: offset 0: expected 4 bytes of the form's number, 0x18 or 0x28, found 3
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL, or --online)
    "###);
}

#[test]
fn a_bad_option() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --dns a.example=10.0.0"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'a.example=10.0.0' for '--dns <NAME=IP[,IP]>': `10.0.0` is no IP address

    For more information, try '--help'.
    "###);
}

#[test]
fn a_bad_time() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --now yesterday"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'yesterday' for '--now <TIME>': `yesterday` is not a time with an offset, such as `2026-11-22T09:30:00+01:00`

    For more information, try '--help'.
    "###);
}

// resolve: JSON

#[test]
fn json() {
    assert_snapshot!(whichproxy("resolve https://www.example.com/ --as defender-edr --reg machine.reg --format json"), @r###"
    exit: 0
    ----- stdout -----
    {"url":"https://www.example.com/","client":"defender-edr","reading":{"name":"static-first","source":"MDE-PREFER-STATIC","grade":"inferred","basis":"the sensor's own channel always starts with TelemetryProxyServer; PreferStaticProxyForHttpRequest, not set here, only extends that to requests of the system such as revocation lists"},"routes":[{"kind":"proxy","scheme":"http","host":"edr.example","port":8080},{"kind":"direct"}],"pac":"PROXY edr.example:8080; DIRECT","trace":[{"number":1,"step":"static edr.example:8080","source":"MDE-PROXY","grade":"documented","origin":"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DataCollection\\TelemetryProxyServer (machine.reg line 5)","outcome":"decided","notes":[]},{"number":2,"step":"direct","source":"MDE-VERIFY","grade":"documented","origin":null,"outcome":"fallback","notes":[]}]}
    ----- stderr -----
    "###);
}

#[test]
fn json_of_a_bypass() {
    assert_snapshot!(whichproxy("resolve http://intranet/ --as winhttp --reg machine.reg --format json"), @r###"
    exit: 0
    ----- stdout -----
    {"url":"http://intranet/","client":"winhttp","reading":{"name":"static-or-direct","source":"WINHTTP-OPEN","grade":"documented","basis":"the static proxy of the registry, or direct; no WPAD and no Internet settings"},"routes":[{"kind":"bypass"}],"pac":"DIRECT","trace":[{"number":1,"step":"static first.example:80;second.example:81","source":"WINHTTP-OPEN","grade":"documented","origin":"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections\\WinHttpSettings (machine.reg line 13)","outcome":"bypassed","notes":["bypass entry `<local>` matches [WINHTTP-PROXY-INFO, documented]"]},{"number":2,"step":"direct","source":"WINHTTP-OPEN","grade":"documented","origin":null,"outcome":"not reached","notes":[]}]}
    ----- stderr -----
    "###);
}

#[test]
fn json_of_errors() {
    assert_snapshot!(whichproxy("resolve nonsense http://www.example.com/ --reg script.reg --page http://pac.example/proxy.pac=throws.pac --reading script-error-is-final --format json"), @r###"
    exit: 2
    ----- stdout -----
    {"url":"nonsense","client":"winhttp-auto","reading":{"name":"script-error-is-final","source":"PROXYWATCH-MEASURED","grade":"measured","basis":"as WinHttpGetProxyForUrlEx reports it: a script that fails, or that can't be had, is an error; only auto-detection that finds none is passed over for a setup script"},"error":{"kind":"url","message":"`nonsense` is no URL: relative URL without a base; perhaps `https://nonsense`","winhttp_code":12005}}
    {"url":"http://www.example.com/","client":"winhttp-auto","reading":{"name":"script-error-is-final","source":"PROXYWATCH-MEASURED","grade":"measured","basis":"as WinHttpGetProxyForUrlEx reports it: a script that fails, or that can't be had, is an error; only auto-detection that finds none is passed over for a setup script"},"error":{"kind":"pac","message":"line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`","winhttp_code":12177},"trace":[{"number":1,"step":"pac http://pac.example/proxy.pac","source":"NETWORKPROXY-CSP","grade":"documented","origin":"HKCU\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\AutoConfigURL (script.reg line 4)","outcome":"failed","notes":["the script says: `on my way`","line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`"]},{"number":2,"step":"direct","source":"NETWORKPROXY-CSP","grade":"documented","origin":null,"outcome":"not reached","notes":[]}]}
    ----- stderr -----
    whichproxy: `nonsense` is no URL: relative URL without a base; perhaps `https://nonsense`
    whichproxy: http://www.example.com/: line 3, column 10: the script threw `ReferenceError: undefinedName is not defined` (WinHTTP error 12177)
    "###);
}

#[test]
fn an_export_of_other_users() {
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg users.reg"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: there are no settings of the current user; --user SID reads those of S-1-5-21-1-2-3-1001
    "###);
    assert_snapshot!(whichproxy("resolve http://www.example.com/ --reg users.reg --user S-1-5-21-1-2-3-1001"), @r###"
    exit: 0
    ----- stdout -----
    PROXY proxy.corp.example:8080
    ----- stderr -----
    "###);
}

#[test]
fn watch_takes_this_computer() {
    assert_snapshot!(whichproxy("resolve http://a.example/ --watch --reg wpad.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: --watch: all of this is given; add --online to watch this computer
    "###);
    assert_snapshot!(whichproxy("resolve http://a.example/ --watch --machine machine.toml"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: the argument '--watch' cannot be used with '--machine <FILE>'

    Usage: whichproxy resolve --watch <URL>...

    For more information, try '--help'.
    "###);
}
