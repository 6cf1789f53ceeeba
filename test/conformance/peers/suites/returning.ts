/** Reconnection after a restart or a break, with the events emitted meanwhile, and recovery of a session. */
import { describe, expect, it } from 'vitest';
import { fixedPort } from '../../../kit/ports.mjs';
import {
  answerRoundTrips,
  collect,
  MODE_NAMES,
  MODES,
  next,
  type Pair,
  roundTrip,
  type Socket,
  stage,
} from '../harness.js';
import { relay } from '../relay.js';

/** Claims about reconnection. */
export function returning(pair: Pair): void {
  describe('returning', () => {
    restart(pair);
    breaks(pair);
    givingUp(pair);
    recovery(pair);
  });
}

function restart(pair: Pair): void {
  it.each(MODE_NAMES)('reconnects to a server that restarts on its port, by %s', async (mode) => {
    const first = await stage(pair, {}, await fixedPort());
    const { client, socket } = await first.join('', { transports: [...MODES[mode]] });
    const gone = next(client, 'disconnect');
    await first.io.close();
    expect((await gone)[0]).toMatch(/transport close|transport error/);
    client.emit('meanwhile', 1);
    client.emit('meanwhile', 2);
    const reconnected = next(client.io, 'reconnect');
    const second = await stage(pair, {}, first.port);
    const accepted = next(second.io, 'connection');
    const [again] = (await accepted) as [Socket];
    const meanwhile = collect(again, 'meanwhile', 2);
    expect(await meanwhile).toEqual([[1], [2]]);
    expect(typeof (await reconnected)[0]).toBe('number');
    expect(client.connected).toBe(true);
    expect(client.id).toBe(again.id);
    expect(again.id).not.toBe(socket.id);
  });

  it('reconnects to all of its namespaces', async () => {
    const first = await stage(pair, {}, await fixedPort());
    first.io.of('/chat');
    const { client } = await first.join();
    const inChat = client.io.socket('/chat');
    await next(inChat, 'connect');
    const gone = next(inChat, 'disconnect');
    await first.io.close();
    await gone;
    const both = Promise.all([next(client, 'connect'), next(inChat, 'connect')]);
    const second = await stage(pair, {}, first.port);
    second.io.of('/chat');
    await both;
    expect(second.io.of('/chat').sockets.size).toBe(1);
  });
}

function breaks(pair: Pair): void {
  it.each(MODE_NAMES)('reconnects after a broken network, by %s', async (mode) => {
    const server = await stage(pair);
    const wire = await relay(server.port);
    server.io.on('connection', answerRoundTrips);
    const client = pair.connect(wire.url, { forceNew: true, reconnectionDelay: 20, transports: [...MODES[mode]] });
    await next(client, 'connect');
    for (let turn = 0; turn < 3; turn++) {
      const gone = next(client, 'disconnect');
      wire.refuse();
      await gone;
      const again = next(client, 'connect');
      wire.mend();
      await again;
      await roundTrip(client);
    }
    client.disconnect();
  });

  it.skipIf(pair.version < 4)('drops volatile events before it is connected, and sends the rest in order', async () => {
    const server = await stage(pair);
    const accepted = next(server.io, 'connection');
    const client = server.client('', { autoConnect: false });
    client.emit('n', 1);
    client.volatile.emit('n', 'volatile');
    client.emit('n', 2);
    client.connect();
    const [socket] = (await accepted) as [Socket];
    expect(await collect(socket, 'n', 2)).toEqual([[1], [2]]);
  });
}

function givingUp(pair: Pair): void {
  it('counts its attempts, and gives up after the last', async () => {
    const server = await stage(pair);
    await server.io.close();
    const client = server.client('', {
      reconnectionAttempts: 3,
      reconnectionDelay: 5,
      reconnectionDelayMax: 10,
      transports: ['websocket'],
    });
    const attempts = collect(client.io, 'reconnect_attempt', 3);
    const errors = collect(client.io, 'reconnect_error', 3);
    const failed = next(client.io, 'reconnect_failed');
    expect(await attempts).toEqual([[1], [2], [3]]);
    expect((await errors).every(([error]) => error instanceof Error)).toBe(true);
    await failed;
    expect(client.connected).toBe(false);
  });
}

function recovery(pair: Pair): void {
  it.skipIf(pair.version < 4)('recovers the events that a client missed, and its rooms and data', async () => {
    const server = await stage(pair, { connectionStateRecovery: {} });
    const wire = await relay(server.port);
    const accepted = next(server.io, 'connection');
    const client = pair.connect(wire.url, { forceNew: true, reconnectionDelay: 100, transports: ['websocket'] });
    const connected = next(client, 'connect');
    const [socket] = (await accepted) as [Socket];
    await connected;
    expect(client.recovered).toBe(false);
    socket.data.name = 'kept';
    socket.join('room');
    const seen: unknown[] = [];
    client.on('n', (n: number) => seen.push(n));
    const before = next(client, 'n');
    server.io.emit('n', 0);
    await before;
    const gone = next(socket, 'disconnect');
    const back = next(server.io, 'connection');
    wire.refuse();
    await gone;
    wire.mend();
    server.io.emit('n', 1);
    server.io.to('room').emit('n', 2, Buffer.from([2]));
    server.io.to('other').emit('n', 'not for me');
    server.io.to(socket.id).emit('n', 3);
    const [again] = (await back) as [Socket];
    expect(again.recovered).toBe(true);
    expect(again.id).toBe(socket.id);
    expect(again.data.name).toBe('kept');
    expect(again.rooms.has('room')).toBe(true);
    const last = next(client, 'last');
    again.emit('last');
    await last;
    expect(client.recovered).toBe(true);
    expect(client.id).toBe(socket.id);
    expect(seen).toEqual([0, 1, 2, 3]);
    client.disconnect();
  });
}
