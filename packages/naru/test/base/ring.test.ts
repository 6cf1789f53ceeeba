import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { Ring } from '../../src/base/ring.js';

describe('Ring', () => {
  it('returns items in the order of arrival', () => {
    const ring = new Ring<number>();
    for (let item = 0; item < 100; item += 1) ring.push(item);
    expect(ring.count).toBe(100);
    for (let item = 0; item < 100; item += 1) expect(ring.shift()).toBe(item);
    expect([ring.count, ring.shift()]).toEqual([0, undefined]);
  });

  it('works again after a burst has been taken', () => {
    const ring = new Ring<number>();
    for (const size of [5_000, 3, 5_000]) {
      for (let item = 0; item < size; item += 1) ring.push(item);
      expect([ring.count, ring.at(size - 1)]).toEqual([size, size - 1]);
      for (let item = 0; item < size; item += 1) expect(ring.shift()).toBe(item);
      expect([ring.count, ring.at(0), ring.shift()]).toEqual([0, undefined, undefined]);
    }
  });

  it('returns nothing outside its items', () => {
    const ring = new Ring<string>();
    ring.push('only');
    expect([ring.at(-1), ring.at(0), ring.at(1)]).toEqual([undefined, 'only', undefined]);
  });

  it('behaves like an array, for any sequence of calls', () => {
    const step = fc.oneof(
      fc.record({ push: fc.nat() }),
      fc.constant('shift' as const),
      fc.record({ at: fc.integer({ min: -2, max: 80 }) }),
      fc.record({ set: fc.nat(80) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        for (const each of steps) {
          if (each === 'shift') expect(ring.shift()).toBe(model.shift());
          else if ('push' in each) {
            ring.push(each.push);
            model.push(each.push);
          } else if ('set' in each) {
            if (each.set >= model.length) continue;
            ring.set(each.set, -1);
            model[each.set] = -1;
          } else expect(ring.at(each.at)).toBe(model[each.at]);
          expect(ring.count).toBe(model.length);
        }
        expect(model.map((_, index) => ring.at(index))).toEqual(model);
      }),
      { numRuns: 100 },
    );
  });
});
