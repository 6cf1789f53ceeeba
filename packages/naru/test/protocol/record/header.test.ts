import { describe, expect, it } from 'vitest';
import {
  readRecordHeader,
  recordHeader,
  recordHeaderSize,
  writeRecordHeader,
} from '../../../src/protocol/record/header.js';

const SIZES = [0, 1, 125, 126, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5, 2 ** 53 - 1];

describe('the header of a record', () => {
  it('has 1, 3 or 9 bytes, by the size of the payload', () => {
    expect([0, 125, 126, 65_535, 65_536].map(recordHeaderSize)).toEqual([1, 1, 3, 3, 9]);
  });

  it('has the kind in its first bit, and the size after it, big-endian', () => {
    const written = (isBinary: boolean, size: number) => {
      const target = new Uint8Array(10);
      const end = writeRecordHeader(target, 1, isBinary, size);
      return [...target.subarray(1, end)];
    };
    expect(written(false, 5)).toEqual([5]);
    expect(written(true, 5)).toEqual([0x85]);
    expect(written(false, 126)).toEqual([126, 0, 126]);
    expect(written(true, 65_535)).toEqual([0xfe, 0xff, 0xff]);
    expect(written(true, 65_536)).toEqual([0xff, 0, 0, 0, 0, 0, 1, 0, 0]);
  });

  it('is read as it was written, for each size that a number can say', () => {
    for (const size of SIZES) {
      for (const isBinary of [false, true]) {
        const target = new Uint8Array(12);
        const end = writeRecordHeader(target, 2, isBinary, size);
        expect(readRecordHeader(target, 2, end)).toBe(end - 2);
        expect({ ...recordHeader }).toEqual({ isBinary, payloadSize: size });
      }
    }
  });

  it('is incomplete while one of its bytes is missing', () => {
    for (const size of [5, 300, 70_000]) {
      const target = new Uint8Array(9);
      const end = writeRecordHeader(target, 0, false, size);
      for (let cut = 0; cut < end; cut += 1) expect(readRecordHeader(target, 0, cut)).toBe(0);
    }
  });

  it('may give a size in more bytes than necessary, and a size above any number is huge', () => {
    expect(readRecordHeader(Uint8Array.of(126, 0, 3), 0, 3)).toBe(3);
    expect(recordHeader.payloadSize).toBe(3);
    expect(readRecordHeader(Uint8Array.of(127, ...new Array(8).fill(0xff)), 0, 9)).toBe(9);
    expect(recordHeader.payloadSize).toBeGreaterThan(2 ** 63);
  });
});
