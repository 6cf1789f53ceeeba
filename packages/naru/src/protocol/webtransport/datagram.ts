/**
 * Carries one volatile message in one datagram: a sequence number, then each packet of the message as a record of
 * Engine.IO's WebTransport. These datagrams are Naru's own. They are used only if both ends have agreed to them.
 */
import type { Bytes } from '../../base/bytes.js';
import { readUint32, writeUint32 } from '../bytes.js';
import { decodeRecords, encodeRecords } from './records.js';

/**
 * The packet that announces on the stream that an end reads datagrams. It is a noop, so other implementations ignore
 * it. The client sends it after its first packet, or after the packet of its upgrade. The server answers with the same
 * packet.
 */
export const DATAGRAMS_WELCOME = '6datagrams';

/** Bytes of the sequence number. */
const SEQUENCE_BYTES = 4;

/** Encodes a datagram. Returns `undefined` if it would be larger than `bytesMax`. */
export function encodeDatagram(
  sequence: number,
  units: readonly (string | Bytes)[],
  bytesMax: number,
): Bytes | undefined {
  // A text has at least as many bytes as characters, so a message that is far too big is not encoded at all.
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

/** Reads the datagrams of one end in the order of arrival, and skips those that a newer one has overtaken. */
export class DatagramReader {
  #newest = -1;

  /** Returns the packets of a message, or `undefined` for a datagram that is stale, incomplete or not ours. */
  read(datagram: Bytes): (string | Bytes)[] | undefined {
    if (datagram.byteLength <= SEQUENCE_BYTES) return undefined;
    const sequence = readUint32(datagram, 0) | 0;
    // Sequence numbers wrap around. A number that is less than half of their range ahead is newer.
    if ((sequence - this.#newest) << 0 <= 0) return undefined;
    const units = decodeRecords(datagram, SEQUENCE_BYTES, datagram.byteLength);
    // An incomplete datagram counts as lost.
    if (!Array.isArray(units)) return undefined;
    this.#newest = sequence;
    return units;
  }
}
