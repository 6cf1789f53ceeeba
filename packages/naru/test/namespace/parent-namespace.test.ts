import { describe, expect, it, vi } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { coreIn, join, stage } from '../../../../test/kit/servers/test-server.js';
import { Acks } from '../../src/namespace/membership/acks.js';

describe('ParentNamespace', () => {
  it('gives its middleware and listeners to its children, and broadcasts to all of them', async () => {
    const server = stage();
    const parent = server.io.of(/^\/p/);
    const seen: string[] = [];
    parent.use((socket, next) => {
      seen.push(`use ${socket.nsp.name}`);
      next(socket.handshake.auth.bad ? new TypeError('bad') : undefined);
    });
    parent.on('connection', (socket) => seen.push(`connection ${socket.nsp.name}`));
    const [a, b] = [await join(server, '40/p1,'), await join(server, '40/p2,')];
    parent.emit('hi');
    server.io.of('/p1').emit('only one');
    await server.clock.settle();
    expect(seen).toEqual(['use /p1', 'connection /p1', 'use /p2', 'connection /p2']);
    expect(a.texts).toEqual(['42/p1,["hi"]', '42/p1,["only one"]']);
    expect(b.texts).toEqual(['42/p2,["hi"]']);
    const refused = await RawClient.open(server);
    refused.send('40/p3,{"bad":1}');
    await server.clock.settle();
    expect(refused.texts.at(-1)).toBe('44/p3,{"message":"bad"}');
  });

  it('finds, moves, asks and disconnects the sockets of all its children', async () => {
    const server = stage();
    const parent = server.io.of(/^\/p/);
    const [a, b] = [await join(server, '40/p1,'), await join(server, '40/p2,')];
    await join(server, '40');
    const idOf = async (name: string): Promise<string | undefined> => (await server.io.of(name).fetchSockets())[0]?.id;
    const [one, two] = [await idOf('/p1'), await idOf('/p2')];
    const sockets = await parent.fetchSockets();
    expect(sockets.map(({ id }) => id)).toEqual([one, two]);
    expect(await parent.allSockets()).toEqual(new Set([one, two]));
    parent.socketsJoin('all');
    sockets[1]?.join('second');
    expect((await parent.in('all').except('second').fetchSockets()).map(({ id }) => id)).toEqual([one]);
    parent.to('second').emit('hi');
    const answers = parent.timeout(1_000).emitWithAck('who');
    await server.clock.settle();
    expect([a.texts.at(-1), b.texts.slice(-2)]).toEqual(['42/p1,0["who"]', ['42/p2,["hi"]', '42/p2,0["who"]']]);
    b.send('43/p2,0["b"]');
    a.send('43/p1,0["a"]');
    await server.clock.settle();
    expect(await answers).toEqual(['b', 'a']);
    const unanswered = parent.timeout(1_000).emitWithAck('who');
    unanswered.catch(() => undefined);
    await server.clock.settle();
    const tables = vi.spyOn(Acks.prototype, 'forget');
    await server.clock.advance(1_000);
    await expect(unanswered).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(tables.mock.contexts.map((acks) => (acks as Acks).count)).toEqual([0, 0]);
    tables.mockRestore();
    expect(await parent.drained()).toBe(true);
    parent.in('second').disconnectSockets();
    await server.clock.settle();
    expect([a.texts.at(-1), b.texts.at(-1)]).toEqual(['42/p1,1["who"]', '41/p2,']);
  });

  it('gives its policies for slow readers to its present and future children', async () => {
    const server = stage();
    const parent = server.io.of(/^\/p/);
    parent.slow({ policy: 'hold', bytesMax: 5 }).slow('room', { policy: 'drop-oldest', bytesMax: 6 });
    await join(server, '40/p1,');
    const budgetOf = (name: string, ...rooms: string[]): number => coreIn(server, name).slowReaders.budgetOf(rooms);
    expect([budgetOf('/p1'), budgetOf('/p1', 'room')]).toEqual([5, 6]);
    parent.slow('room', undefined).slow({ policy: 'hold', bytesMax: 7 });
    await join(server, '40/p2,');
    expect([budgetOf('/p1', 'room'), budgetOf('/p2', 'room')]).toEqual([7, 7]);
    expect(budgetOf('/')).toBeGreaterThan(7);
  });
});
