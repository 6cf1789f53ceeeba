/** The state of the source that a run measures, as Git knows it. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The files that can change a result. Tests, texts and results cannot. */
const PATHS = [
  'packages',
  'bench',
  'apps/live',
  'apps/kit',
  'test/kit/brokers',
  'package-lock.json',
  ':(exclude,glob)**/*.md',
  ':(exclude)bench/results',
  ':(exclude,glob)packages/*/test/**',
  ':(exclude,glob)apps/*/test/**',
  ':(exclude,glob)apps/*/screenshots/**',
];

/** @param {string} folder @param {string[]} args */
function git(folder, ...args) {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** Returns the commit of the working tree. */
export function headCommit(folder = root) {
  return git(folder, 'rev-parse', 'HEAD');
}

/**
 * Returns the files of the source that differ from a commit, the new ones too.
 * @param {string} commit
 * @param {string} [folder]
 */
export function changedSince(commit, folder = root) {
  const changed = git(folder, 'diff', '--name-only', commit, '--', ...PATHS);
  const added = git(folder, 'ls-files', '--others', '--exclude-standard', '--', ...PATHS);
  return [...changed.split('\n'), ...added.split('\n')].filter((path) => path !== '');
}
