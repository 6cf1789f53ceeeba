// Makes one deliberate defect after the other, and looks whether its check notices.
import { runCheck, runTests } from './checks.mjs';
import { applyMutant, makeWorkspace } from './workspace.mjs';

/**
 * Runs mutants, each `{ id, mutant, check }`, in `jobs` workspaces at once. Calls `onResult(id, outcome, seconds)` for
 * each. Returns the ids of those that were not caught.
 */
export async function runMutants(root, mutants, { jobs, onResult }) {
  const missed = [];
  const waiting = [...mutants];
  const work = async () => {
    const { folder, remove } = makeWorkspace(root);
    process.once('exit', remove);
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const since = performance.now();
        const outcome = await tryMutant(folder, next);
        if (outcome !== 'caught') missed.push(next.id);
        onResult(next.id, outcome, (performance.now() - since) / 1000);
      }
    } finally {
      process.off('exit', remove);
      remove();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, mutants.length)) }, work));
  return missed;
}

async function tryMutant(folder, { mutant, check }) {
  let restore;
  try {
    restore = applyMutant(folder, mutant);
    return await runCheck(folder, check);
  } catch (error) {
    return `NOT APPLIED: ${error.message}`;
  } finally {
    restore?.();
  }
}

/** Runs all tests without a defect. Returns the names of those that fail or do not run, because they prove nothing. */
export async function findUnsound(root, mutants) {
  const checks = mutants.map(({ check }) => check).filter(({ file }) => file !== undefined);
  if (checks.length === 0) return [];
  const { folder, remove } = makeWorkspace(root);
  process.once('exit', remove);
  try {
    const files = [...new Set(checks.map(({ file }) => file))];
    const names = [...new Set(checks.map(({ test }) => test))];
    const { tests, errors } = await runTests(folder, files, names);
    const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    return [...failed, ...errors.map(({ name, message }) => `${name}: ${message}`)];
  } finally {
    process.off('exit', remove);
    remove();
  }
}
