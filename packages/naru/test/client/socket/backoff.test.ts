import { expect, test } from 'vitest';
import { SeededRandom } from '../../../../testing/src/index.js';
import { backoffDelay } from '../../../src/client/socket/backoff.js';

const settings = { reconnectionDelay: 1_000, reconnectionDelayMax: 5_000, randomizationFactor: 0.5 };

test('doubles with each attempt up to the longest delay', () => {
  const delays = [0, 1, 2, 3, 100, 5_000].map((attempts) => backoffDelay(settings, attempts, 0.5));
  expect(delays).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
});

test('varies by at most the random part, both ways', () => {
  expect(backoffDelay(settings, 0, 0)).toBe(500);
  expect(backoffDelay(settings, 0, 0.999_999)).toBe(1_499);
  expect(backoffDelay({ ...settings, randomizationFactor: 0 }, 0, 0.9)).toBe(1_000);
});

test.each([0, 3_000, 30_000])(
  'spreads the return of clients that lose a server together, when it is back after %i ms',
  (downMs) => {
    const random = new SeededRandom(downMs + 1);
    const clients = 5_000;
    const arrivals = Array.from({ length: clients }, () => {
      let at = 0;
      for (let attempts = 0; attempts === 0 || at < downMs; attempts += 1) {
        at += backoffDelay(settings, attempts, random.fraction());
      }
      return Math.floor(at / 100);
    });
    const inTenths = new Map<number, number>();
    for (const tenth of arrivals) inTenths.set(tenth, (inTenths.get(tenth) ?? 0) + 1);
    // Each tenth of a second gets its share of a second at first, and less after a long time.
    expect(Math.max(...inTenths.values()) / clients).toBeLessThan(0.12);
  },
);
