/** Reads a V8 CPU profile: the time by function and by module, or the callers of a given function. */
import { readFileSync } from 'node:fs';

const [path, limit = '40', callee] = process.argv.slice(2);
if (path === undefined) {
  console.error('node bench/read-profile.mjs <file.cpuprofile> [lines [function]]');
  process.exit(1);
}
const profile = JSON.parse(readFileSync(path, 'utf8'));

/** @type {Map<number, any>} */
const nodes = new Map(profile.nodes.map((/** @type {any} */ node) => [node.id, node]));
/** @type {Map<number, number>} */
const selfMicros = new Map();
for (const [index, id] of profile.samples.entries()) {
  selfMicros.set(id, (selfMicros.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
}

/** @type {Map<number, number>} */
const parents = new Map();
for (const { id, children = [] } of profile.nodes) for (const child of children) parents.set(child, id);

/** @type {Map<string, number>} */
const byFunction = new Map();
/** @type {Map<string, number>} */
const byModule = new Map();
let busy = 0;
let idle = 0;
for (const [id, micros] of selfMicros) {
  const { functionName, url, lineNumber } = nodes.get(id).callFrame;
  if (functionName === '(idle)') {
    idle += micros;
    continue;
  }
  busy += micros;
  const module = shorten(url);
  const name = `${functionName || '(anonymous)'}  ${module === '' ? '' : `${module}:${lineNumber + 1}`}`;
  byFunction.set(name, (byFunction.get(name) ?? 0) + micros);
  byModule.set(module || functionName, (byModule.get(module || functionName) ?? 0) + micros);
}

if (callee !== undefined) {
  printStacks(callee);
  process.exit(0);
}
console.log(`busy ${(busy / 1e6).toFixed(2)} s, idle ${(idle / 1e6).toFixed(2)} s\n`);
print('function (self time)', byFunction);
print('function (total time)', totals());
print('module (self time)', byModule);

/** Own time of a function and of everything that it calls, counted once per stack. */
function totals() {
  /** @type {Map<string, number>} */
  const byTotal = new Map();
  for (const [id, micros] of selfMicros) {
    const seen = new Set();
    for (let at = /** @type {number | undefined} */ (id); at !== undefined; at = parents.get(at)) {
      const { functionName, url, lineNumber } = nodes.get(at).callFrame;
      if (url === '') continue;
      seen.add(`${functionName || '(anonymous)'}  ${shorten(url)}:${lineNumber + 1}`);
    }
    for (const name of seen) byTotal.set(name, (byTotal.get(name) ?? 0) + micros);
  }
  return byTotal;
}

/** Prints the stacks under which a function used its own time, deepest first. @param {string} name */
function printStacks(name) {
  /** @type {Map<string, number>} */
  const stacks = new Map();
  for (const [id, micros] of selfMicros) {
    if (nodes.get(id).callFrame.functionName !== name) continue;
    const stack = [];
    for (let at = parents.get(id); at !== undefined && stack.length < 12; at = parents.get(at)) {
      const { functionName, url } = nodes.get(at).callFrame;
      stack.push(`${functionName || '(anonymous)'} ${shorten(url)}`.trim());
    }
    const text = stack.join('\n               < ');
    stacks.set(text, (stacks.get(text) ?? 0) + micros);
  }
  print(`stacks of ${name}`, stacks);
}

/** @param {string} title @param {Map<string, number>} times */
function print(title, times) {
  console.log(title);
  const sorted = [...times].sort((a, b) => b[1] - a[1]).slice(0, Number(limit));
  for (const [name, micros] of sorted) {
    console.log(
      `${((micros / busy) * 100).toFixed(1).padStart(6)} %  ${(micros / 1000).toFixed(0).padStart(7)} ms  ${name}`,
    );
  }
  console.log();
}

/** @param {string} url */
function shorten(url) {
  if (url.startsWith('node:')) return url;
  const index = Math.max(url.lastIndexOf('/node_modules/'), url.lastIndexOf('/dist/'), url.lastIndexOf('/bench/'));
  return index === -1 ? url : url.slice(index + 1);
}
