import { expect, it } from 'vitest';
import { readUint32, writeUint32 } from '../../../../naru/src/protocol/bytes.js';
import {
  CONTROL_BYTES_MAX,
  DATA_BYTES_MAX,
  DATAGRAM_BYTES_MAX,
  HEADER_BYTES,
  Kind,
  readId,
  readSequence,
  readUint48,
  TAG_BYTES,
  writeHeader,
  writeUint48,
} from '../../../src/protocol/datagram/layout.js';

it('writes the header of docs/udp.md, byte by byte', () => {
  const bytes = new Uint8Array(HEADER_BYTES + 1);
  writeHeader(bytes, 1, Kind.DATA, 0x0102_0304_0506, 0x0a0b_0c0d_0e0f);
  expect([...bytes]).toEqual([0, 0x16, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15]);
  expect(readId(bytes.subarray(1))).toBe(0x0102_0304_0506);
  expect(readSequence(bytes.subarray(1))).toBe(0x0a0b_0c0d_0e0f);
});

it('carries integers of 48 and of 32 bits at both ends of their range', () => {
  const bytes = new Uint8Array(6);
  for (const value of [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1]) {
    writeUint48(bytes, 0, value);
    expect(readUint48(bytes, 0)).toBe(value);
  }
  for (const value of [0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    writeUint32(bytes, 1, value);
    expect(readUint32(bytes, 1)).toBe(value);
  }
});

it('leaves no room for a datagram of more than 1,200 bytes', () => {
  expect(HEADER_BYTES + DATA_BYTES_MAX + TAG_BYTES).toBe(DATAGRAM_BYTES_MAX);
  expect([DATA_BYTES_MAX, CONTROL_BYTES_MAX]).toEqual([1_171, 1_167]);
});
