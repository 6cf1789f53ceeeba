import { expect, it } from 'vitest';
import { createCounts } from '../../../src/transport/udp/counts.js';

it('begins with zero, and apart from every other', () => {
  const counts = createCounts();
  expect(new Set(Object.values(counts))).toEqual(new Set([0]));
  counts.forged += 1;
  expect(createCounts().forged).toBe(0);
});
