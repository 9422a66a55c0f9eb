//! The command for Windows, built here and run under Wine.
//!
//! No std for Windows is at hand here, so it is built from Debian's sources
//! by Debian's Rust; mingw links it. Wine's DHCP client, adapters, names,
//! files and pipes are real implementations that nobody here wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Context;
use crate::run::{self, Outcome, cargo, run, tests};

const TARGET: &str = "x86_64-pc-windows-gnu";

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std";
const LINKER: &str = "x86_64-w64-mingw32-gcc";
const ARCHIVER: &str = "x86_64-w64-mingw32-ar";

/// Wine, and what ends it, where distributions put them.
const WINES: [&str; 2] = ["/usr/lib/wine/wine64", "/usr/bin/wine"];
const SERVERS: [&str; 2] = ["/usr/lib/wine/wineserver", "/usr/bin/wineserver"];

/// Builds the command and the tests of `whichproxy-os`; runs those tests
/// there, and the tests of the command here, against the one there.
pub(crate) fn step(context: &Context) -> Outcome {
    let first = |paths: [&'static str; 2]| {
        paths.into_iter().find(|path| Path::new(path).exists())
    };
    let rust = [RUSTC, CARGO, LIBRARY].iter().all(|p| Path::new(p).exists());
    let mut linker = Command::new(LINKER);
    linker.arg("--version");
    let (Some(wine), Some(server)) = (first(WINES), first(SERVERS)) else {
        return Outcome::Missing("Wine: apt-get install wine64");
    };
    if !rust || !run::works(linker) {
        return Outcome::Missing(
            "Rust for Windows: apt-get install rustc-web cargo-web \
             rust-web-src gcc-mingw-w64-x86-64",
        );
    }
    let build = match Build::new(&context.root) {
        Ok(build) => build,
        Err(output) => return Outcome::one(false, output),
    };
    let wine = match Wine::new(wine, server, &build.folder) {
        Ok(wine) => wine,
        Err(output) => return Outcome::one(false, output),
    };
    let there = tests(wine.command(&build.tests));
    there.and(|| match wine.script(&build.program) {
        Ok(script) => {
            let args = ["test", "--locked", "--package", "whichproxy-cli"];
            let mut command = cargo(&context.root, &args);
            command.args(["--test", "command", "--test", "readme"]);
            command.args(["--test", "compare"]);
            command.env("WHICHPROXY_COMMAND", script);
            // The server takes so many at a time, and no more.
            command.args(["--", "--test-threads", "4"]);
            tests(command)
        }
        Err(output) => Outcome::one(false, output),
    })
}

/// What was built.
struct Build {
    folder: PathBuf,
    program: PathBuf,
    tests: PathBuf,
}

impl Build {
    fn new(root: &Path) -> Result<Build, String> {
        let target = root.join("target/windows");
        // Not by rustup's cargo, which would find another Rust.
        let mut command = Command::new(CARGO);
        command.current_dir(root).env_clear();
        for name in ["HOME", "PATH", "CARGO_HOME", "CARGO_BUILD_JOBS"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .envs([
                ("RUSTC", RUSTC),
                // For `-Zbuild-std`.
                ("RUSTC_BOOTSTRAP", "1"),
                ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER),
                ("CC_x86_64_pc_windows_gnu", LINKER),
                ("AR_x86_64_pc_windows_gnu", ARCHIVER),
                ("CARGO_INCREMENTAL", "0"),
                ("CARGO_TERM_COLOR", "never"),
            ])
            .env("CARGO_TARGET_DIR", &target)
            .args(["test", "--no-run", "--locked", "--profile", "windows"])
            .args(["-Zbuild-std=std,panic_abort", "--target", TARGET])
            // The second brings the command along, with all that it shares
            // with the first.
            .args(["--package", "whichproxy-os", "--lib"])
            .args(["--package", "whichproxy-cli", "--test", "readme"]);
        let (ok, output) = run(command);
        if !ok {
            return Err(output);
        }
        let folder = target.join(TARGET).join("windows");
        let executable = output.lines().find_map(|line| {
            let line = line.trim().strip_prefix("Executable unittests src")?;
            line.split_once('(')?.1.strip_suffix(')')
        });
        let Some(tests) = executable else { return Err(output) };
        let tests = root.join(tests);
        let program = folder.join("whichproxy.exe");
        Ok(Build { folder, program, tests })
    }
}

/// A Wine of our own, which goes when it is dropped.
struct Wine {
    wine: &'static str,
    server: &'static str,
    prefix: PathBuf,
}

impl Wine {
    /// Wine with an empty registry and a DLL that it may lack.
    fn new(
        wine: &'static str,
        server: &'static str,
        folder: &Path,
    ) -> Result<Wine, String> {
        let prefix = folder.join("wine");
        let wine = Wine { wine, server, prefix };
        let mut boot = wine.command(Path::new("wineboot"));
        boot.arg("-i");
        let (ok, output) = run(boot);
        if !ok {
            return Err(format!("{}: {output}", wine.wine));
        }
        let system = wine.prefix.join("drive_c/windows/system32");
        let dll = system.join("bcryptprimitives.dll");
        if !dll.exists() {
            let source = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/wine/bcryptprimitives.c"
            );
            let mut command = Command::new(LINKER);
            command.args(["-Os", "-s", "-shared", "-o"]).arg(&dll);
            command.args([source, "-ladvapi32"]);
            let (ok, output) = run(command);
            if !ok {
                return Err(output);
            }
        }
        Ok(wine)
    }

    /// A program under Wine.
    fn command(&self, program: &Path) -> Command {
        // What hangs there is not waited for.
        let mut command = Command::new("timeout");
        self.environment(&mut command);
        command.args(["600", self.wine]).arg(program);
        command
    }

    fn environment(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.prefix).envs([
            ("WINEDEBUG", "-all"),
            // No question about what a browser would need.
            ("WINEDLLOVERRIDES", "mscoree=;mshtml="),
        ]);
    }

    /// A program here that runs one under Wine, whatever its environment.
    fn script(&self, program: &Path) -> Result<PathBuf, String> {
        let script = self.prefix.with_file_name("whichproxy-under-wine");
        let text = format!(
            "#!/bin/sh\nexport WINEPREFIX='{}' WINEDEBUG=-all\n\
             exec timeout 120 '{}' '{}' \"$@\"\n",
            self.prefix.display(),
            self.wine,
            program.display()
        );
        let write = || {
            fs::write(&script, text)?;
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
        };
        match write() {
            Ok(()) => Ok(script),
            Err(error) => Err(format!("{}: {error}", script.display())),
        }
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        let mut end = Command::new(self.server);
        end.arg("-k").env("WINEPREFIX", &self.prefix);
        run(end);
        // Some 700 MB, made anew in ten seconds.
        let _ = fs::remove_dir_all(&self.prefix);
    }
}
