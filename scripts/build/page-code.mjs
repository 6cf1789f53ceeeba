// Turns the sources of the client into code for pages: for the files of dist/page, which bundlers read, and for those
// of dist/client, which pages load with <script>. Code that cannot run there is left out, and so are the checks.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { minify as terser } from 'terser';
import { mangleProps, privateNames } from './short-names.mjs';

/** The mark of modules that only have the transport WebSocket. */
const ONE_TRANSPORT = '?websocket';

/**
 * The modules that queues and rooms share with both clients, and what these import. Each client has its own copy of the
 * others: a page imports one client, and a module in one file becomes smaller.
 */
const SHARED =
  /\/(base\/(bytes|clock|errors|jitter)|client\/(emitter|microtask|socket\/(packet-codec|retry-queue))|packet-type)\.ts$/;

/** Replaces `packages/naru/src/client/features.ts`. */
const features = (id, hasBounds) =>
  `export const hasChoice = ${!id.endsWith(ONE_TRANSPORT)}, hasBounds = ${hasBounds}, hasNode = false, hasChecks = false, hasTaps = false;`;

/** Replaces each `check-options.ts` of the client. `hasChecks` alone would leave its tables in the files. */
const NO_CHECKS =
  'export const checkWires = undefined, checkAddress = undefined, checkClientOptions = undefined, checkEngineOptions = undefined, checkTransports = undefined;';

/** Marks the source of an entry that has only the transport WebSocket. */
export const withOneTransport = (file) => file + ONE_TRANSPORT;

/**
 * Leaves out what pages do not use. `hasBounds` keeps the bounds in bytes and time of waiting events. `partOf` returns
 * the external module that stands for one that is loaded on demand.
 */
const leaveOut = (hasBounds, partOf) => ({
  name: 'leave-out',
  resolveId(id, importer) {
    if (!importer?.includes('/src/') || !id.startsWith('.')) return undefined;
    const mark = importer.endsWith(ONE_TRANSPORT) ? ONE_TRANSPORT : '';
    const name = basename(id);
    if (importer.includes('/client/') && name === 'features.js') return `\0features${mark}`;
    if (importer.includes('/client/') && name === 'check-options.js') return '\0check-options';
    if (importer.includes('/client/') && name === 'debug.js') return '\0debug';
    if (name === 'webtransport-stream.js') return partOf(name);
    const file = join(dirname(importer), id).replace(/\.js$/, '.ts');
    return mark && !SHARED.test(file) ? file + mark : file;
  },
  load(id) {
    if (id.startsWith('\0features')) return features(id, hasBounds);
    if (id === '\0check-options') return NO_CHECKS;
    // `hasTaps` alone would leave the printer in the files, because it is loaded on demand.
    if (id === '\0debug') return 'export const printLines = undefined;';
    if (!id.endsWith(ONE_TRANSPORT)) return undefined;
    return { code: readFileSync(id.slice(0, -ONE_TRANSPORT.length), 'utf8'), moduleType: 'ts' };
  },
});

/**
 * Leaves out the message of each ConfigError and ProtocolError, which then have their code as the message, and
 * `undefined` as the last argument of a call.
 */
const onlyCodes = {
  name: 'only-codes',
  transform(code, id) {
    if (!/\/src\/.*\.ts(\?\w+)?$/.test(id)) return undefined;
    const found = [];
    const NewExpression = ({ callee, arguments: args }) => {
      const isError = /^(Config|Protocol)Error$/.test(callee.name) && args[0]?.type === 'Literal';
      // An error with a cause, the third argument, keeps its message. Files for pages have none.
      if (isError && args.length === 2) found.push([args[0].end, args[1].end]);
    };
    const CallExpression = ({ arguments: args }) => {
      const [before, last] = args.slice(-2);
      if (last?.name === 'undefined') found.push([before.end, last.end]);
    };
    new Visitor({ NewExpression, CallExpression }).visit(parseSync('module.ts', code).program);
    found.sort(([a], [b]) => b - a);
    return { code: found.reduce((text, [from, to]) => text.slice(0, from) + text.slice(to), code), map: null };
  },
};

/** The options of Rolldown for the sources of the client. */
export const pageCode = ({ hasBounds = false, hasWords = false, partOf }) => ({
  platform: 'browser',
  tsconfig: false,
  experimental: { attachDebugInfo: 'none' },
  // Rolldown would report that these plugins take time, and a report ends the build.
  checks: { pluginTimings: false },
  transform: {
    // Fields become assignments, because bundlers with an older target replace each of them by a call.
    target: 'es2021',
    assumptions: { setPublicClassFields: true },
    typescript: { removeClassFieldsWithoutInitializer: true },
    // A page does not have Buffer, so code for one is left out.
    define: { 'globalThis.Buffer': 'undefined' },
  },
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  plugins: [leaveOut(hasBounds, partOf), privateNames, ...(hasWords ? [] : [onlyCodes])],
});

/** The options of Rolldown's minifier. */
export const minified = (isPart = false) => ({
  compress: true,
  mangle: true,
  codegen: true,
  mangleProps: mangleProps(isPart),
});

/** Minifies Rolldown's output again with terser. terser alone would give more than Rolldown alone. */
export function minifyAgain(code, sourceMap) {
  // Our code never calls `new` on a function expression or a method, and never turns an object with `valueOf` into
  // text, so the unsafe options are safe here.
  const compress = {
    passes: 3,
    ecma: 2020,
    pure_getters: true,
    unsafe: true,
    unsafe_arrows: true,
    unsafe_methods: true,
    hoist_funs: true,
    // A function that is called once stays a function, and a statement stays one, because gzip likes equal beginnings.
    reduce_funcs: false,
    sequences: false,
  };
  return terser(code, { module: true, compress, format: { comments: /^!/ }, sourceMap });
}
