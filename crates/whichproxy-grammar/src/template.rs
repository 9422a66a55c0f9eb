//! The constructs, as templates.
//!
//! In a template, `$` and a letter stand for a part that is made:
//!
//! | letter | part |
//! | --- | --- |
//! | `T`, `N`, `V`, `C` | an expression: a text, a number, any value, a test |
//! | `A` | an expression: an array of texts |
//! | `R`, `r` | what is returned: an expression, a literal |
//! | `L`, `G`, `W` | a literal: a domain, a glob, a network |
//! | `X`, `F` | the source and the flags of a regular expression |
//! | `H` | `host`, `url` or a variable |
//! | `S` | statements |
//! | `n` | a number that no other place has |

/// Kinds of constructs; a script has some of them, since one that has all is
/// refused for one of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// What every script may have.
    Plain,
    Alert,
    /// Methods of arrays that call functions.
    Array,
    /// `Set` and `Map`.
    Collection,
    /// Labels, `do`, `switch` and other ways through a function.
    Control,
    Dns,
    /// `FindProxyForURLEx` and its functions.
    Ex,
    /// What was added to JavaScript since 2015.
    Modern,
    Number,
    /// Constructors, prototypes, `this`, closures.
    Object,
    /// What nearly no script has.
    Odd,
    Regex,
    /// Variables of the script that functions write.
    State,
    Throw,
    Time,
}

/// Those that a script need not have.
pub(crate) const KINDS: &[Kind] = &[
    Kind::Alert,
    Kind::Array,
    Kind::Collection,
    Kind::Control,
    Kind::Dns,
    Kind::Ex,
    Kind::Modern,
    Kind::Number,
    Kind::Object,
    Kind::Odd,
    Kind::Regex,
    Kind::State,
    Kind::Throw,
    Kind::Time,
];

/// How often, of what kind, and what.
pub(crate) struct Template(
    pub(crate) usize,
    pub(crate) Kind,
    pub(crate) &'static str,
);

use Kind::{
    Alert, Array, Collection, Control, Dns, Ex, Modern, Number, Object, Odd,
    Plain, Regex, State, Throw, Time,
};

/// The first of each list ends the nesting.
pub(crate) const TEXTS: &[Template] = &[
    Template(8, Plain, "host"),
    Template(3, Plain, "url"),
    Template(4, Plain, "h"),
    Template(4, Plain, "v"),
    Template(3, Plain, "$L"),
    Template(1, Plain, "P"),
    Template(2, Plain, "$T.substring($N, $N)"),
    Template(1, Plain, "$T.substring($N)"),
    Template(2, Plain, "$T.toLowerCase()"),
    Template(1, Plain, "$T.toUpperCase()"),
    Template(2, Plain, "$T + $V"),
    Template(1, Plain, "($T + '.' + $T)"),
    Template(1, Plain, "$T.split($L)[$N]"),
    Template(1, Plain, "$T.split('.').slice($N).join('.')"),
    Template(1, Plain, "$T.slice($N)"),
    Template(1, Plain, "$T.slice($N, $N)"),
    Template(2, Plain, "$T.charAt($N)"),
    Template(1, Plain, "$T[$N]"),
    Template(1, Plain, "$T.substr($N, $N)"),
    Template(1, Plain, "String($V)"),
    Template(1, Plain, "LIST[$N]"),
    Template(1, Plain, "MAP[$T]"),
    Template(1, Plain, "RULES[$N][1]"),
    Template(1, Plain, "LIST.join($L)"),
    Template(1, Plain, "$T.concat($V)"),
    Template(1, Plain, "host.substring(host.lastIndexOf('.') + 1)"),
    Template(1, Plain, "host.replace('www.', $L)"),
    Template(1, Plain, "'' + $V"),
    Template(1, Plain, "($C ? $T : $T)"),
    Template(1, Plain, "($T || $T)"),
    Template(2, Regex, "$T.replace(/$X/$F, $L)"),
    Template(1, Regex, "$T.replace(/^www\\./, '')"),
    Template(1, Regex, "$T.replace(/(\\w+)\\.(\\w+)/, '$$2.$$1')"),
    Template(1, Regex, "$T.match(/$X/)"),
    Template(1, Regex, "($T.match(/$X/) || [''])[0]"),
    Template(1, Regex, "url.match(/^(\\w+):\\/\\/([^\\/:]*)/)[2]"),
    Template(1, Regex, "(/$X/$F.exec($T) || [])[1]"),
    Template(1, Regex, "$T.split(/$X/)[$N]"),
    Template(1, Regex, "RegExp.$$1"),
    Template(1, Regex, "/$X/.source"),
    Template(2, Dns, "dnsResolve(host)"),
    Template(1, Dns, "dnsResolve($T)"),
    Template(2, Dns, "myIpAddress()"),
    Template(1, Dns, "(dnsResolve(host) || '')"),
    Template(1, Ex, "dnsResolveEx(host)"),
    Template(1, Ex, "myIpAddressEx()"),
    Template(1, Ex, "sortIpAddressList($T)"),
    Template(1, Ex, "sortIpAddressList('10.0.0.2;::1;10.0.0.1')"),
    Template(1, Ex, "getClientVersion()"),
    Template(1, Ex, "myIpAddressEx().split(';')[$N]"),
    Template(2, Modern, "`${$T}.${$V}`"),
    Template(1, Modern, "`$T`"),
    Template(1, Modern, "arrow($T)"),
    Template(1, Modern, "named({ a: $T })"),
    Template(1, Modern, "$T.padStart($N % 99)"),
    Template(1, Modern, "$T.trim()"),
    Template(1, Modern, "$T.repeat(2)"),
    Template(1, Modern, "[...LIST].join()"),
    Template(1, Modern, "[...$T].reverse().join('')"),
    Template(1, Modern, "(([a, b]) => b + a)($T.split('.'))"),
    Template(1, Modern, "MAP?.[$T]"),
    Template(1, Modern, "(MAP[$T] ?? $T)"),
    Template(1, Array, "$A.join('|')"),
    Template(1, Array, "$A[$N]"),
    Template(1, Array, "$A.pop()"),
    Template(1, Array, "$A.map(function (x) { return x + 'a'; }).join()"),
    Template(1, Array, "$T.split('.').reverse().join('.')"),
    Template(1, Array, "$A.sort()[0]"),
    Template(1, Array, "$A.reduce(function (a, b) { return a + b; }, '')"),
    Template(1, Collection, "TABLE.get($T)"),
    Template(1, Collection, "String(TABLE.size)"),
    Template(2, Object, "make($T)()"),
    Template(1, Object, "new Rule($T, $L).text"),
    Template(1, Object, "counter.name"),
    Template(1, Object, "shapes.of($T)"),
    Template(1, Object, "Object.keys(MAP)[$N]"),
    Template(1, State, "g"),
    Template(1, State, "remember($T)"),
    Template(1, Odd, "typeof $V"),
    Template(1, Odd, "arguments[$N]"),
    Template(1, Odd, "escape($T)"),
    Template(1, Odd, "unescape($T)"),
    Template(1, Odd, "encodeURIComponent($T)"),
    Template(1, Odd, "LIST.toString()"),
    Template(1, Odd, "(function () { return $T; })()"),
    Template(1, Odd, "String.fromCharCode($N)"),
    Template(1, Odd, "new String($T)"),
    Template(1, Odd, "$T.toString()"),
    Template(1, Odd, "JSON.stringify($V)"),
    Template(1, Odd, "$T.link"),
    Template(1, Number, "(255 - $N).toString(16)"),
];

pub(crate) const NUMBERS: &[Template] = &[
    Template(6, Plain, "0"),
    Template(6, Plain, "1"),
    Template(3, Plain, "2"),
    Template(2, Plain, "5"),
    Template(2, Plain, "-1"),
    Template(1, Plain, "100"),
    Template(2, Plain, "$T.length"),
    Template(2, Plain, "$T.indexOf($L)"),
    Template(1, Plain, "$T.indexOf('.', $N)"),
    Template(2, Plain, "$T.lastIndexOf('.')"),
    Template(1, Plain, "($N + $N)"),
    Template(1, Plain, "($N - $N)"),
    Template(1, Plain, "LIST.length"),
    Template(1, Plain, "dnsDomainLevels(host)"),
    Template(1, Plain, "parseInt($T)"),
    Template(1, Plain, "LIST.indexOf($T)"),
    Template(2, Number, "($N * $N)"),
    Template(2, Number, "($N % $N)"),
    Template(1, Number, "($N / $N)"),
    Template(2, Number, "($N & $N)"),
    Template(1, Number, "($N | $N)"),
    Template(1, Number, "($N ^ $N)"),
    Template(1, Number, "($N >> $N)"),
    Template(1, Number, "($N >>> $N)"),
    Template(1, Number, "($N << $N)"),
    Template(1, Number, "~$N"),
    Template(1, Number, "convert_addr($W)"),
    Template(1, Number, "(convert_addr($T) & 255)"),
    Template(1, Number, "parseInt($T, 10)"),
    Template(1, Number, "parseInt($T, 16)"),
    Template(1, Number, "parseFloat($T)"),
    Template(1, Number, "Number($V)"),
    Template(1, Number, "+$T"),
    Template(1, Number, "-$T"),
    Template(1, Number, "$T.charCodeAt($N)"),
    Template(1, Number, "$T.split('.')[3] % 2"),
    Template(1, Number, "Math.floor($N / 3)"),
    Template(1, Number, "Math.max($N, $N)"),
    Template(1, Number, "Math.abs($N)"),
    Template(1, Number, "Math.round($N / 2)"),
    Template(1, Number, "Math.pow(2, $N)"),
    Template(1, Number, "0xff"),
    Template(1, Number, "1e3"),
    Template(1, Number, "4294967296"),
    Template(1, Number, "2147483648"),
    Template(1, Number, "0.5"),
    Template(1, Number, "hash($T)"),
    Template(1, Odd, "017"),
    Template(1, Odd, "1e21"),
    Template(1, Odd, "NaN"),
    Template(1, Odd, "-0"),
    Template(1, Regex, "$T.search(/$X/)"),
    Template(1, Array, "$A.length"),
    Template(1, Array, "$A.push($T)"),
    Template(1, Modern, "2 ** $N"),
    Template(1, Modern, "0b11"),
    Template(1, Modern, "Math.trunc($N / 2)"),
    Template(1, Collection, "TABLE.size"),
    Template(1, State, "count"),
    Template(1, State, "++count"),
    Template(1, Object, "counter.next()"),
];

pub(crate) const VALUES: &[Template] = &[
    Template(3, Plain, "$L"),
    Template(6, Plain, "$T"),
    Template(4, Plain, "$N"),
    Template(1, Plain, "null"),
    Template(1, Plain, "undefined"),
    Template(1, Plain, "true"),
    Template(1, Plain, "false"),
    Template(1, Plain, "u"),
    Template(3, Plain, "($C)"),
    Template(1, Odd, "LIST"),
    Template(1, Odd, "[$T, $N]"),
    Template(1, Odd, "{}.x"),
    Template(1, Odd, "void 0"),
    Template(1, Odd, "SET"),
    Template(1, Odd, "helper"),
    Template(1, Odd, "/$X/$F"),
    Template(1, Odd, "($V, $V)"),
    Template(1, Odd, "missing"),
    Template(1, Odd, "parseInt"),
    Template(1, Object, "counter"),
    Template(1, Modern, "($T ?? $N)"),
];

pub(crate) const TESTS: &[Template] = &[
    Template(10, Plain, "dnsDomainIs(host, $L)"),
    Template(10, Plain, "shExpMatch($H, $G)"),
    Template(6, Plain, "host == $L"),
    Template(2, Plain, "$H === $L"),
    Template(3, Plain, "isPlainHostName(host)"),
    Template(2, Plain, "localHostOrDomainIs(host, $L)"),
    Template(5, Plain, "$C || $C"),
    Template(4, Plain, "($C) && ($C)"),
    Template(2, Plain, "!$C"),
    Template(3, Plain, "!($C)"),
    Template(1, Plain, "(($C))"),
    Template(1, Plain, "$V == $V"),
    Template(1, Plain, "$V === $V"),
    Template(1, Plain, "$V != $V"),
    Template(1, Plain, "$V !== $V"),
    Template(2, Plain, "$N > $N"),
    Template(1, Plain, "$N <= $N"),
    Template(1, Plain, "$V < $V"),
    Template(1, Plain, "$V >= $V"),
    Template(2, Plain, "url.indexOf($L) == 0"),
    Template(2, Plain, "$T.indexOf($L) != -1"),
    Template(1, Plain, "$T.indexOf($L) > -1"),
    Template(2, Plain, "url.substring(0, 5) == 'http:'"),
    Template(1, Plain, "url.substring(0, 6) == \"https:\""),
    Template(1, Plain, "host.substring(0, $N) == $L"),
    Template(2, Plain, "host in SET"),
    Template(1, Plain, "$T in MAP"),
    Template(2, Plain, "SET[host]"),
    Template(1, Plain, "SET.hasOwnProperty($T)"),
    Template(1, Plain, "Object.prototype.hasOwnProperty.call(SET, $T)"),
    Template(1, Plain, "own.call(SET, $T)"),
    Template(1, Plain, "MAP[$V]"),
    Template(2, Plain, "LIST.indexOf($T) != -1"),
    Template(1, Plain, "LIST.indexOf(host) >= 0"),
    Template(2, Plain, "helper($V)"),
    Template(2, Plain, "inList(host)"),
    Template(2, Plain, "inSet(host)"),
    Template(1, Plain, "isInNet($T, $W, $W)"),
    Template(2, Plain, "isInNet(host, $W, $W)"),
    Template(1, Plain, "$V"),
    Template(1, Plain, "host.length > $N"),
    Template(1, Plain, "host.charAt($N) == '.'"),
    Template(1, Plain, "shExpMatch(host.toLowerCase(), $G)"),
    Template(1, Plain, "dnsDomainIs(h, $L)"),
    Template(1, Plain, "dnsDomainIs('.' + host, $L)"),
    Template(1, Plain, "($C ? $C : $C)"),
    Template(5, Dns, "isInNet(dnsResolve(host), $W, $W)"),
    Template(3, Dns, "isInNet(myIpAddress(), $W, $W)"),
    Template(3, Dns, "isResolvable(host)"),
    Template(1, Dns, "isResolvable($T)"),
    Template(2, Dns, "isInNet(ip, $W, $W)"),
    Template(1, Dns, "inNets(dnsResolve(host))"),
    Template(1, Dns, "shExpMatch(dnsResolve(host), $G)"),
    Template(1, Dns, "myIpAddress().indexOf('10.') == 0"),
    Template(1, Dns, "dnsResolve(host) == null"),
    Template(2, Ex, "isInNetEx(dnsResolveEx(host), '10.0.0.0/8')"),
    Template(1, Ex, "isInNetEx($T, 'fe80::/10')"),
    Template(1, Ex, "isInNetEx(myIpAddressEx(), '10.9.0.0/16')"),
    Template(1, Ex, "isResolvableEx(host)"),
    Template(3, Time, "weekdayRange('MON', 'FRI')"),
    Template(1, Time, "weekdayRange('SUN', 'GMT')"),
    Template(1, Time, "weekdayRange($L)"),
    Template(2, Time, "timeRange(8, 18)"),
    Template(1, Time, "timeRange(9, 0, 17, 30)"),
    Template(1, Time, "timeRange(9, 29, 0, 9, 31, 0, 'GMT')"),
    Template(1, Time, "timeRange($N)"),
    Template(1, Time, "dateRange(1, 15)"),
    Template(1, Time, "dateRange('NOV')"),
    Template(1, Time, "dateRange(1, 'JUN', 24, 'DEC')"),
    Template(1, Time, "dateRange(2026)"),
    Template(1, Time, "new Date().getHours() < 12"),
    Template(1, Time, "new Date().getDay() == $N"),
    Template(1, Time, "Date.now() > 0"),
    Template(4, Regex, "/$X/$F.test($T)"),
    Template(2, Regex, "host.match(/$X/$F)"),
    Template(1, Regex, "host.search(/$X/) >= 0"),
    Template(2, Regex, "new RegExp($L).test(host)"),
    Template(1, Regex, "new RegExp('$X', '$F').test($T)"),
    Template(1, Regex, "RegExp('^' + $L).test($T)"),
    Template(2, Regex, "PATTERN.test($T)"),
    Template(1, Regex, "PATTERNS[0].test(host) || PATTERNS[1].test(url)"),
    Template(1, Regex, "host.match($L)"),
    Template(1, Regex, "/$X/.exec(host) !== null"),
    Template(2, Array, "LIST.some(function (x) { return x == host; })"),
    Template(
        2,
        Array,
        "$A.some(function (d) { return dnsDomainIs(host, d); })",
    ),
    Template(1, Array, "LIST.filter(function (d) { return d > $T; }).length"),
    Template(1, Array, "$A.every(function (d, i) { return i < $N; })"),
    Template(1, Array, "$A.indexOf($T) >= 0"),
    Template(1, Array, "LIST.lastIndexOf($T) > -1"),
    Template(1, Array, "LIST.concat($A).indexOf(host) + 1"),
    Template(
        1,
        Array,
        "$T.split('.').some(function (l) { return l in SET; })",
    ),
    Template(3, Modern, "LIST.some(d => host.endsWith(d))"),
    Template(2, Modern, "$T.startsWith($L)"),
    Template(2, Modern, "$T.endsWith($L)"),
    Template(2, Modern, "$T.includes($L)"),
    Template(2, Modern, "LIST.includes($T)"),
    Template(1, Modern, "LIST.find(x => x === $T)"),
    Template(1, Modern, "RULES.some(([glob]) => shExpMatch(host, glob))"),
    Template(1, Modern, "arrow($V) === $V"),
    Template(1, Modern, "Object.values(MAP).includes($T)"),
    Template(1, Modern, "`${host}` == $L"),
    Template(3, Collection, "NAMES.has(host)"),
    Template(1, Collection, "NAMES.has($V)"),
    Template(1, Collection, "TABLE.has($T)"),
    Template(1, Collection, "new Set($A).has(host)"),
    Template(2, Object, "rule.matches($T)"),
    Template(1, Object, "new Rule(host, $L).matches($T)"),
    Template(1, Object, "shapes.any.call(shapes, $T)"),
    Template(1, Object, "make(host)() == $L"),
    Template(1, Object, "SET.constructor"),
    Template(1, Object, "host.isOurs()"),
    Template(1, Object, "$T in counter"),
    Template(
        1,
        Number,
        "convert_addr($W) === (convert_addr($T) & 0xffffff00)",
    ),
    Template(1, Number, "isNaN($V)"),
    Template(1, Number, "$N % 2 == 0"),
    Template(1, Number, "isFinite($V)"),
    Template(1, Odd, "$V instanceof Object"),
    Template(1, Odd, "typeof $T == 'string'"),
    Template(1, Odd, "typeof missing == 'undefined'"),
    Template(1, Odd, "(v = $T)"),
    Template(1, Odd, "delete SET.x"),
    Template(1, Odd, "eval('1')"),
    Template(1, Odd, "this === u"),
    Template(1, Odd, "arguments.length > $N"),
    Template(1, Odd, "$V == $A"),
    Template(1, Odd, "isPlainHostName($V)"),
    Template(1, Odd, "dnsDomainIs($V, $V)"),
    Template(1, Odd, "shExpMatch($V, $V)"),
    Template(1, Odd, "localHostOrDomainIs($V, $V)"),
    Template(1, Odd, "isInNet($V, $V, $V)"),
    Template(1, Odd, "$T.localeCompare($T)"),
    Template(1, State, "count++ > $N"),
    Template(1, State, "(g = $T) == host"),
    Template(1, State, "seen[host]"),
];

pub(crate) const ARRAYS: &[Template] = &[
    Template(2, Plain, "[$L, $L]"),
    Template(2, Plain, "LIST"),
    Template(2, Plain, "$T.split('.')"),
    Template(1, Plain, "[host, $T]"),
    Template(1, Plain, "LIST.slice($N)"),
    Template(1, Plain, "LIST.concat([$L])"),
    Template(1, Plain, "new Array($L, $L)"),
    Template(1, Array, "LIST.map(function (x) { return x + $T; })"),
    Template(1, Array, "LIST.filter(function (x) { return x.length > $N; })"),
    Template(1, Array, "$A.slice().reverse()"),
    Template(1, Array, "$A.slice().sort()"),
    Template(1, Array, "Object.keys(SET)"),
    Template(1, Modern, "[...LIST, $T]"),
    Template(1, Modern, "LIST.map(x => x.toLowerCase())"),
    Template(1, Modern, "Array.from(LIST)"),
    Template(1, Collection, "Array.from(NAMES)"),
    Template(1, Regex, "($T.match(/$X/g) || [])"),
    Template(1, Regex, "$T.split(/$X/)"),
];

pub(crate) const RESULTS: &[Template] = &[
    Template(16, Plain, "$r"),
    Template(4, Plain, "P"),
    Template(1, Plain, "P + $V"),
    Template(1, Plain, "$V"),
    Template(1, Plain, "$C ? P : 'DIRECT'"),
    Template(1, Plain, "$C ? $r : $C ? $r : $r"),
    Template(1, Plain, "MAP[$T] || $r"),
    Template(1, Plain, "RULES[0][1]"),
    Template(1, Plain, "'PROXY ' + $T + ':80'"),
    Template(1, Plain, "route($T)"),
    Template(1, Modern, "`PROXY ${$T}:8080`"),
    Template(1, Modern, "arrow($r)"),
    Template(1, Object, "shapes.of($r)"),
    Template(1, Object, "new Rule(host, $r).text"),
    Template(1, Collection, "TABLE.get(host) || $r"),
    Template(1, State, "g"),
    Template(1, Odd, "LIST"),
    Template(1, Number, "'PROXY p' + $N + ':80'"),
    Template(1, Number, "['PROXY a:1', 'PROXY b:1'][hash(host) % 2]"),
    Template(1, Array, "$A.join('; ')"),
];

pub(crate) const STATEMENTS: &[Template] = &[
    Template(20, Plain, "if ($C) return $R;"),
    Template(4, Plain, "if ($C) { return $R; }"),
    Template(3, Plain, "if ($C) {\n$S} else {\n$S}"),
    Template(2, Plain, "if ($C) return $R; else if ($C) return $R;"),
    Template(2, Plain, "if ($C)\n{\n$S}"),
    Template(3, Plain, "v = $V;"),
    Template(2, Plain, "h = $T;"),
    Template(1, Plain, "host = $T;"),
    Template(1, Plain, "var v$n = $V;\nif (v$n) v = v$n;"),
    Template(1, Plain, "var h = $T, u = $V;"),
    Template(1, Plain, "v += $T;"),
    Template(
        3,
        Plain,
        "for (var i = 0; i < LIST.length; i++)\n\
         if (dnsDomainIs(host, LIST[i])) return $R;",
    ),
    Template(
        3,
        Plain,
        "for (var i = 0; i < LIST.length; ++i) {\n\
         if (shExpMatch($H, LIST[i])) return $R;\n}",
    ),
    Template(
        2,
        Plain,
        "for (i in LIST) {\nif (host == LIST[i]) { return $R; }\n}",
    ),
    Template(
        1,
        Plain,
        "for (i = LIST.length - 1; i >= 0; i--)\n\
         if ($T.indexOf(LIST[i]) >= 0) return $R;",
    ),
    Template(
        3,
        Plain,
        "for (var i = 0; i < RULES.length; i++)\n\
         if (shExpMatch(host, RULES[i][0])) return RULES[i][1];",
    ),
    Template(
        1,
        Plain,
        "for (var i in RULES) { var rule$n = RULES[i];\n\
         if (dnsDomainIs(host, rule$n[0])) return rule$n[1];\n}",
    ),
    Template(
        1,
        Plain,
        "for (var i = 0; i < NETS.length; i++)\n\
         if (isInNet(host, NETS[i][0], NETS[i][1])) return $R;",
    ),
    Template(
        2,
        Plain,
        "for (var k in MAP) {\nif (dnsDomainIs(host, k)) return MAP[k];\n}",
    ),
    Template(
        1,
        Plain,
        "for (var k in SET) {\nh = k; if (host == k) break;\n$S}",
    ),
    Template(
        3,
        Plain,
        "var s$n = host;\nwhile (true) {\nif (s$n in SET) return $R;\n\
         var d$n = s$n.indexOf('.');\nif (d$n < 0) break;\n\
         s$n = s$n.substring(d$n + 1);\n}",
    ),
    Template(
        2,
        Plain,
        "var p$n = host.lastIndexOf('.');\n\
         p$n = host.lastIndexOf('.', p$n - 1);\nwhile (1) {\n\
         if (p$n <= 0) {\nif (own.call(SET, host)) return $R;\nbreak;\n}\n\
         var s$n = host.substring(p$n + 1);\n\
         if (own.call(SET, s$n)) return $R;\n\
         p$n = host.lastIndexOf('.', p$n - 1);\n}",
    ),
    Template(
        2,
        Plain,
        "var x$n = host, o$n;\ndo {\n\
         if (SET.hasOwnProperty(x$n)) return $R;\n\
         o$n = x$n.indexOf('.') + 1;\nx$n = x$n.slice(o$n);\n\
         } while (o$n >= 1);",
    ),
    Template(
        2,
        Plain,
        "var l$n = host.split('.');\n\
         for (var i = 0; i < l$n.length; i++) {\n\
         var d$n = l$n.slice(i).join('.');\n\
         if (MAP[d$n]) return MAP[d$n];\n}",
    ),
    Template(
        1,
        Plain,
        "var l$n = host.split('.'), t$n = '';\n\
         for (var i = l$n.length - 1; i >= 0; i--) {\n\
         t$n = t$n ? l$n[i] + '.' + t$n : l$n[i];\n\
         if (SET[t$n] === 1) return $R;\n}",
    ),
    Template(
        1,
        Plain,
        "for (var a$n = host.indexOf('.'); a$n != -1;\n\
         a$n = host.indexOf('.', a$n + 1)) {\n\
         if (typeof MAP[host.substr(a$n + 1)] == 'string') return $R;\n}",
    ),
    Template(
        2,
        Plain,
        "switch ($T) {\ncase $L: return $R;\ncase $L: v = 'w'; break;\n\
         default: h = 'd';\n}",
    ),
    Template(2, Plain, "return $R;\n$S"),
    Template(
        2,
        Plain,
        "var at = $N;\nwhile (at >= 0 && at < 30) {\n\
         at = host.indexOf('.', at + 1);\nif ($C) break;\n\
         if (at < 0) break;\n}",
    ),
    Template(1, Plain, "helper($V);"),
    Template(1, Plain, "if ($C && !($C) && ($C || $C)) return $R;\n"),
    Template(3, Alert, "alert($V);"),
    Template(1, Alert, "if ($C) alert('at ' + $T);"),
    Template(1, Alert, "alert();"),
    Template(
        2,
        Control,
        "switch ($T) {\ncase $L:\ncase $L:\nv = $T;\n\
         case 'b.c': return $R;\ndefault: v = 'd';\ncase $L: h = $T;\n}",
    ),
    Template(
        2,
        Control,
        "switch (true) {\ncase $C: return $R;\n\
         case dnsDomainIs(host, $L): v = 1; break;\n}",
    ),
    Template(
        2,
        Control,
        "outer$n: for (var i = 0; i < 3; i++) {\n\
         for (var j$n = 0; j$n < 3; j$n++) {\n\
         if ($C) continue outer$n;\nif ($C) break outer$n;\n$S}\n}",
    ),
    Template(1, Control, "block$n: {\nif ($C) break block$n;\n$S}"),
    Template(
        2,
        Control,
        "var q$n = 0;\ndo {\n$Sif ($C) continue;\n} while (q$n++ < 3);",
    ),
    Template(1, Control, "for (;;) {\n$Sbreak;\n}"),
    Template(1, Control, ";"),
    Template(
        1,
        Control,
        "for (var i = 0, n$n = LIST.length; i < n$n; i += 2) {\n\
         if (LIST[i] == host) continue;\nv = LIST[i];\n}",
    ),
    Template(3, Dns, "var ip = dnsResolve(host);"),
    Template(
        2,
        Dns,
        "var ip = dnsResolve(host);\n\
         if (isInNet(ip, $W, $W) || isInNet(ip, $W, $W)) return $R;",
    ),
    Template(
        2,
        Dns,
        "for (var i = 0; i < NETS.length; i++)\n\
         if (isInNet(dnsResolve(host), NETS[i][0], NETS[i][1])) return $R;",
    ),
    Template(
        1,
        Dns,
        "if (/^\\d+(\\.\\d+){3}$$/.test(host)) { if (isInNet(host, $W, $W))\n\
         return $R; }",
    ),
    Template(1, Dns, "if (myIpAddress().split('.')[3] % 2) return $R;"),
    Template(2, Throw, "try {\n$S} catch (e) {\nv = 'caught';\n}"),
    Template(1, Throw, "try {\n$S} finally {\nh = $T;\n}"),
    Template(1, Throw, "try {\n$S} catch (e) {\nreturn $R;\n}"),
    Template(1, Throw, "try { throw $V; } catch (e) { v = e; }"),
    Template(1, Throw, "if ($C) throw new Error($T);"),
    Template(1, Throw, "if ($C) throw $T;"),
    Template(1, Throw, "missing($T);"),
    Template(1, Throw, "u.x;"),
    Template(1, Throw, "u[$T] = $T;"),
    Template(
        2,
        Array,
        "LIST.forEach(function (x) { if (x == host) v = x; });",
    ),
    Template(
        2,
        Array,
        "var f$n = $A.filter(function (x) { return x != $T; });\n\
         if (f$n.length > $N) return $R;",
    ),
    Template(
        1,
        Array,
        "var a$n = [];\nfor (var i = 0; i < 3; i++) a$n.push($T);\n\
         if (a$n.join('.') > host) return $R;",
    ),
    Template(
        1,
        Array,
        "var a$n = host.split('.');\na$n.shift();\nv = a$n.join('.');",
    ),
    Template(1, Array, "var a$n = [$T, $T];\na$n[1] = $V;\nv = a$n[$N];"),
    Template(1, Array, "var a$n = $A;\na$n.length = 1;\nv = a$n[0];"),
    Template(1, Array, "var a$n = $A.splice(0, 1);\nif (a$n[0]) v = a$n[0];"),
    Template(
        2,
        Modern,
        "for (const d$n of LIST) {\nif (host.endsWith(d$n)) return $R;\n}",
    ),
    Template(
        2,
        Modern,
        "let b$n = $T;\nif (b$n === host) { let b$n = 1; v = b$n; }",
    ),
    Template(
        1,
        Modern,
        "const [a$n, b$n = 'x'] = host.split('.');\nif (b$n == $L) return $R;",
    ),
    Template(
        1,
        Modern,
        "const { length } = host;\nif (length > $N) v = length;",
    ),
    Template(
        1,
        Modern,
        "for (const [glob, result] of RULES)\n\
         if (shExpMatch(host, glob)) return result;",
    ),
    Template(
        1,
        Modern,
        "for (let [k$n, v$n] of Object.entries(MAP))\n\
         if (host === k$n) return v$n;",
    ),
    Template(1, Modern, "const f$n = (x, y = $T) => x + y;\nv = f$n($T);"),
    Template(
        1,
        Modern,
        "const fs$n = [];\nfor (let i = 0; i < 3; i++) fs$n.push(() => i);\n\
         if (fs$n[1]() == $N) return $R;",
    ),
    Template(
        1,
        Modern,
        "class C$n { m(x) { return x; } }\nv = new C$n().m($T);",
    ),
    Template(
        1,
        Collection,
        "for (const [k, r] of TABLE) if (dnsDomainIs(host, k)) return r;",
    ),
    Template(1, Collection, "TABLE.forEach(function (r, k) { v = k; });"),
    Template(
        1,
        Collection,
        "var s$n = new Set();\ns$n.add($T);\nv = s$n.has(host);",
    ),
    Template(
        2,
        Object,
        "function inner$n(x) { return x == host ? h : $V; }\n\
         if (inner$n($T)) return $R;",
    ),
    Template(
        1,
        Object,
        "var o$n = { a: $T, 'b.c': $T };\nv = o$n[$T] || o$n.a;",
    ),
    Template(
        1,
        Object,
        "var o$n = {};\no$n[host] = $T;\nif (o$n[$T]) return $R;",
    ),
    Template(
        1,
        Object,
        "var f$n = function (x) { return $C; };\nif (f$n($T)) return $R;",
    ),
    Template(1, Object, "(function () { v = $T; })();"),
    Template(1, Object, "counter.next();"),
    Template(
        1,
        Object,
        "for (var i = 0; i < rules.length; i++)\n\
         if (rules[i].matches(host)) return rules[i].text;",
    ),
    Template(2, State, "g = $T;"),
    Template(1, State, "count += 1;"),
    Template(1, State, "w = $T;"),
    Template(1, State, "seen[host] = 1;"),
    Template(1, State, "LIST.push($T);"),
    Template(1, State, "LIST[$N] = $T;"),
    Template(1, State, "SET[$T] = 1;"),
    Template(1, State, "if (count > 2) return $R;\ncount = count + 1;"),
    Template(
        1,
        Regex,
        "var m$n = host.match(/$X/$F);\nif (m$n && m$n[0] != $T) return $R;",
    ),
    Template(
        1,
        Regex,
        "for (var i = 0; i < PATTERNS.length; i++)\n\
         if (PATTERNS[i].test($H)) return $R;",
    ),
    Template(
        1,
        Regex,
        "for (var i = 0; i < LIST.length; i++) {\n\
         if (new RegExp(LIST[i].replace(/\\./g, '\\\\.') + '$$').test(host))\n\
         return $R;\n}",
    ),
    Template(
        1,
        Number,
        "var n$n = 0;\nfor (var i = 0; i < host.length; i++)\n\
         n$n = (n$n * 31 + host.charCodeAt(i)) & 0x7fffffff;\n\
         if (n$n % 3 == 1) return $R;",
    ),
    Template(1, Number, "v = v - 1;\nif (v) return $R;"),
    Template(1, Odd, "with (SET) { v = $T; }"),
    Template(1, Odd, "var host;\nvar url = $T;"),
    Template(1, Odd, "if ($C) function f$n() { return 1; }"),
    Template(1, Odd, "var helper = $V;"),
    Template(1, Odd, "arguments[1] = $T;"),
    Template(1, Odd, "return"),
    Template(1, Odd, "delete h;"),
];

/// What a script begins with: one of each list.
pub(crate) const LISTS: &[Template] = &[
    Template(6, Plain, "var LIST = [$L, $L, $L];"),
    Template(2, Plain, "var LIST = [$G, $L, $G, $L, $G, $L, $L, $G, $L, $L];"),
    Template(1, Plain, "var LIST = new Array($L, $L);"),
    Template(1, Plain, "var LIST = [];\nLIST[0] = $L;\nLIST[1] = $L;"),
    Template(1, Plain, "var LIST = 'a.example|b.c|.example'.split('|');"),
    Template(1, Plain, "var LIST = [$L].concat([$L, $L]);"),
    Template(1, Plain, "var LIST = [];\nLIST.push($L);\nLIST.push($L, $L);"),
    Template(1, Modern, "const LIST = [$L, $L];"),
    Template(
        1,
        Modern,
        "let LIST = Object.keys({ 'a.example': 1, 'b.c': 2 });",
    ),
    Template(
        1,
        Object,
        "var LIST = (function () {\nvar a = [];\n\
         for (var i = 0; i < 4; i++) a.push('x' + i + '.example');\n\
         return a;\n})();",
    ),
    Template(1, Odd, "var LIST = [$L, , $L];"),
    Template(1, Odd, "var LIST = [$L, $N, null, $L];"),
    Template(
        1,
        Array,
        "var LIST = [$L, $L, $L].map(function (x) { return x + ''; });",
    ),
];

pub(crate) const SETS: &[Template] = &[
    Template(6, Plain, "var SET = { 'a.example': 1, 'b.c': 0, 10: 2 };"),
    Template(3, Plain, "var SET = { $L: 1, $L: 1, $L: 1 };"),
    Template(1, Plain, "var SET = {};\nSET[$L] = 1;\nSET['b.c'] = 1;"),
    Template(
        2,
        Plain,
        "var SET = {};\nfor (var i = 0; i < LIST.length; i++) SET[LIST[i]] = 1;",
    ),
    Template(1, Plain, "var SET = { com: 1, example: 1, 'x': null };"),
    Template(
        1,
        Object,
        "var SET = Object.create(null);\nSET['a.example'] = 1;",
    ),
    Template(
        1,
        Object,
        "var SET = (function () {\nvar o = {};\n\
         'a.example,b.c,com'.split(',').forEach(function (x) { o[x] = 1; });\n\
         return o;\n})();",
    ),
    Template(1, Odd, "var SET = { '__proto__': 1, toString: 1, 'a': 1 };"),
    Template(1, Odd, "var SET = { get x() { return 1; }, 'b.c': 1 };"),
    Template(1, Modern, "const SET = { 'a.example': 1, ['b' + '.c']: 1 };"),
];

pub(crate) const MAPS: &[Template] = &[
    Template(4, Plain, "var MAP = { $L: $r, $L: $r, 'b.c': P };"),
    Template(3, Plain, "var MAP = {};\nfor (var i in LIST) MAP[LIST[i]] = i;"),
    Template(1, Plain, "var MAP = {};\nMAP[$L] = $r;\nMAP.example = $r;"),
    Template(1, Plain, "var MAP = { 'example': { 'a': $r }, 'com': 1 };"),
    Template(1, Plain, "var MAP = { 'a.example': [$r, $r], 'b.c': $r };"),
    Template(1, Modern, "const MAP = { ...{ $L: $r }, 'b.c': $r };"),
];

pub(crate) const HELPERS: &[Template] = &[
    Template(
        2,
        Plain,
        "function helper(x) { var y; if (x == $L) return true;\n\
         return y && $L; }",
    ),
    Template(
        2,
        Plain,
        "function helper(x) {\nvar host = x, url = x, h = x, v;\nreturn $C;\n}",
    ),
    Template(
        1,
        Plain,
        "function helper(x) { if (x) { return x.length > 3; } }",
    ),
    Template(
        1,
        Plain,
        "function helper(x) {\nfor (var i = 0; i < LIST.length; i++) {\n\
         if (x === LIST[i]) return true;\n}\nreturn false;\n}",
    ),
    Template(1, Plain, "var helper = function (x) { return $L == x; };"),
    Template(1, Modern, "const helper = (x) => x === $L;"),
    Template(1, Array, "function helper(x) { return LIST.indexOf(x) > -1; }"),
];

pub(crate) const IN_LISTS: &[Template] = &[
    Template(
        2,
        Plain,
        "function inList(h) {\nfor (var i = 0; i < LIST.length; i++)\n\
         if (dnsDomainIs(h, LIST[i])) return true;\nreturn false;\n}",
    ),
    Template(
        2,
        Plain,
        "function inList(h) {\nfor (var i in LIST) {\n\
         if (shExpMatch(h, LIST[i])) { return 1; }\n}\nreturn 0;\n}",
    ),
    Template(
        1,
        Plain,
        "function inList(h) {\nvar i = LIST.length;\n\
         while (i--) if (h.indexOf(LIST[i]) >= 0) return true;\n}",
    ),
    Template(
        1,
        Plain,
        "function inList(h) {\nreturn dnsDomainIs(h, $L) || shExpMatch(h, $G) ||\n\
         h == $L || dnsDomainIs(h, $L) || shExpMatch(h, $G) || h == $L ||\n\
         dnsDomainIs(h, $L) || shExpMatch(h, $G) || h == $L;\n}",
    ),
];

pub(crate) const IN_SETS: &[Template] = &[
    Template(
        2,
        Plain,
        "function inSet(h) {\nwhile (h) {\nif (h in SET) return true;\n\
         var i = h.indexOf('.');\nif (i < 0) return false;\n\
         h = h.substr(i + 1);\n}\nreturn false;\n}",
    ),
    Template(
        1,
        Plain,
        "function inSet(h) {\nif (SET[h]) return true;\n\
         var at = h.indexOf('.');\n\
         return at >= 0 && inSet(h.substring(at + 1));\n}",
    ),
    Template(
        1,
        Plain,
        "function inSet(h) {\nvar p = h.split('.');\nwhile (p.length > 1) {\n\
         if (SET.hasOwnProperty(p.join('.'))) return true;\np.shift();\n}\n\
         return false;\n}",
    ),
    Template(1, Plain, "function inSet(h) { return own.call(SET, h); }"),
];

/// What a script begins with, if it has constructs of the kind.
pub(crate) const TOPS: &[Template] = &[
    Template(1, Array, "LIST.sort();"),
    Template(1, Collection, "var NAMES = new Set([$L, $L, 'a.example']);"),
    Template(
        1,
        Collection,
        "var TABLE = new Map([[$L, $r], ['b.c', $r]]);\nTABLE.set($L, $r);",
    ),
    Template(
        1,
        Dns,
        "function inNets(ip) {\nfor (var i in NETS)\n\
         if (isInNet(ip, NETS[i][0], NETS[i][1])) return true;\n\
         return false;\n}",
    ),
    Template(
        1,
        Modern,
        "const arrow = (x, y = 'DIRECT') => (x ? x : y);\n\
         const named = ({ a, b = 'x' }) => `${a}${b}`;",
    ),
    Template(
        1,
        Number,
        "function hash(s) {\nvar n = 0;\nfor (var i = 0; i < s.length; i++)\n\
         n = ((n << 5) - n + s.charCodeAt(i)) | 0;\nreturn n;\n}",
    ),
    Template(
        1,
        Object,
        "function Rule(name, text) { this.name = name; this.text = text; }\n\
         Rule.prototype.matches = function (h) { return h == this.name; };\n\
         var rule = new Rule($L, $r);\nvar rules = [rule, new Rule('b.c', $r)];",
    ),
    Template(
        1,
        Object,
        "function make(x) { var n = 0; return function () { n++; return x; }; }\n\
         var counter = { name: 'c', n: 0, next: function () { return this.n; } };\n\
         var shapes = { of: function (x) { return x; },\n\
         any: function (x) { return this.of(x); } };",
    ),
    Template(
        1,
        Object,
        "String.prototype.isOurs = function () { return this == $L; };",
    ),
    Template(
        1,
        Regex,
        "var PATTERN = /$X/$F;\nvar PATTERNS = [/$X/, new RegExp($L), /$X/i];",
    ),
    Template(
        1,
        State,
        "var g = $L, count = 0, seen = {};\n\
         function remember(x) { g = x; return g; }",
    ),
];
