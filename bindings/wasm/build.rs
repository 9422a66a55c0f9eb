//! How large the module's stack and memory may be.

/// The part of the stack that lies in the module's memory; the other part is
/// the browser's, and about as large.
const STACK: usize = 16 << 20;

/// The memory that a script cannot exceed.
const MEMORY: usize = 512 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY");
    if family.is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg=-zstack-size={STACK}");
        println!("cargo::rustc-link-arg=--max-memory={MEMORY}");
    }
}
