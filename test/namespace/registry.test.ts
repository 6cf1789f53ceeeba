import { describe, expect, it } from 'vitest';
import { RawClient } from '../scenario/raw-client.js';
import { join, stage } from './stage.js';

describe('NamespaceRegistry', () => {
  it('gives the same namespace for the same name, with or without its slash', () => {
    const { io } = stage();
    const news: string[] = [];
    io.on('new_namespace', (namespace) => news.push(namespace.name));
    expect(io.of('a')).toBe(io.of('/a'));
    expect(io.of('/')).toBe(io.sockets);
    expect(news).toEqual(['/a']);
    expect(() => io.of(5 as unknown as string)).toThrow(/namespace/);
  });

  it('makes namespaces by a pattern, also one with the flag g, and by a function that may take its time', async () => {
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

  it('makes no more namespaces for clients than the bound', async () => {
    const server = stage({ dynamicNamespacesMax: 1 });
    server.io.of(/^\/p/);
    const client = await RawClient.open(server);
    client.send('40/p1,', '40/p2,');
    await server.clock.settle();
    expect(client.texts.slice(1).map((text) => text.slice(0, 5))).toEqual(['40/p1', '44/p2']);
  });

  it('lets a namespace that clients made go when it is empty, if asked', async () => {
    const server = stage({ cleanupEmptyChildNamespaces: true });
    server.io.of(/^\/p/);
    const client = await join(server, '40/p1,');
    expect(server.io._nsps.has('/p1')).toBe(true);
    client.send('41/p1,');
    await server.clock.settle();
    expect([...server.io._nsps.keys()]).toEqual(['/']);
  });
});
