// Builds missing or outdated parts in a process of its own.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs the build. Ends the program with one line if it fails. */
export function build(root, flags = []) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), ...flags], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  console.error('naru: the build failed. Its output is above.');
  process.exit(1);
}
