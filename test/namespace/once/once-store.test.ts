import { expect, test } from 'vitest';
import type { KeyValueStore, TextBounds } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory.js';
import { FakeClock } from '../../../src/entry/testing.js';
import type { OnceEntry } from '../../../src/namespace/once/answer-memory.js';
import { OnceStore, type StoredOnce } from '../../../src/namespace/once/once-store.js';

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function withResolvers(): Deferred {
  let [resolve, reject]: [() => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<void>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

function entry(number = 1): OnceEntry {
  return { id: 'id', number, answer: undefined, waiting: [], at: 0, markedAt: 0 };
}

function build() {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  const there = new Set<OnceEntry>();
  const errors: unknown[] = [];
  const open = () =>
    new OnceStore(clock, store, {
      ageMax: 10_000,
      storedCountMax: 8,
      storedBytesMax: 4_000,
      isThere: (each) => there.has(each),
      onError: (error) => errors.push(error),
    });
  return { clock, store, there, errors, open };
}

test('keeps an answer for the configured time', async () => {
  const { clock, open } = build();
  const one = entry();
  open().write({ ...one, answer: '["a b"]' });
  expect(open().find(one)).toEqual({ number: 1, answer: '["a b"]' });
  await clock.advance(10_000);
  expect(open().find(one)).toBeUndefined();
});

test('marks only long runs, until they are answered or forgotten', async () => {
  const { clock, there, open } = build();
  const [store, one] = [open(), entry(7)];
  there.add(one);
  store.begin(one);
  expect(store.find(one)).toBeUndefined();
  await clock.advance(250);
  expect(store.find(one)).toEqual({ number: 7, answer: undefined });
  await clock.advance(20_000);
  expect(store.find(one)).toEqual({ number: 7, answer: undefined });
  store.forget(one);
  expect(store.find(one)).toBeUndefined();
  await clock.advance(1_000);
  expect(clock.timerCount).toBe(0);
});

test('reports that another process has answered, or has died', async () => {
  const { clock, there, open } = build();
  const [here, elsewhere] = [open(), open()];
  const [one, theirs] = [entry(), entry()];
  there.add(one).add(theirs);
  elsewhere.begin(theirs);
  await clock.advance(250);
  const found: (StoredOnce | undefined)[] = [];
  here.watch(one, (each) => found.push(each));
  await clock.advance(5_000);
  expect(found).toEqual([]);
  elsewhere.write(Object.assign(theirs, { answer: '[1]' }));
  await clock.advance(250);
  expect(found).toEqual([{ number: 1, answer: '[1]' }]);
  const [two, dead] = [
    { ...entry(), id: 'two' },
    { ...entry(), id: 'two' },
  ];
  there.add(two).add(dead);
  elsewhere.begin(dead);
  await clock.advance(250);
  here.watch(two, (each) => found.push(each));
  elsewhere.close();
  await clock.advance(2_500);
  expect(found).toHaveLength(1);
  await clock.advance(1_000);
  expect(found.slice(1)).toEqual([undefined]);
  expect(clock.timerCount).toBe(0);
});

test('drops what nobody remembers any more, and everything when it closes', async () => {
  const { clock, there, open } = build();
  const [store, one] = [open(), entry()];
  there.add(one);
  store.begin(one);
  store.watch(one, () => expect.unreachable());
  there.clear();
  await clock.advance(500);
  expect(clock.timerCount).toBe(0);
  there.add(one);
  store.begin(one);
  store.close();
  store.begin(one);
  store.watch(one, () => expect.unreachable());
  expect(clock.timerCount).toBe(0);
});

test('does not ask a store for an id that is too long for it', () => {
  const { store, open } = build();
  const long = { ...entry(), id: 'x'.repeat(601) };
  open().write({ ...long, answer: '[]' });
  open().begin(long);
  expect([open().find(long), store.count]).toEqual([undefined, 0]);
});

test('checks its size at the first answer and after each quarter of the limit, and never twice at once', async () => {
  const { clock, store, errors } = build();
  const asked: TextBounds[] = [];
  const ends: Deferred[] = [];
  const trimmed: KeyValueStore = Object.assign(Object.create(store), {
    set: store.set.bind(store),
    trim: (prefix: string, bounds: TextBounds) => {
      expect(prefix).toBe('once ');
      asked.push(bounds);
      const end = withResolvers();
      ends.push(end);
      return end.promise;
    },
  });
  const once = new OnceStore(clock, trimmed, {
    ageMax: 10_000,
    storedCountMax: 8,
    storedBytesMax: 4_000,
    isThere: () => true,
    onError: (error) => errors.push(error),
  });
  const write = (count: number, answer = '[]'): void => {
    for (let n = 0; n < count; n += 1) once.write({ ...entry(), answer });
  };
  write(1);
  expect(asked).toEqual([{ countMax: 6, bytesMax: 3_000, sparedMs: 3_000 }]);
  write(5);
  expect(asked).toHaveLength(1);
  ends[0]?.resolve();
  await clock.settle();
  write(1);
  expect(asked).toHaveLength(2);
  ends[1]?.reject(new Error('full'));
  await clock.settle();
  write(1, 'x'.repeat(500));
  expect([asked.length, errors.length]).toEqual([2, 1]);
  write(1, 'x'.repeat(500));
  expect(asked).toHaveLength(3);
});

test('drops nothing without a limit', async () => {
  const { clock, store } = build();
  const asked: TextBounds[] = [];
  const trimmed: KeyValueStore = Object.assign(Object.create(store), {
    set: store.set.bind(store),
    trim: async (_prefix: string, bounds: TextBounds) => void asked.push(bounds),
  });
  const once = new OnceStore(clock, trimmed, {
    ageMax: 10_000,
    storedCountMax: Number.POSITIVE_INFINITY,
    storedBytesMax: Number.POSITIVE_INFINITY,
    isThere: () => true,
    onError: () => expect.unreachable(),
  });
  once.write({ ...entry(), answer: '[]' });
  await clock.settle();
  const all = Number.POSITIVE_INFINITY;
  for (const { countMax, bytesMax } of asked) expect([countMax, bytesMax]).toEqual([all, all]);
  expect(asked.length).toBe(1);
});
