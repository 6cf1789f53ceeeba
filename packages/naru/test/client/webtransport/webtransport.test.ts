import { describe, expect, it, onTestFinished } from 'vitest';
import { TestServer } from '../../../../testing/src/test-server.js';
import { acceptWebTransport } from '../../../../webtransport/src/accept.js';
import { io } from '../../../src/client/index.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import type { ServerOptions } from '../../../src/server/api/server.js';
import { serveWebTransport } from '../served-webtransport.js';

function start(options: ServerOptions = {}) {
  const server = new TestServer({
    server: { transports: ['polling', 'websocket', 'webtransport'], httpCompression: false, ...options },
  });
  const urls: string[] = [];
  const pairs = serveWebTransport((pair, url) => {
    urls.push(url);
    acceptWebTransport(server.io, pair.server);
  });
  server.io.on('connection', (socket) => {
    socket.on('echo', (...args) => args.pop()(...args));
    socket.on('volatile', (...args) => socket.emit('came', ...args));
  });
  onTestFinished(() => server.close());
  const connect = (more: ClientOptions = {}) => {
    const socket = io(server.url, { ...server.clientOptions, ...more });
    onTestFinished(() => void socket.close());
    return socket;
  };
  return { server, urls, pairs, connect, clock: server.clock };
}

const alone: ClientOptions = { transports: ['webtransport'] };

/** Returns the result of a promise, once nothing moves any more. */
async function settled<T>({ clock }: { clock: { settle(): Promise<void> } }, promise: Promise<T>): Promise<T> {
  await clock.settle();
  return promise;
}

describe('a client over WebTransport alone', () => {
  it('connects, and carries events with bytes and text both ways', async () => {
    const world = start();
    const socket = world.connect(alone);
    await world.clock.settle();
    expect([socket.connected, socket.io.engine.transport.name]).toEqual([true, 'webtransport']);
    expect(world.urls).toEqual(['https://naru.test/socket.io/?EIO=4&transport=webtransport&once=1']);
    const big = Buffer.alloc(300_000, 7);
    const echo = await settled(world, socket.emitWithAck('echo', { text: '나루 🚢', big }));
    expect(echo.text).toBe('나루 🚢');
    expect(Buffer.isBuffer(echo.big)).toBe(true);
    expect(big.equals(echo.big)).toBe(true);
  });

  it('keeps the order of many events', async () => {
    const world = start();
    const socket = world.connect(alone);
    const seen: number[] = [];
    world.server.io.on('connection', (peer) => peer.on('count', (index) => seen.push(index)));
    for (let index = 0; index < 1_000; index += 1) socket.emit('count', index);
    await world.clock.settle();
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it('learns when the server disconnects it, and the server learns when it leaves', async () => {
    const world = start();
    const [first, second] = [world.connect(alone), world.connect(alone)];
    const reasons: unknown[] = [];
    world.server.io.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    first.on('disconnect', (reason) => reasons.push(reason));
    await world.clock.settle();
    world.server.io.sockets.sockets.get(first.id ?? '')?.disconnect(true);
    await world.clock.settle();
    second.emit('volatile', 'last words');
    second.disconnect();
    await world.clock.settle();
    expect(reasons).toEqual(['server namespace disconnect', 'io server disconnect', 'client namespace disconnect']);
    expect(world.server.leftovers()).toMatchObject({ sessions: 0, sockets: 0 });
  });

  it('reconnects after its connection was lost', async () => {
    const world = start();
    const socket = world.connect(alone);
    await world.clock.settle();
    const reasons: string[] = [];
    socket.on('disconnect', (reason) => reasons.push(reason));
    world.pairs[0]?.cut();
    await world.clock.settle();
    expect([socket.connected, reasons]).toEqual([false, ['transport error']]);
    await world.clock.advance(5_000);
    expect([socket.connected, world.pairs.length, world.server.leftovers().sessions]).toEqual([true, 2, 1]);
  });

  it('notices silence by missing pings, as the server does', async () => {
    const world = start({ pingInterval: 5_000, pingTimeout: 2_000 });
    const socket = world.connect({ ...alone, reconnection: false });
    await world.clock.settle();
    const reasons: string[] = [];
    socket.on('disconnect', (reason) => reasons.push(reason));
    await world.clock.advance(20_000);
    expect(socket.connected).toBe(true);
    world.pairs[0]?.hold();
    await world.clock.advance(20_000);
    expect(reasons).toEqual(['ping timeout']);
    expect(world.server.leftovers().sessions).toBe(0);
  });

  it('reports why it cannot connect, and keeps trying', async () => {
    const server = new TestServer();
    onTestFinished(() => server.close());
    let isThere = false;
    serveWebTransport((pair) => {
      if (!isThere) throw new Error('nobody there');
      acceptWebTransport(server.io, pair.server);
    });
    const socket = io(server.url, { ...server.clientOptions, ...alone });
    onTestFinished(() => void socket.close());
    const errors: string[] = [];
    socket.on('connect_error', ({ message }) => errors.push(message));
    await server.clock.settle();
    expect(errors).toEqual(['webtransport error: Error: nobody there']);
    isThere = true;
    await server.clock.advance(5_000);
    expect(socket.connected).toBe(true);
  });

  it('reports a page without WebTransport', async () => {
    const server = new TestServer();
    onTestFinished(() => server.close());
    const socket = io(server.url, { ...server.clientOptions, ...alone, reconnection: false });
    const errors: unknown[] = [];
    socket.on('connect_error', (error) => errors.push((error as { description?: unknown }).description));
    await server.clock.settle();
    expect(String(errors[0])).toContain('WebTransport is not defined');
  });
});

describe('a client that begins with polling', () => {
  it('moves to WebTransport if the server offers it, and loses nothing', async () => {
    const world = start();
    const socket = world.connect({ rememberUpgrade: false });
    const [sent, seen] = [[] as number[], [] as number[]];
    socket.on('came', (index) => seen.push(index));
    const emit = (count: number): void => {
      for (let at = 0; at < count; at += 1) socket.emit('volatile', sent.push(sent.length) - 1);
    };
    emit(5);
    for (let turn = 0; turn < 30; turn += 1) {
      await world.clock.advance(10);
      emit(1);
    }
    await world.clock.advance(1_000);
    expect(socket.io.engine.transport.name).toBe('webtransport');
    const [peer] = world.server.io.sockets.sockets.values();
    expect(peer?.conn.transport.name).toBe('webtransport');
    expect(seen).toEqual(sent);
  });

  it('uses an HTTPS address on any page', async () => {
    const urls: string[] = [];
    serveWebTransport((_pair, url) => {
      urls.push(url);
      throw new Error('nobody there');
    });
    for (const url of ['http://a.test', 'https://a.test', 'http://a.test:3000', 'https://[::1]:3000']) {
      const socket = io(url, { ...alone, reconnection: false, query: { room: 'x:y' } });
      await new Promise((resolve) => socket.on('connect_error', resolve));
    }
    const rest = '/socket.io/?room=x%3Ay&EIO=4&transport=webtransport&once=1';
    expect(urls).toEqual([
      `https://a.test${rest}`,
      `https://a.test${rest}`,
      `https://a.test:3000${rest}`,
      `https://[::1]:3000${rest}`,
    ]);
  });

  it('falls back to a WebSocket when the connection fails', async () => {
    const world = start();
    const errors: string[] = [];
    serveWebTransport(() => {
      throw new Error('no UDP here');
    });
    const socket = world.connect({ rememberUpgrade: false });
    socket.io.engine.on('upgradeError', ({ message }) => errors.push(message));
    await world.clock.advance(1_000);
    expect([socket.io.engine.transport.name, errors]).toEqual(['websocket', ['probe error']]);
    expect(await settled(world, socket.emitWithAck('echo', 1))).toBe(1);
  });

  it('does not wait long for a network that drops everything', async () => {
    const world = start();
    serveWebTransport((pair) => {
      Object.defineProperty(pair.client, 'ready', { value: new Promise(() => undefined) });
    });
    const socket = world.connect({ rememberUpgrade: false });
    await world.clock.advance(2_900);
    expect([socket.connected, socket.io.engine.transport.name]).toEqual([true, 'polling']);
    await world.clock.advance(1_000);
    expect(socket.io.engine.transport.name).toBe('websocket');
  });

  it('keeps polling if the page lacks WebTransport and the server lacks WebSocket', async () => {
    const server = new TestServer({ server: { transports: ['polling', 'webtransport'], httpCompression: false } });
    onTestFinished(() => server.close());
    const socket = io(server.url, server.clientOptions);
    onTestFinished(() => void socket.close());
    await server.clock.advance(1_000);
    expect([socket.connected, socket.io.engine.transport.name]).toEqual([true, 'polling']);
  });
});

describe('volatile events over WebTransport', () => {
  it('use datagrams both ways, with their bytes, even while the stream is full', async () => {
    const world = start();
    const socket = world.connect(alone);
    await world.clock.settle();
    const seen: unknown[][] = [];
    socket.on('state', (...args) => seen.push(args));
    const [peer] = world.server.io.sockets.sockets.values();
    const heard: unknown[][] = [];
    peer?.on('input', (...args) => heard.push(args));
    peer?.volatile.emit('state', 1, Buffer.from([1, 2]));
    socket.volatile.emit('input', 2, Buffer.from([3]));
    await world.clock.settle();
    expect(seen).toEqual([[1, Buffer.from([1, 2])]]);
    expect(heard).toEqual([[2, Buffer.from([3])]]);
    // The streams are held. The datagrams are not.
    for (const { client, server } of world.pairs) {
      expect([client.datagrams.readable.locked, server.datagrams.readable.locked]).toEqual([true, true]);
    }
  });

  it('reach everybody once in a broadcast', async () => {
    const world = start();
    const sockets = [world.connect(alone), world.connect(alone), world.connect({ transports: ['websocket'] })];
    const seen: unknown[] = [];
    for (const socket of sockets) socket.on('state', (value) => seen.push(value));
    await world.clock.advance(100);
    world.server.io.volatile.emit('state', 'x');
    await world.clock.advance(100);
    expect(seen).toEqual(['x', 'x', 'x']);
  });

  it('use the stream when they are too large for a datagram', async () => {
    const world = start();
    const socket = world.connect(alone);
    const seen: number[] = [];
    socket.on('state', (text: string) => seen.push(text.length));
    socket.on('came', (text: string) => seen.push(text.length));
    await world.clock.settle();
    world.server.io.volatile.emit('state', 'x'.repeat(5_000));
    socket.volatile.emit('volatile', 'x'.repeat(6_000));
    await world.clock.settle();
    expect(seen).toEqual([5_000, 6_000]);
  });

  it('do not make a client skip what it missed on the stream', async () => {
    const world = start({ connectionStateRecovery: {} });
    const socket = world.connect({ ...alone, reconnectionDelay: 100, reconnectionDelayMax: 100 });
    const seen: unknown[] = [];
    socket.on('step', (value) => seen.push(value));
    socket.on('state', (value) => seen.push(value));
    await world.clock.settle();
    world.server.io.emit('step', 1);
    await world.clock.settle();
    const [pair] = world.pairs;
    // Only the stream is held: a datagram that overtakes it must not confirm the data on the stream.
    pair?.hold();
    for (const end of [pair?.client, pair?.server]) if (end) end.datagrams.isHeld = false;
    world.server.io.emit('step', 2);
    await world.clock.settle();
    world.server.io.volatile.emit('state', 'newest');
    await world.clock.settle();
    expect(seen).toEqual([1, 'newest']);
    pair?.cut();
    await world.clock.advance(1_000);
    expect([socket.recovered, seen]).toEqual([true, [1, 'newest', 2]]);
  });
});
