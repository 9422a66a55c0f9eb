//! The command as a person meets it: status, stdout and stderr.
//!
//! The machine is files under `tests/data`, so the answers are the same
//! everywhere. `cargo insta review` shows what changed.
#![allow(clippy::unwrap_used)] // what fails here fails a test

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

/// Runs the command and shows all it gave back.
fn whichproxy(args: &str) -> String {
    with_stdin(args, "")
}

fn with_stdin(args: &str, stdin: &str) -> String {
    let Output { status, stdout, stderr } = run(&words(args), stdin);
    let code = status.code().map_or("none".to_owned(), |c| c.to_string());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    format!(
        "exit: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
        text(stdout),
        text(stderr)
    )
}

fn run(args: &[String], stdin: &str) -> Output {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut child = Command::new(env!("CARGO_BIN_EXE_whichproxy"))
        .args(args)
        .current_dir(data)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it may have gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Splits at blanks, but not within double quotes.
fn words(args: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut quoted = false;
    for character in args.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn help_and_version_of_everything() {
    for args in [
        "--help",
        "resolve --help",
        "settings --help",
        "plan --help",
        "pac --help",
        "pac eval --help",
        "pac check --help",
        "completions --help",
        "man --help",
        "help resolve",
    ] {
        let Output { status, stdout, stderr } = run(&words(args), "");
        assert!(status.success() && stderr.is_empty(), "{args}");
        let text = String::from_utf8(stdout).unwrap();
        assert!(text.contains("Usage: whichproxy"), "{args}");
    }
    let version = run(&words("--version"), "").stdout;
    let expected = format!("whichproxy {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(version).unwrap(), expected);
    assert_eq!(run(&[], "").status.code(), Some(2));
}

#[test]
fn completions_and_manual_pages() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = whichproxy(&format!("completions {shell}"));
        assert!(script.contains("reading"), "{shell}");
    }
    for page in ["", "resolve", "settings", "plan", "pac", "pac eval"] {
        let text = whichproxy(&format!("man {page}"));
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(whichproxy("man").contains("registry export"));
    let none = run(&words("man nonsense"), "");
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn json_is_json_and_one_object_a_line() {
    let args = "resolve --urls urls.txt --reg machine.reg --format json";
    let text = String::from_utf8(run(&words(args), "").stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert!(line["url"].is_string() && line["client"].is_string());
        assert_eq!(line["routes"].is_array(), line["error"].is_null());
    }
    assert_eq!(lines[0]["routes"][0]["kind"], "proxy");
    assert_eq!(lines[0]["routes"][0]["scheme"], "http");
    assert_eq!(lines[0]["routes"][0]["host"], "web.example");
    assert_eq!(lines[0]["routes"][0]["port"], 80);
    assert_eq!(lines[2]["routes"][0]["kind"], "bypass");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut child = Command::new(env!("CARGO_BIN_EXE_whichproxy"))
        .args(words("resolve --urls - --as winhttp --reg machine.reg"))
        .current_dir(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let lines = "http://www.example.com/\n".repeat(10_000);
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(String::from_utf8(stderr).unwrap(), "");
}

// resolve: one client after the other

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
           DHCP option 252 on the default interface: not offered
           DNS wpad: does not resolve
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
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL)
    whichproxy: not asked: DNS wpad.corp.example (answer with --dns wpad.corp.example=IP, or --online)
    whichproxy: not asked: DNS wpad (answer with --dns wpad=IP, or --online)
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
           DHCP option 252 on the default interface: not offered
           DNS wpad.corp.example: 10.0.0.5
           DNS wpad.corp.example: the script at http://wpad.corp.example/wpad.dat has 86 bytes
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
           DHCP option 252 on the default interface: not offered
           DNS wpad: does not resolve
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
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL)
    whichproxy: not asked: DNS wpad (answer with --dns wpad=IP, or --online)
    defender-edr as LocalSystem (S-1-5-18)
    reading winhttp: netsh's proxy, else WPAD, else direct: the page lists the ways and not their order [MDE-PROXY, inferred]
      1. detect → unavailable  [MDE-PROXY, documented]
           DHCP option 252 on the default interface: not asked
           DNS wpad: not asked
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
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL)
    whichproxy: not asked: DNS wpad (answer with --dns wpad=IP, or --online)
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

/// Times differ from run to run; what is measured does not.
#[test]
fn pac_bench() {
    let run = |format: &str| {
        whichproxy(&format!(
            "pac bench throws.pac http://www.example.com/ --seconds 0 {format}"
        ))
    };
    let json = run("--format json");
    for part in [
        "exit: 0",
        r#""strategy":"#,
        r#""urls":1,"failures":1,"load_ms":"#,
        r#""ns_per_lookup":"#,
        r#""ns_per_lookup_p99":"#,
        r#""lookups_per_second":"#,
    ] {
        assert!(json.contains(part), "`{part}` is missing in {json}");
    }
    let text = run("");
    for part in ["engine ", "loads in ", "answers in ", " a second on "] {
        assert!(text.contains(part), "`{part}` is missing in {text}");
    }
    assert!(text.contains("1 of 1 URLs gave an error"), "{text}");
}

#[test]
fn pac_bench_wants_urls() {
    assert_snapshot!(whichproxy("pac bench throws.pac"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: the following required arguments were not provided:
      <URL>...

    Usage: whichproxy pac bench <FILE> <URL>...

    For more information, try '--help'.
    "###);
    assert_snapshot!(whichproxy("pac bench throws.pac nonsense"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `nonsense` is no URL: relative URL without a base; perhaps `https://nonsense`
    "###);
}

// settings

#[test]
fn settings() {
    assert_snapshot!(whichproxy("settings --reg machine.reg"), @r###"
    exit: 0
    ----- stdout -----
    Defender for Endpoint EDR
      TelemetryProxyServer  edr.example:8080                                  HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (machine.reg line 5)

    Defender Antivirus policy
      ProxyServer           av.example:3128                                   HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (machine.reg line 8)
      ProxyPacUrl           http://pac.example/av.pac                         HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyPacUrl (machine.reg line 9)
      ProxyBypass           *.bypass.example                                  HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (machine.reg line 10)

    WinHTTP
      WinHttpSettings       first.example:80;second.example:81 except <local>;*.inside.example  HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (machine.reg line 13)

    WinINET
      ProxyServer           http=web.example:80;https=tls.example:443 except *.inside.example;<local>  HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\ProxyServer (machine.reg line 17)
    ----- stderr -----
    "###);
}

#[test]
fn settings_that_are_odd() {
    assert_snapshot!(whichproxy("settings --reg odd.reg"), @r###"
    exit: 0
    ----- stdout -----
    Defender for Endpoint EDR
      TelemetryProxyServer  unusable: `10`: expected a REG_SZ, found REG_DWORD  HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (odd.reg line 4)

    Defender Antivirus policy
      ProxyServer           unusable: `http://***@av.example:port`: `http://***@av.example:port` is left out: its port is no number  HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (odd.reg line 8)

    WinHTTP
      WinHttpSettings       unusable: `18 00 00`: offset 0: expected 4 bytes of the form's number, 0x18 or 0x28, found 3  HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (odd.reg line 6)
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (odd.reg line 8): can't be read: `http://***@av.example:port`: `http://***@av.example:port` is left out: its port is no number
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (odd.reg line 4): can't be read: `10`: expected a REG_SZ, found REG_DWORD
    whichproxy: warning: HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (odd.reg line 6): can't be read: `18 00 00`: offset 0: expected 4 bytes of the form's number, 0x18 or 0x28, found 3
    "###);
}

#[test]
fn settings_of_an_account() {
    assert_snapshot!(whichproxy("settings --reg user.reg --user S-1-5-21-1-2-3-1001 --env no_proxy=a.example"), @r###"
    exit: 0
    ----- stdout -----
    WinINET
      ProxyServer  user.example:8080  HKU\S-1-5-21-1-2-3-1001\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\ProxyServer (user.reg line 5)

    Environment
      no_proxy     a.example          environment variable no_proxy
    ----- stderr -----
    "###);
}

#[test]
fn settings_as_json() {
    assert_snapshot!(whichproxy("settings --reg odd.reg --as defender-edr --format json"), @r###"
    exit: 0
    ----- stdout -----
    {"identity":"LocalSystem (S-1-5-18)","settings":[{"component":"Defender for Endpoint EDR","setting":"TelemetryProxyServer","value":null,"malformed":{"text":"10","reason":"expected a REG_SZ, found REG_DWORD"},"origin":"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DataCollection\\TelemetryProxyServer (odd.reg line 4)"},{"component":"Defender Antivirus policy","setting":"ProxyServer","value":null,"malformed":{"text":"http://***@av.example:port","reason":"`http://***@av.example:port` is left out: its port is no number"},"origin":"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\ProxyServer (odd.reg line 8)"},{"component":"WinHTTP","setting":"WinHttpSettings","value":null,"malformed":{"text":"18 00 00","reason":"offset 0: expected 4 bytes of the form's number, 0x18 or 0x28, found 3"},"origin":"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections\\WinHttpSettings (odd.reg line 6)"}],"warnings":[{"origin":"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\ProxyServer (odd.reg line 8)","text":"can't be read: `http://***@av.example:port`: `http://***@av.example:port` is left out: its port is no number"},{"origin":"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DataCollection\\TelemetryProxyServer (odd.reg line 4)","text":"can't be read: `10`: expected a REG_SZ, found REG_DWORD"},{"origin":"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections\\WinHttpSettings (odd.reg line 6)","text":"can't be read: `18 00 00`: offset 0: expected 4 bytes of the form's number, 0x18 or 0x28, found 3"}]}
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (odd.reg line 8): can't be read: `http://***@av.example:port`: `http://***@av.example:port` is left out: its port is no number
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (odd.reg line 4): can't be read: `10`: expected a REG_SZ, found REG_DWORD
    whichproxy: warning: HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (odd.reg line 6): can't be read: `18 00 00`: offset 0: expected 4 bytes of the form's number, 0x18 or 0x28, found 3
    "###);
}

#[test]
fn nothing_is_configured() {
    assert_snapshot!(whichproxy("settings"), @r###"
    exit: 0
    ----- stdout -----
    ----- stderr -----
    whichproxy: no registry was given (--reg FILE), so it counts as empty
    whichproxy: nothing is configured
    "###);
}

// plan

#[test]
fn plan() {
    assert_snapshot!(whichproxy("plan --as defender-av --reg machine.reg"), @r###"
    exit: 0
    ----- stdout -----
    defender-av as LocalSystem (S-1-5-18)
    reading documented-order: proxy server, .pac URL, none, Internet Explorer settings, autodetect, each after the one before failed [ADMX-AV-PROXY, documented]
      1. static first.example:80;second.example:81 [updates only]  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (machine.reg line 13)
      2. direct [updates only]  [MDE-PROXY, inferred]
      3. static av.example:3128 [not for updates]  [ADMX-AV-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (machine.reg line 8)
           if it can't be used or reached: on to the next
      4. pac http://pac.example/av.pac [not for updates]  [ADMX-AV-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyPacUrl (machine.reg line 9)
           if it can't be used or reached: on to the next
      5. direct [not for updates]  [ADMX-AV-PROXY, documented]
           if it can't be used or reached: on to the next
      6. detect [not for updates]  [ADMX-AV-PROXY, documented]
       –  setup script: not configured
       –  manual proxy: not configured
    ----- stderr -----
    "###);
}

#[test]
fn every_reading() {
    assert_snapshot!(whichproxy("plan --as defender-edr --reg machine.reg --all-readings"), @r###"
    exit: 0
    ----- stdout -----
    defender-edr as LocalSystem (S-1-5-18)
    reading static-first: the sensor's own channel always starts with TelemetryProxyServer; PreferStaticProxyForHttpRequest, not set here, only extends that to requests of the system such as revocation lists [MDE-PREFER-STATIC, inferred]
      1. static edr.example:8080  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (machine.reg line 5)
           if it can't be used or reached: on to the next
      2. direct  [MDE-VERIFY, documented]
    also possible: winhttp-first: without PreferStaticProxyForHttpRequest the sensor's HTTP requests start with WinHTTP's own proxy, or direct where it has none, and TelemetryProxyServer follows [MDE-PREFER-STATIC, inferred]

    defender-edr as LocalSystem (S-1-5-18)
    reading winhttp-first: without PreferStaticProxyForHttpRequest the sensor's HTTP requests start with WinHTTP's own proxy, or direct where it has none, and TelemetryProxyServer follows [MDE-PREFER-STATIC, inferred]
      1. static first.example:80;second.example:81  [MDE-PREFER-STATIC, inferred]
           because of HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections\WinHttpSettings (machine.reg line 13)
           if it can't be used or reached: on to the next
      2. static edr.example:8080  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (machine.reg line 5)
           if it can't be used or reached: on to the next
      3. direct  [MDE-VERIFY, documented]
    also possible: static-first: the sensor's own channel always starts with TelemetryProxyServer; PreferStaticProxyForHttpRequest, not set here, only extends that to requests of the system such as revocation lists [MDE-PREFER-STATIC, inferred]
    ----- stderr -----
    "###);
}

#[test]
fn plan_as_json() {
    assert_snapshot!(whichproxy("plan --as winhttp --reg machine.reg --format json"), @r###"
    exit: 0
    ----- stdout -----
    {"client":"winhttp","identity":"the current user","reading":{"name":"static-or-direct","source":"WINHTTP-OPEN","grade":"documented","basis":"the static proxy of the registry, or direct; no WPAD and no Internet settings"},"steps":[{"number":1,"step":"static first.example:80;second.example:81","source":"WINHTTP-OPEN","grade":"documented","origin":"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections\\WinHttpSettings (machine.reg line 13)"},{"number":2,"step":"direct","source":"WINHTTP-OPEN","grade":"documented","origin":null}],"skipped":[],"other_readings":[]}
    ----- stderr -----
    "###);
}

// pac

#[test]
fn eval() {
    assert_snapshot!(whichproxy("pac eval proxy.pac http://www.example.com/ http://intranet/ --my-ip 10.1.2.3"), @r###"
    exit: 0
    ----- stdout -----
    http://www.example.com/	PROXY office.example:8080; DIRECT
    http://intranet/	DIRECT
    ----- stderr -----
    "###);
}

#[test]
fn eval_explained() {
    assert_snapshot!(whichproxy("pac eval proxy.pac http://www.example.com/ --dns inside.example=10.9.9.9 --explain"), @r###"
    exit: 0
    ----- stdout -----
    SOCKS5 inside.example:1080
    ----- stderr -----
    whichproxy: not asked: own address (answer with --my-ip IP, or --online)
    http://www.example.com/
      engine: compiled
      returned: `SOCKS5 inside.example:1080`
      asked: my-ip v4
      asked: dns inside.example v4
    "###);
}

#[test]
fn eval_as_json() {
    assert_snapshot!(whichproxy("pac eval alert.pac http://www.example.com/ --format json"), @r###"
    exit: 0
    ----- stdout -----
    {"url":"http://www.example.com/","client":"winhttp-auto","strategy":"compiled","result":"PROXY a.example; QUIC b.example; PROXY","pac":"PROXY a.example:80","routes":[{"kind":"proxy","scheme":"http","host":"a.example","port":80}],"asked":[],"alerts":["hello\u001b[2J"],"ignored":[{"text":"QUIC b.example","reason":"unknown keyword"},{"text":"PROXY","reason":"no host after the keyword"}]}
    ----- stderr -----
    "###);
}

#[test]
fn eval_tells_what_the_client_would() {
    assert_snapshot!(whichproxy("pac eval told.pac https://me:secret@WWW.Example.com/secret?q#f"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: told.pac: the script says: `https://WWW.Example.com/ WWW.Example.com`
    "###);
}

#[test]
fn eval_as_wininet() {
    assert_snapshot!(whichproxy("pac eval told.pac http://WWW.Example.com/Path --as wininet --engine js"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: told.pac: the script says: `http://www.example.com/path www.example.com`
    "###);
}

/// Where JavaScript may not run, a script and a question that would need it
/// are errors that say why.
#[test]
fn eval_without_javascript() {
    let eval = |script: &str| {
        whichproxy(&format!(
            "pac eval {script} http://a.example/ --engine compiled"
        ))
    };
    assert!(eval("ex.pac").starts_with("exit: 0"));
    assert_snapshot!(eval("refused.pac"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: refused.pac: the script is not compiled: line 2, column 10: `eval`
    "###);
    assert_snapshot!(eval("throws.pac"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: throws.pac: the script says: `on my way`
    whichproxy: throws.pac: something that the program leaves to the engine `js`, asked about http://a.example/
    "###);
}

#[test]
fn eval_says_what_it_passes_over() {
    assert_snapshot!(whichproxy("pac eval alert.pac http://www.example.com/"), @r###"
    exit: 0
    ----- stdout -----
    PROXY a.example:80
    ----- stderr -----
    whichproxy: alert.pac: the script says: `hello\u{1b}[2J`
    whichproxy: http://www.example.com/: passed over: `QUIC b.example`: unknown keyword
    whichproxy: http://www.example.com/: passed over: `PROXY`: no host after the keyword
    "###);
}

#[test]
fn eval_with_hosts() {
    assert_snapshot!(whichproxy("pac eval dns.pac http://intranet/ http://a.example/ --hosts hosts"), @r###"
    exit: 0
    ----- stdout -----
    http://intranet/	PROXY 10.0.0.9:80
    http://a.example/	PROXY none.example:80
    ----- stderr -----
    whichproxy: hosts line 3: `not-an-address` is no IP address
    whichproxy: not asked: DNS a.example (answer with --dns a.example=IP, or --online)
    "###);
}

#[test]
fn eval_at_a_time() {
    assert_snapshot!(whichproxy("pac eval time.pac http://www.example.com/ --now 2026-11-22T08:59:59+01:00 --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    http://www.example.com/
      engine: compiled
      returned: `DIRECT`
      asked: time
    "###);
}

#[test]
fn eval_throws() {
    assert_snapshot!(whichproxy("pac eval throws.pac http://www.example.com/ --format text"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: throws.pac: the script says: `on my way`
    whichproxy: throws.pac line 3, column 10: the script threw `ReferenceError: undefinedName is not defined` (WinHTTP error 12177), asked about http://www.example.com/
    "###);
}

#[test]
fn eval_throws_as_json() {
    assert_snapshot!(whichproxy("pac eval throws.pac http://www.example.com/ --format json"), @r###"
    exit: 1
    ----- stdout -----
    {"url":"http://www.example.com/","client":"winhttp-auto","strategy":"compiled","error":{"kind":"exception","message":"line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`","winhttp_code":12177,"line":3,"column":10},"asked":[],"alerts":["on my way"],"ignored":[]}
    ----- stderr -----
    whichproxy: throws.pac line 3, column 10: the script threw `ReferenceError: undefinedName is not defined` (WinHTTP error 12177), asked about http://www.example.com/
    "###);
}

#[test]
fn eval_returns_no_string() {
    assert_snapshot!(whichproxy("pac eval number.pac http://www.example.com/"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: number.pac: the script returned a number, asked about http://www.example.com/
    "###);
}

#[test]
fn eval_syntax_error() {
    assert_snapshot!(whichproxy("pac eval syntax.pac http://www.example.com/"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: syntax.pac line 2, column 19: expected token `)`, got `{` in if statement (WinHTTP error 12166)
    "###);
}

#[test]
fn eval_no_such_file() {
    assert_snapshot!(whichproxy("pac eval nowhere.pac http://www.example.com/"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: nowhere.pac: there is no such file
    "###);
}

#[test]
fn eval_everything_from_stdin() {
    assert_snapshot!(whichproxy("pac eval - --urls -"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: script and URLs can't both come from stdin
    "###);
}

#[test]
fn eval_script_from_stdin() {
    assert_snapshot!(with_stdin("pac eval - http://www.example.com/", "function FindProxyForURL() { return \"PROXY stdin.example:80\"; }"), @r###"
    exit: 0
    ----- stdout -----
    PROXY stdin.example:80
    ----- stderr -----
    "###);
}

#[test]
fn check() {
    assert_snapshot!(whichproxy("pac check proxy.pac"), @r###"
    exit: 0
    ----- stdout -----
    proxy.pac: loads, 311 bytes, engine compiled
    ----- stderr -----
    "###);
}

#[test]
fn check_names_lines() {
    assert_snapshot!(whichproxy("pac check ex.pac"), @r###"
    exit: 0
    ----- stdout -----
    ex.pac line 1: neither UTF-8 nor marked as UTF-16, so read as windows-1252
    ex.pac line 3: FindProxyForURLEx is called instead of FindProxyForURL by Windows, and by nobody else
    ex.pac: loads, 137 bytes, engine constant
    ----- stderr -----
    "###);
}

#[test]
fn check_syntax_error() {
    assert_snapshot!(whichproxy("pac check syntax.pac"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: syntax.pac line 2, column 19: expected token `)`, got `{` in if statement (WinHTTP error 12166)
    "###);
}

#[test]
fn check_no_function() {
    assert_snapshot!(whichproxy("pac check nofunction.pac --format json"), @r###"
    exit: 1
    ----- stdout -----
    {"file":"nofunction.pac","loads":false,"bytes":57,"strategy":"js","refusals":[{"text":"no function `FindProxyForURL`"}],"warnings":[],"error":{"kind":"missing-function","message":"the script defines no function `FindProxyForURL`","winhttp_code":12166}}
    ----- stderr -----
    whichproxy: nofunction.pac: the script defines no function `FindProxyForURL` (WinHTTP error 12166)
    "###);
}

#[test]
fn check_too_large() {
    assert_snapshot!(whichproxy("pac check proxy.pac --max-bytes 100"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: proxy.pac: the script has 311 bytes, 100 are allowed (WinHTTP error 12166)
    "###);
}

#[test]
fn check_a_script_that_throws() {
    assert_snapshot!(whichproxy("pac check throws.pac"), @r###"
    exit: 0
    ----- stdout -----
    throws.pac: asked offline about http://www.example.com/: line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`
    throws.pac: loads, 86 bytes, engine compiled
    ----- stderr -----
    "###);
}
