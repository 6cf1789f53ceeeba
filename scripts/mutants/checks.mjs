// Runs the checks of mutants in a workspace: a test by its full name, or seeds of the soak.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The time limit of one check in milliseconds. A defect may make the code wait for ever, which its check notices in
 * this way.
 */
const checkTimeMsMax = 5 * 60_000;
/** The time limit of seeds of the soak in milliseconds. Twenty simulated hours take five minutes on an idle machine. */
const soakTimeMsMax = 30 * 60_000;

/** The programs that run now. They end with this one. */
const running = new Set();

/** Ends all checks that are under way. */
export function endChecks() {
  for (const child of running) end(child);
}

function end(child) {
  try {
    // A check has a group of its own, with all that it starts.
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/**
 * Runs a program of the workspace. Resolves with what it has printed, and with its exit code, which is undefined after
 * the time limit.
 */
function run(folder, args, timeMsMax = checkTimeMsMax) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CI: '1', VITEST: undefined };
    const stdio = ['ignore', 'pipe', 'ignore'];
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio, detached: true });
    running.add(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end(child);
    }, timeMsMax);
    child.once('error', reject);
    // Programs that it has started may keep its output open.
    child.once('exit', () => end(child));
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: isLate ? undefined : (code ?? 1), output });
    });
  });
}

/** Returns a pattern for `vitest -t` that matches exactly these full names. An asterisk stands for any text. */
export function patternOf(names) {
  const parts = names.map((name) => name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'));
  return `^(?:${parts.join('|')})$`;
}

/**
 * Runs tests by their full names. Returns the exit code, the outcome of each test, and the errors of files that did not
 * load.
 */
export async function runTests(folder, files, names) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const paths = files.map((file) => `${file}.test.ts`);
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  // The project `plain` runs some files a second time.
  const options = ['--project', 'node', '--project', 'together', '--reporter=json', `--outputFile=${report}`];
  // Each check loads nearly the same modules as the one before.
  options.push('--experimental.fsModuleCache', `--experimental.fsModuleCachePath=${join(folder, '.modules')}`);
  const { code } = await run(folder, [vitest, 'run', ...paths, '-t', patternOf(names), ...options]);
  const { testResults = [] } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  return {
    code,
    tests: testResults.flatMap(({ assertionResults }) => assertionResults),
    errors: testResults.filter(({ assertionResults, message }) => assertionResults.length === 0 && message !== ''),
  };
}

/** Says what a check found: `caught`, `NOT CAUGHT`, or why it says nothing about the defect. */
export async function runCheck(folder, { file, test, ...soak }) {
  if (file === undefined) {
    const args = ['--seeds', soak.seeds, '--minutes', String(soak.minutes), '--shrink', '0', '--first', '--enter'];
    return judgeSoak(await run(folder, [join(folder, 'scripts/soak.mjs'), ...args], soakTimeMsMax));
  }
  return judge(await runTests(folder, [file], [test]));
}

/** Judges a run of the soak. One that ends before a seed has failed proves nothing. */
export function judgeSoak({ code, output }) {
  if (code === undefined || /^seed \d+ FAILS/m.test(output)) return 'caught';
  return code === 0 ? 'NOT CAUGHT' : 'BROKEN: the soak ended without a seed that fails';
}

/** Judges the run of one check. A defect that keeps the code from loading proves nothing about the check. */
export function judge({ code, tests, errors }) {
  if (code === undefined) return 'caught';
  if (errors.length > 0) return `BROKEN: ${errors[0].message.split('\n')[0]}`;
  const ran = tests.filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length === 0) return 'NOT RUN: no test has this name, or it was skipped';
  return code === 0 ? 'NOT CAUGHT' : 'caught';
}
