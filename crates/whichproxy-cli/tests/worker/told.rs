//! A script is told no password, and of `https` URLs no path and no query,
//! wherever it runs and whoever asks.

use url::Url;
use whichproxy_pac::{Isolation, Limits, Query};

use crate::{alone, js, machine, workers};

#[test]
fn the_least_that_is_needed() {
    let _one = alone();
    let source = "function FindProxyForURL(url, host) {
        return url + ' ' + host + ' ' + arguments.length;
    }";
    let workers = workers();
    for isolation in [Isolation::Thread, Isolation::Worker(workers)] {
        let pac = js(source, Limits::new(), isolation).unwrap();
        for (text, has_path) in [
            ("https://user:secret@a.example:8443/private?token=1#part", false),
            ("https://a.example/private?token=1", false),
            ("wss://user:secret@a.example/private?token=1", false),
            ("http://user:secret@a.example/private?token=1#part", true),
        ] {
            let url: Url = text.parse().unwrap();
            let host = url.host_str().unwrap();
            for (client, query) in [
                ("all", Query::from(&url)),
                ("winhttp", Query::winhttp(&url, host)),
                ("wininet", Query::wininet(&url)),
            ] {
                let told = pac.evaluate(query, &machine()).unwrap();
                let told = told.result();
                assert!(!told.contains("secret"), "{client}: {told}");
                assert!(!told.contains("user"), "{client}: {told}");
                assert_eq!(Query::tells_path(&url), has_path, "{text}");
                if !has_path {
                    assert!(!told.contains("private"), "{client}: {told}");
                    assert!(!told.contains("token"), "{client}: {told}");
                }
                assert!(told.ends_with(" a.example 2"), "{client}: {told}");
            }
        }
    }
}
