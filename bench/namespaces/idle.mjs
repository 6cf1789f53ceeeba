/**
 * Measures many namespaces that are mostly idle: their creation, the memory of the node, and that of the home. Each
 * second some of them wake up: the program emits an event there. A minute later they are idle again.
 * One process for each home, started by this one. Clients and their sessions are left out.
 *
 *     node bench/namespaces/idle.mjs --homes memory,folder,redis,nats --namespaces 100000 --waking 1000 --seconds 20
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Broker, whyNoBroker } from '../../test/kit/brokers/broker.mjs';
import { liveBytes } from '../../test/kit/memory.mjs';

const HOMES = ['none', 'memory', 'folder', 'redis', 'nats'];
/** Seconds after which a namespace is idle, and some for the rest of the work. */
const IDLE_S = 66;
const { values } = parseArgs({
  options: {
    homes: { type: 'string', default: HOMES.join() },
    namespaces: { type: 'string', default: '100000' },
    waking: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    child: { type: 'string' },
  },
});
const [count, waking, seconds] = [values.namespaces, values.waking, values.seconds].map(Number);

if (values.child) await measure(values.child);
else for (const home of values.homes.split(',')) await inChild(home);

/** @param {string} home */
async function inChild(home) {
  const args = ['namespaces', 'waking', 'seconds'].flatMap((name) => [`--${name}`, String(values[name])]);
  const child = fork(fileURLToPath(import.meta.url), [...args, '--child', home]);
  await once(child, 'exit');
}

/** @param {string} home */
async function measure(home) {
  const { Server } = await import('naru');
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const place = await openHome(home, folder);
  if (!place) return;
  const recovery = home === 'none' ? {} : { connectionStateRecovery: {} };
  const io = new Server({ ...recovery, ...(place.backplane && { backplane: place.backplane }), printNodes: false });
  await io.ready();
  const [bytes, homeBytes] = [liveBytes(), await place.bytes()];
  const began = process.cpuUsage();
  const all = Array.from({ length: count }, (_, at) => io.of(`/chat-${at}`).on('connection', () => undefined));
  const making = cpuSince(began);
  const made = liveBytes();
  const waking1 = process.cpuUsage();
  let at = 0;
  for (let second = 0; second < seconds; second += 1) {
    const end = performance.now() + 1_000;
    for (let left = waking; left > 0; left -= 1, at = (at + 1) % count) all[at]?.emit('message', 'hello');
    await delay(Math.max(0, end - performance.now()));
  }
  const wakes = waking * seconds;
  const perWake = cpuSince(waking1) / wakes;
  const [awake, woken] = [liveBytes(), Math.min(wakes, count)];
  await delay(1_000 * IDLE_S);
  const after = liveBytes();
  const each = (/** @type {number} */ size, by = count) => `${Math.round(size / by)} bytes`;
  const atHome = (await place.bytes()) - homeBytes;
  console.log(
    [
      `${home}: ${count} namespaces, of which ${waking} wake up each second for ${seconds} s`,
      `  creation        ${((making / count) * 1_000).toFixed(1)} µs of CPU, ${each(made - bytes)} each`,
      `  wake            ${(perWake * 1_000).toFixed(0)} µs of CPU`,
      `  awake           ${each(awake - made, woken)} more for each that woke up`,
      `  idle again      ${each(after - made, woken)} more for each that woke up, ${Math.round((after - bytes) / 1e6)} MB in all`,
      `  home            ${each(atHome, woken)} for each that woke up${await place.detail()}`,
    ].join('\n'),
  );
  await io.close();
  await place.close();
  process.exit();
}

/** @param {NodeJS.CpuUsage} began milliseconds of CPU */
function cpuSince(began) {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1_000;
}

/**
 * @param {string} home
 * @param {string} folder
 */
async function openHome(home, folder) {
  const none = { backplane: undefined, bytes: async () => 0, detail: async () => '', close: async () => undefined };
  if (home === 'none' || home === 'memory') return none;
  if (home === 'folder') {
    const { local } = await import('@naru/local');
    const backplane = local(folder);
    return { ...none, backplane, bytes: async () => sizeOf(folder), close: () => backplane.close() };
  }
  const kind = home === 'redis' ? 'redis' : 'nats';
  const why = whyNoBroker(kind);
  if (why) {
    console.log(`${home}: left out, because ${why}`);
    return undefined;
  }
  const broker = new Broker(kind, folder, kind === 'redis' ? ['--appendonly', 'no'] : []);
  await broker.start();
  const backplane =
    kind === 'redis' ? (await import('@naru/redis')).redis(broker.url) : (await import('@naru/nats')).nats(broker.url);
  const close = async () => {
    await backplane.close();
    await broker.kill();
  };
  if (kind === 'nats') return { ...none, backplane, bytes: async () => sizeOf(folder), close };
  const { createClient } = await import('@redis/client');
  const client = createClient({ url: broker.url });
  await client.connect();
  const info = async (/** @type {string} */ field) =>
    Number(new RegExp(`${field}:(\\d+)`).exec(await client.info('memory'))?.[1] ?? 0);
  return {
    backplane,
    bytes: () => info('used_memory'),
    /** The keys of one namespace, with what each takes. */
    detail: async () => {
      const keys = [];
      for await (const found of client.scanIterator({ MATCH: '*chat-0}*', COUNT: 10_000 })) keys.push(...found);
      for await (const found of client.scanIterator({ MATCH: '*chat-0*', COUNT: 10_000 })) keys.push(...found);
      const sizes = [...new Set(keys)].map(
        async (key) => `\n    ${key} ${await client.memoryUsage(key, { SAMPLES: 0 })}`,
      );
      return (await Promise.all(sizes)).join('');
    },
    close: async () => {
      await client.close();
      await close();
    },
  };
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
