/** The homes of the log that programs measure: in memory, in a folder, on Redis or NATS, or none. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Broker } from '../../test/kit/brokers/broker.mjs';
import { makeFolder } from '../targets/temporary-folder.mjs';

/**
 * @typedef {object} Home
 * @property {any} backplane of a server, if it has one
 * @property {() => Promise<number>} bytes on the disk, or in the memory of Redis
 * @property {() => Promise<void>} close
 */

/**
 * Opens the home of a target: `naru-local`, `naru-redis` or `naru-nats`. The others have no backplane.
 * @param {string} target
 * @param {{ bytes?: number, isStored?: boolean }} [options] the bytes that a namespace keeps, and whether Redis writes
 * to the disk
 * @returns {Promise<Home>}
 */
export async function openHome(target, { bytes, isStored = true } = {}) {
  const options = bytes === undefined ? {} : { bytes };
  const none = { backplane: undefined, bytes: async () => 0, close: async () => {} };
  if (target === 'naru-local') {
    const folder = join(makeFolder(), 'log');
    const { local } = await import('@naru/local');
    const backplane = local(folder, options);
    return { backplane, bytes: async () => sizeOf(folder), close: () => backplane.close() };
  }
  if (target !== 'naru-redis' && target !== 'naru-nats') return none;
  const kind = target === 'naru-redis' ? 'redis' : 'nats';
  const folder = makeFolder();
  const broker = new Broker(kind, folder, kind === 'redis' && !isStored ? ['--appendonly', 'no'] : []);
  await broker.start();
  const backplane = await backplaneAt(kind, broker.url, options);
  const closeBoth = async () => {
    await backplane.close();
    await broker.kill();
  };
  if (kind === 'nats') return { backplane, bytes: async () => sizeOf(folder), close: closeBoth };
  const { createClient } = await import('@redis/client');
  const client = createClient({ url: broker.url });
  await client.connect();
  return {
    backplane,
    bytes: async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]),
    async close() {
      await client.close();
      await closeBoth();
    },
  };
}

/**
 * Returns the backplane of a server on a broker that runs.
 * @param {'redis' | 'nats'} kind
 * @param {string} url
 * @param {{ bytes?: number }} options
 */
export async function backplaneAt(kind, url, options) {
  return kind === 'redis'
    ? (await import('@naru/redis')).redis(url, options)
    : (await import('@naru/nats')).nats(url, options);
}

/** @param {string} folder */
function sizeOf(folder) {
  let sum = 0;
  for (const name of readdirSync(folder, { recursive: true })) {
    const found = statSync(join(folder, String(name)), { throwIfNoEntry: false });
    if (found?.isFile()) sum += found.blocks * 512;
  }
  return sum;
}

/**
 * Measures work by the CPU time of this process, in milliseconds.
 * @param {() => unknown} work
 */
export async function timed(work) {
  const before = process.cpuUsage();
  const from = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000, ms: performance.now() - from };
}
