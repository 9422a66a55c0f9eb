//! Programs that know nothing of whichproxy, with its `libpacparser.so.1`.
//!
//! `cargo xtask test dropin` builds the library and runs them; alone, they
//! are told so and passed over.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder with the library, where there is one.
fn folder() -> Option<PathBuf> {
    let folder = env::var_os("WHICHPROXY_DROPIN").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: cargo xtask test dropin runs it");
    }
    folder
}

/// A folder for the files of one test.
fn place(name: &str) -> PathBuf {
    let of = format!("whichproxy-pacparser-{name}-{}", std::process::id());
    let place = env::temp_dir().join(of);
    fs::create_dir_all(&place).unwrap();
    place
}

fn shown(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// The names that a library exports, with their versions.
fn symbols(library: &Path) -> BTreeSet<String> {
    let mut command = Command::new("nm");
    command.args(["-D", "--defined-only", "--with-symbol-versions"]);
    let output = command.arg(library).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter(|line| line.contains(" T "));
    names.filter_map(|line| Some(line.split(' ').nth(2)?.into())).collect()
}

/// The library that a program would be given.
fn library_of(program: &str) -> PathBuf {
    let found = Command::new("sh")
        .args(["-c", &format!("ldd \"$(command -v {program})\"")])
        .output()
        .unwrap();
    let text = String::from_utf8(found.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("libpacparser"));
    line.unwrap().split(' ').nth(2).unwrap().into()
}

#[test]
fn the_symbols_are_those_that_are_listed() {
    let Some(folder) = folder() else { return };
    let listed = include_str!("../symbols.txt");
    let listed: BTreeSet<String> = listed.lines().map(Into::into).collect();
    assert_eq!(symbols(&folder.join("libpacparser.so.1")), listed);
    // What it exports beside is not in its header.
    let theirs = symbols(&library_of("pactester"));
    let missing: Vec<&String> = theirs.difference(&listed).collect();
    assert_eq!(missing, ["str_replace"]);
}

#[test]
fn every_function_from_c() {
    let Some(folder) = folder() else { return };
    let place = place("c");
    let program = place.join("every_function");
    let source =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/every_function.c");
    let built = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-g", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-L")
        .arg(&folder)
        .args(["-l:libpacparser.so.1", "-lpthread"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", shown(&built));
    let plain = Command::new(&program)
        .arg(&place)
        .env("LD_LIBRARY_PATH", &folder)
        .output()
        .unwrap();
    assert!(plain.status.success(), "{}", shown(&plain));
    let watched = Command::new("valgrind")
        .args(["--quiet", "--leak-check=full", "--error-exitcode=9"])
        .arg("--errors-for-leak-kinds=definite,indirect")
        .arg(&program)
        .arg(&place)
        // Slow as it is there.
        .arg("4")
        .env("LD_LIBRARY_PATH", &folder)
        .output()
        .unwrap();
    assert!(watched.status.success(), "{}", shown(&watched));
    fs::remove_dir_all(place).unwrap();
}

const SCRIPT: &str = "
function FindProxyForURL(url, host) {
    if (host == 'throw') throw new Error('on purpose');
    if (host == 'me') return 'PROXY ' + myIpAddress() + ':1';
    if (host == 'ex') return 'PROXY ' + myIpAddressEx() + ':1';
    if (shExpMatch(url, '*.example/*')) return 'PROXY e:80; DIRECT';
    return 'PROXY ' + host + ':8080 ' + url;
}
";

/// Each documented option of `pactester`, with its own library and with
/// this one: what it prints, and how it ends.
#[test]
fn pactester_has_its_options() {
    let Some(folder) = folder() else { return };
    let place = place("options");
    let file = |name: &str, text: &str| {
        fs::write(place.join(name), text).unwrap();
    };
    file("good.pac", SCRIPT);
    file("bad.pac", "function FindProxyForURL(");
    file("none.pac", "var a = 1;");
    file(
        "urls",
        "# some\nhttp://a.example/x\n\nhttps://b:81/c   \nhttp://c/\n",
    );
    file("urls-throw", "http://a.example/x\nhttp://throw/\nhttp://c/\n");
    let cases: [&[&str]; 20] = [
        &["-p", "good.pac", "-u", "http://www.a.example/x"],
        &["-p", "good.pac", "-u", "https://user:secret@b.test:81/?q"],
        &["-p", "-", "-u", "http://www.a.example/x"],
        &["-p", "-", "-f", "urls"],
        &["-p", "good.pac", "-u", "http://www.a.test/", "-h", "other"],
        &["-p", "good.pac", "-u", "http://www.a.test/'b'", "-h", "other"],
        &["-p", "good.pac", "-u", "http://www.a.test/", "-h", "o'ther"],
        &["-p", "good.pac", "-f", "urls"],
        &["-p", "good.pac", "-f", "urls-throw"],
        &["-p", "good.pac", "-f", "no-urls"],
        &["-p", "good.pac", "-u", "http://me/", "-c", "10.1.2.3"],
        &["-p", "good.pac", "-f", "urls", "-c", "10.1.2.3", "-e"],
        &["-p", "good.pac", "-e", "-u", "http://ex/", "-c", "10.1.2.3"],
        &["-p", "good.pac", "-u", "http://throw/"],
        &["-p", "bad.pac", "-u", "http://a.example/"],
        &["-p", "none.pac", "-u", "http://a.example/"],
        &["-p", "no.pac", "-u", "http://a.example/"],
        &["-p", "good.pac"],
        &["-u", "http://a.example/"],
        &["-x"],
    ];
    let run = |arguments: &[&str], ours: bool| {
        let mut command = Command::new("pactester");
        command.args(arguments).current_dir(&place);
        command.stdin(File::open(place.join("good.pac")).unwrap());
        if ours {
            command.env("LD_LIBRARY_PATH", &folder);
        }
        command.output().unwrap()
    };
    for arguments in cases {
        let (theirs, own) = (run(arguments, false), run(arguments, true));
        let text = |output: &Output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            (output.status.code().unwrap(), text)
        };
        assert_eq!(text(&own), text(&theirs), "{arguments:?}");
        // Who is told of a fault by the one, is told of it by the other.
        let silent = |output: &Output| output.stderr.is_empty();
        assert_eq!(silent(&own), silent(&theirs), "{arguments:?}");
    }
    let version = run(&["-v"], true);
    let expected = concat!("whichproxy ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(shown(&version), expected);
    fs::remove_dir_all(place).unwrap();
}

/// What the README says that both libraries do.
#[test]
fn the_readme() {
    let Some(folder) = folder() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("install-dropin dropin\n").unwrap();
    let (commands, _) = rest.split_once("```").unwrap();
    let expected: String = commands
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(expected.lines().count(), 2);
    let path = format!("LD_LIBRARY_PATH={}", folder.display());
    let output = Command::new("sh")
        .args(["-c", &commands.replace("LD_LIBRARY_PATH=dropin", &path)])
        .current_dir(root)
        .output()
        .unwrap();
    assert_eq!(shown(&output), expected);
}

/// JavaScript in a process of its own; one that is none ends nobody.
#[test]
fn workers() {
    let Some(folder) = folder() else { return };
    let place = place("workers");
    let script = "function FindProxyForURL(u, h) { return eval('h'); }";
    fs::write(place.join("js.pac"), script).unwrap();
    let run = |worker: &Path| {
        Command::new("pactester")
            .args(["-p", "js.pac", "-u", "http://a.example/"])
            .current_dir(&place)
            .env("LD_LIBRARY_PATH", &folder)
            .env("WHICHPROXY_WORKER", worker)
            .output()
            .unwrap()
    };
    let good = run(&folder.join("whichproxy"));
    assert_eq!(shown(&good), "a.example\n");
    // It ends before it reads; a program of C would get SIGPIPE.
    for _ in 0..10 {
        let bad = run(Path::new("/bin/true"));
        assert_eq!(bad.status.code(), Some(1), "{}", shown(&bad));
        assert!(shown(&bad).contains("worker"), "{}", shown(&bad));
    }
    // Nothing is looked up by a name that is not absolute.
    assert_eq!(shown(&run(Path::new("true"))), "a.example\n");
    fs::remove_dir_all(place).unwrap();
}
