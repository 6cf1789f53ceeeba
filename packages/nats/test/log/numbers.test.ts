import { expect, it } from 'vitest';
import { decodeOffset, encodeOffset, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { type Base, baseAt, Numbers } from '../../src/log/numbers.js';

const DAY = 24 * 60 * 60 * 1_000;
const NOW = 1_800_000_000_000;

function numbersOf(...bases: readonly Base[]): Numbers {
  const numbers = new Numbers();
  for (const base of bases) numbers.add(base);
  return numbers;
}

it('gives later messages larger numbers, and finds their places again', () => {
  const numbers = numbersOf(baseAt(1, NOW), baseAt(10, NOW + 5), baseAt(20, NOW + DAY));
  let previous = 0;
  for (const seq of [2, 3, 9, 11, 12, 19, 21, 1_000]) {
    const last = numbers.last(seq);
    expect(last - 255).toBeGreaterThan(previous);
    expect(numbers.place(encodeOffset(last))).toEqual({ seq, slot: 255 });
    expect(numbers.place(encodeOffset(last - 255))).toEqual({ seq, slot: 0 });
    previous = last;
  }
  expect(Number.isSafeInteger(previous)).toBe(true);
});

it('places numbers that were never given out before the next message', () => {
  const numbers = numbersOf(baseAt(1, NOW), baseAt(10, NOW + DAY));
  expect(numbers.place(encodeOffset(numbers.last(9) + 600))).toEqual({ seq: 10, slot: -1 });
  expect(numbers.place(encodeOffset(5))).toEqual({ seq: 0, slot: -1 });
  expect(numbers.place('x')).toBeUndefined();
});

it('goes back by messages, also past base records', () => {
  const numbers = numbersOf(baseAt(1, NOW), baseAt(10, NOW + DAY), baseAt(12, NOW + 2 * DAY));
  expect(numbers.earlier(numbers.offset(15), 8)).toBe(numbers.offset(7));
  expect(numbers.earlier(encodeOffset(numbers.last(15) - 3), 1)).toBe(numbers.offset(14));
  expect([numbers.earlier(numbers.offset(15), 15), numbers.earlier('x', 1)]).toEqual([ZERO_OFFSET, ZERO_OFFSET]);
});

it('is the same in whatever order base records become known', () => {
  const bases = [baseAt(1, NOW), baseAt(4, NOW - DAY), baseAt(6, NOW + 1), baseAt(9, NOW - 5), baseAt(12, NOW + 2)];
  const all = numbersOf(...bases);
  const reversed = numbersOf(...[...bases, ...bases].reverse());
  for (const seq of [2, 5, 7, 11, 13]) expect(reversed.last(seq)).toBe(all.last(seq));
  expect(reversed.size).toBe(all.size);
});

it('gives a restored stream numbers beyond those that were lost', () => {
  // 30,000 messages a second for a day, all of which are lost.
  const lost = numbersOf(baseAt(1, NOW)).last(30_000 * 86_400);
  const restored = numbersOf(baseAt(1, NOW), baseAt(2, NOW + DAY));
  expect(restored.last(3) - 255).toBeGreaterThan(lost);
  expect(restored.place(encodeOffset(lost))).toEqual({ seq: 2, slot: -1 });
});

it('has exact numbers until 2060', () => {
  const numbers = numbersOf(baseAt(1, Date.UTC(2060, 0)));
  const last = numbers.last(1_000_000);
  expect(decodeOffset(encodeOffset(last))).toBe(last);
});
