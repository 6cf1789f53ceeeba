/**
 * Many viewers of one broadcast of the application `live`, beside the same rooms on socket.io. See
 * apps/live/bench.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const LOAD = fileURLToPath(new URL('../../apps/live/bench/load.mjs', import.meta.url));

/** @param {string} target @param {{ viewers: number }} options @param {{ seconds: number }} settings */
export async function measure(target, { viewers }, { seconds }) {
  const args = [
    LOAD,
    target,
    '--viewers',
    `${viewers}`,
    '--slow',
    '0',
    '--still',
    '0',
    '--seconds',
    `${seconds}`,
    '--json',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { pictures, lost, closed, latestMs, bytesMore, cpuSeconds } = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  );
  if (closed > 0 || lost > 0) throw new Error(`${closed} viewers were closed, and ${lost} pictures lost`);
  return {
    microsPerPicture: (cpuSeconds * 1e6) / pictures,
    serverCpu: cpuSeconds / seconds,
    latestMs,
    kibPerViewer: bytesMore / viewers / 1024,
  };
}
