// A reporter of vitest that writes the failed and skipped tests and the uncaught errors to a file for scripts/test.mjs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const report = fileURLToPath(new URL('../../node_modules/.cache/naru/tests.json', import.meta.url));
const reasonLinesMax = 4;

/** Returns the lines of an error that say what failed, and where in the project. vitest has printed the whole error. */
function shorten(errors) {
  return errors.flatMap(({ name, message, stacks }) => {
    const at = stacks?.find(({ file }) => file.startsWith(root) && !file.includes('node_modules'));
    const where = at && `at ${relative(root, at.file)}:${at.line}`;
    return [...`${name ?? 'Error'}: ${message}`.split('\n').slice(0, reasonLinesMax), ...(where ? [where] : [])];
  });
}

function describe(module) {
  const file = relative(root, module.moduleId);
  const tests = [...module.children.allTests()];
  const failed = tests
    .filter((test) => test.result().state === 'failed')
    .map((test) => ({ title: test.fullName, reason: shorten(test.result().errors) }));
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) failed.push({ title: suite.fullName, reason: shorten(suite.errors()) });
  }
  if (module.errors().length > 0) failed.push({ title: 'the file itself', reason: shorten(module.errors()) });
  const skipped = tests.filter((test) => test.result().state === 'skipped').map((test) => test.fullName);
  return { file, failed, skipped, ran: tests.length - skipped.length };
}

export default class {
  onTestRunEnd(modules, unhandled) {
    const files = modules.map(describe);
    for (const error of unhandled) {
      const file = error.VITEST_TEST_PATH ? relative(root, error.VITEST_TEST_PATH) : '(an unknown file)';
      files.push({ file, failed: [{ title: 'an error that nobody caught', reason: shorten([error]) }], skipped: [] });
    }
    mkdirSync(dirname(report), { recursive: true });
    writeFileSync(report, JSON.stringify(files));
  }
}

/** Returns the report on each file of the last run, or `undefined` if vitest did not finish. */
export function takeReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  } finally {
    rmSync(report, { force: true });
  }
}

/** Prints each skipped test, so that a green run does not hide it. Returns their number. */
export function printSkipped(files) {
  const concerned = files.filter(({ skipped }) => skipped.length > 0);
  if (concerned.length > 0) console.log('\nSKIPPED, so this run proves nothing about them:');
  for (const { file, skipped } of concerned) {
    console.log(`  ${file}`);
    for (const title of skipped) console.log(`    ${title}`);
  }
  return concerned.reduce((count, { skipped }) => count + skipped.length, 0);
}

/** Prints each failed test, with the beginning of its reason. */
export function printFailed(heading, files) {
  if (files.length > 0) console.log(`\n${heading}`);
  for (const { file, failed } of files) {
    console.log(`  ${file}`);
    for (const { title, reason } of failed) console.log([`    ${title}`, ...reason].join('\n      '));
  }
}
