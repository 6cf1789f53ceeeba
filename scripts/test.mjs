// npm test: installs and builds what is missing, then checks everything, and says at the end what held and what was skipped.
//
// Arguments go to vitest alone: `npm test -- test/server` runs these files and nothing else.
// With NARU_REQUIRE_PEERS=1 a missing browser or peer is a failure, not a reason to skip.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { prepareDebian } from './prepare/debian.mjs';
import { install, requireNode } from './prepare/install.mjs';
import { printFailed, printSkipped, takeReport } from './prepare/reporter.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);
const required = process.env.NARU_REQUIRE_PEERS === '1';

/** The whole run ends within this time, in milliseconds; a hang is a failure, and not a reason to wait. */
const runTimeMsMax = 40 * 60_000;
const startedAt = performance.now();
/** More files than this that fail are no accident, and are not run a second time. */
const secondLooksMax = 3;
const results = [];

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Runs one tool of node_modules; notes whether it held, and gives the note. */
function run(title, script, args) {
  console.log(`\n── ${title}`);
  const since = performance.now();
  const timeout = Math.max(1, Math.round(runTimeMsMax - (since - startedAt)));
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout };
  const { status, error, signal } = spawnSync(process.execPath, [join(root, script), ...args], options);
  const why = error?.code === 'ETIMEDOUT' ? 'stopped: 40 minutes are over' : (signal ?? `exit code ${status}`);
  const result = { title, ok: status === 0, note: status === 0 ? seconds(since) : `${why}, ${seconds(since)}` };
  results.push(result);
  return result;
}

/** The TypeScript projects of the apps, whose tests are not part of the root's. */
function listAppProjects() {
  const apps = existsSync(join(root, 'apps')) ? readdirSync(join(root, 'apps')) : [];
  return apps.map((app) => `apps/${app}/tsconfig.json`).filter((file) => existsSync(join(root, file)));
}

/** Runs vitest on the files of these names, or on every file, and tells what became of them. */
function runVitest(title, names) {
  takeReport();
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/prepare/reporter.mjs')}`];
  const result = run(title, 'node_modules/vitest/vitest.mjs', ['run', ...reporters, ...names]);
  const files = takeReport() ?? [];
  return { result, files, failed: files.filter(({ failed }) => failed.length > 0) };
}

/**
 * Every test; and once more, by themselves, up to three files in which tests failed. A test that fails between seven
 * thousand others and holds alone may have been disturbed by its machine: it is named, and does not end the run in red.
 */
function runTests() {
  const { result, files, failed } = runVitest('vitest: every test', filters);
  const names = [...new Set(failed.map(({ file }) => file))];
  const outcome = { files, failed, again: [], unstable: [] };
  if (names.length === 0 || names.length > secondLooksMax) return outcome;
  const second = runVitest('vitest: the files that failed, alone', names);
  if (!second.result.ok) return { ...outcome, again: second.failed };
  result.ok = true;
  result.note += '; the files that failed hold alone';
  return { ...outcome, failed: [], unstable: failed };
}

function summarise({ missing, command }, { files, failed, again, unstable }) {
  if (missing.length > 0) {
    results.push({ title: `parts: ${missing.join(', ')}`, ok: !required, note: 'MISSING, its tests did not run' });
  }
  const skipped = printSkipped(files);
  console.log('\n── summary');
  for (const { title, ok, note } of results) console.log(`  ${ok ? 'ok    ' : 'FAILED'}  ${title} (${note})`);
  if (skipped > 0) console.log(`  ${skipped} tests were skipped, listed above`);
  if (missing.length > 0) console.log(`  To bring the missing parts: ${command}`);
  printFailed('UNSTABLE: failed among all tests, held when run alone; to be mended:', unstable);
  printFailed('FAILED:', failed);
  printFailed('FAILED AGAIN, alone:', again);
  const bad = results.filter(({ ok }) => !ok).length;
  console.log(`\n${bad === 0 ? 'Everything holds' : `${bad} of ${results.length} failed`}, in ${seconds(startedAt)}.`);
  process.exitCode = bad === 0 ? 0 : 1;
}

requireNode();
install(root);
build(root);
const parts = filters.length === 0 ? prepareDebian() : { missing: [], command: '' };
if (filters.length === 0) {
  run('biome: format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.']);
  for (const project of ['tsconfig.json', ...listAppProjects()]) {
    run(`tsc: types of ${project}`, 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', project]);
  }
}
summarise(parts, runTests());
