//! The C library: its header, its installation, and its tests, which are in
//! C and built as a user would build them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Context;
use crate::run::{Outcome, cargo, program, run, tests, works};

const FOLDER: &str = "bindings/c";
const HEADER: &str = "bindings/c/include/whichproxy.h";

/// What a program needs that links the static library on Linux.
const STATIC_LIBRARIES: &str = "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc";

/// Compares the header and the symbols, installs the library, and builds and
/// runs what uses it.
pub(crate) fn step(context: &Context) -> Outcome {
    if !cfg!(target_os = "linux") {
        let why = "the library is built and installed for Linux here";
        return Outcome::NoData(why.to_owned());
    }
    if let Some(missing) = missing() {
        return Outcome::Missing(missing);
    }
    let root = &context.root;
    match same_header(root) {
        Ok(()) => {}
        Err(message) => return Outcome::one(false, message),
    }
    let mut build = cargo(root, &["build", "--locked"]);
    build.args(["--package", "whichproxy-c", "--package", "whichproxy-cli"]);
    let (ok, output) = run(build);
    if !ok {
        return Outcome::one(false, output);
    }
    let prefix = root.join("target/c/prefix");
    // What an earlier run left is not what is tested.
    let _ = fs::remove_dir_all(&prefix);
    if let Err(message) = place(root, "debug", &prefix, Path::new("")) {
        return Outcome::one(false, message);
    }
    let args = ["test", "--locked", "--no-fail-fast"];
    let mut command = cargo(root, &args);
    command.args(["--package", "whichproxy-c", "--tests"]);
    command.args(["--", "--show-output"]);
    command.env("WHICHPROXY_C_PREFIX", &prefix);
    let header = Outcome::one(true, String::new());
    header.and(|| tests(command))
}

/// How to get the first tool that is not there.
fn missing() -> Option<&'static str> {
    let has = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--version");
        works(command)
    };
    let tools = [
        ("cc", "a C compiler: apt-get install gcc libc6-dev"),
        ("c++", "a C++ compiler: apt-get install g++"),
        ("nm", "nm: apt-get install binutils"),
        ("pkg-config", "pkg-config: apt-get install pkg-config"),
        ("cmake", "CMake: apt-get install cmake make"),
        ("make", "make: apt-get install cmake make"),
        ("valgrind", "valgrind: apt-get install valgrind libc6-dbg"),
    ];
    tools.into_iter().find(|(tool, _)| !has(tool)).map(|(_, how)| how)
}

/// The header of what stands in the sources.
fn header(root: &Path) -> Result<String, String> {
    let folder = root.join(FOLDER);
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    let made = cbindgen::Builder::new()
        .with_crate(folder)
        .with_config(config)
        .generate()
        .map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    made.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    Ok(for_c(&text))
}

/// Without what is for people who write Rust: what an `unsafe` function asks
/// of its caller is told in the header's own words.
fn for_c(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.replace(" # Safety", " Asks of the caller:");
        lines.push(line.replace('`', "'").trim_end().to_owned());
    }
    lines.join("\n") + "\n"
}

fn same_header(root: &Path) -> Result<(), String> {
    let kept = fs::read_to_string(root.join(HEADER)).unwrap_or_default();
    match header(root)? == kept {
        true => Ok(()),
        false => Err(format!(
            "{HEADER} is not what the sources make: cargo xtask header"
        )),
    }
}

/// `cargo xtask header`: writes the header.
pub(crate) fn write_header(context: &Context) -> Result<(), String> {
    let file = context.root.join(HEADER);
    let text = header(&context.root)?;
    fs::write(&file, text)
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// `cargo xtask install-c --prefix DIR`: builds the library for use, and
/// puts it where programs look for it; under `DESTDIR`, where that is set.
pub(crate) fn install(context: &Context, prefix: &str) -> Result<(), String> {
    let root = &context.root;
    let prefix = std::path::absolute(prefix)
        .map_err(|error| format!("{prefix}: {error}"))?;
    let mut build = cargo(root, &["build", "--locked", "--release"]);
    build.args(["--package", "whichproxy-c"]);
    match build.status() {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("cargo: {status}")),
        Err(error) => return Err(format!("cargo: {error}")),
    }
    let stage = std::env::var_os("DESTDIR").unwrap_or_default();
    for file in place(root, "release", &prefix, Path::new(&stage))? {
        println!("{}", file.display());
    }
    Ok(())
}

/// Puts what was built where programs look for it; the files.
fn place(
    root: &Path,
    profile: &str,
    prefix: &Path,
    stage: &Path,
) -> Result<Vec<PathBuf>, String> {
    let built = |name: &str| {
        program(root, &format!("{profile}/{name}"))
            .ok_or_else(|| "cargo does not tell its folder".to_owned())
    };
    let version = env!("CARGO_PKG_VERSION");
    let inner = prefix.strip_prefix("/").unwrap_or(prefix);
    let to = match stage.as_os_str().is_empty() {
        true => prefix.to_owned(),
        false => stage.join(inner),
    };
    let mut files = Vec::new();
    let mut put = |name: &str, from: From<'_>| -> Result<(), String> {
        let file = to.join(name);
        write(&file, from)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        files.push(file);
        Ok(())
    };
    put("include/whichproxy.h", From::File(&root.join(HEADER)))?;
    let whole = if cfg!(target_os = "macos") {
        let name = format!("libwhichproxy.{version}.dylib");
        put(
            &format!("lib/{name}"),
            From::File(&built("libwhichproxy_c.dylib")?),
        )?;
        put("lib/libwhichproxy.0.dylib", From::Link(&name))?;
        put("lib/libwhichproxy.dylib", From::Link(&name))?;
        name
    } else {
        let name = format!("libwhichproxy.so.{version}");
        put(
            &format!("lib/{name}"),
            From::File(&built("libwhichproxy_c.so")?),
        )?;
        put("lib/libwhichproxy.so.0", From::Link(&name))?;
        put("lib/libwhichproxy.so", From::Link("libwhichproxy.so.0"))?;
        name
    };
    put("lib/libwhichproxy.a", From::File(&built("libwhichproxy_c.a")?))?;
    let filled = |template: &str| {
        template
            .replace("@PREFIX@", &prefix.display().to_string())
            .replace("@VERSION@", version)
            .replace("@WHOLE@", &whole)
            .replace("@STATIC@", STATIC_LIBRARIES)
    };
    let config = include_str!("../c/whichproxy.pc");
    put("lib/pkgconfig/whichproxy.pc", From::Text(&filled(config)))?;
    let config = include_str!("../c/whichproxy-config.cmake");
    let name = "lib/cmake/whichproxy/whichproxy-config.cmake";
    put(name, From::Text(&filled(config)))?;
    let config = include_str!("../c/whichproxy-config-version.cmake");
    let name = "lib/cmake/whichproxy/whichproxy-config-version.cmake";
    put(name, From::Text(&filled(config)))?;
    Ok(files)
}

/// What a file is made of.
enum From<'a> {
    File(&'a Path),
    Link(&'a str),
    Text(&'a str),
}

fn write(file: &Path, from: From<'_>) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // What runs with the one that was there, keeps it.
    if fs::symlink_metadata(file).is_ok() {
        fs::remove_file(file)?;
    }
    match from {
        From::File(from) => fs::copy(from, file).map(drop),
        From::Text(text) => fs::write(file, text),
        #[cfg(unix)]
        From::Link(name) => std::os::unix::fs::symlink(name, file),
        #[cfg(not(unix))]
        From::Link(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_the_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert_eq!(same_header(&root), Ok(()));
    }
}
