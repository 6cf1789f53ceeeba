import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import type { Socket } from '../../../src/server/api/index.js';

async function pair(
  options: Parameters<typeof stage>[0] = {},
): Promise<{ server: TestServer; client: RawClient; socket: Socket }> {
  const server = stage(options);
  const client = await join(server);
  const socket = [...server.io.sockets.sockets.values()].at(-1) as Socket;
  return { server, client, socket };
}

describe('Socket', () => {
  it('emits text, bytes and acknowledgements, in order', async () => {
    const { server, client, socket } = await pair();
    const answers: unknown[] = [];
    socket.emit('a', 1, 'x', null, { y: true });
    socket.emit('b', Buffer.from([1, 2]));
    socket.send('hello');
    socket.emit('c', (...args: unknown[]) => answers.push(args));
    await server.clock.settle();
    expect(client.received).toEqual([
      '42["a",1,"x",null,{"y":true}]',
      '451-["b",{"_placeholder":true,"num":0}]',
      Buffer.from([1, 2]),
      '42["message","hello"]',
      '420["c"]',
    ]);
    client.send('430["yes",2]', '430["twice"]');
    await server.clock.settle();
    expect(answers).toEqual([['yes', 2]]);
  });

  it('answers the client once, however often the listener calls back', async () => {
    const { server, client, socket } = await pair();
    socket.on('q', (value: number, done: (answer: number) => void) => {
      done(value + 1);
      done(value + 2);
    });
    client.send('427["q",1]');
    await server.clock.settle();
    expect(client.texts).toEqual(['437[2]']);
  });

  it('rejects emitWithAck after timeout, and resolves it with the answer', async () => {
    const { server, client, socket } = await pair();
    const late = socket
      .timeout(500)
      .emitWithAck('q')
      .catch((error: Error) => error.message);
    const kept = socket.timeout(500).emitWithAck('q');
    await server.clock.settle();
    client.send('431["ok"]');
    await server.clock.advance(500);
    expect(await late).toBe('operation has timed out');
    expect(await kept).toBe('ok');
  });

  it('drops volatile events while something waits, and sends them otherwise', async () => {
    const { server, client, socket } = await pair();
    socket.volatile.emit('v1');
    socket.volatile.emit('v2');
    await server.clock.settle();
    socket.emit('e');
    socket.volatile.emit('v3');
    await server.clock.settle();
    socket.volatile.emit('v4');
    await server.clock.settle();
    expect(client.texts).toEqual(['42["v1"]', '42["e"]', '42["v4"]']);
  });

  it('broadcasts to everybody but itself', async () => {
    const { server, client, socket } = await pair();
    const other = await join(server);
    const third = await join(server);
    [...server.io.sockets.sockets.values()].at(-1)?.join('r');
    socket.join('r');
    socket.broadcast.emit('all');
    socket.to('r').emit('room');
    socket.except('r').emit('others');
    socket.local.emit('local');
    await server.clock.settle();
    expect(client.texts).toEqual([]);
    expect(other.texts).toEqual(['42["all"]', '42["others"]', '42["local"]']);
    expect(third.texts).toEqual(['42["all"]', '42["room"]', '42["local"]']);
  });

  it('accepts any value from a client as a room name, as Socket.IO does', async () => {
    const { server, client, socket } = await pair();
    const other = await join(server);
    socket.on('enter', (room) => socket.join(room));
    socket.on('tell', (room) => server.io.to(room).except([]).emit('told', room));
    socket.on('leave', (room) => socket.leave(room));
    for (const room of ['', ',null', ',5', ',["a",null]', ',{}', ',""', ',"__proto__"'])
      client.send(`42["enter"${room}]`);
    for (const room of ['', ',5', ',"a"', ',"nobody"']) client.send(`42["tell"${room}]`);
    client.send('42["leave"]', '42["tell"]');
    await server.clock.settle();
    expect(client.texts).toEqual(['42["told",null]', '42["told",5]', '42["told","a"]']);
    expect(other.texts).toEqual([]);
  });

  it('is disconnected, alone, when it would join more rooms than allowed', async () => {
    const { server, client, socket } = await pair({ roomsPerSocketMax: 3 });
    const other = await join(server);
    const ends: unknown[] = [];
    socket.on('disconnect', (...args) => ends.push(args));
    socket.on('enter', (room) => socket.join(room));
    client.send('42["enter",["a","b"]]', '42["enter","c"]', '42["enter","a"]');
    await server.clock.settle();
    expect([ends, socket.rooms.size]).toEqual([[], 4]);
    server.io.socketsJoin('d');
    await server.clock.settle();
    const why = expect.objectContaining({ message: expect.stringContaining('"roomsPerSocketMax"') });
    expect(ends).toEqual([['server namespace disconnect', why]]);
    expect(client.texts).toEqual(['41']);
    expect(server.io.sockets.adapter.rooms.get('d')?.size).toBe(1);
    server.io.emit('still here');
    await server.clock.settle();
    expect(other.texts).toEqual(['42["still here"]']);
  });

  it('can send on data from a client inside other data', async () => {
    const { server, client, socket } = await pair();
    socket.on('say', (what) => socket.emit('said', { what: [what] }));
    const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    client.send(`42["say",${deep(999)}]`);
    await server.clock.settle();
    expect(client.texts).toEqual([`42["said",{"what":[${deep(999)}]}]`]);
    client.send(`42["say",${deep(1_000)}]`);
    await server.clock.settle();
    expect(socket.connected).toBe(false);
  });

  it('is in its own room and those that it joined, until it disconnects', async () => {
    const { server, socket } = await pair();
    socket.join(['a', 'b']);
    socket.leave('a');
    expect(socket.rooms).toEqual(new Set([socket.id, 'b']));
    const during: unknown[] = [];
    socket.on('disconnecting', (reason: string) => during.push(reason, [...socket.rooms]));
    socket.on('disconnect', (reason: string) => during.push(reason, [...socket.rooms], socket.connected));
    socket.disconnect();
    socket.disconnect();
    expect(during).toEqual(['server namespace disconnect', [socket.id, 'b'], 'server namespace disconnect', [], false]);
    await server.clock.settle();
    expect(server.io.sockets.adapter.rooms.size).toBe(0);
  });

  it('closes the whole connection with disconnect(true)', async () => {
    const { server, client, socket } = await pair();
    server.io.of('/n').on('connection', () => undefined);
    client.send('40/n,');
    await server.clock.settle();
    socket.disconnect(true);
    await server.clock.settle();
    expect(client.texts.slice(1).sort()).toEqual(['41', '41/n,']);
    expect(client.ended).toBeDefined();
    expect(server.io.engine.clientsCount).toBe(0);
  });

  it('shows its handshake, data and transport', async () => {
    const { socket } = await pair();
    expect(socket.handshake.query).toMatchObject({ EIO: '4', transport: 'websocket' });
    expect(socket.handshake).toBe(socket.handshake);
    expect(socket.handshake.headers.host).toBe('naru.test');
    expect(socket.request.headers.host).toBe('naru.test');
    expect(socket.conn.transport.name).toBe('websocket');
    expect(socket.client.conn).toBe(socket.conn);
    expect(socket.data).toEqual({});
    expect(socket.connected).toBe(true);
    expect(socket.disconnected).toBe(false);
    expect(socket.recovered).toBe(false);
  });

  it('refuses reserved names and data that cannot be encoded, and continues', async () => {
    const { server, client, socket } = await pair();
    expect(() => socket.emit('connect' as string)).toThrow(/reserved/);
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const message = 'the event "a" cannot be sent: args[1].self is args[1] again, so the data contains itself';
    for (const target of [socket, socket.volatile, socket.broadcast, socket.nsp, socket.nsp.to('room')])
      expect(() => target.emit('a', 1, cycle)).toThrow(expect.objectContaining({ code: 'NOT_ENCODABLE', message }));
    try {
      socket.emit('a', 1, cycle);
    } catch (error) {
      // The program sees its own line, and not only the search through the data.
      expect((error as Error).stack).toContain('socket.test.ts');
    }
    const { timerCount } = server.clock;
    for (const target of [socket.nsp.timeout(10), socket.nsp.to('room').timeout(10)])
      await expect(target.emitWithAck('a', 1, cycle)).rejects.toMatchObject({ code: 'NOT_ENCODABLE' });
    expect(server.clock.timerCount).toBe(timerCount);
    socket.emit('b');
    await server.clock.settle();
    expect(client.texts).toEqual(['42["b"]']);
  });

  it('names the limit when a client sends too much', async () => {
    const { server, client, socket } = await pair({ maxHttpBufferSize: 100 });
    const ends: unknown[] = [];
    socket.on('disconnect', (reason, details) => ends.push(reason, (details as unknown as Error).message));
    client.send(`42["${'x'.repeat(200)}"]`);
    await server.clock.settle();
    expect(ends).toEqual(['transport error', expect.stringContaining('100 bytes')]);
    expect(client.ended).toMatchObject({ code: 1009, reason: expect.stringContaining('100 bytes') });
  });

  it('adds catch-all listeners at either end, and removes one of them, or all', async () => {
    const { server, client, socket } = await pair();
    const seen: unknown[] = [];
    const note =
      (name: string) =>
      (...args: unknown[]) =>
        void seen.push([name, ...args]);
    const [one, two] = [note('1'), note('2')];
    socket
      .onAny(one)
      .onAny(two)
      .prependAny(one)
      .use((_event, next) => next());
    expect(socket.offAny(one).listenersAny()).toEqual([one, two]);
    socket.onAnyOutgoing(one).prependAnyOutgoing(two);
    expect(socket.listenersAnyOutgoing()).toEqual([two, one]);
    client.send('42["in"]');
    await server.clock.settle();
    socket.emit('out');
    expect(seen).toEqual([
      ['1', 'in'],
      ['2', 'in'],
      ['2', 'out'],
      ['1', 'out'],
    ]);
    expect(socket.offAnyOutgoing(two).listenersAnyOutgoing()).toEqual([one]);
    expect(socket.offAny().offAnyOutgoing().listenersAny()).toEqual([]);
    expect(socket.listenersAnyOutgoing()).toEqual([]);
  });
});
