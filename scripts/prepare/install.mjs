// Brings node_modules in line with package-lock.json.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const nodeOldest = [20, 19];

/** Ends the program with one line if this Node.js is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > nodeOldest[0] || (major === nodeOldest[0] && minor >= nodeOldest[1])) return;
  console.error(`naru needs Node.js ${nodeOldest.join('.')} or newer, and this is ${process.version}.`);
  process.exit(1);
}

/** Returns why node_modules differs from the lockfile, or undefined. */
export function findStale(root) {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return 'node_modules is missing';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  for (const [path, { version, link, optional, peer, os, cpu, libc }] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const found = present[path];
    // Binaries of other platforms and unused peers are in the lockfile, but not on the disk.
    if (found === undefined && (optional || peer || os || cpu || libc)) continue;
    if (found === undefined || !existsSync(join(root, path))) return `${path} is missing`;
    if (!link && found.version !== version) return `${path} is ${found.version}, not ${version}`;
  }
  return undefined;
}

/** Runs npm with `args`: the npm that started this script, if there is one. */
export function npm(root, args) {
  const cli = process.env.npm_execpath;
  const own = cli?.endsWith('npm-cli.js') && existsSync(cli);
  const [file, prefix] = own ? [process.execPath, [cli]] : ['npm', []];
  const shell = !own && process.platform === 'win32';
  return spawnSync(file, [...prefix, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell });
}

/** Installs from the lockfile if necessary. Ends the program with one line if that fails. */
export function install(root) {
  const reason = findStale(root);
  if (reason === undefined) return;
  console.log(`naru: ${reason}: npm ci`);
  // Builds and tests need development dependencies, even if NODE_ENV says production.
  const { status, signal, error } = npm(root, ['ci', '--include=dev', '--no-audit', '--no-fund']);
  if (status === 0) return;
  const why = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`);
  console.error(`naru: npm ci failed (${why}). Its output is above. Is the registry reachable?`);
  process.exit(1);
}
