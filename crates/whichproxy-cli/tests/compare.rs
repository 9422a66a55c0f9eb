//! `whichproxy compare` over the suite's scripts, beside a WinHTTP that is
//! not ours: that of Windows, or Wine's.
//!
//! Each script is served on loopback and asked about the URLs of its cases.
//! Where the answers part, `known-differences.toml` says why, and whose
//! fault it is; what is listed there and does not part fails, too.
#![allow(clippy::unwrap_used)] // what fails here fails a test

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde::Deserialize;
use url::Url;
use whichproxy_test::{Case, Kind, data, glob, load};

/// Why answers part.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Known {
    /// The cases, by their full names; a `*` at the end stands for more.
    test: Vec<String>,
    /// Whose fault it is: `ours`, `wine`, or `nobody`.
    whose: String,
    /// What differs.
    reason: String,
    /// Whether they may be the same on another machine.
    #[serde(default)]
    sometimes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    known_difference: Vec<Known>,
}

/// What one URL came to.
#[derive(Deserialize)]
struct Told {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    question: String,
    windows: String,
    whichproxy: String,
    verdict: String,
}

/// A command that runs on Windows, or as if.
fn program() -> Option<OsString> {
    let other = std::env::var_os("WHICHPROXY_COMMAND");
    let own = cfg!(windows).then(|| env!("CARGO_BIN_EXE_whichproxy").into());
    other.or(own)
}

#[test]
fn elsewhere_it_says_so() {
    if program().is_some() {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_whichproxy"))
        .args(["compare", "http://www.example.com/"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        stderr,
        "whichproxy: only Windows has the WinHTTP that is asked: run this \
         there\n"
    );
}

/// Serves each script under its number, until the process ends.
fn serve(scripts: Vec<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scripts = Arc::new(scripts);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let scripts = Arc::clone(&scripts);
            thread::spawn(move || {
                let mut lines = BufReader::new(&stream).lines();
                let first = lines.next()?.ok()?;
                while lines
                    .next()
                    .is_some_and(|l| l.is_ok_and(|l| !l.is_empty()))
                {
                }
                let number = first.strip_prefix("GET /")?.split('.').next()?;
                let body = scripts.get(number.parse::<usize>().ok()?)?;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\
                     Content-Type: application/x-ns-proxy-autoconfig\r\n\
                     Connection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).ok()?;
                stream.write_all(body).ok()
            });
        }
    });
    port
}

/// What is put before scripts that say something: Wine's have no `alert`,
/// and would all be one and the same difference.
const SILENCE: &[u8] = b"function alert() {}\n";

/// The script as it is served.
fn served(script: &[u8]) -> Vec<u8> {
    let says = script.windows(6).any(|word| word == b"alert(");
    let silence = if says { SILENCE } else { b"" };
    [silence, script].concat()
}

/// The cases that have a script and a URL, by their script.
fn cases() -> BTreeMap<Vec<u8>, Vec<Case>> {
    let mut by_script = BTreeMap::<Vec<u8>, Vec<Case>>::new();
    for case in load(&data()).unwrap() {
        // A host of the case's own is nothing that a URL has.
        if case.kind() != Kind::Pac || case.host.is_some() {
            continue;
        }
        if case.script.is_none() && case.script_file.is_none() {
            continue;
        }
        let Some(Ok(url)) = case.url.as_ref().map(|url| url.parse::<Url>())
        else {
            continue;
        };
        if url.as_str() == asked(&case) && url.username().is_empty() {
            by_script.entry(case.script_bytes()).or_default().push(case);
        }
    }
    by_script
}

fn asked(case: &Case) -> &str {
    case.url.as_deref().unwrap_or_default()
}

/// What parted of the cases of one script: name, Windows', ours.
fn parted(
    program: &OsString,
    address: &str,
    cases: &[Case],
) -> Vec<(String, String, String)> {
    let mut parted = Vec::new();
    for case in cases {
        let Output { stdout, stderr, .. } = Command::new(program)
            .args(["compare", "--format", "json", "--pac", address])
            .arg(asked(case))
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&stdout);
        let name = case.full_name();
        if stdout.starts_with("Unhandled exception") {
            parted.push((name, "crashed".to_owned(), String::new()));
            continue;
        }
        let told: Told = serde_json::from_str(&stdout).unwrap_or_else(|e| {
            let stderr = String::from_utf8_lossy(&stderr);
            panic!("{name}: {e}: {stdout}{stderr}")
        });
        let row = told.rows.iter().find(|row| row.question == "script");
        let Row { windows, whichproxy, verdict, .. } = row.unwrap();
        if verdict == "different" {
            parted.push((name, windows.clone(), whichproxy.clone()));
        }
    }
    parted
}

#[test]
fn each_difference_is_known() {
    let Some(program) = program() else {
        println!("skipped: WHICHPROXY_COMMAND names no command on Windows");
        return;
    };
    let by_script: Vec<(Vec<u8>, Vec<Case>)> = cases().into_iter().collect();
    let scripts = by_script.iter().map(|(script, _)| served(script)).collect();
    let port = serve(scripts);
    let next = AtomicUsize::new(0);
    let parts = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((_, cases)) = by_script.get(number) else {
                        return;
                    };
                    let address =
                        format!("http://127.0.0.1:{port}/{number}.pac");
                    let found = parted(&program, &address, cases);
                    parts.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut parts = parts.into_inner().unwrap();
    parts.sort();
    let asked: usize = by_script.iter().map(|(_, cases)| cases.len()).sum();
    println!(
        "{asked} cases, {} scripts, {} part",
        by_script.len(),
        parts.len()
    );
    assert!(asked > 100, "{asked}");

    let text = include_str!("known-differences.toml");
    let File { known_difference: known } = toml::from_str(text).unwrap();
    let mut faults = Vec::new();
    for (name, windows, ours) in &parts {
        let mut of = known.iter().flat_map(|known| &known.test);
        if !of.any(|pattern| glob(pattern, name)) {
            faults.push(format!("{name}: Windows {windows} | ours {ours}"));
        }
    }
    for Known { test, whose, reason, sometimes } in &known {
        assert!(["nobody", "ours", "wine"].contains(&whose.as_str()));
        assert!(!reason.is_empty());
        for pattern in test {
            let part = parts.iter().any(|(name, ..)| glob(pattern, name));
            if !part && !sometimes {
                faults.push(format!("{pattern} is listed and does not part"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
