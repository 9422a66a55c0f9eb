//! Threads that overran their deadline are counted, and not too many.
//!
//! There is one test, since they are counted for the whole process.
#![allow(clippy::unwrap_used)] // a test may fail

use std::thread;
use std::time::{Duration, Instant};

use whichproxy_pac::{Config, ErrorKind, Limits, Offline, Pac, Query};

/// As the crate's first page says.
const STUCK_MOST: usize = 16;

#[test]
fn sixteen_and_no_more() {
    let limits = Limits::new()
        .with_deadline(Duration::from_millis(60))
        // It ends, but later.
        .with_loop_iterations(100_000_000);
    let builder =
        Pac::builder().config(Config::new().only_js()).limits(limits);
    let source = "function FindProxyForURL(url, host) {
        if (host == 'stuck') for (;;);
        return 'PROXY ' + host + ':1';
    }";
    let pac = builder.build(source).unwrap();
    let ask = |host| {
        let start = Instant::now();
        let query = Query::raw("http://a/", host);
        let found = pac.find_proxy(query, &Offline);
        (found.map_err(|error| error.kind()), start.elapsed())
    };
    assert!(ask("free").0.is_ok());
    let mut late = 0;
    let refused = loop {
        let (found, took) = ask("stuck");
        // The caller has its error in time, however many are stuck.
        assert!(took < Duration::from_secs(2), "{took:?}");
        match found {
            Err(ErrorKind::Deadline) => late += 1,
            other => break other,
        }
        assert!(late <= 10 * STUCK_MOST);
    };
    // Those that had ended by then do not count.
    assert!(late >= STUCK_MOST, "{late}");
    assert_eq!(refused, Err(ErrorKind::Limit));
    // It is refused at once, and nothing is started for it.
    assert_eq!(ask("free").0, Err(ErrorKind::Limit));
    // What needs no such thread is answered.
    let program = "function FindProxyForURL(url, host) { return 'DIRECT'; }";
    let program = Pac::new(program).unwrap();
    let query = Query::raw("http://a/", "a");
    assert!(program.find_proxy(query, &Offline).is_ok());
    // Once they have ended, all is as it was.
    let end = Instant::now() + Duration::from_secs(300);
    while ask("free").0.is_err() {
        assert!(Instant::now() < end, "they are stuck for good");
        thread::sleep(Duration::from_millis(20));
    }
}
