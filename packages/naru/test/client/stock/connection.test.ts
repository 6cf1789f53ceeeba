import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixedPort } from '../../../../../test/kit/ports.mjs';
import { io, Manager, type Socket } from '../../../src/client/index.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import { next, type StockServer, startStockServer } from './server.js';

let stock: StockServer;
const sockets: Socket[] = [];

beforeEach(async () => {
  stock = await startStockServer({ connectionStateRecovery: {}, pingInterval: 2_000 }, await fixedPort());
  for (const name of ['/foo', '/bar']) stock.server.of(name);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await stock.close();
});

function connect(path = '/', options: ClientOptions = {}): Socket {
  const socket = io(stock.url + path, { reconnectionDelay: 10, ...options });
  sockets.push(socket);
  return socket;
}

describe('sharing', () => {
  test('shares a connection between namespaces of one server, but not for the same namespace twice', () => {
    const [foo, bar, again] = [connect('/foo'), connect('/bar'), connect('/foo')];
    expect(foo.io).toBe(bar.io);
    expect(again.io).not.toBe(foo.io);
  });

  test.each<[string, ClientOptions]>([
    ['forceNew', { forceNew: true }],
    ['multiplex: false', { multiplex: false }],
    ['another path', { path: '/other' }],
  ])('is disabled by %s', (_label, options) => {
    expect(connect('/foo').io).not.toBe(connect('/bar', options).io);
  });
});

describe('connecting', () => {
  test("uses the server's ids, and not those of the engine", async () => {
    for (const path of ['/', '/foo']) {
      const accepted = next(stock.server.of(path), 'connection');
      const socket = connect(path);
      await next(socket, 'connect');
      const [peer] = (await accepted) as [{ id: string }];
      expect(socket.id).toBe(peer.id);
      expect(socket.id).not.toBe(socket.io.engine.id);
    }
  });

  test('waits for connect() with autoConnect: false, and keeps earlier events in order', async () => {
    const got: unknown[] = [];
    stock.server.on('connection', (socket) => {
      socket.on('n', (value) => got.push(value));
      socket.on('heard', (answer) => answer());
    });
    const socket = connect('/', { autoConnect: false });
    expect(socket.io.engine).toBe(undefined);
    expect([socket.connected, socket.disconnected, socket.active]).toEqual([false, true, false]);
    for (const value of [1, 2, 3]) socket.emit('n', value);
    expect(socket.sendBuffer).toHaveLength(3);
    socket.connect();
    expect(socket.active).toBe(true);
    await next(socket, 'connect');
    await socket.emitWithAck('heard');
    expect(got).toEqual([1, 2, 3]);
  });

  test('opens a namespace on an open connection, and after the last one was left', async () => {
    const manager = new Manager(stock.url);
    const main = manager.socket('/');
    await next(main, 'connect');
    const foo = manager.socket('/foo');
    await next(foo, 'connect');
    foo.disconnect();
    main.disconnect();
    const again = manager.socket('/foo');
    expect(again).toBe(foo);
    await next(again, 'connect');
    manager._close();
  });

  test('enters a left namespace again on connect()', async () => {
    const socket = connect();
    await next(socket, 'connect');
    socket.disconnect().connect();
    await next(socket, 'connect');
    expect(socket.connected).toBe(true);
  });

  test('keeps the other namespaces connected when one is left, and closes the connection with the last', async () => {
    const [foo, bar] = [connect('/foo'), connect('/bar')];
    await Promise.all([next(foo, 'connect'), next(bar, 'connect')]);
    foo.disconnect();
    expect(bar.connected).toBe(true);
    const close = next(bar.io, 'close');
    bar.disconnect();
    expect(await close).toEqual(['forced close', undefined]);
  });

  test('enters each namespace once, however often it is requested', async () => {
    const manager = new Manager(stock.url);
    const sent: unknown[] = [];
    manager.engine.on('packetCreate', ({ data }) => sent.push(data));
    await next(manager, 'open');
    const socket = manager.socket('/');
    manager.socket('/');
    socket.connect();
    manager.socket('/foo');
    await next(manager.socket('/foo'), 'connect');
    expect(sent).toEqual(['0', '0/foo,']);
    manager._close();
  });
});

describe('failing', () => {
  test.each([['polling'], ['websocket']])('is a connect_error over %s when nobody listens', async (transport) => {
    const socket = io('http://localhost:1', { transports: [transport], forceNew: true });
    const [error] = await next(socket, 'connect_error');
    expect(error).toMatchObject({ type: 'TransportError', message: expect.stringMatching(/xhr poll|websocket/) });
    expect(socket.active).toBe(true);
    socket.disconnect();
  });

  test.each([['polling'], ['websocket']])('is a connect_error over %s without an answer in time', async (transport) => {
    await stock.close();
    stock = await startStockServer({
      allowRequest: (_request, answer) => void setTimeout(() => answer(null, true), 50),
    });
    const socket = connect('/', { transports: [transport], timeout: 0 });
    const [error] = await next(socket, 'connect_error');
    expect(error).toMatchObject({ message: 'timeout' });
  });

  test('has a message and data when middleware refuses, without another attempt', async () => {
    const refusal = Object.assign(new RangeError('no entry'), { data: { code: 7 } });
    stock.server.of('/no').use((_socket, pass) => pass(refusal));
    const socket = connect('/no');
    const [error] = await next(socket, 'connect_error');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: 'no entry', data: { code: 7 } });
    expect(socket.active).toBe(false);
  });

  test('is a connect_error for a namespace that does not exist', async () => {
    const [error] = await next(connect('/nowhere'), 'connect_error');
    expect(error).toMatchObject({ message: 'Invalid namespace "/nowhere"' });
  });

  test('gives up after the attempts, and starts again when asked', async () => {
    const manager = new Manager('http://localhost:1', { reconnectionAttempts: 2, reconnectionDelay: 1 });
    const events: unknown[] = [];
    for (const name of ['error', 'reconnect_attempt', 'reconnect_error', 'reconnect_failed'] as const) {
      manager.on(name, (value?: unknown) => events.push(typeof value === 'number' ? [name, value] : name));
    }
    const socket = manager.socket('/');
    await next(manager, 'reconnect_failed');
    await Promise.resolve();
    expect(events).toEqual([
      'error',
      ['reconnect_attempt', 1],
      'error',
      'reconnect_error',
      ['reconnect_attempt', 2],
      'error',
      'reconnect_failed',
      'reconnect_error',
    ]);
    socket.connect();
    await next(manager, 'reconnect_failed');
    expect(events.filter((event) => event === 'reconnect_failed')).toHaveLength(2);
    socket.disconnect();
  });

  test('does not retry with reconnection off', async () => {
    const manager = new Manager('http://localhost:1', { reconnection: false, reconnectionDelay: 1 });
    const attempts: number[] = [];
    manager.on('reconnect_attempt', (attempt) => attempts.push(attempt));
    manager.socket('/');
    await next(manager, 'error');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(attempts).toEqual([]);
  });

  test('ends the attempts at a disconnect', async () => {
    const socket = io('http://localhost:1', { reconnectionDelay: 1, forceNew: true });
    await next(socket.io, 'reconnect_attempt');
    let count = 0;
    socket.io.on('reconnect_attempt', () => {
      count += 1;
    });
    socket.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(count).toBe(0);
  });
});

describe('reconnecting', () => {
  test('opens a lost connection again, with a new id', async () => {
    stock.server.on('connection', (socket) => socket.emit('hello'));
    const socket = connect('/', { transports: ['websocket'] });
    await next(socket, 'connect');
    const { id } = socket;
    const [disconnect, reconnect] = [next(socket, 'disconnect'), next(socket.io, 'reconnect')];
    socket.io.engine.close();
    expect((await disconnect)[0]).toBe('forced close');
    expect(socket.id).toBe(undefined);
    expect(await reconnect).toEqual([1]);
    if (!socket.connected) await next(socket, 'connect');
    expect([socket.connected, typeof id]).toEqual([true, 'string']);
  });

  test.each([['polling'], ['websocket']])('finds a restarted server again over %s', async (transport) => {
    const socket = connect('/', { transports: [transport] });
    await next(socket, 'connect');
    const disconnect = next(socket, 'disconnect');
    await stock.close();
    expect((await disconnect)[0]).toMatch(/^transport (close|error)$/);
    stock = await startStockServer({}, stock.port);
    await next(socket, 'connect');
    expect(socket.recovered).toBe(false);
  });

  test('recovers the session with the missed events', async () => {
    const socket = connect('/', { transports: ['websocket'] });
    const got: unknown[] = [];
    socket.on('n', (value) => got.push(value));
    await next(socket, 'connect');
    expect(socket.recovered).toBe(false);
    stock.server.emit('n', 1);
    await next(socket, 'n');
    const { id } = socket;
    const disconnect = next(stock.server.sockets.sockets.get(id as string) as never, 'disconnect');
    const again = next(socket, 'n');
    socket.io.engine.transport.close();
    await disconnect;
    stock.server.emit('n', 2);
    await again;
    expect([socket.id, socket.recovered, got]).toEqual([id, true, [1, 2]]);
  });
});

describe('reasons of a disconnect', () => {
  test('are io server disconnect, without another attempt', async () => {
    stock.server.on('connection', (socket) => socket.disconnect());
    const socket = connect();
    expect((await next(socket, 'disconnect'))[0]).toBe('io server disconnect');
    expect(socket.active).toBe(false);
  });

  test('are transport close, with the close event in its details', async () => {
    stock.server.on('connection', (socket) => socket.conn.close());
    const socket = connect('/', { transports: ['websocket'] });
    const [reason, details] = await next(socket, 'disconnect');
    expect(reason).toBe('transport close');
    expect(details).toMatchObject({ description: 'websocket connection closed', context: { code: 1005 } });
  });

  test('are parse error after an invalid packet, and the connection is opened again', async () => {
    const socket = connect('/', { transports: ['websocket'] });
    await next(socket, 'connect');
    const { engine } = socket.io;
    const [disconnect, reconnect] = [next(socket, 'disconnect'), next(socket.io, 'reconnect')];
    engine.emit('data', 'bad');
    const [reason, details] = await disconnect;
    expect(reason).toBe('parse error');
    expect(details).toMatchObject({ code: 'SIO_BAD_PACKET' });
    await reconnect;
    expect([engine.readyState, socket.io.engine === engine]).toEqual(['closed', false]);
  });

  test("contain 1009 after a message above the server's limit over WebSocket", async () => {
    await stock.close();
    stock = await startStockServer({ maxHttpBufferSize: 1_000 });
    const socket = connect('/', { transports: ['websocket'] });
    await next(socket, 'connect');
    socket.emit('x', 'a'.repeat(1_000));
    const [reason, details] = await next(socket, 'disconnect');
    expect([reason, details]).toMatchObject(['transport close', { context: { code: 1009 } }]);
  });

  test("contain 413 after a message above the server's limit over polling", async () => {
    await stock.close();
    stock = await startStockServer({ maxHttpBufferSize: 1_000 });
    const socket = connect('/', { transports: ['polling'] });
    await next(socket, 'connect');
    socket.emit('x', 'a'.repeat(1_000));
    const [reason, details] = await next(socket, 'disconnect');
    expect(reason).toBe('transport error');
    expect(details).toMatchObject({
      message: expect.stringMatching(/^xhr post error/),
      description: 413,
      context: { readyState: 4, status: 413 },
    });
  });
});
