/** Makes the folder of a log, and those above it: Node's own way of that goes round for ever where the system keeps none, as below /proc. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UnavailableError } from '../../base/errors.js';

/**
 * Makes a folder where there is none, with all that are missing above it; `mode` counts for those that are made. Throws UnavailableError
 * where none can be made, and what the system says otherwise.
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

/** Why a folder cannot be made; nothing where it is there. */
function tryToMake(path: string, mode: number | undefined): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}
