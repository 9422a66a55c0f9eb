//! What a person reads: traces and plans as text.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

use whichproxy::machine::{Leases, Names, Pages, StaticInterfaces, Suffixes};
use whichproxy::registry::RegFile;
use whichproxy::{Client, Machine, Plan, Resolver, Settings};

const EXPORT: &str = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\DataCollection]
"TelemetryProxyServer"="10.0.0.6:8080"

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows Defender]
"ProxyServer"="http://av.corp.example:8080"
"ProxyPacUrl"="http://pac.corp.example/av.pac"

[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings]
"AutoDetect"=dword:00000001
"ProxyEnable"=dword:00000001
"ProxyServer"="web.corp.example:3128"
"ProxyOverride"="*.corp.example;<local>"
"#;

fn machine() -> Machine {
    let export = RegFile::parse(EXPORT.as_bytes(), "corp.reg").unwrap();
    let suffixes = Suffixes {
        primary: Some("eu.corp.example".to_owned()),
        search: Vec::new(),
    };
    let wpad = "http://wpad.corp.example/wpad.dat".parse().unwrap();
    let script = "function FindProxyForURL(url, host) {
        if (isInNet(dnsResolve(host), '10.0.0.0', '255.0.0.0'))
            return 'DIRECT';
        return 'PROXY wpad.corp.example:8080; FOO; DIRECT';
    }";
    Machine::offline()
        .with_registry(export)
        .with_dhcp(Leases::new().with_wpad("http://dead.corp.example/p"))
        .with_dns(
            Names::new()
                .with("wpad.corp.example", [[10, 0, 0, 5]])
                .with("www.example.com", [[192, 0, 2, 1]]),
        )
        .with_fetch(Pages::new().with(&wpad, script))
        .with_interfaces(StaticInterfaces::new().with_suffixes(suffixes))
}

fn explain(client: Client, url: &str) -> String {
    let resolver = Resolver::new(client, machine()).unwrap();
    let resolution = resolver.resolve_text(url).unwrap();
    format!("{}\n{}", resolution.routes(), resolution.trace())
}

#[test]
fn edr() {
    insta::assert_snapshot!(explain(
        Client::DefenderEdr,
        "https://winatp-gw-eus.microsoft.com/"
    ));
}

#[test]
fn antivirus() {
    insta::assert_snapshot!(explain(
        Client::DefenderAv,
        "https://wdcp.microsoft.com/"
    ));
}

#[test]
fn antivirus_updates() {
    insta::assert_snapshot!(explain(
        Client::DefenderAv,
        "https://fe2.update.microsoft.com/"
    ));
}

#[test]
fn automatic() {
    insta::assert_snapshot!(explain(
        Client::WinhttpAuto,
        "http://www.example.com/"
    ));
}

#[test]
fn wininet() {
    insta::assert_snapshot!(explain(
        Client::Wininet,
        "http://intranet.corp.example/"
    ));
}

#[test]
fn plans() {
    let plans = Client::ALL.map(|client| {
        let settings = Settings::read(&machine(), &client.identity()).unwrap();
        Plan::new(client, &settings).to_string()
    });
    insta::assert_snapshot!(plans.join("\n"));
}
