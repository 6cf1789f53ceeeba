import { io, type Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import type { Relay } from '../../kit/relay/relay.mjs';
import { atEnd, folder, type ServerChild, startRelay, startServer } from './server-child.js';

const OPTIONS = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };

/** The record of a Socket.IO client. */
interface Seen {
  readonly socket: Socket;
  readonly events: unknown[][];
  /** Whether each connect was a recovery. */
  readonly connects: boolean[];
}

/** A stock client, in the room `lobby`. */
async function join(url: string, transports: string[] = ['websocket']): Promise<Seen> {
  // The client does not notice by itself that a connection breaks during its handshake.
  const delays = { reconnectionDelay: 20, reconnectionDelayMax: 60, timeout: 500 };
  const socket = io(url, { transports, ...delays, forceNew: true });
  atEnd(() => socket.disconnect());
  const seen: Seen = { socket, events: [], connects: [] };
  // The offset comes last, as with any Socket.IO server that recovers.
  socket.onAny((name: string, ...args: unknown[]) => seen.events.push([name, ...args.slice(0, -1)]));
  socket.on('connect', () => seen.connects.push(socket.recovered === true));
  await expect.poll(() => seen.connects.length).toBe(1);
  await socket.emitWithAck('enter', 'lobby');
  return seen;
}

const numbers = (to: number): unknown[][] => Array.from({ length: to }, (_, n) => ['n', n]);

async function hear(seen: Seen, count: number): Promise<void> {
  await expect.poll(() => seen.events.length).toBeGreaterThanOrEqual(count);
}

/** Breaks the connection. A polling client may not have one at the moment. */
async function cutOff(relay: Relay, { socket }: Seen): Promise<void> {
  await expect
    .poll(
      () => {
        relay.cut();
        return socket.connected;
      },
      { interval: 5 },
    )
    .toBe(false);
}

async function say(server: ServerChild, from: number, to: number): Promise<void> {
  await server.call('count', { room: 'lobby', from, to });
}

describe.each([[['websocket']], [['polling']]])('the client of Socket.IO over %s', (transports) => {
  it('is recovered after a silence longer than events are kept', async () => {
    // The client has to be back within this time, however busy the machine is.
    const maxDisconnectionDuration = 4_000;
    const server = await startServer({ options: { connectionStateRecovery: { maxDisconnectionDuration } } });
    const relay = await startRelay(server.port);
    const seen = await join(relay.url, transports);
    await say(server, 0, 1);
    await hear(seen, 1);
    await new Promise((resolve) => setTimeout(resolve, maxDisconnectionDuration + 1_000));
    await cutOff(relay, seen);
    await say(server, 1, 3);
    await hear(seen, 3);
    expect([seen.events, seen.connects]).toEqual([numbers(3), [false, true]]);
  });

  it('is recovered a second and a third time', async () => {
    const server = await startServer({ options: OPTIONS });
    const relay = await startRelay(server.port);
    const seen = await join(relay.url, transports);
    for (let time = 1; time <= 3; time += 1) {
      await cutOff(relay, seen);
      await say(server, (time - 1) * 10, time * 10);
      await hear(seen, time * 10);
    }
    expect([seen.events, seen.connects]).toEqual([numbers(30), [false, true, true, true]]);
  });

  it.each([[false], [true]])('is recovered when events end with a string (volatile: %s)', async (isVolatile) => {
    const server = await startServer({ options: OPTIONS });
    const relay = await startRelay(server.port);
    const seen = await join(relay.url, transports);
    await server.call('emit', { event: 'first', args: ['text'] });
    await hear(seen, 1);
    await server.call('emit', { event: 'second', args: ['more text'], isVolatile });
    await hear(seen, 2);
    await cutOff(relay, seen);
    await server.call('emit', { event: 'third', args: ['the last'] });
    await hear(seen, 3);
    expect(seen.events).toEqual([
      ['first', 'text'],
      ['second', 'more text'],
      ['third', 'the last'],
    ]);
    expect(seen.connects).toEqual([false, true]);
  });

  it('is recovered after kill -9, and after a stop and a start', async () => {
    const setup = { folder: folder(), options: OPTIONS };
    let server = await startServer(setup);
    const relay = await startRelay(server.port);
    const seen = await join(relay.url, transports);
    await say(server, 0, 5);
    await hear(seen, 5);
    await server.kill();
    server = await startServer(setup);
    await say(server, 5, 10);
    relay.target = server.port;
    await hear(seen, 10);
    await server.stop();
    server = await startServer(setup);
    await say(server, 10, 15);
    relay.target = server.port;
    await hear(seen, 15);
    await say(server, 15, 20);
    await hear(seen, 20);
    expect([seen.events, seen.connects]).toEqual([numbers(20), [false, true, true]]);
  });

  it('receives nothing twice, wherever the connection breaks on its way back', async () => {
    const server = await startServer({ options: OPTIONS });
    const relay = await startRelay(server.port);
    const seen = await join(relay.url, transports);
    let count = 0;
    for (let bytes = 60; bytes < 1_200; bytes += 95) {
      relay.bytesMax = bytes;
      relay.cut();
      await say(server, count, count + 20);
      count += 20;
      // New connections break. Some deliver the answer to CONNECT, some a few events.
      await new Promise((resolve) => setTimeout(resolve, 150));
      relay.bytesMax = Number.POSITIVE_INFINITY;
      await hear(seen, count);
    }
    expect(seen.events).toEqual(numbers(count));
    expect(new Set(seen.connects.slice(1))).toEqual(new Set([true]));
  });
});

describe('two processes with one folder', () => {
  it('give all of their clients one order, and each event once', async () => {
    const setup = { folder: folder(), options: OPTIONS };
    const [one, two] = await Promise.all([startServer(setup), startServer(setup)]);
    const all = await Promise.all([join(one.url), join(two.url), join(two.url, ['polling']), join(one.url)]);
    await Promise.all([say(one, 0, 1_000), say(two, 1_000, 2_000)]);
    for (const seen of all) await hear(seen, 2_000);
    const [first, ...others] = all.map(({ events }) => events);
    expect([...(first ?? [])].sort(([, a], [, b]) => Number(a) - Number(b))).toEqual(numbers(2_000));
    for (const other of others) expect(other).toEqual(first);
  });

  it('hand a session over: the second continues it while the first still believes that its client is connected', async () => {
    const setup = { folder: folder(), options: { ...OPTIONS, pingInterval: 600_000 } };
    const [one, two] = await Promise.all([startServer(setup), startServer(setup)]);
    const relay = await startRelay(one.port);
    const seen = await join(relay.url);
    const { id } = seen.socket;
    await Promise.all([say(one, 0, 5)]);
    await hear(seen, 5);
    relay.target = two.port;
    relay.cut(true);
    await say(one, 5, 10);
    await hear(seen, 10);
    expect(await two.call('sockets')).toEqual([{ id, rooms: [id, 'lobby'], data: {} }]);
    await expect.poll(() => one.call('sockets')).toEqual([]);
    await say(one, 10, 15);
    await say(two, 15, 20);
    await hear(seen, 20);
    // Back again.
    relay.target = one.port;
    relay.cut(true);
    await say(two, 20, 25);
    await hear(seen, 25);
    await expect.poll(() => two.call('sockets')).toEqual([]);
    expect([seen.events, seen.connects]).toEqual([numbers(25), [false, true, true]]);
  });

  it('tell a client which events are lost when the log no longer reaches back', async () => {
    const server = await startServer({ options: { connectionStateRecovery: { bytesMax: 4_000 } } });
    const relay = await startRelay(server.port);
    const seen = await join(relay.url);
    await say(server, 0, 1);
    await hear(seen, 1);
    relay.cut();
    const gaps: unknown[] = [];
    seen.socket.on('naru:gap', (gap) => gaps.push([seen.socket.connected, seen.socket.recovered, gap]));
    await say(server, 1, 100);
    await expect.poll(() => gaps.length).toBe(1);
    expect(gaps).toEqual([[true, false, { after: expect.any(String), before: expect.any(String) }]]);
    expect(seen.connects).toEqual([false, false]);
  });
});

it('closes with code 1009 and a reason after a message that is too large', async () => {
  const server = await startServer({ options: { maxHttpBufferSize: 1_000 } });
  const seen = await join(server.url);
  const ended = new Promise<unknown>((resolve) => seen.socket.on('disconnect', (_reason, details) => resolve(details)));
  seen.socket.emit('say', 'lobby', 'x'.repeat(2_000));
  expect(JSON.stringify(await ended, ['description', 'context', 'code', 'reason'])).toContain('1009');
});
