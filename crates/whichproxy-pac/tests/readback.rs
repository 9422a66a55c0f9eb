//! Scripts whose code outside of functions is run once in boa: programs
//! answer as boa does, and where that is not certain, boa does.
#![allow(clippy::unwrap_used)] // a test may fail

#[path = "../../whichproxy-test/src/engines.rs"]
#[allow(dead_code, unreachable_pub)] // shared with other tests
mod engines;

use std::time::Duration;

use whichproxy_pac::{Config, Limits, Pac};

use self::engines::Seen;

/// All that can be seen of one answer.
fn seen(pac: &Pac, host: &str) -> Seen {
    Seen::of(pac, &format!("http://{host}/path?x=y"), host).unwrap()
}

const HOSTS: &[&str] = &[
    "a.example",
    "www.a.example",
    "b.example",
    "10.1.2.3",
    "10.200.2.3",
    "192.168.1.1",
    "localhost",
    "x",
    "",
    "__proto__",
    "constructor",
    "toString",
    "example",
    "A.Example",
    "c.test",
    "0",
    "1",
    "3",
];

/// The strategy, and whether all answers are boa's.
fn compared(source: &str, limits: &Limits) -> &'static str {
    let build = |config: Config| {
        Pac::builder().limits(limits.clone()).config(config).build(source)
    };
    let pac = build(Config::new()).unwrap();
    let js = build(Config::new().only_js()).unwrap();
    let plain = build(Config::new().no_table()).unwrap();
    // Twice, so that what one question leaves behind is seen by the next.
    for host in HOSTS.iter().chain(HOSTS) {
        let expected = seen(&js, host);
        assert_eq!(seen(&pac, host), expected, "{host}: {source}");
        assert_eq!(seen(&plain, host), expected, "{host}: {source}");
    }
    println!("{}: {:?}", pac.strategy(), pac.refusals());
    pac.strategy()
}

/// Scripts that become programs.
const READ_BACK: &[&str] = &[
    // A module that returns its function.
    "var FindProxyForURL = (function (init, profiles) {
         return function (url, host) {
             'use strict';
             var result = init, scheme = url.substr(0, url.indexOf(':'));
             do {
                 result = profiles[result];
                 if (typeof result === 'function')
                     result = result(url, host, scheme);
             } while (typeof result !== 'string'
                      || result.charCodeAt(0) === 43);
             return result;
         };
     })('+auto', {
         '+auto': function (url, host, scheme) {
             'use strict';
             if (/(?:^|\\.)a\\.example$/.test(host)) return '+proxy';
             if (scheme === 'ftp') return '+list';
             return '+list';
         },
         '+list': 'DIRECT',
         '+proxy': function (url, host, scheme) {
             'use strict';
             if (/^www/.test(host)) return 'DIRECT';
             return 'PROXY p:1';
         }
     });",
    // A table that a loop builds of packed text.
    "var words = 'a.example|b.example|c.test'.split('|'), set = {};
     words.map(function (word) { set[word] = word.length; });
     function FindProxyForURL(url, host) {
         return set.hasOwnProperty(host) ? 'PROXY p:' + set[host] : 'DIRECT';
     }",
    // Bits.
    "var nets = [];
     ['10.0.0.0/9', '192.168.0.0/16'].forEach(function (net) {
         var parts = net.split('/'), bits = +parts[1];
         nets.push([convert_addr(parts[0]), ~0 << (32 - bits)]);
     });
     function FindProxyForURL(url, host) {
         var address = convert_addr(host);
         for (var i = 0; i < nets.length; i++)
             if ((address & nets[i][1]) === nets[i][0]) return 'DIRECT';
         return 'PROXY p:1';
     }",
    // What decodes, in a module with private names of its own.
    "var api = (function () {
         var key = 'abcdefghijklmnopqrstuvwxyz.', hidden = [3, 1, 4];
         function decode(list) {
             return list.map(n => key[n]).join('');
         }
         var names = [[0, 26, 4, 23, 0, 12, 15, 11, 4]].map(decode);
         hidden.reverse();
         return { has: function (host) {
             for (var i = 0; i < names.length; i++)
                 if (names[i] == host) return true;
             return false;
         }, last: function () { return hidden[0]; } };
     })();
     function FindProxyForURL(url, host) {
         return api.has(host) ? 'PROXY p:' + api.last() : 'DIRECT';
     }",
    // Names that are taken apart, and a class on the way.
    "const { a, b: [second] } = { a: 'DIRECT', b: ['PROXY b:1'] };
     class Builder { constructor() { this.list = []; }
         add(x) { this.list.push(x); return this; } }
     const list = new Builder().add('x').add('c.test').list;
     function FindProxyForURL(url, host) {
         return list.indexOf(host) < 0 ? a : second;
     }",
    // A polyfill that is not wanted.
    "if (!String.prototype.endsWith) {
         String.prototype.endsWith = function (end) { return false; };
     }
     if (!Array.prototype.includes) Array.prototype.includes = null;
     var all = Object.keys({ 'a.example': 1, x: 2 });
     function FindProxyForURL(url, host) {
         return all.includes(host) || host.endsWith('.1') ? 'DIRECT' : 'x';
     }",
    // A function that is given, replaced by one of the script.
    "dnsDomainIs = function (host, end) { return host == end; };
     var x = [1, 2].map(function (n) { return n; });
     function FindProxyForURL(url, host) {
         return dnsDomainIs(host, 'a.example') ? 'PROXY p:1' : 'DIRECT';
     }",
    // Functions that are given, under names of the script.
    "var f = [dnsDomainIs].concat()[0], y = [1].map(Number);
     function FindProxyForURL(url, host) {
         return f(host, 'a.example') ? 'PROXY p:1' : 'DIRECT';
     }",
    // Shared data, and functions in data.
    "var one = ['a.example', 'x'], both = { l: one, r: one };
     both['f'] = [].concat(function (h) { return both.l[0] == h; })[0];
     Object.freeze(both);
     function FindProxyForURL(url, host) {
         return both.f(host) ? 'PROXY p:1' : 'DIRECT';
     }",
    // What is not reached, may be anything.
    "var cycle = {}; cycle.cycle = cycle;
     var getter = { get x() { return 1; } };
     var date = Date.UTC(2020, 1, 1), error = new Error('x');
     var umlaut = '\\u00fc', map = new Map([[1, 2]]), big = 10n;
     var sum = [1, 2, 3].reduce(function (a, b) { return a + b; });
     function unused() { with (cycle) { return eval('1'); } }
     function FindProxyForURL(url, host) {
         return host.length > sum ? 'DIRECT' : 'PROXY p:1';
     }",
    // Names by the global object.
    "this.data = ['x']; globalThis.more = { x: 'PROXY x:1' };
     self = this; var z = [].concat(data);
     function FindProxyForURL(url, host) {
         return z.indexOf(host) >= 0 ? more[host] : 'DIRECT';
     }",
    // A variable that changes after its function was made.
    "var check = (function () {
         var end = '.never';
         var test = function (host) { return dnsDomainIs(host, end); };
         end = ['.', 'example'].reduce(function (a, b) { return a + b; });
         return test;
     })();
     function FindProxyForURL(url, host) {
         return check(host) ? 'PROXY p:1' : 'DIRECT';
     }",
    // A function that is declared in a module.
    "(function () {
         var list = 'x,c.test'.split(',').filter(function (x) {
             return x.length > 1;
         });
         function FindProxy(url, host) {
             return inList(host) ? 'PROXY p:1' : 'DIRECT';
         }
         function inList(host) { return list.indexOf(host) >= 0; }
         FindProxyForURL = FindProxy;
     }).call(this);",
];

#[test]
fn scripts_that_are_read_back() {
    let limits = Limits::new();
    let mut wrong = Vec::new();
    for source in READ_BACK {
        if compared(source, &limits) == "js" {
            wrong.push(source);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What ends every hostile script: it would become a program, else.
const ASKS: &str = "var t = [1].map(function (x) { return x; });
     var list = ['a.example', 'x'];
     function FindProxyForURL(url, host) {
         if (shExpMatch(host, 'b.*')) return 'PROXY b:1';
         if (host.startsWith('10.')) return 'PROXY ten:1';
         if (list.indexOf(host) >= 0) return 'PROXY list:' + t[0];
         return 'DIRECT';
     }";

/// Code that makes a script one for boa.
const HOSTILE: &[&str] = &[
    "FindProxyForURL = (function () { var n = []; return function () {
         return 'PROXY n:' + n.push(1); }; })();",
    "String.prototype.startsWith = function () { return true; };",
    "Array.prototype.indexOf = function () { return 7; };",
    "Array.prototype.contains = function () { return 7; };",
    "Object.prototype.x = 'PROXY x:1';",
    "Object.defineProperty(Object.prototype, 'y', { get() { return 1; } });",
    "Object.setPrototypeOf(Array.prototype, { z: 1 });",
    "Object.setPrototypeOf(globalThis, { list2: 1 });",
    "Object.preventExtensions(Array.prototype);",
    "Object.getPrototypeOf([][Symbol.iterator]()).next = null;",
    "String = function () { return 'y'; };",
    "parseInt = Math.floor;",
    "delete globalThis.Math;",
    "Math.floor = function () { return 1; };",
    "new Date();",
    "Math.random();",
    "eval('1');",
    "Function('return 1')();",
    "(function f() { return '' + f; })();",
    "Function.prototype.toString.call(isInNet);",
    "var where = new Error('x').stack;",
    "class Unknown { } dnsResolve('x');",
    "class Unknown { } alert('x');",
    "class Unknown { } FindProxyForURL.x = 1;",
    "class Unknown { } list = Object.create({ indexOf() { return 1; } });",
    "throw 1;",
    "null.x;",
    "list = new Array(3);",
    "Object.defineProperty(globalThis, 'list', { get() { return ['x']; } });",
    "list = [1]; list.push(list);",
    "list = ['x']; list.extra = 1;",
    "list = ['x']; list[5] = 1;",
    "list = ['\\u00fc'];",
    "list = [10n];",
    "list = [Symbol()];",
    "list = new Uint8Array(3);",
    "list = [new Date(0)];",
    "list = arguments_of(1, 2); function arguments_of() { return arguments; }",
    "list = ['x']; Object.setPrototypeOf(list, null);",
    "list = ['x']; Object.defineProperty(list, 0, { get() { return 'x'; } });",
    "FindProxyForURLEx = function* () {};",
    "FindProxyForURLEx = async function () { return 'x'; };",
    "FindProxyForURLEx = isInNet.bind(null, '1.2.3.4');",
    "FindProxyForURLEx = Function.prototype;",
    "FindProxyForURLEx = class { };",
    "FindProxyForURLEx = String.prototype.trim;",
    "var made = []; function make(x) { return function (url, host) {
         return x + list.length; }; }
     FindProxyForURLEx = [make('PROXY a:'), make('PROXY b:')][1];
     class Unknown { }",
    "with ({ list: [] }) { FindProxyForURL = function (url, host) {
         return 'PROXY with:' + list.length; }; }",
    "for (let i = 0; i < 3; i++) FindProxyForURL = function (url, host) {
         return 'PROXY loop:' + i; };",
    "try { throw 7; } catch (e) { FindProxyForURL = function () {
         return 'PROXY e:' + e; }; }",
    "FindProxyForURL = (function () { var n = 0; return function () {
         return 'PROXY n:' + n++; }; })();",
    "while (true) {}",
    "(function f() { f(); })();",
    "(function f() { f.call(null, [1].map(f)); })();",
];

#[test]
fn hostile_scripts_are_left_to_boa() {
    let limits = Limits::new()
        .with_loop_iterations(100_000)
        .with_deadline(Duration::from_secs(20));
    let alone = compared(ASKS, &limits);
    assert_ne!(alone, "js");
    let mut wrong = Vec::new();
    for code in HOSTILE {
        let source = format!("{ASKS}\n{code}");
        if compared(&source, &limits) != "js" {
            wrong.push(code);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Code that could be mistaken for something dangerous, and is not.
const HARMLESS: &[&str] = &[
    "list = { indexOf: function () { return this == null ? -1 : 1; } };",
    "list = Object.create({ indexOf: function () { return 1; } });",
    "FindProxyForURL.x = 1;",
    "FindProxyForURL = { f: function () { return 'PROXY ' + typeof this; } }.f;",
    "dnsResolve('x');",
    "alert('x');",
    "try { myIpAddress(); } catch (e) {}",
    "isInNet('1.2.3.4', '1.2.3.4', '255.255.255.255') && isResolvable('y');",
    "var unused = { get x() { return 1; } };",
    "FindProxyForURLEx = 5;",
    "FindProxyForURLEx = undefined;",
    "list = JSON.parse('[\"x\"]');",
    "list = Object.freeze(['x']);",
    "list = Array.from(new Set(['x', 'a.example']));",
    "list = [-0, NaN, Infinity, 1e21, null, undefined, true];",
    "t = [1e21]; t = [0.1];",
    "var s = new Set(), d = Date.UTC(2020, 1);",
    "t = ['\\ud83d\\ude00'.length];",
    "list = 'x'.repeat(3).split('');",
    "shExpMatch = function (a, b) { return a == 'x'; };",
    "function shExpMatch(a, b) { return a == 'x'; }",
    "let isInNet = 1;",
    "list = (() => { let inner = ['x']; return inner; })();",
];

#[test]
fn harmless_scripts_are_read_back() {
    let limits = Limits::new().with_loop_iterations(100_000);
    let mut wrong = Vec::new();
    for code in HARMLESS {
        let source = format!("{ASKS}\n{code}");
        if compared(&source, &limits) == "js" {
            wrong.push(code);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Large tables are read back in bounded time, and what is too large is not.
#[test]
fn large_tables() {
    let table = |count: u32| {
        format!(
            "var t = {{}}, all = [];
             for (var i = 0; i < {count}; i++) {{
                 t['h' + i + '.example'] = [i, 'PROXY p:' + i];
                 all.push('h' + i);
             }}
             t['a.example'] = [[].concat(1)[0], 'PROXY a:1'];
             class Unknown {{}}
             function FindProxyForURL(url, host) {{
                 return t.hasOwnProperty(host) ? t[host][1] : 'DIRECT';
             }}"
        )
    };
    let limits = Limits::new();
    let source = table(50_000);
    assert_eq!(compared(&source, &limits), "compiled");
    let pac = Pac::new(&source).unwrap();
    let found = seen(&pac, "h49999.example");
    assert!(found.answer.unwrap().contains("p:49999"));
    let text = "class Unknown {} var t = 'x'.padEnd(40 << 20);
         function FindProxyForURL(url, host) { return t.substr(0, 3); }";
    let pac = Pac::new(text).unwrap();
    assert_eq!(pac.strategy(), "js");
    assert!(pac.refusals()[1].to_string().contains("too much text"));
}

/// What takes too long is left alone, and fails for each question as ever.
#[test]
fn code_without_an_end() {
    let slow = "class Unknown {} new RegExp('(a*)*b').test('a'.repeat(24));
         function FindProxyForURL() { return 'DIRECT'; }";
    let limits = Limits::new().with_deadline(Duration::from_millis(30));
    let pac = Pac::builder().limits(limits).build(slow).unwrap();
    assert_eq!(pac.strategy(), "js");
    let found = seen(&pac, "x").answer.unwrap_err();
    assert!(found.contains("no answer within 30ms"), "{found}");
}

/// Code outside of functions that asks: boa loads such a script for each
/// question, and the program runs that code for each.
const ANEW: &[&str] = &[
    "var own = myIpAddress(), count = 0;
     function FindProxyForURL(url, host) {
         count++;
         return own == '10.9.8.7' ? 'PROXY p:' + count : 'DIRECT';
     }",
    "alert('loaded'); var list = []; list.push('x');
     function FindProxyForURL(url, host) {
         alert('asked'); list.push(host);
         return 'PROXY p:' + list.length;
     }",
    "var near = isInNet(myIpAddress(), '10.0.0.0', '255.0.0.0')
         ? 'PROXY near:1' : 'PROXY far:1';
     var list; if (near != 'x') list = ['a.example', 'x'];
     function inList(host) { return list.indexOf(host) >= 0; }
     function FindProxyForURL(url, host) {
         if (inList(host)) return 'DIRECT';
         if (isInNet(dnsResolve(host), '10.1.2.0', '255.255.255.0'))
             return near;
         return 'PROXY other:1';
     }",
    "var today = weekdayRange('SUN');
     function FindProxyForURL() { return 'DIRECT'; }",
    "var known = dnsResolve('a.example');
     function FindProxyForURL(url, host) {
         return host == 'a.example' ? dnsResolve(host) : 'DIRECT';
     }",
];

#[test]
fn code_that_asks_runs_for_each_question() {
    let limits = Limits::new();
    for source in ANEW {
        assert_ne!(compared(source, &limits), "js", "{source}");
    }
    let asks = Pac::new(ANEW[4]).unwrap().depends_on();
    assert!(asks.dns() && asks.host(), "{asks:?}");
    // What asks nothing, although it could, runs once.
    let quad = "var x = isInNet('1.2.3.4', '1.2.3.0', '255.255.255.0');
         function FindProxyForURL() { return x ? 'DIRECT' : 'PROXY p:1'; }";
    assert_eq!(compared(quad, &limits), "compiled");
    let kept = "var x = isInNet('1.2.3.4', '1.2.3.0', '255.255.255.0'), n = 0;
         function FindProxyForURL() { return 'PROXY p:' + n++; }";
    assert_eq!(compared(kept, &limits), "js");
    // And what calls something else from one question to the next, is boa's.
    let assigned = "if (myIpAddress() == '10.9.8.7')
             FindProxyForURLEx = function () { return 'PROXY ex:1'; };
         function FindProxyForURL() { return 'DIRECT'; }";
    assert_eq!(compared(assigned, &limits), "js");
}
