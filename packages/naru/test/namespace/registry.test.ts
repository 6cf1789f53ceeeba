import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { join as enter, stage } from '../../../../test/kit/servers/test-server.js';
import { local } from '../../../local/src/local-backplane.js';

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

  it('removes an empty namespace of clients if configured', async () => {
    const server = stage({ cleanupEmptyChildNamespaces: true });
    server.io.of(/^\/p/);
    const client = await enter(server, '40/p1,');
    expect(server.io._nsps.has('/p1')).toBe(true);
    client.send('41/p1,');
    await server.clock.settle();
    expect([...server.io._nsps.keys()]).toEqual(['/']);
  });
});
