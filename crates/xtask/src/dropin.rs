//! `libpacparser.so.1` and `libproxy.so.1`, under programs that were built
//! for others of these names: Debian's own, as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Context;
use crate::place::{self, Content, built, release};
use crate::run::{Outcome, cargo, run, tests, works};

/// The packages of the libraries, and the names of what they build.
const LIBRARIES: [(&str, &str); 2] =
    [("whichproxy-pacparser", "pacparser"), ("whichproxy-libproxy", "proxy")];

/// Builds both, puts them into a folder under the names that programs look
/// for, and runs the programs.
pub(crate) fn step(context: &Context) -> Outcome {
    if !cfg!(target_os = "linux") {
        let why = "programs for Linux are run with these libraries";
        return Outcome::NoData(why.to_owned());
    }
    if let Some(missing) = missing() {
        return Outcome::Missing(missing);
    }
    let root = &context.root;
    let mut build = cargo(root, &["build", "--locked"]);
    build.args(["--package", "whichproxy-cli"]);
    for (package, _) in LIBRARIES {
        build.args(["--package", package]);
    }
    let (ok, output) = run(build);
    if !ok {
        return Outcome::one(false, output);
    }
    let folder = match put(root) {
        Ok(folder) => folder,
        Err(message) => return Outcome::one(false, message),
    };
    let mut command = cargo(root, &["test", "--locked", "--no-fail-fast"]);
    for (package, _) in LIBRARIES {
        command.args(["--package", package]);
    }
    command.args(["--tests", "--", "--show-output"]);
    command.env("WHICHPROXY_DROPIN", folder);
    let outcome = tests(command);
    if let Outcome::Done { output, .. } = &outcome {
        for line in output.lines().filter(|l| l.starts_with("pactester: ")) {
            println!("{line}");
        }
    }
    outcome
}

/// How to get the first tool that is not there.
fn missing() -> Option<&'static str> {
    let has = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments);
        works(command)
    };
    let found = |program: &str| {
        let line = format!("PATH=$PATH:/usr/sbin; command -v {program}");
        has("sh", &["-c", &line])
    };
    let resolver = "from gi.repository import Gio; import os\n\
                    os.environ['GIO_USE_PROXY_RESOLVER'] = 'libproxy'\n\
                    name = type(Gio.ProxyResolver.get_default()).__name__\n\
                    assert name == 'GLibproxyResolver'";
    let tools = [
        (found("pactester"), "pactester: apt-get install libpacparser1"),
        (found("proxy"), "proxy: apt-get install libproxy-tools"),
        (found("openconnect"), "openconnect: apt-get install openconnect"),
        (
            has("/usr/bin/python3", &["-c", resolver]),
            "GLib's resolver: apt-get install python3-gi glib-networking",
        ),
        (found("cc"), "a C compiler: apt-get install gcc libc6-dev"),
        (found("nm"), "nm: apt-get install binutils"),
        (found("valgrind"), "valgrind: apt-get install valgrind libc6-dbg"),
    ];
    let first = tools.into_iter().find(|(there, _)| !there);
    first.map(|(_, how)| how)
}

/// A folder with links to what was built.
fn put(root: &Path) -> Result<PathBuf, String> {
    let built = |name: &str| built(root, &format!("debug/{name}"));
    let folder = built("dropin")?;
    let link = |name: &str, to: &Path| {
        place::put(&folder.join(name), &Content::Link(to))
    };
    link("whichproxy", &built("whichproxy")?)?;
    for (_, name) in LIBRARIES {
        let library = built(&format!("lib{name}.so"))?;
        link(&format!("lib{name}.so.1"), &library)?;
    }
    Ok(folder)
}

/// Builds both for use, and puts them into a folder.
pub(crate) fn install(context: &Context, to: &str) -> Result<(), String> {
    let root = &context.root;
    release(root, &LIBRARIES.map(|(package, _)| package))?;
    for (_, name) in LIBRARIES {
        let library = built(root, &format!("release/lib{name}.so"))?;
        let to = Path::new(to).join(format!("lib{name}.so.1"));
        place::put(&to, &Content::Copy(&library))?;
        println!("{}", to.display());
    }
    Ok(())
}
