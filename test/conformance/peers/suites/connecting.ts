/**
 * Opening a connection: the three ways to connect, the upgrade, the handshake as the server sees it, several clients.
 */
import { describe, expect, it } from 'vitest';
import {
  type ClientSocket,
  collect,
  MODE_NAMES,
  MODES,
  next,
  type Pair,
  stage,
  transportOf,
  until,
} from '../harness.js';

/** Claims about opening a connection. */
export function connecting(pair: Pair): void {
  describe('connecting', () => {
    modes(pair);
    upgrading(pair);
    handshake(pair);
    addresses(pair);
    sharing(pair);
  });
}

function modes(pair: Pair): void {
  it.each(MODE_NAMES)('connects by %s and both ends name the same socket', async (mode) => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    expect(client.connected).toBe(true);
    expect(socket.connected).toBe(true);
    expect(client.id).toBe(socket.id);
    expect(server.io.of('/').sockets.get(socket.id)).toBe(socket);
    expect(server.io.engine.clientsCount).toBe(1);
  });

  it('stays with polling when the client wants only that', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: ['polling'] });
    socket.on('ask', (ack: (name: string) => void) => ack(socket.conn.transport.name));
    for (let turn = 0; turn < 5; turn++) {
      expect(await new Promise((resolve) => client.emit('ask', resolve))).toBe('polling');
    }
    expect(transportOf(client)).toBe('polling');
  });

  it('refuses a transport that the server does not offer', async () => {
    const server = await stage(pair, { transports: ['websocket'] });
    const client = server.client('', { transports: ['polling'], reconnection: false });
    const [error] = await next(client, 'connect_error');
    expect(error).toBeInstanceOf(Error);
    const { socket } = await server.join('', { transports: ['websocket'] });
    expect(socket.conn.transport.name).toBe('websocket');
  });

  it('does not upgrade when the server forbids it', async () => {
    const server = await stage(pair, { allowUpgrades: false });
    const { client, socket } = await server.join('', { transports: ['polling', 'websocket'] });
    socket.on('ask', (ack: (name: string) => void) => ack(socket.conn.transport.name));
    for (let turn = 0; turn < 5; turn++) {
      expect(await new Promise((resolve) => client.emit('ask', resolve))).toBe('polling');
    }
  });
}

function upgrading(pair: Pair): void {
  it('upgrades from polling to websocket once, and notifies both ends', async () => {
    const server = await stage(pair);
    const accepted = next(server.io, 'connection');
    const client = server.client('', { transports: ['polling', 'websocket'] });
    const [socket] = (await accepted) as [import('../harness.js').Socket];
    if (!socket.conn.upgraded) await next(socket.conn, 'upgrade');
    expect(socket.conn.upgraded).toBe(true);
    expect(socket.conn.transport.name).toBe('websocket');
    await until(() => transportOf(client) === 'websocket');
    expect(server.io.engine.clientsCount).toBe(1);
  });

  it('keeps the order of 2 x 2000 messages that cross the upgrade', async () => {
    const server = await stage(pair);
    const count = 2000;
    const names = new Set<string>();
    const inbound = new Promise<number[]>((resolve) => {
      server.io.on('connection', (socket) => {
        const seen: number[] = [];
        socket.on('n', (n: number) => {
          names.add(socket.conn.transport.name);
          if (seen.push(n) === count) resolve(seen);
        });
        void drip((n) => socket.emit('n', n), count);
      });
    });
    const client = server.client('', { transports: ['polling', 'websocket'] });
    const outbound = collect(client, 'n', count);
    client.once('connect', () => void drip((n) => client.emit('n', n), count));
    const expected = Array.from({ length: count }, (_, index) => index);
    expect(await inbound).toEqual(expected);
    expect((await outbound).map(([n]) => n)).toEqual(expected);
    expect(names.has('websocket')).toBe(true);
  });
}

/** Emits `count` numbers, a few in each turn of the event loop, so that they are spread over the upgrade. */
async function drip(emit: (n: number) => void, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    emit(n);
    if (n % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function handshake(pair: Pair): void {
  it('shows the query, the address and the time of the handshake', async () => {
    const server = await stage(pair);
    const { socket } = await server.join('', { query: { token: 'a b&c=d', room: '한국' } });
    const { handshake } = socket;
    expect(handshake.query.token).toBe('a b&c=d');
    expect(handshake.query.room).toBe('한국');
    expect(handshake.query.EIO).toBe(pair.version === 2 ? '3' : '4');
    expect(handshake.address).toMatch(/127\.0\.0\.1$/);
    expect(handshake.secure).toBe(false);
    expect(handshake.xdomain).toBe(false);
    expect(handshake.url).toMatch(/^\/socket\.io\/\?/);
    expect(Math.abs(Date.now() - handshake.issued)).toBeLessThan(60_000);
    expect(new Date(handshake.time).getTime()).toBeGreaterThan(0);
    expect(handshake.headers.host).toBe(`127.0.0.1:${server.port}`);
    expect(socket.request.url).toBe(handshake.url);
    expect(socket.conn.protocol).toBe(pair.version === 2 ? 3 : 4);
  });

  it.skipIf(pair.version === 2)('gives the server the auth object, or the result of an auth function', async () => {
    const server = await stage(pair);
    const first = await server.join('', { auth: { token: 'abc', nested: { list: [1, null] } } });
    expect(first.socket.handshake.auth).toEqual({ token: 'abc', nested: { list: [1, null] } });
    const second = await server.join('', {
      auth: (give: (data: object) => void) => setImmediate(give, { late: true }),
    });
    expect(second.socket.handshake.auth).toEqual({ late: true });
    const third = await server.join();
    expect(third.socket.handshake.auth).toEqual({});
  });
}

function addresses(pair: Pair): void {
  it('serves another path, and not the usual one', async () => {
    const server = await stage(pair, { path: '/my/own' });
    const { client } = await server.join('', { path: '/my/own' });
    expect(client.connected).toBe(true);
    const lost = server.client('', { reconnection: false, transports: ['websocket'] });
    const [error] = await next(lost, 'connect_error');
    expect(error).toBeInstanceOf(Error);
  });

  it('tells the client when nobody listens', async () => {
    const server = await stage(pair);
    const { port } = server;
    await server.io.close();
    for (const mode of MODE_NAMES) {
      const client = server.client('', { reconnection: false, transports: [...MODES[mode]] });
      const [error] = await next(client, 'connect_error');
      expect(error).toBeInstanceOf(Error);
      expect(client.connected).toBe(false);
    }
    expect(port).toBeGreaterThan(0);
  });

  it('connects on demand with autoConnect off, and buffers events until then', async () => {
    const server = await stage(pair);
    const client = server.client('', { autoConnect: false });
    client.emit('early', 1);
    client.emit('early', 2);
    const arrived = new Promise<readonly unknown[][]>((resolve) =>
      server.io.on('connection', (socket) => void collect(socket, 'early', 2).then(resolve)),
    );
    expect(client.connected).toBe(false);
    client.connect();
    expect(await arrived).toEqual([[1], [2]]);
  });
}

function sharing(pair: Pair): void {
  it('gives each of 20 clients its own id', async () => {
    const server = await stage(pair);
    const clients: ClientSocket[] = [];
    for (let n = 0; n < 20; n++)
      clients.push(server.client('', { transports: [n % 2 === 0 ? 'polling' : 'websocket'] }));
    await Promise.all(clients.map((client) => next(client, 'connect')));
    expect(new Set(clients.map((client) => client.id)).size).toBe(20);
    expect(server.io.engine.clientsCount).toBe(20);
    expect((await server.io.fetchSockets()).length).toBe(20);
  });

  it('carries several namespaces on one connection', async () => {
    const server = await stage(pair);
    server.io.of('/one');
    server.io.of('/two');
    const { client } = await server.join();
    const one = client.io.socket('/one');
    const two = client.io.socket('/two');
    await Promise.all([next(one, 'connect'), next(two, 'connect')]);
    expect(server.io.engine.clientsCount).toBe(1);
    expect(server.io.of('/one').sockets.size).toBe(1);
    expect(server.io.of('/two').sockets.size).toBe(1);
  });
}
