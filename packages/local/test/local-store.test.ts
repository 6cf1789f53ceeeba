import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../testing/src/index.js';
import { openDatabase } from '../src/database.js';
import { LocalStore } from '../src/local-store.js';

function open() {
  const folder = mkdtempSync(`${tmpdir()}/naru-store-`);
  const clock = new FakeClock();
  const database = openDatabase(folder, false);
  onTestFinished(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { clock, database, store: new LocalStore(database, clock) };
}

it('writes the entries of a turn together, the last of each key', async () => {
  const { clock, database, store } = open();
  const writes = [store.set('a', 'one'), store.set('a', 'two'), store.set('b', 'x'), store.delete('b')];
  expect(database.texts.get('a')).toBeUndefined();
  await clock.settle();
  await Promise.all(writes);
  expect([database.texts.get('a'), database.texts.get('b')]).toEqual([{ value: 'two', expiresAt: 0 }, undefined]);
});

it('swaps with the turn without writing anything of the turn before its events', async () => {
  const { clock, database, store } = open();
  const answer = store.set('answer', 'yes');
  const setting = store.set('a', 'one');
  const swap = (expected: string | undefined, value: string | undefined) =>
    store.swap('a', expected, value, undefined, 'with-turn');
  const swaps = [swap('one', 'two'), swap('one', 'three'), swap('two', 'four')];
  expect([store.get('a'), store.list('', 9)]).toEqual([
    'four',
    [
      ['a', 'four'],
      ['answer', 'yes'],
    ],
  ]);
  expect([database.texts.get('answer'), database.texts.get('a')]).toEqual([undefined, undefined]);
  await clock.settle();
  await Promise.all([answer, setting]);
  expect(await Promise.all(swaps)).toEqual([
    { swapped: true, value: 'one' },
    { swapped: false, value: 'two' },
    { swapped: true, value: 'two' },
  ]);
  expect([database.texts.get('answer')?.value, database.texts.get('a')?.value]).toEqual(['yes', 'four']);
});

it('keeps an entry whose time is infinite', async () => {
  const { clock, store } = open();
  const writes = [store.set('a', 'one', Number.POSITIVE_INFINITY)];
  store.swap('b', undefined, 'two', Number.POSITIVE_INFINITY);
  await clock.settle();
  await Promise.all(writes);
  await clock.advance(1e12);
  await store.sweep();
  expect([store.get('a'), store.get('b')]).toEqual(['one', 'two']);
});

it('refuses a key that is too long, and writes the other entries of that turn', async () => {
  const { clock, database, store } = open();
  const [fits, tooLong] = ['x'.repeat(1_970), `${'x'.repeat(1_968)}é!`];
  const writes = [store.set('a', 'one'), store.set(tooLong, 'two'), store.set(fits, 'three')];
  const outcomes = Promise.allSettled(writes);
  await clock.settle();
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expect(writes[1]).rejects.toThrow('under a key of more than 1970 bytes');
  expect([database.texts.get('a')?.value, database.texts.get(fits)?.value]).toEqual(['one', 'three']);
});

it('sweeps expired entries anywhere, although many before them stay', async () => {
  const { clock, database, store } = open();
  for (let n = 0; n < 12_000; n += 1) void store.set(`a ${n}`, 'stays', 1_000_000);
  for (let n = 0; n < 10; n += 1) void store.set(`b ${n}`, 'goes', 1_000);
  await clock.advance(2_000);
  const left = (): number => [...database.texts.getKeys({ start: 'b', end: 'c' })].length;
  expect(left()).toBe(10);
  const sweep = (): Promise<unknown> => Promise.all([store.sweep(), clock.settle()]);
  await sweep();
  expect(left()).toBe(0);
  void store.set('b', 'goes', 1);
  await clock.advance(1_000);
  // With few entries, the first sweep reaches the end, and the second starts over.
  await sweep();
  await sweep();
  expect(left()).toBe(0);
});

it('sweeps as fast as entries are set, however many there are', async () => {
  const { clock, database, store } = open();
  const count = (): number => [...database.texts.getKeys()].length;
  let n = 0;
  let most = 0;
  for (let minute = 0; minute < 6; minute += 1) {
    for (let index = 0; index < 12_000; index += 1, n += 1) void store.set(`${(n * 7_919) % 100_003}`, 'x', 50_000);
    await clock.advance(60_000);
    await Promise.all([store.sweep(), clock.settle()]);
    most = Math.max(most, count());
  }
  expect([most, n]).toEqual([0, 72_000]);
});

it('keeps entries that are set again during a sweep, and runs one sweep at a time', async () => {
  const { clock, database, store } = open();
  for (let index = 0; index < 3_000; index += 1) void store.set(`k ${index}`, 'old', 1_000);
  await clock.advance(2_000);
  const sweeping = [store.sweep(), store.sweep()];
  void store.set('k 2999', 'new', 1_000_000);
  await Promise.all([...sweeping, clock.settle()]);
  expect([...database.texts.getKeys()]).toEqual(['k 2999']);
});

it('stops sweeping when it closes during a sweep', async () => {
  const { clock, database, store } = open();
  for (let index = 0; index < 3_000; index += 1) void store.set(`k ${index}`, 'old', 1_000);
  await clock.advance(2_000);
  const sweeping = store.sweep();
  store.close();
  await Promise.all([sweeping, clock.settle()]);
  expect([...database.texts.getKeys()]).toHaveLength(2_000);
});

it('ends a removal when it closes during one', async () => {
  const { clock, database, store } = open();
  for (let n = 0; n < 3_000; n += 1) void store.set(`k ${n}`, 'x', 1_000_000);
  await clock.settle();
  const left = (): number => [...database.texts.getKeys()].length;
  const bounds = { countMax: 1, bytesMax: 1_000, sparedMs: 0 };
  const trimming = store.trim('k ', bounds);
  store.close();
  await Promise.all([trimming, clock.settle()]);
  expect(left()).toBe(3_000);
  const other = new LocalStore(database, clock);
  await Promise.all([other.trim('k ', bounds), clock.settle()]);
  expect(left()).toBe(1);
});
