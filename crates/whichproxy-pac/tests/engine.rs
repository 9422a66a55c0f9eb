//! Scripts as a whole: what they may do, and what stops them.
#![allow(clippy::unwrap_used)] // a test may fail

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::Duration;

use whichproxy_pac::{
    Embedder, Error, ErrorKind, Evaluation, Family, Limits, LocalTime,
    Offline, Pac, Query,
};

/// A function with this body.
fn script(body: &str) -> String {
    format!("function FindProxyForURL(url, host) {{ {body} }}")
}

fn query() -> Query<'static> {
    Query::raw("http://www.example.com/a", "www.example.com")
}

fn ask(source: &str) -> Result<Evaluation, Error> {
    Pac::new(source)?.evaluate(query(), &Offline)
}

fn with(limits: Limits, body: &str) -> Error {
    let pac = Pac::builder().limits(limits).build(&script(body)).unwrap();
    pac.evaluate(query(), &Offline).unwrap_err()
}

fn short() -> Limits {
    Limits::new().with_deadline(Duration::from_millis(200))
}

/// Counts what it is asked.
#[derive(Default)]
struct Counting {
    asked: RefCell<Vec<String>>,
}

impl Embedder for Counting {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        self.asked.borrow_mut().push(format!("dns {name} {family}"));
        let both = vec![
            [192, 0, 2, 7].into(),
            IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ];
        // Addresses of another family than asked for are dropped.
        if name.starts_with("no") { Vec::new() } else { both }
    }

    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        self.asked.borrow_mut().push(format!("my-ip {family}"));
        vec![[10, 0, 0, 9].into()]
    }

    fn now(&self) -> LocalTime {
        self.asked.borrow_mut().push("time".to_owned());
        "2026-06-14T22:30:30-04:00".parse().unwrap()
    }

    fn alert(&self, message: &str) {
        self.asked.borrow_mut().push(format!("alert {message}"));
    }
}

#[test]
fn types_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<Pac>();
    check::<Error>();
    check::<Evaluation>();
}

#[test]
fn arguments_and_result() {
    let evaluation =
        ask(&script("return 'PROXY ' + host + ':' + url.length;")).unwrap();
    assert_eq!(evaluation.result(), "PROXY www.example.com:24");
    assert!(evaluation.asked().is_empty());
}

#[test]
fn the_newer_function_replaces_the_older() {
    let old = script("return 'PROXY old';");
    let new = old.replace("FindProxyForURL", "FindProxyForURLEx");
    let new = new.replace("old", "new");
    let both = ask(&format!("{new}\n{old}")).unwrap();
    assert_eq!(both.result(), "PROXY new");
    assert_eq!(ask(&new).unwrap().result(), "PROXY new");
    let no_function = format!("var FindProxyForURLEx = 5; {old}");
    assert_eq!(ask(&no_function).unwrap().result(), "PROXY old");
}

#[test]
fn results_that_are_no_strings() {
    for (value, shown) in [
        ("undefined", "`undefined`"),
        ("null", "`null`"),
        ("5", "a number"),
        ("false", "`false`"),
        ("{}", "an object"),
        ("['DIRECT']", "an object"),
        ("ask", "a function"),
        ("new String('DIRECT')", "an object"),
    ] {
        let source = script(&format!("function ask() {{}} return {value};"));
        let error = ask(&source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Result, "{value}");
        let expected = format!("the script returned {shown}");
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.winhttp_code(), None);
    }
    let empty = ask(&script("return '';")).unwrap();
    assert_eq!(empty.routes().to_string(), "DIRECT");
}

#[test]
fn a_page_of_html_is_no_script() {
    for source in [
        "<!DOCTYPE html><html></html>",
        "\u{feff}\r\n<html>",
        "<?xml version='1.0'?><error/>",
    ] {
        let error = Pac::new(source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax);
        let said = "it is a page of HTML or XML, not a script";
        assert!(error.to_string().contains(said), "{error}");
    }
    let hidden = format!("<!-- hidden\n{}", script("return 'DIRECT';"));
    assert!(Pac::new(&hidden).is_ok());
}

#[test]
fn errors_have_places() {
    let error = ask("function f() {\n  if (a { }\n}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    assert_eq!((error.line(), error.column()), (Some(2), Some(9)));
    assert!(error.to_string().starts_with("line 2, column 9: expected"));
    assert_eq!(error.winhttp_code(), Some(12166));

    let error = ask("function f() {").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 15: unexpected end of the script"
    );
    let error = ask("a = 1;\nb = 'c").unwrap_err();
    assert_eq!(error.line(), Some(2), "{error}");

    let error = ask(&script("\n\n  nosuch(host);")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exception);
    assert_eq!(error.line(), Some(3), "{error}");
    assert!(error.to_string().contains("`ReferenceError: nosuch is"));
    assert_eq!(error.winhttp_code(), Some(12177));

    let error =
        ask(&script("\nthrow new Error('x`\\n' + host);")).unwrap_err();
    assert_eq!(error.line(), Some(2), "{error}");
    assert!(error.to_string().contains("Error: x`\\nwww.example.com"));
    let error = ask(&script("throw 'text';")).unwrap_err();
    assert!(error.to_string().contains("threw `text`"), "{error}");
    let error = ask(&script("shExpMatch(host, 'a(b');")).unwrap_err();
    assert!(error.to_string().contains("SyntaxError"), "{error}");
    let error = ask(&script("shExpMatch(host, null);")).unwrap_err();
    assert!(error.to_string().contains("TypeError"), "{error}");
}

#[test]
fn missing_function() {
    for source in ["", "var a = 1;", "var FindProxyForURL = 'DIRECT';"] {
        let error = ask(source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingFunction);
        assert_eq!(error.winhttp_code(), Some(12166));
    }
}

#[test]
fn each_question_is_asked_once() {
    let machine = Counting::default();
    let body = "
        for (var i = 0; i < 5; i++) {
            dnsResolve('a.example'); isResolvable('a.example');
            isInNet('a.example', '1.2.3.4', '255.0.0.0');
            dnsResolveEx('a.example'); myIpAddress(); new Date();
            weekdayRange('MON'); dnsResolve('no.example');
            alert('round ' + i);
        }
        return 'PROXY ' + dnsResolve('a.example') + ':' + myIpAddressEx().length;";
    let pac = Pac::new(&script(body)).unwrap();
    let evaluation = pac.evaluate(query(), &machine).unwrap();
    assert_eq!(evaluation.result(), "PROXY 192.0.2.7:8");
    let asked: Vec<String> =
        evaluation.asked().iter().map(ToString::to_string).collect();
    assert_eq!(
        asked,
        [
            "dns a.example v4",
            "dns a.example any",
            "my-ip v4",
            "time",
            "dns no.example v4",
            "my-ip any",
        ]
    );
    assert_eq!(evaluation.alerts().len(), 5);
    let told = machine.asked.borrow();
    assert_eq!(told.iter().filter(|t| !t.starts_with("alert")).count(), 6);
    assert!(told.contains(&"alert round 4".to_owned()));
}

#[test]
fn time_is_the_embedders() {
    let body = "var d = new Date(); Math.random();
        return 'PROXY ' + [d.getFullYear(), d.getMonth(), d.getDate(),
            d.getHours(), d.getTimezoneOffset()].join('.');";
    let pac = Pac::new(&script(body)).unwrap();
    let evaluation = pac.evaluate(query(), &Counting::default()).unwrap();
    assert_eq!(evaluation.result(), "PROXY 2026.5.14.22.240");
}

#[test]
fn chance_is_the_same_for_each_question() {
    let pac = Pac::new(&script("return 'a' + Math.random();")).unwrap();
    let first = pac.evaluate(query(), &Offline).unwrap();
    assert_eq!(pac.evaluate(query(), &Offline).unwrap(), first);
}

#[test]
fn state_is_kept_where_loading_asked_nothing() {
    let counter = "return 'PROXY p:' + (++n);";
    let kept = format!("var n = 0; {}", script(counter));
    let pac = Pac::new(&kept).unwrap();
    for port in 1..4 {
        let routes = pac.find_proxy(query(), &Offline).unwrap();
        assert_eq!(routes.to_string(), format!("PROXY p:{port}"));
    }
    for touch in ["myIpAddress()", "alert(1)", "new Date()"] {
        let fresh = format!("var n = 0; {touch}; {}", script(counter));
        let pac = Pac::new(&fresh).unwrap();
        for _ in 0..3 {
            let routes = pac.find_proxy(query(), &Offline).unwrap();
            assert_eq!(routes.to_string(), "PROXY p:1", "{touch}");
        }
    }
}

#[test]
fn nothing_runs_while_a_script_is_read() {
    let pac = Pac::new(&format!("throw 1; {}", script(""))).unwrap();
    for _ in 0..2 {
        let error = pac.evaluate(query(), &Offline).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exception);
    }
}

#[test]
fn a_script_may_replace_what_it_is_given() {
    let source = format!(
        "function shExpMatch() {{ return 'mine'; }} {}",
        script("return 'PROXY ' + shExpMatch(host, 1);")
    );
    assert_eq!(ask(&source).unwrap().result(), "PROXY mine");
    let object = script(
        "var suffix = {toString: function() { return '.com'; }};
         return '' + dnsDomainIs(host, suffix) + dnsDomainIs.length;",
    );
    assert_eq!(ask(&object).unwrap().result(), "false2");
}

#[test]
fn deadlines_hold() {
    let pac = Pac::builder()
        .limits(short())
        .build(&script("if (host == 'good') return 'PROXY good'; for (;;);"));
    let pac = pac.unwrap();
    let error = pac.evaluate(query(), &Offline).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.winhttp_code(), Some(12177));
    // Others are answered meanwhile.
    let good = Query::raw("http://good/", "good");
    assert_eq!(
        pac.find_proxy(good, &Offline).unwrap().to_string(),
        "PROXY good:80"
    );
    let flood = "var a = []; a.length = 5000000;
        alert('before'); for (var i = 0; i < a.length; i++) a[i] = i;
        for (;;) a.forEach(function() { dnsResolve(''); });";
    let error = with(short(), flood);
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.alerts(), ["before"]);
}

#[test]
fn limits_hold() {
    let error = with(
        Limits::new().with_loop_iterations(1_000),
        "try { for (;;); } catch (e) {} return 'DIRECT';",
    );
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().ends_with("more than 1000 rounds"), "{error}");
    assert_eq!(error.winhttp_code(), Some(12177));

    for recursion in [
        "function f() { f(); } f();",
        "function f() { [1].forEach(f); } f();",
        "var o = {get a() { return o.a; }}; o.a;",
        "function f() { eval('f()'); } f();",
        "function f() { 'a'.replace(/a/, f); } f();",
        "function f() { JSON.parse('1', f); } f();",
        "function f() { f.apply(null, [1]); } f();",
    ] {
        for most in [100, Limits::RECURSION_MOST] {
            let limits = Limits::new().with_recursion(most);
            let error = with(limits, recursion);
            assert_eq!(error.kind(), ErrorKind::Limit, "{recursion}");
        }
    }

    let error = with(
        Limits::new().with_lookups(3),
        "try { for (var i = 0; i < 9; i++) dnsResolve('a' + i); }
         catch (e) {} return 'DIRECT';",
    );
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(error.asked().len(), 3);

    let error = with(
        Limits::new().with_result_bytes(1_000),
        "return new Array(1000).join('ab');",
    );
    assert_eq!(error.kind(), ErrorKind::Limit);

    let limits = Limits::new().with_alert_bytes(10);
    let body = "for (var i = 0; i < 9; i++) alert('abcd'); return '';";
    let pac = Pac::builder().limits(limits).build(&script(body)).unwrap();
    let evaluation = pac.evaluate(query(), &Offline).unwrap();
    assert_eq!(
        evaluation.alerts(),
        ["abcd", "abcd", "(7 more alerts were dropped)"]
    );

    let source = format!("// {}", "x".repeat(100));
    let small = Limits::new().with_source_bytes(100);
    let builder = Pac::builder().limits(small.clone());
    let error = builder.build(&source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    let builder = Pac::builder().limits(small);
    assert!(builder.build_bytes(source.as_bytes(), None).is_err());
}

/// None of these calls a function of the script.
#[test]
fn the_engines_own_functions_are_counted() {
    for recursion in [
        "var o = {}; o.toString = Object.prototype.toLocaleString;
         return o.toString();",
        "var a = [1]; a.join = a.toString; return a.toString();",
        "var a = []; for (var i = 0; i < 300000; i++) a = [a];
         return a.join();",
        "var a = []; for (var i = 0; i < 300000; i++) a = [a];
         return '' + a;",
        "var a = [], each = a.forEach.bind(a); a[0] = each; each(each);",
        "var d = new Date(0); d.toISOString = d.toJSON; d.toJSON();",
        "var o = {}; Object.defineProperty(o, 'global', {get:
            Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags').get});
         return o.global;",
    ] {
        let error = ask(&script(recursion)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{recursion}: {error}");
    }
    let body = "return 'PROXY ' + [1, [2, 3]].join('.').replace(/,/g, '-')
        + 'abc'.indexOf.length + [].concat.name + (eval('var x = 7'), x);";
    assert_eq!(ask(&script(body)).unwrap().result(), "PROXY 1.2-31concat7");
}

#[test]
fn counted_functions_do_what_they_did() {
    let body = "
        function* g() { yield 1; yield* [2, 3]; }
        class A { get x() { return 4; } static y() { return 5; } }
        class B extends A { constructor() { super(); this.z = 6; } }
        var out = [...g()], b = new B(), it = g(), m = new Map([[1, 'm']]);
        out.push(b.x, B.y(), b.z, it.next().value, m.get(1), m.size);
        for (var c of 'ab') out.push(c);
        for (var [k, v] of Object.entries({p: 1})) out.push(k + v);
        out.push(/(?<n>d)/.exec('cd').groups.n, 'x-y'.split(/-/).length);
        out.push([3, 1, 2].sort(function(a, b) { return a - b; })[0]);
        out.push(String([1, [2]]), 'a'.replace(/a/, function() { return 'r'; }));
        out.push(JSON.stringify({a: [1, {b: 2}]}), JSON.parse('[7]')[0]);
        out.push((function() { return arguments.length; }).apply(null, [1, 2]));
        out.push([1, 2].map(String).concat([3]).indexOf(3), 'AB'.toLowerCase());
        out.push(b instanceof A, [] instanceof Array, typeof [].map, `${b.z}`);
        out.push(new Date(0).toISOString(), (5).toFixed(1), parseInt('12px'));
        out.push(Object.prototype.hasOwnProperty.call({q: 1}, 'q'));
        return out.join(' ');";
    let expected = "1 2 3 4 5 6 1 m 1 a b p1 d 2 1 1,2 r \
        {\"a\":[1,{\"b\":2}]} 7 2 2 ab true true function 6 \
        1970-01-01T00:00:00.000Z 5.0 12 true";
    assert_eq!(ask(&script(body)).unwrap().result(), expected);
}

#[test]
fn deep_nesting_is_refused_with_its_place() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("!", "")] {
        let n = 400_000;
        let deep = format!("\n{}1{}", open.repeat(n), close.repeat(n));
        let error = Pac::new(&deep).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source, "{open}");
        assert_eq!(error.line(), Some(2), "{open}");
    }
    let body = "return eval(new Array(99999).join('(') + '1');";
    let error = ask(&script(body)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exception);
    assert!(error.to_string().contains("nested too deeply"), "{error}");
    let body = "return Function(new Array(99999).join('[') + '1');";
    assert!(ask(&script(body)).is_err());
    for body in [
        "JSON.parse(new Array(99999).join('['));",
        "new RegExp(new Array(99999).join('('));",
        "'a'.match(new Array(99999).join('(?:'));",
    ] {
        let error = ask(&script(body)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exception, "{body}");
    }
}

/// Real scripts have chains of so many terms.
#[test]
fn long_chains_answer() {
    let n = 49_193;
    let limits = Limits::new().with_source_bytes(4 << 20);
    let or = "||dnsDomainIs(host,'.a.b')".repeat(n);
    let chains = [
        format!("if (0{or}) return 'PROXY a'; return 'PROXY b';"),
        format!(
            "{} return 'PROXY b';",
            "if (host == 'a') return 'PROXY a'; else ".repeat(n)
        ),
        format!(
            "{} {{ return 'PROXY b'; }}",
            "if (shExpMatch(host, 'a')) { return 'PROXY a'; } else ".repeat(n)
        ),
        format!("var s = ''{}; return 'PROXY b';", "+'a'".repeat(n)),
    ];
    for body in chains {
        let builder = Pac::builder().limits(limits.clone());
        let pac = builder.build(&script(&body)).unwrap();
        let routes = pac.find_proxy(query(), &Offline).unwrap();
        assert_eq!(routes.to_string(), "PROXY b:80");
    }
}

#[test]
fn the_machine_is_out_of_reach() {
    let body = "var names = ['process', 'require', 'console', 'Proxy',
            'Atomics', 'ActiveXObject', 'setTimeout', 'XMLHttpRequest'];
        for (var i = 0; i < names.length; i++)
            if (names[i] in this) return 'PROXY ' + names[i];
        import('x.mjs');
        return 'DIRECT';";
    let source = script(body).replace(" in this", " in globalThis");
    assert_eq!(ask(&source).unwrap().result(), "DIRECT");
}

#[test]
fn many_threads_ask_one_script() {
    let pac =
        Pac::new(&script("return 'PROXY ' + (dnsResolve(host) || 'none');"))
            .unwrap();
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let pac = &pac;
            scope.spawn(move || {
                for round in 0..20 {
                    let host = format!("no{thread}-{round}.example");
                    let url = format!("http://{host}/");
                    let machine = Counting::default();
                    let query = Query::raw(url, host.as_str());
                    let evaluation = pac.evaluate(query, &machine).unwrap();
                    assert_eq!(evaluation.result(), "PROXY none");
                    assert_eq!(machine.asked.borrow().len(), 1);
                }
            });
        }
    });
}
