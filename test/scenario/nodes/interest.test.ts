/**
 * Nodes on a real broker hear only the namespaces in which they have sockets. The listeners are counted at the broker.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Backplane } from '../../../packages/naru/src/backplane/backplane.js';
import { Manager } from '../../../packages/naru/src/client/index.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { fixedPort } from '../../kit/ports.mjs';

const COUNT = 1_000;
const NAMES = Array.from({ length: COUNT }, (_, index) => `/n${index}`);

/** The namespaces with sockets on a node. */
function namesOf(index: number): string[] {
  return NAMES.filter((_, number) => number % 3 === index);
}

/** Three nodes. Each has a third of the namespaces' sockets. Resolves when all sockets are connected. */
async function build(open: () => Backplane) {
  const nodes = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const backplane = open();
      const server = new Server({ backplane, namespacesPerConnectionMax: COUNT, connectionStateRecovery: {} });
      for (const name of NAMES) server.of(name);
      server.listen(0);
      await once(server.httpServer, 'listening');
      const { port } = server.httpServer.address() as { port: number };
      const manager = new Manager(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
      const got = new Map<string, number>();
      const sockets = namesOf(index).map((name) => {
        const socket = manager.socket(name);
        socket.on('event', () => got.set(name, (got.get(name) ?? 0) + 1));
        return socket;
      });
      onTestFinished(async () => {
        for (const socket of sockets) socket.disconnect();
        await server.close();
        await backplane.close();
      });
      return { server, sockets, got };
    }),
  );
  await until(() => nodes.every(({ sockets }) => sockets.every(({ connected }) => connected)));
  return nodes;
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isDone()); tries += 1) {
    if (tries > 2_000) throw new RangeError('nothing came for 20 seconds');
    await delay(10);
  }
}

/** Emits to all namespaces on all nodes, and checks what the clients and the nodes have heard. */
async function expectEach(nodes: Awaited<ReturnType<typeof build>>): Promise<void> {
  for (const { server } of nodes) for (const name of NAMES) server.of(name).emit('event');
  await until(() => nodes.every(({ got }, index) => namesOf(index).every((name) => got.get(name) === 3)));
  for (const [index, { server }] of nodes.entries()) {
    const own = new Set(namesOf(index));
    const counts = server.backplane?.counts;
    expect(counts?.recordsAppended).toBe(COUNT);
    for (const name of NAMES) {
      const { recordsHeard = Number.NaN, reads = Number.NaN } = counts?.namespaces[name] ?? {};
      // A node whose link breaks on a busy machine reads what it was not told.
      expect([name, recordsHeard + reads > 0]).toEqual([name, own.has(name)]);
    }
  }
}

function folderOf(kind: string): string {
  return mkdtempSync(join(tmpdir(), `naru-${kind}-`));
}

const noRedis = whyNoBroker('redis');
if (noRedis) console.warn(`SKIPPED: interest on Redis. ${noRedis}`);

describe.skipIf(noRedis !== undefined)('1,000 namespaces on three nodes and Redis', () => {
  const folder = folderOf('redis');
  const broker = new Broker('redis', folder, ['--appendonly', 'no']);
  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('have one listener each: the node with their sockets', { timeout: 120_000 }, async () => {
    const nodes = await build(() => redis(broker.url));
    await expectEach(nodes);
    for (const kind of ['push', 'talk'])
      await until(async () => {
        const channels = await askRedis(broker, 'PUBSUB', 'SHARDCHANNELS', `*{%2Fn*}:${kind}`);
        const counts = await askRedis(broker, 'PUBSUB', 'SHARDNUMSUB', ...channels);
        return channels.length === COUNT && counts.every((count, at) => at % 2 === 0 || count === '1');
      });
  });
});

/** Gives Redis a command, and returns the texts of the answer. */
async function askRedis({ port }: Broker, ...command: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  const words = command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  // The answer ends with that of PING.
  socket.write(`*${command.length}\r\n${words.join('')}PING\r\n`);
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.endsWith('+PONG\r\n')) break;
  }
  return text
    .split('\r\n')
    .slice(1, -2)
    .filter((line) => !line.startsWith('$'))
    .map((line) => line.replace(/^:/, ''));
}

const noNats = whyNoBroker('nats');
if (noNats) console.warn(`SKIPPED: interest on NATS. ${noNats}`);

describe.skipIf(noNats !== undefined)('1,000 namespaces on three nodes and NATS', () => {
  const folder = folderOf('nats');
  let monitor = 0;
  let broker: Broker;
  beforeAll(async () => {
    monitor = await fixedPort();
    broker = new Broker('nats', folder, ['-m', `${monitor}`]);
    await broker.start();
  });
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('have one listener each: the node with their sockets', { timeout: 120_000 }, async () => {
    const nodes = await build(() => nats(broker.url));
    await expectEach(nodes);
    await until(async () => {
      const response = await fetch(`http://127.0.0.1:${monitor}/connz?subs=1`);
      const { connections } = (await response.json()) as { connections: { subscriptions_list?: string[] }[] };
      const subjects = connections.flatMap(({ subscriptions_list: list = [] }) => list);
      // A node hears the events for every node, and those for its own sockets.
      return ['push', 'said'].every((kind) => {
        const ofKind = subjects.filter((subject) => subject.includes(`.${kind}.`) && subject.includes('.%2Fn'));
        const count = kind === 'push' ? 2 * COUNT : COUNT;
        return ofKind.length === count && new Set(ofKind).size === count;
      });
    });
  });
});
