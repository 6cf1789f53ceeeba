/** Puts packets into datagrams: as many as fit into one, a text and its attachments never apart. */
import { ConfigError } from '../../base/errors.js';
import { attachmentCountOf, isImportant } from '../../protocol/datagram/importance.js';
import { CONTROL_BYTES_MAX, DATA_BYTES_MAX } from '../../protocol/datagram/layout.js';
import { encodeRecords, recordSize } from '../../protocol/datagram/records.js';
import type { Batch } from '../batch.js';
import type { EncodedPacket, Unit } from '../encoded-packet.js';

/** Packets as bodies of datagrams. */
export interface Packing {
  /** Bodies of what may be lost, in order. */
  readonly data: readonly Uint8Array[];
  /** Bodies of what has to arrive, in order. */
  readonly control: readonly Uint8Array[];
  /** Messages that no datagram can carry. */
  readonly oversizeCount: number;
}

/** Fills bodies one after the other. */
class Bodies {
  readonly full: Uint8Array[] = [];
  readonly #bytesMax: number;
  #units: Unit[] = [];
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether the message, which goes into one body, is in. */
  add(units: readonly Unit[]): boolean {
    const size = units.reduce((sum, unit) => sum + recordSize(unit), 0);
    if (size > this.#bytesMax) return false;
    if (this.#size + size > this.#bytesMax) this.end();
    this.#units.push(...units);
    this.#size += size;
    return true;
  }

  end(): Uint8Array[] {
    if (this.#size > 0) this.full.push(encodeRecords(this.#units));
    this.#units = [];
    this.#size = 0;
    return this.full;
  }
}

const NONE: readonly Uint8Array[] = [];

/** Packs packets in the order in which they come; what may be lost and what has to arrive travel apart. */
export function pack(packets: readonly EncodedPacket[]): Packing {
  const data = new Bodies(DATA_BYTES_MAX);
  const control = new Bodies(CONTROL_BYTES_MAX);
  let oversizeCount = 0;
  for (let at = 0; at < packets.length; ) {
    const unit = (packets[at] as EncodedPacket).unit;
    at += 1;
    const units = [unit];
    if (typeof unit === 'string') {
      const end = Math.min(packets.length, at + attachmentCountOf(unit));
      while (at < end) {
        units.push((packets[at] as EncodedPacket).unit);
        at += 1;
      }
    }
    const isDue = typeof unit === 'string' && isImportant(unit);
    if (!(isDue ? control : data).add(units)) oversizeCount += 1;
  }
  return { data: data.end(), control: control.end(), oversizeCount };
}

/** Packs batches, and remembers the newest that sessions share: a broadcast visits all its recipients in a row. */
export class Packer {
  #batch: Batch | undefined;
  #packing: Packing | undefined;

  /** The batch as bodies. */
  pack(batch: Batch): Packing {
    if (batch === this.#batch && this.#packing) return this.#packing;
    const packing = batch.count === 1 ? packOne(batch.packet) : pack(batch.packets());
    if (batch.isShared) {
      this.#batch = batch;
      this.#packing = packing;
    }
    return packing;
  }

  /** Forgets what it remembered. */
  reset(): void {
    this.#batch = undefined;
    this.#packing = undefined;
  }
}

function packOne(packet: EncodedPacket): Packing {
  const { unit } = packet;
  const isDue = typeof unit === 'string' && isImportant(unit);
  const bytesMax = isDue ? CONTROL_BYTES_MAX : DATA_BYTES_MAX;
  if (recordSize(unit) > bytesMax) return { data: NONE, control: NONE, oversizeCount: 1 };
  const bodies = [encodeRecords([unit])];
  return isDue ? { data: NONE, control: bodies, oversizeCount: 0 } : { data: bodies, control: NONE, oversizeCount: 0 };
}

/** Size in bytes that one message, all of its packets, takes of a datagram. */
function sizeInDatagram(packets: readonly EncodedPacket[]): number {
  return packets.reduce((size, { unit }) => size + recordSize(unit), 0);
}

/** Whether one message fits a datagram; most need not be measured. */
export function fitsDatagram(packets: readonly EncodedPacket[]): boolean {
  let least = 0;
  for (const { unit } of packets) least += unit.length;
  if (least > CONTROL_BYTES_MAX) return false;
  return (least + packets.length) * 3 <= CONTROL_BYTES_MAX || sizeInDatagram(packets) <= CONTROL_BYTES_MAX;
}

/** Throws ConfigError for a message that no datagram can carry, naming its size and the most that there may be. */
export function checkFitsDatagram(packets: readonly EncodedPacket[]): void {
  if (fitsDatagram(packets)) return;
  throw new ConfigError(
    'NOT_ENCODABLE',
    `the event takes ${sizeInDatagram(packets)} bytes, and a datagram has room for ${CONTROL_BYTES_MAX}; send less, or over another wire`,
  );
}
