// Runs the suite in node: `node suite.mjs SUITE MODULE DATA`.
//
// Prints each failure, and at last `N passed, M failed`.

import fs from "node:fs";
import path from "node:path";
import { Failure, Instance } from "../whichproxy.mjs";

const [suite, alone, data] = process.argv.slice(2);
const compiled = (file) => new WebAssembly.Module(fs.readFileSync(file));
const module = compiled(suite);
const counts = { passed: 0, failed: 0, known: 0, skipped: 0, instances: 0 };

function passes() {
  counts.passed += 1;
}

function fails(text) {
  counts.failed += 1;
  console.log(`FAILED ${text}\n`);
}

/** A test of its own: what it returns is what is wrong. */
async function test(name, work) {
  try {
    const fault = await work();
    fault ? fails(`${name}: ${fault}`) : passes();
  } catch (error) {
    fails(`${name}: ${error.message}`);
  }
}

/** An instance that failed is replaced. */
let instance = null;
let questions = [];

function started() {
  if (instance === null) {
    counts.instances += 1;
    instance = new Instance(module);
    const files = fs.readdirSync(data, { recursive: true });
    for (const name of files) {
      const full = path.join(data, name);
      if (fs.statSync(full).isFile()) {
        const bytes = fs.readFileSync(full);
        const head = Buffer.from(`${name.replaceAll("\\", "/")}\0`);
        instance.call("suite_give", Buffer.concat([head, bytes]));
      }
    }
    questions = JSON.parse(instance.call("suite_load"));
  }
  return instance;
}

function call(name, input) {
  try {
    return JSON.parse(started().call(name, JSON.stringify(input)));
  } catch (error) {
    if (error instanceof Failure) {
      instance = null;
    }
    throw error;
  }
}

async function cases() {
  started();
  const ran = {};
  for (const [index, name, engine] of questions) {
    try {
      const report = call("suite_run", [index, engine]);
      ran[engine] = (ran[engine] ?? 0) + report.passed;
      counts.passed += report.passed;
      counts.known += report.known;
      counts.skipped += report.skipped;
      report.failures.forEach((text) => fails(`${engine}: ${text}`));
    } catch (error) {
      fails(`${engine}: ${name}: ${error.message}`);
    }
  }
  console.log("cases:", JSON.stringify(ran));
  await test("every engine ran", () => {
    const least = { rust: 700, js: 250, compiled: 200, no_table: 250 };
    const few = Object.entries(least).filter(([e, n]) => !(ran[e] >= n));
    return few.length > 0 && JSON.stringify(few);
  });
}

/** What an engine makes of a script: `[true, text]` or `[false, kind]`. */
function ask(engine, script, host = "www.example.com") {
  return call("suite_ask", [engine, script, host]);
}

/** What can be nested, so many times. */
const around = (open, inner, close) => (n) =>
  open.repeat(n) + inner + close.repeat(n);
const CONSTRUCTS = {
  alternatives: (n) => `/a${"|a".repeat(n)}/.test('b')`,
  array: around("[", "1", "]"),
  arrow: around("a=>", "1", ""),
  "arrow block": (n) => `x=${around("a=>{", "", "}")(n)}`,
  assignment: (n) => `var a;${around("a=", "1", "")(n)}`,
  block: around("{", "", "}"),
  call: (n) => `f=function(x){return x};${around("f(", "1", ")")(n)}`,
  calls: (n) => `f=function(){return f};f${"()".repeat(n)}`,
  class: (n) => `x=${around("class{static x=", "1", "}")(n)}`,
  comma: (n) => `0${",0".repeat(n)}`,
  conditional: (n) => `x=0${"?1:0".repeat(n)}`,
  default: (n) => `x=${around("(a=", "1", ")=>1")(n)}`,
  do: around("do ", ";", " while(0);"),
  else: around("if(0);else ", ";", ""),
  for: around("for(;0;)", ";", ""),
  "for in": around("for(x in{})", ";", ""),
  function: around("function f(){", "", "}"),
  "function expression": (n) =>
    `x=${around("function(){return ", "1", "}")(n)}`,
  if: around("if(1)", ";", ""),
  "if block": around("if(1){", "", "}"),
  index: (n) => `a=[0];${around("a[", "0", "]")(n)}`,
  indices: (n) => `a=[0];a[0]=a;a${"[0]".repeat(n)}`,
  member: (n) => `a={};a.b=a;a${".b".repeat(n)}`,
  new: (n) => `1||${around("new ", "Object", "")(n)}`,
  not: around("!", "1", ""),
  object: (n) => `x=${around("{a:", "1", "}")(n)}`,
  or: (n) => `x=0${"||0".repeat(n)}`,
  parentheses: around("(", "1", ")"),
  plus: (n) => `var v='';x='a'${"+v".repeat(n)}`,
  power: (n) => `1${"**1".repeat(n)}`,
  switch: around("switch(1){case 1:", "", "}"),
  template: (n) => `x=${around("`${", "1", "}`")(n)}`,
  try: around("try{", "", "}finally{}"),
  with: around("with({})", ";", ""),
};

/** Calls that functions can make of each other, so many deep. */
const CALLS = {
  apply: "function f(){return n++<N?Reflect.apply(f,null,[]):''}",
  call: "function f(){return n++<N?f.call(null):''}",
  eval: "function f(){return n++<N?eval('f()'):''}",
  from: "function f(){return n++<N?Array.from([1],f)[0]:''}",
  getter: "var o={get x(){return n++<N?this.x:''}};function f(){return o.x}",
  join: "function f(){var o=[];o.join=n++<N?f:o.concat;return o.toString()}",
  replace: "function f(){return n++<N?'x'.replace(/x/,f):''}",
  reviver: "function f(){return n++<N?JSON.parse('1',f):''}",
  sort: "function f(){return n++<N?[2,1].sort(f).length:1}",
  map: "function f(){return n++<N?[1].map(f)[0]:''}",
};
const DIRECT = "function FindProxyForURL(url, host) { return 'DIRECT'; }\n";

/**
 * Nests as deeply as is let through, and more: there is an answer or an
 * error, and the instance lives on.
 */
async function nesting() {
  const wrap = {
    top: (text) => DIRECT + text,
    inside: (text) => `function g() {${text}}\n${DIRECT}`,
  };
  for (const engine of ["compiled", "js", "auto"]) {
    for (const [place, put] of Object.entries(wrap)) {
      for (const [name, make] of Object.entries(CONSTRUCTS)) {
        await test(`${engine}: ${name} ${place}`, () => {
          const refused = (n) => {
            const [ok, , text] = ask(engine, put(make(n)));
            return !ok && text.includes("nested too deeply");
          };
          let [least, most] = [1, 1 << 14];
          if (refused(least) || !refused(most)) {
            return "there is no limit, or no room";
          }
          while (most - least > 1) {
            const middle = (least + most) >> 1;
            refused(middle) ? (most = middle) : (least = middle);
          }
          // Whatever makes of it what is left on a stack that is not empty.
          return least < 20 && `only ${least} deep`;
        });
      }
    }
  }
  for (const [name, text] of Object.entries(CALLS)) {
    for (const most of [50, 150, 1_000, 100_000]) {
      await test(`calls: ${name}, ${most}`, () => {
        const script = `var n=0;${text.replace(/\bN\b/g, most)}
          function FindProxyForURL(url, host) { return 'x' + f(); }`;
        const [ok, kind, message] = ask("js", script);
        const deep = most > 200 && name !== "eval";
        return (ok ? deep : kind !== "limit") && `${ok} ${kind} ${message}`;
      });
    }
  }
}

/** Of the scripts that want to hurt, those that nest and recurse. */
async function hostile() {
  const chosen =
    /^(recursion|parentheses|brackets|operators|templates|blocks|else-if)/;
  const scripts = JSON.parse(started().call("suite_hostile"));
  // Some end whatever process runs them itself.
  const tried = scripts.filter((one) => one.thread && chosen.test(one.name));
  await test("hostile scripts", () => tried.length < 18 && tried.length);
  for (const { name, script, host, outcomes } of tried) {
    await test(`hostile: ${name}`, () => {
      // What a program of ours takes elsewhere, may be too deep here.
      const [ok, kind] = ask("auto", script, host);
      const fits = outcomes.includes(ok ? "answer" : kind);
      return !fits && kind !== "source" && `${ok} ${kind}`;
    });
  }
}

/** Many questions, where there is one thread to ask them. */
async function many() {
  await test("many at once", () => {
    const found = started().call("suite_many");
    return found !== "PROXY a:1; PROXY b:1; PROXY c:1" && found;
  });
}

/** What takes the instance with it: the host hears of it, and goes on. */
async function ends() {
  const ended = (script) => {
    const before = instance;
    try {
      return JSON.stringify(ask("js", script));
    } catch (error) {
      return before.size > 512 << 20
        ? `has ${before.size} bytes`
        : !(error instanceof Failure) && error.message;
    }
  };
  const doubled = "var s = 'x'; for (;;) s += s;";
  await test("memory is bounded", () =>
    ended(`function FindProxyForURL() { ${doubled} }`),
  );
  await test("a new instance answers", () => {
    const [ok, text] = ask("auto", DIRECT);
    return !(ok && text === "DIRECT") && text;
  });
}

/** The module alone, as a page has it. */
async function base() {
  const module = compiled(alone);
  await test("it imports nothing", () => {
    const imports = WebAssembly.Module.imports(module);
    return imports.length > 0 && JSON.stringify(imports);
  });
  await test("proxies are found", async () => {
    const pac = `function FindProxyForURL(url, host) {
      if (isInNet(dnsResolve(host), "10.0.0.0", "255.0.0.0")) return "DIRECT";
      return weekdayRange("SUN") ? "PROXY idle:1" : "PROXY busy:1";
    }`;
    const page = new Instance(module);
    const asked = [];
    const found = await page.findProxy(pac, "http://a.example/", (what) => {
      asked.push(what);
      return what === "time" ? "2026-11-22T09:30:00+01:00" : ["192.0.2.1"];
    });
    const got = JSON.stringify([found.routes, found.strategy, asked]);
    const expected = '["PROXY idle:1","compiled",["dns a.example v4","time"]]';
    return got !== expected && got;
  });
  await test("an endless loop is an error", async () => {
    const page = new Instance(module);
    const pac = "function FindProxyForURL() { for (;;) {} }";
    const found = page.findProxy(pac, "http://a.example/", () => []);
    const kind = await found.catch((error) => error.kind);
    return kind !== "limit" && JSON.stringify(kind);
  });
}

await cases();
await nesting();
await hostile();
await many();
await ends();
await base();
console.log(
  `wasm: ${counts.known} known failures, ${counts.skipped} left to boa, ` +
    `${counts.instances} instances, ${(started().size / 2 ** 20).toFixed(0)} MiB`,
);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
