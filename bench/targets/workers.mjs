/** Naru in several workers behind one port, which share a log on the disk. The CPU time and memory are those of all processes. */
import nodeCluster from 'node:cluster';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cluster } from 'naru/cluster';
import { usageOf } from './usage.mjs';

/**
 * Starts the workers in this process, which becomes their primary.
 * @param {number} workers
 * @param {string} app
 * @param {Record<string, unknown>} options
 */
export async function startWorkers(workers, app, options) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  nodeCluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker-child.mjs', import.meta.url)),
    args: [JSON.stringify({ workers, app, folder, options })],
    execArgv: [],
  });
  const { report } = await cluster({ workers }, () => {
    throw new Error('the primary starts no server');
  });
  const pids = () => Object.values(nodeCluster.workers ?? {}).flatMap((worker) => worker?.process.pid ?? []);
  return {
    port: /** @type {number} */ (report),
    count: () => 0,
    usage: () => usageOf([process.pid, ...pids()]),
  };
}
