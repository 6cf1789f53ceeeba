/** Clients of all wires that connect at once, on real sockets, to a server that limits the handshakes per second. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { io as stockIo } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Clock, systemClock } from '../../packages/naru/src/base/clock.js';
import { io } from '../../packages/naru/src/client/index.js';
import type { ClientOptions } from '../../packages/naru/src/client/socket/options.js';
import { encodeRecord } from '../../packages/naru/src/protocol/record/encode.js';
import type { ServerOptions } from '../../packages/naru/src/server/api/server.js';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { stomp as stompWire } from '../../packages/stomp/src/stomp.js';
import { FakeClock } from '../../packages/testing/src/fake-clock.js';
import { WebTransportPair } from '../../packages/testing/src/web-transport-pair.js';
import { udp as udpClient } from '../../packages/udp/src/client/udp-wire.js';
import { udp as udpWire } from '../../packages/udp/src/server/udp.js';
import { acceptWebTransport } from '../../packages/webtransport/src/accept.js';
import { watchTurns } from './turns.mjs';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(options: ServerOptions) {
  const http = createServer();
  const server = new Server(http, {
    transports: ['polling', 'websocket', 'sse', 'webtransport'],
    events: true,
    wires: [stompWire(), udpWire()],
    ...options,
  });
  ends.push(() => server.close());
  server.allow({ subscribe: true, publish: true });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  for (const scheme of ['tcp', 'udp', 'stomp']) server.listen(`${scheme}://127.0.0.1:0`);
  await server.ready();
  const [tcp = 0, udp = 0, stomp = 0] = server.endpoints.map(({ address }) => (address as AddressInfo).port);
  const cameAt: number[] = [];
  server.engine.on('connection', () => cameAt.push(performance.now()));
  return { server, cameAt, port: (http.address() as AddressInfo).port, tcp, udp, stomp };
}

/** Returns the most in any period of one second. */
function most(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

function dial(port: number, text: string): NetSocket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => undefined).resume();
  ends.push(() => socket.destroy());
  return socket;
}

/** A WebTransport client without a library. */
async function openThrough({ client }: WebTransportPair): Promise<void> {
  const { readable, writable } = await client.createBidirectionalStream();
  readable.pipeTo(new WritableStream()).catch(() => undefined);
  const writer = writable.getWriter();
  writer.closed.catch(() => undefined);
  await writer.write(encodeRecord('0'));
}

const OWN = { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };

describe('a storm', () => {
  it('enters at the pace of the server, on every wire', { timeout: 30_000 }, async () => {
    const EACH = 12;
    const LIMIT = 60;
    // Turns are given and counted by the same clock, however late everything else is.
    let now = systemClock.now();
    const clock: Clock = {
      ...systemClock,
      now: () => {
        now = systemClock.now();
        return now;
      },
    };
    const { server, cameAt, port, tcp, udp, stomp } = await serve({ handshakesPerSecondMax: LIMIT, clock });
    const turns = watchTurns(server.engine.admission.pace, () => now);
    // Nobody enters without a permit.
    const aheadOfTurns: number[] = [];
    server.engine.on('connection', () => {
      if (cameAt.length > turns.length) aheadOfTurns.push(cameAt.length);
    });
    const url = `http://127.0.0.1:${port}`;
    const get = (accept: string) => `GET /events/a HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\n\r\n`;
    const connectStock = (transport: string) => {
      const client = stockIo(url, { ...OWN, transports: [transport], upgrade: false });
      ends.push(() => client.disconnect());
    };
    const connectOwn = (to: string, options: ClientOptions = {}) => {
      const client = io(to, { ...OWN, ...options });
      ends.push(() => client.disconnect());
    };
    const openWebSocket = (path: string, protocol: string[]) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol);
      socket.on('error', () => undefined);
      ends.push(() => socket.terminate());
    };
    const wires: (() => unknown)[] = [
      () => connectStock('websocket'),
      () => connectStock('polling'),
      () => connectOwn(url, { transports: ['sse'] }),
      () => connectOwn(`tcp://127.0.0.1:${tcp}`),
      () => connectOwn(`udp://127.0.0.1:${udp}`, { wires: [udpClient()] }),
      () => dial(tcp, '/help\n'),
      () => dial(stomp, 'CONNECT\naccept-version:1.2\nhost:/\n\n\0'),
      () => dial(port, get('text/event-stream')),
      () => openWebSocket('/events/a', []),
      () => openWebSocket('/stomp', ['v12.stomp']),
      () => {
        const pair = new WebTransportPair();
        pair.client.closed.catch(() => undefined);
        ends.push(() => pair.client.close());
        void acceptWebTransport(server, pair.server);
        void openThrough(pair);
      },
    ];
    for (let index = 0; index < EACH; index += 1) for (const open of wires) open();
    await expect.poll(() => server.engine.clientsCount, { timeout: 25_000 }).toBe(EACH * wires.length);
    expect(most(turns)).toBeLessThanOrEqual(LIMIT);
    expect(aheadOfTurns).toEqual([]);
    const names = new Set(Object.values(server.engine.clients).map(({ transport }) => transport.name));
    expect(names.size).toBeGreaterThanOrEqual(6);
  });

  it('does not delay publishers that open nothing lasting', async () => {
    const { port } = await serve({ handshakesPerSecondMax: 1 });
    const answers = Array.from({ length: 20 }, () =>
      fetch(`http://127.0.0.1:${port}/events/a`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"event":"say","args":[1]}',
      }),
    );
    for (const answer of answers) expect((await answer).ok).toBe(true);
  });

  it('is told when to retry if it is too large: 503, or an answer that an EventSource understands', async () => {
    // The clock stands still, so the next permit never comes.
    const { server, port } = await serve({
      handshakesPerSecondMax: 1,
      handshakeWaitMax: 2_500,
      clock: new FakeClock(),
    });
    const told: unknown[] = [];
    server.engine.on('connection_error', ({ code, message }) => told.push([code, message]));
    const url = `http://127.0.0.1:${port}`;
    const handshake = `${url}/socket.io/?EIO=4&transport=polling`;
    const stop = new AbortController();
    ends.push(() => stop.abort());
    const first = (await fetch(handshake)).status;
    const waiting = [1, 2].map(() => fetch(handshake, { signal: stop.signal }).catch(() => undefined));
    await expect.poll(() => server.engine.admission.pace.waitingCount).toBe(2);
    const late = await fetch(handshake);
    expect([first, late.status, late.headers.get('retry-after'), await late.json()]).toEqual([
      200,
      503,
      '3',
      { code: 9, message: 'Too many handshakes' },
    ]);
    expect(told).toEqual([[9, 'Too many handshakes']]);
    const plain = await fetch(`${url}/events/a`);
    expect([plain.status, plain.headers.get('retry-after')]).toEqual([503, '3']);
    const stream = await fetch(`${url}/events/a`, { headers: { accept: 'text/event-stream' } });
    expect([stream.status, await stream.text()]).toEqual([200, 'retry: 3000\n\n']);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/stomp`, ['v12.stomp']);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('503');
    stop.abort();
    await Promise.all(waiting);
    await expect.poll(() => server.engine.admission.pace.waitingCount).toBe(0);
  });

  it('is refused when the server closes', async () => {
    const clock = new FakeClock();
    const { server, port } = await serve({ handshakesPerSecondMax: 1, clock });
    const handshake = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
    await fetch(handshake);
    const waiting = fetch(handshake);
    const upgrade = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const failed = once(upgrade, 'error');
    await expect.poll(() => server.engine.admission.pace.waitingCount).toBe(2);
    const drained = server.drain();
    // Both clients have their answers before the next permit is possible.
    expect([(await waiting).status, String(await failed)]).toEqual([503, expect.stringContaining('503')]);
    await clock.runAll();
    await drained;
  });

  it('gives no permit to a client that has given up, on any wire', async () => {
    const clock = new FakeClock();
    const { server, cameAt, port, tcp, stomp } = await serve({ handshakesPerSecondMax: 1, clock });
    const upgrade = (path: string, protocol = '') =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol}\r\n`;
    const { pace } = server.engine.admission;
    // Nothing is left of this second.
    expect([pace.tryBegin(), pace.tryBegin()]).toEqual([true, false]);
    const texts: [number, string][] = [
      [port, upgrade('/socket.io/?EIO=4&transport=websocket')],
      [port, 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n'],
      [port, upgrade('/events/a')],
      [port, 'GET /events/a HTTP/1.1\r\nHost: a\r\n\r\n'],
      [port, upgrade('/stomp', 'Sec-WebSocket-Protocol: v12.stomp\r\n')],
      [tcp, ''],
      [stomp, 'CONNECT\naccept-version:1.2\nhost:/\n\n\0'],
    ];
    const sockets = texts.map(([to, text]) => dial(to, text));
    const [stays, ...others] = sockets;
    const answered = once(stays as NetSocket, 'data').then(String);
    await expect.poll(() => pace.waitingCount).toBe(sockets.length);
    for (const socket of others) socket.end();
    // A STOMP client that has sent data is found to be gone when its permit comes.
    await expect.poll(() => pace.waitingCount).toBeLessThanOrEqual(2);
    // Time for as many turns as there were clients.
    await clock.advance(sockets.length * 1_100);
    expect(await answered).toMatch(/^HTTP\/1.1 101 /);
    expect(pace.waitingCount).toBe(0);
    expect(cameAt.length).toBeLessThanOrEqual(2);
    await expect.poll(() => server.engine.clientsCount).toBe(1);
  });

  // Only Linux has several loopback addresses.
  it.runIf(process.platform === 'linux')(
    'gets its permit on every wire while somebody else fills the queue from one address',
    async () => {
      const { server, port, tcp } = await serve({ handshakesPerSecondMax: 5, handshakeWaitMax: 2_000 });
      const { pace } = server.engine.admission;
      let isFlooding = true;
      const flood = (): void => {
        if (!isFlooding) return;
        const socket = dial(tcp, '').once('close', flood);
        // A connection that got a turn is replaced, so that the flood goes on.
        socket.once('data', () => socket.destroy());
      };
      ends.push(() => {
        isFlooding = false;
      });
      for (let n = 0; n < 30; n += 1) flood();
      await expect.poll(() => pace.waitingCount).toBe(10);
      const polling = '/socket.io/?EIO=4&transport=polling';
      // Now and then one of the flood has left, and the next is not there yet.
      const url = `http://127.0.0.1:${port}${polling}`;
      await expect.poll(async () => (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status).toBe(503);
      const head = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
      const upgrade =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
      const wires: [to: number, text: string, answer: RegExp][] = [
        [port, head(polling), /^HTTP\/1.1 200 /],
        [port, head('/socket.io/?EIO=4&transport=websocket', upgrade), /^HTTP\/1.1 101 /],
        [port, head('/events/a', 'Accept: text/event-stream\r\n'), /^HTTP\/1.1 200 .*text\/event-stream/s],
        [port, head('/stomp', `${upgrade}Sec-WebSocket-Protocol: v12.stomp\r\n`), /^HTTP\/1.1 101 /],
        [tcp, 'NARU1\n', /^.0\{"sid"/],
      ];
      const answers = wires.map(async ([to, text, wanted], at) => {
        const socket = connect({ port: to, host: '127.0.0.1', localAddress: `127.0.0.${at + 2}` });
        ends.push(() => socket.destroy());
        socket.write(text);
        const [answer] = await once(socket, 'data');
        expect(String(answer)).toMatch(wanted);
      });
      await Promise.all(answers);
    },
  );
});
