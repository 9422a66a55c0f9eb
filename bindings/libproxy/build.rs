//! Names the library as programs look for it, and its symbols' versions.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=libproxy.map");
    println!("cargo::rerun-if-env-changed=WHICHPROXY_SYMBOL_VERSIONS");
    println!("cargo::rustc-check-cfg=cfg(symbol_versions)");
    let of = |name: &str| var(name).unwrap_or_default();
    if of("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    // Threads may wait for names when a program lets go of it, so it stays.
    let mut arguments =
        vec!["-soname,libproxy.so.1".to_owned(), "-z,nodelete".to_owned()];
    // Rust brings a version script of its own, and LLD alone takes two. It
    // is the linker of this target from Rust 1.90 on. Without versions,
    // programs run as well, and the loader says that there are none.
    let lld = of("TARGET") == "x86_64-unknown-linux-gnu"
        && of("WHICHPROXY_SYMBOL_VERSIONS") != "0";
    if lld {
        println!("cargo::rustc-cfg=symbol_versions");
        let folder = of("CARGO_MANIFEST_DIR");
        arguments.push(format!("--version-script={folder}/libproxy.map"));
    }
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
    }
}
