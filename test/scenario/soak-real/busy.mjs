// Keeps all cores busy beside the soak, as other programs of a machine would.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Runs until the process that has started it ends. */
const LOOP = 'const parent = process.ppid; while (process.ppid === parent);';

/** Begins a loop on each core. Returns the function that ends all loops. */
export function keepBusy(count = availableParallelism()) {
  const loops = Array.from({ length: count }, () => spawn(process.execPath, ['-e', LOOP], { stdio: 'ignore' }));
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}
