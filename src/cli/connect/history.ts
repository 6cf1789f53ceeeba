/** The lines that a person typed before, kept in a file between runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../backplane/local/folder.js';
import type { Environment } from '../arguments.js';

/** Lines that are kept. */
export const HISTORY_MAX = 1_000;

/** Where the lines are kept: in the state folder of the person, or nowhere when there is no home. */
export function historyFile(env: Environment): string | undefined {
  const { XDG_STATE_HOME, HOME } = env;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, 'naru', 'history');
  return HOME ? join(HOME, '.local', 'state', 'naru', 'history') : undefined;
}

/** The lines of a file, newest first; none when it cannot be read. */
export function loadHistory(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-HISTORY_MAX)
      .reverse();
  } catch {
    // There is none yet, or it is not for us to read: the program is useful without it.
    return [];
  }
}

/** Keeps lines, given newest first, for nobody else to read, where it can. */
export function saveHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined) return;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(file, `${lines.slice(0, HISTORY_MAX).reverse().join('\n')}\n`, { mode: 0o600 });
  } catch {
    // A disk that is full must not keep the program from its end.
  }
}
