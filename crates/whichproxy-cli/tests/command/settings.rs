//! `whichproxy settings` and `whichproxy plan`.

use insta::assert_snapshot;

use super::whichproxy;

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
    // There it may be otherwise, for whoever runs this.
    if super::on_windows() {
        return;
    }
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
