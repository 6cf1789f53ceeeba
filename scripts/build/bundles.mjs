// Makes dist/client: the files that a page loads with <script>. The server serves them below its own path.
//
//   naru.js, naru.min.js                     for <script src>: sets the global `io`; for AMD and CommonJS loaders too
//   naru.esm.min.js                          for <script type="module">
//   naru.websocket.min.js, .esm.min.js       the same without long-polling
//   naru.webtransport.min.js                 loaded by the first three when a session moves to WebTransport
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { exportedNames } from './entries.mjs';
import { minified, minifyAgain, pageCode, withOneTransport } from './page-code.mjs';

const PART = 'naru.webtransport.min.js';

const bundles = [
  { file: 'naru.js', entry: 'browser.ts', format: 'umd', minify: false },
  { file: 'naru.min.js', entry: 'browser.ts', format: 'umd', minify: true },
  { file: 'naru.esm.min.js', entry: 'browser.ts', format: 'es', minify: true },
  { file: 'naru.websocket.min.js', entry: 'browser-websocket.ts', format: 'umd', minify: true },
  { file: 'naru.websocket.esm.min.js', entry: 'browser-websocket.ts', format: 'es', minify: true },
  { file: PART, entry: 'webtransport/webtransport-stream.ts', format: 'es', minify: true },
];

/** Whether an entry is the part that the others load. */
const isPart = (entry) => entry.startsWith('webtransport/');

/** The options of Rolldown for a bundle. The page loads the part from beside it. */
export function bundleCode(isMinified = true) {
  const partOf = () => ({ id: `./${PART}`, external: true });
  return pageCode({ hasWords: !isMinified, partOf });
}

/** Returns the source of a bundle as Rolldown's input. */
export const bundleInput = (file, entry) => (entry === 'browser-websocket.ts' ? withOneTransport(file) : file);

/** The options of Rolldown's minifier for a bundle. */
export const bundleMinified = (entry) => minified(isPart(entry));

/** Returns the first module of the bundle: `io` with every other export as a property, as the global `io` needs. */
function entryModule(file, entry, compiled, format) {
  // `io` has the others already.
  const names = [...exportedNames(compiled)].filter((name) => !/^(io|connect|Manager|Socket)$/.test(name));
  const path = JSON.stringify(file);
  if (isPart(entry)) return `export * from ${path};\n`;
  if (format === 'es') return `export * from ${path};\nexport { io as connect, io as default } from ${path};\n`;
  return `import { io, ${names.join(', ')} } from ${path};\nexport default Object.assign(io, { ${names.join(', ')} });\n`;
}

/** Blanks the long comments of the sources in a map. Lines and columns stay the same. */
function withoutComments(map) {
  const { sourcesContent, ...rest } = JSON.parse(map);
  const blank = (comment) => comment.replace(/[^\n]/g, '');
  const shorter = sourcesContent.map((source) => source.replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*$/gm, blank));
  return JSON.stringify({ ...rest, sourcesContent: shorter });
}

async function buildBundle({ source, entry, compiled, target, format, minify, banner }) {
  const virtual = '\0naru-entry';
  const input = bundleInput(source, entry);
  const page = bundleCode(minify);
  const build = await rolldown({
    ...page,
    input: virtual,
    plugins: [
      ...page.plugins,
      {
        name: 'entry',
        resolveId: (id) => (id === virtual ? id : undefined),
        load: (id) => (id === virtual ? entryModule(input, entry, compiled, format) : undefined),
      },
    ],
    onLog: (_level, log) => {
      throw new Error(`${source}: ${log.message}`);
    },
  });
  const { output } = await build.generate({
    file: target,
    format,
    name: 'io',
    exports: format === 'umd' ? 'default' : 'auto',
    sourcemap: true,
    minify: minify && bundleMinified(entry),
    banner,
  });
  await build.close();
  const link = { filename: basename(target), url: `${basename(target)}.map` };
  const [{ code, map }] = output;
  const again = minify ? await minifyAgain(code, { ...link, content: map.toString() }) : undefined;
  writeFileSync(target, again?.code ?? code);
  writeFileSync(`${target}.map`, withoutComments(again?.map ?? map.toString()));
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;

/** Writes `out`/client from packages/naru/src/client, and prints the size of each bundle. */
export async function buildBundles({ root, from, out, say }) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'packages/naru/package.json'), 'utf8'));
  const banner = `/*! ${name} ${version} | ${license} */`;
  mkdirSync(join(out, 'client'), { recursive: true });
  for (const { file, entry, format, minify } of bundles) {
    const source = join(root, 'packages/naru/src/client', entry);
    if (!existsSync(source)) {
      say(`naru: dist/client/${file} is left out, packages/naru/src/client/${entry} does not exist`);
      continue;
    }
    const target = join(out, 'client', file);
    // The compiled module shows which exports are values rather than only types.
    const compiled = join(from, 'client', entry.replace('.ts', '.js'));
    await buildBundle({ source, entry, compiled, target, format, minify, banner });
    const zipped = gzipSync(readFileSync(target), { level: 9 }).length;
    say(`dist/client/${file.padEnd(26)} ${kilobytes(statSync(target).size).padStart(10)}  gzip ${kilobytes(zipped)}`);
  }
}
