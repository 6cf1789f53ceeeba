import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { io } from '../../../src/client/index.js';
import { CookieJar } from '../../../src/client/node/cookies.js';
import type { NodeOptions } from '../../../src/client/node/options.js';
import { NodeEventStream } from '../../../src/client/node/sse.js';
import { Server } from '../../../src/server/api/index.js';
import { next, startStockServer } from '../stock/server.js';

let http: HttpServer | undefined;

afterEach(() => {
  http?.closeAllConnections();
  http?.close();
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<NodeOptions> = {},
): Promise<NodeEventStream> {
  http = createServer(answer);
  await new Promise<void>((resolve) => http?.listen(0, resolve));
  const { port } = http.address() as AddressInfo;
  return new NodeEventStream({
    hostname: 'localhost',
    port,
    path: '/',
    query: {},
    payloadBytesMax: 1_000,
    ...options,
  } as NodeOptions);
}

function record(stream: NodeEventStream): unknown[] {
  const events: unknown[] = [];
  stream.on('open', () => events.push('open'));
  stream.on('packet', (packet) => events.push(packet));
  return events;
}

const STREAM = { 'Content-Type': 'text/event-stream', 'Set-Cookie': 'a=1' };

describe('a stream', () => {
  test('delivers its packets as they arrive, and sends the headers and cookies of the session', async () => {
    const cookies = new CookieJar({ now: () => 0 });
    cookies.store(['b=2']);
    let asked: IncomingMessage | undefined;
    const stream = await serve(
      (request, response) => {
        asked = request;
        response.writeHead(200, STREAM).write(':\n\ndata: 0{}\n\ndata: 4a\n\ndata: "4\\r"\n\nda');
        response.end('ta: bAQ==\n\ndata: 1\n\ndata: 4late\n\n');
      },
      { cookies, extraHeaders: { 'x-a': 'b' } },
    );
    const events = record(stream);
    await next(stream.open(), 'close');
    expect(events).toEqual([
      'open',
      { type: 'open', data: '{}' },
      { type: 'message', data: 'a' },
      { type: 'message', data: '\r' },
      { type: 'message', data: Buffer.of(1) },
    ]);
    expect(asked?.headers).toMatchObject({ 'x-a': 'b', cookie: 'b=2' });
    expect(cookies.header()).toBe('b=2; a=1');
  });

  test.each<[string, (response: ServerResponse) => unknown, object]>([
    [
      'is refused',
      (response) => response.writeHead(403).end('no entry'),
      { description: 403, context: { status: 403, responseText: 'no entry' } },
    ],
    ['is no event stream', (response) => response.writeHead(200).end('ok'), { description: 200 }],
    ['ends', (response) => response.writeHead(200, STREAM).end(':\n\n'), { description: 'event stream ended' }],
    ['breaks', (response) => response.socket?.destroy(), { description: { code: 'ECONNRESET' } }],
    [
      'brings too much',
      (response) => response.writeHead(200, STREAM).write(`data: 4${'x'.repeat(1_001)}\n\n`),
      { description: 'event too big' },
    ],
  ])('that %s is an error', async (_name, answer, expected) => {
    const stream = await serve((_request, response) => answer(response));
    const [error] = await next(stream.open(), 'error');
    expect(error).toMatchObject({ message: expect.stringMatching(/^event stream error/), ...expected });
  });

  test('ends with its transport', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const stream = await serve((request, response) => {
      if (request.method === 'POST') {
        response.end('ok');
        return;
      }
      closed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(200, STREAM).write(':\n\n');
    });
    stream.query.sid = 'a';
    await next(stream.open(), 'open');
    stream.close();
    await closed;
  });
});

describe('with a server of ours', () => {
  async function listen(options: ConstructorParameters<typeof Server>[1] = {}) {
    http = createServer();
    const server = new Server(http, options);
    server.on('connection', (socket) => {
      socket.on('echo', (value, answer) => answer(value));
      socket.on('transport', (answer) => answer(socket.conn.transport.name));
    });
    await new Promise<void>((resolve) => http?.listen(0, resolve));
    return { server, url: `http://localhost:${(http.address() as AddressInfo).port}` };
  }

  test('runs a session on HTTP streaming alone', async () => {
    const { server, url } = await listen();
    const socket = io(url, { transports: ['sse'], forceNew: true });
    const value = { text: 'a\r\nb', bytes: Buffer.alloc(70_000, 1) };
    expect(await socket.emitWithAck('echo', value)).toEqual(value);
    expect(await socket.emitWithAck('transport')).toBe('sse');
    const left = next(socket as never, 'disconnect');
    server.disconnectSockets(true);
    expect((await left)[0]).toBe('io server disconnect');
    socket.disconnect();
    await server.close();
  });

  test('moves a session without a WebSocket to HTTP streaming', async () => {
    const { server, url } = await listen();
    http?.removeAllListeners('upgrade');
    http?.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const socket = io(url, { forceNew: true });
    const failures: unknown[] = [];
    socket.io.engine.on('upgradeError', (error) => failures.push((error as { transport?: string }).transport));
    const sent = Array.from({ length: 50 }, (_, index) => socket.emitWithAck('echo', index));
    await next(socket.io.engine as never, 'upgrade');
    expect(await Promise.all(sent)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect([await socket.emitWithAck('transport'), failures]).toEqual(['sse', ['websocket']]);
    socket.disconnect();
    await server.close();
  });

  test('moves a session that started on HTTP streaming to a WebSocket', async () => {
    const { server, url } = await listen();
    const socket = io(url, { transports: ['sse', 'websocket'], forceNew: true });
    const sent = Array.from({ length: 50 }, (_, index) => socket.emitWithAck('echo', index));
    await next(socket.io.engine as never, 'upgrade');
    expect(await Promise.all(sent)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(await socket.emitWithAck('transport')).toBe('websocket');
    socket.disconnect();
    await server.close();
  });
});

describe('with a stock server', () => {
  test('falls back in a session that prefers HTTP streaming', async () => {
    const stock = await startStockServer();
    stock.server.on('connection', (socket) => socket.on('transport', (answer) => answer(socket.conn.transport.name)));
    for (const transports of [
      ['sse', 'polling'],
      ['polling', 'sse'],
    ]) {
      const socket = io(stock.url, { transports, forceNew: true });
      expect(await socket.emitWithAck('transport')).toBe('polling');
      socket.disconnect();
    }
    await stock.close();
  });

  test('moves a session to a WebSocket if the server knows nothing of HTTP streaming', async () => {
    const stock = await startStockServer();
    const socket = io(stock.url, { forceNew: true, rememberUpgrade: false });
    await next(socket.io.engine as never, 'upgrade');
    expect(socket.io.engine.transport.name).toBe('websocket');
    socket.disconnect();
    await stock.close();
  });
});

test('falls back to long-polling when the stream is held back', async () => {
  http = createServer((request, response) => {
    // Like a proxy that waits for the end of an answer.
    if (request.url?.includes('transport=sse')) return;
    response.end('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
  });
  await new Promise<void>((resolve) => http?.listen(0, resolve));
  const clock = new FakeClock();
  const socket = io(`http://localhost:${(http.address() as AddressInfo).port}`, {
    transports: ['sse', 'polling'],
    clock,
    timeout: false,
  });
  const { engine } = socket.io;
  expect(engine.transport.name).toBe('sse');
  await clock.advance(5_001);
  expect(engine.transport.name).toBe('polling');
  if (engine.readyState !== 'open') await next(engine as never, 'open');
  socket.disconnect();
});
