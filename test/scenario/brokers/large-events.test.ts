/** Servers that send events above the bounds of a broker, between others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io as connect, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Emitter } from '../../../packages/naru/src/entry/emitter.js';
import { Server } from '../../../packages/naru/src/entry/index.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { Broker, type BrokerKind, whyNoBroker } from '../../kit/brokers/broker.mjs';

const MEGABYTE = 2 ** 20;
const ROOMS = Array.from({ length: 40_000 }, (_, n) => `a room with the number ${n}`);

/** The brokers, the bytes that are too much for them, and what the error says. */
const BROKERS: readonly (readonly [string, BrokerKind, readonly string[], number, RegExp])[] = [
  ['NATS', 'nats', [], MEGABYTE, / has \d+ bytes, and NATS takes up to 1044480\. /],
  ['Redis', 'redis', [], 16 * MEGABYTE, / more than 16777216 bytes/],
  [
    'a Redis with small requests',
    'redis',
    ['--proto-max-bulk-len', '1mb'],
    MEGABYTE,
    / takes up to 1048576 at once\. /,
  ],
  [
    'a Redis with small buffers',
    'redis',
    ['--client-output-buffer-limit', 'pubsub 4mb 0 0'],
    2 * MEGABYTE,
    / takes up to 2097152 at once\. /,
  ],
];

async function start(kind: BrokerKind, more: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-large-'));
  const broker = new Broker(kind, folder, more);
  onTestFinished(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await broker.start();
  const errors: string[] = [];
  const heard: Hearing[] = [];
  const serve = async (): Promise<Server> => {
    const backplane = open(broker);
    const http = createServer();
    const server = new Server(http, { backplane });
    onTestFinished(async () => {
      await server.close();
      await backplane.close();
    });
    server.engine.on('log_error', ({ message }) => errors.push(message));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    onTestFinished(() => void client.disconnect());
    await new Promise<void>((resolve) => client.once('connect', resolve));
    heard.push(hear(client));
    return server;
  };
  return { broker, errors, heard, servers: [await serve(), await serve()] as const };
}

function open({ kind, url }: Broker) {
  return kind === 'nats' ? nats(url) : redis(url);
}

/** The names of the events that a client hears. */
interface Hearing {
  readonly names: readonly string[];
  /** Resolves when the client has heard `end`. */
  readonly ended: Promise<void>;
}

function hear(client: Socket): Hearing {
  const names: string[] = [];
  client.onAny((name: string) => names.push(name));
  return { names, ended: new Promise((resolve) => client.once('end', () => resolve())) };
}

describe.each(BROKERS)('an event that is too large for %s', (_, kind, more, size, error) => {
  describe.skipIf(whyNoBroker(kind))('', () => {
    it('is refused with the bound, and all others of its turn arrive', async () => {
      const { broker, errors, heard, servers } = await start(kind, more);
      const [server] = servers;
      server.emit('one', 1);
      server.emit('large', 'x'.repeat(size));
      server.emit('two', new Uint8Array(10));
      server.emit('bytes', new Uint8Array(size));
      server.emit('three', 1);
      // Not too large, unless it is stored together with many names of rooms.
      server.to(ROOMS).emit('elsewhere', 1);
      server.emit('end', 1);
      await Promise.all(heard.map(({ ended }) => ended));
      for (const { names } of heard)
        expect(names.filter((name) => name !== 'naru:gap')).toEqual(['one', 'two', 'three', 'end']);
      // A list of rooms may be too large by itself. A busy machine may also report that the broker answers late.
      expect(errors.filter((text) => error.test(text))).toHaveLength(size === MEGABYTE ? 3 : 2);

      const backplane = open(broker);
      await backplane.ready();
      const emitter = new Emitter(backplane);
      const outcomes = await Promise.allSettled([
        emitter.emit('a', 1),
        emitter.emit('large', 'x'.repeat(size)),
        emitter.to(ROOMS).socketsJoin('elsewhere'),
        emitter.emit('b', 1),
      ]);
      await emitter.close();
      const rooms = size === MEGABYTE ? 'rejected' : 'fulfilled';
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', rooms, 'fulfilled']);
      expect(outcomes[1]).toMatchObject({ reason: { code: 'NOT_KEPT', message: expect.stringMatching(error) } });
    });

    it('costs each client one naru:gap', async () => {
      const { heard, servers } = await start(kind, more);
      servers[0].emit('one', 1);
      servers[0].emit('large', 'x'.repeat(size));
      for (const { names } of heard) await expect.poll(() => [...names]).toEqual(['one', 'naru:gap']);
      servers[0].emit('end', 1);
      await Promise.all(heard.map(({ ended }) => ended));
      for (const { names } of heard) expect(names).toEqual(['one', 'naru:gap', 'end']);
    });
  });
});
