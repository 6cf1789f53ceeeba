import { expect, it } from 'vitest';
import { UdpCounts } from '../../src/transport/counts.js';

it('begins with zero, separate from every other', () => {
  const counts = new UdpCounts();
  expect(new Set(Object.values(counts))).toEqual(new Set([0]));
  counts.forged += 1;
  expect(new UdpCounts().forged).toBe(0);
});
