import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { Fetch } from '../../../src/client/engine/fetch.js';
import { io } from '../../../src/client/index.js';
import { next, type StockServer, startStockServer } from '../stock/server.js';

let stock: StockServer | undefined;
let http: Server | undefined;

afterEach(async () => {
  vi.unstubAllGlobals();
  await stock?.close();
  http?.closeAllConnections();
  http?.close();
  stock = undefined;
  http = undefined;
});

test('carries a session of a stock server, bytes included', async () => {
  stock = await startStockServer();
  stock.server.on('connection', (socket) => {
    socket.on('echo', (value, answer) => answer(value));
    socket.on('headers', (answer) => answer(socket.handshake.headers));
  });
  const socket = io(stock.url, { transports: [Fetch], extraHeaders: { 'x-a': 'b' } });
  expect(await socket.emitWithAck('echo', { a: Buffer.from([1, 2]) })).toEqual({ a: Buffer.from([1, 2]) });
  expect(await socket.emitWithAck('headers')).toMatchObject({ 'x-a': 'b' });
  expect(socket.io.engine.transport.name).toBe('polling');
  const disconnect = next(socket, 'disconnect');
  socket.disconnect();
  expect((await disconnect)[0]).toBe('io client disconnect');
});

test('reports any status other than 200 as a failure', async () => {
  stock = await startStockServer();
  const socket = io(stock.url, { transports: [Fetch], query: { sid: 'unknown' } });
  const [error] = await next(socket, 'connect_error');
  expect(error).toMatchObject({
    message: expect.stringMatching(/^fetch read error/),
    description: 400,
    context: { status: 400 },
  });
  socket.disconnect();
});

test('reports a late answer as a failure, but not a close of its own', async () => {
  http = createServer(() => {});
  await new Promise<void>((resolve) => http?.listen(0, resolve));
  const { port } = http.address() as AddressInfo;
  const options = { hostname: 'localhost', port, path: '/', query: {} };
  const late = new Fetch({ ...options, requestTimeout: 20 });
  const [error] = await next(late.open(), 'error');
  expect(error).toMatchObject({ message: expect.stringMatching(/^fetch read error/) });
  const closed = new Fetch(options);
  const failed = vi.fn();
  closed.on('error', failed);
  closed.open().close();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(failed).not.toHaveBeenCalled();
});

test('sends cookies only if configured', () => {
  const requests: RequestInit[] = [];
  vi.stubGlobal('fetch', (_uri: string, init: RequestInit) => {
    requests.push(init);
    return new Promise(() => {});
  });
  for (const withCredentials of [true, false]) new Fetch({ path: '/', query: {}, withCredentials }).open();
  expect(requests.map(({ credentials }) => credentials)).toEqual(['include', 'omit']);
});
