/** Where a served app's log is kept: in a folder, or in memory where there is to be none, or can be none. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Backplane, Retention } from '../backplane/backplane.js';
import { makeFolder } from '../backplane/local/folder.js';
import { memoryBackplane } from '../backplane/memory.js';
import { systemClock } from '../base/clock.js';
import { UnavailableError } from '../base/errors.js';
import type { AppPlace } from './app.js';
import { badArgument } from './failure.js';

/** Where the log is wanted. */
export type DataChoice =
  | { readonly type: 'memory' }
  /** `isAsked`: somebody named the folder, and so has to know when it cannot be used. */
  | { readonly type: 'folder'; readonly path: string; readonly isAsked: boolean };

/** A log that is open. */
export interface Data {
  readonly backplane: Backplane;
  /** The folder; nothing for memory. */
  readonly folder: string | undefined;
}

/** The folder beside an app that its log is in, where nobody names another. */
export const DATA_FOLDER = '.naru';

/** The part of it that is the app's own. */
export const APP_FOLDER = 'app';

/** What is kept where neither the person nor the app says otherwise: a week, and 1 GiB of a namespace; of memory 64 MiB. */
export const RETENTION: Retention = { ageMs: 7 * 24 * 60 * 60 * 1_000, bytes: 1024 ** 3 };

const MEMORY_BYTES_MAX = 64 * 1024 ** 2;

/** The choice that `--data` or `NARU_DATA` makes; without either it is the folder beside the app. */
export function chooseData(asked: string | undefined, { folder }: Pick<AppPlace, 'folder'>): DataChoice {
  if (asked === 'memory') return { type: 'memory' };
  if (asked !== undefined) return { type: 'folder', path: resolve(asked), isAsked: true };
  return { type: 'folder', path: join(folder, DATA_FOLDER), isAsked: false };
}

/**
 * Opens the log. A folder that nobody asked for and that cannot be used is told by `say`, and the log is in memory; so it is where this
 * platform has no LMDB. Rejects with ConfigError when a folder that was asked for cannot be written, with UnavailableError when it
 * cannot be opened.
 */
export async function openData(choice: DataChoice, retention: Retention, say: (line: string) => void): Promise<Data> {
  if (choice.type === 'memory') return inMemory(retention);
  const { path, isAsked } = choice;
  const problem = problemOf(path);
  if (problem !== undefined && isAsked) {
    throw badArgument(
      `the folder for data cannot be written: ${problem}; name another with --data or NARU_DATA, or none with --data memory`,
    );
  }
  // LMDB is native: where it was not built, or an install left it out, to import it throws.
  const open = await import('../backplane/local/local-backplane.js').then(({ local }) => local).catch(() => undefined);
  if (problem !== undefined) {
    say(`the log is in memory and ends with the program, because ${problem}; name a folder with --data`);
  } else if (!open) {
    say('the log is in memory and ends with the program, because LMDB does not load here; reinstall the package lmdb');
  } else {
    try {
      return { backplane: open(path, retention), folder: path };
    } catch (error) {
      if (isAsked) throw error;
      say(`${(error as Error).message}; the log is in memory and ends with the program; name a folder with --data`);
    }
  }
  return inMemory(retention);
}

/** Says of an error of the log that the disk is full, where it is: LMDB calls that an input/output error. */
export function explainLogError(error: unknown, folder: string | undefined, freeBytes = freeBytesOf): unknown {
  if (folder === undefined || freeBytes(folder) >= FULL_BYTES) return error;
  return new UnavailableError(
    'IO_FAILED',
    `the disk of ${folder} is full: events go out, and are not kept until there is room`,
    error,
  );
}

/** Less than this is none: a write of LMDB takes several pages. */
const FULL_BYTES = 64 * 1_024;

function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Not known, so the error stands as it is.
    return Number.POSITIVE_INFINITY;
  }
}

function inMemory({ ageMs, bytes }: Retention): Data {
  const backplane = memoryBackplane(systemClock, { ageMs, bytes: Math.min(bytes, MEMORY_BYTES_MAX) });
  return { backplane, folder: undefined };
}

/** Why a folder cannot be written, if so; it is there afterwards. */
function problemOf(path: string): string | undefined {
  try {
    // What people say is for nobody else on this machine.
    makeFolder(path, 0o700);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `${path} ${(code && REASONS[code]) ?? `fails with ${code ?? String(error)}`}`;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'is on a disk that is read-only',
  ENOSPC: 'is on a disk that is full',
  EEXIST: 'is a file',
  ENOTDIR: 'is inside of a file',
  IO_FAILED: 'cannot be made, because no folder can be there',
};
