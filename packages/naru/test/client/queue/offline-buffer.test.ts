import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { io } from '../../../src/client/index.js';
import { type OfflineBufferOptions, offlineBuffer } from '../../../src/client/queue/index.js';
import type { EmitFlags } from '../../../src/client/socket/retry-queue.js';
import { Server } from '../../../src/entry/index.js';

type Ack = ((...args: unknown[]) => void) & { takesError?: boolean };

function build(options: OfflineBufferOptions = {}, ackTimeout?: number) {
  const clock = new FakeClock();
  const sent: { args: unknown[]; flags: EmitFlags }[] = [];
  const drops: unknown[] = [];
  const link = { isUp: false };
  const Buffered = offlineBuffer({ timers: clock, onDrop: ([name], reason) => drops.push([name, reason]), ...options });
  const buffer = new Buffered(
    undefined,
    () => link.isUp,
    (args, flags) => sent.push({ args, flags }),
    ackTimeout,
  );
  const connect = (): void => {
    link.isUp = true;
    buffer.drain(true);
  };
  return { buffer, clock, sent, drops, link, connect, names: () => sent.map(({ args }) => args[0]) };
}

/** An acknowledgement as in `emitWithAck`. */
function ackInto(log: unknown[]): Ack {
  const ack: Ack = (error) => log.push((error as { code?: string } | null)?.code ?? error);
  ack.takesError = true;
  return ack;
}

test('sends at once if it can, and all waiting events in order, without waiting for answers', () => {
  const { buffer, connect, names, sent } = build();
  const ack = (): void => undefined;
  buffer.add(['a', 1, ack], { compress: false });
  buffer.add(['b'], {});
  expect([names(), buffer.length]).toEqual([[], 2]);
  connect();
  buffer.add(['c'], {});
  expect([names(), buffer.length]).toEqual([['a', 'b', 'c'], 0]);
  expect(sent[0]).toEqual({ args: ['a', 1, ack], flags: { compress: false, timeout: undefined } });
  expect(sent.every(({ flags }) => flags.key === undefined)).toBe(true);
});

test('refuses events above its limits', () => {
  const { buffer, drops } = build({ countMax: 2, bytesMax: 100 });
  buffer.add(['a', 'x'.repeat(60)], {});
  expect(() => buffer.add(['b', 'x'.repeat(60)], {})).toThrow(/bytesMax/);
  buffer.add(['c'], {});
  expect(() => buffer.add(['d'], {})).toThrow(/countMax/);
  expect(() => buffer.add(['e', 1n], {})).toThrow(/BigInt/);
  expect([buffer.length, drops]).toEqual([2, []]);
});

test('drops the oldest if allowed, and notifies its caller', () => {
  const { buffer, drops, connect, names } = build({ countMax: 2, bytesMax: 100, whenFull: 'drop-oldest' });
  const told: unknown[] = [];
  buffer.add(['a', ackInto(told)], {});
  buffer.add(['b', () => told.push('never')], {});
  buffer.add(['c'], {});
  buffer.add(['d', 'x'.repeat(80)], {});
  expect(() => buffer.add(['e', 'x'.repeat(200)], {})).toThrow(/bytesMax/);
  connect();
  expect([drops, told, names()]).toEqual([
    [
      ['a', 'count'],
      ['b', 'count'],
    ],
    ['BUFFER_FULL'],
    ['c', 'd'],
  ]);
});

test('takes an event that is emitted while an old one is dropped', async () => {
  const onDrop = ([name]: readonly unknown[]): void => buffer.add([`${name}, again`], {});
  const { buffer, clock, connect, names } = build({ ageMax: 1_000, onDrop });
  buffer.add(['a'], {});
  buffer.add(['b'], {});
  await clock.advance(1_000);
  connect();
  expect(names()).toEqual(['a, again', 'b, again']);
});

test('refuses an event that is emitted while a full buffer drops another', () => {
  const refusals: unknown[] = [];
  const onDrop = ([name]: readonly unknown[]): void => {
    try {
      buffer.add([`${name}, again`], {});
    } catch (error) {
      refusals.push([name, (error as { code?: string }).code]);
    }
  };
  const { buffer, connect, names } = build({ countMax: 2, whenFull: 'drop-oldest', onDrop });
  for (const name of ['a', 'b', 'c']) buffer.add([name], {});
  connect();
  expect([refusals, names()]).toEqual([[['a', 'BUFFER_FULL']], ['b', 'c']]);
});

test('drops events that are too old', async () => {
  const { buffer, clock, drops, connect, names } = build({ ageMax: 1_000 });
  const told: unknown[] = [];
  buffer.add(['a', ackInto(told)], {});
  await clock.advance(999);
  buffer.add(['b'], {});
  await clock.advance(1);
  connect();
  expect([drops, told, names()]).toEqual([[['a', 'age']], ['TIMEOUT'], ['b']]);
});

test('counts a timeout from the emit on, and keeps it when the event is sent', async () => {
  const { buffer, clock, connect, names, sent } = build();
  const told: unknown[] = [];
  buffer.add(['a', ackInto(told)], { timeout: 1_000 });
  buffer.add(['b', (error: { code: string }) => told.push(error.code)], { timeout: 3_000 });
  await clock.advance(1_000);
  expect([told, buffer.length]).toEqual([['TIMEOUT'], 1]);
  connect();
  expect([names(), sent[0]?.flags.timeout, clock.timerCount]).toEqual([['b'], 2_000, 0]);
});

test('counts the `ackTimeout` of its socket from the emit on', async () => {
  const { buffer, clock, connect, names, sent } = build({}, 1_000);
  const told: unknown[] = [];
  buffer.add(['a', ackInto(told)], {});
  await clock.advance(400);
  buffer.add(['b', ackInto(told)], {});
  await clock.advance(600);
  connect();
  expect([told, names(), sent[0]?.flags.timeout, clock.timerCount]).toEqual([['TIMEOUT'], ['b'], 400, 0]);
});

test('lets a socket tell of waiting events after its `ackTimeout`, and of dropped ones', async () => {
  const clock = new FakeClock();
  const queue = offlineBuffer({ timers: clock, countMax: 1, whenFull: 'drop-oldest' });
  const socket = io('http://localhost', { autoConnect: false, forceNew: true, clock, ackTimeout: 100, queue });
  const told: unknown[] = [];
  socket.emit('a', (error: { code: string } | null) => told.push(error?.code));
  const late = expect(socket.emitWithAck('b')).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(told).toEqual(['BUFFER_FULL']);
  await clock.advance(100);
  await late;
});

test('names an invalid option', () => {
  expect(() => offlineBuffer({ ageMax: 0 })).toThrow(/ageMax/);
});

test('lets a socket send waiting events once, in order, and refuse too many', async () => {
  const http = createServer();
  const server = new Server(http);
  onTestFinished(() => server.close());
  const got: unknown[] = [];
  server.on('connection', (socket) => {
    socket.onAny((name: string, ...args: unknown[]) => got.push([name, typeof args[0]]));
    socket.on('ask', (answer: Ack) => answer('yes'));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const socket = io(url, { autoConnect: false, forceNew: true, queue: offlineBuffer({ bytesMax: 1_000 }) });
  onTestFinished(() => void socket.disconnect());
  socket.emit('a', 'x'.repeat(900));
  const asked = socket.emitWithAck('ask');
  expect(() => socket.emit('b', 'x'.repeat(900))).toThrow(/bytesMax/);
  await expect(socket.timeout(10).emitWithAck('late')).rejects.toMatchObject({ code: 'TIMEOUT' });
  socket.connect();
  expect(await asked).toBe('yes');
  expect(await socket.emitWithAck('ask')).toBe('yes');
  expect(got).toEqual([
    ['a', 'string'],
    ['ask', 'function'],
    ['ask', 'function'],
  ]);
});

test('takes the default of an undefined option', () => {
  expect(() =>
    offlineBuffer({ whenFull: undefined, countMax: undefined } as unknown as OfflineBufferOptions),
  ).not.toThrow();
});
