//! The command and the C library for Windows, built here and run under Wine.
//!
//! No std for Windows is at hand here, so it is built from Debian's sources
//! by Debian's Rust; mingw links it. Wine's DHCP client, adapters, names,
//! files and pipes are real implementations that nobody here wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Context;
use crate::c::{self, System};
use crate::debian;
use crate::run::{self, Outcome, cargo, run, tests};

const TARGET: &str = "x86_64-pc-windows-gnu";

pub(crate) const LINKER: &str = "x86_64-w64-mingw32-gcc";
const ARCHIVER: &str = "x86_64-w64-mingw32-ar";

/// Wine maps the parts of a program where they are aligned to pages, and else
/// copies them, 60 MB at every start: 120 ms against 36.
const ALIGNED: &str = "-Clink-arg=-Wl,--file-alignment=4096";

/// Wine, and what ends it, where distributions put them.
const WINES: [&str; 2] = ["/usr/lib/wine/wine64", "/usr/bin/wine"];
const SERVERS: [&str; 2] = ["/usr/lib/wine/wineserver", "/usr/bin/wineserver"];

/// What runs there: the unit tests of these.
const PACKAGES: [&str; 3] =
    ["whichproxy-os", "whichproxy-cli", "whichproxy-c"];

/// Builds the command, the library and their tests; runs those tests there,
/// and the tests of the command and the library here, against those there.
pub(crate) fn step(context: &Context) -> Outcome {
    let root = &context.root;
    if let Some(missing) = missing() {
        return Outcome::Missing(missing);
    }
    let build = match Build::new(root) {
        Ok(build) => build,
        Err(output) => return Outcome::one(false, output),
    };
    let wine = match Wine::first(&build.folder) {
        Ok(wine) => wine,
        Err(output) => return Outcome::one(false, output),
    };
    let mut outcome = library(root, &wine, &build);
    for program in &build.tests {
        outcome = outcome.and(|| tests(wine.command(program)));
    }
    outcome.and(|| command(root, &wine, &build))
}

/// How to get what is missing of what builds and runs programs of Windows.
pub(crate) fn missing() -> Option<&'static str> {
    if first(WINES).is_none() || first(SERVERS).is_none() {
        return Some("Wine: apt-get install wine64");
    }
    missing_to_build()
}

/// The same of what builds.
fn missing_to_build() -> Option<&'static str> {
    let mut linker = Command::new(LINKER);
    linker.arg("--version");
    (!debian::is_there() || !run::works(linker)).then_some(
        "Rust for Windows: apt-get install rustc-web cargo-web rust-web-src \
         gcc-mingw-w64-x86-64",
    )
}

fn first(paths: [&'static str; 2]) -> Option<&'static str> {
    paths.into_iter().find(|path| Path::new(path).exists())
}

/// The tests of the command here, against the one there.
fn command(root: &Path, wine: &Wine, build: &Build) -> Outcome {
    let name = "whichproxy-under-wine";
    let script = match wine.script(name, Some(&build.program)) {
        Ok(script) => script,
        Err(output) => return Outcome::one(false, output),
    };
    let args = ["test", "--locked", "--package", "whichproxy-cli"];
    let mut command = cargo(root, &args);
    command.args(["--test", "command", "--test", "readme"]);
    command.args(["--test", "compare"]);
    command.env("WHICHPROXY_COMMAND", script);
    // Eight were not quicker on two cores: most of the time is that of one
    // test, which asks one question after the other.
    command.args(["--", "--test-threads", "4"]);
    tests(command)
}

/// The tests of the library, in C: built here, run there.
fn library(root: &Path, wine: &Wine, build: &Build) -> Outcome {
    let prefix = build.folder.join("prefix");
    // What an earlier run left is not what is tested.
    let _ = fs::remove_dir_all(&prefix);
    let stage = Path::new("");
    let folder = &build.folder;
    let put = c::place_all(root, folder, System::Windows, &prefix, stage);
    let script = put.and_then(|_| wine.script("under-wine", None));
    let script = match script {
        Ok(script) => script,
        Err(output) => return Outcome::one(false, output),
    };
    let args = ["test", "--locked", "--no-fail-fast"];
    let mut command = cargo(root, &args);
    command.args(["--package", "whichproxy-c", "--test", "library"]);
    command.args(["--", "windows::"]);
    command.env("WHICHPROXY_C_WINDOWS_PREFIX", prefix);
    command.env("WHICHPROXY_WINE", script);
    command.env("WHICHPROXY_COMMAND", &build.program);
    tests(command)
}

/// `cargo` as `args` say, for Windows.
fn cargo_for_windows(root: &Path, args: &[&str]) -> Command {
    let mut command = debian::cargo(root, args, TARGET, &target(root));
    command.envs([
        ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER),
        ("CC_x86_64_pc_windows_gnu", LINKER),
        ("AR_x86_64_pc_windows_gnu", ARCHIVER),
        ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", ALIGNED),
    ]);
    command
}

fn target(root: &Path) -> PathBuf {
    root.join("target/windows")
}

/// `cargo xtask install-c --prefix DIR --windows`: builds the library for use
/// on Windows, and puts it where mingw looks for it.
pub(crate) fn install(context: &Context, prefix: &str) -> Result<(), String> {
    if let Some(missing) = missing_to_build() {
        return Err(format!("needs {missing}"));
    }
    let folder = release(&context.root, "whichproxy-c")?;
    c::install_from(context, &folder, System::Windows, prefix)
}

/// Builds a package for use on Windows, and says where it is.
pub(crate) fn release(root: &Path, package: &str) -> Result<PathBuf, String> {
    let args = ["build", "--locked", "--profile", "small"];
    let mut command = cargo_for_windows(root, &args);
    match command.args(["--package", package]).status() {
        Ok(status) if status.success() => {
            Ok(target(root).join(TARGET).join("small"))
        }
        Ok(status) => Err(format!("cargo: {status}")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// What was built.
struct Build {
    folder: PathBuf,
    program: PathBuf,
    tests: Vec<PathBuf>,
}

impl Build {
    fn new(root: &Path) -> Result<Build, String> {
        // The same packages and targets both times, so that they share what
        // they are made of.
        let build = |args: &[&str]| {
            let mut command = cargo_for_windows(root, args);
            command.args(["--locked", "--profile", "windows", "--lib"]);
            for package in PACKAGES {
                command.args(["--package", package]);
            }
            // It brings the command along.
            command.args(["--test", "readme"]);
            match run(command) {
                (true, output) => Ok(output),
                (false, output) => Err(output),
            }
        };
        let output = build(&["test", "--no-run"])?;
        let executables = output.lines().filter_map(|line| {
            let line = line.trim().strip_prefix("Executable unittests src")?;
            line.split_once('(')?.1.strip_suffix(')')
        });
        let tests: Vec<PathBuf> =
            executables.map(|file| root.join(file)).collect();
        if tests.len() != PACKAGES.len() {
            return Err(output);
        }
        // The library as programs have it.
        build(&["build"])?;
        let folder = target(root).join(TARGET).join("windows");
        let program = folder.join("whichproxy.exe");
        Ok(Build { folder, program, tests })
    }
}

/// A Wine of our own, which goes when it is dropped.
pub(crate) struct Wine {
    wine: &'static str,
    server: &'static str,
    prefix: PathBuf,
}

impl Wine {
    /// The first that there is.
    pub(crate) fn first(folder: &Path) -> Result<Wine, String> {
        match (first(WINES), first(SERVERS)) {
            (Some(wine), Some(server)) => Wine::new(wine, server, folder),
            _ => Err("there is no Wine".to_owned()),
        }
    }

    /// Wine with an empty registry and a DLL that it may lack.
    fn new(
        wine: &'static str,
        server: &'static str,
        folder: &Path,
    ) -> Result<Wine, String> {
        let prefix = folder.join("wine");
        let wine = Wine { wine, server, prefix };
        // One that was killed has left this.
        wine.end();
        wine.start()?;
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

    /// Starts the server, and by wineboot the services, which all stay: where
    /// they have to be started first, a program takes four times as long or
    /// more. They go with this, or where this is killed, some minutes later.
    fn start(&self) -> Result<(), String> {
        fs::create_dir_all(&self.prefix)
            .map_err(|error| format!("{}: {error}", self.prefix.display()))?;
        let mut server = Command::new(self.server);
        server.arg("-p600").env("WINEPREFIX", &self.prefix);
        let mut boot = self.command(Path::new("wineboot"));
        boot.arg("-i");
        for mut command in [server, boot] {
            // What they start keeps what they are given. Nobody who reads a
            // pipe to its end may wait for it.
            command.stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            match command.status() {
                Ok(status) if status.success() => {}
                Ok(status) => return Err(format!("{command:?}: {status}")),
                Err(error) => return Err(format!("{command:?}: {error}")),
            }
        }
        Ok(())
    }

    /// Ends the server, if there is one, and what it has started.
    fn end(&self) {
        let mut end = Command::new(self.server);
        end.arg("-k").env("WINEPREFIX", &self.prefix);
        run(end);
        // Some 700 MB, made anew in ten seconds.
        let _ = fs::remove_dir_all(&self.prefix);
    }

    /// A program under Wine.
    pub(crate) fn command(&self, program: &Path) -> Command {
        // What hangs there is not waited for.
        let mut command = Command::new("timeout");
        self.environment(&mut command);
        command.args(["600", self.wine]).arg(program);
        command
    }

    fn environment(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.prefix).envs([
            ("WINEDEBUG", "-all"),
            // Names of files are in UTF-8.
            ("LC_ALL", "C.UTF-8"),
            // No question about what a browser would need.
            ("WINEDLLOVERRIDES", "mscoree=;mshtml="),
        ]);
    }

    /// A program here that runs one under Wine, whatever its environment:
    /// this one, or what its first argument names.
    fn script(
        &self,
        name: &str,
        program: Option<&Path>,
    ) -> Result<PathBuf, String> {
        let script = self.prefix.with_file_name(name);
        let program = program
            .map_or(String::new(), |path| format!("'{}'", path.display()));
        // Arguments and names of files are in UTF-8, which Wine is told so.
        let text = format!(
            "#!/bin/sh\nexport WINEPREFIX='{}' WINEDEBUG=-all LC_ALL=C.UTF-8\n\
             exec timeout 120 '{}' {program} \"$@\"\n",
            self.prefix.display(),
            self.wine,
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
        self.end();
    }
}
