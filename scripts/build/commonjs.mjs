// Finishes dist/cjs, whose modules are joined as those of dist/esm are.
//
// Two entries are callable, because existing CommonJS code calls them: `require('naru')(httpServer, options)` and
// `require('naru/client')(url, options)`. For these, `x.exports.js` is the converted module and `x.js` the function.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { exportedNames } from './entries.mjs';

const events = "import type { DefaultEventsMap, EventsMap, Untyped } from './base.browser.js';";
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

/** Writes what require() needs beside the modules and declarations in `cjs`. */
export function finishCommonJs({ name, cjs }) {
  if (!existsSync(cjs)) return;
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  if (name !== 'naru') return;
  for (const entry of Object.keys(callables)) {
    const types = entry.replace(/\.js$/, '.d.ts');
    const moved = [entry, types].map((file) => file.replace(/(?=\.(d\.ts|js)$)/, '.exports'));
    renameSync(join(cjs, 'entry', entry), join(cjs, 'entry', moved[0]));
    renameSync(join(cjs, 'entry', types), join(cjs, 'entry', moved[1]));
    const values = exportedValues(join(cjs, 'entry', moved[0]));
    const all = [...exportedNames(join(cjs, 'entry', moved[1]), '.d.ts')];
    writeFileSync(join(cjs, 'entry', entry), callableModule(entry, values));
    writeFileSync(join(cjs, 'entry', types), callableDeclaration(entry, all));
  }
}

/** Returns the names of the values that a module for require() exports. */
function exportedValues(file) {
  const names = Object.keys(createRequire(import.meta.url)(file));
  return names.filter((each) => each !== 'default' && each !== '__esModule');
}
