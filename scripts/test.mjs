// npm test: installs and builds missing parts, checks everything, and ends with a summary of failed and skipped tests.
//
// Paths select tests: `npm test -- naru/test/server` runs only the files whose path contains this, and builds only
// their needs. A source selects its test, and options such as `-t name` go to vitest.
// With NARU_REQUIRE_PEERS=1 a missing browser or peer is a failure, not a reason to skip.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { prepareDebian } from './prepare/debian.mjs';
import { install, requireNode } from './prepare/install.mjs';
import { listProjects } from './prepare/projects.mjs';
import { printFailed, printSkipped, takeReport } from './prepare/reporter.mjs';
import { findNeed, listTests, readWords, selectTests, suggest } from './prepare/select.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { options, paths } = readWords(process.argv.slice(2));
const isWhole = options.length === 0 && paths.length === 0;
const { files: selected, filters, unmatched } = selectTests(root, listTests(root), paths);
const required = process.env.NARU_REQUIRE_PEERS === '1';

/** The time limit of the whole run in milliseconds. A hang is a failure. */
const runTimeMsMax = 40 * 60_000;
const startedAt = performance.now();
/** If more files than this fail, it is not by chance, and they are not run again. */
const secondLooksMax = 3;
const results = [];

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Runs one tool of node_modules. Records whether it succeeded, and returns the record. */
function run(title, script, args) {
  console.log(`\n── ${title}`);
  const since = performance.now();
  const timeout = Math.max(1, Math.round(runTimeMsMax - (since - startedAt)));
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout };
  const { status, error, signal } = spawnSync(process.execPath, [join(root, script), ...args], options);
  const why = error?.code === 'ETIMEDOUT' ? 'stopped after 40 minutes' : (signal ?? `exit code ${status}`);
  const result = { title, ok: status === 0, note: status === 0 ? seconds(since) : `${why}, ${seconds(since)}` };
  results.push(result);
  return result;
}

/** Runs vitest on these files, or on every file, and returns the results. */
function runVitest(title, names) {
  takeReport();
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/prepare/reporter.mjs')}`];
  const result = run(title, 'node_modules/vitest/vitest.mjs', ['run', ...reporters, ...options, ...names]);
  const files = takeReport() ?? [];
  return { result, files, failed: files.filter(({ failed }) => failed.length > 0) };
}

/**
 * Runs the selected tests. After a whole run, up to three files with failed tests run once more by themselves. A test
 * that fails among all others and passes alone is reported as UNSTABLE and does not fail the run. It is a defect.
 */
function runTests() {
  const { result, files, failed } = runVitest(isWhole ? 'vitest: every test' : 'vitest: selected tests', filters);
  const names = [...new Set(failed.map(({ file }) => file))];
  const outcome = { files, failed, again: [], unstable: [] };
  if (result.ok && files.length > 0 && files.every(({ ran }) => ran === 0)) {
    result.ok = false;
    result.note = 'no test ran: no name matches, or all tests are skipped';
  }
  if (!isWhole || names.length === 0 || names.length > secondLooksMax) return outcome;
  const second = runVitest('vitest: the failed files, alone', names);
  if (!second.result.ok) return { ...outcome, again: second.failed };
  result.ok = true;
  result.note += '; the failed files passed alone';
  return { ...outcome, failed: [], unstable: failed };
}

/** Ends the program if a path matches no test, and prints similar paths. */
function refuseUnmatched() {
  if (unmatched.length === 0) return;
  for (const path of unmatched) {
    console.error(`No test file has "${path}" in its path. Perhaps you mean one of these:`);
    for (const near of suggest(listTests(root), path)) console.error(`  ${near}`);
  }
  process.exit(1);
}

/** Builds what the selected tests need: everything for a whole run, and nothing for tests that import only src. */
function buildNeeded() {
  const need = isWhole ? 'apps' : findNeed(root, paths.length === 0 ? listTests(root) : selected);
  const flags = {
    modules: ['--only-modules', '--quiet'],
    package: ['--no-apps', '--quiet'],
    apps: isWhole ? [] : ['--quiet'],
  };
  if (need !== 'nothing') build(root, flags[need]);
}

function summarise({ missing, command }, { files, failed, again, unstable }) {
  if (missing.length > 0) {
    results.push({ title: `parts: ${missing.join(', ')}`, ok: !required, note: 'MISSING, so their tests did not run' });
  }
  // With a selected name, vitest skips all other tests.
  const skipped = isWhole ? printSkipped(files) : 0;
  console.log('\n── summary');
  for (const { title, ok, note } of results) console.log(`  ${ok ? 'ok    ' : 'FAILED'}  ${title} (${note})`);
  if (skipped > 0) console.log(`  ${skipped} tests were skipped, listed above`);
  if (missing.length > 0) console.log(`  To install the missing parts: ${command}`);
  printFailed('UNSTABLE: failed among all tests and passed alone, which is a defect:', unstable);
  printFailed('FAILED:', failed);
  printFailed('FAILED AGAIN when run alone:', again);
  const bad = results.filter(({ ok }) => !ok).length;
  console.log(`\n${bad === 0 ? 'Everything passed' : `${bad} of ${results.length} failed`}, in ${seconds(startedAt)}.`);
  process.exitCode = bad === 0 ? 0 : 1;
}

requireNode();
refuseUnmatched();
install(root);
buildNeeded();
const parts = isWhole ? prepareDebian() : { missing: [], command: '' };
if (isWhole) {
  run('biome: format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.']);
  for (const project of listProjects(root)) {
    run(`tsc: types of ${project}`, 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', project]);
  }
}
summarise(parts, runTests());
