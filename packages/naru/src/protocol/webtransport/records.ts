/** Joins units into the records of one datagram, and splits them. Each record has the header of protocol/record. */
import { type Bytes, decodeUtf8, encodeUtf8, utf8Size } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { readRecordHeader, recordHeader, recordHeaderSize, writeRecordHeader } from '../record/header.js';

/** Returns the size of a unit as a record, in bytes. */
export function recordSize(unit: string | Bytes): number {
  const size = typeof unit === 'string' ? utf8Size(unit) : unit.byteLength;
  return recordHeaderSize(size) + size;
}

/** Encodes units as records, one after another. */
export function encodeRecords(units: readonly (string | Bytes)[]): Bytes {
  let size = 0;
  for (const unit of units) size += recordSize(unit);
  const records = new Uint8Array(size);
  let at = 0;
  for (const unit of units) {
    const payload = typeof unit === 'string' ? encodeUtf8(unit) : unit;
    const start = writeRecordHeader(records, at, payload === unit, payload.byteLength);
    records.set(payload, start);
    at = start + payload.byteLength;
  }
  return records;
}

/**
 * Decodes the records that fill the range from `start` to `end`. Binary units are views of it. Returns a ProtocolError
 * for a record that goes beyond the end.
 */
export function decodeRecords(bytes: Bytes, start: number, end: number): (string | Bytes)[] | ProtocolError {
  const units: (string | Bytes)[] = [];
  for (let at = start; at < end; ) {
    const headerSize = readRecordHeader(bytes, at, end);
    const next = at + headerSize + recordHeader.payloadSize;
    if (headerSize === 0 || next > end)
      return new ProtocolError('EIO_BAD_PAYLOAD', 'a record goes beyond the end of its datagram');
    const payload = bytes.subarray(at + headerSize, next);
    units.push(recordHeader.isBinary ? payload : decodeUtf8(payload));
    at = next;
  }
  return units;
}
