// npm test: installs and builds what is missing, then checks everything, and says at the end what held and what was skipped.
//
// Arguments go to vitest alone: `npm test -- test/server` runs these files and nothing else.
// With NARU_REQUIRE_PEERS=1 a missing browser or peer is a failure, not a reason to skip.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { prepareDebian } from './prepare/debian.mjs';
import { install, requireNode } from './prepare/install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);
const required = process.env.NARU_REQUIRE_PEERS === '1';
const report = join(root, 'node_modules/.cache/naru/vitest.json');

/** The whole run ends within this time, in milliseconds; a hang is a failure, and not a reason to wait. */
const runTimeMsMax = 40 * 60_000;
const startedAt = performance.now();
const results = [];

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Runs one tool of node_modules; notes whether it held. */
function run(title, script, args) {
  console.log(`\n── ${title}`);
  const since = performance.now();
  const timeout = Math.max(1, Math.round(runTimeMsMax - (since - startedAt)));
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout };
  const { status, error, signal } = spawnSync(process.execPath, [join(root, script), ...args], options);
  const why = error?.code === 'ETIMEDOUT' ? 'stopped: 40 minutes are over' : (signal ?? `exit code ${status}`);
  results.push({ title, ok: status === 0, note: status === 0 ? seconds(since) : `${why}, ${seconds(since)}` });
}

/** The TypeScript projects of the apps, whose tests are not part of the root's. */
function listAppProjects() {
  const apps = existsSync(join(root, 'apps')) ? readdirSync(join(root, 'apps')) : [];
  return apps.map((app) => `apps/${app}/tsconfig.json`).filter((file) => existsSync(join(root, file)));
}

function runVitest() {
  mkdirSync(join(report, '..'), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  run('vitest: every test', 'node_modules/vitest/vitest.mjs', ['run', ...reporters, ...filters]);
}

/** Names each test that vitest skipped, so that a green run does not hide one. */
function listSkipped() {
  if (!existsSync(report)) return 0;
  let count = 0;
  for (const { name, assertionResults } of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const skipped = assertionResults.filter(
      ({ status }) => status === 'pending' || status === 'skipped' || status === 'todo',
    );
    if (skipped.length === 0) continue;
    if (count === 0) console.log('\nSKIPPED, and so not proven by this run:');
    console.log(`  ${relative(root, name)}`);
    for (const { fullName } of skipped) console.log(`    ${fullName}`);
    count += skipped.length;
  }
  return count;
}

function summarise({ missing, command }, skipped) {
  if (missing.length > 0) {
    results.push({ title: `parts: ${missing.join(', ')}`, ok: !required, note: 'MISSING, its tests did not run' });
  }
  console.log('\n── summary');
  for (const { title, ok, note } of results) console.log(`  ${ok ? 'ok    ' : 'FAILED'}  ${title} (${note})`);
  if (skipped > 0) console.log(`  ${skipped} tests were skipped, listed above`);
  if (missing.length > 0) console.log(`  To bring the missing parts: ${command}`);
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(
    `\n${failed === 0 ? 'Everything holds' : `${failed} of ${results.length} failed`}, in ${seconds(startedAt)}.`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
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
runVitest();
summarise(parts, listSkipped());
