import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { NatsCluster } from '../../../../test/kit/brokers/nats-cluster.js';
import type { RemoteBackplane } from '../../../broker/src/remote-backplane.js';
import { queuesOf } from '../../../stomp/test/queues/queue-contract.js';
import { backplaneContract } from '../../../testing/src/contracts/backplane-contract.js';
import { groupOf, NatsNames } from '../../src/names.js';
import { nats } from '../../src/nats.js';
import { missing } from './served.js';
import { passTime, STORE } from './store-cases.js';

const ROOM = { countMax: 10_000, bytesMax: 10_000_000, queuesMax: 10, totalBytesMax: 10_000_000 };
const LEASE_MS = 600_000;

const cluster = new NatsCluster();
let apps = 0;

/** Opens nodes of a new application, each by way of another server. */
function open(): {
  readonly app: string;
  readonly nodes: readonly [RemoteBackplane, RemoteBackplane, RemoteBackplane];
} {
  apps += 1;
  const app = `a${apps}`;
  const node = (first: number) => nats([...cluster.urls.slice(first), ...cluster.urls], { app, replicas: 3 });
  return { app, nodes: [node(0), node(1), node(2)] };
}

const closed = (nodes: readonly RemoteBackplane[]): Promise<unknown> => Promise.all(nodes.map((node) => node.close()));

/** Repeats a call whose first read found no leader. Servers may choose one for as long as a read waits. */
async function readAgain<T>(call: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await call();
    } catch (error) {
      if (!String(error).includes('has not answered "get"')) throw error;
    }
}

/** Ends the server that leads a stream while `work` is under way, and starts it again. */
async function killLeader(stream: string, work: Promise<unknown>, isUnderWay: () => boolean): Promise<void> {
  await expect.poll(isUnderWay, { timeout: 60_000 }).toBe(true);
  const leader = await cluster.leaderOf(stream);
  await leader.kill();
  await work;
  await leader.start();
}

describe.skipIf(missing !== undefined)('texts, tables and queues on three NATS servers', () => {
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  const subject = async () => {
    const { app, nodes } = open();
    await Promise.all([nodes[1].close(), nodes[2].close()]);
    const reopen = async () => nats([...cluster.urls].reverse(), { app, replicas: 3 });
    return { backplane: nodes[0], now: () => Date.now(), pass: passTime, reopen };
  };
  describe('the contract', () => {
    for (const { name, run } of backplaneContract(subject)) if (STORE.test(name)) test.concurrent(name, run, 120_000);
  });

  it('shows each write to all nodes once it is answered', async () => {
    const { nodes } = open();
    for (let n = 1; n <= 60; n += 1) {
      const [writer, reader] = [nodes[n % 3], nodes[(n + 1) % 3]];
      await writer?.store.set('k', `${n}`);
      expect(await reader?.store.get('k')).toBe(`${n}`);
      await writer?.store.table('t').put(`${n % 5}`, `${n}`, LEASE_MS);
      const list = await reader?.store.table('t').list(100);
      expect(list === 'same' ? list : new Map(list?.entries).get(`${n % 5}`)).toBe(`${n}`);
      if (writer) await queuesOf(writer).put([{ queue: 'q', messages: ['x'] }], ROOM);
      expect(reader && (await queuesOf(reader).extent('q'))).toEqual({ count: n, bytes: n });
    }
    await closed(nodes);
  }, 120_000);

  it('carries out each swap once while the leader of the texts is killed', async () => {
    const { app, nodes } = open();
    let done = 0;
    const swaps = nodes.map(async ({ store }, node) => {
      for (let n = 0; n < 150; n += 1) {
        const answer = await store.swap(`k${node}`, n === 0 ? undefined : `${n}`, `${n + 1}`);
        expect([node, n, answer]).toEqual([node, n, { swapped: true, value: n === 0 ? undefined : `${n}` }]);
        done += 1;
      }
    });
    await killLeader(new NatsNames(app).storeStream(`${groupOf('')}`, 'texts'), Promise.all(swaps), () => done > 60);
    expect(await Promise.all([0, 1, 2].map((node) => nodes[0].store.get(`k${node}`)))).toEqual(['150', '150', '150']);
    await closed(nodes);
  }, 120_000);

  it('gives each message to one taker while the leader of the texts is killed', async () => {
    const { app, nodes } = open();
    const seen: string[] = [];
    let put = 0;
    const putting = (async () => {
      for (; put < 300; put += 1)
        expect(await queuesOf(nodes[0]).put([{ queue: 'q', messages: [`${put}`] }], ROOM)).toBe('kept');
    })();
    const taking = nodes.slice(1).map(async (node) => {
      const queues = queuesOf(node);
      while (seen.length < 300) {
        const held = await readAgain(() => queues.take('q', 5, LEASE_MS));
        // Each call is a message of the stream that all nodes read.
        if (held.length === 0) await delay(10);
        seen.push(...held.map(({ body }) => body));
        await queues.finish(
          'q',
          held.map(({ id }) => id),
        );
      }
    });
    const work = Promise.all([putting, ...taking]);
    await killLeader(new NatsNames(app).storeStream(`${groupOf('')}`, 'texts'), work, () => put > 60);
    expect(new Set(seen).size).toBe(300);
    expect(seen).toHaveLength(300);
    await closed(nodes);
  }, 120_000);
});
