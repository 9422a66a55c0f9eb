//! What a script is told of a URL: no user name, no password, no more of an
//! https URL than its origin.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use url::Url;
use whichproxy::Query;
use whichproxy_pac::host_as_written;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let Ok(url) = Url::parse(&text) else { return };
    let host = host_as_written(&text, &url);
    for query in
        [Query::winhttp(&url, host), Query::wininet(&url), Query::from(&url)]
    {
        if url.has_host() && matches!(url.scheme(), "http" | "https") {
            let told = Url::parse(query.url()).expect("a URL");
            assert_eq!(told.host(), url.host());
            assert_eq!(told.port(), url.port());
            assert_eq!((told.username(), told.password()), ("", None));
            if url.scheme() == "https" {
                assert_eq!((told.path(), told.query()), ("/", None));
            }
        }
    }
});
