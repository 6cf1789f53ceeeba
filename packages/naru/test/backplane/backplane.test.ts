import { describe, expect, it } from 'vitest';
import { decodeOffset, encodeOffset, notUsed, ZERO_OFFSET } from '../../src/backplane/backplane.js';
import { ConfigError } from '../../src/base/errors.js';

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

describe('notUsed', () => {
  it('is an error that names the reason, and has it as its cause', () => {
    const policy = new ConfigError('WRONG_STATE', 'the policy must be noeviction');
    const error = notUsed(policy);
    expect(error).toMatchObject({ code: 'REFUSED', cause: policy });
    expect(error.message).toBe('The home of the log cannot be used. the policy must be noeviction');
  });
});
