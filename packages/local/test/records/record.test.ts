import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/records/record.js';

const RECORD = {
  rooms: ['lobby', 'é'],
  except: ['x'],
  event: '["pic",{"_placeholder":true,"num":0},"🚢"]',
  attachments: [Uint8Array.of(1, 2, 3), new Uint8Array(0)],
  at: 1_700_000_000_000,
  key: 'k',
  by: 'ann',
  trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};

describe('a record on the disk', () => {
  it.each([
    ['with all it can have', RECORD],
    ['with nothing but an event', { rooms: [], except: [], event: '["x"]', attachments: [], at: 0 }],
  ])('is read as it was written, %s', (_name, record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('is not read if one of its bits has changed, or its end is missing', () => {
    const bytes = encodeRecord(RECORD);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(decodeRecord(damaged)).toBeUndefined();
      expect(decodeRecord(bytes.subarray(0, at))).toBeUndefined();
    }
  });
});
