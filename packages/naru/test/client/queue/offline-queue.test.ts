import { expect, test, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import {
  type DropReason,
  memoryStore,
  type OfflineQueueOptions,
  offlineQueue,
  type WaitingEvent,
} from '../../../src/client/queue/index.js';
import type { EmitFlags } from '../../../src/client/socket/retry-queue.js';

type Answer = (error: unknown, ...values: unknown[]) => void;

function build(options: OfflineQueueOptions = {}, retries?: number) {
  const sent: { args: unknown[]; flags: EmitFlags; answer: Answer }[] = [];
  const link = { isUp: true };
  const drops: [unknown, DropReason][] = [];
  const time = { now: 1_000 };
  const Queue = offlineQueue({
    onDrop: ({ args }, reason) => drops.push([args[0], reason]),
    timers: { now: () => time.now },
    ...options,
  });
  const queue = new Queue(
    retries,
    () => link.isUp,
    (args, flags) => sent.push({ args: args.slice(0, -1), flags, answer: args.at(-1) as Answer }),
  );
  const names = (): unknown[] => sent.map(({ args }) => args[0]);
  return { queue, sent, link, names, drops, time };
}

/** Waits for a store that answers at once. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test('sends one event at a time, in order, each with a lasting key of its own', () => {
  const { queue, sent, names } = build();
  const got: unknown[] = [];
  queue.add(['a', 1, (...args: unknown[]) => got.push(args)], { compress: false, volatile: false });
  queue.add(['b'], {});
  sent[0]?.answer('late');
  sent[1]?.answer(null, 'yes');
  expect(names()).toEqual(['a', 'a', 'b']);
  expect(got).toEqual([[null, 'yes']]);
  const [first, second, third] = sent.map(({ flags }) => flags.key ?? '');
  expect(first).toMatch(/^[\w+/]{22}==0$/);
  expect(second).toBe(first);
  expect(third).toBe(first?.replace(/0$/, '1'));
  expect(queue.length).toBe(1);
});

test("gives up after the socket's number of retries, and reports it", () => {
  const { queue, sent, drops } = build({}, 1);
  const got: unknown[] = [];
  queue.add(['a', (error: unknown) => got.push(error)], {});
  sent[0]?.answer('one');
  sent[1]?.answer('two');
  expect([got, drops, queue.length]).toEqual([['two'], [['a', 'retries']], 0]);
});

test('refuses events above its limits, and accepts them when there is room again', () => {
  const { queue, link, sent, drops } = build({ countMax: 2, bytesMax: 100 });
  link.isUp = false;
  queue.add(['a', 'x'.repeat(60)], {});
  expect(() => queue.add(['b', 'x'.repeat(60)], {})).toThrow(/bytesMax/);
  queue.add(['c'], {});
  expect(() => queue.add(['d'], {})).toThrow(/countMax/);
  expect(queue.length).toBe(2);
  link.isUp = true;
  queue.drain(true);
  sent[0]?.answer(null);
  queue.add(['e', Buffer.alloc(50)], {});
  expect(() => queue.add(['f', new Uint8Array(50)], {})).toThrow(/countMax/);
  expect(drops).toEqual([]);
});

test('drops the oldest that is not being sent, if allowed, and notifies its caller', () => {
  const { queue, drops, sent } = build({ countMax: 2, whenFull: 'drop-oldest' });
  const got: unknown[] = [];
  for (const name of ['a', 'b', 'c', 'd'])
    queue.add([name, (error: Error | null) => got.push([name, error?.message])], {});
  expect(drops).toEqual([
    ['b', 'count'],
    ['c', 'count'],
  ]);
  expect(got).toEqual(['b', 'c'].map((name) => [name, 'the event was dropped (countMax)']));
  sent[0]?.answer(null);
  expect(sent.map(({ args }) => args[0])).toEqual(['a', 'd']);
});

test('drops nothing for an event that is too large by itself', () => {
  const { queue, link, drops } = build({ bytesMax: 100, whenFull: 'drop-oldest' });
  link.isUp = false;
  queue.add(['a'], {});
  expect(() => queue.add(['b', 'x'.repeat(200)], {})).toThrow(/bytesMax/);
  expect([queue.length, drops]).toEqual([1, []]);
});

test.each([
  ['null', null, []],
  ['nothing', undefined, []],
  ['an object', {}, [expect.any(TypeError)]],
])('keeps the events of this page when the store has loaded %s', async (_name, loaded, expected) => {
  const errors: unknown[] = [];
  const store = { ...memoryStore(), load: async () => loaded as never };
  const { queue, names } = build({ store, onStoreError: (error) => errors.push(error) });
  queue.add(['a'], {});
  await settle();
  expect([names(), queue.length, errors]).toEqual([['a'], 1, expected]);
});

test('drops events that are too old, even if they are being sent', () => {
  const { queue, link, drops, time, names, sent } = build({ ageMax: 1_000 });
  queue.add(['a'], {});
  queue.add(['b'], {});
  link.isUp = false;
  time.now += 999;
  queue.add(['c'], {});
  time.now += 1;
  link.isUp = true;
  queue.drain(true);
  expect(drops).toEqual([
    ['a', 'age'],
    ['b', 'age'],
  ]);
  expect(names()).toEqual(['a', 'c']);
  sent[0]?.answer(null, 'late');
  expect([queue.length, names()]).toEqual([1, ['a', 'c']]);
});

test('does not try an event again that was dropped while it was being sent', () => {
  const { queue, drops, time, names, sent } = build({ ageMax: 1_000 });
  queue.add(['a'], {});
  time.now += 1_000;
  queue.add(['b'], {});
  sent[0]?.answer('timeout');
  queue.drain(true);
  expect([drops, names()]).toEqual([[['a', 'age']], ['a', 'b', 'b']]);
});

test('sends the next event when an acknowledgement throws', () => {
  const { queue, names, sent } = build();
  const failing = (): never => {
    throw new RangeError('of an acknowledgement');
  };
  queue.add(['a', failing], {});
  queue.add(['b'], {});
  expect(() => sent[0]?.answer(null)).toThrow('of an acknowledgement');
  expect([queue.length, names()]).toEqual([1, ['a', 'b']]);
});

test('reports a dropped event also when the sending of another throws', () => {
  const drops: unknown[] = [];
  const state = { now: 0, isUp: false };
  const Queue = offlineQueue({
    countMax: 2,
    ageMax: 1_000,
    whenFull: 'drop-oldest',
    onDrop: ({ args }, reason) => drops.push([args[0], reason]),
    timers: { now: () => state.now },
  });
  const queue = new Queue(
    undefined,
    () => state.isUp,
    () => {
      throw new RangeError('of a listener');
    },
  );
  queue.add(['a'], {});
  state.now = 500;
  queue.add(['b'], {});
  state.now = 1_000;
  state.isUp = true;
  expect(() => queue.drain(true)).toThrow('of a listener');
  expect(drops).toEqual([['a', 'age']]);
  for (const name of ['c', 'd']) expect(() => queue.add([name], {})).toThrow('of a listener');
  expect(drops).toEqual([
    ['a', 'age'],
    ['c', 'count'],
  ]);
});

test('takes an event that is emitted while an old one is dropped, and sends each once', () => {
  const again = ({ args }: WaitingEvent): void => queue.add([`${args[0]}, again`], {});
  const { queue, link, time, names } = build({ ageMax: 1_000, onDrop: again });
  link.isUp = false;
  queue.add(['a'], {});
  queue.add(['b'], {});
  time.now += 1_000;
  link.isUp = true;
  queue.drain(true);
  expect([queue.length, names()]).toEqual([2, ['a, again']]);
});

test('refuses an event that is emitted while a full queue drops another', () => {
  const refusals: unknown[] = [];
  const drops: unknown[] = [];
  const onDrop = ({ key, args }: WaitingEvent): void => {
    drops.push([key.replace(/.*==/, ''), args[0]]);
    try {
      queue.add([`${args[0]}, again`], {});
    } catch (error) {
      refusals.push((error as { code?: string }).code);
    }
  };
  const { queue, link, sent, names } = build({ countMax: 2, whenFull: 'drop-oldest', onDrop });
  link.isUp = false;
  for (const name of ['a', 'b', 'c', 'd']) queue.add([name], {});
  expect([drops, refusals]).toEqual([
    [
      ['0', 'a'],
      ['1', 'b'],
    ],
    ['BUFFER_FULL', 'BUFFER_FULL'],
  ]);
  link.isUp = true;
  queue.drain(true);
  sent[0]?.answer(null);
  expect(names()).toEqual(['c', 'd']);
});

test('drops nothing to make room that would not be enough', () => {
  const { queue, drops } = build({ bytesMax: 100, whenFull: 'drop-oldest' });
  queue.add(['a', 'x'.repeat(60)], {});
  queue.add(['b'], {});
  expect(() => queue.add(['c', 'x'.repeat(60)], {})).toThrow(/bytesMax/);
  expect([queue.length, drops]).toEqual([2, []]);
});

test('sends the events after one that was given up, even if another is emitted in between', () => {
  const { queue, sent, names } = build({ onDrop: ({ args }) => queue.add([`${args[0]}, again`], {}) }, 0);
  queue.add(['a'], {});
  queue.add(['b'], {});
  sent[0]?.answer('late');
  expect(names()).toEqual(['a', 'b']);
  sent[1]?.answer(null);
  expect(names()).toEqual(['a', 'b', 'a, again']);
});

test('refuses events that cannot be sent', () => {
  const { queue } = build();
  expect(() => queue.add(['a', 1n], {})).toThrow(/BigInt/);
  expect(queue.length).toBe(0);
});

test('stores waiting events; the next page sends them first, under the same keys, and gets the answers', async () => {
  const events = new Map<string, WaitingEvent>();
  const before = build({ store: memoryStore(events) });
  await settle();
  before.queue.add(['a', { n: 1 }], { timeout: 7 });
  before.queue.add(['b'], {});
  before.queue.add(['c'], {});
  before.sent[0]?.answer(null);
  await settle();
  expect([...events.values()].map(({ args }) => args[0])).toEqual(['b', 'c']);
  const answers: unknown[] = [];
  const after = build({
    store: memoryStore(events),
    onAnswer: ({ args }, ...answer) => answers.push([args[0], ...answer]),
  });
  after.queue.add(['d'], {});
  expect(after.names()).toEqual([]);
  await settle();
  for (let at = 0; at < 3; at += 1) after.sent[at]?.answer(null, at);
  expect(after.names()).toEqual(['b', 'c', 'd']);
  expect(after.sent[0]?.flags.key).toBe(before.sent[1]?.flags.key);
  await settle();
  expect([answers, events.size]).toEqual([
    [
      ['b', null, 0],
      ['c', null, 1],
    ],
    0,
  ]);
});

test('sends the stored events of a page in the order of their emits, although the clock went back', async () => {
  const events = new Map<string, WaitingEvent>();
  const before = build({ store: memoryStore(events) });
  before.link.isUp = false;
  await settle();
  before.queue.add(['a'], {});
  before.time.now = 500;
  before.queue.add(['b'], {});
  before.time.now = 700;
  before.queue.add(['c'], {});
  const other: WaitingEvent = { key: 'x==7', args: ['x'], flags: {}, at: 600 };
  const after = build({ store: memoryStore(new Map([...events.entries(), [other.key, other]].toReversed() as never)) });
  await settle();
  for (let at = 0; at < 4; at += 1) after.sent[at]?.answer(null);
  expect(after.names()).toEqual(['x', 'a', 'b', 'c']);
});

test('continues in memory when its store fails, and reports it', async () => {
  const failures: unknown[] = [];
  const fail = async (): Promise<never> => Promise.reject(new Error('no disk'));
  const { queue, sent, names } = build({
    store: { load: fail, put: fail, delete: fail },
    onStoreError: (error) => failures.push((error as Error).message),
  });
  queue.add(['a'], {});
  await settle();
  sent[0]?.answer(null);
  await settle();
  expect([names(), failures]).toEqual([['a'], ['no disk', 'no disk', 'no disk']]);
});

test('sends its events also when `onStoreError` throws, and the error is uncaught', async () => {
  const uncaught = catchUncaught();
  const { queue, names } = build({
    store: { ...memoryStore(), load: () => Promise.reject(new Error('no disk')) },
    onStoreError: (error) => {
      throw error;
    },
  });
  queue.add(['a'], {});
  await vi.waitFor(() => expect(uncaught).toEqual(['no disk']));
  expect(names()).toEqual(['a']);
});

test('reports and removes a stored event that cannot be sent, and delays no other', async () => {
  const kept = (key: string, args: unknown[]): WaitingEvent => ({ key, args, flags: {}, at: 900 });
  const events = new Map([kept('x==0', ['a', 1n]), kept('x==1', ['b'])].map((event) => [event.key, event]));
  const failures: unknown[] = [];
  const { queue, sent, names } = build({
    store: memoryStore(events),
    onStoreError: (error) => failures.push((error as Error).message),
  });
  queue.add(['c'], {});
  await settle();
  sent[0]?.answer(null);
  await settle();
  expect(names()).toEqual(['b', 'c']);
  expect(failures).toEqual([expect.stringContaining('BigInt')]);
  expect([...events.values()].map(({ args }) => args[0])).toEqual(['c']);
});

test('names an invalid option', () => {
  expect(() => offlineQueue({ bytesMax: 0 })).toThrow(/bytesMax/);
});
