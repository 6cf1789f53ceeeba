/** An emitter on a Redis and on a NATS, with servers and stock clients. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../../../test/kit/brokers/broker.mjs';
import type { RemoteBackplane } from '../../../broker/src/remote-backplane.js';
import { nats } from '../../../nats/src/nats.js';
import { redis } from '../../../redis/src/redis.js';
import { Emitter } from '../../src/emitter/emitter.js';
import { Server } from '../../src/server/api/index.js';

const KINDS = { redis, nats } as const;

describe.each(['redis', 'nats'] as const)('an emitter on %s', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: an emitter on ${kind}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'naru-emitter-'));
  const broker = new Broker(kind, folder);

  beforeAll(() => (missing === undefined ? broker.start() : undefined));
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (): RemoteBackplane => KINDS[kind](broker.url);

  /** Starts a server, and a stock client in the room `name`. */
  async function serve(
    name: string,
  ): Promise<{ server: Server; news: unknown[][]; heard: unknown[][]; client: Socket }> {
    const backplane = open();
    const server = new Server(0, { backplane });
    const news: unknown[][] = [];
    server.on('news', (...args: unknown[]) => news.push(args));
    server.on('connection', (socket) => void socket.join(name));
    await server.ready();
    const { port } = server.httpServer.address() as AddressInfo;
    const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    const heard: unknown[][] = [];
    client.onAny((...event: unknown[]) => heard.push(event));
    client.on('disconnect', (reason) => heard.push([reason]));
    await new Promise<void>((resolve) => client.once('connect', resolve));
    onTestFinished(async () => {
      client.disconnect();
      await server.close();
      await backplane.close();
    });
    return { server, news, heard, client };
  }

  it.skipIf(missing !== undefined)(
    'reaches the clients and listeners of all servers, in order, and is not one of them',
    async () => {
      const [one, two] = [await serve('one'), await serve('two')];
      const emitter = new Emitter(open());
      await emitter.serverSideEmit('news', 'new', Buffer.from([7]));
      await Promise.all([
        emitter.to('one').emit('said', 'to one', Buffer.from([1, 2])),
        emitter.except('one').emit('said', 'to two'),
        emitter.in('two').socketsJoin('den'),
        emitter.to('den').emit('den'),
        emitter.in('two').socketsLeave('den'),
        emitter.to('den').emit('never'),
        emitter.in('two').disconnectSockets(),
        emitter.emit('end'),
      ]);
      await expect.poll(() => one.heard).toEqual([['said', 'to one', Buffer.from([1, 2])], ['end']]);
      await expect.poll(() => two.heard).toEqual([['said', 'to two'], ['den'], ['io server disconnect']]);
      for (const { news } of [one, two]) await expect.poll(() => news).toEqual([['new', Buffer.from([7])]]);
      expect((await one.server.fetchNodes()).map(({ code }) => code).sort()).toEqual(
        [one.server.node, two.server.node].sort(),
      );
      expect((await one.server.fetchSockets()).length).toBe(1);
      await emitter.close();
    },
  );

  it.skipIf(missing !== undefined)('stores everything before it closes', async () => {
    const { heard } = await serve('one');
    const emitter = new Emitter(open());
    for (let n = 0; n < 1_000; n += 1) void emitter.to('one').emit('n', n);
    await emitter.close();
    const all = Array.from({ length: 1_000 }, (_, n) => ['n', n]);
    await expect.poll(() => heard.length).toBe(1_000);
    expect(heard).toEqual(all);
  });
});
