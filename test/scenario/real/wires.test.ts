/** Each wire resumes by its own means, also after kill -9: our client, `Last-Event-ID`, and the ACK of STOMP. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Client, type IMessage } from '@stomp/stompjs';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { io } from '../../../packages/naru/src/client/index.js';
import { isBrowserRunnable } from '../../../packages/naru/test/client/bundle.js';
import { udp } from '../../../packages/udp/src/client/udp-wire.js';
import { atEnd } from './server-child.js';
import { Phoenix } from './wires.js';

const range = (to: number): number[] => Array.from({ length: to }, (_, n) => n);

/** Makes a server count to 60, and kills it twice meanwhile. */
async function liveThrice(server: Phoenix, heard: () => number): Promise<void> {
  for (const from of [0, 20, 40]) {
    await server.count(from, from + 10);
    // The client hears some of the numbers before the restart and some only afterwards.
    await expect.poll(heard, { timeout: 30_000 }).toBeGreaterThan(from + 5);
    await server.killAndRestart();
    await server.count(from + 10, from + 20);
    await expect.poll(heard, { timeout: 30_000 }).toBe(from + 20);
  }
}

const WIRES = [
  ['websocket', ({ ports }: Phoenix) => `http://127.0.0.1:${ports.http}`, { transports: ['websocket'] }],
  ['polling', ({ ports }: Phoenix) => `http://127.0.0.1:${ports.http}`, { transports: ['polling'] }],
  ['sse', ({ ports }: Phoenix) => `http://127.0.0.1:${ports.http}`, { transports: ['sse'] }],
  ['tcp', ({ ports }: Phoenix) => `tcp://127.0.0.1:${ports.tcp}`, {}],
  ['udp', ({ ports }: Phoenix) => `udp://127.0.0.1:${ports.udp}`, { wires: [udp()] }],
] as const;

describe.each(WIRES)('our client over %s', (name, address, options) => {
  it('is recovered after kill -9, and listeners see each event once, without its offset', {
    timeout: 240_000,
  }, async () => {
    // A datagram wire learns by its heartbeat that the server is gone.
    const server = await Phoenix.start(name === 'udp' ? { pingInterval: 1_000, pingTimeout: 1_000 } : {});
    const delays = { reconnectionDelay: 20, reconnectionDelayMax: 60, timeout: 1_000 };
    const socket = io(address(server), { ...delays, forceNew: true, ...options });
    atEnd(() => socket.disconnect());
    const got: unknown[][] = [];
    const connects: boolean[] = [];
    socket.on('n', (...args) => got.push(args));
    socket.on('connect', () => connects.push(socket.recovered));
    await socket.emitWithAck('enter', 'lobby');
    await liveThrice(server, () => got.length);
    expect(got).toEqual(range(60).map((n) => [n]));
    expect([connects[0], new Set(connects.slice(1))]).toEqual([false, new Set([true])]);
  });
});

describe.each(WIRES)('our client over %s', (_name, address, options) => {
  it('learns from a draining server when to come back, and continues with the next one', {
    timeout: 240_000,
  }, async () => {
    const server = await Phoenix.start();
    const socket = io(address(server), { reconnectionDelay: 20, timeout: 1_000, forceNew: true, ...options });
    atEnd(() => socket.disconnect());
    const got: number[] = [];
    const told: unknown[] = [];
    socket.on('n', (n: number) => got.push(n));
    const { io: manager } = socket;
    const holdOff = manager.holdOff.bind(manager);
    manager.holdOff = (retryAfterMs) => {
      told.push(retryAfterMs);
      return holdOff(retryAfterMs);
    };
    await socket.emitWithAck('enter', 'lobby');
    await server.count(0, 5);
    await expect.poll(() => got.length).toBe(5);
    const gone = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()));
    // The delay leaves time to kill the server before any client is back.
    await server.drain({ retryAfterMs: 3_000 });
    await gone;
    await server.count(5, 10);
    await server.killAndRestart();
    await expect.poll(() => socket.connected && socket.recovered, { timeout: 30_000 }).toBe(true);
    await server.count(10, 15);
    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(15);
    expect([told, got]).toEqual([[3_000], range(15)]);
  });
});

/** Reads an event stream until it breaks, and reconnects as an EventSource does. */
async function readEvents(url: string, take: (id: string, data: string) => void, signal: AbortSignal): Promise<void> {
  let lastEventId = '';
  while (!signal.aborted) {
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
      const { body } = await fetch(url, { headers, signal });
      let text = '';
      for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const parts = `${text}${chunk}`.split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) {
          const id = /^id: ?(.+)$/m.exec(part)?.[1];
          const data = /^data: ?(.+)$/m.exec(part)?.[1];
          if (id !== undefined) lastEventId = id;
          if (id !== undefined && data !== undefined) take(id, data);
        }
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe('plain events', () => {
  it('continue after Last-Event-ID after kill -9', { timeout: 240_000 }, async () => {
    const server = await Phoenix.start();
    const got: unknown[] = [];
    const abort = new AbortController();
    const url = `http://127.0.0.1:${server.ports.http}/events/lobby`;
    const reading = readEvents(url, (_id, data) => got.push(JSON.parse(data)[0]), abort.signal);
    atEnd(() => abort.abort());
    await expect.poll(() => server.members()).toBe(1);
    await liveThrice(server, () => got.length);
    abort.abort();
    await reading;
    expect(got).toEqual(range(60));
  });

  it.skipIf(!isBrowserRunnable)('continue in the EventSource of a browser', { timeout: 240_000 }, async () => {
    const server = await Phoenix.start();
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu'],
    });
    atEnd(() => browser.close());
    const page = await browser.newPage();
    const got: unknown[] = [];
    await page.exposeFunction('take', (data: string) => got.push(JSON.parse(data)[0]));
    // Any address of the server's own origin.
    await page.goto(`http://127.0.0.1:${server.ports.http}/socket.io/socket.io.min.js`);
    await page.evaluate(() => {
      const source = new EventSource('/events/lobby');
      source.addEventListener('n', ({ data }) => (globalThis as unknown as { take(text: string): void }).take(data));
      setInterval(() => {
        // A browser gives up when nobody listens for a moment. The page then creates another EventSource, and sends its
        // place itself.
        if (source.readyState === EventSource.CLOSED) location.reload();
      }, 100);
    });
    await expect.poll(() => server.members()).toBe(1);
    await liveThrice(server, () => got.length);
    expect(got).toEqual(range(60));
  });
});

const DURABLE = 'a2b8f0e6-5e7b-4f4c-9d57-0a6f3f1c2f11';

/** A STOMP client that reconnects and resumes its subscription. */
function stompClient({ ports }: Phoenix, take: (message: IMessage) => void): Client {
  const client = new Client({
    webSocketFactory: () => new WebSocket(`ws://127.0.0.1:${ports.http}/stomp`, ['v12.stomp']) as never,
    reconnectDelay: 30,
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
  });
  client.onConnect = () => client.subscribe('/topic/lobby', take, { durable: DURABLE, ack: 'client' });
  client.activate();
  atEnd(() => client.deactivate({ force: true }));
  return client;
}

describe('STOMP', () => {
  it('resumes after the last ACK after kill -9: stompjs over a WebSocket', { timeout: 240_000 }, async () => {
    const server = await Phoenix.start();
    const got: number[] = [];
    stompClient(server, (message) => {
      const [n] = JSON.parse(message.body);
      got.push(n);
      // Every third message: later ones are repeated when the connection breaks.
      if (n % 3 === 2) message.ack();
    });
    await expect.poll(() => server.members()).toBe(1);
    await liveThrice(server, () => new Set(got).size);
    expect(inOrder(got)).toEqual(range(60));
  });

  it('forgets no ACK that has its RECEIPT', { timeout: 240_000 }, async () => {
    const server = await Phoenix.start();
    const got: IMessage[] = [];
    const client = stompClient(server, (message) => got.push(message));
    await expect.poll(() => server.members()).toBe(1);
    for (const from of [0, 5, 10]) {
      await server.count(from, from + 5);
      await expect.poll(() => got.length, { timeout: 30_000 }).toBe(5);
      const receipt = `r${from}`;
      const received = new Promise<void>((resolve) => client.watchForReceipt(receipt, () => resolve()));
      got.at(-1)?.ack({ receipt });
      await received;
      await server.killAndRestart();
      got.length = 0;
    }
    await server.count(15, 16);
    await expect.poll(() => got.map(({ body }) => JSON.parse(body)[0]), { timeout: 30_000 }).toEqual([15]);
  });

  it('resumes after the last ACK after kill -9: python over TCP', { timeout: 240_000 }, async () => {
    const server = await Phoenix.start();
    const script = new URL('./stomp_reader.py', import.meta.url).pathname;
    const reader = spawn('/usr/bin/python3', ['-u', script, String(server.ports.stomp), DURABLE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    atEnd(() => reader.kill('SIGKILL'));
    const got: number[] = [];
    createInterface({ input: reader.stdout }).on('line', (line) => got.push(JSON.parse(line)[0]));
    await expect.poll(() => server.members(), { timeout: 30_000 }).toBe(1);
    await liveThrice(server, () => new Set(got).size);
    expect(inOrder(got)).toEqual(range(60));
  });
});

/** Returns each number at its first arrival. Repeated ones must arrive in order, directly after an acknowledged one. */
function inOrder(got: readonly number[]): number[] {
  const first = [...new Set(got)];
  for (let at = 1; at < got.length; at += 1) {
    const [before, now] = [got[at - 1] ?? -1, got[at] ?? -1];
    expect(now, `${got.join(' ')}`).toBeLessThanOrEqual(before + 1);
  }
  return first;
}
