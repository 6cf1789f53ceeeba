import { expect, it } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { idempotencyTable } from '../../../src/namespace/once/options.js';

it('keeps answers for a day, and requires secrets as keys, by default', () => {
  expect(readOptions(idempotencyTable, undefined)).toEqual({
    ageMax: 86_400_000,
    countMax: 100_000,
    bytesMax: 67_108_864,
    storedCountMax: 1_000_000,
    storedBytesMax: 268_435_456,
    scope: undefined,
  });
});
