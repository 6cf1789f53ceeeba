// Makes dist/page: the entries for browsers as bundlers put them into pages. They are joined and have short names, and
// they leave out the checks and the words of errors. With the condition `development`, bundlers read the modules of
// dist/esm instead, which have both.
//
//   client.js, client-websocket.js          the client, and the client with WebSocket only
//   client-queue.js, client-room.js         what a page imports beside one of them
//   parts/                                  what several entries use
//   parts/webtransport-stream.js, probe.js  loaded on demand; they share nothing, or bundlers would divide the client
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';
import { minified, minifyAgain, pageCode, withOneTransport } from './page-code.mjs';

const PART = 'parts/webtransport-stream.js';
const PROBE = 'parts/probe.js';

/**
 * Replaces the import of the probe. A session needs it after it has opened, and never if it opens with a WebSocket.
 * Without it, the session stays on its transport.
 *
 * The path stays a literal. Vite 8 would leave out its preload helper for `import('' + path)`, but Rollup and older
 * versions of Vite would not find the file.
 */
const UPGRADE_LATER = `export function upgrade(session, ...others) {
  import('./${PROBE}').then((probe) => probe.upgrade(session, ...others), (error) => session.emit('upgradeError', error));
}`;

const upgradeLater = {
  name: 'upgrade-later',
  resolveId(id, importer) {
    if (importer === '\0upgrade-later') return { id, external: true };
    return importer?.includes('/client/') && id.endsWith('/engine/probe.js') ? '\0upgrade-later' : undefined;
  },
  load: (id) => (id === '\0upgrade-later' ? UPGRADE_LATER : undefined),
};

/** Minifies each file by itself, because Rolldown shortens properties only where it writes one file. */
const minifyFiles = (isPart) => ({
  name: 'minify-files',
  async renderChunk(code, { fileName }) {
    const { code: short, errors } = minifySync(fileName, code, { module: true, ...minified(isPart) });
    if (errors.length > 0) throw new Error(`${fileName}: ${errors[0].message}`);
    const { code: shortest } = await minifyAgain(short);
    // An import without a name is for effects. No module has any, and bundlers would warn about it.
    return { code: shortest.replace(/(^|[;}])import"[^"]+";/g, '$1'), map: null };
  },
});

/** Runs Rolldown on sources, and writes the files to `dir`. */
async function write(options, isPart, output) {
  const onLog = (_level, log) => {
    throw new Error(log.message);
  };
  const build = await rolldown({ ...options, plugins: [...options.plugins, minifyFiles(isPart)], onLog });
  await build.write({ format: 'es', minify: false, ...output });
  await build.close();
}

/** Writes `out`/page from src. */
export async function buildPages({ root, out }) {
  const dir = join(out, 'page');
  const entry = (name) => join(root, 'packages/naru/src/entry', name);
  const input = {
    client: entry('client.browser.ts'),
    'client-websocket': withOneTransport(entry('client/websocket.browser.ts')),
    'client-queue': entry('client/queue.ts'),
    'client-room': entry('client/room.ts'),
  };
  // Only client.js leads to the parts, so their paths are as from there.
  const partOf = () => ({ id: `./${PART}`, external: true });
  const client = pageCode({ hasBounds: true, partOf });
  const plugins = [upgradeLater, ...client.plugins];
  await write({ ...client, plugins, input }, false, { dir, chunkFileNames: 'parts/[name].js' });
  const source = (name) => join(root, 'packages/naru/src/client', name);
  const part = source('webtransport/webtransport-stream.ts');
  await write({ ...pageCode({}), input: part }, true, { file: join(dir, PART) });
  const treeshake = { moduleSideEffects: false };
  await write({ ...pageCode({}), input: source('engine/probe.ts'), treeshake }, false, { file: join(dir, PROBE) });
}

/** Leads the entries of the core to their sources. */
const coreSources = (root) => ({
  name: 'core-sources',
  resolveId(id) {
    const [, name] = /^naru\/(.+)$/.exec(id) ?? [];
    return name && join(root, 'packages/naru/src/entry', `${name === 'base' ? 'base.browser' : name}.ts`);
  },
});

/**
 * Writes `out`/page/lane.js of `@naru/udp`. It has what it needs of the core inside, without the checks, because a page
 * would load more of the core's entries.
 */
export async function buildLanePage({ root, out }) {
  const code = pageCode({});
  const plugins = [coreSources(root), ...code.plugins];
  const input = join(root, 'packages/udp/src/entry/lane.ts');
  const treeshake = { moduleSideEffects: false };
  await write({ ...code, plugins, input, treeshake }, true, { file: join(out, 'page/lane.js') });
}
