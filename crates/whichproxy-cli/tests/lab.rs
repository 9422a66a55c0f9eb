//! The command in a network of its own, with real servers.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

#[path = "../../whichproxy-os/tests/wpad/lab.rs"]
#[allow(dead_code, unreachable_pub)] // shared with other tests
mod lab;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::lab::in_a_lab;

/// An export with auto-detection on.
const AUTO_DETECT: &str = r#"REGEDIT4

[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings]
"AutoDetect"=dword:00000001
"#;

/// What the command prints, and how it ends.
fn whichproxy(arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whichproxy"));
    let output = command.args(arguments).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    println!("{arguments:?}\n{printed}{errors}");
    (printed, output.status.code())
}

#[test]
fn discover_finds_a_script() {
    let Some(mut lab) = in_a_lab("discover_finds_a_script") else { return };
    lab.link("srv", 1, &[]);
    lab.dnsmasq("srv", 1, &["--dhcp-option=252,http://10.1.0.1/wpad.dat"]);
    lab.nginx("srv", 1, "office");
    let (printed, status) = whichproxy(&["discover"]);
    assert_eq!(status, Some(0));
    let lines: Vec<_> = printed.lines().collect();
    let [asked, page, found] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(asked.starts_with("DHCP option 252 on eth1 "));
    assert!(asked.ends_with("server 10.1.0.1  http://10.1.0.1/wpad.dat"));
    assert!(page.starts_with("page http://10.1.0.1/wpad.dat "));
    assert!(page.ends_with(" a script of 52 bytes"));
    assert_eq!(*found, "found http://10.1.0.1/wpad.dat");

    let (printed, status) = whichproxy(&["discover", "--format", "json"]);
    assert_eq!(status, Some(0));
    let answer: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(answer["attempts"][0]["kind"], "dhcp");
    assert_eq!(answer["attempts"][0]["found"], true);
    assert!(answer["found"].to_string().contains("http://10.1.0.1/wpad.dat"));

    let export = concat!(env!("CARGO_TARGET_TMPDIR"), "/auto.reg");
    std::fs::write(export, AUTO_DETECT).unwrap();
    let url = "http://www.example.com/";
    let from = ["--online", "--reg", export, "--as", "winhttp-auto"];
    let (printed, status) =
        whichproxy(&[&["resolve", url], &from[..]].concat());
    assert_eq!(status, Some(0));
    assert_eq!(printed, "PROXY office:80\n");

    // DHCP is not for the interface that leads nowhere.
    let (_, status) = whichproxy(&["discover", "--interface", "lo"]);
    assert_eq!(status, Some(2));
}

/// Lines of a command that goes on, until it is dropped.
struct Going(Child, Lines<BufReader<ChildStdout>>);

impl Going {
    fn new(arguments: &[&str]) -> Going {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whichproxy"));
        command.args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Going(child, lines)
    }

    /// The next line: waited for, however long it takes.
    fn next(&mut self) -> String {
        self.1.next().unwrap().unwrap()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn resolve_goes_on_with_watch() {
    let test = "resolve_goes_on_with_watch";
    let Some(mut lab) = in_a_lab(test) else { return };
    for (server, n, proxy) in [("srv", 1, "office"), ("home", 2, "home")] {
        lab.link(server, n, &[]);
        let option = format!("--dhcp-option=252,http://10.{n}.0.1/wpad.dat");
        lab.dnsmasq(server, n, &[&option]);
        lab.nginx(server, n, proxy);
    }
    lab.change(&[2], &[1]);
    let export = concat!(env!("CARGO_TARGET_TMPDIR"), "/watched.reg");
    std::fs::write(export, AUTO_DETECT).unwrap();
    let url = "http://www.example.com/";
    let from = ["--online", "--reg", export, "--as", "winhttp-auto"];
    let mut going =
        Going::new(&[&["resolve", url, "--watch"], &from[..]].concat());
    assert_eq!(going.next(), "PROXY office:80");
    lab.change(&[1], &[2]);
    // There may be no network for a moment.
    let mut next = going.next();
    if next == "DIRECT" {
        next = going.next();
    }
    assert_eq!(next, "PROXY home:80");
}

#[test]
fn discover_finds_none() {
    let Some(mut lab) = in_a_lab("discover_finds_none") else { return };
    lab.link("srv", 1, &[]);
    lab.dnsmasq("srv", 1, &[]);
    lab.name("pc7.corp.example");
    let (printed, status) = whichproxy(&["discover"]);
    assert_eq!(status, Some(1));
    let has = |start: &str, end: &str| {
        let mut lines = printed.lines();
        lines.any(|line| line.starts_with(start) && line.ends_with(end))
    };
    assert!(has("DHCP option 252 on eth1 ", " not offered"));
    assert!(has("DNS wpad.corp.example ", " does not resolve"));
}
