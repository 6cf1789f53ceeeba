/**
 * The folder with the sockets of the links between workers. The primary makes it. Only its user can reach what is in
 * it.
 */
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_CHARACTERS } from '../backplane/talk/exchange.js';
import { UnavailableError } from '../base/errors.js';
import { SOCKET_PATH_BYTES_MAX } from '../base/node/endpoint.js';
import { linkPath } from '../server/links/link-server.js';

/** Makes the folder among the temporary files. Throws UnavailableError if there can be no sockets in it. */
export function makeLinkFolder(): string {
  const place = tmpdir();
  const prefix = join(place, 'naru-workers-');
  const longest = Buffer.byteLength(linkPath(`${prefix}XXXXXX`, 'x'.repeat(NODE_CHARACTERS)));
  // Node would silently truncate the paths.
  if (longest > SOCKET_PATH_BYTES_MAX) throw unusable(place, 'its path is too long for Unix sockets');
  try {
    return mkdtempSync(prefix);
  } catch (error) {
    throw unusable(place, (error as Error).message, error);
  }
}

/** Removes the folder in the place of a primary that has died, unless other workers still have their sockets there. */
export function removeLinkFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The last worker removes it.
  }
}

function unusable(place: string, reason: string, cause?: unknown): UnavailableError {
  const fix = 'set the variable TMPDIR to another folder';
  return new UnavailableError('IO_FAILED', `The workers cannot have their links in ${place}: ${reason}; ${fix}`, cause);
}
