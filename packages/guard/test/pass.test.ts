import { describe, expect, it } from 'vitest';
import { delayUntil, digestsOf, renewalTime } from '../src/pass.js';
import { digestOf } from '../src/revocations.js';

describe('renewalTime', () => {
  it.each([
    [10_000, 5_000, 2_000],
    [60_000, 15_000, 5_000],
    [3_600_000, 365_000, 5_000],
  ])('of a token that lives for %i ms is between %i and %i ms before its end', (life, first, last) => {
    expect(renewalTime(1_000, 1_000 + life, 0)).toBe(1_000 + life - last);
    expect(Math.round(renewalTime(1_000, 1_000 + life, 0.999_999_9))).toBe(
      1_000 + life - (life === 10_000 ? first + 2_000 : first),
    );
  });
});

describe('delayUntil', () => {
  it('is a multiple of a quarter of a second, never too early and never too long for a timer', () => {
    expect([0, 1, 250, 251, -5, 1e12].map((time) => delayUntil(0, time))).toEqual([0, 250, 250, 500, 0, 2 ** 31 - 1]);
  });
});

describe('digestsOf', () => {
  it('are those of the token and of its id', () => {
    const facts = { user: 'u', issuedAt: 0, expiresAt: 1 };
    expect(digestsOf('t', facts)).toEqual([digestOf('t')]);
    expect(digestsOf('t', { ...facts, id: 'i' })).toEqual([digestOf('t'), digestOf('i')]);
  });
});
