// Builds what is missing or stale, in a process of its own.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs the build; ends the program with one line if that fails. */
export function build(root, flags = []) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), ...flags], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  console.error('naru: the build failed; its own lines above say why.');
  process.exit(1);
}
