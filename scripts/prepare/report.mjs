// What vitest's JSON report says of a run: which tests failed, and which were skipped.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const reasonLinesMax = 6;

/** The states in which a test was not run. */
const skippedStates = new Set(['pending', 'skipped', 'todo']);

/** The lines of a failure that say what it is; the whole of it stands where vitest printed it. */
function firstLines(message) {
  return message.split('\n').slice(0, reasonLinesMax);
}

/**
 * The files of a report, with their failed and skipped tests. A file that failed before any test of its own ran, as one
 * that does not load, has one failure that is called after the file.
 */
export function readReport(root, report) {
  if (!existsSync(report)) return [];
  return JSON.parse(readFileSync(report, 'utf8')).testResults.map(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ title: test.fullName, reason: firstLines(test.failureMessages.join('\n')) }));
    if (status === 'failed' && failed.length === 0) failed.push({ title: file, reason: firstLines(message) });
    const skipped = assertionResults.filter((test) => skippedStates.has(test.status)).map((test) => test.fullName);
    return { file, failed, skipped };
  });
}

/** Names each test that vitest skipped, so that a green run does not hide one; tells how many there are. */
export function printSkipped(files) {
  const concerned = files.filter(({ skipped }) => skipped.length > 0);
  if (concerned.length > 0) console.log('\nSKIPPED, and so not proven by this run:');
  for (const { file, skipped } of concerned) {
    console.log(`  ${file}`);
    for (const title of skipped) console.log(`    ${title}`);
  }
  return concerned.reduce((count, { skipped }) => count + skipped.length, 0);
}

/** Names each test that failed, with the beginning of its reason. */
export function printFailed(heading, files) {
  const concerned = files.filter(({ failed }) => failed.length > 0);
  if (concerned.length > 0) console.log(`\n${heading}`);
  for (const { file, failed } of concerned) {
    console.log(`  ${file}`);
    for (const { title, reason } of failed) console.log([`    ${title}`, ...reason].join('\n      '));
  }
}
