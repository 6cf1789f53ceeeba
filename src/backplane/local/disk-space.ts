/** Room on the disk for what LMDB needs to open a folder: where it finds none, it ends the program, with no error to be caught. */
import { existsSync, linkSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { UnavailableError } from '../../base/errors.js';

/** What a new folder takes is a fifth of it. */
const NEW_BYTES = 256 * 1_024;

/** Throws UnavailableError where one of the files is still to be made, and the disk of the folder has no room for that. */
export function checkRoom(folder: string, files: readonly string[], freeBytes = freeBytesOf): void {
  if (files.every((file) => existsSync(file)) || freeBytes(folder) >= NEW_BYTES) return;
  throw new UnavailableError('BUFFER_FULL', 'the disk is full');
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Three pages: LMDB needs a little more than two, and takes what there is. */
const LOCK_BYTES = 12_288;

/**
 * Makes a lock file, with room for all of it, where there is none: LMDB writes to it through memory. Throws what the system says of a disk
 * that is full.
 */
export function reserveLock(file: string): void {
  if (existsSync(file)) return;
  const own = `${file}-${process.pid}`;
  try {
    writeFileSync(own, new Uint8Array(LOCK_BYTES), { mode: 0o664 });
    // Whole or not at all: another process may open the folder now, and write to the file from then on.
    link(own, file);
  } finally {
    rmSync(own, { force: true });
  }
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another process was first, or this file system has no links; then LMDB makes the file.
  }
}
