import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Fetch } from '../../../src/client/engine/fetch.js';
import type { TransportOptions } from '../../../src/client/engine/options.js';
import { NodePolling } from '../../../src/client/node/polling.js';
import { NodeEventStream } from '../../../src/client/node/sse.js';
import { NodeWebSocket } from '../../../src/client/node/websocket.js';
import { next } from '../stock/server.js';

let http: Server | undefined;

afterEach(() => {
  http?.closeAllConnections();
  http?.close();
});

test.each([
  ['long-polling', NodePolling],
  ['HTTP streaming', NodeEventStream],
  ['fetch', Fetch],
  ['WebSocket', NodeWebSocket],
])('the error of a refused %s has the header fields of the answer', async (_name, Transport) => {
  http = createServer((_request, response: ServerResponse) => response.writeHead(503, { 'Retry-After': '7' }).end());
  await new Promise<void>((resolve) => http?.listen(0, resolve));
  const { port } = http.address() as AddressInfo;
  const options = { hostname: 'localhost', port, path: '/', query: {}, payloadBytesMax: 1_000 };
  const [error] = await next(new Transport(options as TransportOptions).open(), 'error');
  const { context } = error as { context: Pick<XMLHttpRequest, 'getResponseHeader'> };
  expect(['Retry-After', 'X-None'].map((name) => context.getResponseHeader(name))).toEqual(['7', null]);
});
