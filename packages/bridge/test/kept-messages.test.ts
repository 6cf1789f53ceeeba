import { describe, expect, it } from 'vitest';
import { type Kept, KeptMessages } from '../src/kept-messages.js';

const message = (number: number, at: number, bytes = 1, namespace = '/'): Kept => ({
  ...{ number, at, bytes, namespace, uid: 'old' },
  target: { rooms: new Set(), except: new Set(), flags: {} },
});
const numbersOf = (kept: KeptMessages): number[] => kept.takeAll().map(({ number }) => number);

describe('messages that are kept', () => {
  it('are those of the last minute, in order', () => {
    const kept = new KeptMessages();
    for (let n = 0; n < 12; n += 1) kept.add(message(n, n * 10_000));
    expect(kept.forgetOld(111_000)).toBe(1);
    expect(numbersOf(kept)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(numbersOf(kept)).toEqual([]);
    expect([kept.add(message(1, 0)), kept.add(message(2, 100_000))]).toEqual([0, 1]);
    expect(numbersOf(kept)).toEqual([2]);
  });

  it('are at most 100,000, and 64 MiB', () => {
    const kept = new KeptMessages();
    for (let n = 0; n < 100_001; n += 1) kept.add(message(n, 0));
    const numbers = numbersOf(kept);
    expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([90_000, 10_001, 100_000]);
    for (let n = 0; n < 70; n += 1) kept.add(message(n, 0, 1024 * 1024));
    const large = numbersOf(kept);
    expect(large.length).toBeLessThanOrEqual(64);
    expect(large.at(-1)).toBe(69);
    for (let n = 0; n < 60; n += 1) kept.add(message(n, 0, 1024 * 1024));
    expect(numbersOf(kept).length).toBe(60);
  });

  it('can be dropped by what they are', () => {
    const kept = new KeptMessages();
    for (let n = 0; n < 6; n += 1) kept.add(message(n, 0, 1, n % 2 === 0 ? '/' : '/side'));
    expect([...kept.namespaces]).toEqual(['/', '/side']);
    kept.filter(({ namespace, number }) => namespace === '/side' && number > 1);
    expect([...kept.namespaces]).toEqual(['/side']);
    expect(numbersOf(kept)).toEqual([3, 5]);
  });
});
