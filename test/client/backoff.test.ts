import { expect, test } from 'vitest';
import { backoffDelay } from '../../src/client/backoff.js';

const settings = { reconnectionDelay: 1_000, reconnectionDelayMax: 5_000, randomizationFactor: 0.5 };

test('doubles with each attempt up to the longest delay', () => {
  const delays = [0, 1, 2, 3, 100, 5_000].map((attempts) => backoffDelay(settings, attempts, 0.5));
  expect(delays).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
});

test('shifts by at most the random part, both ways', () => {
  expect(backoffDelay(settings, 0, 0)).toBe(500);
  expect(backoffDelay(settings, 0, 0.999_999)).toBe(1_499);
  expect(backoffDelay({ ...settings, randomizationFactor: 0 }, 0, 0.9)).toBe(1_000);
});
