//! `Settings::read`, value by value and on whole exports.

use std::fmt::Write as _;

use super::*;
use crate::machine::Fault;
use crate::registry::{Found, Key, RegFile, Registry, Root, Tree, Value};

/// What is read from this export by this identity.
fn read_as(identity: &Identity, body: &str) -> Settings {
    let text = format!("Windows Registry Editor Version 5.00\n\n{body}");
    let file = RegFile::parse(text.as_bytes(), "t.reg").unwrap();
    let machine = Machine::offline()
        .with_registry(file)
        .with_env("ProxyHost", "proxy.corp.example");
    Settings::read(&machine, identity).unwrap()
}

fn read(body: &str) -> Settings {
    read_as(&Identity::CurrentUser, body)
}

/// Entries and warnings as lines; the origin by its name and line only.
fn lines(settings: &Settings) -> String {
    let mut text = String::new();
    for entry in settings.entries() {
        let value = match &entry.value {
            Ok(value) => value.clone(),
            Err(malformed) => format!("malformed {malformed}"),
        };
        writeln!(text, "{}: {} = {value}", entry.component, entry.name)
            .unwrap();
    }
    for warning in &settings.warnings {
        let name = match &warning.origin {
            Origin::Environment { name } => name.clone(),
            Origin::Registry { name, .. } => name.clone(),
        };
        writeln!(text, "! {name} {}", warning.text).unwrap();
    }
    text
}

fn connections(blob: &[u8]) -> String {
    let hex: Vec<_> = blob.iter().map(|b| format!("{b:02x}")).collect();
    hex.join(",")
}

const EDR: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection";
const ATP: &str =
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const AV: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender";
const AV_PREFERENCE: &str = r"HKLM\SOFTWARE\Microsoft\Windows Defender";
const HKLM_IS: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
const HKCU_IS: &str =
    r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const POLICY_IS: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";
const TCPIP: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const DNS_POLICY: &str =
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient";

/// Each value alone, with all that is said of it.
#[test]
fn each_value() {
    for (key, line, expected) in [
        // The sensor. Source: MDE-PROXY, documented.
        (
            EDR,
            r#""TelemetryProxyServer"="10.0.0.6:8080""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = \
             10.0.0.6:8080",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"="10.0.0.6:8080 ""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = \
             10.0.0.6:8080\n\
             ! TelemetryProxyServer has a space, which Microsoft says to \
             leave out (the MDE Client Analyzer warns of it, 131002)",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"="http://proxy:8080""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = proxy:8080\n\
             ! TelemetryProxyServer has a scheme, and Microsoft documents \
             `host:port` without one",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"="proxy""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = proxy:80\n\
             ! TelemetryProxyServer has no port, and Microsoft documents \
             `host:port`: read as port 80",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"="a:1;b:2""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = a:1;b:2\n\
             ! TelemetryProxyServer has more than one proxy, and Microsoft \
             documents one",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"="https=a:1""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = https=a:1\n\
             ! TelemetryProxyServer has a proxy for one kind of URL, and \
             Microsoft documents `host:port` only",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"="u:secret@proxy:80a""#,
            "Defender for Endpoint EDR: TelemetryProxyServer = malformed \
             `***@proxy:80a`: `***@proxy:80a` is left out: its port is no \
             number\n\
             ! TelemetryProxyServer can't be read: `***@proxy:80a`: \
             `***@proxy:80a` is left out: its port is no number",
        ),
        (
            EDR,
            r#""TelemetryProxyServer"=dword:1"#,
            "Defender for Endpoint EDR: TelemetryProxyServer = malformed \
             `1`: expected a REG_SZ, found REG_DWORD\n\
             ! TelemetryProxyServer can't be read: `1`: expected a REG_SZ, \
             found REG_DWORD",
        ),
        (EDR, r#""TelemetryProxyServer"="""#, ""),
        (
            EDR,
            r#""DisableEnterpriseAuthProxy"=dword:1"#,
            "Defender for Endpoint EDR: DisableEnterpriseAuthProxy = true",
        ),
        (
            EDR,
            r#""DisableEnterpriseAuthProxy"=dword:0"#,
            "Defender for Endpoint EDR: DisableEnterpriseAuthProxy = false",
        ),
        (
            ATP,
            r#""PreferStaticProxyForHttpRequest"=dword:1"#,
            "Defender for Endpoint EDR: PreferStaticProxyForHttpRequest = \
             true",
        ),
        (
            ATP,
            r#""PreferStaticProxyForHttpRequest"="1""#,
            "Defender for Endpoint EDR: PreferStaticProxyForHttpRequest = \
             true\n\
             ! PreferStaticProxyForHttpRequest is REG_SZ, not REG_DWORD: \
             read as 1",
        ),
        (
            ATP,
            r#""PreferStaticProxyForHttpRequest"=dword:2"#,
            "Defender for Endpoint EDR: PreferStaticProxyForHttpRequest = \
             false\n\
             ! PreferStaticProxyForHttpRequest is 2, and only 1 counts: \
             read as 0",
        ),
        // Antivirus. Source: ADMX-AV-PROXY, documented.
        (
            AV,
            r#""ProxyServer"="http://10.0.0.6:8080""#,
            "Defender Antivirus policy: ProxyServer = 10.0.0.6:8080",
        ),
        (
            AV,
            r#""ProxyServer"="10.0.0.6:8080""#,
            "Defender Antivirus policy: ProxyServer = 10.0.0.6:8080\n\
             ! ProxyServer does not begin with http:// or https://, which \
             Microsoft demands",
        ),
        (
            AV,
            r#""ProxyPacUrl"="https://u:secret@proxy.contoso.com/p.pac""#,
            "Defender Antivirus policy: ProxyPacUrl = \
             https://***@proxy.contoso.com/p.pac",
        ),
        (
            AV,
            r#""ProxyPacUrl"="proxy.pac""#,
            "Defender Antivirus policy: ProxyPacUrl = malformed \
             `proxy.pac`: expected an absolute URL: relative URL without a \
             base\n\
             ! ProxyPacUrl can't be read: `proxy.pac`: expected an absolute \
             URL: relative URL without a base",
        ),
        (
            AV,
            r#""ProxyBypass"="http://10.0.0.9""#,
            "Defender Antivirus policy: ProxyBypass = http://10.0.0.9",
        ),
        (
            r"HKLM\Software\Policies\Microsoft\Windows Defender\Spynet",
            r#""SSLOptions"=dword:2"#,
            "Defender Antivirus: SSLOptions = 2",
        ),
        (
            r"HKLM\Software\Microsoft\Windows Defender\Spynet",
            r#""SSLOptions"=dword:4"#,
            "Defender Antivirus: SSLOptions = malformed `4`: expected 0, \
             1, 2 or 3\n\
             ! SSLOptions can't be read: `4`: expected 0, 1, 2 or 3",
        ),
        // The preferences. Source: AV-STRINGS, community.
        (
            AV_PREFERENCE,
            r#""ProxyServer"="https://p:1""#,
            "Defender Antivirus preference: ProxyServer = https://p:1",
        ),
        (
            AV_PREFERENCE,
            r#""ProxyPacUrl"="http://h/p""#,
            "Defender Antivirus preference: ProxyPacUrl = http://h/p",
        ),
        (
            AV_PREFERENCE,
            // "a", "b.c"
            r#""ProxyBypass"=hex(7):61,0,0,0,62,0,2e,0,63,0,0,0,0,0"#,
            "Defender Antivirus preference: ProxyBypass = a;b.c",
        ),
        (
            AV_PREFERENCE,
            r#""LastKnownGoodProxy"="u:secret@p:1""#,
            "! LastKnownGoodProxy is `***@p:1`, and not read: nothing says \
             what it means",
        ),
        // WinHTTP. Source: KB4494447, DISABLE-WPAD, documented.
        (
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
            r#""WinHttpSettings"=hex:18,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0"#,
            "WinHTTP: WinHttpSettings = direct",
        ),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
            r#""WinHttpSettings"=hex:28,0,0,0,0,0,0,0,3,0,0,0,3,0,0,0,61,3a,31,2,0,0,0,2a,62,0,0"#,
            "WinHTTP: WinHttpSettings = a:1 except *b",
        ),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
            r#""WinHttpSettings"=hex:18,0,0,0,0,0,0,0,9,0,0,0,3,0,0,0,61,3a,31,0,0,0,0"#,
            "WinHTTP: WinHttpSettings = direct\n\
             ! WinHttpSettings has the flags 0x9, which turn on \
             auto-detection or a PAC script: only the static proxy is read\n\
             ! WinHttpSettings holds the proxy list `a:1`, which its flags \
             0x9 leave out of force",
        ),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
            r#""WinHttpSettings"=hex:18,0,0,0"#,
            "WinHTTP: WinHttpSettings = malformed `18 00 00 00`: offset 4: \
             expected 4 bytes of a number that is 0, found 0\n\
             ! WinHttpSettings can't be read: `18 00 00 00`: offset 4: \
             expected 4 bytes of a number that is 0, found 0",
        ),
        (
            r"HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
            r#""WinHttpSettings"=hex:18,0,0,0,0,0,0,0,3,0,0,0,3,0,0,0,61,3a,31,0,0,0,0"#,
            "WinHTTP, 32-bit: WinHttpSettings = a:1",
        ),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp",
            r#""DisableWpad"=dword:1"#,
            "WinHTTP: DisableWpad = true",
        ),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp",
            r#""DisableProxyAuthenticationSchemes"=dword:104"#,
            "WinHTTP: DisableProxyAuthenticationSchemes = 260",
        ),
        // WinINET's plain values. Source: WININET-FUNCTIONALITY, documented.
        (
            HKCU_IS,
            "\"ProxyEnable\"=dword:1\n\"ProxyServer\"=\"http=a:1;b\"\n\
             \"ProxyOverride\"=\"<local>;*.c\"",
            "WinINET: ProxyServer = http=a:1;b:80 except <local>;*.c",
        ),
        (
            HKCU_IS,
            "\"ProxyEnable\"=dword:0\n\"ProxyServer\"=\"a:1\"",
            "! ProxyServer is not in force: ProxyEnable is 0 or missing",
        ),
        (
            HKCU_IS,
            r#""AutoConfigURL"="http://wpad/p.pac""#,
            "WinINET: AutoConfigURL = http://wpad/p.pac",
        ),
        (
            HKCU_IS,
            // %proxyhost%
            "\"ProxyEnable\"=dword:1\n\"ProxyServer\"=hex(2):25,00,70,00,72,\
             00,6f,00,78,00,79,00,68,00,6f,00,73,00,74,00,25,00,00,00",
            "WinINET: ProxyServer = proxy.corp.example:80",
        ),
        (HKCU_IS, r#""AutoDetect"=dword:0"#, "WinINET: AutoDetect = false"),
        (
            HKCU_IS,
            r#""BadProxyExpiresTime"=dword:708"#,
            "WinINET: BadProxyExpiresTime = 1800",
        ),
        (
            POLICY_IS,
            r#""EnableAutoproxyResultCache"=dword:0"#,
            "WinINET: EnableAutoproxyResultCache = false",
        ),
        (
            r"HKCU\Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings",
            r#""EnableAutoproxyResultCache"=dword:0"#,
            "WinINET: EnableAutoproxyResultCache = false",
        ),
        // Source: PROXYWATCH-MEASURED, measured.
        (
            POLICY_IS,
            r#""ProxyServer"="a:1""#,
            "! ProxyServer is `a:1`, and not read: Windows ignores this \
             value among the policies",
        ),
        // Names. Source: DNS-DEVOLUTION, documented.
        (
            TCPIP,
            "\"Domain\"=\"old.example\"\n\"NV Domain\"=\"corp.example\"",
            "Names: PrimaryDnsSuffix = corp.example",
        ),
        (
            TCPIP,
            r#""Domain"=".corp.example.""#,
            "Names: PrimaryDnsSuffix = corp.example",
        ),
        (
            TCPIP,
            r#""SearchList"="a.example, b.example c.example,""#,
            "Names: SearchList = a.example,b.example,c.example",
        ),
        (
            TCPIP,
            r#""UseDomainNameDevolution"=dword:0"#,
            "Names: UseDomainNameDevolution = false",
        ),
        (
            DNS_POLICY,
            r#""DomainNameDevolutionLevel"=dword:3"#,
            "Names: DomainNameDevolutionLevel = 3",
        ),
    ] {
        let body = format!("[{key}]\n{line}\n");
        assert_eq!(lines(&read(&body)).trim_end(), expected, "{body}");
    }
}

#[test]
fn policies_of_the_dns_client_go_first() {
    let settings = read(&format!(
        "[{TCPIP}]\n\"NV Domain\"=\"corp.example\"\n\
         \"SearchList\"=\"b.example\"\n\
         \"UseDomainNameDevolution\"=dword:1\n\
         [HKLM\\SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters]\n\
         \"DomainNameDevolutionLevel\"=dword:2\n\
         [{DNS_POLICY}]\n\"SearchList\"=\"a.example\"\n\
         \"UseDomainNameDevolution\"=dword:0\n\
         [HKLM\\SOFTWARE\\Policies\\Microsoft\\System\\DNSClient]\n\
         \"NV PrimaryDnsSuffix\"=\"policy.example\"\n"
    ));
    let names = &settings.names;
    assert_eq!(names.primary_suffix.value().unwrap(), "policy.example");
    assert_eq!(names.search_list.value().unwrap(), &["a.example"]);
    assert_eq!(names.use_devolution.value(), Some(&false));
    assert_eq!(names.devolution_level.value(), Some(&2));
}

#[test]
fn the_policy_of_ssl_options_goes_first() {
    let settings = read(&format!(
        "[{AV_PREFERENCE}\\Spynet]\n\"SSLOptions\"=dword:0\n\
         [{AV}\\Spynet]\n\"SSLOptions\"=dword:2\n"
    ));
    assert_eq!(settings.defender_av.ssl_options.value(), Some(&2));
}

#[test]
fn the_blob_says_what_is_in_force() {
    for (bits, detect, url, proxy) in [
        (0x01, false, false, false),
        (0x03, false, false, true),
        (0x05, false, true, false),
        (0x09, true, false, false),
        (0x0f, true, true, true),
    ] {
        let blob = ConnectionSettings::new()
            .with_proxy("http=a:1;b:2", "<local>")
            .with_auto_config_url("http://h/p.pac")
            .with_flags(ConnectionFlags::from_bits(bits));
        let settings = read(&format!(
            "[{HKCU_IS}\\Connections]\n\"DefaultConnectionSettings\"=hex:{}\n",
            connections(&blob.to_bytes())
        ))
        .wininet;
        assert_eq!(settings.auto_detect.value(), Some(&detect));
        assert_eq!(settings.auto_config_url.value().is_some(), url);
        assert_eq!(settings.proxy.value().is_some(), proxy);
        if let Some(proxy) = settings.proxy.value() {
            assert_eq!(proxy.proxies.to_string(), "http=a:1;b:2");
            assert_eq!(proxy.bypass.text(), "<local>");
            let origin = settings.proxy.origin().unwrap().to_string();
            assert_eq!(
                origin,
                "HKCU\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\\
                 Internet Settings\\Connections\\DefaultConnectionSettings \
                 (t.reg line 4)"
            );
        }
    }
}

#[test]
fn the_blob_counts_before_the_plain_values() {
    let blob = ConnectionSettings::new()
        .with_auto_config_url("http://h/p.pac")
        .with_auto_detect();
    let hex = connections(&blob.to_bytes());
    let settings = read(&format!(
        "[{HKCU_IS}]\n\"ProxyEnable\"=dword:1\n\"ProxyServer\"=\"a:1\"\n\
         \"AutoDetect\"=dword:0\n\
         [{HKCU_IS}\\Connections]\n\
         \"SavedLegacySettings\"=hex:{hex}\n"
    ));
    assert_eq!(
        lines(&settings),
        "WinINET: AutoDetect = true\n\
         WinINET: AutoConfigURL = http://h/p.pac\n\
         ! ProxyEnable turns the proxy on, and SavedLegacySettings turns it \
         off; SavedLegacySettings counts, not this value\n\
         ! AutoDetect turns auto-detection off, and SavedLegacySettings \
         turns it on; SavedLegacySettings counts, not this value\n\
         ! SavedLegacySettings has the PAC URL `http://h/p.pac`, and the \
         value AutoConfigURL is missing: deleting that does not clear this\n"
    );
    // The same values on both sides: nothing to say.
    let blob = ConnectionSettings::new()
        .with_proxy("a:1", "<local>")
        .with_auto_config_url("http://h/p.pac");
    let hex = connections(&blob.to_bytes());
    let settings = read(&format!(
        "[{HKCU_IS}]\n\"ProxyEnable\"=dword:1\n\"ProxyServer\"=\"a:1\"\n\
         \"ProxyOverride\"=\"<local>\"\n\
         \"AutoConfigURL\"=\"http://h/p.pac\"\n\
         [{HKCU_IS}\\Connections]\n\
         \"DefaultConnectionSettings\"=hex:{hex}\n\
         \"SavedLegacySettings\"=hex:46\n"
    ));
    assert_eq!(settings.warnings.len(), 0, "{}", lines(&settings));
    let settings = read(&format!(
        "[{HKCU_IS}]\n\"ProxyServer\"=\"b:1\"\n\
         \"ProxyOverride\"=\"x\"\n\
         \"AutoConfigURL\"=\"http://other/\"\n\
         [{HKCU_IS}\\Connections]\n\
         \"DefaultConnectionSettings\"=hex:46\n\
         \"SavedLegacySettings\"=hex:{hex}\n"
    ));
    assert_eq!(
        lines(&settings),
        "WinINET: AutoDetect = false\n\
         WinINET: AutoConfigURL = http://h/p.pac\n\
         WinINET: ProxyServer = a:1 except <local>\n\
         ! DefaultConnectionSettings can't be read: `46`: offset 0: expected \
         4 bytes of the form's number, such as 0x46, found 1\n\
         ! ProxyServer is `b:1`, and SavedLegacySettings has `a:1`; \
         SavedLegacySettings counts, not this value\n\
         ! ProxyOverride is `x`, and SavedLegacySettings has `<local>`; \
         SavedLegacySettings counts, not this value\n\
         ! AutoConfigURL is `http://other/`, and SavedLegacySettings has \
         `http://h/p.pac`; SavedLegacySettings counts, not this value\n"
    );
}

#[test]
fn whose_settings() {
    let user = "S-1-5-21-1-2-3-500";
    let body = format!(
        "[{HKCU_IS}]\n\"AutoConfigURL\"=\"http://hkcu/\"\n\
         [{HKLM_IS}]\n\"AutoConfigURL\"=\"http://hklm/\"\n\
         [HKU\\{user}{0}]\n\"AutoConfigURL\"=\"http://user/\"\n\
         [HKU\\.DEFAULT{0}]\n\"AutoConfigURL\"=\"http://system/\"\n\
         [HKU\\S-1-5-20{0}]\n\"AutoConfigURL\"=\"http://network/\"\n",
        &HKCU_IS[4..]
    );
    let url = |identity: &Identity, body: &str| {
        let settings = read_as(identity, body);
        let url = settings.wininet.auto_config_url.value();
        url.map(|url| url.host_str().unwrap().to_owned())
    };
    for (identity, expected) in [
        (Identity::CurrentUser, Some("hkcu")),
        (Identity::LocalSystem, Some("system")),
        (Identity::NetworkService, Some("network")),
        (Identity::LocalService, None),
        (Identity::User(user.parse().unwrap()), Some("user")),
    ] {
        assert_eq!(url(&identity, &body).as_deref(), expected, "{identity}");
        // Source: IE-WPC, documented.
        let machine =
            format!("{body}[{POLICY_IS}]\n\"ProxySettingsPerUser\"=dword:0\n");
        assert_eq!(url(&identity, &machine).as_deref(), Some("hklm"));
        let each =
            format!("{body}[{POLICY_IS}]\n\"ProxySettingsPerUser\"=dword:1\n");
        assert_eq!(url(&identity, &each).as_deref(), expected);
    }
}

/// Source: CURL-MAN, documented.
#[test]
fn environment_variables() {
    for (variables, expected) in [
        (
            &[("http_proxy", "a"), ("HTTP_PROXY", "b:1")][..],
            "Environment: http_proxy = a:1080\n\
             Environment: HTTP_PROXY = b:1",
        ),
        (&[("Http_Proxy", "b:1")], "Environment: HTTP_PROXY = b:1"),
        (
            &[("https_proxy", "https://a"), ("HTTPS_PROXY", "b")],
            "Environment: https_proxy = https://a:443",
        ),
        (
            &[("https_proxy", ""), ("HTTPS_PROXY", "b:1")],
            "Environment: https_proxy = b:1",
        ),
        (
            &[("ftp_proxy", "f"), ("ALL_PROXY", "socks5h://u:p@s")],
            "Environment: ftp_proxy = f:1080\n\
             Environment: all_proxy = socks5://***@s:1080",
        ),
        (
            &[("no_proxy", ""), ("NO_PROXY", "a,.b")],
            "Environment: no_proxy = a,.b",
        ),
        (&[("all_proxy", "")], ""),
        (
            &[("all_proxy", "gopher://u:secret@a")],
            "Environment: all_proxy = malformed `gopher://***@a`: there is \
             no proxy of its scheme\n\
             ! all_proxy can't be read: `gopher://***@a`: there is no proxy \
             of its scheme",
        ),
    ] {
        let machine = variables
            .iter()
            .fold(Machine::offline(), |m, (n, v)| m.with_env(*n, *v));
        let settings =
            Settings::read(&machine, &Identity::CurrentUser).unwrap();
        let found = lines(&settings);
        assert_eq!(found.trim_end(), expected, "{variables:?}");
    }
}

#[test]
fn debug_and_listing_mask_credentials() {
    let body = format!(
        "[{AV}]\n\"ProxyServer\"=\"http://u:secret@a\"\n\
         \"ProxyPacUrl\"=\"http://u:secret@a/\"\n\
         [{HKCU_IS}]\n\"AutoConfigURL\"=\"http://u:secret@a/\"\n\
         \"ProxyEnable\"=dword:1\n\"ProxyServer\"=\"u:secret@a;u:secret@\"\n\
         [{EDR}]\n\"TelemetryProxyServer\"=\"u:secret secret@a\"\n"
    );
    let settings = read(&body);
    assert_eq!(settings.entries().len(), 5);
    let shown = format!("{settings:?}\n{}", lines(&settings));
    assert!(!shown.contains("secret"), "{shown}");
    // A password is still there for who connects.
    let proxy = settings.wininet.proxy.value().unwrap();
    let (_, proxy) = proxy.proxies.iter().next().unwrap();
    assert_eq!(proxy.credentials().unwrap().password(), Some("secret"));
}

#[test]
fn a_registry_that_fails_is_an_error() {
    #[derive(Debug)]
    struct Locked;

    impl Registry for Locked {
        fn value(&self, _: &Key, _: &str) -> Result<Option<Found>, Fault> {
            Err(Fault::new("access denied"))
        }

        fn subkeys(&self, _: &Key) -> Result<Vec<String>, Fault> {
            Err(Fault::new("access denied"))
        }
    }

    let machine = Machine::offline().with_registry(Locked);
    let error = Settings::read(&machine, &Identity::LocalSystem).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Registry);
    assert_eq!(
        error.to_string(),
        "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\ProxyServer: \
         access denied"
    );
}

#[test]
fn nothing_is_configured_on_an_empty_machine() {
    let settings =
        Settings::read(&Machine::offline(), &Identity::LocalSystem).unwrap();
    assert!(settings.entries().is_empty());
    assert!(settings.warnings.is_empty());
    let tree = Tree::new().with(
        &Key::new(Root::CurrentUser, "Environment"),
        "https_proxy",
        Value::String("a:1".into()),
    );
    // Variables are the machine's, not the registry's.
    let machine = Machine::offline().with_registry(tree);
    let settings = Settings::read(&machine, &Identity::CurrentUser).unwrap();
    assert!(settings.entries().is_empty());
}
