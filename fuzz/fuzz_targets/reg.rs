//! Registry exports: what is written is read the same.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::registry::{RegFile, Tree};

fuzz_target!(|data: &[u8]| {
    let Ok(file) = RegFile::parse(data, "fuzz.reg") else { return };
    let mut tree = Tree::new();
    file.apply(&mut tree);
    let text = tree.to_reg();
    let again = RegFile::parse(text.as_bytes(), "again.reg")
        .unwrap_or_else(|error| panic!("{error} in {text:?}"));
    let mut other = Tree::new();
    again.apply(&mut other);
    assert_eq!(other.to_reg(), text);
});
