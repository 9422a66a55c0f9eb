//! The library, as a user installs it: programs in C and C++ are built with
//! it and run.
//!
//! `cargo xtask test c` installs it and runs this; alone, it is told so and
//! passed over.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)] // what fails here fails a test

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

use whichproxy_test::Runner;
use whichproxy_test::command::Command as Surface;

mod windows;

/// Where the library is installed.
fn prefix() -> Option<PathBuf> {
    let prefix = env::var_os("WHICHPROXY_C_PREFIX").map(PathBuf::from);
    if prefix.is_none() {
        println!("skipped: cargo xtask test c runs it");
    }
    prefix
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn built(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What a program printed that has to succeed.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) =
        (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{out}{err}");
    out.into_owned()
}

const C: [&str; 7] = [
    "cc",
    "-std=c99",
    "-D_POSIX_C_SOURCE=200809L",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
];
const CPP: [&str; 6] = ["c++", "-x", "c++", "-std=c++17", "-Wall", "-Wextra"];

/// What pkg-config says.
fn flags(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let text = run(command.args(arguments).arg("whichproxy"));
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// Builds a program of one file with the shared library.
fn build(prefix: &Path, compiler: &[&str], source: &str, to: &str) -> PathBuf {
    let program = built(to);
    let mut command = Command::new(compiler[0]);
    command.args(&compiler[1..]).arg("-g").arg(here(source));
    command.args(["-x", "none", "-o"]).arg(&program);
    command.args(flags(prefix, &["--cflags", "--libs"])).arg("-pthread");
    // A worker has an empty environment, and finds the library all the same.
    command.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()));
    run(&mut command);
    program
}

fn with_library(program: impl AsRef<OsStr>, prefix: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix.join("lib"));
    command
}

/// Programs, and what they say when all is well.
const PROGRAMS: [(&str, &str); 3] = [
    ("tests/every_function.c", "every function: as it should be\n"),
    ("tests/threads.c", "threads: as it should be\n"),
    ("tests/worker.c", "worker: as it should be\n"),
];

#[test]
fn programs_of_c_and_of_cpp() {
    let Some(prefix) = prefix() else { return };
    for (source, said) in PROGRAMS {
        for (compiler, kind) in [(&C[..], "c"), (&CPP[..], "cpp")] {
            let name = source.rsplit('/').next().unwrap();
            let name = format!("{name}.{kind}");
            let program = build(&prefix, compiler, source, &name);
            assert_eq!(run(&mut with_library(program, &prefix)), said);
        }
    }
}

#[test]
fn no_fault_that_valgrind_sees() {
    let Some(prefix) = prefix() else { return };
    for (source, said) in &PROGRAMS[..2] {
        let name = format!("{}.valgrind", source.rsplit('/').next().unwrap());
        let program = build(&prefix, &C, source, &name);
        let mut command = with_library("valgrind", &prefix);
        command.args(["--quiet", "--error-exitcode=9", "--leak-check=full"]);
        command.args(["--show-leak-kinds=definite"]);
        command.arg("--errors-for-leak-kinds=definite");
        // boa runs on a stack of its own, which is larger than usual.
        command.arg("--max-stackframe=100000000");
        assert_eq!(run(command.arg(program)), *said);
    }
}

/// What C does with the library is looked at, not what is in it.
#[test]
fn no_fault_that_sanitizers_see() {
    let Some(prefix) = prefix() else { return };
    for (source, said) in &PROGRAMS[..2] {
        let mut compiler = C.to_vec();
        compiler.push("-fsanitize=address,undefined");
        compiler.push("-fno-sanitize-recover=all");
        let name = format!("{}.sanitized", source.rsplit('/').next().unwrap());
        let program = build(&prefix, &compiler, source, &name);
        let mut command = with_library(program, &prefix);
        // boa keeps pointers within numbers, where what looks for leaks does
        // not find them; valgrind looks for leaks of the rest.
        command.env("ASAN_OPTIONS", "detect_leaks=0");
        assert_eq!(run(&mut command), *said);
    }
}

const EXPORT: &str = "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\\
    Microsoft\\Windows\\DataCollection]\n\
    \"TelemetryProxyServer\"=\"10.0.0.6:8080\"\n";

/// Asks the example, however it was built.
fn example(command: &mut Command) {
    // By its name alone, as no path of here is one of Windows.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| fs::write(built("example.reg"), EXPORT).unwrap());
    command.current_dir(built("")).arg("example.reg");
    let said = run(command.args(["defender-edr", "http://x/"]));
    let said = said.replace("\r\n", "\n");
    assert!(said.starts_with("PROXY 10.0.0.6:8080; DIRECT\n\n"), "{said}");
    assert!(said.contains("example.reg line 4"), "{said}");
}

#[test]
fn the_example_by_pkg_config() {
    let Some(prefix) = prefix() else { return };
    let source = "examples/resolve.c";
    let program = build(&prefix, &C, source, "resolve-shared");
    example(&mut with_library(program, &prefix));

    let program = built("resolve-static");
    let mut command = Command::new("cc");
    command.args(flags(&prefix, &["--cflags"])).arg(here(source));
    command.arg(prefix.join("lib/libwhichproxy.a")).arg("-o").arg(&program);
    let private = flags(&prefix, &["--static", "--libs-only-l"]);
    command.args(private.iter().filter(|flag| *flag != "-lwhichproxy"));
    run(&mut command);
    // It needs no library of ours.
    example(&mut Command::new(program));
}

#[test]
fn the_example_by_cmake() {
    let Some(prefix) = prefix() else { return };
    let folder = by_cmake(&prefix, "cmake", &[]);
    example(&mut with_library(folder.join("out/shared"), &prefix));
    example(&mut Command::new(folder.join("out/static")));

    // Another version is not found.
    let text = "cmake_minimum_required(VERSION 3.16)\nproject(x C)\n\
                find_package(whichproxy 0.2 REQUIRED)\n";
    fs::write(folder.join("CMakeLists.txt"), text).unwrap();
    let mut command = Command::new("cmake");
    command.arg("-S").arg(&folder).arg("-B").arg(folder.join("other"));
    let path = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    assert!(!command.arg(path).output().unwrap().status.success());
}

/// Builds the example with both libraries, in the folder `out` of what is
/// returned.
fn by_cmake(prefix: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let folder = built(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let source = here("examples/resolve.c");
    let text = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(example C)\n\
         find_package(whichproxy 0.1 REQUIRED)\n\
         add_executable(shared \"{0}\")\n\
         target_link_libraries(shared whichproxy::whichproxy)\n\
         add_executable(static \"{0}\")\n\
         target_link_libraries(static whichproxy::static)\n",
        source.display()
    );
    fs::write(folder.join("CMakeLists.txt"), text).unwrap();
    let mut command = Command::new("cmake");
    command.arg("-S").arg(&folder).arg("-B").arg(folder.join("out"));
    let path = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    run(command.arg(path).args(arguments));
    run(Command::new("cmake").arg("--build").arg(folder.join("out")));
    folder
}

/// These, in order, and no others stand in the list.
fn listed(found: &[&str]) {
    let kept = fs::read_to_string(here("symbols.txt")).unwrap_or_default();
    let kept: Vec<&str> = kept.lines().collect();
    assert_eq!(
        found,
        kept,
        "bindings/c/symbols.txt; now:\n{}",
        found.join("\n")
    );
}

/// The interface of the binary: a symbol that goes is a program that breaks.
#[test]
fn symbols_are_those_that_are_listed() {
    let Some(prefix) = prefix() else { return };
    let mut command = Command::new("nm");
    command.args(["--dynamic", "--defined-only", "--format=posix"]);
    let text = run(command.arg(prefix.join("lib/libwhichproxy.so")));
    let mut found: Vec<&str> =
        text.lines().filter_map(|line| line.split(' ').next()).collect();
    found.sort_unstable();
    listed(&found);
    let mut command = Command::new("readelf");
    let text = run(command.arg("-d").arg(prefix.join("lib/libwhichproxy.so")));
    assert!(text.contains("soname: [libwhichproxy.so.0]"), "{text}");
}

/// The README's own lines, in a file.
fn readme() -> PathBuf {
    let text = fs::read_to_string(here("../../README.md")).unwrap();
    let (_, rest) = text.split_once("```c\n").expect("an example in C");
    let (code, _) = rest.split_once("```").unwrap();
    let file = built("readme.c");
    fs::write(&file, code).unwrap();
    file
}

const README_SAYS: &str = "PROXY inside.example:3128\n";

#[test]
fn the_readme_s_example() {
    let Some(prefix) = prefix() else { return };
    let program = built("readme");
    let mut command = Command::new("cc");
    command.arg(readme()).arg("-o").arg(&program);
    run(command.args(flags(&prefix, &["--cflags", "--libs"])));
    assert_eq!(run(&mut with_library(program, &prefix)), README_SAYS);
}

/// The whole suite, but for what asks twice of a web that changes.
#[test]
fn suite() {
    let Some(prefix) = prefix() else { return };
    let program = build(&prefix, &C, "tests/command.c", "suite-command");
    let script = built("suite-command.sh");
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        prefix.join("lib").display(),
        program.display()
    );
    fs::write(&script, text).unwrap();
    suite_by(script, built("suite"));
}

/// Runs the suite by a script, which is told what the command would be.
fn suite_by(script: PathBuf, folder: PathBuf) {
    run(Command::new("chmod").arg("+x").arg(&script));
    let command = Surface::of_library(script, folder);
    Runner::new("c").run(|case| command.observe(case));
}
