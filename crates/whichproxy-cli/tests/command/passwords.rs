//! No command shows a password, wherever it stands and however badly it is
//! written there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::run;

const PASSWORD: &str = "s3cr3t-PASSWORD";

const CLIENTS: [&str; 6] = [
    "defender-av",
    "defender-edr",
    "environment",
    "winhttp",
    "winhttp-auto",
    "wininet",
];

/// Proxies and addresses as people write them, `!` for the password.
const WRITTEN: [&str; 16] = [
    "http://me:!@proxy.example:3128/p.pac",
    "http://:!@proxy.example/",
    "https://me:x!;@proxy.example:3128",
    "me:!@proxy.example:8080",
    "http=me:!@a.example:1;https=http://me:!@b.example:2",
    "socks=me:!@a.example; http=b.example:80",
    "http://me:!@proxy.example:port/p.pac",
    "http://me:!@bad host/p.pac",
    "http://me:p@ss!@proxy.example/p.pac",
    "http://me:a/!@proxy.example/p.pac",
    "http:me:!@proxy.example/p.pac",
    "//me:!@proxy.example/p.pac",
    "ftp://me:!@proxy.example/p.pac",
    "http://me:!@proxy.example:99999/p.pac",
    "http://me:!@[::1/p.pac",
    "\u{1b}http://me:!@/",
];

/// Runs a command and looks for the password in all it says.
fn shows_none(args: &[&str]) {
    let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
    let Output { stdout, stderr, .. } = run(&args, "");
    for bytes in [stdout, stderr] {
        let said = String::from_utf8_lossy(&bytes).into_owned();
        // Half a password is one too many, and so is one in UTF-16.
        let said = said.replace("\\0", "").to_lowercase();
        for part in ["s3cr3t", "cr3t-pass", "password", "73 33 63 72"] {
            assert!(!said.contains(part), "{args:?}: {said}");
        }
    }
}

fn in_hexadecimal(bytes: &[u8]) -> String {
    let all: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("hex:{}", all.join(","))
}

fn text_of_blob(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    [&length[..], text.as_bytes()].concat()
}

/// An export in which every proxy and every address is this one.
fn export(written: &str, name: &str) -> PathBuf {
    let text = written.replace('\\', r"\\");
    let list = text_of_blob(written);
    let number = |n: u32| n.to_le_bytes().to_vec();
    let winhttp = [number(0x18), number(0), number(3), list.clone()];
    let winhttp = [winhttp.concat(), text_of_blob("<local>")].concat();
    let wininet = [number(0x46), number(1), number(0xf), list.clone()];
    let wininet = [wininet.concat(), list.clone(), list, vec![0; 32]].concat();
    let cut = in_hexadecimal(&winhttp[..winhttp.len() - 12]);
    let (winhttp, wininet) =
        (in_hexadecimal(&winhttp), in_hexadecimal(&wininet));
    let text = format!(
        r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\DataCollection]
"TelemetryProxyServer"="{text}"
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows Defender]
"ProxyServer"="{text}"
"ProxyPacUrl"="{text}"
"ProxyBypass"="{text}"
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows Defender]
"ProxyServer"="{text}"
"ProxyPacUrl"="{text}"
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections]
"WinHttpSettings"={winhttp}
"DefaultConnectionSettings"={cut}
[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings]
"AutoConfigURL"="{text}"
"ProxyEnable"=dword:00000001
"ProxyServer"="{text}"
"ProxyOverride"="{text}"
[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections]
"DefaultConnectionSettings"={wininet}
"SavedLegacySettings"={wininet}
"#
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn settings_plans_and_routes() {
    for (at, written) in WRITTEN.iter().enumerate() {
        let written = written.replace('!', PASSWORD);
        let path = export(&written, &format!("wanted-{at}.reg"));
        let reg = path.to_str().unwrap();
        let env: Vec<String> =
            ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
                .map(|name| format!("{name}={written}"))
                .into();
        for format in ["text", "json"] {
            let mut all = vec!["--reg", reg, "--format", format];
            env.iter().for_each(|value| all.extend(["--env", value]));
            shows_none(&[&["settings"], &all[..]].concat());
            all.push("--as");
            for client in CLIENTS {
                all.push(client);
                shows_none(&[&["settings"], &all[..]].concat());
                shows_none(&[&["plan", "--all-readings"], &all[..]].concat());
                let page = format!("{written}=proxy.pac");
                let dhcp = ["--dhcp-wpad", &written];
                let mut resolve = vec!["resolve", "http://a.example/"];
                resolve.extend(["--explain", "--now"]);
                resolve.push("2026-11-22T09:30:00Z");
                resolve.extend(dhcp);
                resolve.extend(&all);
                shows_none(&resolve);
                resolve.extend(["--page", &page]);
                shows_none(&resolve);
                if format == "text" {
                    record(&resolve[4..]);
                }
                all.pop();
            }
            all.push("winhttp-auto");
            let discover = ["discover", "--offline", "--anyway"];
            let dhcp = ["--dhcp-wpad", &written];
            shows_none(&[&discover[..], &dhcp, &all].concat());
        }
    }
}

/// Recordings have none either, whatever they are made of.
fn record(machine: &[&str]) {
    let mut args = vec!["record", "http://a.example/", "--offline"];
    let format = machine.iter().position(|arg| *arg == "--format").unwrap();
    args.extend(&machine[..format]);
    args.extend(&machine[format + 2..]);
    shows_none(&args);
}

#[test]
fn what_is_asked_about() {
    for written in WRITTEN {
        let written = written.replace('!', PASSWORD);
        for format in ["text", "json"] {
            let format = ["--format", format];
            for url in [written.clone(), written.to_uppercase()] {
                shows_none(&[&["resolve", &url][..], &format].concat());
                let eval = ["pac", "eval", "proxy.pac", &url, "--explain"];
                shows_none(&[&eval[..], &format].concat());
                // What is no address is the name of a file.
                if url.to_lowercase().starts_with("http://") {
                    let check = ["pac", "check", &url];
                    shows_none(&[&check[..], &format].concat());
                }
            }
        }
    }
}

#[test]
fn options_that_are_none() {
    let written = format!("http://me:{PASSWORD}@a.example");
    for args in [
        vec!["resolve", "http://a/", "--page", &written],
        vec!["resolve", "http://a/", "--env", &written],
        vec!["resolve", "http://a/", "--user", &written],
        vec!["resolve", "http://a/", "--my-ip", &written],
        vec!["resolve", "http://a/", "--as", &written],
        vec!["resolve", "http://a/", "--domain", &written],
        vec!["resolve", "http://a/", "--dns", &written],
        vec!["settings", &written],
        vec![&written],
    ] {
        shows_none(&args);
    }
}

#[test]
fn exports_that_end_within_a_password() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cut.reg");
    for line in [
        format!("\"ProxyServer\"=\"http://me:{PASSWORD}@a.example"),
        format!("\"ProxyServer\"=http://me:{PASSWORD}@a.example"),
        format!("http://me:{PASSWORD}@a.example"),
        format!("\"ProxyServer\"=\"a\" me:{PASSWORD}@a.example"),
        format!("[HKEY_ME:{PASSWORD}@a.example]"),
    ] {
        fs::write(
            &path,
            format!("REGEDIT4\n\n[HKEY_CURRENT_USER\\a]\n{line}\n"),
        )
        .unwrap();
        shows_none(&["settings", "--reg", path.to_str().unwrap()]);
    }
}
