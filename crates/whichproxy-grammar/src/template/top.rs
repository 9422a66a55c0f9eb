//! What stands outside of functions.

use super::Kind::{
    Array, Collection, Dns, Modern, Number, Object, Odd, Plain, Regex, State,
};
use super::Template;

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
