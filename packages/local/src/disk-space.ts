/**
 * Ensures that the disk has room for what LMDB needs to open a folder. Without that room LMDB ends the program, and no
 * error can be caught.
 */
import { existsSync, linkSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { UnavailableError } from 'naru/base';

/** Five times the bytes that a new folder takes. */
const NEW_BYTES = 256 * 1_024;

/** Throws UnavailableError when one of the files is missing and the disk of the folder has no room for it. */
export function checkRoom(folder: string, files: readonly string[], freeBytes = freeBytesOf): void {
  if (files.every((file) => existsSync(file)) || freeBytes(folder) >= NEW_BYTES) return;
  throw new UnavailableError('BUFFER_FULL', 'the disk is full');
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Three pages. LMDB needs a little more than two, and uses the size that it finds. */
const LOCK_BYTES = 12_288;

/**
 * Creates a lock file in its full size if it is missing, because LMDB writes to it through mapped memory. Throws the
 * error of the system when the disk is full.
 */
export function reserveLock(file: string): void {
  if (existsSync(file)) return;
  const own = `${file}-${process.pid}`;
  try {
    writeFileSync(own, new Uint8Array(LOCK_BYTES), { mode: 0o664 });
    // The file appears complete or not at all. Another process may open the folder now, and write to the file from then
    // on.
    link(own, file);
  } finally {
    rmSync(own, { force: true });
  }
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another process was first, or this file system has no links. In the second case LMDB creates the file.
  }
}
