import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { fuzzSeed } from '../../../../test/kit/fuzz-seed.js';
import { encodeOffset } from '../../../naru/src/backplane/backplane.js';
import { gapAfter, isGapRecord } from '../../../naru/src/backplane/own-records.js';
import { BATCH_HEAD_BYTES, encodeBatch } from '../../src/log/batch.js';
import {
  decodeBatch,
  decodeBatchHead,
  recordsAt,
  recordsUpTo,
  storedRecords,
  tellBatch,
} from '../../src/log/batch-decoder.js';
import { anyRecords, full, HEAD, plain } from './batch-records.js';

/** Gives changed bytes the checksum that fits them. */
function signed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32(bytes.subarray(BATCH_HEAD_BYTES), crc32(bytes.subarray(0, 26))), 26);
  return bytes;
}

describe('the records of a batch', () => {
  it('numbers its records from the first one on', () => {
    const decoded = decodeBatch(encodeBatch(HEAD, [plain, full]));
    expect(decoded && storedRecords(decoded, 7)).toEqual([
      { ...plain, key: undefined, by: undefined, offset: encodeOffset(7) },
      { ...full, offset: encodeOffset(8) },
    ]);
  });
});

describe('the wanted records of a batch', () => {
  const LAST = 12;

  it('are those among all of its records, whatever they are', () => {
    fc.assert(
      fc.property(anyRecords, fc.array(fc.integer({ min: LAST - 6, max: LAST + 1 })), (records, numbers) => {
        const bytes = encodeBatch(HEAD, records);
        const offsets = new Set(numbers.map(encodeOffset));
        const wanted = recordsUpTo(LAST, bytes).filter(({ offset }) => offsets.has(offset));
        const rising = [...new Set(numbers)].sort((one, other) => one - other);
        // The second reading finds the places that the first one has remembered.
        for (let reading = 0; reading < 2; reading += 1) expect(recordsAt(rising, LAST, bytes)).toEqual(wanted);
      }),
    );
  });

  it('have the rooms of the record before, also if that is not wanted', () => {
    const bytes = encodeBatch(HEAD, [full, plain, full, full]);
    expect(recordsAt([LAST], LAST, bytes)).toEqual([{ ...full, offset: encodeOffset(LAST) }]);
  });

  it('are a gap if the batch cannot be read', () => {
    const bytes = encodeBatch(HEAD, [full, plain]);
    const later = Buffer.from(bytes);
    later[1] = 1;
    const empty = Buffer.from(bytes);
    empty[2 + 3] = 3;
    for (const bad of [bytes.subarray(0, 60), signed(later), signed(empty)])
      expect(recordsAt([LAST], LAST, bad).map(isGapRecord)).toEqual([true]);
  });
});

describe('a batch that a home tells of', () => {
  const bytes = encodeBatch(HEAD, [plain, plain]);
  const tell = (writer: string, of = bytes): unknown[] => {
    const told: unknown[] = [];
    tellBatch({ writer, onBatch: (...args) => told.push(args) }, '/', encodeOffset(7), 12, of);
    return told;
  };

  it('has the numbers up to that of its last record', () => {
    const records = [
      { ...plain, offset: encodeOffset(11) },
      { ...plain, offset: encodeOffset(12) },
    ];
    expect(tell('another1')).toEqual([['/', { previous: encodeOffset(7), records }]]);
  });

  it('is not told to the node that has written it', () => {
    expect(tell(HEAD.writer)).toEqual([]);
  });

  it('is a gap in the place of its last record if it is damaged', () => {
    for (const damaged of [bytes.subarray(0, 40), Buffer.alloc(0), Buffer.from('x'.repeat(50))]) {
      const records = recordsUpTo(12, damaged);
      expect(records.map((record) => [record.offset, isGapRecord(record)])).toEqual([[encodeOffset(12), true]]);
      expect(tell('another1', damaged)).toEqual([['/', { previous: encodeOffset(7), records }]]);
    }
  });
});

describe('bytes other than a batch', () => {
  const bytes = encodeBatch(HEAD, [full, plain]);

  it('are not read if one of the bits has changed, or the end is missing', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(decodeBatch(damaged)).toBeUndefined();
      expect(decodeBatchHead(damaged)).toBeUndefined();
      expect(decodeBatch(bytes.subarray(0, at))).toBeUndefined();
    }
    expect(decodeBatch(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
  });

  it('are not read if the checksum fits and the rest does not', () => {
    const changed = (at: number, ...values: number[]): Buffer => {
      const copy = Buffer.from(bytes);
      copy.set(values, at);
      return signed(copy);
    };
    for (const bad of [
      // More records than bytes, fewer than there are, and none.
      changed(2, 255, 255, 255, 255),
      changed(2, 0, 0, 0, 1),
      changed(2, 0, 0, 0, 3),
      changed(2, 0, 0, 0, 0),
      // Unknown flags, and other flags than the record has.
      changed(BATCH_HEAD_BYTES, 255),
      changed(BATCH_HEAD_BYTES, 64),
      changed(BATCH_HEAD_BYTES, 0),
      // Sizes beyond the end, and without an end.
      changed(BATCH_HEAD_BYTES + 9, 255, 255, 3),
      changed(BATCH_HEAD_BYTES + 9, ...Array<number>(40).fill(255)),
      // NaN as a time.
      changed(BATCH_HEAD_BYTES + 1, 127, 248, 0, 0, 0, 0, 0, 0),
    ])
      expect(decodeBatch(bad)).toBeUndefined();
    const rooms = bytes.indexOf('[["lobby"');
    for (const head of ['[[1,"bby"', '[{}"lobby', '[["lobby\n', '{["lobby"'])
      expect(decodeBatch(changed(rooms, ...Buffer.from(head)))).toBeUndefined();
    const by = bytes.indexOf('"ann"');
    expect(decodeBatch(changed(by, ...Buffer.from('[ 1 ]')))).toBeUndefined();
  });

  it(`never throw, whatever they are (seed ${fuzzSeed})`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1 }), (changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        const { count, records } = decodeBatch(signed(copy)) ?? {};
        if (records) expect(records.length).toBe(count);
        expect(() => recordsAt([1, 2], 2, copy)).not.toThrow();
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (any) => decodeBatch(any) === undefined));
  });
});

describe('a batch of a later version', () => {
  it.each([
    ['version', 0, 2],
    ['flags', 1, 1],
  ])('is a gap in the place of its records, by its %s', (_name, at, value) => {
    const later = encodeBatch(HEAD, [plain, plain, plain]);
    later[at] = value;
    const decoded = decodeBatch(signed(later));
    expect(decoded).toMatchObject({ ...HEAD, count: 3, records: undefined });
    const [gap, ...others] = decoded ? storedRecords(decoded, 10) : [];
    expect(others).toEqual([]);
    expect(gap && isGapRecord(gap) && gapAfter(gap)).toBe(encodeOffset(9));
    expect(gap?.offset).toBe(encodeOffset(12));
  });
});
