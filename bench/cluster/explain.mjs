/**
 * Measures how long an explanation takes on three nodes, for two clients of one of them. That node answers first. Then
 * it stands still, as on a machine that is gone: it is "silent". At last its process is killed. The nodes are idle, on
 * one machine, and have few facts. Busy nodes and slow networks are left out.
 *
 *     node bench/cluster/explain.mjs --homes folder,redis,nats --rounds 5
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { explain } from '@naru/explain';
import { local } from '@naru/local';
import { nats } from '@naru/nats';
import { redis } from '@naru/redis';
import { Server } from 'naru';
import { io as connect } from 'naru/client';
import { Broker, whyNoBroker } from '../../test/kit/brokers/broker.mjs';

/** Longer than facts wait before they are written. */
const WRITTEN_MS = 1_000;
/** Explanations that are timed, one after another. */
const QUESTIONS = 3;

const { values } = parseArgs({
  options: {
    homes: { type: 'string', default: 'folder,redis,nats' },
    rounds: { type: 'string', default: '5' },
    child: { type: 'string' },
  },
});

if (values.child) await serve(values.child);
else for (const home of values.homes.split(',')) await measure(home);

/** @param {string} address */
function open(address) {
  return address.startsWith('redis:') ? redis(address) : address.startsWith('nats:') ? nats(address) : local(address);
}

/** @param {string} address */
async function start(address) {
  const backplane = open(address);
  const io = new Server(0, { backplane, connectionStateRecovery: {}, printNodes: false });
  io.allow({ subscribe: true });
  await io.ready();
  return { io, backplane };
}

/** @param {string} address */
async function serve(address) {
  const { io } = await start(address);
  const { port } = /** @type {import('node:net').AddressInfo} */ (io.httpServer.address());
  process.send?.(`http://127.0.0.1:${port}`);
}

/** @param {string} home */
async function measure(home) {
  /** @type {Map<string, number[]>} */
  const times = new Map();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
    const kind = home === 'redis' || home === 'nats' ? home : undefined;
    const why = kind && whyNoBroker(kind);
    if (why) return console.log(`${home}: left out, because ${why}`);
    const broker = kind && new Broker(kind, folder);
    await broker?.start();
    await measureRound(broker?.url ?? folder, times);
    await broker?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  for (const [name, list] of times) {
    list.sort((one, other) => one - other);
    const [median = 0, most = 0] = [list[Math.floor(list.length / 2)], list.at(-1)];
    console.log(`${home.padEnd(7)} ${name.padEnd(10)} ${median.toFixed(0)} ms, at most ${most.toFixed(0)} ms`);
  }
}

/**
 * @param {string} address
 * @param {Map<string, number[]>} times
 */
async function measureRound(address, times) {
  const child = fork(fileURLToPath(import.meta.url), ['--child', address]);
  const [url] = await once(child, 'message');
  const nodes = [await start(address), await start(address)];
  const [{ io }] = /** @type {[typeof nodes[0]]} */ (/** @type {unknown} */ (nodes));
  while ((await io.fetchNodes()).length < 3) await delay(50);
  const clients = [connect(url, { reconnection: false }), connect(url, { reconnection: false, forceNew: true })];
  await Promise.all(clients.map((client) => new Promise((resolve) => client.once('connect', () => resolve(0)))));
  const [inRoom, outside] = clients.map(({ id }) => String(id));
  await clients[0]?.subscribe('room');
  io.to('room').emit('said');
  await delay(50);
  await clients[1]?.subscribe('other');
  await delay(WRITTEN_MS);
  const ask = async (/** @type {string} */ name) => {
    for (let asked = 0; asked < QUESTIONS; asked += 1) {
      const startedAt = performance.now();
      const answers = [inRoom, outside].map((client) => explain(io, { client: String(client), event: 'said' }));
      const verdicts = (await Promise.all(answers)).map(({ verdict }) => verdict);
      times.set(name, [...(times.get(name) ?? []), performance.now() - startedAt]);
      if (`${verdicts}` !== 'delivered,not-in-room') throw new Error(`${name}: the verdicts are ${verdicts}`);
    }
  };
  await ask('all answer');
  child.kill('SIGSTOP');
  await ask('silent');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await ask('killed');
  for (const client of clients) client.disconnect();
  for (const { io, backplane } of nodes) {
    await io.close();
    await backplane.close();
  }
}
