/** A WebSocket accepted from its first chunk looks to applications like one that came through Node's parser. */
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Server, type Socket } from '../../packages/naru/src/entry/index.js';
import type { EngineOptions } from '../../packages/naru/src/server/options/engine-options.js';

const HEADERS = [
  'Host: a.example:3000',
  'Connection: keep-alive, Upgrade',
  'UPGRADE: WebSocket',
  'Sec-WebSocket-Version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  'User-Agent: first',
  'user-agent: second',
  'Cookie: a=1',
  'Origin: http://b.example',
  'Cookie: b=2',
  'X-Forwarded-For: 10.0.0.1',
  'X-forwarded-for: 10.0.0.2',
  'Set-Cookie: odd=1',
  '__proto__: a',
];
const TARGET = '/socket.io/?EIO=4&transport=websocket&room=a%20b&x=1&x=2';
const CONNECT = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);

type Way = 'short' | 'long';

/** A server that takes all upgrades in one way. */
async function start(way: Way, options: Partial<EngineOptions> = {}) {
  const http = createServer();
  const io = new Server(http, options);
  // A listener for connections may want to read their data, so all of it goes through Node.
  if (way === 'long') http.on('connection', () => {});
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => io.close().then(() => http.closeAllConnections()));
  const { port } = http.address() as AddressInfo;
  return { io, port };
}

function ask(
  port: number,
  lines: readonly string[],
  target = TARGET,
  more = CONNECT,
): { socket: NetSocket; text: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(Buffer.concat([Buffer.from(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), more]));
  const text = new Promise<string>((resolve) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.includes('40{') || received.startsWith('HTTP/1.1 4')) resolve(received);
    });
  });
  return { socket, text };
}

function shapeOf(request: IncomingMessage) {
  const { method, url, httpVersion, httpVersionMajor, httpVersionMinor, complete, aborted, trailers } = request;
  return {
    ...{ method, url, httpVersion, httpVersionMajor, httpVersionMinor, complete, aborted, trailers },
    rawHeaders: request.rawHeaders,
    headers: request.headers,
    distinct: { ...request.headersDistinct },
    query: (request as unknown as { _query: unknown })._query,
    isOfSocket: request.socket === request.connection && request.socket.remoteAddress === '127.0.0.1',
  };
}

async function observe(way: Way) {
  const { io, port } = await start(way);
  const entered = new Promise<Socket>((resolve) => io.once('connection', resolve));
  const early = new Promise<unknown>((resolve) =>
    io.engine.once('connection', (session: { request: IncomingMessage }) => resolve(shapeOf(session.request))),
  );
  const { text } = ask(port, HEADERS);
  const socket = await entered;
  const { time, issued, ...handshake } = socket.handshake;
  const peer = socket.request.socket;
  expect(Object.hasOwn(peer, 'parser')).toBe(way === 'long');
  expect(Math.abs(issued - Date.now())).toBeLessThan(60_000);
  expect(time).toBe(String(new Date(issued)));
  return {
    early: await early,
    late: shapeOf(socket.request),
    isKept: socket.request === socket.conn.request,
    handshake,
    address: socket.conn.remoteAddress,
    answer: (await text).replace(/"sid":"[^"]*"/g, '"sid"'),
    listeners: ['data', 'end', 'error', 'close', 'drain', 'timeout'].map(
      (name) => `${name} ${peer.listenerCount(name)}`,
    ),
    timeout: peer.timeout,
  };
}

describe('the two ways of an upgrade', () => {
  it('show the same request, handshake and answer', async () => {
    const short = await observe('short');
    expect(short).toEqual(await observe('long'));
    expect(short.handshake.headers['x-forwarded-for']).toBe('10.0.0.1, 10.0.0.2');
    expect(short.answer).toContain('40{"sid"}');
  });

  it('refuse with the same texts, and report the same', async () => {
    const refused = async (way: Way, target: string, lines = HEADERS) => {
      const { io, port } = await start(way);
      const reports: unknown[] = [];
      io.engine.on('connection_error', ({ req, code, message, context }) =>
        reports.push({ code, message, context, url: req.url, rawHeaders: req.rawHeaders }),
      );
      return { text: await ask(port, lines, target, Buffer.alloc(0)).text, reports };
    };
    const base = '/socket.io/?EIO=4&transport=websocket';
    for (const target of [
      `${base}&sid=nobody`,
      base.replace('websocket', 'polling'),
      base.replace('=4', '=3'),
      '/socket.io/',
    ])
      expect(await refused('short', target)).toEqual(await refused('long', target));
    for (const line of ['Sec-WebSocket-Version: 12', 'Sec-WebSocket-Key: short', 'Sec-WebSocket-Protocol: a, a']) {
      const name = `${line.split(':')[0]?.toLowerCase()}:`;
      const lines = [...HEADERS.filter((other) => !other.toLowerCase().startsWith(name)), line];
      expect(await refused('short', base, lines), line).toEqual(await refused('long', base, lines));
    }
  });

  it('become one when an application listens to requests: all upgrades go through Node', async () => {
    const seen: unknown[] = [];
    const options: Partial<EngineOptions>[] = [
      {
        allowRequest: (request, callback) => {
          seen.push(shapeOf(request).url);
          callback(null, true);
        },
      },
    ];
    for (const option of options) {
      const { io, port } = await start('short', option);
      const entered = new Promise<Socket>((resolve) => io.once('connection', resolve));
      ask(port, HEADERS);
      expect(Object.hasOwn((await entered).request.socket, 'parser')).toBe(true);
    }
    const prepare: ((io: Server) => void)[] = [
      (io) =>
        io.engine.use((request: IncomingMessage, _response: unknown, next: () => void) => {
          seen.push(shapeOf(request).url);
          next();
        }),
      (io) => io.engine.on('headers', (_headers: unknown, request: IncomingMessage) => seen.push(shapeOf(request).url)),
      (io) =>
        io.engine.on('initial_headers', (_headers: unknown, request: IncomingMessage) =>
          seen.push(shapeOf(request).url),
        ),
      (io) => {
        io.engine.generateId = (request: IncomingMessage) => {
          seen.push(shapeOf(request).url);
          return `id-${seen.length}`;
        };
      },
    ];
    for (const add of prepare) {
      const { io, port } = await start('short');
      add(io as unknown as Server);
      const entered = new Promise<Socket>((resolve) => io.once('connection', resolve));
      ask(port, HEADERS);
      expect(Object.hasOwn((await entered).request.socket, 'parser')).toBe(true);
    }
    expect(seen).toEqual(Array.from({ length: 5 }, () => TARGET));
  });
});
