/** A namespace without a log, on servers that share a folder, a Redis or a NATS, with stock clients. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { local } from '../../packages/local/src/local-backplane.js';
import type { Backplane } from '../../packages/naru/src/backplane/backplane.js';
import { Emitter } from '../../packages/naru/src/emitter/emitter.js';
import { Server } from '../../packages/naru/src/server/api/index.js';
import { nats } from '../../packages/nats/src/nats.js';
import { redis } from '../../packages/redis/src/redis.js';
import { Broker, whyNoBroker } from '../kit/brokers/broker.mjs';

const KINDS = { redis, nats } as const;
const EVENTS = 200;

describe.each(['folder', 'redis', 'nats'] as const)('a namespace without a log, on %s', (kind) => {
  const missing = kind === 'folder' ? undefined : whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: a namespace without a log, on ${kind}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'naru-without-log-'));
  const broker = kind === 'folder' ? undefined : new Broker(kind, folder);

  beforeAll(() => (missing === undefined ? broker?.start() : undefined));
  afterAll(async () => {
    await broker?.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const open = (): Backplane => (kind === 'folder' ? local(folder) : KINDS[kind](broker?.url ?? ''));

  /** Starts a server, and stock clients in the room `home` of `/side`. */
  async function serve(count: number) {
    const backplane = open();
    const server = new Server(0, { backplane, withoutLog: '/side' });
    server.of('/side').on('connection', (socket) => {
      void socket.join('home');
      socket.on('say', (...args: unknown[]) => socket.to('home').emit('said', ...args));
    });
    await server.ready();
    const { port } = server.httpServer.address() as AddressInfo;
    const clients: Socket[] = [];
    const heard: unknown[][][] = [];
    for (let at = 0; at < count; at += 1) {
      const client = io(`http://127.0.0.1:${port}/side`, { transports: ['websocket'], forceNew: true });
      const own: unknown[][] = [];
      client.onAny((...event: unknown[]) => own.push(event.filter((each) => typeof each !== 'function')));
      client.on('question', (answer: (value: string) => void) => answer('yes'));
      await new Promise<void>((resolve) => client.once('connect', resolve));
      clients.push(client);
      heard.push(own);
    }
    onTestFinished(async () => {
      for (const client of clients) client.disconnect();
      await server.close();
      await backplane.close();
    });
    return { server, side: server.of('/side'), backplane, clients, heard };
  }

  it.skipIf(missing !== undefined)(
    'carries everything between servers once, in order, and stores nothing',
    async () => {
      const [one, two] = [await serve(2), await serve(2)];
      // A client that has connected gets everything from then on, from every server.
      for (let at = 0; at < EVENTS; at += 1) {
        one.side.to('home').emit('said', 'one', at, Buffer.from([at]));
        two.side.emit('said', 'two', at);
        one.clients[0]?.emit('say', 'client', at);
      }
      const all = [...one.heard, ...two.heard];
      const ofSender = (own: unknown[][], sender: string): unknown[] =>
        own.filter(([name, by]) => name === 'said' && by === sender).map(([, , at]) => at);
      const each = Array.from({ length: EVENTS }, (_, at) => at);
      for (const own of all) {
        await expect.poll(() => ofSender(own, 'one').length).toBe(EVENTS);
        await expect.poll(() => ofSender(own, 'two').length).toBe(EVENTS);
        for (const sender of ['one', 'two']) expect(ofSender(own, sender)).toEqual(each);
      }
      for (const own of all.slice(1)) {
        await expect.poll(() => ofSender(own, 'client').length).toBe(EVENTS);
        expect(ofSender(own, 'client')).toEqual(each);
      }
      expect(ofSender(all[0] ?? [], 'client')).toEqual([]);
      expect((await one.backplane.log.extent('/side')).count).toBe(0);
    },
  );

  it.skipIf(missing !== undefined)('reaches the sockets of all servers, also from an emitter', async () => {
    const [one, two] = [await serve(1), await serve(1)];
    expect((await one.side.fetchSockets()).length).toBe(2);
    expect(await two.side.timeout(5_000).emitWithAck('question')).toEqual(['yes', 'yes']);
    two.side.on('news', (answer: (value: number) => void) => answer(7));
    expect(await one.side.serverSideEmitWithAck('news')).toEqual([7]);
    const emitter = new Emitter(open(), { withoutLog: 'side' });
    const to = emitter.of('side');
    await to.to('home').emit('said', 'emitter', 1);
    await to.in('home').socketsJoin('den');
    await to.to('den').emit('said', 'emitter', 2);
    await to.disconnectSockets();
    await to.emit('said', 'emitter', 3);
    await emitter.close();
    const news: unknown[] = [];
    one.side.on('end', (value: unknown) => news.push(value));
    const last = new Emitter(open(), { withoutLog: /side/ });
    void last.of('side').serverSideEmit('end', 1);
    await last.close();
    await expect.poll(() => news).toEqual([1]);
    for (const own of [...one.heard, ...two.heard]) {
      const said = (): unknown[] => own.filter(([name]) => name === 'said');
      await expect.poll(said).toEqual([
        ['said', 'emitter', 1],
        ['said', 'emitter', 2],
      ]);
    }
    for (const client of [...one.clients, ...two.clients]) await expect.poll(() => client.connected).toBe(false);
    expect((await one.backplane.log.extent('/side')).count).toBe(0);
  });
});
