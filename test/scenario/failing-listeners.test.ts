import { describe, expect, it } from 'vitest';
import { RawClient } from '../kit/clients/raw-client.js';
import { coreIn, join, stage } from '../kit/servers/test-server.js';
import { catchUncaught } from '../kit/uncaught.js';

function fail(message: string): never {
  throw new RangeError(message);
}

const CLEAN = { sessions: 0, sockets: 0, rooms: 0, links: 0 };

describe('a listener that throws', () => {
  it('keeps no socket, room or connection after an error on disconnecting, disconnect or close', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    server.io.on('connection', (socket) => {
      socket.join('room');
      socket.on('disconnecting', () => fail('disconnecting'));
      socket.on('disconnect', () => fail('disconnect'));
      socket.conn.on('close', () => fail('close'));
    });
    const ends = [
      (client: RawClient) => client.terminate(),
      (client: RawClient) => client.send('1'),
      (client: RawClient) => client.send('not a packet'),
    ];
    for (const end of ends) end(await join(server));
    await server.clock.settle();
    expect(server.leftovers()).toMatchObject(CLEAN);
    expect(uncaught).toHaveLength(9);
  });

  it('lets sockets come and go after an error on a room event', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    const { adapter } = server.io.of('/');
    for (const name of ['create-room', 'join-room', 'leave-room', 'delete-room'] as const)
      adapter.on(name, () => fail(name));
    const client = await join(server);
    expect(adapter.rooms.size).toBe(1);
    client.terminate();
    await server.clock.settle();
    expect(server.leftovers()).toMatchObject(CLEAN);
    expect(uncaught).toEqual(['create-room', 'join-room', 'leave-room', 'delete-room']);
  });

  it('takes nothing from the other listeners after an error on outgoing events, flush or drain', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    const clients = [await join(server), await join(server), await join(server)];
    const [first] = server.io.sockets.sockets.values();
    first?.onAnyOutgoing(() => fail('outgoing'));
    first?.conn.on('flush', () => fail('flush'));
    first?.conn.on('drain', () => fail('drain'));
    first?.conn.on('packetCreate', () => fail('packetCreate'));
    for (const text of ['a', 'b']) {
      server.io.emit(text);
      await server.clock.settle();
    }
    for (const client of clients) expect(client.texts).toEqual(['42["a"]', '42["b"]']);
    expect(new Set(uncaught)).toEqual(new Set(['outgoing', 'flush', 'drain', 'packetCreate']));
  });
});

describe('a listener that changes the state it is told of', () => {
  it('may disconnect during disconnecting, and leave and join during an emit', async () => {
    const server = stage();
    const told: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.join('room');
      socket.on('disconnecting', (reason) => {
        told.push([reason, socket.connected, socket.rooms.size]);
        socket.disconnect();
        socket.disconnect(true);
      });
      socket.on('disconnect', (reason) => {
        told.push([reason, socket.connected, socket.rooms.size]);
        socket.join('too late');
        socket.disconnect(true);
      });
      socket.onAnyOutgoing(() => {
        socket.leave('room');
        socket.join('room');
      });
    });
    const client = await join(server);
    server.io.to('room').emit('x');
    await server.clock.settle();
    expect(client.texts).toEqual(['42["x"]']);
    client.send('41');
    await server.clock.settle();
    expect(told).toEqual([
      ['client namespace disconnect', true, 2],
      ['client namespace disconnect', false, 0],
    ]);
    expect(server.leftovers()).toMatchObject(CLEAN);
  });

  it('may enter a room during its leave event', async () => {
    const server = stage();
    const { adapter } = server.io.of('/');
    await join(server);
    await join(server);
    const [one, other] = [...server.io.sockets.sockets.values()];
    if (!one || !other) fail('two sockets');
    const deleted: string[] = [];
    adapter.on('delete-room', (room) => deleted.push(room));
    adapter.on('leave-room', (room) => void other.join(room));
    one.join('room');
    one.leave('room');
    one.leave(one.id);
    expect([adapter.rooms.get('room'), adapter.rooms.get(one.id)]).toEqual([new Set([other.id]), new Set([other.id])]);
    expect(deleted).toEqual([]);
  });
});

describe('a room listener that disconnects the socket', () => {
  it.each(['create-room', 'join-room'] as const)(
    'on %s leaves neither a member nor a session to recover',
    async (name) => {
      const server = stage({ connectionStateRecovery: { maxDisconnectionDuration: 1_000 } });
      const namespace = server.io.of('/');
      const { recovery } = coreIn(server);
      const connected: string[] = [];
      server.io.on('connection', (socket) => connected.push(socket.id));
      const other = await join(server);
      const [host] = namespace.sockets.values();
      let isOn = true;
      namespace.adapter.on(name, (room) => {
        if (!isOn) return;
        isOn = false;
        host?.join(room);
        for (const socket of namespace.sockets.values()) if (socket !== host) socket.disconnect();
        isOn = true;
      });
      const client = await RawClient.open(server);
      client.send('40');
      await server.clock.settle();
      expect(client.texts.at(-1)).toBe('41');
      expect([connected.length, namespace.sockets.size, recovery?.sessions.size]).toEqual([1, 1, 1]);
      for (const members of namespace.adapter.rooms.values()) expect([...members]).toEqual([host?.id]);
      other.terminate();
      await server.clock.advance(1_000);
      expect([namespace.adapter.rooms.size, recovery?.sessions.size]).toEqual([0, 0]);
    },
  );
});

describe('failing middleware', () => {
  it.each([
    ['throws', () => fail('thrown')],
    ['rejects', async () => fail('rejected')],
  ])('that %s refuses the client without a reason, and the client may try again', async (_how, middleware) => {
    const uncaught = catchUncaught();
    const server = stage({ cleanupEmptyChildNamespaces: true });
    server.io.of(/^\/d/).use(middleware);
    const client = await RawClient.open(server);
    for (let turn = 1; turn <= 2; turn += 1) {
      client.send('40/dynamic,');
      await server.clock.settle();
      await new Promise(setImmediate);
      await server.clock.settle();
      expect(client.texts.slice(1)).toEqual(new Array(turn).fill('44/dynamic,{"message":"the middleware failed"}'));
    }
    expect(uncaught).toHaveLength(2);
    expect([...server.io._nsps.keys()]).toEqual(['/']);
  });

  it('leaves no room behind for a refused or lost client', async () => {
    const server = stage();
    let refuse: ((error: Error) => void) | undefined;
    server.io.use((socket, next) => {
      socket.join('early');
      refuse = next;
    });
    const refused = await RawClient.open(server);
    refused.send('40');
    await server.clock.settle();
    server.io.to('early').emit('not for those who wait');
    await server.clock.settle();
    expect(refused.texts).toHaveLength(1);
    expect(await server.io.in('early').fetchSockets()).toEqual([]);
    refuse?.(new RangeError('no'));
    await server.clock.settle();
    expect(server.io.of('/').adapter.rooms.size).toBe(0);
    const lost = await RawClient.open(server);
    lost.send('40');
    await server.clock.settle();
    lost.terminate();
    await server.clock.settle();
    expect(server.io.of('/').adapter.rooms.size).toBe(0);
  });
});

describe('a namespace created by its clients', () => {
  it('goes when all clients were refused, and stays while one is entering', async () => {
    const server = stage({ cleanupEmptyChildNamespaces: true });
    const waiting: (() => void)[] = [];
    server.io.of(/^\/d/).use((socket, next) => {
      if (socket.handshake.auth.bad) next(new RangeError('bad'));
      else if (socket.handshake.auth.slow) waiting.push(next);
      else next();
    });
    const [bad, slow] = [await RawClient.open(server), await RawClient.open(server)];
    for (let index = 0; index < 20; index += 1) bad.send(`40/d${index},{"bad":1}`);
    await server.clock.settle();
    expect([...server.io._nsps.keys()]).toEqual(['/']);
    slow.send('40/d,{"slow":1}');
    const quick = await join(server, '40/d,');
    quick.send('41/d,');
    await server.clock.settle();
    waiting[0]?.();
    await server.clock.settle();
    server.io.of('/d').emit('here');
    await server.clock.settle();
    expect(slow.texts.at(-1)).toBe('42/d,["here"]');
  });

  it('goes when its client leaves before the answer', async () => {
    const server = stage({ cleanupEmptyChildNamespaces: true });
    const answers: (() => void)[] = [];
    server.io.of((_name, _auth, next) => answers.push(() => next(null, true)));
    const client = await RawClient.open(server);
    client.send('40/x,');
    await server.clock.settle();
    client.terminate();
    await server.clock.settle();
    for (const answer of answers) answer();
    expect([answers.length, ...server.io._nsps.keys()]).toEqual([1, '/']);
  });
});

describe('a client disconnected from a namespace', () => {
  it('may still send the events that were on their way', async () => {
    const server = stage();
    server.io.of('/a');
    const client = await join(server);
    client.send('40/a,');
    await server.clock.settle();
    server.io.of('/a').disconnectSockets();
    client.send('42/a,["on its way"]');
    await server.clock.settle();
    expect(server.leftovers()).toMatchObject({ sessions: 1, sockets: 1 });
    client.send('40/a,');
    await server.clock.settle();
    client.send('41/a,');
    client.send('42/a,["after goodbye"]');
    await server.clock.settle();
    expect(server.leftovers()).toMatchObject({ sessions: 0 });
  });
});

describe('a session recovered with middleware', () => {
  it('misses no event that is sent while the middleware runs', async () => {
    const server = stage({ connectionStateRecovery: { skipMiddlewares: false } });
    let isSlow = false;
    server.io.use((_socket, next) => (isSlow ? void server.clock.setTimeout(next, 100, undefined) : next()));
    const client = await RawClient.open(server);
    client.send('40');
    await server.clock.settle();
    const { pid } = JSON.parse(client.texts.at(-1)?.slice(2) ?? '{}') as { pid: string };
    client.terminate();
    await server.clock.settle();
    server.io.emit('while away');
    isSlow = true;
    const again = await RawClient.open(server);
    again.send(`40{"pid":"${pid}"}`);
    await server.clock.settle();
    server.io.emit('while waiting');
    await server.clock.advance(100);
    server.io.emit('after');
    await server.clock.settle();
    const names = again.texts
      .filter((text) => text.startsWith('42'))
      .map((text) => (JSON.parse(text.slice(2)) as string[])[0]);
    expect(names).toEqual(['while away', 'while waiting', 'after']);
  });
});
