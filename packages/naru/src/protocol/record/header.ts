/**
 * Reads and writes the header of a record, which contains the kind and size of one packet on a byte stream.
 * engine.io-protocol, "WebTransport".
 */
import type { Bytes } from '../../base/bytes.js';
import { readUint32 } from '../bytes.js';

/** The maximum size of a header in bytes. */
export const RECORD_HEADER_BYTES_MAX = 9;

/** The last header read. All decoders share it: each one uses it before another can read a header. */
export const recordHeader = { isBinary: false, payloadSize: 0 };

const BINARY_BIT = 0x80;
const SIZE_16 = 126;
const SIZE_64 = 127;
const TWO_32 = 0x1_0000_0000;

/** Returns the size of the header of a payload of `payloadSize` bytes, in bytes. */
export function recordHeaderSize(payloadSize: number): number {
  return payloadSize < SIZE_16 ? 1 : payloadSize < 0x1_0000 ? 3 : RECORD_HEADER_BYTES_MAX;
}

/** Writes a header at `at`, with the shortest form of the size, and returns the index after the header. */
export function writeRecordHeader(target: Bytes, at: number, isBinary: boolean, payloadSize: number): number {
  const size = recordHeaderSize(payloadSize);
  target[at] = (isBinary ? BINARY_BIT : 0) | (size === 1 ? payloadSize : size === 3 ? SIZE_16 : SIZE_64);
  // Big-endian: the last byte is the lowest.
  let rest = payloadSize;
  for (let index = at + size - 1; index > at; index -= 1) {
    target[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + size;
}

/**
 * Reads the header at `at` into `recordHeader` and returns the size of the header, or 0 when it is incomplete. A
 * payload size in a longer form than necessary is accepted. A payload size beyond 2^53 is rounded, far above any limit.
 */
export function readRecordHeader(bytes: Bytes, at: number, end: number): number {
  if (at >= end) return 0;
  const first = bytes[at] as number;
  const code = first & 0x7f;
  const size = code < SIZE_16 ? 1 : code === SIZE_16 ? 3 : RECORD_HEADER_BYTES_MAX;
  if (end - at < size) return 0;
  recordHeader.isBinary = first >= BINARY_BIT;
  if (size === 1) recordHeader.payloadSize = code;
  else if (size === 3) recordHeader.payloadSize = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  else recordHeader.payloadSize = readUint32(bytes, at + 1) * TWO_32 + readUint32(bytes, at + 5);
  return size;
}
