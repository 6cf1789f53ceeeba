/**
 * The cost of messages to single sockets for a server that has none of the receivers. Four servers share a broker. The
 * first one sends messages to the sockets of the second and the third, each to the room of one socket. The fourth has
 * sockets too, and nothing is for them.
 *
 * The share is the CPU time of a server by the time that passes, in per cent of a core. The counters are those of
 * `io.backplane.counts`. `idle` is the same without messages.
 *
 * Usage: node bench/late/own-rooms.mjs [--homes redis,nats] [--rate 10000] [--seconds 10] [--sockets 50]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Broker } from '../../test/kit/brokers/broker.mjs';
import { Child } from '../channel.mjs';

const { values } = parseArgs({
  options: {
    homes: { type: 'string', default: 'redis,nats' },
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
    sockets: { type: 'string', default: '50' },
  },
});
const [rate, seconds, sockets] = [values.rate, values.seconds, values.sockets].map(Number);
/** Seconds under load before the measurement. */
const WARM_UP = 3;

/** @param {'redis' | 'nats'} home */
async function measure(home) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  const broker = new Broker(home, folder);
  await broker.start();
  const nodes = [0, 1, 2, 3].map((number) => new Child('./late/own-rooms-node.mjs', { label: `server ${number}` }));
  const clients = new Child('./late/own-rooms-clients.mjs', { label: 'clients' });
  const [first, second, third, fourth] = /** @type {[Child, Child, Child, Child]} */ (/** @type {unknown} */ (nodes));
  try {
    for (const node of nodes) await clients.call('open', await node.call('open', home, broker.url), sockets);
    const others = await third.call('ids');
    const rooms = (await second.call('ids')).flatMap((/** @type {string} */ id, /** @type {number} */ at) => [
      id,
      others[at],
    ]);
    await delay(1_000);
    await fourth.call('begin');
    await delay(/** @type {number} */ (seconds) * 1_000);
    print(home, 'idle', 'without receivers', await fourth.call('end'));
    await first.call('emit', rooms, rate, WARM_UP);
    for (const node of nodes) await node.call('begin');
    const sent = await first.call('emit', rooms, rate, seconds);
    const results = await Promise.all(nodes.map((node) => node.call('end')));
    for (const [at, what] of ['the sender', 'receiver', 'receiver', 'without receivers'].entries())
      print(home, `${rate}/s`, what, results[at]);
    await delay(3_000);
    const { got, disorder } = await clients.call('counts');
    console.log(`${home.padEnd(6)} ${sent} sent, ${got} received, ${disorder} out of order`);
  } finally {
    await clients.call('end');
    for (const node of nodes) await node.call('stop');
    for (const child of [clients, ...nodes]) await child.stop();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} home @param {string} load @param {string} what @param {Record<string, number>} result */
function print(home, load, what, { share = 0, ...risen }) {
  const counters = Object.entries(risen).map(([key, value]) => `${key} ${value}`);
  const cpu = `${(100 * share).toFixed(2).padStart(7)} % of a core`;
  console.log(`${home.padEnd(6)} ${load.padEnd(8)} ${what.padEnd(18)} ${cpu}  ${counters.join('  ')}`);
}

for (const home of values.homes.split(',')) await measure(/** @type {'redis' | 'nats'} */ (home));
process.exit(0);
