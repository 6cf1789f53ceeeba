import { expect, test } from 'vitest';
import { checkBounds, sizeOf } from '../../../src/client/queue/bounds.js';

test('an event has the bytes that it would be sent with', () => {
  expect(sizeOf(['a', 'x'.repeat(100)])).toBe('2["a",""]'.length + 100);
  expect(sizeOf(['a', new Uint8Array(1_000), new Blob(['xyz'])])).toBeGreaterThan(1_003);
  expect(sizeOf(['a', new ArrayBuffer(1_000)])).toBeLessThan(1_100);
  expect(() => sizeOf(['a', 1n])).toThrow(/BigInt/);
});

test.each(['countMax', 'bytesMax', 'ageMax'])('%s is 1 or more', (name) => {
  const bounds = { countMax: 1, bytesMax: 1, ageMax: 1, whenFull: 'refuse' };
  checkBounds(bounds);
  for (const value of [0, -1, Number.NaN]) expect(() => checkBounds({ ...bounds, [name]: value })).toThrow(name);
});

test('a full queue refuses or drops the oldest, and nothing else', () => {
  const bounds = { countMax: 1, bytesMax: 1, ageMax: 1 };
  for (const whenFull of ['refuse', 'drop-oldest']) checkBounds({ ...bounds, whenFull });
  expect(() => checkBounds({ ...bounds, whenFull: 'drop' })).toThrow(
    /"whenFull" is drop; give "refuse" or "drop-oldest"/,
  );
});
