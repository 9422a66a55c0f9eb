//! Names the library as programs look for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if system == "linux" {
        // Threads may run scripts when a program lets go of it, so it stays.
        for argument in ["-soname,libwhichproxy.so.0", "-z,nodelete"] {
            println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
        }
    }
    if system == "macos" {
        println!(
            "cargo::rustc-cdylib-link-arg=-Wl,-install_name,\
             @rpath/libwhichproxy.0.dylib"
        );
    }
}
