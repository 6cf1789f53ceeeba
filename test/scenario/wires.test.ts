/**
 * Hostile clients at every endpoint of one server, on real sockets, while well-behaved clients in the same room go on.
 */
import { createSocket } from 'node:dgram';
import { type ClientRequest, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket as NetSocket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import { encodeRecord } from '../../packages/naru/src/protocol/record/encode.js';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { stomp as stompWire } from '../../packages/stomp/src/stomp.js';
import { WebTransportPair } from '../../packages/testing/src/web-transport-pair.js';
import { udp as udpWire } from '../../packages/udp/src/server/udp.js';
import { acceptWebTransport } from '../../packages/webtransport/src/accept.js';
import { liveBytes } from '../kit/memory.mjs';

const LIMIT = 20_000;
const http = createServer();
const server = new Server(http, {
  // Its memory of what happened is bounded, and larger than what the tests allow for a client.
  explain: false,
  transports: ['polling', 'sse', 'websocket', 'webtransport'],
  maxHttpBufferSize: LIMIT,
  bufferedBytesMax: 200_000,
  connectTimeout: 2_000,
  upgradeTimeout: 500,
  bodyTimeout: 500,
  closeTimeout: 500,
  handshakeTimeout: 1_000,
  pingInterval: 1_000,
  // Well-behaved clients answer in time, even when the machine pauses for a while.
  pingTimeout: 10_000,
  events: true,
  wires: [stompWire(), udpWire()],
  tcp: { greetAfter: 50, prefaceTimeout: 1_500 },
});
const ports = { http: 0, tcp: 0, udp: 0, stomp: 0 };
const decent: Socket[] = [];
let heard = 0;

const portOf = (address: unknown): number => (address as AddressInfo).port;

beforeAll(async () => {
  server.allow({ subscribe: true, publish: true });
  server.on('connection', (socket) => {
    socket.join('lobby');
    socket.on('echo', (value: unknown, answer: unknown) => typeof answer === 'function' && answer(value));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  for (const scheme of ['tcp', 'udp', 'stomp']) server.listen(`${scheme}://127.0.0.1:0`);
  await server.ready();
  const [tcp, udp, stomp] = server.endpoints.map(({ address }) => portOf(address));
  Object.assign(ports, { http: portOf(http.address()), tcp, udp, stomp });
  const url = `http://127.0.0.1:${ports.http}`;
  decent.push(
    io(url, { transports: ['websocket'], forceNew: true, reconnection: false }),
    io(url, { transports: ['polling'], forceNew: true, reconnection: false }),
    io(`tcp://127.0.0.1:${ports.tcp}`, { forceNew: true, reconnection: false }),
  );
  for (const socket of decent) {
    socket.on('tick', () => {
      heard += 1;
    });
    if (!socket.connected) await new Promise<void>((resolve) => socket.on('connect', () => resolve()));
  }
});

afterAll(async () => {
  for (const socket of decent) socket.close();
  await server.close();
});

/** Returns the peer's data until it closes, or after `forMs`. */
async function talk(
  port: number,
  write: (socket: NetSocket) => void,
  forMs = 25_000,
): Promise<{ text: string; isClosed: boolean }> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let isClosed = false;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      resolve();
    });
  });
  await new Promise<void>((resolve) => socket.on('connect', () => resolve()));
  write(socket);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, forMs))]);
  const result = { text: Buffer.concat(chunks).toString('latin1'), isClosed };
  socket.destroy();
  return result;
}

/** Writes a piece again and again, until the peer closes. */
function pour(socket: NetSocket, piece: Buffer, bytesMax = 50_000_000): void {
  let sent = 0;
  const more = (): void => {
    while (sent < bytesMax && !socket.destroyed) {
      sent += piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Expects that nobody else noticed: all well-behaved clients answer, and receive the messages to the room. */
async function expectPeace(): Promise<void> {
  for (const socket of decent) expect(await socket.timeout(20_000).emitWithAck('echo', 'peace')).toBe('peace');
  const before = heard;
  server.to('lobby').emit('tick');
  await expect.poll(() => heard - before).toBe(decent.length);
}

/** Sends more to everybody but the well-behaved clients than may wait for a client. */
async function flood(): Promise<void> {
  const text = 'x'.repeat(10_000);
  for (let count = 0; count < 1_500; count += 1) {
    for (const socket of server.sockets.sockets.values()) if (!isDecent(socket.id)) socket.emit('news', text);
    if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const isDecent = (id: string): boolean => decent.some((socket) => socket.id === id);

/** Expects that all hostile clients are gone, with everything that was kept for them. */
async function expectEmpty(): Promise<void> {
  await expect.poll(() => server.engine.clientsCount, { timeout: 40_000, interval: 50 }).toBe(decent.length);
  expect(server.sockets.sockets.size).toBe(decent.length);
}

let baseline = 0;
beforeEach(() => {
  baseline = liveBytes();
});

/** Expects that hardly any memory is kept, however much was sent. */
async function expectLittleMemory(): Promise<void> {
  // Closed sockets stay in memory until the system has reported all their events.
  await expect.poll(() => liveBytes() - baseline, { interval: 100 }).toBeLessThan(4_000_000);
}

async function expectUnharmed(): Promise<void> {
  await expectPeace();
  await expectEmpty();
  await expectLittleMemory();
}

const preface = Buffer.from('NARU1\n');

describe('TCP', { timeout: 120_000 }, () => {
  it.each([
    ['a length that lies', Buffer.from([127, 255, 255, 255, 255, 255, 255, 255, 255])],
    ['a length over the limit', Buffer.from([127, 0, 0, 0, 0, 0, 1, 0, 0])],
    ['text that is none', Buffer.from([2, 0x34, 0xff])],
    ['a packet that is none', encodeRecord('9nonsense')],
    ['an empty record', Buffer.from([0])],
  ])('answers %s by closing the connection', async (_name, bytes) => {
    const { isClosed } = await talk(ports.tcp, (socket) => socket.write(Buffer.concat([preface, bytes])));
    expect(isClosed).toBe(true);
    await expectUnharmed();
  });

  it('ends an endless line with an error line', async () => {
    const { text, isClosed } = await talk(ports.tcp, (socket) => pour(socket, Buffer.alloc(65_536, 'x')));
    expect(isClosed).toBe(true);
    expect(text).toMatch(/^!/m);
    await expectUnharmed();
  });

  it('ends half a preface, and an unfinished record', async () => {
    const [half, record] = await Promise.all([
      talk(ports.tcp, (socket) => socket.write('NARU')),
      talk(ports.tcp, (socket) => socket.write(Buffer.concat([preface, Buffer.from([100, 0x34])]))),
    ]);
    expect([half.isClosed, record.isClosed]).toEqual([true, true]);
    await expectUnharmed();
  });

  it('does not delay others when a client floods it with commands', async () => {
    const line = Buffer.from('/join a\n/leave a\n/emit echo 1\n'.repeat(500));
    await talk(ports.tcp, (socket) => pour(socket, line, 3_000_000), 1_500);
    await expectUnharmed();
  });

  it('ends a client that does not read its answers', async () => {
    const socket = connect(ports.tcp, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('/auth {}\n');
    await expect.poll(() => server.sockets.sockets.size).toBe(decent.length + 1);
    socket.pause();
    pour(socket, Buffer.from('/help\n'.repeat(1_000)), 20_000_000);
    await expectEmpty();
    socket.destroy();
    await expectUnharmed();
  });

  it('ends programs that do not read', async () => {
    const socket = connect(ports.tcp, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([preface, encodeRecord('40')]));
    await expect.poll(() => server.sockets.sockets.size).toBe(decent.length + 1);
    socket.pause();
    await flood();
    await expectEmpty();
    socket.destroy();
    await expectUnharmed();
  });

  it('keeps only the well-behaved clients of a silent crowd', async () => {
    const crowd = Array.from({ length: 300 }, () => connect(ports.tcp, '127.0.0.1'));
    for (const socket of crowd) socket.on('error', () => undefined);
    await expectPeace();
    for (const socket of crowd) socket.destroy();
    await expectUnharmed();
  });
});

describe('STOMP', { timeout: 120_000 }, () => {
  const connectFrame = 'CONNECT\naccept-version:1.2\nhost:/\n\n\0';

  it.each([
    ['a command that has no end', (socket: NetSocket) => pour(socket, Buffer.alloc(65_536, 'X'))],
    [
      'a header that has no end',
      (socket: NetSocket) => pour(socket, Buffer.concat([Buffer.from('CONNECT\na:'), Buffer.alloc(65_536, 'x')])),
    ],
    ['headers without number', (socket: NetSocket) => socket.write(`CONNECT\n${'a:b\n'.repeat(100_000)}\n\0`)],
    ['a frame before CONNECT', (socket: NetSocket) => socket.write('SEND\ndestination:/topic/lobby\n\nhi\0')],
    [
      'a body over the limit',
      (socket: NetSocket) => socket.write(`${connectFrame}SEND\ndestination:/topic/lobby\ncontent-length:99999999\n\n`),
    ],
    [
      'a body without end',
      (socket: NetSocket) =>
        pour(
          socket,
          Buffer.concat([Buffer.from(`${connectFrame}SEND\ndestination:/topic/lobby\n\n`), Buffer.alloc(65_536, 'x')]),
        ),
    ],
    ['a second CONNECT', (socket: NetSocket) => socket.write(connectFrame + connectFrame)],
    ['a bad escape', (socket: NetSocket) => socket.write(`${connectFrame}SEND\ndestination:/topic/a\\q\n\n\0`)],
    ['an unknown command', (socket: NetSocket) => socket.write(`${connectFrame}DANCE\n\n\0`)],
  ])('answers %s with ERROR and closes the connection', async (_name, write) => {
    const { text, isClosed } = await talk(ports.stomp, write);
    expect([text.includes('ERROR\n'), isClosed]).toEqual([true, true]);
    await expectUnharmed();
  });

  it('bounds subscriptions and transactions', async () => {
    const many = (make: (index: number) => string) =>
      Array.from({ length: 20_000 }, (_, index) => make(index)).join('');
    const results = await Promise.all([
      talk(ports.stomp, (socket) =>
        socket.write(connectFrame + many((index) => `SUBSCRIBE\nid:${index}\ndestination:/topic/${index}\n\n\0`)),
      ),
      talk(ports.stomp, (socket) => socket.write(connectFrame + many((index) => `BEGIN\ntransaction:${index}\n\n\0`))),
    ]);
    for (const { text, isClosed } of results) expect([text.includes('ERROR\n'), isClosed]).toEqual([true, true]);
    await expectUnharmed();
  });

  it('ends silent clients', async () => {
    const { isClosed } = await talk(ports.stomp, () => undefined);
    expect(isClosed).toBe(true);
    await expectUnharmed();
  });
});

describe('HTTP', { timeout: 120_000 }, () => {
  const ask = (path: string, options: object, use: (outgoing: ClientRequest) => void = (outgoing) => outgoing.end()) =>
    new Promise<{ status: number | undefined; body: string }>((resolve) => {
      const outgoing = request({ port: ports.http, host: '127.0.0.1', path, ...options }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
        response.on('error', () => resolve({ status: response.statusCode, body }));
      });
      outgoing.on('error', () => resolve({ status: undefined, body: '' }));
      use(outgoing);
    });

  it('limits the body of a plain event', async () => {
    const { status } = await ask(
      '/events/lobby',
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (outgoing) => {
        outgoing.end(`{"event":"x","args":["${'y'.repeat(LIMIT * 2)}"]}`);
      },
    );
    expect(status).toBe(413);
    await expectUnharmed();
  });

  it('gives up on a body that does not arrive', async () => {
    const { status } = await ask(
      '/events/lobby',
      { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': 100 } },
      (outgoing) => outgoing.write('{"event"'),
    );
    expect([408, undefined]).toContain(status);
    await expectUnharmed();
  });

  it('ends an event stream that nobody reads', async () => {
    const socket = connect(ports.http, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /events/flood HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n');
    await expect.poll(() => server.sockets.adapter.rooms.has('flood')).toBe(true);
    socket.pause();
    await flood();
    await expectEmpty();
    socket.destroy();
    await expectUnharmed();
  });

  it('refuses an endless number of rooms', async () => {
    const rooms = Array.from({ length: 2_000 }, (_, index) => `room=${index}`).join('&');
    const { status } = await ask(`/events?${rooms}`, { headers: { accept: 'text/event-stream' } });
    expect([400, 404, 414, 431]).toContain(status);
    await expectUnharmed();
  });
});

describe('UDP', { timeout: 120_000 }, () => {
  it('does not answer noise, and never sends more than it received', async () => {
    const socket = createSocket('udp4');
    let [sent, received] = [0, 0];
    socket.on('message', (bytes) => {
      received += bytes.byteLength;
    });
    for (let index = 0; index < 3_000; index += 1) {
      const bytes = Buffer.alloc(1 + (index % 300), index);
      bytes[0] = index;
      sent += bytes.byteLength;
      socket.send(bytes, ports.udp, '127.0.0.1');
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.close();
    expect(received).toBeLessThanOrEqual(sent);
    await expectUnharmed();
  });
});

describe('WebTransport', { timeout: 120_000 }, () => {
  it.each([
    ['nothing at all', undefined],
    ['a length that lies', Buffer.from([127, 255, 255, 255, 255, 255, 255, 255, 255])],
    ['a session that it does not own', encodeRecord('0{"sid":"nobody"}')],
    ['half a record', Buffer.from([9, 0x30])],
  ])('closes a session after %s', async (_name, bytes) => {
    const pair = new WebTransportPair();
    await Promise.all([
      acceptWebTransport(server, pair.server),
      (async () => {
        const { writable } = await pair.client.createBidirectionalStream();
        if (bytes) await writable.getWriter().write(bytes);
      })(),
    ]);
    expect((await pair.client.closed).closeCode).toBeGreaterThan(1_000);
    await expectUnharmed();
  });

  it('ends a client that does not read', async () => {
    const pair = new WebTransportPair();
    const accepted = acceptWebTransport(server, pair.server);
    const { writable } = await pair.client.createBidirectionalStream();
    const writer = writable.getWriter();
    await writer.write(encodeRecord('0'));
    await writer.write(encodeRecord('40'));
    await accepted;
    const ended = pair.client.closed.then(
      () => true,
      () => true,
    );
    await expect.poll(() => server.sockets.sockets.size).toBe(decent.length + 1);
    await flood();
    expect(await ended).toBe(true);
    await expectUnharmed();
  });
});
