/**
 * The cost of messages to single sockets for a server that has none of the receivers. Four servers share a broker. The
 * first one sends messages to the sockets of the second and the third, each to the room of one socket. The fourth has
 * sockets too, and nothing is for them. `batchesHeard` and `reads` are counters of `io.backplane.counts`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '../../test/kit/brokers/broker.mjs';
import { Child } from '../channel.mjs';
import { makeFolder } from '../targets/temporary-folder.mjs';

/** Messages a second. */
const RATE = 10_000;
/** Sockets of each server. */
const SOCKETS = 50;
/** Seconds under load before the measurement. */
const WARM_UP = 3;
/** A share of a core of 1 % needs many ticks of the kernel's clock. */
const SECONDS_LEAST = 5;
/** Milliseconds until the last message must have come. */
const LAST_MS = 20_000;

/**
 * @param {string} target `naru-redis` or `naru-nats`
 * @param {object} _options
 * @param {{ seconds: number }} settings
 */
export async function measure(target, _options, settings) {
  const seconds = Math.max(settings.seconds, SECONDS_LEAST);
  const home = target === 'naru-redis' ? 'redis' : 'nats';
  const broker = new Broker(home, makeFolder());
  await broker.start();
  const nodes = [0, 1, 2, 3].map((number) => new Child('./programs/own-rooms-node.mjs', { label: `server ${number}` }));
  const clients = new Child('./programs/own-rooms-clients.mjs', { label: 'clients' });
  const [first, second, third] = /** @type {[Child, Child, Child]} */ (/** @type {unknown} */ (nodes));
  try {
    for (const node of nodes) await clients.call('open', await node.call('open', home, broker.url), SOCKETS);
    const others = await third.call('ids');
    const ids = await second.call('ids');
    const rooms = ids.flatMap((/** @type {string} */ id, /** @type {number} */ at) => [id, others[at]]);
    await first.call('emit', rooms, RATE, WARM_UP);
    for (const node of nodes) await node.call('begin');
    const sent = await first.call('emit', rooms, RATE, seconds);
    const [sender, receiver, , away] = await Promise.all(nodes.map((node) => node.call('end')));
    await last(clients, sent);
    return {
      awayPercent: away.share * 100,
      awayBatches: away.batchesHeard,
      awayReads: away.reads,
      receiverPercent: receiver.share * 100,
      receiverBatches: receiver.batchesHeard,
      receiverReads: receiver.reads,
      senderPercent: sender.share * 100,
    };
  } finally {
    await clients.call('end');
    for (const node of nodes) await node.call('stop');
    for (const child of [clients, ...nodes]) await child.stop();
    await broker.kill();
  }
}

/** Waits for the last message. All must come, each once and in order. @param {Child} clients @param {number} sent */
async function last(clients, sent) {
  for (const end = performance.now() + LAST_MS; ; ) {
    const { got, disorder } = await clients.call('counts');
    if (disorder > 0) throw new Error(`${disorder} messages came out of order`);
    if (got > sent) throw new Error(`${got - sent} messages came twice`);
    if (got === sent) return;
    if (performance.now() > end) throw new Error(`${sent - got} of ${sent} messages did not come`);
    await delay(100);
  }
}
