//! A worker answers as a thread does.

use std::time::Duration;

use whichproxy_os::worker::Executable;
use whichproxy_pac::worker::Workers;
use whichproxy_pac::{
    Answers, Config, Error, ErrorKind, Evaluation, Isolation, Limits, Pac,
    Query, Step,
};

use crate::{alone, js, machine, script, short, workers};

fn query() -> Query<'static> {
    Query::raw("http://a.example/x?y=z", "a.example")
}

/// What both places must agree on.
fn told(result: &Result<Evaluation, Error>) -> String {
    match result {
        Ok(e) => format!(
            "{} {:?} {:?} {:?} {:?} {:?}",
            e.result(),
            e.ignored(),
            e.asked(),
            e.alerts(),
            e.depends_on(),
            e.validity(),
        ),
        Err(e) => format!(
            "{:?} {e} {:?} {:?} {:?}",
            e.kind(),
            e.asked(),
            e.alerts(),
            (e.line(), e.column(), e.winhttp_code()),
        ),
    }
}

/// Bodies whose answers, questions and alerts are all different.
const BODIES: &[&str] = &[
    "return 'PROXY a:1; DIRECT';",
    "return 'PROXY ' + dnsResolve(host) + ':80' + url;",
    "alert('one'); isResolvable('b.example'); alert(myIpAddress());\
     return dnsResolveEx('b.example') + ';' + myIpAddressEx();",
    "return 'PROXY ' + [new Date().getHours(), Math.random(), \
     new Date().getTimezoneOffset()].join('-');",
    "return weekdayRange('SUN') ? 'PROXY sun:1' : 'DIRECT';",
    "throw new Error('a\\nb\\u001b[2J');",
    "return 1;",
    "return null;",
    "return unknown_name;",
    "for (var i = 0; i < 30; i++) isResolvable('n' + i); return 'DIRECT';",
    "for (var i = 0; i < 5000; i++) alert(i + '\\u001b'); return 'DIRECT';",
    "return 'PROXY \\u00e4\\u{1f600}:1\\r\\nx';",
    "var s = 'x'; while (s.length < 1e6) s += s; return s;",
    "function f() { return f(); } return f();",
    "while (true) {}",
    "return isResolvable('\\u0000\\n\"\\\\') + '';",
    "return shExpMatch(host, '(') + '';",
    "return this.count = (this.count || 0) + 1 + '';",
];

#[test]
fn answers_questions_alerts_and_errors() {
    let _one = alone();
    let workers = workers();
    for body in BODIES {
        let source = script(body);
        let limits = Limits::new().with_loop_iterations(1_000_000);
        let of = |isolation| {
            let pac = js(&source, limits.clone(), isolation).unwrap();
            // The second time, the script is loaded.
            let first = pac.evaluate(query(), &machine());
            let second = pac.evaluate(query(), &machine());
            let step = pac.try_evaluate(query(), &Answers::new());
            let step = step.map(|step| match step {
                Step::Ask(question) => question.to_string(),
                Step::Done(evaluation) => told(&Ok(evaluation)),
            });
            let step = step.map_err(|error| told(&Err(error)));
            (told(&first), told(&second), step)
        };
        let thread = of(Isolation::Thread);
        let worker = of(Isolation::Worker(workers.clone()));
        assert_eq!(worker, thread, "{body}");
    }
}

#[test]
fn sources_that_are_none() {
    let _one = alone();
    let workers = workers();
    let deep = format!("x = {}1;", "(".repeat(200_000));
    for source in [
        "function FindProxyForURL(",
        "var a = 'x",
        "}",
        "",
        "var FindProxyForURL = 3;",
        "throw 'at once';",
        &deep,
    ] {
        let of = |isolation| {
            let pac = js(source, Limits::new(), isolation);
            told(&pac.and_then(|pac| pac.evaluate(query(), &machine())))
        };
        let thread = of(Isolation::Thread);
        let worker = of(Isolation::Worker(workers.clone()));
        assert_eq!(worker, thread, "{}", &source[..source.len().min(40)]);
    }
}

/// Scripts whose code outside of functions only boa can run, of which some
/// become programs.
const READ_BACK: &[&str] = &[
    "var a = []; for (var i in {x: 1, y: 2}) a.push(i + '.example');\
     function FindProxyForURL(u, h) { return a.indexOf(h) < 0 ? 'PROXY a:1' : 'DIRECT'; }",
    "var list = JSON.parse('{\"a.example\": \"PROXY j:1\", \"n\": [1, null, true]}');\
     function FindProxyForURL(u, h) { return list[h] || 'DIRECT'; }",
    "var f = (function () { var n = 7; return function (h) { return 'PROXY p:' + n; }; })();\
     var o = { test: f, re: /^a\\./, all: new Set(['a.example']), map: new Map([['a.example', 'PROXY m:2']]) };\
     Object.keys(o).sort().reverse();\
     function FindProxyForURL(u, h) { return o.re.test(h) && o.all.has(h) ? f(h) : o.map.get(h); }",
    "var x = Object.create(null); var y = isPlainHostName; var same = [x, x];\
     var cyclic = {}; cyclic.c = cyclic; var big = 10n;\
     function FindProxyForURL(u, h) { return y(h) ? 'DIRECT' : 'PROXY y:1'; }",
    "Array.prototype.x = 1; function FindProxyForURL(u, h) { return 'PROXY c:' + [].x; }",
    "var t = new Date().getTime(); function FindProxyForURL(u, h) { return 'PROXY t:1'; }",
    "while (true) {} function FindProxyForURL(u, h) { return 'PROXY t:1'; }",
    "null.x; function FindProxyForURL(u, h) { return 'PROXY t:1'; }",
];

#[test]
fn code_outside_of_functions() {
    let _one = alone();
    let workers = workers();
    let mut compiled = 0;
    for source in READ_BACK {
        let of = |isolation| {
            let limits = Limits::new()
                .with_loop_iterations(1_000_000)
                .with_deadline(Duration::from_secs(20));
            let builder = Pac::builder().limits(limits).isolation(isolation);
            let pac = builder.build(source).unwrap();
            let found = pac.evaluate(query(), &machine());
            (pac.strategy(), format!("{:?}", pac.refusals()), told(&found))
        };
        let thread = of(Isolation::Thread);
        let worker = of(Isolation::Worker(workers.clone()));
        assert_eq!(worker, thread, "{source}");
        compiled += usize::from(thread.0 != "js");
    }
    assert!(compiled >= 3, "{compiled}");
}

#[test]
fn one_worker_serves_many_scripts_and_threads() {
    let _one = alone();
    let workers = workers().with_count(1);
    let pacs: Vec<Pac> = (0..40)
        .map(|n| {
            let source = script(&format!("return 'PROXY p{n}:1';"));
            let isolation = Isolation::Worker(workers.clone());
            js(&source, Limits::new(), isolation).unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (n, pac) in pacs.iter().enumerate() {
                    let routes = pac.find_proxy(query(), &machine()).unwrap();
                    assert_eq!(routes.to_string(), format!("PROXY p{n}:1"));
                }
            });
        }
    });
    assert_eq!(children(), 1);
    drop(pacs);
    drop(workers);
    assert_eq!(children(), 0);
}

/// How many workers this process has.
pub(crate) fn children() -> usize {
    #[cfg(target_os = "linux")]
    return crate::confined::children().len();
    #[cfg(not(target_os = "linux"))]
    0
}

#[test]
fn no_worker_to_be_had() {
    let _one = alone();
    for path in ["/nonexistent/whichproxy", "/bin/true", "/bin/cat"] {
        let workers = whichproxy_os::worker::workers_at(path);
        let error = no_worker(&workers);
        let said = error.to_string();
        assert_eq!(error.kind(), whichproxy_pac::ErrorKind::Worker, "{said}");
        assert!(said.starts_with("no worker process to run"), "{said}");
        assert!(workers.warm().is_err());
        // What needs no worker is answered.
        let builder = Pac::builder();
        let pac = builder.isolation(Isolation::Worker(workers));
        let pac = pac.build(&script("return 'PROXY a:1';")).unwrap();
        assert!(pac.evaluate(query(), &machine()).is_ok());
    }
}

fn no_worker(workers: &Workers) -> Error {
    let isolation = Isolation::Worker(workers.clone());
    let source = script("return eval('url');");
    let builder = Pac::builder().config(Config::new()).limits(short());
    builder.isolation(isolation).build(&source).unwrap_err()
}

/// `env` stands for an interpreter, which is told what it is to run.
#[test]
fn another_program_may_begin_it() {
    let _one = alone();
    let env = Executable::at("/usr/bin/env");
    let env = env.with_first_arguments([env!("CARGO_BIN_EXE_whichproxy")]);
    let isolation = Isolation::Worker(Workers::new(env));
    let source = script("return 'PROXY ' + host + ':1';");
    let pac = js(&source, Limits::new(), isolation.clone()).unwrap();
    let routes = pac.find_proxy(query(), &machine()).unwrap();
    assert_eq!(routes.to_string(), "PROXY a.example:1");
    let pac = js(&script("for (;;);"), short(), isolation).unwrap();
    let error = pac.find_proxy(query(), &machine()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}
