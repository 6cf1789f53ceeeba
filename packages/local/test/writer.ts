/** A process that appends numbers to a log on the disk as fast as it can, and prints each confirmed one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const WRITER = fileURLToPath(new URL('./writer.mjs', import.meta.url));

/** Starts a writer, which is killed after the test. `taken` returns the numbers that it has printed. */
export async function startWriter(path: string, name: string) {
  const child = spawn(process.execPath, [WRITER, path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  return { child, taken: () => said.split('\n').slice(0, -1).map(Number) };
}
