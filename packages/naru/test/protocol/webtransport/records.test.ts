import { expect, it } from 'vitest';
import { ProtocolError } from '../../../src/base/errors.js';
import { decodeRecords, encodeRecords, recordSize } from '../../../src/protocol/webtransport/records.js';

it('writes units with the header of records: kind, size, bytes', () => {
  expect([...encodeRecords(['4hi', Uint8Array.of(7, 8)])]).toEqual([3, 0x34, 0x68, 0x69, 0x82, 7, 8]);
  const long = encodeRecords(['x'.repeat(300)]);
  expect([...long.subarray(0, 3)]).toEqual([126, 1, 44]);
});

it('reads its own output, and an empty range as no units', () => {
  const units = ['', '4안녕 🚢', Uint8Array.of(), Uint8Array.of(1, 2, 3), 'y'.repeat(1_000)];
  const bytes = encodeRecords(units);
  expect(bytes.byteLength).toBe(units.reduce((sum, unit) => sum + recordSize(unit), 0));
  expect(decodeRecords(bytes, 0, bytes.byteLength)).toEqual(units);
  expect(decodeRecords(bytes, 3, 3)).toEqual([]);
});

it('returns an error for every cut that does not fall between two records', () => {
  const bytes = encodeRecords(['ab', Uint8Array.of(1), 'z'.repeat(200)]);
  const ends = new Set([0, 3, 5, bytes.byteLength]);
  for (let end = 0; end <= bytes.byteLength; end += 1) {
    expect(decodeRecords(bytes, 0, end) instanceof ProtocolError).toBe(!ends.has(end));
  }
});

it('returns an error for false sizes, including those of 64 bits', () => {
  for (const bytes of [[5, 1], [126, 255, 255, 1], [127, 255, 255, 255, 255, 255, 255, 255, 255], [0xff]])
    expect(decodeRecords(Uint8Array.from(bytes), 0, bytes.length)).toBeInstanceOf(ProtocolError);
});
