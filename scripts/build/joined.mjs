// Joins the modules of dist/esm that Node loads. Each entry of the package and the program `naru` become one file each,
// and what several of them use becomes a few shared parts in entry/parts. Node takes about as long to load a small
// module as to run it, and a worker would load more than 300 of them before it takes traffic.
//
// Entries that browsers use stay as modules, because a bundler leaves out more of them.
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.mjs';
import { listEntries } from './entries.mjs';

/** The entries that bundlers for browsers read. */
const forBrowsers = new Set([
  'client.browser.js',
  'client/websocket.browser.js',
  'client/queue.js',
  'client/room.js',
  'client/lane.js',
]);

/** The modules of the program: its start, and the function that `npm start` calls. */
const programs = ['cli/main', 'cli/run'];

/** Leaves the classes of errors in their module, so that parts and modules throw and catch the same ones. */
const sharedErrors = (esm) => ({
  name: 'shared-errors',
  resolveId(id, importer) {
    const file = importer === undefined || !id.startsWith('.') ? id : join(dirname(importer), id);
    return file === join(esm, 'base/errors.js') ? { id: file, external: 'relative' } : undefined;
  },
});

/** Replaces the entries in `esm` by files that lead to joined parts. The modules stay beside them. */
export async function joinModules({ esm, say }) {
  const entries = listEntries(join(esm, 'entry'), say).filter((name) => !forBrowsers.has(name));
  const names = [...entries.map((name) => `entry/${name.replace(/\.js$/, '')}`), ...programs];
  await bundle({
    input: Object.fromEntries(names.map((name) => [name, join(esm, `${name}.js`)])),
    plugins: [sharedErrors(esm)],
    // The version and the files for pages are found from the place of a part, which is as deep as that of
    // src/server/api.
    output: {
      dir: esm,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'entry/parts/[name].js',
      keepNames: true,
      // Nearly every entry uses most of these modules, and each would become a part of its own.
      codeSplitting: { groups: [{ name: 'base', test: /\/esm\/base\// }] },
    },
  });
  chmodSync(join(esm, 'cli/main.js'), 0o755);
}
