//! The C library: its header, its installation, and its tests, which are in
//! C and built as a user would build them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Context;
use crate::place::{self, Content, built, release};
use crate::run::{Outcome, cargo, run, tests, works};

const FOLDER: &str = "bindings/c";
const HEADER: &str = "bindings/c/include/whichproxy.h";

/// What a library is built for, as far as its files and their places differ.
#[derive(Clone, Copy)]
pub(crate) enum System {
    Linux,
    MacOs,
    /// As mingw has it.
    Windows,
}

impl System {
    const fn this() -> System {
        match () {
            () if cfg!(target_os = "macos") => System::MacOs,
            () if cfg!(windows) => System::Windows,
            () => System::Linux,
        }
    }

    /// The shared library, and what programs are linked by.
    fn shared(self) -> Shared {
        let version = env!("CARGO_PKG_VERSION");
        // A whole name, and others by rising breadth.
        let links = |[whole, major, plain]: [String; 3]| {
            vec![(major.clone(), whole), (plain, major)]
        };
        let soname = "IMPORTED_SONAME \"libwhichproxy.so.0\"";
        match self {
            System::Linux => Shared {
                built: "libwhichproxy_c.so",
                place: format!("lib/libwhichproxy.so.{version}"),
                links: links([
                    format!("libwhichproxy.so.{version}"),
                    "libwhichproxy.so.0".to_owned(),
                    "libwhichproxy.so".to_owned(),
                ]),
                import: None,
                linked: soname,
            },
            System::MacOs => Shared {
                built: "libwhichproxy_c.dylib",
                place: format!("lib/libwhichproxy.{version}.dylib"),
                links: links([
                    format!("libwhichproxy.{version}.dylib"),
                    "libwhichproxy.0.dylib".to_owned(),
                    "libwhichproxy.dylib".to_owned(),
                ]),
                import: None,
                linked: soname,
            },
            System::Windows => Shared {
                built: "whichproxy_c.dll",
                place: "bin/whichproxy.dll".to_owned(),
                links: Vec::new(),
                import: Some((
                    "libwhichproxy_c.dll.a",
                    "lib/libwhichproxy.dll.a",
                )),
                linked: "IMPORTED_IMPLIB \
                         \"${_whichproxy_prefix}/lib/libwhichproxy.dll.a\"",
            },
        }
    }

    /// What a program needs that links the static library.
    fn static_libraries(self) -> &'static str {
        match self {
            System::Windows => "-lws2_32 -luserenv -lntdll",
            _ => "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc",
        }
    }
}

/// A shared library.
struct Shared {
    /// What it is built as.
    built: &'static str,
    /// Where it is put.
    place: String,
    /// Other names of it, each with what it points to.
    links: Vec<(String, String)>,
    /// What programs are linked by instead: as built, and where it is put.
    import: Option<(&'static str, &'static str)>,
    /// What CMake is told of that.
    linked: &'static str,
}

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
    if let Err(message) = same_header(root) {
        return Outcome::one(false, message);
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
    let put = built(root, "debug").and_then(|folder| {
        place_all(root, &folder, System::this(), &prefix, Path::new(""))
    });
    if let Err(message) = put {
        return Outcome::one(false, message);
    }
    let args = ["test", "--locked", "--no-fail-fast"];
    let mut command = cargo(root, &args);
    command.args(["--package", "whichproxy-c", "--tests"]);
    // Those are of the step `windows`.
    command.args(["--", "--show-output", "--skip", "windows::"]);
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
    release(&context.root, &["whichproxy-c"])?;
    let folder = built(&context.root, "release")?;
    install_from(context, &folder, System::this(), prefix)
}

/// Puts what was built for use where programs look for it, and tells where.
pub(crate) fn install_from(
    context: &Context,
    folder: &Path,
    system: System,
    prefix: &str,
) -> Result<(), String> {
    let prefix = std::path::absolute(prefix)
        .map_err(|error| format!("{prefix}: {error}"))?;
    let stage = std::env::var_os("DESTDIR").unwrap_or_default();
    let stage = Path::new(&stage);
    for file in place_all(&context.root, folder, system, &prefix, stage)? {
        println!("{}", file.display());
    }
    Ok(())
}

/// Puts what was built in a folder where programs look for it; the files.
pub(crate) fn place_all(
    root: &Path,
    folder: &Path,
    system: System,
    prefix: &Path,
    stage: &Path,
) -> Result<Vec<PathBuf>, String> {
    let version = env!("CARGO_PKG_VERSION");
    let inner = prefix.strip_prefix("/").unwrap_or(prefix);
    let to = match stage.as_os_str().is_empty() {
        true => prefix.to_owned(),
        false => stage.join(inner),
    };
    let mut files = Vec::new();
    let mut put = |name: &str, content: Content<'_>| -> Result<(), String> {
        let file = to.join(name);
        place::put(&file, &content)?;
        files.push(file);
        Ok(())
    };
    put("include/whichproxy.h", Content::Copy(&root.join(HEADER)))?;
    let Shared { built, place, links, import, linked } = system.shared();
    put(&place, Content::Copy(&folder.join(built)))?;
    for (name, to) in links {
        put(&format!("lib/{name}"), Content::Link(Path::new(&to)))?;
    }
    if let Some((built, place)) = import {
        put(place, Content::Copy(&folder.join(built)))?;
    }
    let archive = folder.join("libwhichproxy_c.a");
    put("lib/libwhichproxy.a", Content::Copy(&archive))?;
    let filled = |template: &str| {
        template
            .replace("@PREFIX@", &prefix.display().to_string())
            .replace("@VERSION@", version)
            .replace("@SHARED@", &place)
            .replace("@LINKED@", linked)
            .replace("@STATIC@", system.static_libraries())
    };
    for (name, template) in [
        ("pkgconfig/whichproxy.pc", include_str!("../c/whichproxy.pc")),
        (
            "cmake/whichproxy/whichproxy-config.cmake",
            include_str!("../c/whichproxy-config.cmake"),
        ),
        (
            "cmake/whichproxy/whichproxy-config-version.cmake",
            include_str!("../c/whichproxy-config-version.cmake"),
        ),
    ] {
        put(&format!("lib/{name}"), Content::Text(&filled(template)))?;
    }
    Ok(files)
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
