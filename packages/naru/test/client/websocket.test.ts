import { expect, onTestFinished, test } from 'vitest';
import { io } from '../../src/client/websocket.js';
import { startStockServer } from './stock/server.js';

test('connects by WebSocket, with Buffers for bytes, and has no other transport', async () => {
  const stock = await startStockServer();
  onTestFinished(() => stock.close());
  stock.server.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value)));
  const socket = io(stock.url);
  onTestFinished(() => void socket.disconnect());
  expect(await socket.emitWithAck('echo', Buffer.of(1))).toEqual(Buffer.of(1));
  expect(socket.io.engine.transport.name).toBe('websocket');
  expect(() => io(stock.url, { transports: ['polling'], forceNew: true })).toThrow('Known are: websocket.');
});
