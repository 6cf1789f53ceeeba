import { expect, test } from 'vitest';
import { settleBounds, sizeOf } from '../../../src/client/queue/bounds.js';

test('counts the bytes of an event as it would be sent', () => {
  expect(sizeOf(['a', 'x'.repeat(100)])).toBe('2["a",""]'.length + 100);
  expect(sizeOf(['a', new Uint8Array(1_000), new Blob(['xyz'])])).toBeGreaterThan(1_003);
  expect(sizeOf(['a', new ArrayBuffer(1_000)])).toBeLessThan(1_100);
  expect(() => sizeOf(['a', 1n])).toThrow(/BigInt/);
});

test.each(['countMax', 'bytesMax', 'ageMax'])('requires %s to be 1 or more', (name) => {
  const bounds = { countMax: 1, bytesMax: 1, ageMax: 1, whenFull: 'refuse' as const };
  settleBounds(bounds);
  for (const value of [0, -1, Number.NaN]) expect(() => settleBounds({ ...bounds, [name]: value })).toThrow(name);
});

test('gives an event up after a day by default', () => {
  expect(settleBounds({}).ageMax).toBe(86_400_000);
});

test('refuses or drops the oldest in a full queue, and nothing else', () => {
  const bounds = { countMax: 1, bytesMax: 1, ageMax: 1 };
  for (const whenFull of ['refuse', 'drop-oldest'] as const) settleBounds({ ...bounds, whenFull });
  expect(() => settleBounds({ ...bounds, whenFull: 'drop' as 'refuse' })).toThrow(
    /"whenFull" must be "refuse" or "drop-oldest", got "drop"/,
  );
});
