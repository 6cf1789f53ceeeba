/**
 * Creates the folder of a log and its parents. Node's recursive `mkdir` never returns where the system allows no
 * folders, as below /proc.
 */
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UnavailableError } from 'naru/base';

/** The bits of a mode for the group and for everybody. */
const RIGHTS_OF_OTHERS = 0o077;

/**
 * Creates a folder if it is missing, with its parents. `mode` applies to the folders that it creates. Throws
 * UnavailableError when the parent allows no folders, and the error of the system otherwise.
 */
export function makeFolder(folder: string, mode?: number): void {
  const path = resolve(folder);
  const failure = tryToMake(path, mode);
  if (failure === undefined) return;
  const parent = dirname(path);
  if (failure.code !== 'ENOENT' || parent === path) throw failure;
  makeFolder(parent, mode);
  const again = tryToMake(path, mode);
  if (again?.code === 'ENOENT') throw new UnavailableError('IO_FAILED', `no folder can be made in ${parent}`, again);
  if (again) throw again;
}

/** Returns why a folder cannot be created, or `undefined` when the folder exists. */
function tryToMake(path: string, mode: number | undefined): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}

/**
 * Throws UnavailableError unless a path is a folder of this user that nobody else may open. Somebody else may have made
 * it before, where all users may make folders.
 */
export function checkPrivate(folder: string): void {
  // A link is not a folder here.
  const stats = lstatSync(folder);
  const { uid, mode } = stats;
  if (stats.isDirectory() && uid === process.geteuid?.() && (mode & RIGHTS_OF_OTHERS) === 0) return;
  const message = `${folder} must be a folder that only this user may open: remove it, or set TMPDIR of all processes to another folder`;
  throw new UnavailableError('IO_FAILED', message);
}
