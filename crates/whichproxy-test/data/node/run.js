// Reads one question a line (JSON), runs its script in V8, and writes one
// answer a line.
'use strict';

const path = require('path');
const readline = require('readline');
const vm = require('vm');

const builtins = require(path.join(__dirname, 'builtins.js'));

function machine(question) {
  const asked = [];
  const alerts = [];
  const note = (what) => { if (!asked.includes(what)) asked.push(what); };
  const of = (family, list) => list.filter(
    (ip) => family === 'any' || ip.includes(':') === (family === 'v6'));
  return {
    asked,
    alerts,
    now() { note('time'); return question.now; },
    alert(message) { alerts.push(message); },
    own(family) { note(`my-ip ${family}`); return of(family, question.own); },
    resolve(name, family) {
      note(`dns ${name} ${family}`);
      const key = name.replace(/\.$/, '').toLowerCase();
      // Not what every object has.
      const known = Object.hasOwn(question.dns, key) ? question.dns[key] : [];
      return of(family, known);
    },
  };
}

function answer(question) {
  process.env.TZ = question.zone;
  const own = machine(question);
  const context = vm.createContext({});
  const RealDate = vm.runInContext('Date', context);
  Object.assign(context, builtins(own, RealDate));
  context.Date = new Proxy(RealDate, {
    construct: (target, values, made) => Reflect.construct(
      target, values.length === 0 ? [own.now()] : values, made),
    apply: () => new RealDate(own.now()).toString(),
    get: (target, name) => (name === 'now' ? () => own.now() : target[name]),
  });
  const tell = (more) => ({ asked: own.asked, alerts: own.alerts, ...more });
  try {
    new vm.Script(question.script);
  } catch (error) {
    return tell({ error: 'syntax', message: String(error) });
  }
  try {
    vm.runInContext(question.script, context, { timeout: 5000 });
    const entry = ['FindProxyForURLEx', 'FindProxyForURL']
      .map((name) => vm.runInContext(`typeof ${name} == 'function'
        ? ${name} : undefined`, context)).find((found) => found);
    if (!entry) return tell({ error: 'missing-function', message: '' });
    context.__entry = entry;
    context.__url = question.url;
    context.__host = question.host;
    const result = vm.runInContext('__entry(__url, __host)', context,
      { timeout: 5000 });
    if (typeof result !== 'string') {
      return tell({ error: 'result', message: typeof result });
    }
    return tell({ result });
  } catch (error) {
    return tell({ error: 'exception', message: String(error) });
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  console.log(JSON.stringify(answer(JSON.parse(line))));
});
