/** Rooms and broadcasts: the recipients, once each; joining and leaving; volatile events; operations on whole rooms. */
import { describe, expect, it } from 'vitest';
import { type ClientSocket, next, type Pair, type Socket, type Stage, stage, until } from '../harness.js';

/** Claims about rooms and broadcasts. */
export function rooms(pair: Pair): void {
  describe('rooms', () => {
    membership(pair);
    targets(pair);
    ends(pair);
    groups(pair);
    adapter(pair);
    flags(pair);
  });
}

/** Clients called a, b, c... Each one records the events called `news`. */
async function crowd(
  server: Stage,
  count: number,
): Promise<{ sockets: Socket[]; clients: ClientSocket[]; seen: string[] }> {
  const sockets: Socket[] = [];
  const clients: ClientSocket[] = [];
  const seen: string[] = [];
  for (let n = 0; n < count; n++) {
    const { client, socket } = await server.join('', { transports: [n % 2 === 0 ? 'websocket' : 'polling'] });
    const name = String.fromCharCode(97 + n);
    client.on('news', (what: string) => seen.push(`${name}:${what}`));
    sockets.push(socket);
    clients.push(client);
  }
  return { sockets, clients, seen };
}

/** Waits until everything sent earlier has arrived at every client. */
async function settled(server: Stage, clients: ClientSocket[]): Promise<void> {
  const arrived = clients.map((client) => next(client, 'settled'));
  server.io.emit('settled');
  await Promise.all(arrived);
}

function membership(pair: Pair): void {
  it('puts a socket in its own room and the rooms that it joins, and takes it out again', async () => {
    const server = await stage(pair);
    const { socket } = await server.join();
    expect([...socket.rooms]).toEqual([socket.id]);
    socket.join('one');
    socket.join(['two', 'three']);
    expect([...socket.rooms]).toEqual([socket.id, 'one', 'two', 'three']);
    socket.leave('two');
    expect(socket.rooms.has('two')).toBe(false);
    expect(server.io.of('/').adapter.rooms.has('two')).toBe(false);
    expect(server.io.of('/').adapter.rooms.get('one')).toEqual(new Set([socket.id]));
    expect(server.io.of('/').adapter.sids.get(socket.id)).toEqual(new Set([socket.id, 'one', 'three']));
  });

  it('empties the rooms of a socket that disconnects, after `disconnecting`', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    socket.join('room');
    let during: string[] = [];
    socket.on('disconnecting', () => {
      during = [...socket.rooms];
    });
    const gone = next(socket, 'disconnect');
    client.disconnect();
    await gone;
    expect(during).toEqual([socket.id, 'room']);
    expect(socket.rooms.size).toBe(0);
    expect(server.io.of('/').adapter.rooms.size).toBe(0);
    expect(server.io.of('/').adapter.sids.size).toBe(0);
  });
}

function targets(pair: Pair): void {
  it('reaches exactly the sockets of a target, once each', async () => {
    const server = await stage(pair);
    const { sockets, clients, seen } = await crowd(server, 4);
    const [a, b, c, d] = sockets as [Socket, Socket, Socket, Socket];
    a.join(['x', 'y']);
    b.join('x');
    c.join('y');
    const cases: [string, (name: string) => unknown, string][] = [
      ['all', (name) => server.io.emit('news', name), 'abcd'],
      ['one room', (name) => server.io.to('x').emit('news', name), 'ab'],
      ['two rooms', (name) => server.io.to('x').to('y').emit('news', name), 'abc'],
      ['two rooms at once', (name) => server.io.in(['x', 'y']).emit('news', name), 'abc'],
      ['all but a room', (name) => server.io.except('x').emit('news', name), 'cd'],
      ['a room but another', (name) => server.io.to('x').except('y').emit('news', name), 'b'],
      ['a room but one id', (name) => server.io.to('x').except([a.id]).emit('news', name), 'b'],
      ['one id', (name) => server.io.to(d.id).emit('news', name), 'd'],
      ['all but the sender', (name) => a.broadcast.emit('news', name), 'bcd'],
      ['a room but the sender', (name) => a.to('x').emit('news', name), 'b'],
      ['a room of others', (name) => d.to(['x', 'y']).emit('news', name), 'abc'],
      ['others but a room', (name) => d.except('x').emit('news', name), 'c'],
      ['local', (name) => server.io.local.emit('news', name), 'abcd'],
      ['nobody', (name) => server.io.to('empty').emit('news', name), ''],
    ];
    for (const [name, send, expected] of cases) {
      seen.length = 0;
      send(name);
      await settled(server, clients);
      expect(seen.sort(), name).toEqual([...expected].map((letter) => `${letter}:${name}`));
    }
  });

  it('does not leak a chain of targets into the next broadcast', async () => {
    const server = await stage(pair);
    const { sockets, clients, seen } = await crowd(server, 2);
    sockets[0]?.join('x');
    const operator = server.io.to('x');
    operator.to('y').emit('news', 'first');
    server.io.emit('news', 'second');
    operator.emit('news', 'third');
    await settled(server, clients);
    expect(seen.sort()).toEqual(['a:first', 'a:second', 'a:third', 'b:second']);
  });
}

function ends(pair: Pair): void {
  it('does not reach a socket that has left', async () => {
    const server = await stage(pair);
    const { sockets, clients, seen } = await crowd(server, 2);
    for (const socket of sockets) socket.join('x');
    sockets[0]?.leave('x');
    server.io.to('x').emit('news', 'left');
    await settled(server, clients);
    expect(seen).toEqual(['b:left']);
  });

  it('does not throw at a disconnected socket', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const gone = next(socket, 'disconnect');
    client.disconnect();
    await gone;
    expect(() => socket.emit('news', 1)).not.toThrow();
    expect(() => socket.broadcast.emit('news', 1)).not.toThrow();
    expect(() => server.io.to(socket.id).emit('news', 1)).not.toThrow();
  });
}

function groups(pair: Pair): void {
  it('lists, joins, moves and disconnects the sockets of a room', async () => {
    const server = await stage(pair);
    const { sockets, clients } = await crowd(server, 3);
    const [a, b, c] = sockets as [Socket, Socket, Socket];
    a.data = { name: 'a' };
    server.io.in([a.id, b.id]).socketsJoin(['pair', 'both']);
    const pairOfSockets = await server.io.in('pair').fetchSockets();
    expect(pairOfSockets.map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());
    const found = pairOfSockets.find(({ id }) => id === a.id);
    expect(found?.data).toEqual({ name: 'a' });
    expect(found?.rooms).toEqual(new Set([a.id, 'pair', 'both']));
    expect(found?.handshake.issued).toBe(a.handshake.issued);
    server.io.in('pair').except(a.id).socketsLeave('pair');
    expect((await server.io.in('pair').fetchSockets()).length).toBe(1);
    const got = next(clients[0] as ClientSocket, 'direct');
    found?.emit('direct', 1);
    expect(await got).toEqual([1]);
    const ended = next(clients[1] as ClientSocket, 'disconnect');
    server.io.in('both').except(a.id).disconnectSockets(true);
    expect((await ended)[0]).toMatch(/io server disconnect|transport close/);
    await until(() => server.io.of('/').sockets.size === 2);
    expect([...server.io.of('/').sockets.keys()].sort()).toEqual([a.id, c.id].sort());
  });
}

function adapter(pair: Pair): void {
  it('reports created and deleted rooms, and joins and leaves', async () => {
    const server = await stage(pair);
    const seen: string[] = [];
    const names = new Map<string, string>();
    const call = (id: string): string => names.get(id) ?? id;
    const source = server.io.of('/').adapter;
    const { socket } = await server.join();
    names.set(socket.id, 'me');
    source.on('create-room', (room: string) => seen.push(`create ${call(room)}`));
    source.on('join-room', (room: string, id: string) => seen.push(`join ${call(room)} ${call(id)}`));
    source.on('leave-room', (room: string, id: string) => seen.push(`leave ${call(room)} ${call(id)}`));
    source.on('delete-room', (room: string) => seen.push(`delete ${call(room)}`));
    socket.join('x');
    socket.leave('x');
    expect(seen).toEqual(['create x', 'join x me', 'leave x me', 'delete x']);
    socket.disconnect();
    expect(seen.slice(4).sort()).toEqual(['delete me', 'leave me me']);
  });
}

function flags(pair: Pair): void {
  it('delivers volatile events while the client keeps up, to one and to all', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: ['websocket'] });
    const direct = next(client, 'direct');
    socket.volatile.emit('direct', 1, Buffer.from([2]));
    expect((await direct)[0]).toBe(1);
    const all = next(client, 'all');
    server.io.volatile.emit('all', 2);
    expect(await all).toEqual([2]);
  });

  it('drops volatile events for a polling client that is between two polls', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: ['polling'] });
    let calls = 0;
    client.on('tick', () => {
      calls++;
    });
    await until(() => socket.conn.transport.writable);
    for (let n = 0; n < 50; n++) socket.volatile.emit('tick', n);
    const done = next(client, 'done');
    socket.emit('done');
    await done;
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(50);
  });

  it('takes compress as a hint only', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const arrived = next(client, 'big');
    socket.compress(false).emit('big', 'x'.repeat(5000));
    expect(((await arrived)[0] as string).length).toBe(5000);
    const again = next(client, 'big');
    server.io.compress(true).emit('big', 'y'.repeat(5000));
    expect(((await again)[0] as string).length).toBe(5000);
  });
}
