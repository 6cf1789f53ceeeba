/** The file of a Unix socket outlives a program that dies, and would keep its next start from listening. */
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Removes the file of a Unix socket at which nobody listens any more; resolves with whether it did. Anything else that stands at the path stays,
 * and so does a socket that somebody answers at, or that may not be asked.
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSocket() || !(await isDeserted(path))) return false;
    await unlink(path);
    return true;
  } catch {
    // Gone meanwhile, no file at all, or not ours to remove: who listens next is told by the system.
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
