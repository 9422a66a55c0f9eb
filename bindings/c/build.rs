//! Names the library as programs look for it.

use std::env;
use std::fs;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| {
        env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default()
    };
    let link = |what: &str| println!("cargo::rustc-cdylib-link-arg={what}");
    match target("OS").as_str() {
        // Threads may run scripts when a program lets go of it, so it stays.
        // On Windows no argument says that: see src/stay.rs.
        "linux" => {
            link("-Wl,-soname,libwhichproxy.so.0");
            link("-Wl,-z,nodelete");
        }
        "macos" => {
            link("-Wl,-install_name,@rpath/libwhichproxy.0.dylib");
        }
        // The import library names it so to the programs.
        "windows" if target("ENV") == "gnu" => {
            let folder = env::var_os("OUT_DIR").map(PathBuf::from);
            let file = folder.unwrap_or_default().join("whichproxy.def");
            if let Err(error) = fs::write(&file, "LIBRARY whichproxy.dll\n") {
                println!("cargo::error={}: {error}", file.display());
            }
            link(&file.display().to_string());
        }
        _ => {}
    }
}
