// Installs tarballs in empty folders, as users do, and tries them there.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../../bench/statistics.mjs';
import { npm } from '../prepare/install.mjs';

/** Installs tarballs and packages of the registry in a new folder, without running install scripts. */
export function installIn(folder, tarballs, others = []) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs, ...others];
  const { status } = npm(folder, words);
  if (status !== 0) throw new Error(`npm install failed in ${folder} with exit code ${status}`);
}

/** Returns the bytes and the number of all files in the node_modules of a folder. */
export function measureInstalled(folder) {
  const modules = join(folder, 'node_modules');
  const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && each.name !== '.package-lock.json')
    .map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
  return { bytes: files.reduce((sum, size) => sum + size, 0), files: files.length };
}

/** Returns the packages below a folder that run a script when they are installed. */
export function findInstallScripts(folder) {
  const lock = JSON.parse(execFileSync('npm', ['query', '*', '--json'], { cwd: folder, encoding: 'utf8' }));
  return lock
    .filter(({ scripts = {} }) => ['preinstall', 'install', 'postinstall'].some((name) => Object.hasOwn(scripts, name)))
    .map(({ name }) => name);
}

/** Returns the specifiers of all entries that packages publish for programs. */
export function listSpecifiers(packed) {
  return packed.flatMap(({ name, manifest }) =>
    Object.keys(manifest.exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => name + entry.slice(1)),
  );
}

/** Imports and requires each entry in `folder` with a Node.js. Returns what failed. */
export function tryEntries(folder, specifiers, [node, ...args], label) {
  const source = `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    for (const each of ${JSON.stringify(specifiers)}) {
      for (const [how, load] of [['import', () => import(each)], ['require', () => require(each)]]) {
        try {
          const names = Object.keys(await load());
          if (names.length === 0) throw new Error('exports nothing');
        } catch (error) {
          console.log(how + ' ' + each + ': ' + String(error.message).split('\\n')[0]);
        }
      }
    }`;
  writeFileSync(join(folder, 'entries.mjs'), source);
  const { stdout, status } = spawnSync(node, [...args, 'entries.mjs'], { cwd: folder, encoding: 'utf8' });
  const found = stdout.split('\n').filter(Boolean);
  return [...found, ...(status === 0 ? [] : [`ended with ${status}`])].map((line) => `${label}: ${line}`);
}

/** Imports two packages by turns, each in a new process. Returns the medians of milliseconds and of RSS in bytes. */
export function measureImports(folder, names, rounds) {
  const source = `
    const from = performance.now();
    await import(process.argv[2]);
    console.log(JSON.stringify([performance.now() - from, process.memoryUsage.rss()]));`;
  writeFileSync(join(folder, 'import.mjs'), source);
  const measured = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const output = execFileSync(process.execPath, ['import.mjs', name], { cwd: folder, encoding: 'utf8' });
      measured.get(name).push(JSON.parse(output));
    }
  }
  return names.map((name) => {
    const all = measured.get(name);
    return { name, ms: median(all.map(([ms]) => ms)), rss: median(all.map(([, rss]) => rss)) };
  });
}
