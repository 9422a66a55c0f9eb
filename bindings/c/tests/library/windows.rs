//! The library for Windows: programs are built by mingw and run beside the
//! DLL, under Wine.
//!
//! `cargo xtask test windows` installs it and runs this; alone, it is told so
//! and passed over.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use super::{
    PROGRAMS, README_SAYS, built, by_cmake, example, flags, here, listed,
    readme, run, suite_by,
};

/// What `cargo xtask test windows` made.
struct There {
    /// Where the library is installed.
    prefix: PathBuf,
    /// Runs a program of Windows.
    wine: PathBuf,
    /// The whichproxy command, for Windows.
    command: PathBuf,
}

const COMPILER: &str = "x86_64-w64-mingw32-gcc";

impl There {
    /// What was made, with the DLL where programs find it.
    fn new() -> Option<There> {
        static ONCE: Once = Once::new();
        let path = |name| env::var_os(name).map(PathBuf::from);
        let Some(prefix) = path("WHICHPROXY_C_WINDOWS_PREFIX") else {
            println!("skipped: cargo xtask test windows runs it");
            return None;
        };
        ONCE.call_once(|| {
            let dll = prefix.join("bin/whichproxy.dll");
            fs::create_dir_all(folder()).unwrap();
            fs::copy(dll, folder().join("whichproxy.dll")).unwrap();
        });
        Some(There {
            prefix,
            wine: path("WHICHPROXY_WINE").unwrap(),
            command: path("WHICHPROXY_COMMAND").unwrap(),
        })
    }

    /// Builds a program of one file.
    fn build(&self, source: &Path, linked: &[String], to: &str) -> PathBuf {
        let program = folder().join(to);
        let mut command = Command::new(COMPILER);
        command.args(["-std=c99", "-Wall", "-Wextra", "-Werror"]);
        command.arg("-pedantic").args(flags(&self.prefix, &["--cflags"]));
        command.arg(source).arg("-o").arg(&program).args(linked);
        run(&mut command);
        program
    }

    /// Builds a program with the DLL.
    fn with_dll(&self, source: &Path, to: &str) -> PathBuf {
        self.build(source, &flags(&self.prefix, &["--libs"]), to)
    }

    fn run(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.wine);
        command.arg(program.as_ref()).current_dir(folder());
        command
    }

    /// Builds and runs a test, which says that all is well.
    fn test(&self, source: &str, says: &str, arguments: &[&str]) {
        let name = Path::new(source).with_extension("exe");
        let name = name.file_name().unwrap().to_str().unwrap();
        let program = self.with_dll(&here(source), name);
        let said = run(self.run(program).args(arguments));
        assert_eq!(said.replace("\r\n", "\n"), says);
    }
}

/// Where programs and the DLL are. The code page of Windows does not have
/// these letters.
fn folder() -> PathBuf {
    built("under Wine α 中")
}

/// What the registry of Windows says from now on, or that it says nothing.
fn telemetry_proxy(there: &There, value: Option<&str>) {
    let key = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection";
    let name = "TelemetryProxyServer";
    let mut command = there.run("reg.exe");
    match value {
        Some(value) => command.args(["add", key, "/v", name, "/d", value]),
        None => command.args(["delete", key, "/v", name]),
    };
    run(command.arg("/f"));
}

#[test]
fn programs_beside_the_dll() {
    let Some(there) = There::new() else { return };
    for (source, said) in PROGRAMS {
        there.test(source, said, &[]);
    }
    there.test("tests/unload.c", "unload: as it should be\n", &[]);
}

#[test]
fn the_registry_of_windows_and_its_paths() {
    let Some(there) = There::new() else { return };
    telemetry_proxy(&there, Some("10.1.2.3:8080"));
    let command = there.command.to_str().unwrap();
    let arguments = ["PROXY 10.1.2.3:8080; DIRECT", command];
    let says = "windows: as it should be\n";
    there.test("tests/windows.c", says, &arguments);
    telemetry_proxy(&there, None);
}

#[test]
fn examples_beside_the_dll_and_alone() {
    let Some(there) = There::new() else { return };
    let program = there.with_dll(&readme(), "readme.exe");
    assert_eq!(
        run(&mut there.run(program)).replace("\r\n", "\n"),
        README_SAYS
    );

    let source = here("examples/resolve.c");
    let program = there.with_dll(&source, "resolve.exe");
    example(&mut there.run(program));
    // The static library alone, where there is no DLL.
    let private = flags(&there.prefix, &["--static", "--libs-only-l"]);
    let library = there.prefix.join("lib/libwhichproxy.a");
    let private = private.into_iter().filter(|flag| flag != "-lwhichproxy");
    let mut linked = vec![library.display().to_string()];
    linked.extend(private);
    let program = there.build(&source, &linked, "resolve-static.exe");
    let alone = built("resolve-static-alone.exe");
    fs::rename(program, &alone).unwrap();
    example(&mut there.run(alone));
}

#[test]
fn the_example_by_cmake() {
    let Some(there) = There::new() else { return };
    let compiler = format!("-DCMAKE_C_COMPILER={COMPILER}");
    let arguments = ["-DCMAKE_SYSTEM_NAME=Windows", &compiler];
    let folder = by_cmake(&there.prefix, "cmake-windows", &arguments);
    let out = folder.join("out");
    fs::copy(
        there.prefix.join("bin/whichproxy.dll"),
        out.join("whichproxy.dll"),
    )
    .unwrap();
    example(&mut there.run(out.join("shared.exe")));
    let alone = folder.join("static.exe");
    fs::rename(out.join("static.exe"), &alone).unwrap();
    example(&mut there.run(alone));
}

#[test]
fn symbols_of_the_dll_are_those_that_are_listed() {
    let Some(there) = There::new() else { return };
    let dll = there.prefix.join("bin/whichproxy.dll");
    let mut command = Command::new("x86_64-w64-mingw32-objdump");
    let text = run(command.arg("-p").arg(dll));
    // Ordinals and names, up to an empty line.
    let (_, table) = text.split_once("[Ordinal/Name Pointer] Table").unwrap();
    let names = table.lines().skip(1).take_while(|line| !line.is_empty());
    let mut found: Vec<&str> =
        names.filter_map(|line| line.split_whitespace().last()).collect();
    found.sort_unstable();
    listed(&found);
    // Programs ask for it by this name, and nobody has to install a library
    // of mingw with it.
    assert!(text.contains("whichproxy.dll\n"), "{text}");
    let needed = text.lines().filter_map(|line| {
        line.trim().strip_prefix("DLL Name: ").map(str::trim)
    });
    for name in needed {
        assert!(!name.starts_with("lib"), "{name}");
    }
}

#[test]
fn suite_under_wine() {
    let Some(there) = There::new() else { return };
    let source = here("tests/command.c");
    let program = there.with_dll(&source, "suite-command.exe");
    let script = built("suite-command-windows.sh");
    let text = format!(
        "#!/bin/sh\nexec '{}' '{}' \"$@\"\n",
        there.wine.display(),
        program.display()
    );
    fs::write(&script, text).unwrap();
    suite_by(script, built("suite-windows"));
}
