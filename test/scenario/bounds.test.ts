import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, io, type Socket } from '../../packages/naru/src/client/index.js';
import { type TestDevice, TestServer, type TestServerOptions } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';

let server: TestServer;
const clients: Socket[] = [];
let ends: unknown[][] = [];

function start(options: TestServerOptions = {}): void {
  server = new TestServer(options);
  ends = [];
  server.io.on('connection', (socket) => {
    socket.join('room');
    socket.on('disconnect', (reason, details) => ends.push([socket.handshake.auth.name, reason, details?.message]));
  });
}

function connect(name: string, options: Partial<ClientOptions> = {}, device: TestDevice = server.device()): Socket {
  const client: Socket = io(server.url, {
    ...server.optionsOn(device),
    auth: { name },
    reconnection: false,
    ...options,
  });
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  server.network.cutAll();
  await server.clock.settle();
  await server.close();
  expect(server.leftovers()).toEqual({ sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 });
});

describe.each([[['polling']], [['websocket']]])('a client over %s that does not read', (transports) => {
  it('is dropped at bufferedBytesMax, unnoticed by all others', async () => {
    start({ windowBytes: 10_000, server: { bufferedBytesMax: 200_000, pingInterval: 100_000, pingTimeout: 100_000 } });
    const phone = server.device();
    connect('silent', { transports }, phone);
    const got: number[] = [];
    connect('reader', { transports }).on('n', (value: number) => got.push(value));
    await server.clock.advance(1_000);
    phone.hold();
    for (let value = 0; value < 100; value += 1) {
      server.io.to('room').emit('n', value, 'x'.repeat(5_000));
      await server.clock.settle();
    }
    expect(ends).toEqual([['silent', 'transport error', expect.stringContaining('200000 bytes')]]);
    expect(got).toEqual(Array.from({ length: 100 }, (_, value) => value));
  });

  it('receives the waiting messages when it reads again in time', async () => {
    start({ windowBytes: 10_000, server: { pingInterval: 100_000, pingTimeout: 100_000 } });
    const phone = server.device();
    const got: number[] = [];
    connect('silent', { transports }, phone).on('n', (value: number) => got.push(value));
    await server.clock.advance(1_000);
    phone.hold();
    for (let value = 0; value < 50; value += 1) {
      server.io.to('room').emit('n', value, 'x'.repeat(5_000));
      await server.clock.settle();
    }
    phone.release();
    await server.clock.settle();
    expect([got, ends]).toEqual([Array.from({ length: 50 }, (_, value) => value), []]);
  });

  it('misses only volatile events', async () => {
    start({ windowBytes: 10_000, server: { pingInterval: 100_000, pingTimeout: 100_000 } });
    const phone = server.device();
    const got: string[] = [];
    connect('silent', { transports }, phone).onAny((name: string) => got.push(name));
    await server.clock.advance(1_000);
    phone.hold();
    server.io.emit('before', 'x'.repeat(100_000));
    await server.clock.settle();
    server.io.volatile.emit('stale');
    server.io.emit('after');
    phone.release();
    await server.clock.settle();
    expect(got).toEqual(['before', 'after']);
  });
});

describe('a message beyond maxHttpBufferSize', () => {
  it.each([
    ['websocket', 'transport error'],
    ['polling', 'transport error'],
  ])('over %s ends the session of its sender alone, with a reason', async (transport, reason) => {
    start({ server: { maxHttpBufferSize: 10_000 } });
    const told: unknown[] = [];
    const sender = connect('sender', { transports: [transport] });
    sender.on('disconnect', (why, details) => told.push([why, details]));
    const other = connect('other', { transports: [transport] });
    await server.clock.advance(1_000);
    sender.emit('large', 'x'.repeat(20_000));
    await server.clock.advance(1_000);
    expect(ends).toEqual([['sender', reason, expect.stringMatching(/10000|10,000|max/i)]]);
    expect(told).toHaveLength(1);
    if (transport === 'websocket')
      expect(told).toMatchObject([
        ['transport close', { context: { code: 1009, reason: expect.stringContaining('10000') } }],
      ]);
    expect(other.connected).toBe(true);
  });
});

describe('acknowledgements', () => {
  it('time out exactly, and have no effect when they come too late', async () => {
    start();
    let answer: ((value: number) => void) | undefined;
    connect('client').on('question', (done: (value: number) => void) => {
      answer = done;
    });
    await server.clock.advance(1_000);
    const answers: unknown[] = [];
    for (const socket of server.io.sockets.sockets.values()) {
      socket.timeout(500).emit('question', (error: Error | null, value: number) => {
        answers.push(server.clock.elapsed, error?.message, value);
      });
    }
    await server.clock.advance(499);
    expect(answers).toEqual([]);
    await server.clock.advance(1);
    expect(answers).toEqual([1_500, 'operation has timed out', undefined]);
    answer?.(1);
    await server.clock.settle();
    expect(answers).toHaveLength(3);
  });

  it('of a room contain the answers of the others when a client vanishes', async () => {
    start();
    const phone = server.device();
    for (const name of ['one', 'two']) connect(name).on('question', (done: (value: string) => void) => done(name));
    connect('vanishes', {}, phone).on('question', (done: (value: string) => void) => done('vanishes'));
    await server.clock.advance(1_000);
    phone.hold();
    const answers: unknown[] = [];
    server.io.timeout(2_000).emit('question', (error: Error | null, all: string[]) => {
      answers.push(server.clock.elapsed, error?.message, all.sort());
    });
    await server.clock.advance(5_000);
    expect(answers).toEqual([3_000, 'operation has timed out', ['one', 'two']]);
  });
});

describe('an unfinished handshake', () => {
  it('is dropped with its connection, even while allowRequest or middleware waits', async () => {
    let decide: (() => void) | undefined;
    start({
      server: {
        allowRequest: (_request, callback) => {
          decide = () => callback(null, true);
        },
      },
    });
    const client = await RawClient.open(server);
    client.link?.cut();
    await server.clock.settle();
    decide?.();
    await server.clock.settle();
    expect(server.leftovers()).toEqual({ sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 });
  });

  it('does not enter the namespace when its middleware passes too late', async () => {
    start();
    server.io.use((_socket, next) => server.clock.setTimeout(() => next(), 1_000, undefined));
    const client = await RawClient.open(server);
    client.send('40');
    await server.clock.settle();
    client.link?.cut();
    await server.clock.advance(2_000);
    expect([ends, server.leftovers()]).toEqual([
      [],
      { sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 },
    ]);
  });
});

describe('a closing server', () => {
  it.each([
    [['polling']],
    [['sse']],
    [['websocket']],
    [['polling', 'sse']],
    [['polling', 'websocket']],
    [['sse', 'websocket']],
  ])('tells its clients over %s, whatever they are doing', async (transports) => {
    start({ seed: 6, delayMs: [0, 40], server: { connectionStateRecovery: {} } });
    const told: unknown[] = [];
    for (let index = 0; index < 20; index += 1) {
      const client = connect(`client ${index}`, { transports });
      client.on('disconnect', (reason) => told.push(reason));
      client.emit('some', 'x'.repeat(10_000), () => undefined);
      await server.clock.advance(15);
    }
    const reasons = server.io.sockets.sockets.size;
    await server.close();
    await server.clock.advance(1_000);
    expect(ends.map(([, reason]) => reason)).toEqual(new Array(reasons).fill('server shutting down'));
    expect(told.length).toBeGreaterThan(0);
  });
});
