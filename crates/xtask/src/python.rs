//! The Python package: installed as a user would, and tested from Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Context;
use crate::run::{Outcome, forget_cargo, run, works};

/// The package's folder.
const FOLDER: &str = "bindings/python";

/// Installs the package into an environment, and runs its tests there;
/// then builds it once more from what would be published.
pub(crate) fn step(context: &Context) -> Outcome {
    let Some(python) = python() else {
        return Outcome::Missing(
            "Python 3.10 or later with venv: apt-get install python3-venv",
        );
    };
    let work = Work {
        package: context.root.join(FOLDER),
        target: context.root.join("target"),
        folder: context.root.join("target/python"),
        python,
    };
    match work.tested() {
        Ok(outcome) => outcome.and(|| match work.published() {
            Ok(output) => Outcome::one(true, output),
            Err(output) => Outcome::one(false, output),
        }),
        Err(output) => Outcome::one(false, output),
    }
}

/// The first Python that can make an environment.
fn python() -> Option<PathBuf> {
    let of_user = std::env::var_os("WHICHPROXY_PYTHON").map(PathBuf::from);
    let names = ["python3", "python"].map(PathBuf::from);
    of_user.into_iter().chain(names).find(|name| {
        let mut command = Command::new(name);
        let check = "import ensurepip, sys, venv\n\
                     assert sys.version_info >= (3, 10)";
        command.args(["-c", check]);
        works(command)
    })
}

struct Work {
    package: PathBuf,
    target: PathBuf,
    folder: PathBuf,
    python: PathBuf,
}

impl Work {
    /// An environment of this name, which is made where there is none.
    fn environment(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        let python = match cfg!(windows) {
            true => folder.join("Scripts/python.exe"),
            false => folder.join("bin/python"),
        };
        let mut version = Command::new(&python);
        version.args(["-m", "pip", "--version"]);
        if !works(version) {
            let mut command = Command::new(&self.python);
            command.args(["-m", "venv", "--clear"]).arg(&folder);
            ok(command)?;
        }
        Ok(python)
    }

    /// pip, which builds with what is compiled already.
    fn pip(&self, python: &Path) -> Command {
        let mut command = Command::new(python);
        command
            .args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            .env("CARGO_TARGET_DIR", &self.target)
            .env("MATURIN_PEP517_ARGS", "--profile dev");
        forget_cargo(&mut command);
        command
    }

    fn tested(&self) -> Result<Outcome, String> {
        let python = self.environment("tests")?;
        let manifest = fs::read_to_string(self.package.join("pyproject.toml"))
            .map_err(|error| format!("{FOLDER}/pyproject.toml: {error}"))?;
        // What the tests need is asked of the registry where it changed.
        let stamp = self.folder.join("tests/needs");
        let known = fs::read_to_string(&stamp).unwrap_or_default();
        let mut install = self.pip(&python);
        match known == manifest {
            true => {
                install.args(["--force-reinstall", "--no-deps"]);
                install.arg(&self.package);
            }
            false => {
                let what = format!("{}[test]", self.package.display());
                install.args(["--upgrade", &what]);
            }
        }
        ok(install)?;
        fs::write(&stamp, manifest).map_err(|error| error.to_string())?;
        let module = |name: &str| {
            let mut command = Command::new(&python);
            command.current_dir(&self.package).args(["-m", name]);
            command
        };
        let mut stubs = module("mypy.stubtest");
        stubs.arg("whichproxy");
        let mut types = module("mypy");
        types.args(["-p", "whichproxy"]);
        let mut types_of_tests = module("mypy");
        types_of_tests.arg("tests");
        let mut pytest = module("pytest");
        pytest.args(["-p", "no:cacheprovider"]);
        let checks = [stubs, types, types_of_tests]
            .into_iter()
            .map(run)
            .map(|(ok, output)| Outcome::one(ok, output));
        let mut all = tests(pytest);
        for check in checks {
            all = all.and(|| check);
        }
        Ok(all)
    }

    /// Installs the source distribution into an environment that has nothing
    /// else, from a folder that is always the same, so that nothing is
    /// compiled twice.
    fn published(&self) -> Result<String, String> {
        let tools = self.environment("tests")?;
        let clean = self.folder.join("clean");
        // It may not be there.
        let _ = fs::remove_dir_all(&clean);
        let sources = self.folder.join("sdist");
        let _ = fs::remove_dir_all(&sources);
        let python = self.environment("clean")?;
        let mut pack = Command::new(&tools);
        pack.current_dir(&self.package);
        pack.args(["-m", "maturin", "sdist", "--out"]);
        ok({
            pack.arg(&sources);
            pack
        })?;
        let unpack = "import pathlib, sys, tarfile\n\
                      folder = pathlib.Path(sys.argv[1])\n\
                      archive, = folder.glob('*.tar.gz')\n\
                      tarfile.open(archive).extractall(folder)\n\
                      made, = (p for p in folder.iterdir() if p.is_dir())\n\
                      made.rename(folder / 'whichproxy')";
        let mut command = Command::new(&tools);
        ok({
            command.args(["-W", "ignore", "-c", unpack]).arg(&sources);
            command
        })?;
        let mut install = self.pip(&python);
        ok({
            install.arg(sources.join("whichproxy"));
            install
        })?;
        let mut command = Command::new(&python);
        command.args(["-m", "whichproxy", "resolve", "http://a.example/"]);
        command.args(["--as", "environment"]);
        command.args(["--env", "http_proxy=b.example:8080"]);
        let output = ok(command)?;
        match output.contains("PROXY b.example:8080") {
            true => Ok(output),
            false => Err(output),
        }
    }
}

/// What a command printed, or that as an error.
fn ok(command: Command) -> Result<String, String> {
    match run(command) {
        (true, output) => Ok(output),
        (false, output) => Err(output),
    }
}

/// Runs pytest and counts its tests; what it says of the suite is shown.
fn tests(command: Command) -> Outcome {
    let (ok, output) = run(command);
    for line in output.lines() {
        if line.starts_with("python: ")
            || line.starts_with("  ") && line.contains("Skipped: ")
        {
            println!("{line}");
        }
    }
    let (passed, failed) = counts(&output);
    let failed = if ok { failed } else { failed.max(1) };
    Outcome::Done { passed, failed, output }
}

/// The numbers of pytest's last line: `1 failed, 2 passed in 0.1s`.
fn counts(output: &str) -> (usize, usize) {
    let last = output.lines().rev().find(|line| line.contains(" in "));
    let number = |word: &str| {
        let before = last?.split(word).next()?;
        before
            .split(|c: char| !c.is_ascii_digit())
            .rfind(|n| !n.is_empty())?
            .parse()
            .ok()
    };
    let has = |word: &str| last.is_some_and(|line| line.contains(word));
    let of = |word: &str| {
        if has(word) { number(word).unwrap_or(0) } else { 0 }
    };
    (of(" passed"), of(" failed") + of(" error"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lines() {
        for (text, expected) in [
            ("5 passed in 0.1s", (5, 0)),
            ("x\n1 failed, 12 passed, 3 skipped in 2.00s\n", (12, 1)),
            ("2 failed in 1.0s", (0, 2)),
            ("1 error in 1.0s", (0, 1)),
            ("nothing", (0, 0)),
        ] {
            assert_eq!(counts(text), expected, "{text}");
        }
    }
}
