import { afterEach, describe, expect, test } from 'vitest';
import { io, type Manager, protocol } from '../../src/client/index.js';
import { next, type StockServer, startStockServer } from './stock/server.js';

let stock: StockServer | undefined;

afterEach(async () => {
  await stock?.close();
});

describe.each([
  ['the default transports', undefined],
  ['polling alone', ['polling']],
  ['WebSocket alone', ['websocket']],
])('against a stock server, over %s', (_label, transports) => {
  test('connects, acknowledges and carries bytes both ways', async () => {
    stock = await startStockServer();
    stock.server.on('connection', (socket) => {
      socket.on('echo', (value, ack) => ack(value));
      socket.on('hi', () => socket.emit('hi', Buffer.from([1, 2, 3]), { a: 1 }));
    });
    const socket = io(stock.url, { transports });
    expect(await socket.emitWithAck('echo', 'x')).toBe('x');
    expect(await socket.emitWithAck('echo', { b: Buffer.from('abc') })).toEqual({ b: Buffer.from('abc') });
    const hi = next(socket, 'hi');
    socket.emit('hi');
    expect(await hi).toEqual([Buffer.from([1, 2, 3]), { a: 1 }]);
    const disconnect = next(socket, 'disconnect');
    socket.disconnect();
    expect((await disconnect)[0]).toBe('io client disconnect');
  });
});

test('names its protocol version and the manager of a socket', () => {
  const socket = io('http://localhost:1', { autoConnect: false });
  const manager: Manager = socket.io;
  expect(manager.reconnectionDelay()).toBe(1_000);
  expect(protocol).toBe(5);
});
