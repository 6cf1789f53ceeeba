/**
 * Clients of every wire that reset their connections at any moment, on real sockets. An error without a listener fails
 * the whole run.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { stomp } from '../../packages/stomp/src/stomp.js';
import { SeededRandom } from '../../packages/testing/src/seeded-random.js';

const get = (target: string, head = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${head}\r\n`;
const upgrade = (target: string, head = ''): string =>
  get(
    target,
    `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${head}`,
  );
const post = (target: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A masked text frame of up to 125 bytes, with a mask of zeros. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

function pollOn(socket: Socket, answer: string): void {
  const sid = /"sid":"([^"]+)"/.exec(answer)?.[1];
  if (sid === undefined) return;
  const target = `/socket.io/?EIO=4&sid=${sid}&transport=`;
  socket.write(post(`${target}polling`, '40'));
  socket.write(get(`${target}polling`));
  // The previous request is not answered yet.
  socket.write(upgrade(`${target}websocket`));
}

interface Wire {
  readonly first: string;
  readonly isTcp?: boolean;
  /** Called with the first answer, to send more. */
  next?(socket: Socket, answer: string): void;
}

const STREAM = get('/events/lobby', 'Accept: text/event-stream\r\n');
const PLAIN = get('/page');
const WIRES: Readonly<Record<string, Wire>> = {
  polling: { first: get('/socket.io/?EIO=4&transport=polling'), next: pollOn },
  'HTTP streaming': { first: get('/socket.io/?EIO=4&transport=sse') },
  'HTTP streaming on a used connection': {
    first: PLAIN,
    next: (socket) => socket.write(get('/socket.io/?EIO=4&transport=sse')),
  },
  WebSocket: {
    first: upgrade('/socket.io/?EIO=4&transport=websocket'),
    next: (socket) => socket.write(Buffer.concat([frame('40'), frame('42["echo",1]')])),
  },
  'WebSocket on a used connection': {
    first: PLAIN,
    next: (socket) => socket.write(upgrade('/socket.io/?EIO=4&transport=websocket')),
  },
  'a WebSocket of no session': { first: upgrade('/socket.io/?EIO=4&transport=websocket&sid=nobody') },
  'a WebSocket that is nowhere': { first: upgrade('/nowhere') },
  events: { first: STREAM },
  'events on a used connection': { first: PLAIN, next: (socket) => socket.write(STREAM) },
  'events over a WebSocket': { first: upgrade('/events/lobby') },
  stomp: {
    first: upgrade('/stomp', 'Sec-WebSocket-Protocol: v12.stomp\r\n'),
    next: (socket) => socket.write(frame('CONNECT\naccept-version:1.2\nhost:a\n\n\0')),
  },
  lines: { first: 'join lobby\n', isTcp: true, next: (socket) => socket.write('hello\n') },
  records: { first: 'NARU1\n', isTcp: true },
  'the beginning of a preface': { first: 'NAR', isTcp: true },
  'half a head': { first: 'GET /socket.io/?EIO=4&tra' },
};

async function start(isSlow: boolean) {
  const http = createServer((_request, response) => response.end('page'));
  const later = (call: () => void): unknown => setTimeout(call, 2);
  const io = new Server(http, {
    events: true,
    wires: [stomp()],
    transports: ['polling', 'sse', 'websocket'],
    pingInterval: 200,
    pingTimeout: 200,
    ...(isSlow ? { allowRequest: (_request, decide) => later(() => decide(null, true)) } : {}),
  });
  if (isSlow) io.engine.use((_request, _response, next) => later(next));
  io.allow({ subscribe: true, publish: true });
  io.on('connection', (socket) => {
    socket.join('lobby');
    socket.emit('hello', 'x'.repeat(20_000));
  });
  io.listen('tcp://127.0.0.1:0');
  await once(http.listen(0, '127.0.0.1'), 'listening');
  await io.ready();
  const address = io.endpoints[0]?.address;
  const tcpPort = typeof address === 'object' ? (address as AddressInfo).port : 0;
  return { http, io, httpPort: (http.address() as AddressInfo).port, tcpPort };
}

/** Connects, sends the data of the wire, and resets the connection after some turns. */
function reset({ first, isTcp, next }: Wire, ports: { httpPort: number; tcpPort: number }, turns: number) {
  const socket = connect(isTcp ? ports.tcpPort : ports.httpPort, '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));
  socket.once('connect', () => {
    socket.write(first);
    let left = turns;
    const step = (): void => {
      left -= 1;
      if (left < 0) socket.resetAndDestroy();
      else setImmediate(step);
    };
    step();
  });
  socket.once('data', (bytes) => next?.(socket, bytes.toString('latin1')));
  return closed;
}

describe('clients that reset their connections at any moment', () => {
  it.each([
    { isSlow: false, isDrained: false },
    { isSlow: true, isDrained: true },
  ])(
    'harm nobody and leave nothing behind, also while the server closes, with %o',
    { timeout: 60_000 },
    async (how) => {
      const server = await start(how.isSlow);
      const random = new SeededRandom(7);
      const all = Object.values(WIRES);
      let count = 0;
      const storm = async (): Promise<void> => {
        for (const wire of all.map(() => random.pick(all))) {
          count += 1;
          await reset(wire, server, random.pick([0, 1, 2, 5, 20, 100]));
        }
      };
      const storms = async (rounds: number): Promise<void> => {
        for (let round = 0; round < rounds; round += 1) await Promise.all([storm(), storm(), storm()]);
      };
      await storms(4);
      await vi.waitFor(() => expect(server.io.engine.clientsCount).toBe(0), 10_000);
      expect(server.io.of('/').sockets.size).toBe(0);
      const going = storms(3);
      if (how.isDrained) await server.io.drain({ withinMs: 20 });
      await server.io.close();
      await going;
      expect(count).toBe(7 * 3 * all.length);
      expect(server.io.engine.clientsCount).toBe(0);
    },
  );
});
