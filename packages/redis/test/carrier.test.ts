/** Redis that only carries messages, with stock clients. */
import type { AddressInfo } from 'node:net';
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Server, type ServerOptions } from '../../naru/src/server/api/index.js';
import { redis } from '../src/redis.js';
import { addOldUser, CACHE, PLAIN } from './old-redis.js';
import { startCluster, startRedis, until, whyNoRedis } from './servers-and-uplinks.js';

/** A server, and a stock client in the room `home`. */
async function serve(address: unknown, { log = false, ...options }: Partial<ServerOptions> & { log?: boolean } = {}) {
  const backplane = redis(address as string, { log });
  const server = new Server(0, { backplane, printNodes: false, ...options });
  server.on('connection', (socket) => void socket.join('home'));
  await server.ready();
  const { port } = server.httpServer.address() as AddressInfo;
  const enter = async (more: Partial<ManagerOptions & SocketOptions> = {}) => {
    const settings = { transports: ['websocket'], forceNew: true, reconnectionDelay: 20, ...more };
    const client = io(`http://127.0.0.1:${port}`, settings);
    const heard: unknown[][] = [];
    client.onAny((...event: unknown[]) => {
      const answer = event.at(-1);
      if (typeof answer === 'function') answer('yes');
      heard.push(event.filter((each) => typeof each !== 'function'));
    });
    await new Promise<void>((resolve) => client.once('connect', resolve));
    onTestFinished(() => void client.disconnect());
    return { client, heard };
  };
  const { client, heard } = await enter();
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    client.disconnect();
    await server.close();
    await backplane.close();
  };
  onTestFinished(close);
  return { server, backplane, client, heard, enter, port, close };
}

const numbersOf = (heard: readonly unknown[][], name: string): unknown[] =>
  heard.filter(([each]) => each === name).map(([, n]) => n);

describe.skipIf(whyNoRedis !== undefined)('Redis as a carrier', () => {
  it.each(['a cache', 'an old user', 'a Redis Cluster', 'a Redis Cluster with an old user'])(
    'carries everything between servers in order, once, over %s',
    async (kind) => {
      const isCluster = kind.startsWith('a Redis Cluster');
      const brokers = isCluster ? await startCluster() : [await startRedis(kind === 'a cache' ? CACHE : PLAIN)];
      const addresses: string[] = [];
      for (const broker of brokers) addresses.push(kind.includes('old user') ? await addOldUser(broker) : broker.url);
      const [one, two] = [await serve(addresses), await serve(addresses)];
      for (let n = 0; n < 100; n += 1) {
        one.server.to('home').emit('a', n);
        two.server.emit('b', n, Buffer.from([n]));
      }
      const all = Array.from({ length: 100 }, (_, n) => n);
      for (const { heard } of [one, two]) {
        await expect.poll(() => heard.length).toBe(200);
        expect([numbersOf(heard, 'a'), numbersOf(heard, 'b')]).toEqual([all, all]);
      }
      expect((await one.server.fetchSockets()).length).toBe(2);
      const nodes = (await one.server.fetchNodes()).map(({ code }) => code);
      expect(nodes).toEqual([one.server.node, two.server.node]);
      expect(await two.server.timeout(5_000).emitWithAck('question')).toEqual(['yes', 'yes']);
      two.server.on('news', (answer: (n: number) => void) => answer(7));
      expect(await one.server.serverSideEmitWithAck('news')).toEqual([7]);
      one.server.in('home').socketsJoin('den');
      one.server.to('den').emit('den', 1);
      one.server.in('home').socketsLeave('den');
      one.server.to('den').emit('den', 2);
      one.server.except('home').emit('nobody');
      one.server.volatile.emit('end');
      for (const { heard } of [one, two]) {
        await expect.poll(() => numbersOf(heard, 'den')).toEqual([1]);
        expect(numbersOf(heard, 'nobody')).toEqual([]);
      }
      one.server.disconnectSockets();
      for (const { client } of [one, two]) await expect.poll(() => client.connected).toBe(false);
      for (const broker of brokers) expect(await broker.say('DBSIZE')).toMatch(/^:0/);
    },
  );

  it('recovers a session on its own server, and tells a client that comes elsewhere that events are missing', async () => {
    const broker = await startRedis(CACHE);
    const options = { connectionStateRecovery: {} };
    const [one, two] = [await serve(broker.url, options), await serve(broker.url, options)];
    one.server.emit('before');
    await expect.poll(() => two.heard.length).toBe(1);
    const id = two.client.id;
    two.client.io.engine.close();
    await until(() => !two.client.connected);
    one.server.emit('missed');
    two.server.emit('missed');
    await expect.poll(() => two.client.recovered).toBe(true);
    await expect.poll(() => two.heard.map(([name]) => name)).toEqual(['before', 'missed', 'missed']);
    expect(two.client.id).toBe(id);
    const { _pid: pid, _lastOffset: offset } = two.client as unknown as Record<string, string>;
    const moved = await one.enter({ auth: { pid, offset } } as never);
    await expect.poll(() => moved.heard.map(([name]) => name)).toEqual(['naru:gap']);
    expect(moved.client.recovered).toBe(false);
  });

  it('gives own clients events at once while Redis is away, and goes on when it is back', async () => {
    const broker = await startRedis(PLAIN);
    const [one, two] = [await serve(broker.url), await serve(broker.url)];
    await broker.kill();
    await until(() => one.backplane.state !== 'up' && two.backplane.state !== 'up');
    one.server.emit('alone', 1);
    await expect.poll(() => numbersOf(one.heard, 'alone')).toEqual([1]);
    await broker.start();
    await until(() => one.backplane.state === 'up' && two.backplane.state === 'up');
    for (let n = 0; numbersOf(two.heard, 'again').length === 0; n += 1) {
      one.server.emit('again', n);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(numbersOf(two.heard, 'alone')).toEqual([]);
  });

  it('passes the polls of a client on to the server of its session', async () => {
    const broker = await startRedis(PLAIN);
    const [one, two] = [await serve(broker.url), await serve(broker.url)];
    const at = (port: number, query: string): string =>
      `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&${query}`;
    const opened = await (await fetch(at(one.port, ''))).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const sent = await fetch(at(two.port, `sid=${sid}`), { method: 'POST', body: '40' });
    expect([sent.status, await sent.text()]).toEqual([200, 'ok']);
    expect(await (await fetch(at(two.port, `sid=${sid}`))).text()).toMatch(/^40\{"sid"/);
    expect(one.server.of('/').sockets.size).toBe(2);
  });

  it('names a server that does not answer, and knows it no more when it has ended', async () => {
    const broker = await startRedis(PLAIN);
    const [one, two] = [await serve(broker.url), await serve(broker.url)];
    expect((await one.server.fetchSockets()).length).toBe(2);
    await two.close();
    await expect.poll(async () => (await one.server.fetchSockets()).length).toBe(1);
  });

  it('understands servers with the log, so that it can be turned on server by server', async () => {
    const broker = await startRedis(PLAIN);
    const [one, two] = [await serve(broker.url), await serve(broker.url, { log: true })];
    const three = await serve(broker.url, { log: true });
    const servers = [one, two, three];
    // Servers with the log learn of those without it from what they say every second and a half.
    await until(() => two.backplane.talk.hasCarriers && three.backplane.talk.hasCarriers);
    for (let n = 0; n < 50; n += 1) {
      one.server.emit('carrier', n);
      two.server.to('home').emit('logged', n);
    }
    const all = Array.from({ length: 50 }, (_, n) => n);
    for (const { heard } of servers) {
      await expect.poll(() => numbersOf(heard, 'logged').length).toBe(50);
      await expect.poll(() => numbersOf(heard, 'carrier').length).toBe(50);
      expect([numbersOf(heard, 'logged'), numbersOf(heard, 'carrier')]).toEqual([all, all]);
    }
    for (const { server } of servers) {
      expect((await server.fetchSockets()).length).toBe(3);
      expect(await server.timeout(5_000).emitWithAck('question')).toEqual(['yes', 'yes', 'yes']);
    }
    two.server.in('home').socketsJoin('den');
    two.server.to('den').emit('den', 1);
    for (const { heard } of servers) await expect.poll(() => numbersOf(heard, 'den')).toEqual([1]);
    one.server.in('home').socketsLeave('den');
    one.server.to('den').emit('den', 2);
    one.server.emit('end', 1);
    for (const { heard } of servers) {
      await expect.poll(() => numbersOf(heard, 'end')).toEqual([1]);
      expect(numbersOf(heard, 'den')).toEqual([1]);
    }
    // The last server without the log ends.
    await one.close();
    await expect.poll(() => two.backplane.talk.hasCarriers, { timeout: 15_000 }).toBe(false);
    three.server.emit('last', 1);
    for (const { heard } of [two, three]) await expect.poll(() => numbersOf(heard, 'last')).toEqual([1]);
  });
});
