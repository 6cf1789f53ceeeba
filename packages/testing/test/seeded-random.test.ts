import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../src/seeded-random.js';

describe('SeededRandom', () => {
  it('gives the same values for the same seed, and others for another', () => {
    const draw = (seed: number): unknown[] => {
      const random = new SeededRandom(seed);
      return [
        random.id(),
        random.fraction(),
        [...random.bytes(8)],
        random.integer(1, 1_000),
        random.pick('abcdef'.split('')),
      ];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('makes ids of 20 characters that differ', () => {
    const random = new SeededRandom(1);
    const ids = new Set(Array.from({ length: 2_000 }, () => random.id()));
    expect(ids.size).toBe(2_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{20}$/);
  });

  it('keeps integers in their range and reaches both ends', () => {
    const random = new SeededRandom(2);
    const seen = new Set(Array.from({ length: 1_000 }, () => random.integer(-2, 3)));
    expect([...seen].sort((one, other) => one - other)).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it('spreads evenly', () => {
    const random = new SeededRandom(3);
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.25)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(2_300);
    expect(hits).toBeLessThan(2_700);
  });

  it('forks a generator that does not disturb it', () => {
    const alone = new SeededRandom(4);
    const forked = new SeededRandom(4);
    alone.fork();
    const child = forked.fork();
    child.bytes(1_000);
    expect(forked.fraction()).toBe(alone.fraction());
  });

  it('refuses to pick from an empty list', () => {
    expect(() => new SeededRandom(5).pick([])).toThrow(RangeError);
  });
});
