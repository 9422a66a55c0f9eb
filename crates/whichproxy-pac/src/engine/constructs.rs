//! What scripts can nest, for tests of how deeply they may.

/// A script with a construct nested `n` deep.
pub(crate) type Make = fn(usize) -> String;

/// Something within what opens and closes so many times.
pub(crate) fn around(
    n: usize,
    open: &str,
    inner: &str,
    close: &str,
) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

/// Everything that nests, by name.
pub(crate) const CONSTRUCTS: &[(&str, Make)] = &[
    ("parentheses", |n| around(n, "(", "1", ")")),
    ("array", |n| around(n, "[", "1", "]")),
    ("object", |n| format!("x={}", around(n, "{a:", "1", "}"))),
    ("block", |n| around(n, "{", "", "}")),
    ("if block", |n| around(n, "if(1){", "", "}")),
    ("if", |n| around(n, "if(1)", ";", "")),
    ("else", |n| around(n, "if(0);else ", ";", "")),
    ("else if block", |n| {
        format!("var x=3;{}", around(n, "if(x==1){y=1}else ", ";", ""))
    }),
    ("else if return", |n| {
        let chain = around(n, "if(x==1)return 'a';else ", ";", "");
        format!("function f(x){{{chain}}}f(2)")
    }),
    ("conditional", |n| format!("x=0{}", "?1:0".repeat(n))),
    ("conditional inside", |n| around(n, "1?", "1", ":0")),
    ("or", |n| format!("x=0{}", "||0".repeat(n))),
    ("or, calls", |n| {
        format!("function f(){{}}x=0{}", "||f('abc')".repeat(n))
    }),
    ("or, lines", |n| format!("x=0{}", "\n||\n0".repeat(n))),
    ("or, objects", |n| format!("x=0{}", "||{}".repeat(n))),
    ("or, functions", |n| format!("x=0{}", "||function(){}".repeat(n))),
    ("plus", |n| format!("var v='';x='a'{}", "+v".repeat(n))),
    ("comma", |n| format!("0{}", ",0".repeat(n))),
    ("comma inside", |n| format!("x=(0{})", ",0".repeat(n))),
    ("comma, label", |n| format!("a:{{0{}}}", ",0".repeat(n))),
    ("comma, yield", |n| {
        format!("yield={};yield\n{{0{}}}", 1, ",0".repeat(n))
    }),
    ("comma, let", |n| format!("var let=1;let{}", ",0".repeat(n))),
    ("comma, index", |n| format!("a=[];a[0{}]", ",0".repeat(n))),
    ("comma, in", |n| format!("for(var a in 0{});", ",0".repeat(n))),
    ("not", |n| around(n, "!", "1", "")),
    ("minus", |n| around(n, "- ", "1", "")),
    ("typeof", |n| around(n, "typeof ", "1", "")),
    ("new", |n| format!("1||{}", around(n, "new ", "Object", ""))),
    ("power", |n| format!("1{}", "**1".repeat(n))),
    ("assignment", |n| format!("var a;{}", around(n, "a=", "1", ""))),
    ("arrow", |n| around(n, "a=>", "1", "")),
    ("async arrow", |n| around(n, "async a=>", "1", "")),
    ("arrow block", |n| format!("x={}", around(n, "a=>{", "", "}"))),
    ("function", |n| around(n, "function f(){", "", "}")),
    ("function expression", |n| {
        format!("x={}", around(n, "function(){return ", "1", "}"))
    }),
    ("class", |n| format!("x={}", around(n, "class{static x=", "1", "}"))),
    ("class extends", |n| {
        format!("0||{}", around(n, "class a extends ", "Object{}", "{}"))
    }),
    ("call", |n| {
        format!("f=function(x){{return x}};{}", around(n, "f(", "1", ")"))
    }),
    ("calls", |n| format!("f=function(){{return f}};f{}", "()".repeat(n))),
    ("member", |n| format!("a={{}};a.b=a;a{}", ".b".repeat(n))),
    ("member, lines", |n| format!("a={{}};a.b=a;a{}", "\n.b".repeat(n))),
    ("index", |n| format!("a=[0];{}", around(n, "a[", "0", "]"))),
    ("indices", |n| format!("a=[0];a[0]=a;a{}", "[0]".repeat(n))),
    ("template", |n| format!("x={}", around(n, "`${", "1", "}`"))),
    ("templates", |n| format!("f=function(){{return f}};f{}", "``".repeat(n))),
    ("while", |n| around(n, "while(0)", ";", "")),
    ("do", |n| around(n, "do ", ";", " while(0);")),
    ("for", |n| around(n, "for(;0;)", ";", "")),
    ("for in", |n| around(n, "for(x in{})", ";", "")),
    ("for await", |n| {
        let loops = around(n, "for await(x of y)", ";", "");
        format!("async function f(){{{loops}}}")
    }),
    ("label", |n| {
        let labels = (0..n).map(|i| format!("l{i}:"));
        format!("{};", labels.collect::<String>())
    }),
    ("with", |n| around(n, "with({})", ";", "")),
    ("switch", |n| around(n, "switch(1){case 1:", "", "}")),
    ("try", |n| around(n, "try{", "", "}finally{}")),
    ("spread", |n| around(n, "[...", "[]", "]")),
    ("default", |n| format!("x={}", around(n, "(a=", "1", ")=>1"))),
    ("yield", |n| {
        format!("function*g(){{x={}}}", around(n, "yield ", "1", ""))
    }),
    ("await", |n| {
        format!("async function g(){{x={}}}", around(n, "await ", "1", ""))
    }),
    ("alternatives", |n| format!("/a{}/.test('b')", "|a".repeat(n))),
];

/// The deepest nesting that fits, where less does too: up to 2^21.
pub(crate) fn deepest(fits: impl Fn(usize) -> bool) -> usize {
    let mut n = 1;
    while fits(n * 2) && n < 1 << 20 {
        n *= 2;
    }
    let mut step = n / 2;
    while step > 0 {
        if fits(n + step) {
            n += step;
        }
        step /= 2;
    }
    n
}
