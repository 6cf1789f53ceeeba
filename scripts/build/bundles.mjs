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
import { minify as terser } from 'terser';
import { exportedNames } from './entries.mjs';

/** The language level of the bundles: browsers since 2022. */
const language = 'es2022';

const bundles = [
  { file: 'naru.js', entry: 'browser.ts', format: 'umd', minify: false },
  { file: 'naru.min.js', entry: 'browser.ts', format: 'umd', minify: true },
  { file: 'naru.esm.min.js', entry: 'browser.ts', format: 'es', minify: true },
  { file: 'naru.websocket.min.js', entry: 'browser-websocket.ts', format: 'umd', minify: true },
  { file: 'naru.websocket.esm.min.js', entry: 'browser-websocket.ts', format: 'es', minify: true },
  { file: 'naru.webtransport.min.js', entry: 'webtransport/webtransport-stream.ts', format: 'es', minify: true },
];

/** The modules that are loaded on demand, and their files. */
const parts = { 'webtransport-stream': './naru.webtransport.min.js' };

/** Whether an entry is a part that other bundles load. */
export const isPart = (entry) => basename(entry, '.ts') in parts;

/** The parts that a client entry leaves out: `src/client/features.ts` with other values. */
const features = (entry) =>
  `export const hasChoice = ${entry !== 'browser-websocket.ts'}, hasNode = false, hasChecks = false;`;

/** Replaces each `check-options.ts` of the client. `hasChecks` alone would leave its tables in the bundle. */
const NO_CHECKS =
  'export const checkAddress = undefined, checkClientOptions = undefined, checkEngineOptions = undefined, checkTransports = undefined;';

/**
 * Adapts the bundle of an entry: the page loads the imported parts, and the code that the entry cannot use is left out.
 */
export const bundleParts = (entry) => ({
  name: 'parts',
  resolveId(id, importer) {
    const module = importer?.includes('/client/') && id.match(/^\.{1,2}\/(?:[\w-]+\/)*([\w-]+)\.js$/)?.[1];
    if (module === 'features' || module === 'check-options') return `\0${module}`;
    return parts[module] ? { id: parts[module], external: true } : undefined;
  },
  load: (id) => ({ '\0features': features(entry), '\0check-options': NO_CHECKS })[id],
});

/**
 * Names that only the modules of one bundle use, unlike those of a page, a transport of its own or a part. The short
 * names begin with `_`, so that no page sets them on a socket.
 */
export const shortNames = {
  applyLocal: '_a',
  emitLocal: '_e',
  notifyAny: '_n',
  original: '_o',
  takesError: '_t',
  tryCount: '_c',
  isPending: '_p',
  hasPingExpired: '_h',
  onText: '_x',
  onFailure: '_f',
  onStream: '_m',
  labels: '_l',
  suggests: '_g',
  timers: '_y',
  holdOff: '_d',
  memory: '_r',
  listener: '_i',
  onpacket: '_k',
  release: '_q',
  defaults: '_u',
  note: '_z',
  setTransport: '_v',
  address: '_b',
  isKeyed: '_j',
  isTimed: '_s',
  refusal: '_w',
};

/** The minifier options for the bundle of an entry. Parts do not use the short names. */
export const minifiedAs = (entry) => ({
  compress: true,
  mangle: true,
  codegen: true,
  mangleProps: isPart(entry)
    ? undefined
    : { include: new RegExp(`^(${Object.keys(shortNames).join('|')})$`), cache: shortNames },
});

/**
 * Minifies rolldown's output again with terser, which saves about 80 bytes after gzip. terser alone would be larger
 * than rolldown alone.
 */
export function minifyAgain(code, sourceMap) {
  // Our code never calls `new` on a function expression or a method, so the last two options are safe here.
  const compress = { passes: 3, ecma: 2020, pure_getters: true, unsafe_arrows: true, unsafe_methods: true };
  return terser(code, { module: true, compress, format: { comments: /^!/ }, sourceMap });
}

/** Returns the first module of the bundle: `io` with every other export as a property, as the global `io` needs. */
function entryModule(file, entry, compiled, format) {
  // `io` has the others already.
  const names = [...exportedNames(compiled)].filter((name) => !/^(io|connect|Manager|Socket)$/.test(name));
  const path = JSON.stringify(file);
  if (isPart(entry)) return `export * from ${path};\n`;
  if (format === 'es') return `export * from ${path};\nexport { io as connect, io as default } from ${path};\n`;
  return `import { io, ${names.join(', ')} } from ${path};\nexport default Object.assign(io, { ${names.join(', ')} });\n`;
}

async function buildBundle({ source, entry, compiled, target, format, minify, banner }) {
  const virtual = '\0naru-entry';
  const build = await rolldown({
    input: virtual,
    platform: 'browser',
    tsconfig: false,
    experimental: { attachDebugInfo: 'none' },
    // A page does not have Buffer, so code for one is left out.
    transform: { target: language, define: { 'globalThis.Buffer': 'undefined' } },
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    plugins: [
      bundleParts(entry),
      {
        name: 'entry',
        resolveId: (id) => (id === virtual ? id : undefined),
        load: (id) => (id === virtual ? entryModule(source, entry, compiled, format) : undefined),
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
    minify: minify && minifiedAs(entry),
    banner,
  });
  await build.close();
  const link = { filename: basename(target), url: `${basename(target)}.map` };
  const [{ code, map }] = output;
  const again = minify ? await minifyAgain(code, { ...link, content: map.toString() }) : undefined;
  writeFileSync(target, again?.code ?? code);
  writeFileSync(`${target}.map`, again?.map ?? map.toString());
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;

/** Writes `out`/client from src/client, and prints the size of each bundle. */
export async function buildBundles({ root, out, say }) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const banner = `/*! ${name} ${version} | ${license} */`;
  mkdirSync(join(out, 'client'), { recursive: true });
  for (const { file, entry, format, minify } of bundles) {
    const source = join(root, 'src/client', entry);
    if (!existsSync(source)) {
      say(`naru: dist/client/${file} is left out, src/client/${entry} does not exist`);
      continue;
    }
    const target = join(out, 'client', file);
    // The compiled module shows which exports are values rather than only types.
    const compiled = join(out, 'esm/client', entry.replace('.ts', '.js'));
    await buildBundle({ source, entry, compiled, target, format, minify, banner });
    const zipped = gzipSync(readFileSync(target), { level: 9 }).length;
    say(`dist/client/${file.padEnd(26)} ${kilobytes(statSync(target).size).padStart(10)}  gzip ${kilobytes(zipped)}`);
  }
}
