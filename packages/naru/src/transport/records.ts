/** Encodes records directly into Buffers, to save allocations on hot paths. engine.io-protocol, "WebTransport". */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../base/bytes.js';
import { recordHeaderSize, writeRecordHeader } from '../protocol/record/header.js';

// A UTF-16 unit takes at most 3 bytes in UTF-8, so a text of this length always has a header of 1 byte.
const SHORT_TEXT_LENGTH = 41;

/** Returns one whole record: a header, and the packet as a WebSocket carries it. */
export function encodeRecordBuffer(unit: string | Bytes): Buffer {
  return typeof unit === 'string' ? encodeText(unit) : encodeBytes(unit);
}

function encodeText(text: string): Buffer {
  if (text.length <= SHORT_TEXT_LENGTH) {
    const record = Buffer.allocUnsafe(1 + text.length * 3);
    const size = record.write(text, 1);
    record[0] = size;
    return record.subarray(0, 1 + size);
  }
  const size = Buffer.byteLength(text);
  const record = Buffer.allocUnsafe(recordHeaderSize(size) + size);
  record.write(text, writeRecordHeader(record, 0, false, size));
  return record;
}

function encodeBytes(payload: Bytes): Buffer {
  const size = payload.byteLength;
  const record = Buffer.allocUnsafe(recordHeaderSize(size) + size);
  record.set(payload, writeRecordHeader(record, 0, true, size));
  return record;
}
