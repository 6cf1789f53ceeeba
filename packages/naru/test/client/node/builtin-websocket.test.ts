import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket as Ws } from 'ws';
import { io, WebSocket } from '../../../src/client/index.js';
import { type StockServer, startStockServer } from '../stock/server.js';

let stock: StockServer | undefined;

afterEach(async () => {
  vi.unstubAllGlobals();
  await stock?.close();
});

test('carries a session over the global WebSocket, with Buffers for bytes', async () => {
  vi.stubGlobal('WebSocket', Ws);
  stock = await startStockServer();
  stock.server.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value)));
  const socket = io(stock.url, { transports: [WebSocket] });
  const answer = await socket.emitWithAck('echo', [Buffer.from([1]), 'x']);
  expect(answer).toEqual([Buffer.from([1]), 'x']);
  expect(Buffer.isBuffer(answer[0])).toBe(true);
  socket.disconnect();
});
