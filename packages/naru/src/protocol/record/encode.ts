/**
 * Writes a record: its header, then the UTF-8 of a text packet or the bytes of a binary one. engine.io-protocol,
 * "WebTransport".
 */
import { type Bytes, encodeUtf8 } from '../../base/bytes.js';
import { recordHeaderSize, writeRecordHeader } from './header.js';

/**
 * Encodes one whole record. `unit` is a packet as a WebSocket carries it. A lone surrogate in text is sent as U+FFFD.
 */
export function encodeRecord(unit: string | Bytes): Bytes {
  const isBinary = typeof unit !== 'string';
  const payload = isBinary ? unit : encodeUtf8(unit);
  const size = payload.byteLength;
  const record = new Uint8Array(recordHeaderSize(size) + size);
  record.set(payload, writeRecordHeader(record, 0, isBinary, size));
  return record;
}
