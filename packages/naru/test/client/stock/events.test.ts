import msgpack from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { io, type Socket } from '../../../src/client/index.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import { next, type StockServer, startStockServer } from './server.js';

let stock: StockServer;
const sockets: Socket[] = [];

async function start(options: Parameters<typeof startStockServer>[0] = {}): Promise<void> {
  stock = await startStockServer(options);
  stock.server.on('connection', (socket) => {
    socket.on('echo', (value, answer) => answer(value));
    socket.on('id', (answer) => answer(socket.id));
    socket.on('handshake', (answer) => answer(socket.handshake));
    socket.on('say', (...args) => socket.emit('said', ...args));
    socket.on('ask', () => {
      socket.emit('question', 1, (...answers: unknown[]) => socket.emit('answered', ...answers));
    });
  });
}

beforeEach(() => start());

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await stock.close();
});

function connect(options: ClientOptions = {}, path = '/'): Socket {
  const socket = io(stock.url + path, { forceNew: true, reconnectionDelay: 10, transports: ['websocket'], ...options });
  sockets.push(socket);
  return socket;
}

describe('events', () => {
  test.each<[string, unknown]>([
    ['false', false],
    ['null', null],
    ['text of many scripts', 'てすと Я Б Г Ä ä ü ß 🍵 utf8 — string'],
    ['nested data', { a: [1, { b: 'c' }], d: null }],
    ['bytes among data', { a: [Buffer.from([1, 2]), 'x'], b: Buffer.alloc(0) }],
    ['a large text', 'a'.repeat(500_000)],
  ])('carry %s there and back, over both transports', async (_label, value) => {
    for (const transport of ['polling', 'websocket']) {
      const socket = connect({ transports: [transport] });
      const said = next(socket, 'said');
      socket.emit('say', value);
      expect(await said).toEqual([value]);
    }
  });

  test('deliver bytes as ArrayBuffers if configured', async () => {
    for (const transport of ['polling', 'websocket']) {
      const socket = connect({ transports: [transport] });
      await next(socket, 'connect');
      socket.io.engine.binaryType = 'arraybuffer';
      const said = next(socket, 'said');
      socket.emit('say', new Uint8Array([7]).buffer);
      const [bytes] = (await said) as [ArrayBuffer];
      expect(bytes).toBeInstanceOf(ArrayBuffer);
      expect([...new Uint8Array(bytes)]).toEqual([7]);
    }
  });

  test.each<[string, ClientOptions]>([
    ['polling', { transports: ['polling'] }],
    ['WebSocket', {}],
    ['WebSocket in base64', { forceBase64: true }],
  ])('deliver bytes and a Blob in order over %s', async (_label, options) => {
    const socket = connect(options);
    const got: unknown[] = [];
    socket.on('said', (value) => got.push(value));
    const blob = options.forceBase64 ? Buffer.from('blob') : new Blob(['blob']);
    socket.emit('say', blob).emit('say', 'second').emit('say', Buffer.from('third'));
    await socket.emitWithAck('echo', 1);
    expect(got).toEqual([Buffer.from('blob'), 'second', Buffer.from('third')]);
  });

  test('arrive in order over the upgrade', async () => {
    const socket = connect({ transports: undefined });
    const got: unknown[] = [];
    socket.on('said', (value) => got.push(value));
    let isUpgraded = false;
    socket.io.engine.on('upgrade', () => {
      isUpgraded = true;
    });
    // The upgrade takes as long as it takes, and events go on until it is done.
    let count = 0;
    while (count < 500 || !isUpgraded) {
      socket.emit('say', count);
      if (count % 50 === 0 || count >= 500) await new Promise((resolve) => setTimeout(resolve, count < 500 ? 0 : 5));
      count += 1;
    }
    await socket.emitWithAck('echo', 1);
    expect(got).toEqual([...Array(count).keys()]);
  });

  test("cannot be emitted under the library's names", () => {
    const socket = connect({ autoConnect: false });
    for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']) {
      expect(() => socket.emit(name)).toThrow(`"${name}" is a reserved event name`);
    }
  });

  test('are sent as message by send()', async () => {
    const message = new Promise((resolve) => {
      stock.server.on('connection', (socket) => socket.on('message', (...args) => resolve(args)));
    });
    connect().send('a', 1);
    expect(await message).toEqual(['a', 1]);
  });
});

describe('acknowledgements', () => {
  test('come to a callback and to a promise', async () => {
    const socket = connect();
    expect(await socket.emitWithAck('echo', { date: new Date(0) })).toEqual({ date: '1970-01-01T00:00:00.000Z' });
    expect(await new Promise((resolve) => socket.emit('echo', Buffer.from([1]), resolve))).toEqual(Buffer.from([1]));
    expect(socket.acks).toEqual({});
  });

  test('are given to the server once', async () => {
    const socket = connect();
    const answered = next(socket, 'answered');
    socket.on('question', (value, answer) => {
      answer(value, { bytes: Buffer.from([2]) });
      answer('again');
    });
    socket.emit('ask');
    expect(await answered).toEqual([1, { bytes: Buffer.from([2]) }]);
  });

  test('are an error when they do not arrive in time', async () => {
    const socket = connect();
    await expect(socket.timeout(10).emitWithAck('nobody')).rejects.toThrow('operation has timed out');
    const error = await new Promise((resolve) => socket.timeout(10).emit('nobody', resolve));
    expect(error).toMatchObject({ code: 'TIMEOUT' });
    expect(await socket.timeout(20_000).emitWithAck('echo', 42)).toBe(42);
    expect(
      await new Promise((resolve) => socket.timeout(20_000).emit('echo', 42, (...args: unknown[]) => resolve(args))),
    ).toEqual([null, 42]);
  });

  test('time out without a connection, and the unsent event is not sent later', async () => {
    const socket = connect({ autoConnect: false });
    await expect(socket.timeout(5).emitWithAck('echo', 1)).rejects.toThrow();
    expect(socket.sendBuffer).toEqual([]);
  });

  test('have the time limit of ackTimeout', async () => {
    const socket = connect({ ackTimeout: 10 });
    expect(await new Promise((resolve) => socket.emit('nobody', resolve))).toBeInstanceOf(Error);
  });

  test('of sent events end with the connection: with an error if one is taken, else silently', async () => {
    const socket = connect();
    await next(socket, 'connect');
    let isCalled = false;
    socket.emit('nobody', () => {
      isCalled = true;
    });
    const errors = [
      socket.emitWithAck('nobody').catch((error: Error) => error.message),
      new Promise((resolve) => socket.timeout(10_000).emit('nobody', (error: Error) => resolve(error.message))),
    ];
    socket.disconnect();
    expect(await Promise.all(errors)).toEqual(['socket has been disconnected', 'socket has been disconnected']);
    expect([isCalled, socket.acks]).toEqual([false, {}]);
  });

  test('of unsent events wait for the next connection', async () => {
    const socket = connect();
    await next(socket, 'connect');
    socket.disconnect();
    const answer = socket.emitWithAck('echo', 'a');
    socket.connect();
    expect(await answer).toBe('a');
  });
});

describe('volatile events', () => {
  test('are dropped without a connection', async () => {
    const socket = connect({ autoConnect: false });
    let isCalled = false;
    socket.volatile.emit('id', () => {
      isCalled = true;
    });
    socket.connect();
    await socket.emitWithAck('echo', 1);
    expect(isCalled).toBe(false);
  });

  test('are dropped while the transport is busy, and sent otherwise', async () => {
    const socket = connect();
    await next(socket, 'connect');
    await socket.emitWithAck('echo', 1);
    const got: unknown[] = [];
    socket.on('said', (value) => got.push(value));
    socket.emit('say', 1);
    socket.volatile.emit('say', 2);
    await socket.emitWithAck('echo', 1);
    socket.volatile.emit('say', 3);
    await socket.emitWithAck('echo', 1);
    expect(got).toEqual([1, 3]);
  });
});

describe('catch-all listeners', () => {
  test('see every received event, in their order, until they are removed', async () => {
    const socket = connect();
    const got: unknown[] = [];
    const second = (...args: unknown[]): void => void got.push(['second', ...args]);
    socket.onAny(second).prependAny((...args) => got.push(['first', ...args]));
    expect(socket.listenersAny()).toHaveLength(2);
    socket.emit('say', 1);
    await next(socket, 'said');
    expect(got).toEqual([
      ['first', 'said', 1],
      ['second', 'said', 1],
    ]);
    socket.offAny(second);
    expect(socket.listenersAny()).toHaveLength(1);
    socket.offAny();
    expect(socket.listenersAny()).toEqual([]);
  });

  test('see every sent event, when it is sent', async () => {
    const socket = connect({ autoConnect: false });
    const got: unknown[] = [];
    const second = (...args: unknown[]): void => void got.push(['second', ...args]);
    socket.onAnyOutgoing(second).prependAnyOutgoing((...args) => got.push(['first', ...args]));
    const bytes = Uint8Array.of(1, 2);
    socket.emit('say', bytes);
    expect(got).toEqual([]);
    socket.connect();
    await next(socket, 'connect');
    expect(got).toEqual([
      ['first', 'say', bytes],
      ['second', 'say', bytes],
    ]);
    socket.offAnyOutgoing(second);
    expect(socket.listenersAnyOutgoing()).toHaveLength(1);
    socket.offAnyOutgoing();
    expect(socket.listenersAnyOutgoing()).toEqual([]);
  });
});

describe('retries', () => {
  const sentBy = (socket: Socket): unknown[] => {
    const sent: unknown[] = [];
    socket.io.engine.on('packetCreate', ({ data }) => sent.push(data));
    return sent;
  };

  test('keep the order: one event at a time', async () => {
    const socket = connect({ retries: 1, ackTimeout: 20_000 });
    const sent = sentBy(socket);
    socket.emit('echo', 1).emit('echo', 2);
    const last = await new Promise((resolve) => socket.emit('echo', 3, (...args: unknown[]) => resolve(args)));
    expect(last).toEqual([null, 3]);
    expect(sent).toEqual(['0', '20["echo",1]', '21["echo",2]', '22["echo",3]']);
  });

  test('end with an error when the server never answers', async () => {
    const socket = connect({ retries: 2, ackTimeout: 10 });
    const sent = sentBy(socket);
    expect(await new Promise((resolve) => socket.emit('nobody', resolve))).toBeInstanceOf(Error);
    expect(sent).toEqual(['0', '20["nobody"]', '21["nobody"]', '22["nobody"]']);
  });

  test('wait for the connection, and are not counted meanwhile', async () => {
    const socket = connect({ retries: 1, ackTimeout: 2_000, autoConnect: false });
    const answer = socket.emitWithAck('echo', 1);
    // Longer than all tries would take.
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    socket.connect();
    expect(await answer).toBe(1);
  });
});

describe('the handshake', () => {
  test.each<[string, ClientOptions, string]>([
    ['an object', { query: { '&a': '&=?a' } }, '/'],
    ['the address', {}, '/?%26a=%26%3D%3Fa'],
    ['text', { query: '%26a=%26%3D%3Fa' }, '/'],
  ])('carries the query given as %s', async (_label, options, path) => {
    const { query, auth } = await connect(options, path).emitWithAck('handshake');
    expect(query).toMatchObject({ '&a': '&=?a', EIO: '4', transport: 'websocket' });
    expect(auth).toEqual({});
  });

  test('carries auth as an object and as a function, which is called for each connect', async () => {
    expect((await connect({ auth: { a: 'b' } }).emitWithAck('handshake')).auth).toEqual({ a: 'b' });
    let count = 0;
    const socket = connect({
      auth: (answer) => {
        count += 1;
        setTimeout(() => answer({ count }), 1);
      },
    });
    expect((await socket.emitWithAck('handshake')).auth).toEqual({ count: 1 });
    socket.disconnect().connect();
    expect((await socket.emitWithAck('handshake')).auth).toEqual({ count: 2 });
    socket.auth = { other: true };
    socket.disconnect().connect();
    expect((await socket.emitWithAck('handshake')).auth).toEqual({ other: true });
  });

  test.each([['polling'], ['websocket']])('carries extra headers over %s', async (transport) => {
    const { headers } = await connect({ transports: [transport], extraHeaders: { 'x-token': 'abc' } }).emitWithAck(
      'handshake',
    );
    expect(headers).toMatchObject({ 'x-token': 'abc' });
  });

  test('applies transportOptions only to their transport', async () => {
    const transportOptions = { polling: { extraHeaders: { 'x-token': 'p' }, query: { p: 1 } } };
    const polled = await connect({ transports: ['polling'], transportOptions }).emitWithAck('handshake');
    expect([polled.headers['x-token'], polled.query.p]).toEqual(['p', '1']);
    const direct = await connect({ transportOptions }).emitWithAck('handshake');
    expect([direct.headers['x-token'], direct.query.p]).toEqual([undefined, undefined]);
  });

  test('adds a timestamp to polling requests by default', async () => {
    const transports = ['polling'];
    expect((await connect({ transports }).emitWithAck('handshake')).query.t).toMatch(/^\w+$/);
    const named = connect({ transports, timestampParam: 'stamp' });
    expect((await named.emitWithAck('handshake')).query.stamp).toMatch(/^\w+$/);
    const without = connect({ transports, timestampRequests: false });
    expect((await without.emitWithAck('handshake')).query).not.toHaveProperty('t');
  });
});

describe('cookies', () => {
  test.each([[true], [false]])('of the server are kept with withCredentials: %s', async (withCredentials) => {
    const sent: unknown[] = [];
    stock.server.engine.on('headers', (headers: Record<string, unknown>, request: { headers: { cookie?: string } }) => {
      sent.push(request.headers.cookie);
      headers['set-cookie'] = ['a=1; Path=/', 'b=2; Max-Age=100', 'gone=x; Max-Age=0'];
    });
    const socket = connect({ transports: ['polling', 'websocket'], withCredentials, rememberUpgrade: false });
    await next(socket.io, 'open');
    await next(socket.io.engine, 'upgrade');
    await socket.emitWithAck('echo', 1);
    expect(sent[0]).toBe(undefined);
    expect(new Set(sent.slice(1))).toEqual(new Set([withCredentials ? 'a=1; b=2' : undefined]));
  });
});

describe('a custom parser', () => {
  test.each([['polling'], ['websocket']])('carries events, answers and bytes over %s', async (transport) => {
    await stock.close();
    await start({ parser: msgpack });
    const socket = connect({ parser: msgpack, transports: [transport] });
    expect(await socket.emitWithAck('echo', { a: Buffer.from([1]), b: [1.5, 'x'] })).toEqual({
      a: Buffer.from([1]),
      b: [1.5, 'x'],
    });
    const disconnect = next(socket, 'disconnect');
    socket.io.engine.emit('data', Buffer.from([0xc1]));
    expect((await disconnect)[0]).toBe('parse error');
  });
});

describe('compression', () => {
  test('of a message is requested by default', async () => {
    await stock.close();
    await start({ perMessageDeflate: { threshold: 0 } });
    const socket = connect();
    await next(socket, 'connect');
    const options: unknown[] = [];
    socket.io.engine.on('packetCreate', (packet) => options.push(packet.options));
    expect(await socket.emitWithAck('echo', 'a'.repeat(10_000))).toHaveLength(10_000);
    expect(await socket.compress(false).emitWithAck('echo', 'a'.repeat(10_000))).toHaveLength(10_000);
    expect(options).toEqual([{ compress: true }, { compress: false }]);
  });
});

describe('bounds', () => {
  test('make emit throw when too many events wait, and those are still sent', async () => {
    const socket = connect({ autoConnect: false, bufferCountMax: 2 });
    socket.emit('say', 1).emit('say', 2);
    expect(() => socket.emit('say', 3)).toThrow(expect.objectContaining({ code: 'DISCONNECTED' }));
    await expect(socket.emitWithAck('say', 3)).rejects.toThrow('bufferCountMax');
    const got: unknown[] = [];
    socket.on('said', (value) => got.push(value));
    socket.connect();
    await socket.emitWithAck('echo', 1).catch(() => {});
    await next(socket, 'connect');
    await socket.emitWithAck('echo', 1);
    expect(got).toEqual([1, 2]);
  });
});
