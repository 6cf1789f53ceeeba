/** Copies the content of a folder at one moment into another folder, while processes continue to write. */
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
import { ConfigError, UnavailableError } from 'naru/base';
import { checkFile, type Database, FILE_NAME } from './database.js';
import { makeFolder } from './folder.js';

/** The subfolder that holds a copy until it is complete. */
const UNFINISHED = 'copying';

/**
 * Copies a folder into `target`, which is created if missing. Returns the size of the copy in bytes. Guarantees: the
 * copy is the state at one moment after the call. Writers wait for microseconds only. `target` gets the complete copy,
 * on the disk, or nothing. Rejects with ConfigError when `target` is not empty, and with UnavailableError when it
 * cannot be written.
 */
export async function copyFolder({ root }: Pick<Database, 'root'>, target: string): Promise<number> {
  const path = resolve(target);
  const isNew = !existsSync(path);
  const place = join(path, UNFINISHED);
  claim(path, place);
  try {
    await root.backup(place, false);
    const file = join(place, FILE_NAME);
    checkFile(file, 'check the free space on the disk, and copy again');
    sync(file);
    renameSync(file, join(path, FILE_NAME));
    rmdirSync(place);
    sync(path);
    return statSync(join(path, FILE_NAME)).size;
  } catch (error) {
    // The target was empty before.
    for (const own of [place, join(path, FILE_NAME)]) rmSync(own, { recursive: true, force: true });
    if (isNew && readdirSync(path).length === 0) rmdirSync(path);
    throw copyFailed(path, error);
  }
}

/** Reserves the target for this copy. */
function claim(path: string, place: string): void {
  let names: readonly string[];
  try {
    // The copy names sessions, which are secret.
    makeFolder(path, 0o700);
    names = readdirSync(path);
    if (names.length === 0) mkdirSync(place);
  } catch (error) {
    throw copyFailed(path, error);
  }
  const [first] = names;
  if (first === undefined) return;
  const what = first === UNFINISHED ? `${first}, of a copy that is under way or was interrupted` : first;
  const text = `${path} is not empty (${what}): name an empty folder, or one that does not exist`;
  throw new ConfigError('BAD_ARGUMENT', text);
}

function copyFailed(path: string, error: unknown): UnavailableError {
  return new UnavailableError('IO_FAILED', `the log cannot be copied to ${path}: ${(error as Error).message}`, error);
}

/** Waits until the content of a file or folder is on the disk. */
function sync(path: string): void {
  // Windows cannot open folders.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const descriptor = openSync(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
