//! Statements.

use super::Kind::{
    Alert, Array, Collection, Control, Dns, Modern, Number, Object, Odd,
    Plain, Regex, State, Throw,
};
use super::Template;

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
