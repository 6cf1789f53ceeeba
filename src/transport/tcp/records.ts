/** Encodes records straight into Buffers, for the paths where every allocation counts. engine.io-protocol, "WebTransport". */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../base/bytes.js';
import { recordHeaderSize, writeRecordHeader } from '../../protocol/record/header.js';

// UTF-8 has at most 3 bytes for a UTF-16 unit: text this short has a header of 1 byte whatever it says.
const SHORT_TEXT_LENGTH = 41;

/** One whole record: a packet as a WebSocket carries it, behind its header. */
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
  const headerSize = recordHeaderSize(size);
  const record = Buffer.allocUnsafe(headerSize + size);
  writeRecordHeader(record, 0, false, size);
  record.write(text, headerSize);
  return record;
}

function encodeBytes(payload: Bytes): Buffer {
  const size = payload.byteLength;
  const record = Buffer.allocUnsafe(recordHeaderSize(size) + size);
  record.set(payload, writeRecordHeader(record, 0, true, size));
  return record;
}
