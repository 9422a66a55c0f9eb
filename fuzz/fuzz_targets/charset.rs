//! From a page's bytes and its `Content-Type`, the first line of the input,
//! to a script.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::machine::Page;
use whichproxy_pac::{Limits, Pac};

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (line, rest) = data.split_at(end.unwrap_or(0));
    let page = Page {
        body: rest.get(1..).unwrap_or_default().to_vec(),
        content_type: Some(String::from_utf8_lossy(line).into_owned()),
        ..Page::default()
    };
    let limits = Limits::new().with_source_bytes(1 << 16);
    let load = |charset| {
        let builder = Pac::builder().limits(limits.clone());
        builder.build_bytes(&page.body, charset).map(|_| ())
    };
    let declared = page.charset();
    let _ = load(declared);
    let told = |result: Result<(), whichproxy_pac::Error>| {
        result.map_err(|error| error.to_string())
    };
    // A header that says UTF-8 says nothing.
    assert_eq!(told(load(Some("UTF-8"))), told(load(None)));
    // What is UTF-8, and has neither mark nor NUL, is that.
    if let Ok(text) = std::str::from_utf8(&page.body)
        && !text.starts_with('\u{feff}')
        && !text.contains('\0')
    {
        let plain = Pac::builder().limits(limits.clone()).build(text);
        assert_eq!(told(load(None)), told(plain.map(|_| ())));
    }
});
