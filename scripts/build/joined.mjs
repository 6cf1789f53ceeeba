// Joins the compiled modules of a package. Each entry and the program `naru` become one file each, and what several of
// them use becomes a few shared parts in entry/parts. A program loads few files quickly, and each class is there once.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';
import { listEntries } from './entries.mjs';

/** The modules of the program: its start, and the function that `npm start` calls. */
const programs = { '@naru/cli': ['main', 'run'] };

/**
 * The shared parts of the core, from low ranks to high ones. A file of its own for each module that several entries use
 * would take longer to load. Parts that pages use have no module for Node.
 */
const PARTS = [
  ['base-node', /^base\/node\//],
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

/**
 * Packages of others that the part `server` contains. As packages of their own, they would take a seventh of the time
 * that the server takes to load. build.mjs publishes their licences.
 */
export const INSIDE = new Set(['cookie', 'cors', 'object-assign', 'vary']);

/** The parts that servers load. A server starts a tenth faster without their long local names. */
const SHORT = new Set(['base-node', 'backplane', 'protocol', 'session', 'namespace', 'server']);

/**
 * Gives short names to the variables and private members of the parts for servers. Functions, classes, lines and
 * everything that programs see stay as they are. A file of ASCII alone takes half of the memory.
 */
const lighten = {
  name: 'lighten',
  // Rolldown prints the code of each file again before this.
  generateBundle(_options, files) {
    const runtime = Object.values(files).find(({ name }) => name === 'rolldown-runtime')?.code ?? '';
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      const own = withoutRuntime(file.code, runtime);
      const code = SHORT.has(file.name) ? shorten(file.fileName, own) : own;
      file.code = code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    }
  },
};

/**
 * Puts the functions of Rolldown's runtime that a module uses into it, because a file for them takes time to load. Most
 * use the one for names alone.
 */
const withoutRuntime = (code, runtime) =>
  code
    .replace(/^import "[./a-z]*rolldown-runtime\.js";\n/m, '')
    .replace(
      /^import \{ [a-z] as __name \} from "[./a-z]*rolldown-runtime\.js";/m,
      'const __name = (target, value) => Object.defineProperty(target, "name", { value, configurable: true });',
    )
    .replace(/^import \{[^}]*\b__commonJSMin\b[^}]*\} from "[./a-z]*rolldown-runtime\.js";/m, () =>
      runtime.replace(/^export .*$/m, ''),
    );

function shorten(fileName, code) {
  const mangle = { keepNames: true };
  const { code: short, errors } = minifySync(fileName, code, {
    compress: false,
    mangle,
    codegen: { removeWhitespace: false },
  });
  if (errors.length > 0) throw new Error(`${fileName}: ${errors[0].message}`);
  return short;
}

/** Returns the part of a compiled module below `from`, or `undefined` for what one entry alone may keep. */
export function partOf(of, from, id) {
  if (of !== 'naru') return undefined;
  if (/\/node_modules\//.test(id)) return 'server';
  if (!id.startsWith(from)) return undefined;
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
    // Other packages stay outside, but for those of INSIDE, and no code is left out.
    external: (id) => /^(node:|[^./])/.test(id) && !id.startsWith(from) && !INSIDE.has(id),
    resolve: { mainFields: ['main'] },
    // Neutral modules need nothing of Node, so pages can load them. In CommonJS, `import.meta` needs Node's form.
    platform: format === 'esm' ? 'neutral' : 'node',
    preserveEntrySignatures: 'allow-extension',
    treeshake: false,
    tsconfig: false,
    plugins: [lighten],
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
