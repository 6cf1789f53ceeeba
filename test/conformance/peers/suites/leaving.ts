/** The end of connections: on purpose, by accident, by silence; and the reason that each end is given. */
import { describe, expect, it } from 'vitest';
import { MODE_NAMES, MODES, next, type Pair, type Socket, stage, until } from '../harness.js';
import { relay } from '../relay.js';

/** Claims about the end of a connection. */
export function leaving(pair: Pair): void {
  describe('leaving', () => {
    byClient(pair);
    byServer(pair);
    twice(pair);
    byAccident(pair);
    bySilence(pair);
    bySize(pair);
  });
}

function byClient(pair: Pair): void {
  it.each(MODE_NAMES)('names a client that disconnects by itself, by %s', async (mode) => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const atServer = next(socket, 'disconnect');
    const atClient = next(client, 'disconnect');
    client.disconnect();
    expect((await atClient)[0]).toBe('io client disconnect');
    expect((await atServer)[0]).toBe('client namespace disconnect');
    expect(socket.connected).toBe(false);
    expect(client.connected).toBe(false);
    expect(server.io.of('/').sockets.size).toBe(0);
    await until(() => server.io.engine.clientsCount === 0);
  });

  // The stock server ignores an event that arrives in the same chunk as the disconnect packet.
  it('delivers an event sent just before the disconnect', async () => {
    const server = await stage(pair);
    for (const mode of pair.isOurServer ? MODE_NAMES : (['polling'] as const)) {
      const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
      const arrived = next(socket, 'last words');
      client.emit('last words', 'bye');
      client.disconnect();
      expect(await arrived).toEqual(['bye']);
    }
  });

  it('lets a client that left come back with a new id', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    client.disconnect();
    const accepted = next(server.io, 'connection');
    client.connect();
    const [again] = (await accepted) as [Socket];
    expect(again.id).not.toBe(socket.id);
  });
}

function byServer(pair: Pair): void {
  it.each(MODE_NAMES)(
    'names the server that disconnects one socket, by %s, and the client stays away',
    async (mode) => {
      const server = await stage(pair);
      const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
      let comebacks = 0;
      server.io.on('connection', () => {
        comebacks++;
      });
      const atServer = next(socket, 'disconnect');
      const atClient = next(client, 'disconnect');
      socket.disconnect();
      expect((await atServer)[0]).toBe('server namespace disconnect');
      expect((await atClient)[0]).toBe('io server disconnect');
      expect(client.connected).toBe(false);
      expect(comebacks).toBe(0);
    },
  );

  it('closes the connection under all namespaces with disconnect(true)', async () => {
    const server = await stage(pair);
    server.io.of('/chat');
    const { client, socket } = await server.join('', { reconnection: false });
    const inChat = client.io.socket('/chat');
    await next(inChat, 'connect');
    const [chatSocket] = server.io.of('/chat').sockets.values();
    const gone = [next(client, 'disconnect'), next(inChat, 'disconnect'), next(chatSocket as Socket, 'disconnect')];
    socket.disconnect(true);
    await Promise.all(gone);
    await until(() => server.io.engine.clientsCount === 0);
  });

  it('delivers an event sent just before the server disconnects', async () => {
    const server = await stage(pair);
    for (const mode of MODE_NAMES) {
      const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
      const arrived = next(client, 'last words');
      socket.emit('last words', 'bye');
      socket.disconnect(true);
      expect(await arrived).toEqual(['bye']);
    }
  });

  it('tells every socket that the server shuts down', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { reconnection: false });
    const atServer = next(socket, 'disconnect');
    const atClient = next(client, 'disconnect');
    await server.io.close();
    expect((await atServer)[0]).toBe('server shutting down');
    expect((await atClient)[0]).toMatch(/transport close|io server disconnect|transport error/);
    expect(server.http.listening).toBe(false);
  });
}

function twice(pair: Pair): void {
  it('closes without an error when the HTTP server is closed already, and a second time', async () => {
    const server = await stage(pair);
    await new Promise((resolve) => server.http.close(resolve));
    await expect(server.io.close()).resolves.toBeUndefined();
    await expect(server.io.close()).resolves.toBeUndefined();
  });
}

function byAccident(pair: Pair): void {
  it.each(MODE_NAMES)('notices a broken connection at both ends, by %s', async (mode) => {
    const server = await stage(pair, { pingInterval: 500, pingTimeout: 1_500 });
    const wire = await relay(server.port);
    const accepted = next(server.io, 'connection');
    const client = pair.connect(wire.url, { forceNew: true, reconnection: false, transports: [...MODES[mode]] });
    const connected = next(client, 'connect');
    const [socket] = (await accepted) as [Socket];
    await connected;
    const atServer = next(socket, 'disconnect');
    const atClient = next(client, 'disconnect');
    wire.refuse();
    expect((await atClient)[0]).toMatch(/^(transport close|transport error|ping timeout)$/);
    expect((await atServer)[0]).toMatch(/^(transport close|transport error|ping timeout)$/);
    expect(server.io.engine.clientsCount).toBe(0);
  });

  it("reports a transport close when the client's engine closes", async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { reconnection: false });
    const atServer = next(socket, 'disconnect');
    const atClient = next(client, 'disconnect');
    client.io.engine.close();
    expect((await atServer)[0]).toBe('transport close');
    expect((await atClient)[0]).toBe('forced close');
  });
}

function bySilence(pair: Pair): void {
  it.each(['polling', 'websocket'] as const)('closes a silent connection at both ends, by %s', async (mode) => {
    const server = await stage(pair, { pingInterval: 300, pingTimeout: 1_500 });
    const wire = await relay(server.port);
    const accepted = next(server.io, 'connection');
    const client = pair.connect(wire.url, { forceNew: true, reconnection: false, transports: [...MODES[mode]] });
    const connected = next(client, 'connect');
    const [socket] = (await accepted) as [Socket];
    await connected;
    const atServer = next(socket, 'disconnect');
    const atClient = next(client, 'disconnect');
    wire.silence();
    expect((await atServer)[0]).toBe('ping timeout');
    expect((await atClient)[0]).toMatch(/^(ping timeout|transport close|transport error)$/);
  });

  it('keeps a quiet client through many heartbeats', async () => {
    const server = await stage(pair, { pingInterval: 20, pingTimeout: 20_000 });
    for (const mode of MODE_NAMES) {
      const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
      const beats = new Promise<void>((resolve) => {
        let count = 0;
        socket.conn.on('heartbeat', () => ++count === 10 && resolve());
      });
      await beats;
      expect(client.connected).toBe(true);
      expect(socket.connected).toBe(true);
    }
  });
}

function bySize(pair: Pair): void {
  it.each(['polling', 'websocket'] as const)('ends only the connection that sent too much, by %s', async (mode) => {
    const server = await stage(pair, { maxHttpBufferSize: 10_000 });
    const { client: calm, socket: calmSocket } = await server.join();
    const { client, socket } = await server.join('', { transports: [...MODES[mode]], reconnection: false });
    let arrived = 0;
    socket.on('too much', () => {
      arrived++;
    });
    const atServer = next(socket, 'disconnect');
    const atClient = next(client, 'disconnect');
    client.emit('too much', 'x'.repeat(20_000));
    expect((await atServer)[0]).toMatch(/^(transport error|transport close)$/);
    expect((await atClient)[0]).toMatch(/^(transport error|transport close)$/);
    expect(arrived).toBe(0);
    const still = next(calm, 'still');
    calmSocket.emit('still');
    await still;
    expect(server.io.engine.clientsCount).toBe(1);
  });
}
