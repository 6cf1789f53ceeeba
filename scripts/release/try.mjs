// Tries the packages in empty folders, and measures them: on each supported Node.js, and in pages.
import { join } from 'node:path';
import { installRuntimes, listCommands } from '../runtimes/install.mjs';
import { BOUNDS } from './bounds.mjs';
import {
  findInstallScripts,
  installIn,
  listSpecifiers,
  measureImports,
  measureInstalled,
  tryEntries,
} from './folders.mjs';
import { bundlePage, bundlePageWithVite, loadedBytes } from './pages.mjs';

/** Imports of a package are measured so many times. */
const IMPORT_ROUNDS = 21;

const NODES = ['node-20', 'node-22', 'node-24'];

/** Installs and tries all packages. Prints a table of what was measured, and returns what is wrong. */
export async function findFaults(root, folder, packed) {
  const alone = join(folder, 'alone');
  const all = join(folder, 'all');
  const core = packed.find(({ name }) => name === 'naru');
  installIn(alone, [core.tarball]);
  const size = measureInstalled(alone);
  const scripts = findInstallScripts(alone);
  installIn(
    all,
    packed.map(({ tarball }) => tarball),
    ['node-datachannel'],
  );
  const peer = join(folder, 'peer');
  installIn(peer, [core.tarball], ['socket.io@4']);
  const [ours, theirs] = measureImports(peer, ['naru', 'socket.io'], IMPORT_ROUNDS);
  const pages = await measurePages(all);
  printTable(size, ours, theirs, pages);
  return [
    ...scripts.map((name) => `naru: ${name} runs an install script`),
    ...findExcess(size, pages),
    ...tryOnNodes(root, all, packed),
    ...(await tryPages(all, packed)),
  ];
}

/** Measures a page with each client. */
async function measurePages(folder) {
  const pages = [];
  for (const entry of Object.keys(BOUNDS.page)) {
    const source = `import { io } from '${entry}'; io('/chat').emit('hello');`;
    const esbuild = loadedBytes(await bundlePage(folder, source));
    const vite = loadedBytes(await bundlePageWithVite(folder, source));
    pages.push({ entry, esbuild, vite });
  }
  return pages;
}

function findExcess(size, pages) {
  const found = [];
  const hold = (what, value, most) => value > most && found.push(`${what}: ${value} is more than ${most}`);
  hold('npm install naru, bytes', size.bytes, BOUNDS.install.bytes);
  hold('npm install naru, files', size.files, BOUNDS.install.files);
  for (const { entry, esbuild, vite } of pages) {
    hold(`a page with ${entry}, bytes by esbuild`, esbuild, BOUNDS.page[entry]);
    hold(`a page with ${entry}, bytes by Vite`, vite, BOUNDS.pageByVite[entry]);
  }
  return found;
}

/** Loads every entry with each Node.js. Entries for pages load in Node, too. */
function tryOnNodes(root, folder, packed) {
  const runtimes = join(root, '.runtimes');
  const problem = installRuntimes(runtimes);
  if (problem !== undefined) return [`the versions of Node.js are not installed: ${problem}`];
  const commands = listCommands(runtimes);
  return NODES.flatMap((name) => tryEntries(folder, listSpecifiers(packed), commands[name], name));
}

/** Bundles every entry that pages may use, by esbuild and by Vite. */
async function tryPages(folder, packed) {
  const entries = packed.flatMap(({ name, manifest }) =>
    Object.entries(manifest.exports)
      .filter(([, target]) => target.browser)
      .map(([entry]) => name + entry.slice(1)),
  );
  const source = entries
    .map((entry, at) => `import * as part${at} from '${entry}'; console.log(part${at});`)
    .join('\n');
  const found = [];
  for (const [tool, run] of [
    ['esbuild', () => bundlePage(folder, source)],
    ['esbuild, development', () => bundlePage(folder, source, ['development'])],
    ['Vite', () => bundlePageWithVite(folder, source)],
  ]) {
    try {
      await run();
    } catch (error) {
      found.push(`${tool}: ${error.message}`);
    }
  }
  return found;
}

function printTable(size, ours, theirs, pages) {
  const ratio = (ours.ms / theirs.ms).toFixed(2);
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
  const rows = [
    ['npm install naru', `${(size.bytes / 1e6).toFixed(2)} MB, ${size.files} files`],
    ["import 'naru' to import 'socket.io'", `${ours.ms.toFixed(0)} to ${theirs.ms.toFixed(0)} ms, a ratio of ${ratio}`],
    ['RSS after it', `${mib(ours.rss)} to ${mib(theirs.rss)} MiB`],
    ...pages.map(({ entry, esbuild, vite }) => [
      `a page with ${entry}`,
      `${esbuild} bytes by esbuild, ${vite} by Vite`,
    ]),
  ];
  console.log('');
  for (const [what, value] of rows) console.log(`${what.padEnd(40)} ${value}`);
}
