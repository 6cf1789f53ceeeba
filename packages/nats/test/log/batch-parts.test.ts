import { expect, it } from 'vitest';
import { decodeBatch } from '../../../broker/src/log/batch-decoder.js';
import { partsOf } from '../../src/log/batch-parts.js';
import { headOf } from '../../src/log/pages.js';
import { recordOf } from './log-kit.js';

const write = { writer: 'writer-1', number: 7, settled: 6 };

it('has as many records in a message as it has numbers, and an id for each', () => {
  const parts = partsOf(
    Array.from({ length: 600 }, (_, n) => recordOf(`${n}`)),
    write,
    1_000_000,
  );
  expect(parts.map(({ records }) => records.length)).toEqual([256, 256, 88]);
  expect(parts.map(({ id }) => headOf(id).count)).toEqual([256, 256, 88]);
  expect(new Set(parts.map(({ id }) => id)).size).toBe(3);
  expect(decodeBatch(parts[2]?.data ?? new Uint8Array(0))?.records).toHaveLength(88);
});

it('is refused as a whole if one message would be too large', () => {
  const records = [...Array.from({ length: 256 }, () => recordOf('')), recordOf('x'.repeat(30_000))];
  expect(() => partsOf(records, write, 30_000)).toThrow(/^An event has 30\d\d\d bytes, and NATS takes up to 30000\./);
});
