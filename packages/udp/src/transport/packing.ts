/** Packs packets into datagrams: as many as fit into one. A text and its attachments stay together. */
import { ConfigError } from 'naru/base';
import { encodeRecords, recordSize } from 'naru/protocol';
import type { EncodedPacket, PacketList, Unit } from 'naru/wire';
import { attachmentCountOf, isImportant } from '../protocol/datagram/importance.js';
import { CONTROL_BYTES_MAX, DATA_BYTES_MAX } from '../protocol/datagram/layout.js';

/** Packets, packed into the bodies of datagrams. */
export interface Packing {
  /** The bodies that may be lost, in order. */
  readonly data: readonly Uint8Array[];
  /** The bodies that have to arrive, in order. */
  readonly control: readonly Uint8Array[];
  /** The number of messages that no datagram can carry. */
  readonly oversizeCount: number;
}

/** Fills one body after the other. */
class Bodies {
  readonly full: Uint8Array[] = [];
  readonly #bytesMax: number;
  #units: Unit[] = [];
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds a message, whose units must share one body. Returns whether it fits. */
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

/** Packs packets in order. Messages that may be lost and messages that have to arrive go into separate bodies. */
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

/** Packs packet lists. It remembers the newest shared list, because a broadcast visits all its recipients in a row. */
export class Packer {
  #list: PacketList | undefined;
  #packing: Packing | undefined;

  /** Returns the list as bodies. */
  pack(list: PacketList): Packing {
    if (list === this.#list && this.#packing) return this.#packing;
    const packing = list.count === 1 ? packOne(list.packet) : pack(list.packets());
    if (list.isShared) {
      this.#list = list;
      this.#packing = packing;
    }
    return packing;
  }

  /** Forgets the remembered list. */
  reset(): void {
    this.#list = undefined;
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

/** Returns the bytes that all packets of one message take in a datagram. */
function sizeInDatagram(packets: readonly EncodedPacket[]): number {
  return packets.reduce((size, { unit }) => size + recordSize(unit), 0);
}

/** Whether one message fits a datagram. The lengths alone decide for most messages, without measuring their UTF-8. */
export function fitsDatagram(packets: readonly EncodedPacket[]): boolean {
  let least = 0;
  for (const { unit } of packets) least += unit.length;
  if (least > CONTROL_BYTES_MAX) return false;
  return (least + packets.length) * 3 <= CONTROL_BYTES_MAX || sizeInDatagram(packets) <= CONTROL_BYTES_MAX;
}

/** Throws a ConfigError, with the size and the limit, for a message that no datagram can carry. */
export function checkFitsDatagram(packets: readonly EncodedPacket[]): void {
  if (fitsDatagram(packets)) return;
  throw new ConfigError(
    'NOT_ENCODABLE',
    `the message takes ${sizeInDatagram(packets)} bytes, and a datagram has room for ${CONTROL_BYTES_MAX}; send less, or over another wire`,
  );
}
