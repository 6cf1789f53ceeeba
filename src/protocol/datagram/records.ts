/** Joins the units of one datagram and splits them: each a record with the header of protocol/record. */
import { type Bytes, decodeUtf8, encodeUtf8, utf8Size } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { readRecordHeader, recordHeader, recordHeaderSize, writeRecordHeader } from '../record/header.js';

/** Size in bytes of a unit as a record. */
export function recordSize(unit: string | Bytes): number {
  const size = typeof unit === 'string' ? utf8Size(unit) : unit.byteLength;
  return recordHeaderSize(size) + size;
}

/** The units as records, one behind the other. */
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
 * The units of the records from `start` to `end`, which have to fill the range; binary ones are views of it. Gives a ProtocolError for
 * a record that goes beyond the end.
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
