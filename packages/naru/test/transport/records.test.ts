import { describe, expect, it } from 'vitest';
import { encodeRecord } from '../../src/protocol/record/encode.js';
import { encodeRecordBuffer } from '../../src/transport/records.js';

describe('encodeRecordBuffer', () => {
  it('writes the same as the pure encoder, for text and bytes of every size', () => {
    for (const size of [0, 1, 40, 41, 42, 125, 126, 127, 65_535, 65_536]) {
      for (const text of ['x'.repeat(size), '안'.repeat(size), '\ud800'.repeat(size)]) {
        expect(encodeRecordBuffer(text).equals(encodeRecord(text))).toBe(true);
      }
      const bytes = new Uint8Array(size).fill(7);
      expect(encodeRecordBuffer(bytes).equals(encodeRecord(bytes))).toBe(true);
    }
  });
});
