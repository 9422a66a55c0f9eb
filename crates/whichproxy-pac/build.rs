//! Tells the crate whether it is optimised: boa needs many times the stack
//! where it is not, and the nesting that is allowed depends on that.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(whichproxy_unoptimised)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=whichproxy_unoptimised");
    }
}
