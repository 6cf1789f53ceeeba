/**
 * Creates the folder of a log and its parents. Node's recursive `mkdir` never returns where the system allows no
 * folders, as below /proc.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UnavailableError } from '../../base/errors.js';

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
