import { expect, test, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/entry/index.js';
import type { KeyValueStore, TextBounds } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import type { OnceEntry } from '../../../src/namespace/once/answer-memory.js';
import { OnceStore } from '../../../src/namespace/once/once-store.js';

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
  return { id: 'id', number, answer: undefined, given: undefined, waiting: [], at: 0, claim: '', cost: 0 };
}

function build(isLate = false) {
  const clock = new FakeClock();
  const memory = new MemoryStore(clock);
  const store: MemoryStore = isLate
    ? Object.assign(Object.create(memory), {
        get: async (key: string) => memory.get(key),
        set: memory.set.bind(memory),
        delete: memory.delete.bind(memory),
        swap: async (...args: Parameters<MemoryStore['swap']>) => memory.swap(...args),
      })
    : memory;
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
  open().write({ ...one, given: '["a b"]' });
  expect(open().claim(one)).toEqual({ number: 1, answer: '["a b"]' });
  await clock.advance(10_000);
  expect(open().claim(one)).toBeUndefined();
});

test('lets one process claim an event, and renews the claim while the listener runs', async () => {
  const { clock, there, open } = build();
  const [here, elsewhere, one, theirs] = [open(), open(), entry(7), entry(7)];
  there.add(one).add(theirs);
  expect(here.claim(one)).toBeUndefined();
  expect(elsewhere.claim(theirs)).toEqual({ number: 7, answer: undefined });
  await clock.advance(20_000);
  expect(elsewhere.claim(theirs)).toEqual({ number: 7, answer: undefined });
  here.forget(one);
  expect(elsewhere.claim(theirs)).toBeUndefined();
  elsewhere.forget(theirs);
  await clock.advance(1_000);
  expect(clock.timerCount).toBe(0);
});

test('renews a claim each second', async () => {
  const { clock, there, open } = build();
  const [here, one] = [open(), entry()];
  there.add(one);
  here.claim(one);
  const claims = new Set([one.claim]);
  for (let second = 1; second <= 4; second += 1) {
    await clock.advance(1_000);
    claims.add(one.claim);
  }
  expect(claims.size).toBe(5);
  here.forget(one);
});

test.each([false, true])('renews a claim again after a store has refused to, late: %s', async (isLate) => {
  const { clock, store, there, errors, open } = build(isLate);
  const [here, elsewhere, one, theirs] = [open(), open(), entry(), entry()];
  there.add(one).add(theirs);
  await here.claim(one);
  let isOver = false;
  elsewhere.watch(theirs, () => {
    isOver = true;
  });
  const { swap } = store;
  store.swap = () => {
    store.swap = swap;
    throw new TypeError('no room');
  };
  await clock.advance(20_000);
  expect([errors.length, isOver]).toEqual([1, false]);
  there.delete(one);
  await clock.advance(5_000);
  expect(isOver).toBe(true);
});

test('renews a claim until the answer is written, which may wait for the events of the listener', async () => {
  const { clock, there, open } = build();
  const [here, elsewhere, one, theirs] = [open(), open(), entry(), entry()];
  there.add(one).add(theirs);
  here.claim(one);
  let isOver = false;
  elsewhere.watch(theirs, () => {
    isOver = true;
  });
  one.given = '[1]';
  await clock.advance(20_000);
  expect(isOver).toBe(false);
  here.write(one);
  await clock.advance(1_000);
  expect([isOver, elsewhere.claim(theirs), clock.timerCount]).toEqual([true, { number: 1, answer: '[1]' }, 0]);
});

test('writes no answer over the claim or the answer of another process for the same event or a later one', async () => {
  for (const [number, answer] of [
    [1, undefined],
    [1, '[2]'],
    [2, undefined],
    [2, '[2]'],
  ] as const) {
    const { clock, there, open } = build(true);
    const [here, elsewhere, one, theirs] = [open(), open(), entry(1), entry(number)];
    there.add(one).add(theirs);
    await here.claim(one);
    // The process cannot renew its claim, and another one takes the event over.
    there.delete(one);
    elsewhere.watch(theirs, () => undefined);
    await clock.advance(5_000);
    expect(await elsewhere.claim(theirs)).toBeUndefined();
    if (answer) elsewhere.write({ ...theirs, given: answer });
    await clock.settle();
    here.write({ ...one, given: '[1]' });
    await clock.settle();
    expect([number, await open().claim(entry(number))]).toEqual([number, { number, answer }]);
  }
});

test('writes an answer after the events of its listener, and a claim at once', async () => {
  const { store, open, clock } = build(true);
  const orders: unknown[] = [];
  const late: KeyValueStore = store;
  const { swap } = store;
  late.swap = async (key, expected, value, expiresInMs, order) => {
    orders.push(order);
    return swap.call(store, key, expected, value, expiresInMs);
  };
  const [here, one] = [open(), entry()];
  await here.claim(one);
  here.write({ ...one, given: '[1]' });
  await clock.settle();
  expect(orders).toEqual([undefined, 'after-appends']);
});

test('writes an answer although its claim was removed, or the claim of an earlier event is there', async () => {
  const { clock, store, open } = build(true);
  const [here, one] = [open(), entry(2)];
  store.set('once id', '1~elsewhere.5');
  await here.claim(entry(1));
  here.write({ ...one, given: '[2]' });
  await clock.settle();
  expect(await open().claim(one)).toEqual({ number: 2, answer: '[2]' });
  const later = entry(3);
  await here.claim(later);
  store.delete('once id');
  here.write({ ...later, given: '[3]' });
  await clock.settle();
  expect(await open().claim(later)).toEqual({ number: 3, answer: '[3]' });
});

test('claims a number above the stored one, and none below it', () => {
  const { there, open } = build();
  const [here, elsewhere, one, two] = [open(), open(), entry(1), entry(2)];
  there.add(one).add(two);
  here.write({ ...one, given: '[1]' });
  expect(elsewhere.claim(two)).toBeUndefined();
  expect(here.claim(one)).toEqual({ number: 2, answer: undefined });
});

test('does not take back a claim that it lost while it stood still', async () => {
  const { clock, store, there, open } = build();
  const [here, one, theirs] = [open(), entry(), entry()];
  there.add(one).add(theirs);
  here.claim(one);
  store.set('once id', '1 ["theirs"]');
  await clock.advance(5_000);
  expect(store.get('once id')).toBe('1 ["theirs"]');
  here.forget(one);
  expect(store.get('once id')).toBe('1 ["theirs"]');
  expect(clock.timerCount).toBe(0);
});

test('renews a claim again when the store has answered', async () => {
  const { clock, store, there, open } = build();
  const [here, one] = [open(), entry()];
  there.add(one);
  here.claim(one);
  const { swap } = store;
  const waiting: (() => void)[] = [];
  const late: KeyValueStore = store;
  late.swap = (key, expected, value, expiresInMs) =>
    new Promise((resolve) => waiting.push(() => resolve(swap.call(store, key, expected, value, expiresInMs))));
  const claim = store.get('once id');
  await clock.advance(10_000);
  expect([waiting.length, store.get('once id')]).toEqual([1, claim]);
  waiting.shift()?.();
  await clock.advance(1_000);
  expect(waiting.length).toBe(1);
  waiting.shift()?.();
  expect(store.get('once id')).not.toBe(claim);
});

test('claims an event again whose claim has expired', async () => {
  const { clock, store, there, open } = build();
  const [here, one] = [open(), entry()];
  there.add(one);
  here.claim(one);
  store.delete('once id');
  await clock.advance(1_000);
  expect(store.get('once id')).toMatch(/^1~/);
});

test('reports that another process has answered, or has died', async () => {
  const { clock, there, open } = build();
  const [here, elsewhere] = [open(), open()];
  const [one, theirs] = [entry(), entry()];
  there.add(one).add(theirs);
  elsewhere.claim(theirs);
  const found: unknown[] = [];
  here.watch(one, () => found.push(here.claim(one)));
  await clock.advance(5_000);
  expect(found).toEqual([]);
  elsewhere.write(Object.assign(theirs, { given: '[1]' }));
  await clock.advance(250);
  expect(found).toEqual([{ number: 1, answer: '[1]' }]);
  const [two, dead] = [
    { ...entry(), id: 'two' },
    { ...entry(), id: 'two' },
  ];
  there.add(two).add(dead);
  elsewhere.claim(dead);
  here.watch(two, () => found.push(here.claim(two)));
  elsewhere.close();
  await clock.advance(2_750);
  expect(found).toHaveLength(1);
  await clock.advance(1_000);
  expect(found.slice(1)).toEqual([undefined]);
});

test('drops what nobody remembers any more, and everything when it closes', async () => {
  const { clock, there, open } = build();
  const [store, one] = [open(), entry()];
  there.add(one);
  store.claim(one);
  store.watch(one, () => expect.unreachable());
  there.clear();
  await clock.advance(500);
  expect(clock.timerCount).toBe(0);
  there.add(one);
  store.claim({ ...one, id: 'two' });
  store.close();
  store.claim({ ...one, id: 'three' });
  store.watch(one, () => expect.unreachable());
  expect(clock.timerCount).toBe(0);
});

test('does not ask a store for an id that is too long for it', () => {
  const { store, open } = build();
  const long = { ...entry(), id: 'x'.repeat(601) };
  open().write({ ...long, given: '[]' });
  expect([open().claim(long), store.count]).toEqual([undefined, 0]);
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
    for (let n = 0; n < count; n += 1) once.write({ ...entry(), given: answer });
  };
  write(1);
  expect(asked).toEqual([{ countMax: 6, bytesMax: 3_000, sparedMs: 0 }]);
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
  once.write({ ...entry(), given: '[]' });
  await clock.settle();
  const all = Number.POSITIVE_INFINITY;
  for (const { countMax, bytesMax } of asked) expect([countMax, bytesMax]).toEqual([all, all]);
  expect(asked.length).toBe(1);
});

test('writes an answer to a store on this machine with the events of the turn, which a swap would overtake', () => {
  const { store, there, open } = build();
  const [once, one] = [open(), entry()];
  there.add(one);
  once.claim(one);
  const [swap, set] = [vi.spyOn(store, 'swap'), vi.spyOn(store, 'set')];
  once.write({ ...one, given: '[1]' });
  expect([swap.mock.calls.length, set.mock.calls.length]).toEqual([0, 1]);
});

test('goes on watching when the store cannot be read', async () => {
  const { clock, store, there, errors, open } = build(true);
  const [one, theirs] = [entry(), entry()];
  there.add(one).add(theirs);
  await open().claim(one);
  const elsewhere = open();
  expect(await elsewhere.claim(theirs)).toMatchObject({ answer: undefined });
  const get = vi.spyOn(store, 'get').mockImplementation(() => Promise.reject(new Error('away')) as never);
  const over: string[] = [];
  elsewhere.watch(theirs, () => over.push('over'));
  await clock.advance(2_000);
  expect([errors.length > 0, over]).toEqual([true, []]);
  get.mockRestore();
  there.delete(one);
  await clock.advance(8_000);
  expect(over).toEqual(['over']);
});

test('renews a claim no more that was let go', async () => {
  const { clock, store, there, open } = build();
  const one = entry();
  there.add(one);
  const once = open();
  once.claim(one);
  const claims = async () => {
    const before = store.get('once id');
    await clock.advance(1_000);
    return before === store.get('once id') ? 'old' : 'new';
  };
  expect(await claims()).toBe('new');
  once.renewNoMore(one);
  expect(await claims()).toBe('old');
});
