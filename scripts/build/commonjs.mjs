// Makes dist/cjs from dist/esm: one CommonJS module for each ES module, and declarations beside them.
//
// Two doors are callable, because the code of many years is written so: `require('naru')(httpServer, options)` and
// `require('naru/client')(url, options)`. For these, `x.exports.js` is the converted module and `x.js` the function.
import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';
import { exportedNames, listDoors } from './doors.mjs';

const events = "import type { DefaultEventsMap, EventsMap, Untyped } from './base/event-map.js';";
const clientTypes = '<Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen>';
const serverTypes = clientTypes.replace('>', ', Side extends EventsMap = DefaultEventsMap, Data = Untyped>');

const clientDoor = {
  name: 'io',
  also: ['io', 'connect', 'default'],
  value: 'const io = named.io;',
  type: [
    `declare function io${clientTypes}(options?: Parameters<typeof named.io>[1]): named.Socket<Listen, Emit>;`,
    `declare function io${clientTypes}(...args: Parameters<typeof named.io>): named.Socket<Listen, Emit>;`,
  ].join('\n'),
};

/** How each callable door makes its function out of `named`, all that it exports; `also` are names for the function itself. */
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
  'client.js': clientDoor,
  'client.browser.js': clientDoor,
};

/** The module whose `module.exports` is the function, with every export of the door as a property. */
function callableModule(door, names) {
  const { name, also, value } = callables[door];
  const define = (property, of) =>
    `Object.defineProperty(${name}, '${property}', { configurable: true, enumerable: true, value: ${of} });`;
  return [
    "'use strict';",
    `const named = require('./${door.replace(/\.js$/, '.exports.js')}');`,
    value,
    ...names.filter((each) => !also.includes(each)).map((each) => define(each, `named.${each}`)),
    ...also.map((each) => define(each, name)),
    `module.exports = ${name};`,
    '',
  ].join('\n');
}

/** Its declaration: a function merged with a namespace that holds every exported value and type. */
function callableDeclaration(door, names) {
  const { name, also, type } = callables[door];
  const path = `./${door.replace(/\.js$/, '.exports.js')}`;
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

async function convert(esm, cjs, doors) {
  const build = await rolldown({
    input: Object.fromEntries(doors.map((door) => [door.replace(/\.js$/, ''), join(esm, door)])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    platform: 'node',
    treeshake: false,
    tsconfig: false,
    experimental: { attachDebugInfo: 'none' },
  });
  await build.write({
    dir: cjs,
    format: 'cjs',
    exports: 'named',
    preserveModules: true,
    preserveModulesRoot: esm,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
  await build.close();
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
  const doors = listDoors(esm, say);
  copyDeclarations(esm, cjs);
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  if (doors.length === 0) return;
  await convert(esm, cjs, doors);
  for (const door of doors.filter((name) => name in callables)) {
    const types = door.replace(/\.js$/, '.d.ts');
    const values = [...exportedNames(join(esm, door))];
    const all = [...exportedNames(join(esm, types), '.d.ts')];
    renameSync(join(cjs, door), join(cjs, door.replace(/\.js$/, '.exports.js')));
    renameSync(join(cjs, types), join(cjs, types.replace(/\.d\.ts$/, '.exports.d.ts')));
    writeFileSync(join(cjs, door), callableModule(door, values));
    writeFileSync(join(cjs, types), callableDeclaration(door, all));
  }
}
