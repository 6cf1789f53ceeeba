/** Opens the log of a served app: in a broker, in a folder, or in memory when no folder is wanted or usable. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '@naru/local/folder';
import type { Backplane, Retention } from 'naru/backplane';
import { memoryBackplane } from 'naru/backplane';
import { systemClock, UnavailableError } from 'naru/base';
import type { AppPlace } from './app.js';
import { DATA_FOLDER, openAddress, withoutSecrets } from './backplane-address.js';
import { badArgument } from './failure.js';

/** The requested home of the log. */
export type DataChoice =
  | { readonly type: 'address'; readonly address: string }
  | { readonly type: 'memory' }
  /** `isAsked` says that the user named the folder. If it cannot be used, that is an error. */
  | { readonly type: 'folder'; readonly path: string; readonly isAsked: boolean };

/** An open log. */
export interface Data {
  readonly backplane: Backplane;
  /** The folder; `undefined` for memory and for a broker. */
  readonly folder: string | undefined;
  /** The address of the broker, without secrets. */
  readonly address?: string;
}

/** The folder for the app's own files, inside the folder of the log. */
export const APP_FOLDER = 'app';

/** The default retention per namespace: a week, and 1 GiB on disk. In memory, MEMORY_BYTES_MAX is the most. */
export const RETENTION: Retention = { ageMs: 7 * 24 * 60 * 60 * 1_000, bytes: 1024 ** 3 };

const MEMORY_BYTES_MAX = 64 * 1024 ** 2;

/**
 * Returns the choice that `--backplane`, `--data` or their variables make. Without any, the log goes to the folder
 * beside the app.
 */
export function chooseData(
  asked: string | undefined,
  { folder }: Pick<AppPlace, 'folder'>,
  address?: string,
): DataChoice {
  if (address !== undefined) return { type: 'address', address };
  if (asked === 'memory') return { type: 'memory' };
  if (asked !== undefined) return { type: 'folder', path: resolve(asked), isAsked: true };
  return { type: 'folder', path: join(folder, DATA_FOLDER), isAsked: false };
}

/**
 * Opens the log. When the default folder cannot be used, or LMDB does not load, `say` reports it and the log is in
 * memory. Rejects with ConfigError when a folder that the user named cannot be written, and with UnavailableError when
 * its log cannot be opened.
 */
export async function openData(choice: DataChoice, retention: Retention, say: (line: string) => void): Promise<Data> {
  if (choice.type === 'memory') return inMemory(retention);
  if (choice.type === 'address') {
    const { address } = choice;
    return { backplane: await openAddress(address, retention), folder: undefined, address: withoutSecrets(address) };
  }
  const { path, isAsked } = choice;
  const problem = problemOf(path);
  if (problem !== undefined && isAsked) {
    throw badArgument(
      `the data folder cannot be written: ${problem}; name another with --data or NARU_DATA, or keep the log in memory with --data memory`,
    );
  }
  // LMDB is a native module. When it was not built or not installed, the import throws.
  const open = await import('@naru/local').then(({ local }) => local).catch(() => undefined);
  if (problem !== undefined) {
    say(`the log is in memory and is lost when the program ends, because ${problem}; name a folder with --data`);
  } else if (!open) {
    say(
      'the log is in memory and is lost when the program ends, because LMDB does not load here; reinstall the package lmdb',
    );
  } else {
    try {
      return { backplane: open(path, retention), folder: path };
    } catch (error) {
      if (isAsked) throw error;
      say(
        `${(error as Error).message}; the log is in memory and is lost when the program ends; name a folder with --data`,
      );
    }
  }
  return inMemory(retention);
}

/**
 * Replaces an error of the log by a clearer one when the disk is full. LMDB reports a full disk as an input/output
 * error.
 */
export function explainLogError(error: unknown, folder: string | undefined, freeBytes = freeBytesOf): unknown {
  if (folder === undefined || freeBytes(folder) >= FULL_BYTES) return error;
  return new UnavailableError(
    'IO_FAILED',
    `the disk of ${folder} is full: events are delivered, but not stored until there is space`,
    error,
  );
}

/** A disk with fewer free bytes counts as full, because a write of LMDB takes several pages. */
const FULL_BYTES = 64 * 1_024;

function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // The free space is unknown, so the caller keeps the original error.
    return Number.POSITIVE_INFINITY;
  }
}

function inMemory({ ageMs, bytes }: Retention): Data {
  const backplane = memoryBackplane(systemClock, { ageMs, bytes: Math.min(bytes, MEMORY_BYTES_MAX) });
  return { backplane, folder: undefined };
}

/** Creates a folder if needed, and returns the reason if it cannot be written. */
function problemOf(path: string): string | undefined {
  try {
    // The log holds private messages, so other users of this machine must not read it.
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
  ENOTDIR: 'is inside a file',
  IO_FAILED: 'cannot be created, because there can be no folder there',
};
