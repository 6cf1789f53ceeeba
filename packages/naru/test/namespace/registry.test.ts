import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { liveBytes } from '../../../../test/kit/memory.mjs';
import { join as enter, stage } from '../../../../test/kit/servers/test-server.js';
import { local } from '../../../local/src/local-backplane.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { TestServer } from '../../../testing/src/test-server.js';
import { io as connect } from '../../src/client/index.js';
import { coreOf, type Namespace, usedCoreOf } from '../../src/namespace/namespace.js';

describe('NamespaceRegistry', () => {
  it('returns the same namespace for the same name, with or without its slash', () => {
    const { io } = stage();
    const news: string[] = [];
    io.on('new_namespace', (namespace) => news.push(namespace.name));
    expect(io.of('a')).toBe(io.of('/a'));
    expect(io.of('/')).toBe(io.sockets);
    expect(news).toEqual(['/a']);
    expect(() => io.of(5 as unknown as string)).toThrow(/namespace/);
  });

  it('creates namespaces by a pattern, also with the flag g, and by a function, which may be asynchronous', async () => {
    const server = stage();
    const joined: string[] = [];
    server.io.of(/^\/p-\d+$/g).on('connection', (socket) => joined.push(socket.nsp.name));
    server.io
      .of((name, auth, next) =>
        server.clock.setTimeout(() => next(null, name === '/f' && auth.key === 'k'), 50, undefined),
      )
      .on('connection', (socket) => joined.push(socket.nsp.name));
    const client = await RawClient.open(server);
    client.send('40/p-1,', '40/p-2,', '40/p-1x,', '40/f,{"key":"k"}', '40/g,');
    await server.clock.advance(50);
    expect(joined).toEqual(['/p-1', '/p-2', '/f']);
    expect(client.texts.filter((text) => text.startsWith('44')).map((text) => text.split(',')[0])).toEqual([
      '44/p-1x',
      '44/g',
    ]);
  });

  it('writes a session with its rooms before the client learns of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-registry-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const backplane = local(folder);
    const server = stage({ backplane, connectionStateRecovery: {} });
    const client = await enter(server);
    const { store } = backplane;
    const order: string[] = [];
    const { flush } = store;
    store.flush = () => {
      flush.call(store);
      const isThere = store.list('session / ', 9).some(([, text]) => text.includes('"lobby"'));
      order.push(`${isThere ? 'written' : 'not written'}, told ${client.texts.includes('430[]')}`);
    };
    server.io.sockets.sockets.forEach((socket) => {
      socket.on('enter', (done: () => void) => {
        socket.join('lobby');
        done();
      });
    });
    client.send('420["enter"]');
    await server.clock.settle();
    expect(order[0]).toBe('written, told false');
    expect(client.texts).toContain('430[]');
    await server.close();
    await backplane.close();
  });

  it('creates namespaces for clients only up to the limit', async () => {
    const server = stage({ dynamicNamespacesMax: 1 });
    server.io.of(/^\/p/);
    const client = await RawClient.open(server);
    client.send('40/p1,', '40/p2,');
    await server.clock.settle();
    expect(client.texts.slice(1).map((text) => text.slice(0, 5))).toEqual(['40/p1', '44/p2']);
  });

  it('creates no namespace for clients with a name above 500 characters, but lets them into an existing one', async () => {
    const server = stage({});
    server.io.of(/^\/p/);
    const named = (length: number): string => `/p${'x'.repeat(length - 2)}`;
    server.io.of(named(502));
    const client = await RawClient.open(server);
    client.send(...[500, 501, 502].map((length) => `40${named(length)},`));
    await server.clock.settle();
    expect(client.texts.slice(1).map((text) => text.slice(0, 2))).toEqual(['40', '44', '40']);
    expect(server.io._nsps.has(named(501))).toBe(false);
  });

  it('removes a namespace of clients a minute after its last socket has left, and not after one that came back', async () => {
    const server = stage({});
    server.io.of(/^\/p/);
    const client = await enter(server, '40/p1,');
    client.send('41/p1,');
    await server.clock.advance(59_000);
    client.send('40/p1,');
    await server.clock.advance(61_000);
    expect(server.io._nsps.has('/p1')).toBe(true);
    client.send('41/p1,');
    await server.clock.advance(59_000);
    expect(server.io._nsps.has('/p1')).toBe(true);
    await server.clock.advance(1_500);
    expect([...server.io._nsps.keys()]).toEqual(['/']);
    client.send('40/p1,');
    await server.clock.settle();
    expect([...server.io._nsps.keys()]).toEqual(['/', '/p1']);
  });

  it('keeps a namespace of clients while one of them may come back to its session', async () => {
    const clock = new FakeClock();
    const server = new TestServer({
      clock,
      server: { connectionStateRecovery: { maxDisconnectionDuration: 100_000 } },
    });
    server.io.of(/^\/p/);
    const options = {
      agent: server.network.agent,
      clock,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    };
    const client = connect(`${server.url}/p1`, options);
    const heard: string[] = [];
    client.on('news', (text: string) => heard.push(text));
    await clock.advance(1_000);
    server.io.of('/p1').emit('news', 'first');
    await clock.advance(1_000);
    client.io.engine.close();
    await clock.advance(90_000);
    server.io.of('/p1').emit('news', 'missed');
    client.connect();
    await clock.advance(1_000);
    expect([client.recovered, ...heard]).toEqual([true, 'first', 'missed']);
    client.io.engine.close();
    await clock.advance(200_000);
    expect([...server.io._nsps.keys()]).toEqual(['/']);
    await server.close();
  });

  it('reaches the clients by a namespace that was removed meanwhile, also if none has come yet', async () => {
    const server = stage({});
    server.io.of(/^\/p/);
    const client = await enter(server, '40/p1,');
    const held = server.io.of('/p1');
    for (const way of ['before', 'after']) {
      client.send('41/p1,');
      await server.clock.advance(62_000);
      expect(server.io._nsps.has('/p1')).toBe(false);
      // A use before the client comes adds the namespace again, and after that the client has made another one.
      if (way === 'before') held.emit('nobody');
      client.send('40/p1,');
      await server.clock.settle();
      expect(server.io.of('/p1') === held).toBe(way === 'before');
      held.emit('news', way);
      await server.clock.settle();
      expect([client.texts.at(-1), held.sockets.size, held.adapter.sids.size]).toEqual([
        `42/p1,["news","${way}"]`,
        1,
        1,
      ]);
    }
    client.terminate();
    await server.clock.advance(62_000);
    held.emit('nobody');
    expect(server.io._nsps.has('/p1')).toBe(true);
    await server.clock.advance(62_000);
    expect(server.io._nsps.has('/p1')).toBe(false);
  });

  it('reaches the clients by an operator of a namespace that was removed, and counts on', async () => {
    const server = stage({ connectionStateRecovery: { maxDisconnectionDuration: 1_000 } });
    server.io.of(/^\/p/);
    const held = server.io.of('/p1');
    const room = held.except('nobody');
    const appends = (): (number | undefined)[] => {
      const counts = server.io.backplane?.counts;
      return [counts?.appends, counts?.namespaces['/p1']?.appends];
    };
    room.emit('first');
    await server.clock.advance(130_000);
    expect([server.io._nsps.has('/p1'), ...appends()]).toEqual([false, 1, undefined]);
    held.emit('second');
    await server.clock.settle();
    expect(appends()).toEqual([2, 1]);
    await server.clock.advance(130_000);
    const client = await enter(server, '40/p1,');
    expect(server.io.of('/p1')).not.toBe(held);
    room.emit('third');
    await server.clock.settle();
    expect([client.texts.at(-1)?.slice(0, 14), ...appends()]).toEqual(['42/p1,["third"', 3, 1]);
  });

  it('makes a namespace small again when nothing is open in it, with its rules and policies', async () => {
    const server = stage({});
    const nsp = server.io.of('/a') as object as Namespace;
    const isSmall = (): boolean => usedCoreOf(nsp) === undefined;
    nsp.allow({ subscribe: true }).slow({ policy: 'hold', bytesMax: 5 });
    expect(isSmall()).toBe(true);
    const lobby = nsp.presence('lobby');
    const listener = (): void => undefined;
    lobby.on('join', listener);
    await server.clock.advance(130_000);
    expect(isSmall()).toBe(false);
    lobby.off('join', listener);
    await server.clock.advance(130_000);
    expect(isSmall()).toBe(true);
    const client = await enter(server, '40/a,');
    client.send('42/a,1["naru:subscribe","x"]');
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('43/a,1[{}]');
    client.link?.hold();
    let sent = 0;
    for (; sent < 100 && nsp.emit('n', 'x'.repeat(10_000)); sent += 1) await server.clock.settle();
    // Without the policy, `emit` never asks the program to wait.
    expect(sent).toBeLessThan(100);
  });

  it('keeps what is open in a namespace, whatever a core of an earlier time still does', async () => {
    const server = stage({});
    const nsp = server.io.of('/a') as object as Namespace;
    const earlier = coreOf(nsp);
    await server.clock.advance(6_000);
    const now = coreOf(nsp);
    expect(now).not.toBe(earlier);
    nsp.presence('lobby').on('join', () => undefined);
    earlier.checkEmpty();
    await server.clock.advance(62_000);
    expect(usedCoreOf(nsp)).toBe(now);
  });

  it('leaves at most 3 KiB of a namespace that was used and is idle', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const use = (from: number, count: number): void => {
      for (let at = from; at < from + count; at += 1)
        server.io
          .of(`/n${at}`)
          .on('connection', () => at)
          .emit('event');
    };
    // The first ones have code compiled.
    use(0, 100);
    await server.clock.advance(10_000);
    const before = liveBytes();
    use(100, 1_000);
    // Nobody has entered them, so this takes seconds, not a minute.
    await server.clock.advance(10_000);
    await expect.poll(() => (liveBytes() - before) / 1_000).toBeLessThan(3_072);
    expect(server.io._nsps.size).toBe(1_101);
  });

  it('keeps the name of a namespace without the message in which a client sent it', async () => {
    const server = stage();
    server.io.of(/^\/a-name-of-a-namespace-/);
    const client = await enter(server);
    const ask = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += 1) {
        client.send(`40/a-name-of-a-namespace-${at},{"token":"${'x'.repeat(100_000)}"}`);
        await server.clock.settle();
        client.send(`41/a-name-of-a-namespace-${at},`);
        client.received.length = 0;
      }
    };
    await ask(0, 20);
    const before = liveBytes();
    await ask(20, 220);
    // Explanations remember the name after the namespace has gone.
    await expect.poll(() => (liveBytes() - before) / 1_000_000).toBeLessThan(10);
  });

  it('keeps empty namespaces of clients if configured', async () => {
    const server = stage({ cleanupEmptyChildNamespaces: false });
    server.io.of(/^\/p/);
    const client = await enter(server, '40/p1,');
    client.terminate();
    await server.clock.advance(600_000);
    expect(server.io._nsps.has('/p1')).toBe(true);
  });

  it('makes the parts of a namespace when it is first used', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const names = ['/a', '/b'];
    const greeted: string[] = [];
    const [used] = names.map((name) =>
      server.io
        .of(name)
        .use((_socket, next) => next())
        .on('connection', (socket) => greeted.push(socket.nsp.name)),
    );
    const [, ...cores] = names.map((name) => usedCoreOf(server.io.of(name) as object as Namespace));
    expect([usedCoreOf(used as object as Namespace), ...cores]).toEqual([undefined, undefined]);
    await enter(server, '40/a,');
    expect([usedCoreOf(used as object as Namespace) !== undefined, ...greeted]).toEqual([true, '/a']);
  });
});
