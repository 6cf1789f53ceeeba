import { describe, expect, it } from 'vitest';
import {
  chain,
  decodeOffset,
  encodeOffset,
  request,
  whenResolved,
  ZERO_OFFSET,
} from '../../src/backplane/backplane.js';

describe('offsets', () => {
  it('sort as text in the order of their numbers', () => {
    const numbers = [0, 1, 9, 10, 35, 36, 1_000, 2 ** 31, 2 ** 53 - 1];
    const offsets = numbers.map(encodeOffset);
    expect([...offsets].sort()).toEqual(offsets);
    expect(offsets.map(decodeOffset)).toEqual(numbers);
    expect(offsets[0]).toBe(ZERO_OFFSET);
  });

  it('are eleven digits of base 36, whatever was written earlier', () => {
    const edges = [0, 1, 36 ** 2, 36 ** 4, 36 ** 5, 1.78e15, 2 ** 53 - 2];
    const numbers = edges.flatMap((edge) => [edge - 1, edge, edge + 1, edge + 1_295]).filter((n) => n >= 0);
    for (const n of [...numbers, ...numbers.toReversed(), ...numbers].filter(Number.isSafeInteger))
      expect(encodeOffset(n)).toBe(n.toString(36).padStart(11, '0'));
  });

  it.each(['', 'x', '0000000000', '000000000000', '0000000000-', '0000000000A', 'zzzzzzzzzzz', 7, undefined, {}])(
    'are not made of %j',
    (text) => expect(decodeOffset(text)).toBeUndefined(),
  );
});

describe('whenResolved', () => {
  it('calls back at once with an immediate value', () => {
    const got: unknown[] = [];
    whenResolved(
      1,
      (value) => got.push(value),
      (error) => got.push(error),
    );
    expect(got).toEqual([1]);
  });

  it('calls back later with a promised value, or with its error', async () => {
    const got: unknown[] = [];
    whenResolved(
      Promise.resolve(1),
      (value) => got.push(value),
      (error) => got.push(error),
    );
    whenResolved(
      Promise.reject(2),
      (value) => got.push(value),
      (error) => got.push(error),
    );
    expect(got).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(got).toEqual([1, 2]);
  });
});

describe('chain', () => {
  it('continues at once with an immediate value, and later with a promised one', async () => {
    expect(chain(1, (value) => value + 1)).toBe(2);
    expect(await chain(Promise.resolve(1), (value) => value + 1)).toBe(2);
    await expect(chain(Promise.reject(new TypeError('no')), () => 1)).rejects.toThrow('no');
  });
});

describe('request', () => {
  it('returns the value, now or later', async () => {
    const onFailed = () => 2;
    expect(request(() => 1, onFailed)).toBe(1);
    expect(await request(() => Promise.resolve(1), onFailed)).toBe(1);
  });

  it('returns the substitute for a failure, now or later', async () => {
    const fail = () => {
      throw new RangeError('no');
    };
    const onFailed = (error: unknown) => String(error);
    expect(request(fail, onFailed)).toBe('RangeError: no');
    expect(await request(async () => fail(), onFailed)).toBe('RangeError: no');
  });
});
