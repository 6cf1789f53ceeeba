/**
 * One volatile message in one datagram: a number that grows by one with each, then every packet of the message as a record. Records
 * are those of Engine.IO's WebTransport; the datagrams are Naru's own, and are used only where both ends have said so.
 */
import type { Bytes } from '../../base/bytes.js';
import { readUint32, writeUint32 } from '../bytes.js';
import { decodeRecords, encodeRecords } from '../datagram/records.js';

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
  const records = encodeRecords(units);
  if (SEQUENCE_BYTES + records.byteLength > bytesMax) return undefined;
  const datagram = new Uint8Array(SEQUENCE_BYTES + records.byteLength);
  writeUint32(datagram, 0, sequence);
  datagram.set(records, SEQUENCE_BYTES);
  return datagram;
}

/** Reads one end's datagrams in the order in which they come, and leaves out those that a newer one overtook. */
export class DatagramReader {
  #newest = -1;

  /** The packets of a message; nothing for what is stale, cut short or no datagram of ours. */
  read(datagram: Bytes): (string | Bytes)[] | undefined {
    if (datagram.byteLength <= SEQUENCE_BYTES) return undefined;
    const sequence = readUint32(datagram, 0) | 0;
    // Numbers go round; what is less than half of them ahead is newer.
    if ((sequence - this.#newest) << 0 <= 0) return undefined;
    const units = decodeRecords(datagram, SEQUENCE_BYTES, datagram.byteLength);
    // A datagram that is cut short is lost like any other.
    if (!Array.isArray(units)) return undefined;
    this.#newest = sequence;
    return units;
  }
}
