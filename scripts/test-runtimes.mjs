// npm run test:runtimes: runs the scenes of test/runtimes on the built package in Node 20, 22, 24 and 26, in Bun and in
// Deno.
//
// Arguments name runtimes: `npm run test:runtimes -- bun deno`. `current` is the Node that runs this script.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { install, requireNode } from './prepare/install.mjs';
import { installRuntimes, listCommands } from './runtimes/install.mjs';
import { readOutcomes, tabulate } from './runtimes/table.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A runtime that takes longer is considered hung. */
const runMsMax = 5 * 60_000;

requireNode();
install(root);
build(root, ['--quiet']);
const { scenes } = await import('../test/runtimes/scenes.mjs');

const folder = join(root, '.runtimes');
const commands = { current: [process.execPath], ...listCommands(folder) };
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(commands, name));
if (unknown !== undefined) {
  console.error(`Unknown runtime "${unknown}". Use one of: ${Object.keys(commands).join(', ')}.`);
  process.exit(1);
}
const names = wanted.length > 0 ? wanted : Object.keys(commands);
const missing = names.some((name) => name !== 'current') ? installRuntimes(folder) : undefined;
if (missing !== undefined) console.error(`naru: the runtimes are not installed: ${missing}`);

const played = names.map((name) => {
  if (missing !== undefined && name !== 'current') return { name, outcomes: new Map(), ended: missing };
  console.log(`── ${name}`);
  const [program, ...args] = commands[name];
  const options = { cwd: root, encoding: 'utf8', timeout: runMsMax, stdio: ['ignore', 'pipe', 'inherit'] };
  const { stdout, status, signal } = spawnSync(program, [...args, 'test/runtimes/smoke.mjs'], options);
  return { name, ...readOutcomes(stdout ?? ''), ended: signal ?? `exit code ${status}` };
});

const { table, notes, isOk } = tabulate(Object.keys(scenes), played);
console.log(`\n${table}\n${notes.map((note) => `\n${note}`).join('')}`);
process.exitCode = isOk ? 0 : 1;
