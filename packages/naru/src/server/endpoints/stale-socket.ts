/** Removes the file of a Unix socket that a crashed program left, because it would keep the next one from listening. */
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Removes the file of a Unix socket when no program listens on it. Resolves with whether the file was removed. It keeps
 * a file that is not a socket, a socket that a program answers on, and a socket that it may not connect to.
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSocket() || !(await isDeserted(path))) return false;
    await unlink(path);
    return true;
  } catch {
    // The file is gone, or this user may not remove it. The next attempt to listen reports the reason.
    return false;
  }
}

function isDeserted(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(false);
    });
    probe.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
