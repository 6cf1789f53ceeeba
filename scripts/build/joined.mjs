// Joins the compiled modules of a package. Each entry and the program `naru` become one file each, and what several of
// them use becomes a few shared parts in entry/parts. A program loads few files quickly, and each class is there once.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { listEntries } from './entries.mjs';

/** The modules of the program: its start, and the function that `npm start` calls. */
const programs = { '@naru/cli': ['main', 'run'] };

/**
 * The shared parts of the core, from low ranks to high ones. A file of its own for each module that several entries use
 * would take longer to load. Parts that pages use have no module for Node.
 */
const PARTS = [
  ['base-node', /^base\/(buffer|endpoint|networks\/secure)\./],
  ['base', /^base\//],
  ['protocol', /^protocol\//],
  ['backplane', /^backplane\//],
  ['session', /^(node-internals|transport|session)\//],
  ['namespace', /^namespace\//],
  ['server', /^(wires|server)\//],
  ['client', /^client\/node\/query\./],
  ['client-node', /^client\/(node\/|index\.|websocket\.)/],
  ['client-webtransport', /^client\/webtransport\/webtransport-stream\./],
  ['client', /^client\/(?!queue|room)/],
];

/** Returns the part of a compiled module below `from`, or `undefined` for what one entry alone may keep. */
export function partOf(of, from, id) {
  if (of !== 'naru' || !id.startsWith(from)) return undefined;
  const path = id.slice(from.length + 1);
  return PARTS.find(([, pattern]) => pattern.test(path))?.[0];
}

/** Joins the modules in `from`, and writes the files to `to`, as ES modules (`esm`) or for require() (`cjs`). */
export async function joinModules({ name: of, from, to, format, say }) {
  const own = format === 'esm' ? (programs[of] ?? []) : [];
  const entries = listEntries(from, say).map((name) => `entry/${name.replace(/\.js$/, '')}`);
  const names = [...entries, ...own];
  if (names.length === 0) return;
  const build = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(from, `${name}.js`)])),
    // Other packages stay outside, and no code is left out.
    external: (id) => /^(node:|[^./])/.test(id) && !id.startsWith(from),
    // Neutral modules need nothing of Node, so pages can load them. In CommonJS, `import.meta` needs Node's form.
    platform: format === 'esm' ? 'neutral' : 'node',
    preserveEntrySignatures: 'allow-extension',
    treeshake: false,
    tsconfig: false,
    experimental: { attachDebugInfo: 'none' },
    // The client in Node has WebTransport from the beginning, and that of pages loads it when it is needed.
    checks: { ineffectiveDynamicImport: false },
  });
  await build.write({
    dir: to,
    format,
    exports: 'named',
    entryFileNames: '[name].js',
    chunkFileNames: 'entry/parts/[name].js',
    keepNames: true,
    comments: { annotation: true, jsdoc: false, legal: true },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: (id) => partOf(of, from, id) ?? null, debugName: 'parts' }],
    },
  });
  await build.close();
  for (const name of own) chmodSync(join(to, `${name}.js`), 0o755);
}
