// Makes dist/cjs from dist/esm: one CommonJS module for each ES module, and declarations beside them.
//
// Two entries are callable, because existing CommonJS code calls them: `require('naru')(httpServer, options)` and
// `require('naru/client')(url, options)`. For these, `x.exports.js` is the converted module and `x.js` the function.
import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { exportedNames, listEntries } from './entries.mjs';

const events = "import type { DefaultEventsMap, EventsMap, Untyped } from '../base/event-map.js';";
const clientTypes = '<Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen>';
const serverTypes = clientTypes.replace('>', ', Side extends EventsMap = DefaultEventsMap, Data = Untyped>');

const clientEntry = {
  name: 'io',
  also: ['io', 'connect', 'default'],
  value: 'const io = named.io;',
  type: [
    `declare function io${clientTypes}(options?: Parameters<typeof named.io>[1]): named.Socket<Listen, Emit>;`,
    `declare function io${clientTypes}(...args: Parameters<typeof named.io>): named.Socket<Listen, Emit>;`,
  ].join('\n'),
};

/**
 * How each callable entry creates its function from `named`, all of its exports. `also` are names for the function
 * itself.
 */
const callables = {
  'index.js': {
    name: 'naru',
    also: [],
    value: 'function naru(...args) {\n  return new named.Server(...args);\n}',
    type: [
      `declare function naru${serverTypes}(`,
      '  ...args: ConstructorParameters<typeof named.Server>',
      '): named.Server<Listen, Emit, Side, Data>;',
    ].join('\n'),
  },
  'client.js': clientEntry,
  'client.browser.js': clientEntry,
};

/** The module whose `module.exports` is the function, with every export of the entry as a property. */
function callableModule(entry, names) {
  const { name, also, value } = callables[entry];
  const define = (property, of) =>
    `Object.defineProperty(${name}, '${property}', { configurable: true, enumerable: true, value: ${of} });`;
  return [
    "'use strict';",
    `const named = require('./${entry.replace(/\.js$/, '.exports.js')}');`,
    value,
    ...names.filter((each) => !also.includes(each)).map((each) => define(each, `named.${each}`)),
    ...also.map((each) => define(each, name)),
    `module.exports = ${name};`,
    '',
  ].join('\n');
}

/** Returns its declaration: a function merged with a namespace that has every exported value and type. */
function callableDeclaration(entry, names) {
  const { name, also, type } = callables[entry];
  const path = `./${entry.replace(/\.js$/, '.exports.js')}`;
  const own = names.filter((each) => !also.includes(each));
  return [
    events,
    `import * as named from '${path}';`,
    `import { ${own.map((each) => `${each} as $${each}`).join(', ')} } from '${path}';`,
    type,
    `declare namespace ${name} {`,
    `  export { ${[...own.map((each) => `$${each} as ${each}`), ...also.map((each) => `${name} as ${each}`)].join(', ')} };`,
    '}',
    `export = ${name};`,
    '',
  ].join('\n');
}

async function convert(esm, cjs, entries) {
  await bundle({
    input: Object.fromEntries(entries.map((name) => [`entry/${name.replace(/\.js$/, '')}`, join(esm, 'entry', name)])),
    output: {
      dir: cjs,
      format: 'cjs',
      exports: 'named',
      preserveModules: true,
      preserveModulesRoot: esm,
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
    },
  });
}

function copyDeclarations(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== 'cli') copyDeclarations(join(from, entry.name), join(to, entry.name));
    else if (entry.name.endsWith('.d.ts')) copyFileSync(join(from, entry.name), join(to, entry.name));
  }
}

/** Writes `out`/cjs from `out`/esm. */
export async function buildCommonJs({ out, say }) {
  const [esm, cjs] = [join(out, 'esm'), join(out, 'cjs')];
  const entries = listEntries(join(esm, 'entry'), say);
  copyDeclarations(esm, cjs);
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  if (entries.length === 0) return;
  await convert(esm, cjs, entries);
  for (const entry of entries.filter((name) => name in callables)) {
    const types = entry.replace(/\.js$/, '.d.ts');
    const values = [...exportedNames(join(esm, 'entry', entry))];
    const all = [...exportedNames(join(esm, 'entry', types), '.d.ts')];
    renameSync(join(cjs, 'entry', entry), join(cjs, 'entry', entry.replace(/\.js$/, '.exports.js')));
    renameSync(join(cjs, 'entry', types), join(cjs, 'entry', types.replace(/\.d\.ts$/, '.exports.d.ts')));
    writeFileSync(join(cjs, 'entry', entry), callableModule(entry, values));
    writeFileSync(join(cjs, 'entry', types), callableDeclaration(entry, all));
  }
}
