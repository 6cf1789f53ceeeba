/** Copies what a folder has, as it is at one moment, into another, while processes go on writing to it. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { checkFile, type Database, FILE_NAME } from './database.js';
import { makeFolder } from './folder.js';

/** Where a copy stands until all of it is there. */
const UNFINISHED = 'copying';

/**
 * Copies a folder into `target`, which is made where there is none; gives the size of the copy in bytes. Guarantees: the copy is what all
 * that was written until one moment behind the call has left; whoever writes is held up for microseconds; `target` has all of it, on the disk,
 * or nothing. Rejects with ConfigError where `target` has something in it, with UnavailableError where it cannot be written.
 */
export async function copyFolder({ root }: Pick<Database, 'root'>, target: string): Promise<number> {
  const path = resolve(target);
  const isNew = !existsSync(path);
  const place = join(path, UNFINISHED);
  claim(path, place);
  try {
    await root.backup(place, false);
    const file = join(place, FILE_NAME);
    checkFile(file);
    sync(file);
    renameSync(file, join(path, FILE_NAME));
    rmdirSync(place);
    sync(path);
    return statSync(join(path, FILE_NAME)).size;
  } catch (error) {
    // Nothing else was there.
    for (const own of [place, join(path, FILE_NAME)]) rmSync(own, { recursive: true, force: true });
    if (isNew && readdirSync(path).length === 0) rmdirSync(path);
    throw copyFailed(path, error);
  }
}

/** Takes the target for this copy alone. */
function claim(path: string, place: string): void {
  let names: readonly string[];
  try {
    // It names sessions, which are secret.
    makeFolder(path, 0o700);
    names = readdirSync(path);
    if (names.length === 0) mkdirSync(place);
  } catch (error) {
    throw copyFailed(path, error);
  }
  const [first] = names;
  if (first === undefined) return;
  const what = first === UNFINISHED ? `${first}, of a copy that is under way or broke off` : first;
  const text = `there is something in ${path} (${what}); name a folder that is empty, or not there`;
  throw new ConfigError('BAD_ARGUMENT', text);
}

function copyFailed(path: string, error: unknown): UnavailableError {
  return new UnavailableError('IO_FAILED', `the log cannot be copied to ${path}: ${(error as Error).message}`, error);
}

/** Waits until the disk has it. */
function sync(path: string): void {
  // Windows opens no folders.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const descriptor = openSync(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
