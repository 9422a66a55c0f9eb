// Runs the suite in node: `node suite.mjs MODULE DATA`.
//
// Prints each failure, and at last `N passed, M failed`.

import fs from "node:fs";
import path from "node:path";
import { Failure, Instance } from "../whichproxy.mjs";

const [file, data] = process.argv.slice(2);
const module = new WebAssembly.Module(fs.readFileSync(file));
const counts = { passed: 0, failed: 0, known: 0, skipped: 0, instances: 0 };

function passes() {
  counts.passed += 1;
}

function fails(text) {
  counts.failed += 1;
  console.log(`FAILED ${text}\n`);
}

/** A test of its own. */
function test(name, work) {
  try {
    const fault = work();
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

function cases() {
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
  test("every engine ran", () => {
    const least = { rust: 700, js: 250, compiled: 200, no_table: 250 };
    const few = Object.entries(least).filter(([e, n]) => !(ran[e] >= n));
    return few.length > 0 && JSON.stringify(few);
  });
}

/** What an engine makes of a script: `[true, text]` or `[false, kind]`. */
function ask(engine, script, host = "www.example.com") {
  return call("suite_ask", [engine, script, host]);
}

cases();
console.log(
  `wasm: ${counts.known} known failures, ${counts.skipped} left to boa, ` +
    `${counts.instances} instances, ${(started().size / 2 ** 20).toFixed(0)} MiB`,
);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
