//! The command as a person meets it: status, stdout and stderr.
//!
//! The machine is files under `tests/data`, so the answers are the same
//! everywhere. `cargo insta review` shows what changed.
#![allow(clippy::unwrap_used)] // what fails here fails a test

mod console;
mod discover;
mod fetch;
mod pac;
mod passwords;
mod record;
mod resolve;
mod settings;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

/// Runs the command and shows all it gave back.
fn whichproxy(args: &str) -> String {
    with_stdin(args, "")
}

fn with_stdin(args: &str, stdin: &str) -> String {
    shown(run(&words(args), stdin))
}

fn shown(output: Output) -> String {
    let Output { status, stdout, stderr } = output;
    let code = status.code().map_or("none".to_owned(), |c| c.to_string());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    format!(
        "exit: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
        text(stdout),
        without_wine(&text(stderr))
    )
}

/// The command, or what is to be tested in its place: `cargo xtask test
/// windows` has one that runs under Wine.
fn program() -> OsString {
    let other = std::env::var_os("WHICHPROXY_COMMAND");
    other.unwrap_or_else(|| env!("CARGO_BIN_EXE_whichproxy").into())
}

/// Whether the command that is tested runs on Windows.
fn on_windows() -> bool {
    cfg!(windows) || std::env::var_os("WHICHPROXY_COMMAND").is_some()
}

/// Without what Wine says when a process ends before all of its threads.
fn without_wine(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("wine client error:")).collect()
}

fn run(args: &[String], stdin: &str) -> Output {
    run_bytes(args, stdin.as_bytes())
}

fn run_bytes(args: &[String], stdin: &[u8]) -> Output {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    run_in(&data, args, stdin)
}

/// Runs the command in a folder.
fn run_in(folder: &Path, args: &[String], stdin: &[u8]) -> Output {
    let mut child = Command::new(program())
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it may have gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin);
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

/// Hosts whose bytes are no text: named, and what comes next is answered.
#[test]
fn bytes_that_are_no_text() {
    let urls = b"http://one.example/\nhttp://\xff\xfe.example/x\n\
        http://%ff.example/\nhttp://two.example/\n";
    let args = words("pac eval proxy.pac --urls - --dns inside.example=::1");
    let Output { status, stdout, stderr } = run_bytes(&args, urls);
    assert_eq!(status.code(), Some(2));
    assert_snapshot!(String::from_utf8(stdout).unwrap(), @r##"
    http://one.example/	PROXY outside.example:8080
    http://two.example/	PROXY outside.example:8080
    "##);
    let stderr = String::from_utf8(stderr).unwrap();
    assert_snapshot!(without_wine(&stderr), @r##"
    whichproxy: stdin line 2: `http://��.example/x` is no URL: it is no text in UTF-8, nor in UTF-16 with a byte order mark
    whichproxy: stdin line 3: `http://%ff.example/` is no URL: invalid international domain name
    whichproxy: not asked: own address (answer with --my-ip IP, or --online)
    "##);
}

/// Wine's arguments are of another kind, in which all bytes are text.
#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text() {
    use std::os::unix::ffi::OsStringExt;
    if on_windows() {
        return;
    }
    let url = b"http://me:secret@\xff\x1b.example/".to_vec();
    let output = Command::new(program())
        .args(["pac", "eval", "proxy.pac"])
        .arg(OsString::from_vec(url))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_snapshot!(stderr, @r##"
    error: expected text in UTF-8:
      argument 4 is not: `http://***@�\u{1b}.example/`
    "##);
}

#[test]
fn help_and_version_of_everything() {
    for args in [
        "--help",
        "resolve --help",
        "settings --help",
        "plan --help",
        "discover --help",
        "record --help",
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
    for page in
        ["", "resolve", "settings", "record", "discover", "pac", "pac eval"]
    {
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
    let mut child = Command::new(program())
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
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(without_wine(&stderr), "");
}

// resolve: one client after the other
