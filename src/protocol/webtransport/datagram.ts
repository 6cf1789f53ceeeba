/**
 * One volatile message in one datagram: a number that grows by one with each, then every packet of the message as a record. Records
 * are those of Engine.IO's WebTransport; the datagrams are Naru's own, and are used only where both ends have said so.
 */
import { type Bytes, decodeUtf8 } from '../../base/bytes.js';
import { encodeRecord } from '../record/encode.js';
import { readRecordHeader, recordHeader } from '../record/header.js';

/**
 * The packet by which an end says, on its stream, that it reads datagrams: a noop, which everybody else ignores. The client says it
 * behind its first packet, or behind that of its upgrade; the server answers with the same.
 */
export const DATAGRAMS_WELCOME = '6datagrams';

/** Bytes of the number. */
const SEQUENCE_BYTES = 4;

/** Writes a datagram; `undefined` when it would be larger than `bytesMax`. */
export function encodeDatagram(
  sequence: number,
  units: readonly (string | Bytes)[],
  bytesMax: number,
): Bytes | undefined {
  // No text has fewer bytes than characters, so what is far too big costs nothing.
  let least = SEQUENCE_BYTES;
  for (const unit of units) least += unit.length + 1;
  if (least > bytesMax) return undefined;
  const records = units.map(encodeRecord);
  let size = SEQUENCE_BYTES;
  for (const record of records) size += record.byteLength;
  if (size > bytesMax) return undefined;
  const datagram = new Uint8Array(size);
  for (let at = 0; at < SEQUENCE_BYTES; at += 1) datagram[at] = sequence >>> (24 - 8 * at);
  let at = SEQUENCE_BYTES;
  for (const record of records) {
    datagram.set(record, at);
    at += record.byteLength;
  }
  return datagram;
}

/** Reads one end's datagrams in the order in which they come, and leaves out those that a newer one overtook. */
export class DatagramReader {
  #newest = -1;

  /** The packets of a message; nothing for what is stale, cut short or no datagram of ours. */
  read(datagram: Bytes): (string | Bytes)[] | undefined {
    const end = datagram.byteLength;
    if (end <= SEQUENCE_BYTES) return undefined;
    let sequence = 0;
    let at = 0;
    for (; at < SEQUENCE_BYTES; at += 1) sequence = (sequence << 8) | (datagram[at] as number);
    // Numbers go round; what is less than half of them ahead is newer.
    if ((sequence - this.#newest) << 0 <= 0) return undefined;
    const units: (string | Bytes)[] = [];
    while (at < end) {
      const start = at + readRecordHeader(datagram, at, end);
      if (start === at) return undefined;
      at = start + recordHeader.payloadSize;
      if (at > end) return undefined;
      const payload = datagram.subarray(start, at);
      units.push(recordHeader.isBinary ? payload : decodeUtf8(payload));
    }
    this.#newest = sequence;
    return units;
  }
}
